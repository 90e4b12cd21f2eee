//! What `bellwether recording` asks of the shell: plain values, one struct per subcommand.

use super::overrides::Overrides;
use crate::history::Moment;
use crate::model::Timestamp;
use std::path::PathBuf;

/// `recording cut`.
#[derive(Clone, Debug)]
pub struct CutTask {
    /// The recording.
    pub file: PathBuf,
    /// Where the part begins.
    pub from: Moment,
    /// Where it ends.
    pub to: Moment,
    /// The part.
    pub output: PathBuf,
    /// Replace a file that is there.
    pub force: bool,
}

/// `recording merge`.
#[derive(Clone, Debug)]
pub struct MergeTask {
    /// The recordings.
    pub files: Vec<PathBuf>,
    /// The configuration of the whole, where theirs differ.
    pub config: Option<PathBuf>,
    /// What the command line says.
    pub overrides: Overrides,
    /// The whole.
    pub output: PathBuf,
    /// Replace a file that is there.
    pub force: bool,
}

/// `recording redact`.
#[derive(Clone, Debug)]
pub struct RedactTask {
    /// The recording.
    pub file: PathBuf,
    /// The fields that are kept out.
    pub fields: Vec<String>,
    /// The recording without them.
    pub output: PathBuf,
    /// Replace a file that is there.
    pub force: bool,
}

/// `recording to-lines`.
#[derive(Clone, Debug)]
pub struct ToLinesTask {
    /// The recording.
    pub file: PathBuf,
    /// Only records of this topic.
    pub topic: Option<String>,
    /// The lines; `None`: standard output.
    pub output: Option<PathBuf>,
    /// Replace a file that is there.
    pub force: bool,
}

/// `recording from-lines`.
#[derive(Clone, Debug)]
pub struct FromLinesTask {
    /// The lines; `-` is standard input.
    pub file: PathBuf,
    /// The topic of the records.
    pub topic: String,
    /// Records a second, where no field says their time.
    pub rate: f64,
    /// When the first comes; `None`: now.
    pub start: Option<Timestamp>,
    /// The field that holds the time of each.
    pub time_field: Option<String>,
    /// The configuration of the recording.
    pub config: Option<PathBuf>,
    /// What the command line says.
    pub overrides: Overrides,
    /// The recording.
    pub output: PathBuf,
    /// Replace a file that is there.
    pub force: bool,
}
