//! Rules over verdicts and values, and the life cycle of the alerts they raise.

mod book;
mod form;
mod keep;
mod life;
mod reload;
mod rules;
mod spec;

pub use book::{Alert, AlertBook, AlertState, Transition};
pub use form::{Form, Reason, utc};
pub use keep::{Kept, TakenUp};
pub use life::{Life, Step};
pub use reload::{Fate, Moved};
pub use rules::{Clock, Observed, Origin, Rules, WatchId};
pub use spec::{RuleSpec, Severity, When};
