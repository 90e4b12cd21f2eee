//! Where results go: a file that takes its name when it is whole, or standard output.

use super::row;
use crate::config::Diagnostics;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Stdout, Write};
use std::path::{Path, PathBuf};

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 17;

/// A result being written.
pub(super) enum Output {
    /// To standard output.
    Out(BufWriter<Stdout>),
    /// To a file, under another name until it is whole.
    File(Option<BufWriter<File>>, PathBuf, PathBuf),
}

impl Output {
    /// Standard output.
    pub(super) fn stdout() -> Self {
        Self::Out(BufWriter::with_capacity(BUFFER, io::stdout()))
    }

    /// A file. One that is there already is replaced only where it holds a result as well.
    pub(super) fn file(path: &Path) -> Result<Self, Diagnostics> {
        let shown = path.display().to_string();
        let fault = |error: io::Error| Diagnostics::of_file(&shown, format!("cannot be written: {error}"), "");
        if path.exists() && !holds_result(path) {
            return Err(Diagnostics::of_file(&shown, "is there already and is no result of detect", "choose another folder with -o"));
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(fault)?;
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = File::create(&part).map_err(fault)?;
        Ok(Self::File(Some(BufWriter::with_capacity(BUFFER, file)), part, path.to_owned()))
    }

    /// Writes bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Out(out) => out.write_all(bytes),
            Self::File(out, ..) => out.as_mut().map_or(Ok(()), |out| out.write_all(bytes)),
        }
    }

    /// Ends it: a file gets its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match &mut self {
            Self::Out(out) => out.flush(),
            Self::File(out, part, path) => {
                if let Some(mut out) = out.take() {
                    out.flush()?;
                    std::fs::rename(part, path)?;
                }
                Ok(())
            }
        }
    }
}

/// What was not finished leaves nothing behind.
impl Drop for Output {
    fn drop(&mut self) {
        if let Self::File(out, part, _) = self
            && out.take().is_some()
        {
            let _ = std::fs::remove_file(part);
        }
    }
}

/// Whether a file begins as results and their pictures do.
fn holds_result(path: &Path) -> bool {
    let mut start = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "the shell looks at the file it is to replace")]
    let read = File::open(path).and_then(|file| file.take(row::HEADER.len() as u64).read_to_end(&mut start));
    read.is_ok() && (start == row::HEADER || start.starts_with(super::plot::OPENING.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_results_are_replaced_and_unfinished_ones_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/x.csv");
        let count = || std::fs::read_dir(dir.path().join("deep")).unwrap().count();
        let mut unfinished = Output::file(&path).unwrap();
        unfinished.write(b"1").unwrap();
        assert_eq!(count(), 1);
        drop(unfinished);
        assert_eq!(count(), 0);
        for _ in 0..2 {
            let mut out = Output::file(&path).unwrap();
            out.write(row::HEADER).unwrap();
            out.finish().unwrap();
            assert_eq!(count(), 1);
        }
        let data = dir.path().join("data.csv");
        std::fs::copy("Cargo.toml", &data).unwrap();
        assert!(Output::file(&data).err().unwrap().to_string().contains("is no result of detect"));
    }
}
