//! Rules over verdicts and values, and the life cycle of the alerts they raise.

mod book;
mod spec;

pub use book::{Alert, AlertBook, AlertState, Transition};
pub use spec::{RuleSpec, Severity, When};
