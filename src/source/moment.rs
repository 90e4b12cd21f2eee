//! The clocks sources read: the calendar's for what they measure, the steady one for how long it took.

use crate::model::Timestamp;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Now, by the calendar.
#[expect(clippy::disallowed_methods, reason = "sources say when they measured")]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Now, by the steady clock.
#[expect(clippy::disallowed_methods, reason = "sources measure how long things take")]
pub(super) fn steady() -> Instant {
    Instant::now()
}
