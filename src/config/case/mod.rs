//! Case files: rules under test. What goes in, and which alerts and anomalies must come of it.
//!
//! `read` reads a file, `input` and `expect` its parts, `notation` the compact way of writing values;
//! the shell's `test` runs what is read here.

mod expect;
mod input;
mod notation;
mod read;
mod spec;
mod template;

pub use read::read_cases;
pub use spec::{AlertWanted, AnomalyWanted, Case, CaseFeed, CaseFile, Expect, Window};
pub use template::{CaseInput, Payload};
