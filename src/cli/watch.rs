//! `bellwether watch`: topics, described or not, on the screen or as JSON lines.

use super::args::Look;
use super::environment::Environment;
use super::kafka::KafkaArgs;
use crate::config::{Overrides, WatchTask};
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  bellwether watch -b localhost:9092 sensor_data
  bellwether watch -b localhost:9092 orders payments '^audit-.*' --from -2h
  bellwether watch -b broker:9093 -X security.protocol=sasl_ssl -X sasl.mechanism=PLAIN \\
      -X sasl.username=me -X sasl.password=… orders
  bellwether watch -b localhost:9092 orders --from beginning --headless --exit-at-end";

/// Watch topics that nobody has described: fields, labels and pages are inferred from the first records
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Watch {
    #[command(flatten)]
    kafka: KafkaArgs,
    /// Without a screen: JSON lines on standard output
    #[arg(long)]
    headless: bool,
    /// End at the end positions seen at the start, with totals
    #[arg(long)]
    exit_at_end: bool,
    #[command(flatten)]
    record: super::record::Also,
    #[command(flatten)]
    shot: super::screenshot::LiveShot,
    /// Topics, or patterns with a leading ^
    #[arg(required = true, value_name = "TOPIC")]
    topics: Vec<String>,
}

impl Watch {
    pub(super) fn task(self, look: &Look, environment: &Environment, headless: bool) -> WatchTask {
        let overrides = self.kafka.overrides(&self.topics, look, environment);
        WatchTask {
            config: look.config.clone(),
            overrides: Overrides { exit_at_end: self.exit_at_end, shot: self.shot.task(), ..overrides },
            headless: self.headless || headless,
            record: self.record.to(),
        }
    }
}
