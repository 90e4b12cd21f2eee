//! The recording format: what the machine was handed, a line each.
//!
//! A recording is JSON Lines and a superset of what `kcat -J` prints, so that a dump made on any
//! server with Kafka's usual tools can be replayed, and a recording can be taken apart with `jq`.
//! Written by the shell while it records, read by replay and by the tests of the scenarios.

mod line;
mod lines;
mod merge;
mod moment;
mod pack;
mod quick;
mod read;
mod recording;
mod standing;
#[cfg(test)]
mod tests;
mod write;

pub use line::{Header, RECORDING_VERSION};
pub use lines::{LINE_LIMIT, UnreadableLine, Warnings};
pub use merge::{BARE_LIMIT, BARE_TICK};
pub use moment::Moment;
pub use pack::{Packer, packed_name};
pub use read::{LineError, Names, Parsed, RecordLine, SOURCES_LIMIT, parse_line};
pub use recording::{BATCH_BYTES, BATCH_RECORDS, Recording, RecordingError, RecordingReader};
pub use standing::Standing;
pub use write::{Writer, write_header, write_input};
