//! Lines of a file as bytes, and what could not be read of them.

use std::io::{self, BufRead};

/// The longest line that is read. A record of 10 MB whose every byte is escaped six-fold still fits;
/// a file without line ends must not fill memory.
pub const LINE_LIMIT: usize = 64 * 1024 * 1024;
/// Unreadable lines that are kept with their reason; all are counted.
const KEPT: usize = 20;
/// Memory of the line buffer that is kept after a long line.
const KEEP_BYTES: usize = 1 << 20;

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// What was wrong with a recording, so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    /// Lines that could not be read.
    pub unreadable: u64,
    /// The first of them.
    pub first: Vec<UnreadableLine>,
    /// The last line, or the last part of a compressed file, is cut off: the recording was not ended in order.
    /// It is not among the unreadable.
    pub truncated: bool,
    /// Lines of a dump without header that are no records: they have no place in its order.
    pub passed_over: u64,
}

impl Warnings {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts an unreadable line.
    pub(super) fn unreadable(&mut self, line: u64, reason: String) {
        self.unreadable += 1;
        if self.first.len() < KEPT {
            self.first.push(UnreadableLine { line, reason });
        }
    }

    /// One sentence for each kind of trouble.
    pub fn sentences(&self) -> Vec<String> {
        let mut out = Vec::new();
        if let Some(first) = self.first.first() {
            out.push(format!("{} unreadable lines, the first is line {}: {}", self.unreadable, first.line, first.reason));
        }
        if self.truncated {
            out.push("the recording is cut off: it was not ended in order, and its last part is missing".to_owned());
        }
        if self.passed_over > 0 {
            out.push(format!("{} lines that are no records passed over, as there is no header", self.passed_over));
        }
        out
    }
}

/// How a line came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Got {
    /// A whole line.
    Line,
    /// The last line, without a line end.
    Unended,
    /// A line longer than the limit; passed over.
    TooLong,
    /// No more.
    End,
}

/// Reads line after line into one buffer. Blank lines and comments (`#`) are passed over.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
    read: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), number: 0, read: 0 }
    }

    /// The line last read, without its end.
    pub(super) fn line(&self) -> &[u8] {
        self.buffer.trim_ascii()
    }

    /// Its number, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Bytes read so far.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    pub(super) fn advance(&mut self) -> io::Result<Got> {
        loop {
            self.buffer.clear();
            self.buffer.shrink_to(KEEP_BYTES);
            let n = io::Read::take(&mut self.input, LINE_LIMIT as u64 + 1).read_until(b'\n', &mut self.buffer)?;
            if n == 0 {
                return Ok(Got::End);
            }
            self.read += n as u64;
            self.number += 1;
            let ended = self.buffer.last() == Some(&b'\n');
            if !ended && n > LINE_LIMIT {
                self.skip_line()?;
                return Ok(Got::TooLong);
            }
            if matches!(self.line().first(), None | Some(b'#')) {
                continue;
            }
            return Ok(if ended { Got::Line } else { Got::Unended });
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        self.buffer.clear();
        loop {
            let part = self.input.fill_buf()?;
            let (used, done) = part.iter().position(|b| *b == b'\n').map_or((part.len(), part.is_empty()), |at| (at + 1, true));
            self.input.consume(used);
            self.read += used as u64;
            if done {
                return Ok(());
            }
        }
    }
}
