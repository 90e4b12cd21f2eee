//! From bytes as delivered to events: formats, field paths, cleaning.

mod rejects;
mod spec;

pub use rejects::{Reject, RejectClass, RejectRing};
pub use spec::{FieldLimit, FormatName, StreamSpec, TimeSource, TimeUnit, TopicPattern};
