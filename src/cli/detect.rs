//! `bellwether detect`: any detector over CSV files and recordings, or what there is to choose from.

use super::args::Look;
use super::environment::Environment;
use super::{detect_list, dispatch};
use crate::config::DetectTask;
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bellwether detect requests.csv                    the table with scores, on standard output
  bellwether detect requests.csv --plot -o found    and a picture beside it
  bellwether detect telemetry/ -o found             a folder's tree, kept
  bellwether detect requests.csv --kind sigma -p k=4 -p window=500
  bellwether detect host.csv --time at --value cpu,memory --kind isolation-forest
  bellwether detect host.csv --kind vote --of sigma --value cpu,memory,disk
  bellwether detect night.jsonl.zst --metric failure_ratio -o found
  bellwether detect --list
  bellwether detect --list sigma

One row comes out for each row of the file, in its order:
  timestamp,value,anomaly_score,flag,low,high,reason
The score is 0 while the detector learns, low and high are empty where it expects nothing certain,
and the reason is a sentence for what is flagged. Rows that cannot be read are kept, with score 0
and the reason why. A row is judged by the rows before it alone.

Exit codes: 0 done, 1 the results could not be written, 2 arguments or files are wrong.";

/// Run a detector over CSV files or recordings, or list the kinds of detectors
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Detect {
    /// CSV files, folders of them, recordings; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "list")]
    files: Vec<PathBuf>,
    /// The kind of detector
    #[arg(long, short = 'k', value_name = "KIND", default_value = DetectTask::KIND)]
    kind: String,
    /// A parameter of the kind; repeat it for several
    #[arg(long, short = 'p', value_name = "NAME=VALUE", value_parser = param)]
    param: Vec<(String, String)>,
    /// For kinds that judge groups: score each column by this kind and judge the scores [default: auto, for vote]
    #[arg(long, value_name = "KIND")]
    of: Option<String>,
    /// The column of the times [default: found by its name, else by what stands in the first row]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// The column judged, or several that are judged together: cpu,memory [default: found likewise]; of a
    /// recording, fields of its records
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    value: Vec<String>,
    /// Of a recording: only the series of this metric; requests* is all whose names begin so
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// The folder of the results; needed for more than one file
    #[arg(long, short = 'o', value_name = "DIR")]
    output: Option<PathBuf>,
    /// Also draw each result as a picture (.svg) beside it
    #[arg(long)]
    plot: bool,
    /// Describe every kind of detector, or one
    #[expect(clippy::option_option, reason = "not given, given alone, given with a kind")]
    #[arg(long, value_name = "KIND", num_args = 0..=1, conflicts_with_all = ["files", "output", "plot", "metric"])]
    list: Option<Option<String>>,
}

fn param(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "write name=value, for instance k=4".to_owned())?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Does what is asked.
pub(super) fn perform(args: Detect, look: &Look, environment: &Environment) -> anyhow::Result<()> {
    if let Some(wanted) = &args.list {
        return detect_list::perform(wanted.as_deref());
    }
    dispatch::detect(&DetectTask {
        inputs: args.files,
        kind: args.kind,
        params: args.param,
        of: args.of,
        time: args.time,
        values: args.value,
        metric: args.metric,
        output: args.output,
        plot: args.plot,
        config: look.config.clone(),
        overrides: look.overrides(environment),
    })
}
