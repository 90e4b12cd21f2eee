//! `record --ring`: the last hour in memory, compressed, written to a file when an alert fires.
//!
//! The ring is a row of segments, each a few seconds in one zstd frame that can be read without what
//! came before. A kept file is a header, how the sources stood when the oldest segment began, the
//! segments, and then what comes until `after` has passed without a further alert. It replays like
//! any recording; detectors begin it without what they had learned, and alerts that stood before it are not in it.

use crate::history::{self, Header, Packer, Standing};
use crate::model::{Input, Millis, SourceId, Timestamp};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// Memory the ring may take, compressed: an hour of some thousand records a second. Where it does not
/// hold the time asked for, the oldest goes first, and that is said once.
const RING_BYTES: usize = 256 << 20;
/// The longest segment: what a crash loses of a file that is being kept.
const SEGMENT: Millis = Millis::from_secs(10);
/// Segments a ring has at least: it is that much longer than asked for at most.
const SEGMENTS: i64 = 60;
/// Names of a file that are tried where it is there already.
const TRIES: u32 = 1_000;

/// A few seconds of inputs.
struct Segment {
    from: Timestamp,
    to: Timestamp,
    bytes: Vec<u8>,
    standing: Standing,
}

/// A file being kept.
struct Kept {
    file: File,
    path: PathBuf,
    until: Timestamp,
}

/// The last while of a run.
pub(super) struct Ring {
    length: Millis,
    after: Millis,
    output: PathBuf,
    header: Header,
    segments: VecDeque<Segment>,
    bytes: usize,
    open: Packer<Vec<u8>>,
    open_from: Option<Timestamp>,
    open_standing: Standing,
    /// How things stood before the oldest segment.
    base: Standing,
    now: Timestamp,
    kept: Option<Kept>,
    told_full: bool,
}

impl Ring {
    /// A ring of `length`, written to files beside `output`, each going on for `after`.
    pub(super) fn new(length: Millis, after: Millis, output: PathBuf, header: Header) -> Self {
        Self {
            length,
            after,
            output,
            header,
            segments: VecDeque::new(),
            bytes: 0,
            open: Packer::new(Vec::new(), true),
            open_from: None,
            open_standing: Standing::default(),
            base: Standing::default(),
            now: Timestamp::MIN,
            kept: None,
            told_full: false,
        }
    }

    /// Takes an input with its line.
    pub(super) fn write<'n>(&mut self, input: &Input<'_>, line: &[u8], names: &dyn Fn(SourceId) -> &'n str) -> io::Result<()> {
        if let Input::End = input {
            return self.ended();
        }
        self.open_standing.note(input, names);
        self.open.write_all(line)?;
        if let Input::Tick(at) = input {
            self.now = *at;
            let from = *self.open_from.get_or_insert(*at);
            let longest = SEGMENT.min(Millis::new(self.length.get() / SEGMENTS)).max(Millis::from_secs(1));
            let over = self.kept.as_ref().is_some_and(|k| *at > k.until);
            if at.since(from) >= longest || over {
                self.cut()?;
                self.forget();
            }
            if over {
                self.close();
            }
        }
        Ok(())
    }

    /// Ends the segment at hand.
    fn cut(&mut self) -> io::Result<()> {
        let bytes = std::mem::replace(&mut self.open, Packer::new(Vec::new(), true)).finish()?;
        let standing = std::mem::take(&mut self.open_standing);
        let Some(from) = self.open_from.replace(self.now) else { return Ok(()) };
        if let Some(kept) = &mut self.kept
            && let Err(error) = kept.file.write_all(&bytes)
        {
            tracing::error!("{} cannot be written on: {error}", kept.path.display());
            self.kept = None;
        }
        self.bytes += bytes.len();
        self.segments.push_back(Segment { from, to: self.now, bytes, standing });
        Ok(())
    }

    /// Lets go of what is older than asked for, or more than may be kept.
    fn forget(&mut self) {
        while let Some(first) = self.segments.front() {
            let old = self.now.since(first.to) > self.length;
            if !old && self.bytes <= RING_BYTES {
                return;
            }
            if !old && !self.told_full {
                self.told_full = true;
                let held = self.now.since(first.to);
                tracing::warn!("the ring is full: its {} MiB hold {held} instead of {}", RING_BYTES >> 20, self.length);
            }
            if let Some(first) = self.segments.pop_front() {
                self.bytes -= first.bytes.len();
                self.base.take(first.standing);
            }
        }
    }

    /// Writes the ring to a file and goes on with it for a while; a file at hand goes on for longer.
    pub(super) fn keep(&mut self, why: &str) {
        let until = self.now + self.after;
        if let Some(kept) = &mut self.kept {
            kept.until = until;
            return;
        }
        match self.cut().and_then(|()| self.begin(until)) {
            Ok(kept) => {
                let held = self.segments.front().map_or(Millis::ZERO, |s| self.now.since(s.from));
                tracing::info!("{why}: the last {held} are in {}, which goes on for {}", kept.path.display(), self.after);
                self.kept = Some(kept);
            }
            Err(error) => tracing::error!("{why}, but the ring cannot be written: {error}"),
        }
    }

    fn begin(&mut self, until: Timestamp) -> io::Result<Kept> {
        let (mut file, path) = self.create()?;
        let from = self.segments.front().map_or(self.now, |s| s.from);
        let mut text = Vec::new();
        history::write_header(&Header { started: from.as_millis(), ..self.header.clone() }, &mut text);
        self.base.lines().for_each(|line| text.extend_from_slice(line));
        history::write_input(&Input::Tick(from), &|_| "", &mut text);
        let mut packer = Packer::new(&mut file, true);
        packer.write_all(&text)?;
        packer.finish()?;
        for segment in &self.segments {
            file.write_all(&segment.bytes)?;
        }
        Ok(Kept { file, path, until })
    }

    /// A new file: the output's name with the time, or a name of ours in the folder it names.
    fn create(&self) -> io::Result<(File, PathBuf)> {
        let stem = if self.output.is_dir() { self.output.join("bellwether") } else { self.output.clone() };
        let name = stem.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.trim_end_matches(".zst").trim_end_matches(".jsonl");
        let time = jiff::Timestamp::from_millisecond(self.now.as_millis())
            .map_or_else(|_| "0".to_owned(), |t| t.strftime("%Y%m%dT%H%M%SZ").to_string());
        for nth in 1..=TRIES {
            let more = if nth == 1 { String::new() } else { format!("-{nth}") };
            let path = stem.with_file_name(format!("{name}-{time}{more}.jsonl.zst"));
            match File::options().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((file, path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
            }
        }
        Err(io::Error::other(format!("there are {TRIES} files of this name already")))
    }

    /// Ends the file at hand.
    fn close(&mut self) {
        let Some(mut kept) = self.kept.take() else { return };
        let mut line = Vec::new();
        history::write_input(&Input::End, &|_| "", &mut line);
        let mut packer = Packer::new(&mut kept.file, true);
        let written = packer.write_all(&line).and_then(|()| packer.finish().map(drop));
        match written {
            Ok(()) => tracing::info!("{} is complete", kept.path.display()),
            Err(error) => tracing::error!("{} cannot be written on: {error}", kept.path.display()),
        }
    }

    fn ended(&mut self) -> io::Result<()> {
        self.cut()?;
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Recording;
    use crate::model::{LinkState, OwnedInput};

    fn ring(output: PathBuf) -> Ring {
        let header = Header { recording: history::RECORDING_VERSION, sources: vec!["kafka".to_owned()], ..Header::default() };
        Ring::new(Millis::from_secs(60), Millis::from_secs(5), output, header)
    }

    fn feed(ring: &mut Ring, input: &Input<'_>) {
        let mut line = Vec::new();
        history::write_input(input, &|_| "kafka", &mut line);
        ring.write(input, &line, &|_| "kafka").unwrap();
    }

    fn second(ring: &mut Ring, n: i64) {
        feed(ring, &Input::Tick(Timestamp::from_millis(n * 1_000)));
    }

    fn ticks(path: &std::path::Path) -> (Vec<i64>, Vec<&'static str>) {
        let recording = Recording::open::<&str>(path, &[]).unwrap();
        let (mut ticks, mut other) = (Vec::new(), Vec::new());
        for input in recording {
            match input {
                OwnedInput::Tick(at) => ticks.push(at.as_millis() / 1_000),
                OwnedInput::Link { state, .. } => other.push(state.word()),
                OwnedInput::Ended(_) => other.push("end"),
                _ => {}
            }
        }
        (ticks, other)
    }

    #[test]
    fn the_last_minute_and_what_follows_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = ring(dir.path().join("night.jsonl.zst"));
        feed(&mut ring, &Input::Link { source: SourceId(0), topic: None, state: LinkState::Up, detail: "" });
        (0..=300).for_each(|n| second(&mut ring, n));
        ring.keep("Odd fires");
        (301..=303).for_each(|n| second(&mut ring, n));
        ring.keep("Odd fires again");
        (304..=320).for_each(|n| second(&mut ring, n));
        assert!(ring.kept.is_none() && ring.segments.len() < 70);
        let path = dir.path().join("night-19700101T000500Z.jsonl.zst");
        let (ticks, other) = ticks(&path);
        assert!((238..=240).contains(&ticks[0]), "{ticks:?}");
        assert_eq!(ticks.last(), Some(&309), "five seconds after the second alert, and the tick that ended it");
        assert!(ticks.windows(2).all(|w| w[1] - w[0] <= 1), "{ticks:?}");
        assert_eq!(other, ["up", "end"]);
    }

    #[test]
    fn a_file_at_hand_is_ended_with_the_run_and_names_are_not_reused() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let mut ring = ring(dir.path().to_owned());
            (0..=10).for_each(|n| second(&mut ring, n));
            ring.keep("Odd fires");
            second(&mut ring, 11);
            feed(&mut ring, &Input::End);
        }
        for name in ["bellwether-19700101T000010Z.jsonl.zst", "bellwether-19700101T000010Z-2.jsonl.zst"] {
            let (ticks, other) = ticks(&dir.path().join(name));
            assert_eq!((ticks.first(), ticks.last(), other), (Some(&0), Some(&11), vec!["end"]));
        }
    }
}
