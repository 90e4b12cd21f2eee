//! What the command line asks of the shell: plain values, one struct per subcommand.
//!
//! They stand here, below both, because `runtime` takes them and may not know `cli`.

use super::overrides::Overrides;
use crate::model::{Millis, Speed};
use std::path::PathBuf;

/// `bellwether`: the console on a configuration, or on the local host.
#[derive(Clone, Debug, Default)]
pub struct ConsoleTask {
    /// The configuration's file; `None`: [`crate::config::HOST`].
    pub config: Option<PathBuf>,
    /// What the command line says.
    pub overrides: Overrides,
    /// Without a screen.
    pub headless: bool,
    /// Also write a recording here.
    pub record: Option<RecordTo>,
}

/// `bellwether watch`: topics, described or not.
#[derive(Clone, Debug, Default)]
pub struct WatchTask {
    /// The configuration's file; `None`: all is inferred.
    pub config: Option<PathBuf>,
    /// Brokers, topics, where to start, properties.
    pub overrides: Overrides,
    /// Without a screen.
    pub headless: bool,
    /// Also write a recording here.
    pub record: Option<RecordTo>,
}

/// `bellwether demo`.
#[derive(Clone, Debug, Default)]
pub struct DemoTask {
    /// The scenario; `None`: all.
    pub scenario: Option<String>,
    /// What the command line says.
    pub overrides: Overrides,
    /// Without a screen.
    pub headless: bool,
    /// The seed of the generators.
    pub seed: u64,
    /// End after so long.
    pub length: Option<Millis>,
    /// Also write a recording here.
    pub record: Option<RecordTo>,
}

/// `bellwether init`: write what is inferred.
#[derive(Clone, Debug, Default)]
pub struct InitTask {
    /// Brokers, topics, where to start, properties.
    pub overrides: Overrides,
}

/// `bellwether record`.
#[derive(Clone, Debug, Default)]
pub struct RecordTask {
    /// The configuration's file; `None`: inferred where there are topics, else the local host.
    pub config: Option<PathBuf>,
    /// Brokers, topics, where to start, properties.
    pub overrides: Overrides,
    /// Where the recording goes.
    pub to: RecordTo,
    /// End after so long.
    pub length: Option<Millis>,
}

/// Where a recording goes.
#[derive(Clone, Debug, Default)]
pub struct RecordTo {
    /// The file; with a ring, what its files are called, or their folder.
    pub path: PathBuf,
    /// A ring instead of a file: its length, and how long a file goes on after an alert.
    pub ring: Option<(Millis, Millis)>,
    /// A recording that is there already is replaced.
    pub force: bool,
}

/// `bellwether replay`.
#[derive(Clone, Debug, Default)]
pub struct ReplayTask {
    /// The recording.
    pub file: PathBuf,
    /// The configuration's file; `None`: the recording's own, else one beside it, else inferred.
    pub config: Option<PathBuf>,
    /// What the command line says.
    pub overrides: Overrides,
    /// Without a screen.
    pub headless: bool,
    /// How fast; `None`: as recorded on a screen, at full speed without one.
    pub speed: Option<Speed>,
    /// Ring and notify as a live run does.
    pub notify: bool,
    /// Only tell what this configuration finds otherwise.
    pub diff: Option<PathBuf>,
    /// That as JSON.
    pub json: bool,
}

/// `bellwether test`: rule cases.
#[derive(Clone, Debug, Default)]
pub struct TestTask {
    /// The files.
    pub files: Vec<PathBuf>,
    /// A configuration instead of those the files name.
    pub config: Option<PathBuf>,
    /// What the command line says.
    pub overrides: Overrides,
    /// Also what came of cases that are as expected.
    pub verbose: bool,
    /// Only cases whose name holds this.
    pub only: Option<String>,
}

/// `bellwether fire`: a test notification.
#[derive(Clone, Debug, Default)]
pub struct FireTask {
    /// The channel.
    pub channel: String,
    /// The configuration's file; `None`: only the channels that are always there.
    pub config: Option<PathBuf>,
}

/// `bellwether doctor`: what works here.
#[derive(Clone, Debug, Default)]
pub struct DoctorTask {
    /// The configuration's file; `None`: there is none.
    pub config: Option<PathBuf>,
    /// Brokers, topics, properties.
    pub overrides: Overrides,
    /// One JSON object a line.
    pub json: bool,
}
