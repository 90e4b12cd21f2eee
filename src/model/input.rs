//! The inputs of the machine: all that can be recorded and replayed.
//!
//! They stand among the words, not in `engine`, because sources make them and recordings keep
//! them, and neither may know the machine.

use super::{Batch, LinkState, PartitionEvent, RecordRef, SourceId, Timestamp};
use std::sync::Arc;

/// One value a source measured itself: host, probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The metric, for instance `system.cpu.utilization`.
    pub name: Arc<str>,
    /// Its labels, in any order.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// The value; the machine drops one that is not finite.
    pub value: f64,
    /// Its unit in the UCUM form OpenTelemetry uses: `1`, `By`, `By/s`, `ms`, `Cel`, empty for none.
    pub unit: &'static str,
}

/// What a person at the screen asked of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Seen: alert `id` is being looked at by `who`.
    Acknowledge {
        /// The alert's id.
        id: u64,
        /// Who says so.
        who: Arc<str>,
    },
    /// What anomaly `0` found is the new normal: its detector takes it for usual from now on.
    AcceptAnomaly(u64),
    /// So many false alerts a week, in thousandths, are borne from the whole console; `None`: kinds judge by their own thresholds.
    Sensitivity(Option<u64>),
    /// A note at this moment.
    Mark {
        /// The note.
        text: Arc<str>,
    },
    /// What a detector had learned before the start, as the machine gave it out: JSON, a part of it.
    Restore {
        /// The states.
        states: Arc<str>,
    },
    /// Raise a test alert, to see that it reaches its receivers.
    TestFire,
    /// The configuration was exchanged for another one, which has been checked. The machine is handed the plan it leads
    /// to by the shell; this stands in recordings, so that a replay does the same.
    Reload {
        /// The configuration, as TOML without secrets.
        config: Arc<str>,
        /// The names of all sources so far, by id.
        sources: Vec<Arc<str>>,
    },
}

/// A note that a person set at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// The note, as typed or as recorded: not safe to draw.
    pub text: Arc<str>,
}

/// One input. The machine's answer to the same inputs in the same order is the same, byte for byte.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A record as delivered.
    Record(RecordRef<'a>),
    /// Values a source measured at one moment.
    Readings {
        /// The source.
        source: SourceId,
        /// When.
        at: Timestamp,
        /// What.
        readings: &'a [Reading],
    },
    /// Something happened to a partition.
    Partition {
        /// The source.
        source: SourceId,
        /// The topic.
        topic: &'a Arc<str>,
        /// The partition.
        partition: i32,
        /// What.
        event: PartitionEvent,
    },
    /// A source, or one topic of it, changed its state.
    Link {
        /// The source.
        source: SourceId,
        /// The topic, `None` for the source as a whole.
        topic: Option<&'a Arc<str>>,
        /// How it stands now.
        state: LinkState,
        /// Why, in the source's words.
        detail: &'a str,
    },
    /// The machine's clock: every grid point up to this moment has passed.
    Tick(Timestamp),
    /// A person's command.
    Command(&'a Command),
    /// The sources have ended: close what is open.
    End,
}

/// What a source sends: one input, or a batch of records, owned so that it can cross threads.
#[derive(Clone, Debug)]
pub enum OwnedInput {
    /// Records in the order they came.
    Records(Batch),
    /// See [`Input::Readings`].
    Readings {
        /// The source.
        source: SourceId,
        /// When.
        at: Timestamp,
        /// What.
        readings: Vec<Reading>,
    },
    /// See [`Input::Partition`].
    Partition {
        /// The source.
        source: SourceId,
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// What.
        event: PartitionEvent,
    },
    /// See [`Input::Link`].
    Link {
        /// The source.
        source: SourceId,
        /// The topic.
        topic: Option<Arc<str>>,
        /// How it stands now.
        state: LinkState,
        /// Why.
        detail: Arc<str>,
    },
    /// A recorded tick, from a replay only.
    Tick(Timestamp),
    /// A recorded command, from a replay only.
    Command(Command),
    /// The source has ended: at the end positions seen at the start, or at a recording's end.
    Ended(SourceId),
}

impl OwnedInput {
    /// Hands each input in it to `take`, in order. `Ended` hands nothing: the shell decides.
    pub fn each(&self, mut take: impl FnMut(Input<'_>)) {
        match self {
            Self::Records(batch) => batch.iter().for_each(|r| take(Input::Record(r))),
            Self::Readings { source, at, readings } => take(Input::Readings { source: *source, at: *at, readings }),
            Self::Partition { source, topic, partition, event } => {
                take(Input::Partition { source: *source, topic, partition: *partition, event: *event });
            }
            Self::Link { source, topic, state, detail } => {
                take(Input::Link { source: *source, topic: topic.as_ref(), state: *state, detail });
            }
            Self::Tick(at) => take(Input::Tick(*at)),
            Self::Command(command) => take(Input::Command(command)),
            Self::Ended(_) => {}
        }
    }
}
