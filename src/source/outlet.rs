//! The way out of a source: a bounded queue with a named policy, counters, and a way back for
//! emptied batches and for the machine's wishes.

use crate::model::{Batch, Flow, LinkState, OwnedInput, SourceId};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, watch};

/// Inputs a source's queue holds. A batch of a thousand records counts as one; 16 of them keep the
/// engine busy while the source's thread fills the next, and bound memory (measured in the ingest spike).
pub const QUEUE_LIMIT: usize = 16;

/// What a source does when its queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// It waits: for records, which must not be lost.
    Block,
    /// It drops what it has just measured and counts that: for readings, which are old when they are late.
    DropNewest,
}

/// A source's end of its queue.
#[derive(Debug)]
pub struct Outlet {
    id: SourceId,
    sender: mpsc::Sender<OwnedInput>,
    policy: WhenFull,
    dropped: Arc<AtomicU64>,
    spare: std::sync::mpsc::Receiver<Batch>,
}

/// The machine's end of a source's queue.
#[derive(Debug)]
pub struct Queue {
    /// Inputs in order.
    pub inputs: mpsc::Receiver<OwnedInput>,
    /// Emptied batches, given back for reuse.
    pub spare: std::sync::mpsc::SyncSender<Batch>,
    /// Inputs dropped because the queue was full.
    pub dropped: Arc<AtomicU64>,
}

/// What a source hears: stop, hold back, a fault to inject.
#[derive(Clone, Debug)]
pub struct Control {
    /// Becomes true when the source is to end.
    pub stop: watch::Receiver<bool>,
    /// The machine's wishes about partitions.
    pub flow: Arc<std::sync::Mutex<Vec<Flow>>>,
}

impl Control {
    /// Whether the source is to end.
    pub fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// The wishes that have come since the last call.
    pub fn take_flow(&self) -> Vec<Flow> {
        self.flow.lock().map(|mut f| std::mem::take(&mut *f)).unwrap_or_default()
    }
}

/// A queue for the source `id`.
pub fn queue(id: SourceId, policy: WhenFull) -> (Outlet, Queue) {
    let (sender, inputs) = mpsc::channel(QUEUE_LIMIT);
    let (give, spare) = std::sync::mpsc::sync_channel(QUEUE_LIMIT + 2);
    let dropped = Arc::new(AtomicU64::new(0));
    (Outlet { id, sender, policy, dropped: Arc::clone(&dropped), spare }, Queue { inputs, spare: give, dropped })
}

/// A way to say that a source has failed, for whoever runs it; holds its queue open until then.
#[derive(Debug)]
pub struct LastWord {
    id: SourceId,
    sender: mpsc::Sender<OwnedInput>,
}

impl LastWord {
    /// Says that the source has ended, where somebody waits for that.
    pub async fn end(&self) {
        // Nobody listens any more when all ends.
        let _ = self.sender.send(OwnedInput::Ended(self.id)).await;
    }

    /// Says that the source is down for good, and why; from a thread that is not async.
    pub fn say_blocking(&self, error: &SourceError) {
        let detail = error.message.as_str().into();
        // Nobody listens any more when all ends.
        let _ = self.sender.blocking_send(OwnedInput::Link { source: self.id, topic: None, state: LinkState::Down, detail });
    }
}

impl Outlet {
    /// What is kept back for the source's last word.
    pub fn last_word(&self) -> LastWord {
        LastWord { id: self.id, sender: self.sender.clone() }
    }

    /// The source's id.
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// An empty batch, a recycled one where there is one.
    pub fn batch(&mut self) -> Batch {
        self.spare.try_recv().unwrap_or_else(|_| Batch::new(self.id))
    }

    /// Sends `input` by the queue's policy. `false`: nobody listens any more, end.
    pub async fn send(&mut self, input: OwnedInput) -> bool {
        match self.policy {
            WhenFull::Block => self.sender.send(input).await.is_ok(),
            WhenFull::DropNewest => self.offer(input),
        }
    }

    /// As [`Outlet::send`], from a thread that is not async.
    pub fn send_blocking(&mut self, input: OwnedInput) -> bool {
        match self.policy {
            WhenFull::Block => self.sender.blocking_send(input).is_ok(),
            WhenFull::DropNewest => self.offer(input),
        }
    }

    fn offer(&mut self, input: OwnedInput) -> bool {
        match self.sender.try_send(input) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }
}

/// A source that cannot go on at all; anything that can be tried again is a `Link` input instead.
#[derive(Debug, thiserror::Error)]
#[error("{source_name}: {message}")]
pub struct SourceError {
    /// The source's name.
    pub source_name: String,
    /// What is wrong.
    pub message: String,
}

/// A running source. Built from its spec; `run` ends when told to stop, when nobody listens, or at
/// its end (after sending `OwnedInput::Ended`).
pub trait Source: Send {
    /// Runs until its end.
    fn run(self: Box<Self>, outlet: Outlet, control: Control) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>>;
}
