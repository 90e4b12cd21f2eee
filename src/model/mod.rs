//! The words: what every other room speaks of. No room is imported from here.
//!
//! Everything that crosses a room's door stands here, so that neighbours on the same floor
//! need not know each other: records and events, samples and series, verdicts and anomalies,
//! the inputs of the machine, and `Safe` text, the only text a screen accepts.

mod anomaly;
mod batch;
mod counters;
mod event;
mod input;
mod link;
mod log;
pub mod number;
mod sample;
mod series;
mod speed;
mod text;
mod time;
mod verdict;

pub use anomaly::{Anomaly, Contribution, FieldText, Position, Subject};
pub use batch::{Batch, HeaderIter, RecordRef, TimeKind};
pub use counters::Counters;
pub use event::{EventRef, FieldId, Value};
pub use input::{Command, Input, Mark, OwnedInput, Reading};
pub use link::{Backlog, Flow, LinkState, PartitionEvent, PartitionStatus, SourceId, SourceStatus};
pub use log::{LogLevel, LogLine, LogRing};
pub use sample::{Band, Sample};
pub use series::{LabelSet, MetricName, SeriesId, SeriesKey};
pub use speed::Speed;
pub use text::{ESCAPE_LIMIT, LABEL_LIMIT, MESSAGE_LIMIT, Safe};
pub use time::{Millis, ParseMillisError, Timestamp};
pub use verdict::{Baseline, Basis, Detector, Direction, Observation, Pattern, Scored, StateError, Verdict};
