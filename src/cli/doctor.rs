//! `bellwether doctor`: what works here, and how to mend what does not.

use super::args::Look;
use super::environment::{self, Environment};
use super::kafka::KafkaArgs;
use crate::config::DoctorTask;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  bellwether doctor                                 this terminal, this machine, ./bellwether.toml
  bellwether doctor -b localhost:9092 sensor_data   also these brokers and this topic
  bellwether doctor --json | jq 'select(.state == \"bad\")'

Exit codes: 0 all is well, 1 something needs mending.";

/// Say what works here (terminal, notifications, brokers, clock) and how to mend what does not
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    #[command(flatten)]
    kafka: KafkaArgs,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Topics that should be there
    #[arg(value_name = "TOPIC")]
    topics: Vec<String>,
}

impl Doctor {
    pub(super) fn task(self, look: &Look, environment: &Environment) -> DoctorTask {
        DoctorTask {
            config: look.config.clone().or_else(|| environment::find_config(environment)),
            overrides: self.kafka.overrides(&self.topics, look, environment),
            json: self.json,
        }
    }
}
