//! Writing inputs as lines.
//!
//! Keys stand in the order kcat writes them, so that tools made for its output find what they
//! expect; what kcat has no key for comes before them (`source`) or in base64 (`payload_b64`).

use super::line::Header;
use crate::model::{Command, Input, PartitionEvent, Reading, RecordRef, SourceId, TimeKind, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{self, Write};

/// The source of a line that names none.
pub(super) const DEFAULT_SOURCE: &str = "kafka";
/// The source under which notes of a person stand.
pub(super) const MARK_SOURCE: &str = "mark";

/// Appends the header's line to `out`.
pub fn write_header(header: &Header, out: &mut Vec<u8>) {
    // Serialising plain strings and numbers into memory cannot fail; a line is written whole or not at all.
    if serde_json::to_writer(&mut *out, header).is_ok() {
        out.push(b'\n');
    }
}

/// Appends the line of `input` to `out`. `names` gives the sources' names.
pub fn write_input<'n>(input: &Input<'_>, names: &dyn Fn(SourceId) -> &'n str, out: &mut Vec<u8>) {
    let mut line = Line { out, first: true };
    match input {
        Input::Record(record) => line.record(record, names(record.source)),
        Input::Readings { source, at, readings } => line.readings(names(*source), *at, readings),
        Input::Partition { source, topic, partition, event } => {
            line.text("source", names(*source));
            line.text("topic", topic);
            line.number("partition", i64::from(*partition));
            line.partition_event(*event);
        }
        Input::Link { source, topic, state, detail } => {
            line.text("source", names(*source));
            if let Some(topic) = topic {
                line.text("topic", topic);
            }
            line.text("link", state.word());
            line.text("detail", detail);
        }
        Input::Tick(at) => line.number("tick", at.as_millis()),
        Input::Command(command) => line.command(command),
        Input::End => line.raw("ended", b"true"),
    }
    line.end();
}

struct Line<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl Line<'_> {
    fn key(&mut self, key: &str) {
        self.out.extend_from_slice(if self.first { b"{\"" } else { b",\"" });
        self.first = false;
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn raw(&mut self, key: &str, value: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(value);
    }

    fn number(&mut self, key: &str, value: i64) {
        self.key(key);
        push_int(self.out, value);
    }

    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        push_text(self.out, value);
    }

    fn bytes(&mut self, key: &str, key_b64: &str, value: Option<&[u8]>) {
        match value.map(std::str::from_utf8) {
            None => self.raw(key, b"null"),
            Some(Ok(text)) => self.text(key, text),
            Some(Err(_)) => {
                self.key(key_b64);
                push_base64(self.out, value.unwrap_or_default());
            }
        }
    }

    fn end(self) {
        self.out.extend_from_slice(if self.first { b"{}\n" } else { b"}\n" });
    }

    fn record(&mut self, record: &RecordRef<'_>, source: &str) {
        if source != DEFAULT_SOURCE {
            self.text("source", source);
        }
        self.text("topic", record.topic);
        self.number("partition", i64::from(record.partition));
        self.number("offset", record.offset);
        match record.time_kind {
            TimeKind::Create => self.raw("tstype", b"\"create\""),
            TimeKind::LogAppend => self.raw("tstype", b"\"logappend\""),
            TimeKind::None => {}
        }
        if let Some(time) = record.time {
            self.number("ts", time.as_millis());
        }
        if record.has_headers() {
            self.headers(record);
        }
        self.bytes("key", "key_b64", record.key);
        self.bytes("payload", "payload_b64", record.payload);
    }

    fn headers(&mut self, record: &RecordRef<'_>) {
        let plain = record.headers().all(|(_, v)| v.is_none_or(|v| std::str::from_utf8(v).is_ok()));
        self.key(if plain { "headers" } else { "headers_b64" });
        for (i, (name, value)) in record.headers().enumerate() {
            self.out.push(if i == 0 { b'[' } else { b',' });
            push_text(self.out, name);
            self.out.push(b',');
            match value.map(std::str::from_utf8) {
                None => self.out.extend_from_slice(b"null"),
                Some(Ok(text)) if plain => push_text(self.out, text),
                Some(_) => push_base64(self.out, value.unwrap_or_default()),
            }
        }
        self.out.push(b']');
    }

    fn readings(&mut self, source: &str, at: Timestamp, readings: &[Reading]) {
        self.text("source", source);
        self.number("ts", at.as_millis());
        self.raw("readings", b"[");
        for (i, reading) in readings.iter().enumerate() {
            if i > 0 {
                self.out.push(b',');
            }
            let mut item = Line { out: &mut *self.out, first: true };
            item.text("name", &reading.name);
            item.key("value");
            push_float(item.out, reading.value);
            if !reading.unit.is_empty() {
                item.text("unit", reading.unit);
            }
            if !reading.labels.is_empty() {
                item.key("labels");
                for (j, (name, value)) in reading.labels.iter().enumerate() {
                    item.out.push(if j == 0 { b'[' } else { b',' });
                    push_text(item.out, name);
                    item.out.push(b',');
                    push_text(item.out, value);
                }
                item.out.push(b']');
            }
            self.out.push(b'}');
        }
        self.out.push(b']');
    }

    fn partition_event(&mut self, event: PartitionEvent) {
        let word = match event {
            PartitionEvent::Assigned { .. } => "assigned",
            PartitionEvent::Revoked => "revoked",
            PartitionEvent::Idle => "idle",
            PartitionEvent::End { .. } => "end",
            PartitionEvent::Recreated => "recreated",
            PartitionEvent::Lost { .. } => "lost",
        };
        self.text("event", word);
        match event {
            PartitionEvent::Assigned { position, end } => {
                self.number("position", position);
                self.number("end", end);
            }
            PartitionEvent::End { end } => self.number("end", end),
            PartitionEvent::Lost { from, to } => {
                self.number("from", from);
                self.number("to", to);
            }
            PartitionEvent::Revoked | PartitionEvent::Idle | PartitionEvent::Recreated => {}
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Acknowledge { id, who } => {
                self.text("command", "acknowledge");
                self.raw("id", id.to_string().as_bytes());
                self.text("who", who);
            }
            Command::AcceptAnomaly(id) => {
                self.text("command", "accept");
                self.raw("id", id.to_string().as_bytes());
            }
            Command::Sensitivity(weekly) => {
                self.text("command", "sensitivity");
                if let Some(weekly) = weekly {
                    self.raw("id", weekly.to_string().as_bytes());
                }
            }
            Command::Mark { text } => {
                self.text("source", MARK_SOURCE);
                self.text("text", text);
            }
            Command::Restore { states } => {
                self.text("command", "restore");
                self.text("states", states);
            }
            Command::TestFire => self.text("command", "test-fire"),
            Command::Reload { config, sources } => {
                self.text("command", "reload");
                self.key("sources");
                for (i, name) in sources.iter().enumerate() {
                    self.out.push(if i == 0 { b'[' } else { b',' });
                    push_text(self.out, name);
                }
                self.out.extend_from_slice(if sources.is_empty() { b"[]" } else { b"]" });
                self.text("config", config);
            }
        }
    }
}

fn push_int(out: &mut Vec<u8>, value: i64) {
    // Writing into memory cannot fail.
    let _ = write!(out, "{value}");
}

/// The shortest digits that read back as the same number; words for what JSON has no number for.
fn push_float(out: &mut Vec<u8>, value: f64) {
    let _ = if value.is_finite() { write!(out, "{value:?}") } else { write!(out, "\"{value}\"") };
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    let _ = serde_json::to_writer(out, text);
}

fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
    out.push(b'"');
}

/// Writes a recording: a header, then inputs in the order the machine was handed them.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    line: Vec<u8>,
    written: u64,
}

impl<W: Write> Writer<W> {
    /// Starts a recording with `header`.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self { out, line: Vec::new(), written: 0 };
        write_header(header, &mut writer.line);
        writer.flush_line()?;
        Ok(writer)
    }

    /// Writes one input; `names` gives the sources' names.
    pub fn input<'n>(&mut self, input: &Input<'_>, names: &dyn Fn(SourceId) -> &'n str) -> io::Result<()> {
        write_input(input, names, &mut self.line);
        self.flush_line()
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Flushes and gives the file back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn flush_line(&mut self) -> io::Result<()> {
        self.out.write_all(&self.line)?;
        self.written += self.line.len() as u64;
        self.line.clear();
        Ok(())
    }
}
