//! `bellwether replay`: shows a recording, or prints the log of it.

use super::args::Look;
use super::environment::Environment;
use crate::config::ReplayTask;
use crate::model::Speed;
use clap::Args;
use std::path::PathBuf;

/// Slowest and fastest replay by number; above it there is only as fast as possible.
const SPEEDS: (f64, f64) = (0.1, 1000.0);

const EXAMPLES: &str = "\
Examples:
  bellwether replay night.jsonl                     pause, step, seek, faster and slower by keys
  bellwether replay night.jsonl --headless          the same log on every run
  bellwether replay dump.jsonl --config other.toml --speed 60
  bellwether replay night.jsonl.zst --diff changed.toml    what would ring otherwise
  kcat -C -J -e -b localhost:9092 -t orders > dump.jsonl && bellwether replay dump.jsonl

With --diff the exit code is 0 where both configurations find the same, 1 where they differ, 2 for faults.";

/// Replay a recording, or what kcat -C -J wrote
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Replay {
    /// The recording
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Without a screen: JSON lines on standard output
    #[arg(long)]
    headless: bool,
    /// How fast: 0.1 to 1000 times, or max
    #[arg(long, value_name = "N|max", value_parser = speed)]
    speed: Option<Speed>,
    /// Ring and notify as a live run does
    #[arg(long)]
    notify: bool,
    /// Do not show it: tell which alerts and anomalies this configuration finds otherwise
    #[arg(long, value_name = "FILE", conflicts_with_all = ["headless", "speed", "notify"])]
    diff: Option<PathBuf>,
    /// With --diff: as JSON
    #[arg(long, requires = "diff")]
    json: bool,
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    match text.trim_end_matches('x').parse::<f64>() {
        Ok(times) if (SPEEDS.0..=SPEEDS.1).contains(&times) => Ok(Speed::Times(times)),
        _ => Err(format!("write a number from {} to {}, or max", SPEEDS.0, SPEEDS.1)),
    }
}

impl Replay {
    pub(super) fn task(self, look: &Look, environment: &Environment, headless: bool) -> ReplayTask {
        ReplayTask {
            file: self.file,
            config: look.config.clone(),
            overrides: look.overrides(environment),
            headless: self.headless || headless,
            speed: self.speed,
            notify: self.notify,
            diff: self.diff,
            json: self.json,
        }
    }
}
