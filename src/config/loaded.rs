//! A configuration that has passed every check.

use crate::engine::Plan;
use crate::notify::ChannelSpec;
use crate::source::SourceSpec;
use crate::ui::UiSpec;

/// All the program is told.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// For the machine.
    pub plan: Plan,
    /// Sources to start, by id.
    pub sources: Vec<SourceSpec>,
    /// Channels by name; `bell` and `desktop` are there without being written.
    pub channels: Vec<ChannelSpec>,
    /// For the screen.
    pub ui: UiSpec,
    /// The effective configuration as TOML, secrets replaced: goes into recordings.
    pub text: String,
}
