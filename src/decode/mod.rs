//! From bytes as delivered to events: formats, field paths, cleaning.

mod clean;
mod cloudevents;
mod collectd;
mod csv;
mod exposition;
mod format;
mod json;
mod kcat;
mod layout;
mod line;
mod lines;
mod logfmt;
mod number;
mod path;
mod prometheus;
mod reader;
mod redact;
mod rejects;
mod scan;
mod schema;
mod seen;
mod spec;
mod syslog;
mod telegraf;
#[cfg(test)]
mod tests;
mod time;
mod trie;
mod walk;

pub use exposition::{Exposed, ExposedSample, exposed_labels, exposed_line};
pub use format::{FORMATS, Format, format};
pub use line::line_level;
pub use logfmt::logfmt_keys;
pub use path::PathError;
pub use reader::{Fate, Reader};
pub use redact::REDACTED;
pub use rejects::{Reject, RejectClass, RejectRing};
pub use schema::{FIELD_LIMIT, Schema};
pub use spec::{FieldLimit, FormatName, StreamSpec, TimeSource, TimeUnit, TopicPattern};
pub use time::{AHEAD_LIMIT, EARLIEST, LATEST, rfc3339, timestamp, unit_of};
