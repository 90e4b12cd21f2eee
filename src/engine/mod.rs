//! The machine: handed inputs, answers with effects; no clock, no files, no sockets, no threads.
//!
//! `machine` takes the inputs, `stream` reads records, `judge` runs detectors and rules, `status`
//! keeps what the sources pane shows. Whatever is handed in can be recorded, and the same inputs
//! give the same effects, byte for byte.

mod accept;
mod compile;
mod court;
mod effect;
mod excerpts;
mod exchange;
mod expression;
mod groups;
mod judge;
mod keep_alerts;
mod keyed;
mod kinds;
#[cfg(test)]
mod links_tests;
mod machine;
mod marks;
mod memory;
mod parts;
mod plan;
mod post;
mod reload;
mod sensitivity;
mod sensitivity_own;
mod silence;
mod silence_cause;
mod silence_pool;
mod silence_settle;
mod silence_tell;
mod status;
mod stream;
mod strictness;
#[cfg(test)]
mod tests;
mod ticks;
mod views;

pub use effect::{Effect, SourceChange};
pub use excerpts::{Excerpt, Excerpts};
pub use keep_alerts::KeptAlerts;
pub use machine::Engine;
pub use memory::Learned;
pub use parts::adds_up;
pub use plan::{Limits, Plan, SourcePlan};
pub use strictness::{PROMISED_AFTER, Strictness};
pub use views::Learning;
