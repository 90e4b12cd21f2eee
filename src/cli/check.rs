//! `bellwether check`: says all that is wrong with configurations.

use super::args::Look;
use super::environment::Environment;
use super::exit::{self, Told};
use crate::config::{Loaded, load_file};
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bellwether check                                  ./bellwether.toml
  bellwether check bellwether.toml other.toml
  bellwether init -b localhost:9092 orders | bellwether check -";

/// Check configurations: all faults at once, each with its place
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// Files; - is standard input; without any that of --config, else ./bellwether.toml
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Checks every file; fails where one has an error.
pub(super) fn perform(args: &Check, look: &Look, environment: &Environment) -> anyhow::Result<()> {
    let overrides = look.overrides(environment);
    let mut wrong = 0;
    let files = if args.files.is_empty() {
        vec![look.config.clone().unwrap_or_else(|| PathBuf::from("bellwether.toml"))]
    } else {
        look.config.iter().chain(&args.files).cloned().collect()
    };
    for file in &files {
        match load_file(file, &overrides) {
            Ok(loaded) => {
                exit::quiet(io::stderr().lock().write_all(loaded.warnings.to_string().as_bytes()))?;
                exit::quiet(writeln!(io::stdout().lock(), "{}: {}", file.display(), summary(&loaded)))?;
            }
            Err(faults) => {
                wrong += 1;
                let totals = format!("{}: {}\n", file.display(), count(faults.errors(), "error"));
                exit::quiet(io::stderr().lock().write_all(format!("{faults}{totals}").as_bytes()))?;
            }
        }
    }
    if wrong > 0 { Err(Told::CONFIGURATION.into()) } else { Ok(()) }
}

fn summary(loaded: &Loaded) -> String {
    let plan = &loaded.plan;
    let parts = [
        count(plan.sources.len(), "source"),
        count(plan.streams.len(), "stream"),
        count(plan.metrics.len(), "metric"),
        count(plan.detectors.len(), "detector"),
        count(plan.rules.len(), "rule"),
        count(loaded.ui.pages.len(), "page"),
    ];
    let warnings = loaded.warnings.warnings();
    let tail = if warnings == 0 { String::new() } else { format!("; {}", count(warnings, "warning")) };
    format!("ok ({}{tail})", parts.join(", "))
}

fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HOST, Overrides, load};

    #[test]
    fn a_summary_counts_what_is_there() {
        let loaded = load(HOST, "host", &Overrides::default()).unwrap();
        assert!(summary(&loaded).starts_with("ok (1 source, 0 streams, 0 metrics, 2 detectors, 4 rules, "), "{}", summary(&loaded));
    }

    #[test]
    fn a_file_that_is_not_there_is_a_fault_of_the_configuration() {
        let args = Check { files: vec!["no/such/file.toml".into()] };
        let error = perform(&args, &Look::default(), &Environment::default()).unwrap_err();
        assert_eq!(error.downcast_ref::<Told>(), Some(&Told::CONFIGURATION));
    }
}
