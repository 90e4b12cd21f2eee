//! The one place where the wall clock is read for the machine.

use crate::model::{Millis, Timestamp};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The wall clock.
#[expect(clippy::disallowed_methods, reason = "the shell owns the clock; the machine is handed ticks")]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(since.as_millis() as i64)
}

/// A moment of the steady clock, for pacing and for measuring.
pub(super) fn instant() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// How long until the next multiple of `step` on the wall clock.
pub(super) fn until_next(step: Millis) -> Duration {
    let now = now();
    let next = now.floor_to(step) + step;
    Duration::from_millis(next.since(now).get().max(1) as u64)
}
