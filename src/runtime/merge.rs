//! All sources' queues as one, fairly: no source is asked twice while another waits.

use crate::model::{Batch, OwnedInput};
use crate::source::Queue;
use std::future::poll_fn;
use std::task::Poll;

/// Emptied batches keep at most this much memory: a thousand records of a kilobyte.
const KEEP_BYTES: usize = 1 << 20;

/// The queues of all sources.
#[derive(Debug, Default)]
pub(super) struct Merge {
    queues: Vec<Queue>,
    closed: Vec<bool>,
    next: usize,
}

impl Merge {
    /// Adds a source's queue.
    pub(super) fn add(&mut self, queue: Queue) {
        self.queues.push(queue);
        self.closed.push(false);
    }

    /// How many queues there have been.
    pub(super) fn len(&self) -> usize {
        self.queues.len()
    }

    /// Closes a queue: its source finds nobody listening, and what waits in it is dropped.
    pub(super) fn close(&mut self, place: usize) {
        self.closed[place] = true;
        let inputs = &mut self.queues[place].inputs;
        inputs.close();
        while inputs.try_recv().is_ok() {}
    }

    /// The next input of any source with the place of its queue; `None` when all have ended.
    pub(super) async fn next(&mut self) -> Option<(usize, OwnedInput)> {
        poll_fn(|context| {
            let mut open = false;
            for step in 0..self.queues.len() {
                let place = (self.next + step) % self.queues.len();
                if self.closed[place] {
                    continue;
                }
                match self.queues[place].inputs.poll_recv(context) {
                    Poll::Ready(Some(input)) => {
                        self.next = place + 1;
                        return Poll::Ready(Some((place, input)));
                    }
                    Poll::Ready(None) => self.closed[place] = true,
                    Poll::Pending => open = true,
                }
            }
            if open { Poll::Pending } else { Poll::Ready(None) }
        })
        .await
    }

    /// The next input if one waits.
    pub(super) fn try_next(&mut self) -> Option<(usize, OwnedInput)> {
        for step in 0..self.queues.len() {
            let place = (self.next + step) % self.queues.len();
            if let Ok(input) = self.queues[place].inputs.try_recv() {
                self.next = place + 1;
                return Some((place, input));
            }
        }
        None
    }

    /// Gives an emptied batch back to its source.
    pub(super) fn recycle(&mut self, place: usize, mut batch: Batch) {
        batch.clear(KEEP_BYTES);
        // A full way back only means that the source has enough of them.
        let _ = self.queues[place].spare.try_send(batch);
    }

    /// Inputs dropped because a queue was full, over all sources.
    pub(super) fn dropped(&self) -> u64 {
        self.queues.iter().map(|q| q.dropped.load(std::sync::atomic::Ordering::Relaxed)).sum()
    }
}
