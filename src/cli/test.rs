//! `bellwether test`: rules under test.

use super::args::Look;
use super::environment::Environment;
use crate::config::TestTask;
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bellwether test cases/*.toml
  bellwether test payments.toml --config changed.toml --verbose

A file of cases:
  config = \"bellwether.toml\"                 # relative to this file

  [[case]]
  name = \"failed payments ring\"
  [[case.input]]                             # a record a second; its time field is filled in
  stream = \"sales\"
  every = \"1s\"
  fields = { type = \"payment\", region = \"EU\" }
  vary = { status = \"paidx59 failedx60\", amount = \"100+1x120\" }
  [[case.expect]]                            # nothing else may fire then
  at = \"+2m\"
  alerts = [{ rule = \"PaymentFailures\", labels = { region = \"EU\" }, severity = \"critical\" }]
  [[case.expect]]
  to = \"+50s\"
  silent = true

  [[case]]
  name = \"last night's trouble\"
  recording = \"night.jsonl.zst\"
  [[case.expect]]
  from = \"23:10\"
  to = \"23:30\"
  detectors = [\"odd-amount\"]                 # others are not looked at
  anomalies = [{ detector = \"odd-amount\", count = 3 }]

Values: 5x3 is it and three more, 1+2x3 is 1 3 5 7, _x3 three missing, (9 11)x4 a row
five times, stale nothing more.
Readings of host and probes: series = 'system.cpu.utilization', values = \"0.2x60 0.99x60\".
State: firing (unless said), pending, resolved, stale. What fires and is not listed fails the case;
rules = [\"…\"] limits what is looked at.

Exit codes: 0 all as expected, 1 a case is not, 2 a file is wrong.";

/// Run rule cases: inputs, and the alerts and anomalies that must come of them
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Test {
    /// Files of cases
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Also show all that came of each case
    #[arg(long, short = 'v')]
    verbose: bool,
    /// Only cases whose name holds this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

impl Test {
    pub(super) fn task(self, look: &Look, environment: &Environment) -> TestTask {
        TestTask {
            files: self.files,
            config: look.config.clone(),
            overrides: look.overrides(environment),
            verbose: self.verbose,
            only: self.only,
        }
    }
}
