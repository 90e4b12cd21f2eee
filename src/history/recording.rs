//! A recording, input by input: from any reader in its order, from a file with the way back.

use super::line::{Header, RECORDING_VERSION};
use super::lines::{Got, LINE_LIMIT, Lines, Warnings};
use super::merge::{BARE_LIMIT, Merged};
use super::pack::{self, Unpacked, open_file};
use super::read::{LineError, Names, Parsed, parse_line};
use crate::model::{Batch, OwnedInput, SourceId, Timestamp};
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Records handed over at once: as many as a live source hands over.
pub const BATCH_RECORDS: usize = 1_000;
/// Bytes of a batch from which on no further record joins it.
pub const BATCH_BYTES: usize = 1 << 20;
/// Bytes of a file's end that are looked at first to find its last time.
const READ_BYTES: usize = 256 * 1024;
/// How much of a file's end is searched for its last time.
const TAIL_BYTES: u64 = 32 * 1024 * 1024;

/// A recording that cannot be replayed at all.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Written by a newer program.
    #[error("{}: recording version {found} is newer than {RECORDING_VERSION}, which this program reads", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// A dump without header that is too large to be put in order.
    #[error("{}: {size} bytes without a header; up to {BARE_LIMIT} can be put in order: dump fewer records", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
    },
    /// No line of it can be read.
    #[error("{}: no line of a recording or of kcat -J in it (line {line}: {reason})", path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
        /// The first unreadable line.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads the lines of any reader in their order. Consecutive records come as one batch.
#[derive(Debug)]
pub struct RecordingReader<R> {
    lines: Lines<R>,
    names: Names,
    header: Option<Header>,
    warnings: Warnings,
    batch: Batch,
    ready: Option<OwnedInput>,
    spare: Vec<Batch>,
    /// The first line has been read to look for a header and is still to be handed over.
    held: Option<Got>,
    /// Reading failed; told once what was read before has been handed over.
    failed: Option<io::Error>,
}

impl<R: BufRead> RecordingReader<R> {
    /// Starts reading; the header, where there is one, is read at once.
    ///
    /// `names` are the sources that have ids already; sources of the header come after them.
    ///
    /// # Errors
    /// When the reader fails.
    pub fn new(input: R, names: Names) -> io::Result<Self> {
        let mut reader = Self {
            lines: Lines::new(input),
            names,
            header: None,
            warnings: Warnings::default(),
            batch: Batch::default(),
            ready: None,
            spare: Vec::new(),
            held: None,
            failed: None,
        };
        let got = reader.advance()?;
        match (got, parse_line(reader.lines.line(), &mut reader.names)) {
            (Got::Line | Got::Unended, Ok(Parsed::Header(header))) => {
                if reader.names.sources().is_empty() {
                    reader.names = Names::new(&header.sources);
                }
                reader.header = Some(header);
            }
            _ => reader.held = Some(got),
        }
        Ok(reader)
    }

    /// The header.
    pub fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The sources by id, as far as they have been met.
    pub fn sources(&self) -> &[Arc<str>] {
        self.names.sources()
    }

    /// What was wrong so far.
    pub fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.lines.read()
    }

    /// Takes an emptied batch back.
    pub fn recycle(&mut self, batch: Batch) {
        if self.spare.len() < 2 {
            self.spare.push(batch);
        }
    }

    /// The next input, `None` at the end.
    ///
    /// # Errors
    /// When the reader fails; unreadable lines are counted instead.
    pub fn next_input(&mut self) -> io::Result<Option<OwnedInput>> {
        if let Some(ready) = self.ready.take() {
            return Ok(Some(ready));
        }
        loop {
            let got = match self.held.take() {
                Some(got) => got,
                None => self.advance()?,
            };
            match got {
                Got::End => return Ok(self.take_batch(SourceId(0))),
                Got::TooLong => self.warnings.unreadable(self.lines.number(), LineError::TooLong(LINE_LIMIT).to_string()),
                Got::Line | Got::Unended => {
                    if let Some(input) = self.line(got) {
                        return Ok(Some(input));
                    }
                }
            }
        }
    }

    /// The next line. A compressed file that was cut off ends there, which is told as a cut last line is;
    /// at any other failure what was read before it is handed over first.
    fn advance(&mut self) -> io::Result<Got> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        match self.lines.advance() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.warnings.truncated = true;
                Ok(Got::End)
            }
            Err(error) if !self.batch.is_empty() => {
                self.failed = Some(error);
                Ok(Got::End)
            }
            got => got,
        }
    }

    fn line(&mut self, got: Got) -> Option<OwnedInput> {
        match parse_line(self.lines.line(), &mut self.names) {
            Ok(Parsed::Record(record)) => {
                let full = self.batch.len() >= BATCH_RECORDS || self.batch.byte_len() >= BATCH_BYTES;
                let done = if self.batch.is_empty() || full || self.batch.source() != record.source {
                    let mut next = self.spare.pop().filter(|b| b.source() == record.source).unwrap_or_else(|| Batch::new(record.source));
                    next.clear(BATCH_BYTES);
                    let done = std::mem::replace(&mut self.batch, next);
                    (!done.is_empty()).then_some(OwnedInput::Records(done))
                } else {
                    None
                };
                record.push_to(&mut self.batch);
                done
            }
            Ok(Parsed::Input(input)) => match self.take_batch(SourceId(0)) {
                Some(batch) => {
                    self.ready = Some(input);
                    Some(batch)
                }
                None => Some(input),
            },
            // A second header: files put together. The first one holds.
            Ok(Parsed::Header(_)) => None,
            Err(_) if got == Got::Unended => {
                self.warnings.truncated = true;
                None
            }
            Err(error) => {
                self.warnings.unreadable(self.lines.number(), error.to_string());
                None
            }
        }
    }

    fn take_batch(&mut self, source: SourceId) -> Option<OwnedInput> {
        if self.batch.is_empty() {
            return None;
        }
        Some(OwnedInput::Records(std::mem::replace(&mut self.batch, Batch::new(source))))
    }
}

#[derive(Debug)]
enum Body {
    /// With our header: line by line, never whole in memory.
    Stream(RecordingReader<Unpacked>),
    /// Without: put in order in memory.
    Merged(Merged),
}

/// A recording in a file: with our header in file order, a bare `kcat -J` dump merged by time.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    body: Body,
    names: Names,
    size: u64,
    packed: bool,
    span: Option<(Timestamp, Timestamp)>,
    error: Option<io::Error>,
}

impl Recording {
    /// Opens `path`. `sources` are the names of the sources of the configuration it is replayed with,
    /// by id; when empty, ids are those of the header.
    ///
    /// # Errors
    /// When the file cannot be read, is too large without a header, or holds nothing of a recording.
    pub fn open<S: AsRef<str>>(path: &Path, sources: &[S]) -> Result<Self, RecordingError> {
        let io_error = |error| RecordingError::Io { path: path.to_owned(), error };
        let names = Names::new(sources);
        let (reader, size, packed) = start(path, names.clone()).map_err(io_error)?;
        let (body, span) = if let Some(header) = &reader.header {
            if header.recording > RECORDING_VERSION {
                return Err(RecordingError::Version { path: path.to_owned(), found: header.recording });
            }
            let span = if packed { packed_span(path, header) } else { stream_span(path, size, header) };
            (Body::Stream(reader), span.map_err(io_error)?)
        } else {
            let bytes = if size > BARE_LIMIT { None } else { whole(path, size).map_err(io_error)? };
            let Some(bytes) = bytes else {
                return Err(RecordingError::TooLarge { path: path.to_owned(), size });
            };
            let merged = Merged::new(bytes, names.clone());
            if let (0, Some(bad)) = (merged.len(), merged.warnings().first.first()) {
                return Err(RecordingError::Nothing { path: path.to_owned(), line: bad.line, reason: bad.reason.clone() });
            }
            let span = merged.span();
            (Body::Merged(merged), span)
        };
        Ok(Self { path: path.to_owned(), body, names, size, packed, span, error: None })
    }

    /// The header; a bare dump has none.
    pub fn header(&self) -> Option<&Header> {
        if let Body::Stream(reader) = &self.body { reader.header() } else { None }
    }

    /// The sources by id, as far as they have been met.
    pub fn sources(&self) -> &[Arc<str>] {
        match &self.body {
            Body::Stream(reader) => reader.sources(),
            Body::Merged(merged) => merged.sources(),
        }
    }

    /// The first and the last moment of it.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// What was wrong with its lines, as far as it has been read.
    pub fn warnings(&self) -> &Warnings {
        match &self.body {
            Body::Stream(reader) => reader.warnings(),
            Body::Merged(merged) => merged.warnings(),
        }
    }

    /// Why reading stopped before the end, if it did.
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// Bytes on the disk.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether it is compressed.
    pub fn packed(&self) -> bool {
        self.packed
    }

    /// How far it has been read, 0…1; of a compressed one it is not known.
    pub fn progress(&self) -> f64 {
        match &self.body {
            Body::Stream(reader) => reader.read() as f64 / (self.size.max(1)) as f64,
            Body::Merged(merged) => merged.progress(),
        }
    }

    /// Takes an emptied batch back.
    pub fn recycle(&mut self, batch: Batch) {
        match &mut self.body {
            Body::Stream(reader) => reader.recycle(batch),
            Body::Merged(merged) => merged.recycle(batch),
        }
    }

    /// Goes back to the beginning.
    ///
    /// # Errors
    /// When the file can no longer be read.
    pub fn rewind(&mut self) -> io::Result<()> {
        match &mut self.body {
            Body::Stream(reader) => *reader = start(&self.path, self.names.clone())?.0,
            Body::Merged(merged) => merged.rewind(),
        }
        self.error = None;
        Ok(())
    }
}

/// Input after input; at a read error it ends, and [`Recording::error`] says why.
impl Iterator for Recording {
    type Item = OwnedInput;

    fn next(&mut self) -> Option<OwnedInput> {
        match &mut self.body {
            Body::Merged(merged) => merged.next_input(),
            Body::Stream(reader) => reader.next_input().unwrap_or_else(|error| {
                self.error = Some(error);
                None
            }),
        }
    }
}

fn start(path: &Path, names: Names) -> io::Result<(RecordingReader<Unpacked>, u64, bool)> {
    let (text, size) = Unpacked::open(path)?;
    let packed = text.packed();
    Ok((RecordingReader::new(text, names)?, size, packed))
}

/// All of a dump's text, `None` where it is too long. What is left of a compressed one that was cut off is all of it.
fn whole(path: &Path, size: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(size as usize);
    match Unpacked::open(path)?.0.take(BARE_LIMIT + 1).read_to_end(&mut bytes) {
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok((bytes.len() as u64 <= BARE_LIMIT).then_some(bytes)),
    }
}

/// As [`stream_span`], of a compressed file.
fn packed_span(path: &Path, header: &Header) -> io::Result<Option<(Timestamp, Timestamp)>> {
    let (first, mut last, mut names) = (Timestamp::from_millis(header.started), None, Names::default());
    pack::last_lines(path, &mut |line| {
        // Most lines are records: the few that may be ticks are told by their beginning.
        if line.starts_with(b"{\"tick\"")
            && let Ok(Parsed::Input(OwnedInput::Tick(at))) = parse_line(line, &mut names)
        {
            last = Some(at);
        }
        last.is_some()
    })?;
    Ok(last.map(|last: Timestamp| (first.min(last), last)))
}

/// From the header's start to the last tick; found without reading what lies between.
fn stream_span(path: &Path, size: u64, header: &Header) -> io::Result<Option<(Timestamp, Timestamp)>> {
    let first = Timestamp::from_millis(header.started);
    let mut file = open_file(path)?;
    let mut window = READ_BYTES as u64;
    loop {
        let from = size.saturating_sub(window);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.by_ref().take(window).read_to_end(&mut bytes)?;
        let mut names = Names::default();
        let last = bytes.rsplit(|b| *b == b'\n').find_map(|line| match parse_line(line.trim_ascii(), &mut names) {
            Ok(Parsed::Input(OwnedInput::Tick(at))) => Some(at),
            _ => None,
        });
        if let Some(last) = last {
            return Ok(Some((first.min(last), last)));
        }
        if from == 0 || window >= TAIL_BYTES {
            return Ok(None);
        }
        window *= 8;
    }
}
