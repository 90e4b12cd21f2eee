//! `bellwether config`: the configuration as it works, and everything that may stand in one.

use super::args::Look;
use super::environment::{self, Environment};
use super::exit;
use crate::config::{self, HOST, Overrides};
use clap::{Args, Subcommand};
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bellwether config print                      the configuration in force, secrets hidden
  bellwether config print --origin             … with the line, the option or the default each value comes from
  bellwether config reference                  every key with its meaning and default
  bellwether config reference rule             … of one section, or of one kind of detector";

/// Print the configuration in force, or everything that may stand in one
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Config {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// The configuration in force: the file with the command line's values in it, secrets hidden
    Print {
        /// Say behind each value where it comes from, defaults included
        #[arg(long)]
        origin: bool,
        /// The file; - is standard input
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Every key with its meaning and default, as a file that could be used
    Reference {
        /// One section (kafka, stream, rule, …) or kind of detector
        #[arg(value_name = "SECTION")]
        section: Option<String>,
    },
}

/// Prints what was asked for.
pub(super) fn perform(args: &Config, look: &Look, environment: &Environment) -> anyhow::Result<()> {
    let text = match &args.what {
        What::Print { origin, file } => {
            let path = file.clone().or_else(|| look.config.clone()).or_else(|| environment::find_config(environment));
            let overrides = look.overrides(environment);
            print(path.as_deref(), *origin, &overrides)?
        }
        What::Reference { section } => config::reference(section.as_deref()).map_err(|message| anyhow::anyhow!(message))?,
    };
    exit::quiet(io::stdout().lock().write_all(text.as_bytes()))
}

fn print(path: Option<&std::path::Path>, origin: bool, overrides: &Overrides) -> anyhow::Result<String> {
    let (text, name) = match path {
        Some(path) => (config::read(path)?, path.display().to_string()),
        None => (HOST.to_owned(), "built in".to_owned()),
    };
    let loaded = config::load(&text, &name, overrides)?;
    Ok(if origin { config::with_origins(&loaded.text, &text, &name) } else { loaded.text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_file_the_built_in_one_is_printed() {
        let out = print(None, true, &Overrides::default()).unwrap();
        assert!(out.contains("name = \"CpuBusy\"") && out.contains("# built in:"), "{out}");
        let plain = print(None, false, &Overrides::default()).unwrap();
        assert!(!plain.contains("built in:"), "{plain}");
    }

    #[test]
    fn a_file_that_is_wrong_is_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        assert!(print(Some(&folder.path().join("none.toml")), false, &Overrides::default()).is_err());
    }
}
