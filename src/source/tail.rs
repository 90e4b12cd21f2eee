//! A tailed file, or standard input: each line is a record of the topic named as the source.
//!
//! The file is looked at a few times a second, which works on every file system (also those that
//! give no notice of changes) and through rotation: a file that was moved away is read to its end,
//! then the new one from its beginning; a file that became shorter was cut and is read anew.

use super::moment;
use super::outlet::{Control, Outlet, Source, SourceError};
use super::spec::{TailPath, TailSpec};
use super::tail_lines::{CHUNK, Cutter, Line};
use crate::model::{Batch, LinkState, OwnedInput, PartitionEvent, RecordRef, TimeKind};
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// How often a file that has no news is looked at: four wake-ups a second, and an alert is still
/// rung within the half second it may take.
const POLL: Duration = Duration::from_millis(250);
/// No news for so long: the file no longer holds back what waits for its time (as with Kafka's partitions).
const IDLE: Duration = Duration::from_secs(5);
/// How often the end is told, for the lag.
const END_EVERY: Duration = Duration::from_secs(1);
/// Records handed over at once.
const BATCH_RECORDS: usize = 1_000;
/// Bytes from which on a batch is handed over.
const BATCH_BYTES: usize = 1 << 20;

/// The tail source.
#[derive(Debug)]
pub struct TailSource {
    spec: TailSpec,
    topic: Arc<str>,
}

impl TailSource {
    /// A source called `name` by `spec`; its records' topic is its name.
    pub fn new(name: &str, spec: TailSpec) -> Self {
        Self { spec, topic: name.into() }
    }
}

impl Source for TailSource {
    fn run(self: Box<Self>, outlet: Outlet, mut control: Control) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            let (hold, stop) = sync_channel::<()>(0);
            let (done, ended) = tokio::sync::oneshot::channel::<()>();
            let name = self.topic.to_string();
            let body = move || {
                Follower { out: Feeder::new(outlet, Arc::clone(&self.topic)), stop, spec: self.spec }.run();
                // Nobody may be waiting any more.
                let _ = done.send(());
            };
            let spawned = std::thread::Builder::new().name("tail".to_owned()).spawn(body);
            if let Err(error) = spawned {
                return Err(SourceError { source_name: name, message: format!("no thread: {error}") });
            }
            // The thread is not waited for: a read of standard input or of a dead mount may never return.
            tokio::select! {
                _ = control.stop.wait_for(|s| *s) => {}
                _ = ended => {}
            }
            drop(hold);
            Ok(())
        })
    }
}

/// The way out: lines become records, records batches.
struct Feeder {
    outlet: Outlet,
    topic: Arc<str>,
    batch: Batch,
    /// The number of the next line.
    end: i64,
    cut: u64,
    state: Option<LinkState>,
    /// Since when there is no news; `None`: there is, or its absence was told.
    silent_since: Option<Instant>,
    told_idle: bool,
    told_end: Option<Instant>,
}

impl Feeder {
    fn new(mut outlet: Outlet, topic: Arc<str>) -> Self {
        let batch = outlet.batch();
        Self { outlet, topic, batch, end: 0, cut: 0, state: None, silent_since: None, told_idle: false, told_end: None }
    }

    /// Takes one line. `false`: nobody listens any more.
    fn line(&mut self, line: &Line<'_>) -> bool {
        let mut record = RecordRef::plain(self.outlet.id(), &self.topic, 0, line.number, Some(line.bytes));
        record.time = Some(moment::now());
        record.time_kind = TimeKind::LogAppend;
        self.batch.push(&record, []);
        self.end = line.number + 1;
        self.silent_since = None;
        if line.cut {
            self.cut += 1;
            // Said ever more rarely, so that a file of nothing but long lines does not flood the log.
            if !self.cut.is_power_of_two() {
                return true;
            }
            let detail = format!("{} lines longer than the limit were cut", self.cut);
            return self.link(LinkState::Up, &detail, true);
        }
        let full = self.batch.len() >= BATCH_RECORDS || self.batch.byte_len() >= BATCH_BYTES;
        !full || self.flush()
    }

    fn flush(&mut self) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        let mut next = self.outlet.batch();
        next.clear(BATCH_BYTES);
        let batch = std::mem::replace(&mut self.batch, next);
        self.outlet.send_blocking(OwnedInput::Records(batch))
    }

    /// Says how the file stands, when that changed or `always`.
    fn link(&mut self, state: LinkState, detail: &str, always: bool) -> bool {
        if self.state == Some(state) && !always {
            return true;
        }
        self.state = Some(state);
        let source = self.outlet.id();
        // The lines read before come before it.
        self.flush() && self.outlet.send_blocking(OwnedInput::Link { source, topic: None, state, detail: detail.into() })
    }

    fn partition(&mut self, event: PartitionEvent) -> bool {
        let (source, topic) = (self.outlet.id(), Arc::clone(&self.topic));
        self.outlet.send_blocking(OwnedInput::Partition { source, topic, partition: 0, event })
    }

    /// All there is has been read: says so now and then, and after a while that nothing comes.
    fn rest(&mut self) -> bool {
        let now = moment::steady();
        if !self.batch.is_empty() {
            self.told_idle = false;
            let due = self.told_end.is_none_or(|t| now.saturating_duration_since(t) >= END_EVERY);
            let end = self.end;
            if due {
                self.told_end = Some(now);
            }
            return self.flush() && (!due || self.partition(PartitionEvent::End { end }));
        }
        let since = *self.silent_since.get_or_insert(now);
        if self.told_idle || now.saturating_duration_since(since) < IDLE {
            return true;
        }
        self.told_idle = true;
        self.partition(PartitionEvent::Idle)
    }

    fn end(&mut self, detail: &str) {
        let source = self.outlet.id();
        let _ = self.link(LinkState::Ended, detail, true) && self.outlet.send_blocking(OwnedInput::Ended(source));
    }
}

/// A file that is open: which one it is, and how far it was read.
struct Open {
    file: std::fs::File,
    inode: (u64, u64),
    read: u64,
    /// Reading starts behind the beginning of a line.
    within_line: bool,
}

struct Follower {
    out: Feeder,
    stop: Receiver<()>,
    spec: TailSpec,
}

impl Follower {
    fn run(mut self) {
        match self.spec.path.clone() {
            TailPath::Stdin => self.stdin(),
            TailPath::File(path) => self.file(&path),
        }
    }

    fn stopped(&self, wait: Duration) -> bool {
        self.stop.recv_timeout(wait) != Err(RecvTimeoutError::Timeout)
    }

    fn stdin(&mut self) {
        if !self.out.link(LinkState::Up, "standard input", false) {
            return;
        }
        let (mut input, mut lines) = (io::stdin().lock(), Cutter::default());
        let mut chunk = vec![0; CHUNK];
        loop {
            match input.read(&mut chunk) {
                Ok(0) => {
                    lines.finish(&mut |line| self.out.line(&line));
                    return self.out.end("standard input ended");
                }
                Ok(n) => {
                    // What was read is handed over at once: more may be long in coming.
                    if !lines.push(&chunk[..n], &mut |line| self.out.line(&line)) || !self.out.flush() || self.stopped(Duration::ZERO) {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.out.end(&format!("standard input: {error}")),
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let (mut open, mut lines) = (None, Cutter::default());
        // Only the file that is there at the start is entered at its end; one that comes later is all news.
        let mut from_beginning = self.spec.from_beginning || self.spec.exit_at_end;
        let mut chunk = vec![0; CHUNK];
        loop {
            if open.is_none() {
                open = self.try_open(path, from_beginning, &mut lines);
                from_beginning = true;
            }
            let read = open.as_mut().map_or(Ok(0), |o| o.file.read(&mut chunk));
            let alive = match read {
                Ok(0) if open.is_some() && self.spec.exit_at_end => {
                    lines.finish(&mut |line| self.out.line(&line));
                    return self.out.end("end of file");
                }
                Ok(0) => self.at_end(path, &mut open, &mut lines) && self.out.rest() && !self.stopped(POLL),
                Ok(n) => {
                    if let Some(open) = &mut open {
                        open.read += n as u64;
                    }
                    lines.push(&chunk[..n], &mut |line| self.out.line(&line)) && !self.stopped(Duration::ZERO)
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => true,
                Err(error) => {
                    open = None;
                    self.out.link(LinkState::Down, &words(path, &error), false) && !self.stopped(POLL)
                }
            };
            if !alive {
                return;
            }
        }
    }

    fn try_open(&mut self, path: &Path, from_beginning: bool, lines: &mut Cutter) -> Option<Open> {
        // A header that is not whole yet is news.
        let header = if self.spec.header && !from_beginning { first_line(path) } else { Vec::new() };
        match open_file(path, from_beginning || (self.spec.header && header.is_empty())) {
            Ok(open) => {
                if self.out.state.is_none() {
                    let _ = self.out.partition(PartitionEvent::Assigned { position: 0, end: 0 });
                }
                let _ = self.out.link(LinkState::Up, &path.display().to_string(), false);
                if open.read > 0 {
                    let _ = lines.push(&header, &mut |line| self.out.line(&line));
                }
                if open.within_line {
                    lines.skip_line();
                }
                Some(open)
            }
            Err(error) => {
                let state = match error.kind() {
                    io::ErrorKind::NotFound => LinkState::Unknown,
                    io::ErrorKind::PermissionDenied => LinkState::Denied,
                    _ => LinkState::Down,
                };
                let _ = self.out.link(state, &words(path, &error), false);
                None
            }
        }
    }

    /// At the end of what is there: whether the file was cut or replaced. `false`: nobody listens.
    fn at_end(&mut self, path: &Path, open: &mut Option<Open>, lines: &mut Cutter) -> bool {
        let Some(current) = open else { return true };
        let cut = current.file.metadata().is_ok_and(|m| m.is_file() && m.len() < current.read);
        let replaced = match std::fs::metadata(path) {
            Ok(there) => (there.dev(), there.ino()) != current.inode,
            // Moved away, and nothing in its place yet: it may still be written to.
            Err(_) => false,
        };
        if cut {
            lines.finish(&mut |line| self.out.line(&line));
            current.read = 0;
            if let Err(error) = current.file.rewind() {
                *open = None;
                return self.out.link(LinkState::Down, &words(path, &error), false);
            }
            return self.out.link(LinkState::Gap, "the file was cut and is read anew", true);
        }
        if replaced {
            // What was written between the last read and the move is read before the new file.
            let mut rest = Vec::new();
            let _ = io::Read::take(&mut current.file, BATCH_BYTES as u64).read_to_end(&mut rest);
            if !rest.is_empty() {
                current.read += rest.len() as u64;
                return lines.push(&rest, &mut |line| self.out.line(&line));
            }
            lines.finish(&mut |line| self.out.line(&line));
            *open = None;
            return self.out.link(LinkState::Up, "rotated", true);
        }
        if self.out.state == Some(LinkState::Gap) && current.read > 0 {
            return self.out.link(LinkState::Up, &path.display().to_string(), false);
        }
        true
    }
}

#[expect(clippy::disallowed_methods, reason = "this source reads a file")]
fn open_file(path: &Path, from_beginning: bool) -> io::Result<Open> {
    let mut file = std::fs::File::open(path)?;
    let there = file.metadata()?;
    if there.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory"));
    }
    let mut read = 0;
    let mut last = [b'\n'];
    if !from_beginning && there.is_file() && there.len() > 0 {
        read = file.seek(SeekFrom::End(-1))? + 1;
        file.read_exact(&mut last)?;
    }
    Ok(Open { file, inode: (there.dev(), there.ino()), read, within_line: last != *b"\n" })
}

/// The file's first line with its end; nothing where it has none, or a longer one than a header is.
#[expect(clippy::disallowed_methods, reason = "this source reads a file")]
fn first_line(path: &Path) -> Vec<u8> {
    let mut start = Vec::new();
    let _ = std::fs::File::open(path).and_then(|file| io::Read::take(file, CHUNK as u64).read_to_end(&mut start));
    let length = start.iter().position(|b| *b == b'\n').map_or(0, |end| end + 1);
    start.truncate(length);
    start
}

fn words(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::super::outlet::{Queue, WhenFull, queue};
    use super::*;
    use crate::model::SourceId;
    use std::path::PathBuf;
    use tokio::sync::watch;

    struct Tailed {
        queue: Queue,
        stop: watch::Sender<bool>,
        running: tokio::task::JoinHandle<Result<(), SourceError>>,
    }

    fn tail(path: PathBuf, from_beginning: bool, exit_at_end: bool) -> Tailed {
        tail_with(path, from_beginning, false, exit_at_end)
    }

    fn tail_with(path: PathBuf, from_beginning: bool, header: bool, exit_at_end: bool) -> Tailed {
        let (outlet, queue) = queue(SourceId(2), WhenFull::Block);
        let (stop, stopped) = watch::channel(false);
        let spec = TailSpec { path: TailPath::File(path), from_beginning, header, exit_at_end };
        let running = tokio::spawn(Box::new(TailSource::new("app", spec)).run(outlet, Control { stop: stopped, flow: Arc::default() }));
        Tailed { queue, stop, running }
    }

    /// Inputs as words, up to and with the first that holds `until`.
    async fn heard(tailed: &mut Tailed, until: &str) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        while !out.iter().any(|w| w.contains(until)) {
            match tailed.queue.inputs.recv().await.expect("the source goes on") {
                OwnedInput::Records(batch) => {
                    let words =
                        |r: RecordRef<'_>| format!("{}@{} {}", r.topic, r.offset, String::from_utf8_lossy(r.payload.unwrap_or(b"none")));
                    out.extend(batch.iter().map(words));
                }
                OwnedInput::Link { state, .. } => out.push(state.word().to_owned()),
                OwnedInput::Ended(_) => out.push("over".to_owned()),
                _ => {}
            }
        }
        out
    }

    #[expect(clippy::disallowed_methods, reason = "a test makes the file it reads")]
    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
    }

    fn append(path: &Path, text: &str) {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    }

    #[tokio::test]
    async fn a_file_is_followed_through_partial_lines_rotation_and_cutting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        let mut tailed = tail(path.clone(), false, false);
        assert_eq!(heard(&mut tailed, "unknown").await, ["unknown"], "the file is not there yet");
        write(&path, "one\ntw");
        assert_eq!(heard(&mut tailed, "one").await, ["up", "app@0 one"]);
        append(&path, "o\n");
        assert_eq!(heard(&mut tailed, "two").await, ["app@1 two"]);
        append(&path, "three\nunended");
        std::fs::rename(&path, dir.path().join("app.log.1")).unwrap();
        write(&path, "four\n");
        let words = heard(&mut tailed, "four").await;
        assert_eq!(words, ["app@2 three", "app@3 unended", "up", "app@4 four"], "the moved file is read to its end");
        write(&path, "5\n");
        assert_eq!(heard(&mut tailed, " 5").await, ["gap", "app@5 5"], "a file that became shorter is read anew");
        tailed.stop.send(true).unwrap();
        tailed.running.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn reading_starts_at_the_end_behind_a_line_that_was_begun() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        write(&path, "old\nhalf of");
        let mut tailed = tail(path.clone(), false, false);
        heard(&mut tailed, "up").await;
        append(&path, " a line\nnew\n");
        assert_eq!(heard(&mut tailed, "new").await, ["app@1 new"]);
        tailed.stop.send(true).unwrap();
    }

    #[tokio::test]
    async fn the_header_comes_also_where_reading_starts_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("values.csv");
        write(&path, "time,price\n1,2\n3,");
        let mut tailed = tail_with(path.clone(), false, true, false);
        heard(&mut tailed, "up").await;
        append(&path, "4\n5,6\n");
        let words = heard(&mut tailed, "5,6").await;
        assert_eq!(words, ["app@0 time,price", "app@2 5,6"]);
        tailed.stop.send(true).unwrap();
        // A header that is still being written is read when it is whole.
        write(&path, "time,pr");
        let mut tailed = tail_with(path.clone(), false, true, false);
        heard(&mut tailed, "up").await;
        append(&path, "ice\n5,6\n");
        assert_eq!(heard(&mut tailed, "5,6").await, ["app@0 time,price", "app@1 5,6"]);
        tailed.stop.send(true).unwrap();
    }

    #[tokio::test]
    async fn it_ends_at_the_end_when_told_so() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        write(&path, "a\n\nb");
        let mut tailed = tail(path, false, true);
        assert_eq!(heard(&mut tailed, "over").await, ["up", "app@0 a", "app@2 b", "ended", "over"]);
        tailed.running.await.unwrap().unwrap();
    }
}
