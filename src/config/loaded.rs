//! A configuration that has passed every check.

use super::Diagnostics;
use crate::decode::TopicPattern;
use crate::engine::Plan;
use crate::model::Millis;
use crate::notify::ChannelSpec;
use crate::source::SourceSpec;
use crate::ui::UiSpec;
use std::path::PathBuf;

/// Where what detectors have learned is kept over a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateSpec {
    /// Whether it is kept.
    pub keep: bool,
    /// The folder; `None`: where programs keep their state.
    pub path: Option<PathBuf>,
    /// Older states are not taken up.
    pub max_age: Millis,
}

/// All the program is told.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// For the machine.
    pub plan: Plan,
    /// Sources to start, by id.
    pub sources: Vec<SourceSpec>,
    /// Channels by name; `bell`, `desktop` and `terminal` are there without being written.
    pub channels: Vec<ChannelSpec>,
    /// For the screen.
    pub ui: UiSpec,
    /// The text of the theme's file; `None`: dark or light, as the terminal is.
    pub theme: Option<String>,
    /// What is kept over a restart.
    pub state: StateSpec,
    /// The effective configuration as TOML, secrets replaced: goes into recordings.
    pub text: String,
    /// Topics of the command line that no stream reads: their streams are to be inferred from their records.
    pub missing: Vec<TopicPattern>,
    /// What has no effect or is missed, but hinders nothing.
    pub warnings: Diagnostics,
}
