//! Compression: a recording called `….zst` is written as zstd, and zstd is known by its first bytes on
//! reading, whatever the file is called.
//!
//! A compressed recording is a row of zstd frames. Within a frame what was written is flushed every few
//! seconds, so that a crash loses little; frames are ended now and then, so that the end of a long
//! recording is found without reading the whole. `zstd -d` and `zstdcat` read it like any other.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The first bytes of a zstd frame.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The level of compression: zstd's own default, a tenth of the size at several hundred MB a second.
const LEVEL: i32 = 3;
/// A frame ends after so many bytes of text: larger ones are hardly smaller, and the last frame is read
/// whole to find the end of a recording.
const FRAME_BYTES: u64 = 8 << 20;
/// Bytes read from the file at a time.
const READ_BYTES: usize = 256 * 1024;
/// How much of a packed file's end is searched for its last frame: more than any frame of ours takes.
const TAIL_BYTES: u64 = 16 << 20;

/// Whether a file of this name is written compressed.
pub fn packed_name(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zst"))
}

/// Compresses what is written to it, or not.
pub struct Packer<W: Write> {
    /// Not within a frame: what is written is passed on, or begins one.
    idle: Option<W>,
    frame: Option<zstd::stream::write::Encoder<'static, W>>,
    packed: bool,
    text: u64,
}

impl<W: Write> Packer<W> {
    /// A writer to `out`; compressed where `packed`.
    pub fn new(out: W, packed: bool) -> Self {
        Self { idle: Some(out), frame: None, packed, text: 0 }
    }

    /// Ends the frame at hand: what comes next can be read without what came before.
    ///
    /// # Errors
    /// What the writer says.
    pub fn cut(&mut self) -> io::Result<()> {
        if let Some(frame) = self.frame.take() {
            self.idle = Some(frame.finish()?);
        }
        self.text = 0;
        self.idle.as_mut().map_or(Ok(()), Write::flush)
    }

    /// Ends the frame, flushes, and gives the writer back.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(mut self) -> io::Result<W> {
        self.cut()?;
        self.idle.take().ok_or_else(gone)
    }
}

fn gone() -> io::Error {
    io::Error::other("an earlier write failed")
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if !self.packed {
            return self.idle.as_mut().ok_or_else(gone)?.write(buf);
        }
        if self.text >= FRAME_BYTES {
            self.cut()?;
        }
        if self.frame.is_none() {
            let mut frame = zstd::stream::write::Encoder::new(self.idle.take().ok_or_else(gone)?, LEVEL)?;
            // Otherwise a damaged file would be read as if it said something else.
            frame.include_checksum(true)?;
            self.frame = Some(frame);
        }
        let written = self.frame.as_mut().ok_or_else(gone)?.write(buf)?;
        self.text += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.frame {
            Some(frame) => frame.flush(),
            None => self.idle.as_mut().map_or(Ok(()), Write::flush),
        }
    }
}

/// A recorder that is dropped without its end, as when the console is left in a hurry, still ends its frame.
impl<W: Write> Drop for Packer<W> {
    fn drop(&mut self) {
        // Nobody is left to be told; what was flushed can be read anyway.
        let _ = self.cut();
    }
}

/// The text of a file that may be compressed.
pub(super) enum Unpacked {
    /// As it stands.
    Plain(BufReader<File>),
    /// Compressed.
    Packed(BufReader<zstd::stream::read::Decoder<'static, BufReader<File>>>),
}

impl Unpacked {
    /// Opens `path`; also answers its size on the disk.
    pub(super) fn open(path: &Path) -> io::Result<(Self, u64)> {
        let file = open_file(path)?;
        let size = file.metadata()?.len();
        let mut file = BufReader::with_capacity(READ_BYTES, file);
        let packed = file.fill_buf()?.starts_with(&MAGIC);
        if !packed {
            return Ok((Self::Plain(file), size));
        }
        let text = zstd::stream::read::Decoder::with_buffer(file)?;
        Ok((Self::Packed(BufReader::with_capacity(READ_BYTES, text)), size))
    }

    pub(super) fn packed(&self) -> bool {
        matches!(self, Self::Packed(_))
    }
}

impl Read for Unpacked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(buf),
            Self::Packed(text) => text.read(buf),
        }
    }
}

impl BufRead for Unpacked {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Self::Plain(file) => file.fill_buf(),
            Self::Packed(text) => text.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match self {
            Self::Plain(file) => file.consume(amount),
            Self::Packed(text) => text.consume(amount),
        }
    }
}

impl std::fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.packed() { "Packed" } else { "Plain" })
    }
}

/// The text of the last frames of a compressed file, to find its last line in. Where the file is one
/// long frame, all of it is read, piece by piece, and `see` is shown every whole line.
///
/// A magic number may stand within compressed data by chance: what cannot be read from there on is passed over.
pub(super) fn last_lines(path: &Path, see: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut file = open_file(path)?;
    let size = file.metadata()?.len();
    let from = size.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut tail)?;
    let starts = tail.windows(MAGIC.len()).enumerate().rev().filter(|(_, w)| *w == MAGIC).map(|(at, _)| at);
    for at in starts {
        if at == 0 && from == 0 {
            break;
        }
        let Ok(frames) = zstd::stream::read::Decoder::with_buffer(Cursor::new(&tail[at..])) else { continue };
        if each_line(BufReader::new(frames), see) {
            return Ok(());
        }
    }
    each_line(Unpacked::open(path)?.0, see);
    Ok(())
}

/// Shows every line up to the end or to where it is cut off; whether one of them was what is looked for.
fn each_line(mut text: impl BufRead, see: &mut dyn FnMut(&[u8]) -> bool) -> bool {
    let (mut line, mut found) = (Vec::new(), false);
    loop {
        line.clear();
        match text.by_ref().take(super::lines::LINE_LIMIT as u64).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return found,
            Ok(_) => found |= see(line.trim_ascii()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "recordings are files, and this is the room that reads them")]
pub(super) fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make the files they read")]
mod tests {
    use super::*;

    fn text(path: &Path) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Unpacked::open(path)?.0.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn what_is_packed_comes_back_whatever_the_file_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r");
        for packed in [false, true] {
            let mut packer = Packer::new(Vec::new(), packed);
            for part in [&b"one\n"[..], b"two\n"] {
                packer.write_all(part).unwrap();
                packer.cut().unwrap();
            }
            packer.write_all(b"three").unwrap();
            let bytes = packer.finish().unwrap();
            assert_eq!(bytes.starts_with(&MAGIC), packed);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(text(&path).unwrap(), b"one\ntwo\nthree");
            assert_eq!(Unpacked::open(&path).unwrap().0.packed(), packed);
        }
        assert!(packed_name(Path::new("a.jsonl.zst")) && !packed_name(Path::new("a.zst.jsonl")));
    }

    #[test]
    fn what_was_flushed_is_read_from_a_file_that_was_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r");
        let mut packer = Packer::new(File::create(&path).unwrap(), true);
        packer.write_all(b"{\"tick\":1}\n").unwrap();
        packer.flush().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        packer.write_all(b"{\"tick\":2}\n").unwrap();
        drop(packer);
        assert_eq!(text(&path).unwrap(), b"{\"tick\":1}\n{\"tick\":2}\n", "a dropped packer ends its frame");
        std::fs::write(&path, bytes).unwrap();
        let mut reader = Unpacked::open(&path).unwrap().0;
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).unwrap();
        assert_eq!(line, b"{\"tick\":1}\n");
        assert_eq!(reader.read_until(b'\n', &mut line).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_damaged_file_never_reads_as_something_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r");
        let mut packer = Packer::new(Vec::new(), true);
        (0..200).for_each(|n| writeln!(packer, "{{\"tick\":{}}}", n * n * 7_919 % 10_007).unwrap());
        let bytes = packer.finish().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let whole = text(&path).unwrap();
        // The first bytes say that it is compressed at all.
        for at in MAGIC.len()..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&path, &damaged).unwrap();
            assert!(text(&path).is_err() || text(&path).is_ok_and(|t| t == whole), "byte {at}");
        }
    }

    #[test]
    fn the_last_lines_are_found_in_the_last_frame_and_in_a_single_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r");
        for cuts in [true, false] {
            let mut packer = Packer::new(Vec::new(), true);
            for n in 0..50 {
                writeln!(packer, "{n}").unwrap();
                if cuts && n % 10 == 9 {
                    packer.cut().unwrap();
                }
            }
            std::fs::write(&path, packer.finish().unwrap()).unwrap();
            let mut seen = Vec::new();
            last_lines(&path, &mut |line| {
                seen.push(String::from_utf8_lossy(line).into_owned());
                true
            })
            .unwrap();
            assert_eq!((seen.len(), seen.last().map(String::as_str)), (if cuts { 10 } else { 50 }, Some("49")));
        }
    }
}
