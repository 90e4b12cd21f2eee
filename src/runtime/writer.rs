//! The terminal's output, on a thread of its own: a terminal that does not read stops only this.
//!
//! The loop hands over one frame at a time and draws the next only when the last is written, so that
//! a slow link lowers the frame rate and nothing piles up. Bells go by themselves.

use super::clock;
use super::terminal;
use std::collections::VecDeque;
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Bytes written at once: no more than this of a frame is still to come when output is thrown away.
const CHUNK: usize = 1024;

/// Bells are this far apart: a little less than the second that each channel keeps.
const BELLS_APART: Duration = Duration::from_millis(900);
/// Notices that wait for the terminal at most; they are limited in their rate, so that more is a terminal that takes nothing.
const NOTICES: usize = 8;

#[derive(Default)]
struct Slot {
    frame: Vec<u8>,
    bell: bool,
    /// When it was rung last: several channels that ring for one alert ring once.
    rung: Option<Instant>,
    /// Whole control sequences that show a notice.
    notices: VecDeque<Vec<u8>>,
    ended: bool,
}

impl Slot {
    fn empty(&self) -> bool {
        self.frame.is_empty() && !self.bell && self.notices.is_empty()
    }
}

struct Shared {
    slot: Mutex<Slot>,
    filled: Condvar,
    busy: AtomicBool,
    /// How long the last frame took to write, in milliseconds.
    took: AtomicU32,
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
            took: AtomicU32::new(0),
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
            let now = clock::instant();
            if slot.rung.is_none_or(|at| now - at >= BELLS_APART) {
                slot.rung = Some(now);
                slot.bell = true;
                self.shared.filled.notify_one();
            }
        }
    }

    /// Shows a notice by these control sequences as soon as they can be written, between two frames.
    /// `false`: too many wait already.
    pub(super) fn notice(&self, sequences: Vec<u8>) -> bool {
        let Ok(mut slot) = self.shared.slot.lock() else { return false };
        let room = slot.notices.len() < NOTICES;
        if room {
            slot.notices.push_back(sequences);
            self.shared.filled.notify_one();
        }
        room
    }

    /// How long the last frame took to be written; told once.
    pub(super) fn took(&self) -> Duration {
        Duration::from_millis(self.shared.took.swap(0, Ordering::Relaxed).into())
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
        let (bell, notices) = {
            let Ok(mut slot) = shared.slot.lock() else { return };
            while slot.empty() && !slot.ended {
                slot = match shared.filled.wait(slot) {
                    Ok(slot) => slot,
                    Err(_) => return,
                };
            }
            if slot.ended {
                return;
            }
            std::mem::swap(&mut frame, &mut slot.frame);
            (std::mem::take(&mut slot.bell), std::mem::take(&mut slot.notices))
        };
        let framed = !frame.is_empty();
        let begun = clock::instant();
        for chunk in frame.chunks(CHUNK) {
            if !terminal::write_piece(&mut terminal, chunk) {
                break;
            }
        }
        if framed {
            shared.took.store(begun.elapsed().as_millis() as u32, Ordering::Relaxed);
        }
        frame.clear();
        // A frame is a synchronised update: what rings and tells goes after it, never within.
        for sequences in &notices {
            let _ = terminal::write_piece(&mut terminal, sequences);
        }
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
