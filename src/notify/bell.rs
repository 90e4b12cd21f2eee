//! The terminal's bell: the channel that needs nothing and works over SSH.
//!
//! Only `runtime` may touch the terminal, so it hands in the function that rings. Ten thousand alerts in ten seconds
//! must not ring ten thousand times: the interval is held here, and what was held back is told with the next receipt.

use super::{Channel, ChannelSpec, DeliveryError, Kind, Limit, Notification, Receipt, Ring, Signal};
use crate::model::Millis;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

/// The kind `bell`.
pub const KIND: Kind = Kind {
    name: "bell",
    summary: "rings the terminal's bell, which works over SSH and in tmux",
    min_interval: Millis::from_secs(1),
    build: |spec, ring| Box::new(Bell::new(spec, ring)),
};

struct Bell {
    ring: Ring,
    limit: Mutex<Limit>,
}

impl Bell {
    fn new(spec: &ChannelSpec, ring: Ring) -> Self {
        Self { ring, limit: Mutex::new(Limit::new(spec.min_interval)) }
    }
}

impl Channel for Bell {
    fn deliver<'a>(&'a self, notification: &'a Notification) -> Pin<Box<dyn Future<Output = Result<Receipt, DeliveryError>> + Send + 'a>> {
        // A panic elsewhere leaves the limit as it was: still good.
        let passed = self.limit.lock().unwrap_or_else(PoisonError::into_inner).pass(notification.at);
        Box::pin(async move {
            match passed {
                None => Err(DeliveryError::Limited),
                Some(held) => {
                    (self.ring)(Signal::Bell);
                    let detail = if held == 0 { "rung".to_owned() } else { format!("rung, also for {held} held back") };
                    Ok(Receipt { detail })
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn told(at: i64) -> Notification {
        Notification {
            at: Timestamp::from_millis(at),
            id: 1,
            title: "PaymentFailures".to_owned(),
            body: String::new(),
            severity: "critical",
            state: "firing",
        }
    }

    #[tokio::test]
    async fn a_storm_rings_once_a_second_and_counts_the_rest() {
        let rung = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&rung);
        let spec = ChannelSpec { name: "bell".into(), kind: KIND.name, min_interval: KIND.min_interval, way: None };
        let bell = (KIND.build)(
            &spec,
            Arc::new(move |_| {
                count.fetch_add(1, Ordering::Relaxed);
                Some(crate::notify::Way::Bell)
            }),
        );
        let mut limited = 0;
        for i in 0..10_000 {
            match bell.deliver(&told(i)).await {
                Ok(_) => {}
                Err(error) => {
                    assert_eq!(error, DeliveryError::Limited);
                    limited += 1;
                }
            }
        }
        assert_eq!((rung.load(Ordering::Relaxed), limited), (10, 9_990));
        assert_eq!(bell.deliver(&told(10_000)).await.unwrap().detail, "rung, also for 999 held back");
    }
}
