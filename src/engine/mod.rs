//! The machine: handed inputs, answers with effects; no clock, no files, no sockets, no threads.

mod plan;

pub use plan::{Limits, Plan, SourcePlan};
