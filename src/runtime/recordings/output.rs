//! Where these tools read from and write to.

use crate::config::Diagnostics;
use crate::history::{self, Header, Packer, RECORDING_VERSION, Recording, packed_name};
use crate::model::{Input, SourceId, Timestamp};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens a recording.
///
/// # Errors
/// Why it cannot be read.
pub(in crate::runtime) fn open<S: AsRef<str>>(path: &Path, sources: &[S]) -> Result<Recording, Diagnostics> {
    Recording::open(path, sources).map_err(|error| {
        let (file, text) = (path.display().to_string(), error.to_string());
        let message = text.strip_prefix(&file).and_then(|t| t.strip_prefix(": ")).unwrap_or(&text);
        Diagnostics::of_file(&file, message, "")
    })
}

/// Says on standard error what was wrong with a recording that has been read.
///
/// # Errors
/// Why it could not be read to its end.
pub(super) fn warned(path: &Path, warnings: &history::Warnings, error: Option<&io::Error>) -> Result<(), Diagnostics> {
    let file = path.display().to_string();
    for sentence in warnings.sentences() {
        // Nobody reads standard error: then nobody is told.
        let _ = writeln!(io::stderr().lock(), "{file}: warning: {sentence}");
    }
    error.map_or(Ok(()), |error| Err(Diagnostics::of_file(&file, format!("cannot be read to its end: {error}"), "")))
}

/// The header of a recording, or one for a dump that has none.
pub(super) fn header_of(recording: &Recording) -> Header {
    recording.header().cloned().unwrap_or_else(|| Header {
        recording: RECORDING_VERSION,
        tool: concat!("bellwether ", env!("CARGO_PKG_VERSION")).to_owned(),
        started: recording.span().map_or(0, |(first, _)| first.as_millis()),
        tz: "UTC".to_owned(),
        sources: recording.sources().iter().map(ToString::to_string).collect(),
        ..Header::default()
    })
}

/// The name of a source.
pub(super) fn name_in(sources: &[Arc<str>], id: SourceId) -> &str {
    sources.get(id.0 as usize).map_or("?", |n| &**n)
}

/// A file being written.
pub(super) struct Output {
    path: PathBuf,
    part: PathBuf,
    file: Option<Packer<BufWriter<File>>>,
    line: Vec<u8>,
}

impl Output {
    /// Begins the file `path`; one that is there is replaced only where `force`.
    pub(super) fn create(path: &Path, force: bool) -> Result<Self, Diagnostics> {
        let shown = path.display().to_string();
        if !force && path.exists() {
            return Err(Diagnostics::of_file(&shown, "is there already", "choose another name, or replace it with --force"));
        }
        if path.exists() && !path.is_file() {
            return Err(Diagnostics::of_file(&shown, "is no file that could be replaced", "choose another name"));
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = File::create(&part).map_err(|e| Diagnostics::of_file(&shown, format!("cannot be written: {e}"), ""))?;
        let file = Packer::new(BufWriter::with_capacity(1 << 16, file), packed_name(path));
        Ok(Self { path: path.to_owned(), part, file: Some(file), line: Vec::new() })
    }

    /// Writes the header.
    pub(super) fn header(&mut self, header: &Header) -> io::Result<()> {
        self.line.clear();
        history::write_header(header, &mut self.line);
        self.flush_line()
    }

    /// Writes one input.
    pub(super) fn input(&mut self, input: &Input<'_>, sources: &[Arc<str>]) -> io::Result<()> {
        self.line.clear();
        history::write_input(input, &|id| name_in(sources, id), &mut self.line);
        self.flush_line()
    }

    /// Writes a tick.
    pub(super) fn tick(&mut self, at: Timestamp) -> io::Result<()> {
        self.input(&Input::Tick(at), &[])
    }

    /// Writes bytes as they are.
    pub(super) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |f| f.write_all(bytes))
    }

    fn flush_line(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |f| f.write_all(&self.line))
    }

    /// Ends the file and gives it its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            file.finish()?.flush()?;
            std::fs::rename(&self.part, &self.path)?;
        }
        Ok(())
    }
}

/// What was not finished leaves nothing behind.
impl Drop for Output {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
