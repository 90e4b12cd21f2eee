//! The program's own log lines, kept for the log pane: bounded, newest last.

use super::{Safe, Timestamp};
use std::collections::VecDeque;

/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For a person debugging.
    Debug,
    /// Something happened.
    Info,
    /// Something is wrong, the program goes on as before.
    Warn,
    /// Something was lost.
    Error,
}

/// One line.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// How grave.
    pub level: LogLevel,
    /// Which part of the program says so.
    pub from: Safe,
    /// What it says.
    pub text: Safe,
}

/// The last lines. The oldest is dropped when a new one finds it full; drops are counted.
#[derive(Clone, Debug)]
pub struct LogRing {
    lines: VecDeque<LogLine>,
    limit: usize,
    dropped: u64,
}

impl LogRing {
    /// A ring of at most `limit` lines.
    pub fn new(limit: usize) -> Self {
        Self { lines: VecDeque::new(), limit: limit.max(1), dropped: 0 }
    }

    /// Appends a line.
    pub fn push(&mut self, line: LogLine) {
        if self.lines.len() == self.limit {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line);
    }

    /// The lines, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &LogLine> + ExactSizeIterator {
        self.lines.iter()
    }

    /// How many were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
