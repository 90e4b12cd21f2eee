//! `bellwether demo`: live data without anything else: a broker, generators, faults.

use super::args::Look;
use super::environment::Environment;
use super::kafka::length;
use crate::config::{DemoTask, Overrides};
use crate::model::Millis;
use clap::Args;
use clap::builder::PossibleValuesParser;

/// The scenarios there are.
const SCENARIOS: [&str; 4] = ["ecommerce", "cloud", "events", "sensors"];

const EXAMPLES: &str = "\
Examples:
  bellwether demo                    all four scenarios as pages
  bellwether demo sensors            one of them
  bellwether demo --headless --for 30s --seed 7
  bellwether demo sensors --screenshot sensors.svg --after 20s";

/// Show live data with planted faults: an embedded broker, generators, and the local host
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {
    /// Which scenario; all of them where none is named
    #[arg(value_name = "SCENARIO", value_parser = PossibleValuesParser::new(SCENARIOS))]
    scenario: Option<String>,
    /// Without a screen: JSON lines on standard output
    #[arg(long)]
    headless: bool,
    /// The seed of the generators
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// End after so long, for instance 30s
    #[arg(long = "for", value_name = "DURATION", value_parser = length)]
    length: Option<Millis>,
    #[command(flatten)]
    record: super::record::Also,
    #[command(flatten)]
    shot: super::screenshot::LiveShot,
}

impl Demo {
    pub(super) fn task(self, look: &Look, environment: &Environment, headless: bool) -> DemoTask {
        DemoTask {
            scenario: self.scenario,
            overrides: Overrides { shot: self.shot.task(), ..look.overrides(environment) },
            headless: self.headless || headless,
            seed: self.seed,
            length: self.length,
            record: self.record.to(),
        }
    }
}
