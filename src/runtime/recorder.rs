//! Where a recording goes: into a file, compressed where its name says so, or into a ring that keeps
//! the last hour and is written when an alert fires.

use super::ring::Ring;
use crate::history::{self, Packer};
use crate::model::{Input, Millis, SourceId, Timestamp};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

/// A compressed recording is flushed so often, on the recorded clock: a crash loses no more than this,
/// and more often would make it larger.
const FLUSH_EVERY: Millis = Millis::from_secs(2);

/// The writer of a recording.
pub(super) struct Recorder {
    sink: Sink,
    line: Vec<u8>,
    pub(super) names: Vec<Arc<str>>,
}

enum Sink {
    /// The newest flush stands beside the file.
    File(Packer<BufWriter<File>>, Timestamp, bool),
    Ring(Box<Ring>),
}

impl Recorder {
    /// A recording into `file`, beginning with `header` (a whole line), compressed where `packed`.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn new(file: File, packed: bool, header: &[u8], names: Vec<Arc<str>>) -> io::Result<Self> {
        let mut file = Packer::new(BufWriter::with_capacity(1 << 16, file), packed);
        file.write_all(header)?;
        file.flush()?;
        Ok(Self { sink: Sink::File(file, Timestamp::MIN, packed), line: Vec::new(), names })
    }

    /// A recording of the last while only.
    pub(super) fn ring(ring: Ring, names: Vec<Arc<str>>) -> Self {
        Self { sink: Sink::Ring(Box::new(ring)), line: Vec::new(), names }
    }

    /// Records an input.
    ///
    /// # Errors
    /// What the file system says.
    pub(super) fn write(&mut self, input: &Input<'_>) -> io::Result<()> {
        self.line.clear();
        let names = &self.names;
        let name = |id: SourceId| names.get(id.0 as usize).map_or("?", |n| &**n);
        history::write_input(input, &name, &mut self.line);
        match &mut self.sink {
            Sink::Ring(ring) => ring.write(input, &self.line, &name),
            Sink::File(file, flushed, packed) => {
                file.write_all(&self.line)?;
                match input {
                    Input::End => file.cut(),
                    Input::Tick(at) if !*packed || at.since(*flushed) >= FLUSH_EVERY => {
                        *flushed = *at;
                        file.flush()
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// A ring is to be kept: an alert fired, or somebody asked for it. A file is kept anyway.
    pub(super) fn keep(&mut self, why: &str) {
        if let Sink::Ring(ring) = &mut self.sink {
            ring.keep(why);
        }
    }
}
