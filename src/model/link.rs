//! Sources as the machine and the screen see them: links, partitions, lag, silence.

use super::Timestamp;
use std::sync::Arc;

/// A source of this process: the index of its entry in the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// How a source, a topic or a partition stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// Not heard of yet.
    #[default]
    Connecting,
    /// Works.
    Up,
    /// Cannot be reached; it is tried again.
    Down,
    /// The broker or host answers, but the topic, file or name is unknown.
    Unknown,
    /// Refused: authentication or authorization.
    Denied,
    /// Works, but part of what was asked for is lost: offsets out of range, a topic recreated.
    Gap,
    /// Came to its end and will deliver no more.
    Ended,
}

impl LinkState {
    /// The word the log and the screen use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
            Self::Denied => "denied",
            Self::Gap => "gap",
            Self::Ended => "ended",
        }
    }

    /// The state a word of [`LinkState::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Connecting, Self::Up, Self::Down, Self::Unknown, Self::Denied, Self::Gap, Self::Ended].into_iter().find(|s| s.word() == word)
    }
}

/// What happened to one partition. Each is an input of the machine, so it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionEvent {
    /// It is read from `position`; its end stood at `end`. The machine holds the watermark for it
    /// until its first event, its end, or its idleness.
    Assigned {
        /// The next offset to be read.
        position: i64,
        /// The end offset when it was assigned.
        end: i64,
    },
    /// It is no longer read.
    Revoked,
    /// It stands at its end and nothing came for the idle time: left out of the watermark.
    Idle,
    /// Its end offset stands at `end` (sent at most once a second, for lag).
    End {
        /// The end offset.
        end: i64,
    },
    /// It was recreated: offsets start anew, so that old positions are no duplicates.
    Recreated,
    /// Offsets from `from` to before `to` were lost (retention, truncation).
    Lost {
        /// The first offset lost.
        from: i64,
        /// The first offset that is there.
        to: i64,
    },
}

/// A wish of the machine to a source: hold a partition back, or let it go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The source.
    pub source: SourceId,
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Whether it is to pause.
    pub pause: bool,
}

/// One partition, for the sources pane and the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionStatus {
    /// The partition's number.
    pub partition: i32,
    /// The next offset the machine expects.
    pub position: i64,
    /// The end offset last heard of.
    pub end: i64,
    /// Where reading began.
    pub begin: i64,
    /// The end offset when reading began: before it lies what is read back.
    pub aim: i64,
    /// The first event time seen.
    pub oldest: Option<Timestamp>,
    /// Records taken in all.
    pub records: u64,
    /// Records a second, over the last full seconds.
    pub rate: f64,
    /// The highest event time seen.
    pub newest: Option<Timestamp>,
    /// When the last record came, on the machine's clock.
    pub heard: Option<Timestamp>,
    /// Left out of the watermark, at its end and silent.
    pub idle: bool,
}

impl PartitionStatus {
    /// How many records are still to be read; never negative.
    pub fn lag(&self) -> u64 {
        u64::try_from(self.end - self.position).unwrap_or(0)
    }

    /// Whether what lay there when reading began is still being read.
    pub fn reads_back(&self) -> bool {
        self.position < self.aim && !self.idle
    }
}

/// How far a source has read back what lay there when reading began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Records read.
    pub read: u64,
    /// Records that lay there.
    pub all: u64,
    /// The first event time seen.
    pub oldest: Option<Timestamp>,
}

impl Backlog {
    /// How much of it is read, in full hundredths.
    pub fn percent(&self) -> u64 {
        self.read.saturating_mul(100).checked_div(self.all).unwrap_or(100)
    }
}

/// One source or topic of it, for the sources pane and the log.
#[derive(Clone, Debug)]
pub struct SourceStatus {
    /// Which source.
    pub source: SourceId,
    /// The source's name in the configuration.
    pub name: Arc<str>,
    /// The kind: `kafka`, `host`, `probe`, `tail`, `replay`.
    pub kind: &'static str,
    /// The topic, for sources that have them.
    pub topic: Option<Arc<str>>,
    /// How it stands.
    pub state: LinkState,
    /// Since when it stands so.
    pub since: Timestamp,
    /// What the source says about it.
    pub detail: Arc<str>,
    /// Its partitions, by number.
    pub partitions: Vec<PartitionStatus>,
    /// Records or readings a second, over the last full seconds.
    pub rate: f64,
    /// The rate over the last minutes, one value a second, newest last.
    pub rates: Vec<f32>,
    /// Records or readings taken in all.
    pub records: u64,
    /// Records rejected in all.
    pub rejected: u64,
    /// When it last delivered, on the machine's clock.
    pub heard: Option<Timestamp>,
    /// Heard of nothing for longer than it should be silent.
    pub stale: bool,
}

impl SourceStatus {
    /// How far it has read back; `None`: what is read now came since it began.
    pub fn backlog(&self) -> Option<Backlog> {
        if !self.partitions.iter().any(PartitionStatus::reads_back) {
            return None;
        }
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let behind = |p: &PartitionStatus| if p.reads_back() { count(p.aim - p.position) } else { 0 };
        let all: u64 = self.partitions.iter().map(|p| count(p.aim - p.begin)).sum();
        let left: u64 = self.partitions.iter().map(behind).sum();
        let oldest = self.partitions.iter().filter_map(|p| p.oldest).min();
        Some(Backlog { read: all.saturating_sub(left), all, oldest })
    }
}
