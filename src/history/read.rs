//! Reading one line: which kind it is, and what it holds.

use super::line::{Bytes, Header, Pairs, RawLine, RawReading};
use super::quick::quick;
use super::write::{DEFAULT_SOURCE, MARK_SOURCE};
use crate::model::{Batch, Command, LinkState, OwnedInput, PartitionEvent, Reading, RecordRef, SourceId, TimeKind, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hashbrown::HashSet;
use std::borrow::Cow;
use std::sync::Arc;

/// Sources a recording may name; no console has more, and a hostile file must not grow memory.
pub const SOURCES_LIMIT: usize = 256;
/// Names (topics, metrics, labels) kept for reuse; beyond it names are still read, only not shared.
const SHARED_NAMES: usize = 16_384;
/// Units beyond the known ones that are remembered; units live as long as the program, so they are few.
const NEW_UNITS: usize = 32;
/// Units the sources of this program use.
const UNITS: [&str; 9] = ["", "1", "By", "By/s", "ms", "s", "Cel", "%", "{process}"];

/// Why a line could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not a JSON object with the keys of a line.
    #[error("not a line of a recording: {0}")]
    Json(String),
    /// Nothing says what it is.
    #[error("none of the keys topic, readings, event, link, tick, command")]
    NoKind,
    /// A key that its kind needs is missing.
    #[error("no {0:?}")]
    Missing(&'static str),
    /// A word that names nothing.
    #[error("unknown {key} {word:?}")]
    Word {
        /// The key it stands at.
        key: &'static str,
        /// The word.
        word: String,
    },
    /// Not base64.
    #[error("{0:?} is not base64")]
    Base64(&'static str),
    /// Not a number.
    #[error("value {0:?} is not a number")]
    Value(String),
    /// More sources than [`SOURCES_LIMIT`].
    #[error("source {0:?} is one too many")]
    Sources(String),
    /// A line longer than the limit.
    #[error("longer than {0} bytes")]
    TooLong(usize),
}

/// Names shared between lines, and the ids of sources.
#[derive(Clone, Debug, Default)]
pub struct Names {
    sources: Vec<Arc<str>>,
    shared: HashSet<Arc<str>, rustc_hash::FxBuildHasher>,
    last_topic: Option<Arc<str>>,
    new_units: Vec<&'static str>,
}

impl Names {
    /// Names in which the sources `sources` have the ids of their places.
    pub fn new<S: AsRef<str>>(sources: &[S]) -> Self {
        Self { sources: sources.iter().take(SOURCES_LIMIT).map(|s| s.as_ref().into()).collect(), ..Self::default() }
    }

    /// The sources by id.
    pub fn sources(&self) -> &[Arc<str>] {
        &self.sources
    }

    /// The id of the source `name`: a new one where it has none yet.
    fn source(&mut self, name: &str) -> Result<SourceId, LineError> {
        if let Some(at) = self.sources.iter().position(|s| s.as_ref() == name) {
            return Ok(SourceId(at as u16));
        }
        if self.sources.len() >= SOURCES_LIMIT {
            return Err(LineError::Sources(name.to_owned()));
        }
        self.sources.push(name.into());
        Ok(SourceId((self.sources.len() - 1) as u16))
    }

    /// The source of a line. Without a name it is `kafka`, and where no source is called so, the first:
    /// a dump replayed with a configuration that calls its cluster otherwise.
    fn source_of(&mut self, name: Option<&Bytes<'_>>) -> Result<SourceId, LineError> {
        match name {
            Some(name) => self.source(&name.text()),
            None if self.sources.is_empty() || self.sources.iter().any(|s| s.as_ref() == DEFAULT_SOURCE) => self.source(DEFAULT_SOURCE),
            None => Ok(SourceId(0)),
        }
    }

    fn topic(&mut self, name: &Bytes<'_>) -> Arc<str> {
        let name = name.text();
        if let Some(last) = &self.last_topic
            && last.as_ref() == name
        {
            return Arc::clone(last);
        }
        let topic = self.share(&name);
        self.last_topic = Some(Arc::clone(&topic));
        topic
    }

    fn share(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.shared.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        if self.shared.len() < SHARED_NAMES {
            self.shared.insert(Arc::clone(&new));
        }
        new
    }

    fn unit(&mut self, name: &str) -> &'static str {
        let known = UNITS.iter().chain(&self.new_units).find(|u| **u == name).copied();
        known.unwrap_or_else(|| {
            if self.new_units.len() >= NEW_UNITS {
                return "";
            }
            let unit: &'static str = name.to_owned().leak();
            self.new_units.push(unit);
            unit
        })
    }
}

/// What a line holds.
#[derive(Debug)]
pub enum Parsed<'a> {
    /// The header of a recording.
    Header(Header),
    /// A record.
    Record(RecordLine<'a>),
    /// Anything else the machine is handed.
    Input(OwnedInput),
}

/// Names and values of headers in their order.
type HeaderList<'a> = Vec<(Cow<'a, str>, Option<Cow<'a, [u8]>>)>;

/// A record as its line holds it.
#[derive(Debug)]
pub struct RecordLine<'a> {
    /// The source.
    pub source: SourceId,
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The record's own time.
    pub time: Option<Timestamp>,
    /// Who set that time.
    pub time_kind: TimeKind,
    /// When it arrived, where the line says so.
    pub recv: Option<Timestamp>,
    key: Option<Cow<'a, [u8]>>,
    headers: HeaderList<'a>,
    payload: Option<Cow<'a, [u8]>>,
}

impl RecordLine<'_> {
    /// Appends the record to `batch`.
    pub fn push_to(&self, batch: &mut Batch) {
        let mut record = RecordRef::plain(self.source, &self.topic, self.partition, self.offset, self.payload.as_deref());
        record.time = self.time;
        record.time_kind = self.time_kind;
        record.key = self.key.as_deref();
        batch.push(&record, self.headers.iter().map(|(n, v)| (n.as_ref(), v.as_deref())));
    }
}

/// Reads one line.
///
/// # Errors
/// Says what is wrong with it; the lines after it can still be read.
pub fn parse_line<'a>(line: &'a [u8], names: &mut Names) -> Result<Parsed<'a>, LineError> {
    if let Some(q) = quick(line) {
        let (source, topic, partition, offset) = (q.source, q.topic, q.partition, q.offset);
        let (tstype, ts, key, payload) = (q.tstype, q.ts, q.key, q.payload);
        let raw = RawLine { source, topic, partition, offset, tstype, ts, key, payload, ..RawLine::default() };
        return record(raw, names).map(Parsed::Record);
    }
    let raw: RawLine<'a> = serde_json::from_slice(line).map_err(|e| LineError::Json(e.to_string()))?;
    if raw.recording.is_some() {
        return serde_json::from_slice(line).map(Parsed::Header).map_err(|e| LineError::Json(e.to_string()));
    }
    if raw.topic.is_some() && raw.event.is_none() && raw.link.is_none() {
        return record(raw, names).map(Parsed::Record);
    }
    let source = |names: &mut Names| names.source_of(raw.source.as_ref());
    let input = if let Some(tick) = raw.tick {
        OwnedInput::Tick(Timestamp::from_millis(tick))
    } else if let Some(list) = &raw.readings {
        let source = source(names)?;
        let at = Timestamp::from_millis(raw.ts.ok_or(LineError::Missing("ts"))?);
        OwnedInput::Readings { source, at, readings: list.iter().map(|r| reading(r, names)).collect::<Result<_, _>>()? }
    } else if let Some(word) = &raw.event {
        let source = source(names)?;
        let topic = names.topic(raw.topic.as_ref().ok_or(LineError::Missing("topic"))?);
        let partition = raw.partition.ok_or(LineError::Missing("partition"))?;
        OwnedInput::Partition { source, topic, partition, event: partition_event(&word.text(), &raw)? }
    } else if let Some(word) = &raw.link {
        let source = source(names)?;
        let word = word.text();
        let state = LinkState::from_word(&word).ok_or_else(|| LineError::Word { key: "link", word: word.into_owned() })?;
        let detail = raw.detail.as_ref().map_or("".into(), |d| d.text().into());
        OwnedInput::Link { source, topic: raw.topic.as_ref().map(|t| names.topic(t)), state, detail }
    } else if raw.ended == Some(true) {
        OwnedInput::Ended(SourceId(0))
    } else {
        OwnedInput::Command(command(&raw, names)?)
    };
    Ok(Parsed::Input(input))
}

fn record<'a>(raw: RawLine<'a>, names: &mut Names) -> Result<RecordLine<'a>, LineError> {
    let topic = raw.topic.as_ref().ok_or(LineError::Missing("topic"))?;
    let word = raw.tstype.as_ref().map(Bytes::text);
    let (time_kind, known) = match word.as_deref() {
        Some("create") => (TimeKind::Create, true),
        Some("logappend") => (TimeKind::LogAppend, true),
        // What kcat prints for a record without a time; the number beside it means nothing.
        Some("unknown") => (TimeKind::None, false),
        Some(other) => return Err(LineError::Word { key: "tstype", word: other.to_owned() }),
        None => (TimeKind::None, true),
    };
    Ok(RecordLine {
        source: names.source_of(raw.source.as_ref())?,
        topic: names.topic(topic),
        partition: raw.partition.unwrap_or(0),
        offset: raw.offset.ok_or(LineError::Missing("offset"))?,
        time: raw.ts.filter(|_| known).map(Timestamp::from_millis),
        time_kind,
        recv: raw.recv.map(Timestamp::from_millis),
        key: bytes(raw.key, raw.key_b64, "key_b64")?,
        headers: headers(raw.headers, raw.headers_b64)?,
        payload: bytes(raw.payload, raw.payload_b64, "payload_b64")?,
    })
}

fn bytes<'a>(plain: Option<Bytes<'a>>, b64: Option<Bytes<'a>>, key: &'static str) -> Result<Option<Cow<'a, [u8]>>, LineError> {
    match b64 {
        Some(b64) => STANDARD.decode(&*b64.0).map(|b| Some(Cow::Owned(b))).map_err(|_| LineError::Base64(key)),
        None => Ok(plain.map(|p| p.0)),
    }
}

fn headers<'a>(plain: Option<Pairs<'a>>, b64: Option<Pairs<'a>>) -> Result<HeaderList<'a>, LineError> {
    let coded = b64.is_some();
    let Some(pairs) = b64.or(plain) else { return Ok(Vec::new()) };
    let one = |(name, value): (Bytes<'a>, Option<Bytes<'a>>)| {
        let name = match name.0 {
            Cow::Borrowed(b) => String::from_utf8_lossy(b),
            Cow::Owned(b) => Cow::Owned(String::from_utf8_lossy(&b).into_owned()),
        };
        let (plain, b64) = if coded { (None, value) } else { (value, None) };
        Ok((name, bytes(plain, b64, "headers_b64")?))
    };
    pairs.0.into_iter().map(one).collect()
}

fn reading(raw: &RawReading<'_>, names: &mut Names) -> Result<Reading, LineError> {
    let text = raw.value.get().trim_matches('"');
    let value = text.parse().map_err(|_| LineError::Value(text.to_owned()))?;
    let label = |(n, v): &(Bytes<'_>, Option<Bytes<'_>>)| {
        let value = v.as_ref().map_or(Cow::Borrowed(""), Bytes::text);
        (names.share(&n.text()), names.share(&value))
    };
    let labels = raw.labels.0.iter().map(label).collect();
    let unit = names.unit(&raw.unit.as_ref().map_or(Cow::Borrowed(""), Bytes::text));
    Ok(Reading { name: names.share(&raw.name.text()), labels, value, unit })
}

fn partition_event(word: &str, raw: &RawLine<'_>) -> Result<PartitionEvent, LineError> {
    let end = raw.end.ok_or(LineError::Missing("end"));
    Ok(match word {
        "assigned" => PartitionEvent::Assigned { position: raw.position.ok_or(LineError::Missing("position"))?, end: end? },
        "revoked" => PartitionEvent::Revoked,
        "idle" => PartitionEvent::Idle,
        "end" => PartitionEvent::End { end: end? },
        "recreated" => PartitionEvent::Recreated,
        "lost" => PartitionEvent::Lost { from: raw.from.ok_or(LineError::Missing("from"))?, to: raw.to.ok_or(LineError::Missing("to"))? },
        other => return Err(LineError::Word { key: "event", word: other.to_owned() }),
    })
}

fn command(raw: &RawLine<'_>, names: &mut Names) -> Result<Command, LineError> {
    let own = |b: &Option<Bytes<'_>>| -> Option<Arc<str>> { b.as_ref().map(|b| b.text().into()) };
    match (raw.command.as_ref().map(Bytes::text).as_deref(), raw.source.as_ref().map(Bytes::text).as_deref()) {
        (Some("acknowledge"), _) => {
            Ok(Command::Acknowledge { id: raw.id.ok_or(LineError::Missing("id"))?, who: own(&raw.who).unwrap_or_else(|| "".into()) })
        }
        (Some("accept"), _) => Ok(Command::AcceptAnomaly(raw.id.ok_or(LineError::Missing("id"))?)),
        (Some("sensitivity"), _) => Ok(Command::Sensitivity(raw.id)),
        (Some("restore"), _) => Ok(Command::Restore { states: own(&raw.states).ok_or(LineError::Missing("states"))? }),
        (Some("test-fire"), _) => Ok(Command::TestFire),
        (Some("reload"), _) => {
            let sources: Vec<Arc<str>> = raw.sources.iter().flatten().map(|name| name.text().into()).collect();
            for name in &sources {
                names.source(name)?;
            }
            Ok(Command::Reload { config: own(&raw.config).ok_or(LineError::Missing("config"))?, sources })
        }
        (Some(other), _) => Err(LineError::Word { key: "command", word: other.to_owned() }),
        (None, Some(MARK_SOURCE)) => Ok(Command::Mark { text: own(&raw.text).ok_or(LineError::Missing("text"))? }),
        (None, _) => Err(LineError::NoKind),
    }
}
