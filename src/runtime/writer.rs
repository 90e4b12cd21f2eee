//! The terminal's output, on a thread of its own: a terminal that does not read stops only this.
//!
//! The loop hands over one frame at a time and draws the next only when the last is written, so that
//! a slow link lowers the frame rate and nothing piles up. Bells go by themselves.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// Bytes written at once: a slow link shall not hold more than this when output is thrown away.
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
    abandon: AtomicBool,
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
            abandon: AtomicBool::new(false),
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

    /// Throws away what is not written yet, in the kernel's queue too. Ends within a fifth of a
    /// second whether or not the terminal reads.
    pub(super) fn abandon(&self, terminal: &File) {
        self.shared.abandon.store(true, Ordering::Release);
        for _ in 0..20 {
            if !self.busy() {
                break;
            }
            let _ = rustix::termios::tcflush(terminal, rustix::termios::QueueSelector::OFlush);
            wait_until_writable(terminal, Duration::from_millis(10));
        }
        let _ = rustix::termios::tcflush(terminal, rustix::termios::QueueSelector::OFlush);
    }

    /// Takes frames again after [`Writer::abandon`].
    pub(super) fn resume(&self) {
        self.shared.abandon.store(false, Ordering::Release);
    }

    /// Ends the thread once it is idle.
    pub(super) fn end(&self) {
        if let Ok(mut slot) = self.shared.slot.lock() {
            slot.ended = true;
            self.shared.filled.notify_one();
        }
    }
}

/// Waits at most `limit` until the terminal takes bytes. `false`: it does not.
pub(super) fn wait_until_writable(terminal: &File, limit: Duration) -> bool {
    let limit = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: i64::from(limit.subsec_nanos()) };
    let mut fds = [PollFd::new(terminal, PollFlags::OUT)];
    matches!(poll(&mut fds, Some(&limit)), Ok(n) if n > 0) && fds[0].revents().contains(PollFlags::OUT)
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
            if slot.ended && slot.frame.is_empty() {
                return;
            }
            std::mem::swap(&mut frame, &mut slot.frame);
            std::mem::take(&mut slot.bell)
        };
        for chunk in frame.chunks(CHUNK) {
            if shared.abandon.load(Ordering::Acquire) || terminal.write_all(chunk).is_err() {
                break;
            }
        }
        frame.clear();
        if bell {
            let _ = terminal.write_all(b"\x07");
        }
        shared.busy.store(false, Ordering::Release);
        shared.done.notify_one();
    }
}
