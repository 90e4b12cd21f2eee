//! The terminal's output, on a thread of its own: a terminal that does not read stops only this.
//!
//! The loop hands over one frame at a time and draws the next only when the last is written, so that
//! a slow link lowers the frame rate and nothing piles up. Bells go by themselves.

use super::terminal;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use tokio::sync::Notify;

/// Bytes written at once: no more than this of a frame is still to come when output is thrown away.
const CHUNK: usize = 1024;

#[derive(Default)]
struct Slot {
    frame: Vec<u8>,
    bell: bool,
    ended: bool,
}

struct Shared {
    slot: Mutex<Slot>,
    filled: Condvar,
    busy: AtomicBool,
    done: Notify,
}

/// The writing thread's handle.
#[derive(Clone)]
pub(super) struct Writer {
    shared: Arc<Shared>,
}

impl Writer {
    /// Starts the thread, writing to `terminal`.
    pub(super) fn start(terminal: File) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            slot: Mutex::new(Slot::default()),
            filled: Condvar::new(),
            busy: AtomicBool::new(false),
            done: Notify::new(),
        });
        let writer = Self { shared: Arc::clone(&shared) };
        std::thread::Builder::new().name("terminal-out".into()).spawn(move || run(&shared, terminal))?;
        Ok(writer)
    }

    /// Whether the last frame has not been written yet.
    pub(super) fn busy(&self) -> bool {
        self.shared.busy.load(Ordering::Acquire)
    }

    /// Hands over a frame; call only when not busy.
    pub(super) fn write(&self, frame: &mut Vec<u8>) {
        if let Ok(mut slot) = self.shared.slot.lock() {
            std::mem::swap(&mut slot.frame, frame);
            self.shared.busy.store(true, Ordering::Release);
            self.shared.filled.notify_one();
        }
        frame.clear();
    }

    /// Rings the terminal's bell as soon as it can be written.
    pub(super) fn bell(&self) {
        if let Ok(mut slot) = self.shared.slot.lock() {
            slot.bell = true;
            self.shared.filled.notify_one();
        }
    }

    /// Waits until the frame handed over last is written.
    pub(super) async fn written(&self) {
        self.shared.done.notified().await;
    }

    /// Ends the thread once it is idle.
    pub(super) fn end(&self) {
        if let Ok(mut slot) = self.shared.slot.lock() {
            slot.ended = true;
            self.shared.filled.notify_one();
        }
    }
}

fn run(shared: &Shared, mut terminal: File) {
    let mut frame = Vec::new();
    loop {
        let bell = {
            let Ok(mut slot) = shared.slot.lock() else { return };
            while slot.frame.is_empty() && !slot.bell && !slot.ended {
                slot = match shared.filled.wait(slot) {
                    Ok(slot) => slot,
                    Err(_) => return,
                };
            }
            if slot.ended {
                return;
            }
            std::mem::swap(&mut frame, &mut slot.frame);
            std::mem::take(&mut slot.bell)
        };
        for chunk in frame.chunks(CHUNK) {
            if !terminal::write_piece(&mut terminal, chunk) {
                break;
            }
        }
        frame.clear();
        if bell {
            let _ = terminal::write_piece(&mut terminal, b"\x07");
        }
        // A frame may have come while only a bell was written: it is still to be written then.
        let Ok(slot) = shared.slot.lock() else { return };
        if slot.frame.is_empty() {
            shared.busy.store(false, Ordering::Release);
            shared.done.notify_one();
        }
    }
}
