//! `bellwether record`: writes what the sources deliver into a file that can be replayed.

use super::args::Look;
use super::environment::{self, Environment};
use super::kafka::{KafkaArgs, length};
use crate::config::{Overrides, RecordTask, RecordTo};
use crate::model::Millis;
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bellwether record -b localhost:9092 sensor_data -o night.jsonl
  bellwether record --config bellwether.toml -o night.jsonl --for 8h
  bellwether record --config bellwether.toml --ring 1h -o incident.jsonl.zst
  bellwether replay night.jsonl

A file called .zst is compressed. With --ring nothing is written until an alert fires, or SIGUSR1
comes: then the last hour goes to incident-TIME.jsonl.zst, which goes on for --after. The ring is in
memory (256 MiB at most, compressed); detectors begin its replay without what they had learned.";

/// Write what the sources deliver into a recording
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Record {
    #[command(flatten)]
    kafka: KafkaArgs,
    /// The recording; with --ring what its files are called, or their folder
    #[arg(long, short = 'o', required = true, value_name = "FILE")]
    output: PathBuf,
    /// Replace a recording that is there
    #[arg(long)]
    force: bool,
    /// End after so long, for instance 8h
    #[arg(long = "for", value_name = "DURATION", value_parser = length)]
    length: Option<Millis>,
    /// Keep only the last while, for instance 1h, and write it when an alert fires
    #[arg(long, value_name = "DURATION", value_parser = length)]
    ring: Option<Millis>,
    /// How long a file of the ring goes on after the last alert
    #[arg(long, value_name = "DURATION", value_parser = length, default_value = "5m", requires = "ring")]
    after: Millis,
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
            to: RecordTo { path: self.output, ring: self.ring.map(|ring| (ring, self.after)), force: self.force },
            length: self.length,
        }
    }
}

/// A recording beside what is shown.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Also {
    /// Also write a recording
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Replace a recording that is there
    #[arg(long, requires = "record")]
    force: bool,
}

impl Also {
    pub(super) fn to(self) -> Option<RecordTo> {
        self.record.map(|path| RecordTo { path, ring: None, force: self.force })
    }
}
