//! `bellwether init`: writes what is inferred from a topic's first records as a configuration.

use super::args::Look;
use super::environment::Environment;
use super::kafka::KafkaArgs;
use super::{dispatch, exit};
use crate::config::{InferContext, InitTask, Overrides, infer, load, write_from};
use clap::Args;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  bellwether init -b localhost:9092 sensor_data > bellwether.toml
  bellwether init -b localhost:9092 orders payments --from beginning";

/// Write a commented configuration for topics, inferred from their first records
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    #[command(flatten)]
    kafka: KafkaArgs,
    /// Topics, or patterns with a leading ^
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<String>,
}

impl Init {
    pub(super) fn task(self, look: &Look, environment: &Environment) -> InitTask {
        InitTask { overrides: self.kafka.overrides(&self.topics, look, environment) }
    }
}

/// Looks at the topics and prints the configuration.
pub(super) fn perform(task: &InitTask) -> anyhow::Result<()> {
    let samples = dispatch::sample(task)?;
    let from = task.overrides.from.map(write_from);
    let context = InferContext { brokers: task.overrides.brokers.clone(), from, ..InferContext::default() };
    let mut text = infer(&samples, &context);
    text.push_str(&properties_note(&task.overrides));
    load(&text, "(inferred)", &Overrides::default())?;
    exit::quiet(std::io::stdout().lock().write_all(text.as_bytes()))
}

/// Properties given on the command line are named, their values are not: some are secrets.
fn properties_note(overrides: &Overrides) -> String {
    let names: Vec<&str> = overrides.properties.iter().map(|(k, _)| k.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    let names: String = names.join(", ").chars().filter(|c| !c.is_control()).collect();
    format!("\n# Not written here, give them as before or under [kafka.properties] after [[kafka]]: {names}\n")
}
