//! The machine: handed inputs, answers with effects; no clock, no files, no sockets, no threads.
//!
//! `machine` takes the inputs, `stream` reads records, `judge` runs detectors and rules, `status`
//! keeps what the sources pane shows. Whatever is handed in can be recorded, and the same inputs
//! give the same effects, byte for byte.

mod compile;
mod effect;
mod excerpts;
mod exchange;
mod expression;
mod judge;
mod keyed;
#[cfg(test)]
mod links_tests;
mod machine;
mod marks;
mod plan;
mod reload;
mod sensitivity;
mod status;
mod stream;
#[cfg(test)]
mod tests;

pub use effect::{Effect, SourceChange};
pub use excerpts::{Excerpt, Excerpts};
pub use machine::Engine;
pub use plan::{Limits, Plan, SourcePlan};
pub use sensitivity::Strictness;
