//! `bellwether recording`: recordings as things one works with.

use super::args::Look;
use super::environment::Environment;
use crate::config::{CutTask, FromLinesTask, MergeTask, RedactTask, ToLinesTask};
use crate::history::Moment;
use crate::model::Timestamp;
use crate::runtime::recordings;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Slowest and fastest rate of lines turned into records, a second.
const RATES: (f64, f64) = (0.001, 1_000_000.0);

const EXAMPLES: &str = "\
Examples:
  bellwether recording info night.jsonl.zst
  bellwether recording cut night.jsonl.zst --from 23:10 --to 23:30 -o trouble.jsonl.zst
  bellwether recording cut night.jsonl.zst --from -15m -o last.jsonl
  bellwether recording merge a.jsonl b.jsonl.zst -o both.jsonl.zst
  bellwether recording redact night.jsonl --field card --field user.email -o open.jsonl
  bellwether recording to-lines night.jsonl --topic orders | jq .amount
  bellwether recording from-lines orders.txt --topic orders --time-field ts -o orders.jsonl.zst

Moments are +5m (after the start), -5m (before the end), 12:30, 12:30:05 (of the recording's day, in its
time zone) or 2026-01-31T08:00:00Z. A file called .zst is written compressed.";

/// Work with recordings: describe, cut, merge, redact, turn into lines and back
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(super) struct Recording {
    #[command(subcommand)]
    what: What,
}

/// Where the result goes.
#[derive(Clone, Debug, Args)]
struct To {
    /// The file to write; compressed where it is called .zst
    #[arg(long, short = 'o', value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Tell what a recording holds: times, topics, records, configuration
    Info {
        /// The recording
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep a part, from one moment to another
    Cut {
        /// The recording
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where the part begins
        #[arg(long, value_name = "MOMENT", value_parser = Moment::parse, allow_hyphen_values = true, default_value = "start")]
        from: Moment,
        /// Where it ends
        #[arg(long, value_name = "MOMENT", value_parser = Moment::parse, allow_hyphen_values = true, default_value = "end")]
        to: Moment,
        #[command(flatten)]
        out: To,
    },
    /// Join recordings by time; what two of them hold comes once
    Merge {
        /// The recordings
        #[arg(value_name = "FILE", required = true, num_args = 2..)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        out: To,
    },
    /// Replace fields by [redacted] in every record
    Redact {
        /// The recording
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A field: card, user.email, @key, @header.NAME; repeat it for several
        #[arg(long = "field", value_name = "PATH", required = true)]
        fields: Vec<String>,
        #[command(flatten)]
        out: To,
    },
    /// Write the payload of each record as a line
    ToLines {
        /// The recording
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only records of this topic
        #[arg(long, value_name = "TOPIC")]
        topic: Option<String>,
        /// The file to write; standard output where none is named
        #[arg(long, short = 'o', value_name = "FILE")]
        output: Option<PathBuf>,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
    /// Make a recording of which each line of a file is a record
    FromLines {
        /// The lines; - is standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The topic of the records
        #[arg(long, value_name = "TOPIC")]
        topic: String,
        /// Records a second, for instance 10/s
        #[arg(long, value_name = "N/s", value_parser = rate, default_value = "10/s", conflicts_with = "time_field")]
        rate: f64,
        /// When the first record comes: 2026-01-31T08:00:00Z; now where it is not said
        #[arg(long, value_name = "TIME", value_parser = start, conflicts_with = "time_field")]
        start: Option<Timestamp>,
        /// The field of each line that holds its time: ts, meta.time
        #[arg(long, value_name = "FIELD")]
        time_field: Option<String>,
        #[command(flatten)]
        out: To,
    },
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse::<f64>();
    match number {
        Ok(rate) if (RATES.0..=RATES.1).contains(&rate) => Ok(rate),
        _ => Err(format!("write 10/s: from {} to {} a second", RATES.0, RATES.1)),
    }
}

fn start(text: &str) -> Result<Timestamp, String> {
    match Moment::parse(text) {
        Ok(Moment::At(at)) => Ok(at),
        _ => Err("write 2026-01-31T08:00:00Z".to_owned()),
    }
}

/// Does what is asked.
pub(super) fn perform(args: Recording, look: &Look, environment: &Environment) -> anyhow::Result<()> {
    let (config, overrides) = (look.config.clone(), look.overrides(environment));
    match args.what {
        What::Info { file, json } => recordings::info(&file, json),
        What::Cut { file, from, to, out } => recordings::cut(&CutTask { file, from, to, output: out.output, force: out.force }),
        What::Merge { files, out } => recordings::merge(&MergeTask { files, config, overrides, output: out.output, force: out.force }),
        What::Redact { file, fields, out } => recordings::redact(&RedactTask { file, fields, output: out.output, force: out.force }),
        What::ToLines { file, topic, output, force } => recordings::to_lines(&ToLinesTask { file, topic, output, force }),
        What::FromLines { file, topic, rate, start, time_field, out } => {
            let (output, force) = (out.output, out.force);
            recordings::from_lines(&FromLinesTask { file, topic, rate, start, time_field, config, overrides, output, force })
        }
    }
}
