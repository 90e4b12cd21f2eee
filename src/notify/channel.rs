//! What a channel is: told one notification, answers with a receipt or an error.

use super::Way;
use crate::model::{Millis, Timestamp};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a person is told.
#[derive(Clone, Debug)]
pub struct Notification {
    /// When it was made, on the machine's clock: rate limits count by it.
    pub at: Timestamp,
    /// The alert's id.
    pub id: u64,
    /// One line: sign, rule, subject. Safe for any receiver.
    pub title: String,
    /// A few lines: value, expected, why, since.
    pub body: String,
    /// `info`, `warning`, `critical`.
    pub severity: &'static str,
    /// `firing`, `resolved`, `stale`, or `test`.
    pub state: &'static str,
}

/// A delivery that worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What the receiver said, one line.
    pub detail: String,
}

/// A delivery that did not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The receiver is not there on this machine, and will not be: say so once.
    #[error("not available: {0}")]
    Absent(String),
    /// It did not answer in time.
    #[error("no answer within {0}")]
    Timeout(Millis),
    /// It refused, or something failed on the way; may be tried again.
    #[error("{0}")]
    Failed(String),
    /// Held back by the channel's rate limit.
    #[error("held back by the rate limit")]
    Limited,
}

/// A channel. Deliveries run outside the machine's loop; a channel that hangs holds up nobody else.
pub trait Channel: Send + Sync {
    /// Delivers one notification.
    fn deliver<'a>(&'a self, notification: &'a Notification) -> Pin<Box<dyn Future<Output = Result<Receipt, DeliveryError>> + Send + 'a>>;
}

/// A channel's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSpec {
    /// Its name, which rules use.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: &'static str,
    /// At most one notification in this time; further ones are counted and told with the next.
    pub min_interval: Millis,
    /// Kind `terminal`: the sequence to use; `None`: the one that fits here.
    pub way: Option<Way>,
}

/// What a channel asks of the terminal.
#[derive(Clone, Copy, Debug)]
pub enum Signal<'a> {
    /// Ring the bell.
    Bell,
    /// Show a notice.
    Notice {
        /// The sequence to use; `None`: the one that fits here.
        way: Option<Way>,
        /// The alert's id: a later notice of it replaces this one where terminals can.
        id: u64,
        /// One line.
        title: &'a str,
        /// A few lines.
        body: &'a str,
        /// It should stand out.
        urgent: bool,
    },
}

/// Reaches the terminal; answers how, or `None` where it takes nothing.
pub type Ring = Arc<dyn Fn(Signal<'_>) -> Option<Way> + Send + Sync>;

/// A kind of channel.
#[derive(Debug)]
pub struct Kind {
    /// Its name in the configuration: `bell`, `desktop`.
    pub name: &'static str,
    /// What it does, one sentence.
    pub summary: &'static str,
    /// The `min_interval` where the configuration names none.
    pub min_interval: Millis,
    /// Makes one. `ring` reaches the terminal; only `runtime` may touch the terminal.
    pub build: fn(&ChannelSpec, ring: Ring) -> Box<dyn Channel>,
}
