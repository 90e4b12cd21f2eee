//! `bellwether record`: writes what the sources deliver into a file that can be replayed.

use super::args::Look;
use super::environment::{self, Environment};
use super::kafka::{KafkaArgs, length};
use crate::config::{Overrides, RecordTask};
use crate::model::Millis;
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bellwether record -b localhost:9092 sensor_data -o night.jsonl
  bellwether record --config bellwether.toml -o night.jsonl --for 8h
  bellwether replay night.jsonl";

/// Write what the sources deliver into a recording
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Record {
    #[command(flatten)]
    kafka: KafkaArgs,
    /// The recording
    #[arg(long, short = 'o', required = true, value_name = "FILE")]
    output: PathBuf,
    /// End after so long, for instance 8h
    #[arg(long = "for", value_name = "DURATION", value_parser = length)]
    length: Option<Millis>,
    /// End at the end positions seen at the start
    #[arg(long)]
    exit_at_end: bool,
    /// Topics, or patterns with a leading ^; those of the configuration where none is named
    #[arg(value_name = "TOPIC")]
    topics: Vec<String>,
}

impl Record {
    pub(super) fn task(self, look: &Look, environment: &Environment) -> RecordTask {
        let overrides = self.kafka.overrides(&self.topics, look, environment);
        let search = || if self.topics.is_empty() { environment::find_config(environment) } else { None };
        RecordTask {
            config: look.config.clone().or_else(search),
            overrides: Overrides { exit_at_end: self.exit_at_end, ..overrides },
            output: self.output,
            length: self.length,
        }
    }
}
