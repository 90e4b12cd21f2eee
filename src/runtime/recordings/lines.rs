//! `recording to-lines` and `from-lines`: payloads as plain lines, and plain lines as a recording.

use super::super::{clock, start};
use super::output::{Output, open, warned};
use crate::config::{Diagnostics, FromLinesTask, ToLinesTask, load_file};
use crate::decode::{TimeUnit, timestamp};
use crate::history::{Header, LINE_LIMIT, RECORDING_VERSION};
use crate::model::{Input, LinkState, Millis, OwnedInput, PartitionEvent, RecordRef, SourceId, TimeKind, Timestamp, Value};
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write};
use std::path::Path;
use std::sync::Arc;

/// The grid of the ticks.
const TICK: Millis = Millis::from_secs(1);
/// A step of the time field that is longer than this is not ticked through second by second.
const STEP_THROUGH: Millis = Millis::from_secs(3_600);

/// Writes the payload of each record as a line.
///
/// # Errors
/// Why the recording cannot be read, or the lines not be written.
pub fn to_lines(task: &ToLinesTask) -> anyhow::Result<()> {
    let mut recording = open::<&str>(&task.file, &[])?;
    let mut file = task.output.as_ref().map(|path| Output::create(path, task.force)).transpose()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut lines, mut empty, mut broken, mut line) = (0u64, 0u64, 0u64, Vec::new());
    while let Some(input) = recording.next() {
        let OwnedInput::Records(batch) = input else { continue };
        for record in batch.iter().filter(|r| task.topic.as_ref().is_none_or(|t| **t == **r.topic)) {
            let Some(payload) = record.payload else {
                empty += 1;
                continue;
            };
            line.clear();
            line.extend_from_slice(payload);
            if line.contains(&b'\n') {
                // A line end within a payload is white space in JSON, and a record must stay one line.
                broken += 1;
                line.iter_mut().filter(|b| matches!(b, b'\n' | b'\r')).for_each(|b| *b = b' ');
            }
            line.push(b'\n');
            match &mut file {
                Some(file) => file.raw(&line)?,
                None => out.write_all(&line)?,
            }
            lines += 1;
        }
        recording.recycle(batch);
    }
    out.flush()?;
    warned(&task.file, recording.warnings(), recording.error())?;
    if let Some(file) = file {
        file.finish()?;
    }
    let mut err = io::stderr().lock();
    if lines == 0 {
        let topic = task.topic.as_ref().map(|t| format!(" of topic {t:?}")).unwrap_or_default();
        writeln!(err, "{}: no record{topic} in it", task.file.display())?;
    }
    if empty > 0 || broken > 0 {
        writeln!(err, "{lines} lines; {empty} records without payload left out, line ends within {broken} payloads made blanks")?;
    }
    Ok(())
}

/// Writes a recording of which each line of a file is a record.
///
/// # Errors
/// Why the file cannot be read, or the recording not be written.
pub fn from_lines(task: &FromLinesTask) -> anyhow::Result<()> {
    let shown = task.file.display().to_string();
    let lines = reader(&task.file).map_err(|e| Diagnostics::of_file(&shown, format!("cannot be read: {e}"), ""))?;
    let (config, sources) = match &task.config {
        Some(path) => {
            let loaded = load_file(path, &task.overrides)?;
            (loaded.text, loaded.plan.sources.iter().map(|s| Arc::clone(&s.name)).collect())
        }
        None => (String::new(), vec![Arc::from("kafka")]),
    };
    let first = task.start.unwrap_or_else(|| clock::now().floor_to(TICK));
    let mut tape = Tape { out: Output::create(&task.output, task.force)?, sources, task, first, config, now: None, records: 0, untimed: 0 };
    let (mut lines, mut line) = (lines, Vec::new());
    loop {
        line.clear();
        if lines.by_ref().take(LINE_LIMIT as u64).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = line.trim_ascii_end();
        if !text.is_empty() {
            tape.record(text)?;
        }
    }
    tape.finish()
}

fn reader(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    #[expect(clippy::disallowed_methods, reason = "the shell reads the file it is named")]
    Ok(Box::new(BufReader::with_capacity(1 << 18, std::fs::File::open(path)?)))
}

struct Tape<'t> {
    out: Output,
    sources: Vec<Arc<str>>,
    task: &'t FromLinesTask,
    first: Timestamp,
    config: String,
    /// The last tick.
    now: Option<Timestamp>,
    records: i64,
    untimed: u64,
}

impl Tape<'_> {
    fn begin(&mut self, at: Timestamp) -> anyhow::Result<()> {
        let topic: Arc<str> = self.task.topic.as_str().into();
        let start = at.floor_to(TICK);
        self.out.header(&Header {
            recording: RECORDING_VERSION,
            started: start.as_millis(),
            sources: self.sources.iter().map(ToString::to_string).collect(),
            config: std::mem::take(&mut self.config),
            ..start::header()
        })?;
        let (source, state) = (SourceId(0), LinkState::Up);
        self.out.input(&Input::Link { source, topic: None, state, detail: "" }, &self.sources)?;
        let event = PartitionEvent::Assigned { position: 0, end: 0 };
        self.out.input(&Input::Partition { source, topic: &topic, partition: 0, event }, &self.sources)?;
        self.out.tick(start)?;
        self.now = Some(start);
        Ok(())
    }

    fn record(&mut self, text: &[u8]) -> anyhow::Result<()> {
        let own = self.task.time_field.as_ref().and_then(|field| time_of(text, field));
        if self.task.time_field.is_some() && own.is_none() {
            self.untimed += 1;
        }
        let at = match (own, self.task.time_field.is_some()) {
            (Some(at), _) => at,
            (None, true) => self.now.unwrap_or(self.first),
            (None, false) => self.first + Millis::new((self.records as f64 * 1_000.0 / self.task.rate) as i64),
        };
        if self.now.is_none() {
            self.begin(at)?;
        }
        // A clock does not go back: what is dated earlier comes now, and is late.
        let due = at.floor_to(TICK);
        while let Some(now) = self.now.filter(|now| *now < due) {
            let next = if due.since(now) > STEP_THROUGH { due } else { now + TICK };
            self.out.tick(next)?;
            self.now = Some(next);
        }
        let topic: Arc<str> = self.task.topic.as_str().into();
        let mut record = RecordRef::plain(SourceId(0), &topic, 0, self.records, Some(text));
        record.time = Some(at);
        record.time_kind = TimeKind::Create;
        self.out.input(&Input::Record(record), &self.sources)?;
        self.records += 1;
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<()> {
        let Some(now) = self.now else {
            return Err(Diagnostics::of_file(&self.task.file.display().to_string(), "there is no line in it", "").into());
        };
        self.out.tick(now + TICK)?;
        self.out.input(&Input::End, &[])?;
        self.out.finish()?;
        if self.untimed > 0 {
            writeln!(
                io::stderr().lock(),
                "{} of {} lines have no time in {:?}: they come with the line before",
                self.untimed,
                self.records,
                self.task.time_field.as_deref().unwrap_or_default()
            )?;
        }
        Ok(())
    }
}

/// The time in a field of a JSON line: `ts`, `meta.time`.
fn time_of(text: &[u8], field: &str) -> Option<Timestamp> {
    let root: serde_json::Value = serde_json::from_slice(text).ok()?;
    let found = field.split('.').try_fold(&root, |value, part| value.get(part))?;
    match found {
        serde_json::Value::Number(x) => timestamp(Value::Number(x.as_f64()?), TimeUnit::Auto),
        serde_json::Value::String(text) => timestamp(Value::Text(text), TimeUnit::Auto),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_in_fields() {
        assert_eq!(time_of(br#"{"m":{"t":"2025-11-24T16:00:00Z"}}"#, "m.t"), Some(Timestamp::from_millis(1_764_000_000_000)));
        assert_eq!(time_of(br#"{"ts":1764000000.5}"#, "ts"), Some(Timestamp::from_millis(1_764_000_000_500)));
        for (text, field) in [(&b"x"[..], "ts"), (b"{}", "ts"), (br#"{"ts":true}"#, "ts")] {
            assert_eq!(time_of(text, field), None);
        }
    }
}
