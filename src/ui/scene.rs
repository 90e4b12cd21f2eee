//! All a screen may look at: read-only views of the machine at one moment.

use super::Language;
use crate::alert::AlertBook;
use crate::decode::RejectRing;
use crate::detect::{AnomalyTable, Judgements};
use crate::engine::{Excerpts, Strictness};
use crate::model::{Counters, LogRing, Mark, Millis, SourceStatus, Speed, Subject, Timestamp};
use crate::store::Store;
use std::sync::Arc;

/// Live, or a replay and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Data come as they happen.
    Live,
    /// A recording is shown.
    Replay {
        /// The recording's first moment.
        from: Timestamp,
        /// Its last.
        to: Timestamp,
        /// Where it stands.
        at: Timestamp,
        /// How fast.
        speed: Speed,
        /// Stands still.
        paused: bool,
        /// At its end.
        ended: bool,
    },
}

/// One detector instance that has not judged yet.
#[derive(Clone, Debug)]
pub struct DetectorStatus {
    /// The detector's name.
    pub detector: Arc<str>,
    /// What it judges.
    pub subject: Subject,
    /// Observations seen.
    pub seen: u64,
    /// Observations needed.
    pub needed: u64,
    /// How long that takes by the interval of its observations so far; `None`: nobody can say yet.
    pub left: Option<Millis>,
}

/// A process of the local host.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its name as the system gives it: not safe to draw.
    pub name: String,
    /// Share of one core, 0…1 (more with several cores).
    pub cpu: f64,
    /// Resident bytes.
    pub memory: u64,
}

/// The machine at one moment, for drawing.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The machine's clock: the last tick.
    pub now: Timestamp,
    /// Event time reached: the newest watermark; equals `now` where there is no stream.
    pub event_time: Timestamp,
    /// All series.
    pub store: &'a Store,
    /// What detectors found.
    pub anomalies: &'a AnomalyTable,
    /// Marks that persons set, oldest first.
    pub marks: &'a [Mark],
    /// Alerts.
    pub alerts: &'a AlertBook,
    /// Sources and their topics.
    pub sources: &'a [SourceStatus],
    /// Rejected records.
    pub rejects: &'a RejectRing,
    /// What became of every record.
    pub counters: &'a Counters,
    /// The program's own log.
    pub log: &'a LogRing,
    /// Detectors still learning, soonest ready first; at most a hundred.
    pub learning: &'a [DetectorStatus],
    /// How many detectors are learning in all.
    pub learning_total: usize,
    /// Top processes, where they are read.
    pub processes: &'a [Process],
    /// Live or replay.
    pub mode: Mode,
    /// A line about what could be done next (how to add a topic), empty for none.
    pub hint: &'a str,
    /// Whether a key injects a fault (the demo).
    pub can_inject: bool,
    /// Notifications that could not be delivered, the newest last; at most a few.
    pub undelivered: &'a [(Timestamp, String)],
    /// How the way to the terminal is.
    pub link: super::LinkView,
    /// The age after which a pane's data count as stale where a source says nothing.
    pub stale_after: Millis,
    /// How strictly each detector judges, in the order of the configuration.
    pub strictness: &'a [Strictness],
    /// How many false alerts a week the whole console may raise, where that is asked for.
    pub false_alerts: Option<f64>,
    /// Raw records behind anomalies.
    pub excerpts: &'a Excerpts,
    /// What persons said of anomalies.
    pub judgements: &'a Judgements,
    /// The language of the console's own words.
    pub language: Language,
}
