//! The file of what persons said of anomalies: read at the start, appended to line by line.
//!
//! One whole line a write, at the end of the file: two consoles can share it, and a crash spoils one
//! line at most, which is named and left out when it is read again.

use super::console::Console;
use super::telling::variable;
use crate::detect::{JUDGEMENT_LINE_MAX, Judgement, Judgements, Opinion};
use crate::engine::Engine;
use crate::model::Safe;
#[cfg(test)]
use crate::model::Timestamp;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a key waits for the disk; after that the line is still written, only nobody waits for it.
const DISK_PATIENCE: Duration = Duration::from_secs(2);
/// Bad lines that are named; more are counted.
const NAMED: usize = 3;

/// The file: `bellwether/marks.jsonl` where programs keep what they know.
pub fn file() -> Option<PathBuf> {
    let named = |name: &str| variable(name).filter(|v| v.starts_with('/')).map(PathBuf::from);
    let state = named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")))?;
    Some(state.join("bellwether").join("marks.jsonl"))
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Kept {
    /// Every line, in the file's order.
    pub list: Vec<Judgement>,
    /// What could not be read, `FILE:LINE: why`; the first few.
    pub faults: Vec<String>,
    /// How many lines could not be read.
    pub bad: usize,
}

/// Reads a file; one that is not there holds nothing.
///
/// # Errors
/// When it is there and cannot be opened or read.
pub fn read(path: &Path) -> io::Result<Kept> {
    let mut kept = Kept::default();
    #[expect(clippy::disallowed_methods, reason = "the shell reads the file of marks")]
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(kept),
        Err(error) => return Err(error),
    };
    let (mut reader, mut line, mut number) = (BufReader::new(file), Vec::new(), 0_u64);
    loop {
        line.clear();
        // One byte more than may be: what is longer is no line of ours, and is never held whole.
        let n = reader.by_ref().take(JUDGEMENT_LINE_MAX as u64 + 1).read_until(b'\n', &mut line)?;
        if n == 0 {
            return Ok(kept);
        }
        number += 1;
        let whole = line.ends_with(b"\n");
        let outcome = match std::str::from_utf8(&line) {
            _ if n > JUDGEMENT_LINE_MAX => Err(format!("longer than {JUDGEMENT_LINE_MAX} bytes")),
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => Judgement::parse(text.trim_end()),
            Err(_) => Err("no UTF-8".to_owned()),
        };
        match outcome {
            Ok(judgement) => kept.list.push(judgement),
            Err(why) => {
                kept.bad += 1;
                if kept.faults.len() < NAMED {
                    kept.faults.push(format!("{}:{number}: {}", path.display(), Safe::message(&why)));
                }
            }
        }
        if n > JUDGEMENT_LINE_MAX && !whole {
            skip_line(&mut reader)?;
        }
    }
}

/// Goes behind the end of the line at hand.
fn skip_line(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let bytes = reader.fill_buf()?;
        let end = bytes.iter().position(|b| *b == b'\n');
        let (used, done) = (end.map_or(bytes.len(), |i| i + 1), end.is_some() || bytes.is_empty());
        reader.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// Appends a line, on a line of its own also where the last one was cut short.
fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = File::options();
    options.read(true).append(true).create(true);
    // Subjects and notes may name persons: the file is its owner's.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let line = if last == *b"\n" { line.to_owned() } else { format!("\n{line}") };
    file.write_all(line.as_bytes())?;
    file.sync_data()
}

/// What persons said, and where it is kept.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// What was said.
    pub book: Judgements,
    path: Option<PathBuf>,
}

impl Judged {
    /// Reads what was kept; says in the log what could not be read.
    pub(super) fn open() -> Self {
        let Some(path) = file() else {
            tracing::warn!("marks of anomalies are not kept: neither XDG_STATE_HOME nor HOME is set");
            return Self::default();
        };
        let mut book = Judgements::default();
        book.file = path.display().to_string();
        match read(&path) {
            Ok(kept) => {
                for fault in &kept.faults {
                    tracing::warn!("{fault}");
                }
                if kept.bad > 0 {
                    tracing::warn!("{}: {} lines could not be read and were left out", path.display(), kept.bad);
                }
                kept.list.into_iter().for_each(|judgement| book.take(judgement));
            }
            Err(error) => tracing::warn!("{}: marks cannot be read: {error}", path.display()),
        }
        Self { book, path: Some(path) }
    }

    /// Takes a judgement and keeps it. Answers why it is not kept, where it is not.
    ///
    /// A disk that does not answer does not stop the console: a thread of its own writes.
    pub(super) fn take(&mut self, judgement: Judgement) -> Result<(), String> {
        let line = judgement.line();
        self.book.take(judgement);
        let path = self.path.clone().ok_or_else(|| "neither XDG_STATE_HOME nor HOME is set".to_owned())?;
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let spawned = std::thread::Builder::new().name("marks".into()).spawn(move || {
            let outcome = append(&path, &line).map_err(|error| format!("{}: {error}", path.display()));
            if let Err(why) = &outcome {
                tracing::warn!("a mark was not kept: {why}");
            }
            // Nobody waits any more where the disk was slow: the log has said it.
            let _ = tell.send(outcome);
        });
        spawned.map_err(|error| error.to_string())?;
        told.recv_timeout(DISK_PATIENCE).unwrap_or_else(|_| Err("the disk does not answer; it is still being written".to_owned()))
    }
}

impl Console {
    /// Takes what a person says of an anomaly, and says what became of it.
    pub(super) fn judge(&mut self, engine: &Engine, id: u64, opinion: Option<Opinion>, note: &str) {
        let Some(anomaly) = engine.anomalies().get(id) else { return };
        let judgement = Judgement::of(anomaly, opinion, note, &super::driver::user(), super::clock::now());
        let outcome = self.judged.take(judgement);
        let language = self.app.language();
        let said = match (outcome, opinion) {
            (Err(why), _) => language.fill("the mark holds until the end of this run only: {0}", &[Safe::message(&why).as_str()]),
            (Ok(()), Some(Opinion::Real)) => language.say("marked as real").to_owned(),
            (Ok(()), Some(Opinion::Noise)) => language.say("marked as noise").to_owned(),
            (Ok(()), None) => language.say("mark taken back").to_owned(),
        };
        self.app.say(said);
        self.want_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(at: i64, opinion: Option<Opinion>) -> Judgement {
        Judgement {
            at: Timestamp::from_millis(at),
            detector: "odd".into(),
            subject: "m{a=\"b\"}".into(),
            name: "m".into(),
            pattern: "spike".into(),
            value: 1.5,
            why: "because".into(),
            opinion,
            note: "line\none".into(),
            by: "me".into(),
            made: Timestamp::from_millis(at),
        }
    }

    #[test]
    fn what_is_appended_is_read_again_and_bad_lines_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/marks.jsonl");
        assert_eq!(read(&path).unwrap().list.len(), 0);
        append(&path, &judgement(1, Some(Opinion::Real)).line()).unwrap();
        File::options().append(true).open(&path).unwrap().write_all(b"{\"at\":5,\"mar").unwrap();
        append(&path, &judgement(2, Some(Opinion::Noise)).line()).unwrap();
        let long = format!("{}\n\n", "x".repeat(3 * JUDGEMENT_LINE_MAX));
        File::options().append(true).open(&path).unwrap().write_all(long.as_bytes()).unwrap();
        append(&path, &judgement(1, None).line()).unwrap();
        let kept = read(&path).unwrap();
        assert_eq!(kept.list, [judgement(1, Some(Opinion::Real)), judgement(2, Some(Opinion::Noise)), judgement(1, None)]);
        assert_eq!(kept.bad, 2);
        assert!(kept.faults[0].starts_with(&format!("{}:2: no JSON object", path.display())), "{:?}", kept.faults);
        assert!(kept.faults[1].contains(":4: longer than 65536 bytes"), "{:?}", kept.faults);
    }

    #[test]
    fn without_a_file_a_mark_holds_for_the_run() {
        let mut judged = Judged::default();
        assert!(judged.take(judgement(1, Some(Opinion::Real))).unwrap_err().contains("XDG_STATE_HOME"));
        assert_eq!(judged.book.len(), 1);
    }
}
