//! Recordings as things one works with: cut, merged, redacted, turned into plain lines and back, described.
//!
//! All of them read input by input and hold none of a recording in memory, but for a bare dump, which
//! must be put in order. What is written goes to a file beside its name and takes the name at the end.

mod cut;
mod info;
mod lines;
mod merge;
mod output;
mod redact;

pub use cut::cut;
pub use info::info;
pub(super) use info::moment;
pub use lines::{from_lines, to_lines};
pub use merge::merge;
pub(super) use output::open;
pub use redact::redact;
