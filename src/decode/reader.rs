//! Reads the records of one stream: decode, clean, count.

use super::clean::{Cleaner, Judgement, shown};
use super::csv::CsvOptions;
use super::format::{FORMATS, Format, format};
use super::layout::{Draft, Found, Headers, Layout, Origin};
use super::path::PathError;
use super::redact::{REDACTED, Redactor};
use super::rejects::{Reject, RejectClass, RejectRing};
use super::scan::Fault;
use super::schema::Schema;
use super::spec::StreamSpec;
use crate::model::{Counters, EventRef, RecordRef, Safe, SourceId, Timestamp, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of a payload shown in a reject: two lines of a wide screen.
const EXCERPT_LIMIT: usize = 400;
/// Largest payload read: offsets in it must fit 32 bits. Kafka's own limit is 2 GiB.
const PAYLOAD_LIMIT: usize = 1 << 31;

/// What the engine made of an event it was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Folded into metrics and judged.
    Accepted,
    /// Older than the watermark: not folded.
    Late,
}

/// The reader of one stream.
///
/// The law it keeps: `records = undecodable + decoded`, and
/// `events = accepted + late + duplicate + invalid + erroneous`, whatever the records hold.
#[derive(Clone, Debug)]
pub struct Reader {
    stream: Arc<str>,
    format: &'static Format,
    schema: Schema,
    layout: Layout,
    redactor: Redactor,
    draft: Draft,
    cleaner: Cleaner,
    counters: Counters,
    /// The values of the event at hand; empty between records, kept for its memory.
    values: Vec<Value<'static>>,
}

impl Reader {
    /// A reader for `spec` that fills the fields of `schema`; it adds what the stream itself needs.
    ///
    /// # Errors
    /// Names a path of the stream that is none.
    pub fn new(spec: &StreamSpec, mut schema: Schema) -> Result<Self, PathError> {
        let cleaner = Cleaner::new(spec, &mut schema)?;
        // `config` refuses unknown formats; the first is JSON.
        let format = format(spec.format).unwrap_or(FORMATS[0]);
        let mut layout = Layout::new(&schema, spec.records.as_deref().or(format.records), format.own)?;
        layout.lenient = spec.records.is_none();
        layout.csv = CsvOptions { columns: spec.columns.clone(), delimiter: spec.delimiter };
        let redactor = Redactor::new(spec)?;
        let (draft, counters) = (Draft::default(), Counters::default());
        Ok(Self { stream: Arc::clone(&spec.name), format, schema, layout, redactor, draft, cleaner, counters, values: Vec::new() })
    }

    /// Reads one record and offers its clean events to `take`, in their order. `now` is the machine's clock.
    pub fn read(&mut self, record: &RecordRef<'_>, now: Timestamp, rejects: &mut RejectRing, take: &mut dyn FnMut(&EventRef<'_>) -> Fate) {
        self.counters.records += 1;
        let payload = record.payload.unwrap_or_default();
        // Nearly always empty, and then a copy allocates nothing.
        let hidden = self.redactor.headers.clone();
        let key = record.key.map(|key| if self.redactor.key { REDACTED.as_bytes() } else { key });
        let origin = Origin {
            source: record.source,
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            time: record.time,
            key,
            headers: Headers::Record(record.headers()),
            hidden: &hidden,
        };
        let outcome = match self.payload(record.payload) {
            Ok(Cow::Borrowed(_)) => self.decode(&origin, payload, now, rejects, take),
            Ok(Cow::Owned(redacted)) => self.decode(&origin, &redacted, now, rejects, take),
            Err(fault) => Err(fault),
        };
        match outcome {
            Ok(()) => self.counters.decoded += 1,
            Err(fault) => {
                self.counters.undecodable += 1;
                let reason = explain(fault, if self.rewrites() { &[] } else { payload });
                let excerpt = if self.rewrites() { REDACTED.as_bytes() } else { payload };
                let at = Placed { stream: &self.stream, now, origin: &origin, index: 0 };
                rejects.push(at.reject(RejectClass::Undecodable, &reason, excerpt));
            }
        }
    }

    /// Takes over what a reader of the same stream has counted and remembers of what it read.
    pub fn adopt(&mut self, old: Self) {
        self.counters = old.counters;
        self.cleaner.adopt(old.cleaner);
    }

    /// What the stream has counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The fields it fills.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// A topic was made anew: its offsets start again and are no duplicates.
    pub fn recreated(&mut self, source: SourceId, topic: &str, partition: i32) {
        self.cleaner.forget(source, topic, partition);
    }

    /// The payload with redacted fields replaced, for recordings and screens; `None`: nothing is to be
    /// kept out. A payload that cannot be read is replaced wholly.
    pub fn redact(&self, payload: &[u8]) -> Option<Vec<u8>> {
        if !self.rewrites() {
            return None;
        }
        Some((self.format.redact)(&self.redactor, payload).unwrap_or_else(|_| REDACTED.into()))
    }

    /// Whether recordings must replace the record's key by `[redacted]`.
    pub fn redacts_key(&self) -> bool {
        self.redactor.key
    }

    /// Whether recordings must replace the value of the header `name` by `[redacted]`.
    pub fn redacts_header(&self, name: &str) -> bool {
        self.redactor.headers.iter().any(|h| **h == *name)
    }

    /// Whether payloads must be written anew; the envelope of kcat also holds the key.
    #[inline]
    fn rewrites(&self) -> bool {
        self.redactor.payload || (self.redactor.key && self.format.name == "kcat")
    }

    /// The payload to be read: as it came, or redacted.
    #[inline]
    fn payload<'p>(&self, payload: Option<&'p [u8]>) -> Result<Cow<'p, [u8]>, Fault> {
        let bytes = match payload {
            None if !self.format.empty => return Err(Fault::whole("tombstone: no payload")),
            Some([]) if !self.format.empty => return Err(Fault::whole("empty")),
            payload => payload.unwrap_or_default(),
        };
        if bytes.len() > PAYLOAD_LIMIT {
            return Err(Fault::whole("larger than 2 GiB"));
        }
        if !self.rewrites() {
            return Ok(Cow::Borrowed(bytes));
        }
        (self.format.redact)(&self.redactor, bytes).map(Cow::Owned)
    }

    #[inline]
    fn decode(
        &mut self,
        origin: &Origin<'_>,
        payload: &[u8],
        now: Timestamp,
        rejects: &mut RejectRing,
        take: &mut dyn FnMut(&EventRef<'_>) -> Fate,
    ) -> Result<(), Fault> {
        let Self { stream, format, schema, layout, draft, cleaner, counters, values, .. } = self;
        let width = schema.len();
        let mut sink = |found: &Found<'_>| {
            let mut filled: Vec<Value<'_>> = renewed(std::mem::take(values));
            filled.extend(found.slots[..width].iter().map(|slot| slot.value(found.text, found.arena)));
            let judgement = cleaner.judge(found, &filled, now, schema);
            let reject = match judgement {
                Judgement::Sampled => {
                    counters.sampled_out += 1;
                    None
                }
                Judgement::Reject(class, reason) => Some((class, reason)),
                Judgement::Offer(at, key) => match take(&EventRef { at, values: &filled }) {
                    Fate::Accepted => {
                        counters.accepted += 1;
                        counters.events += 1;
                        cleaner.accepted(key);
                        None
                    }
                    Fate::Late => Some((RejectClass::Late, format!("its time {} is older than the watermark", shown(at)))),
                },
            };
            if let Some((class, reason)) = reject {
                count(counters, class);
                let at = Placed { stream, now, origin: found.origin, index: found.index };
                rejects.push(at.reject(class, &reason, payload));
            }
            *values = renewed(filled);
        };
        (format.read)(layout, draft, origin, payload, &mut sink)
    }
}

/// An empty list with the memory of `list`, for values of another lifetime.
#[inline]
fn renewed<'b>(mut list: Vec<Value<'_>>) -> Vec<Value<'b>> {
    list.clear();
    // Collecting a list into one of the same size reuses its memory; nothing is left to be mapped.
    list.into_iter().map(|_| Value::Missing).collect()
}

fn count(counters: &mut Counters, class: RejectClass) {
    match class {
        RejectClass::Undecodable => return,
        RejectClass::Invalid => counters.invalid += 1,
        RejectClass::Duplicate => counters.duplicate += 1,
        RejectClass::Erroneous => counters.erroneous += 1,
        RejectClass::Late => counters.late += 1,
    }
    counters.events += 1;
}

/// What a fault is in words, with the byte and what stands there.
fn explain(fault: Fault, payload: &[u8]) -> String {
    let Some(at) = fault.at else { return fault.why.to_owned() };
    // The byte itself helps only where the offset counts within this payload.
    let found = payload.get(at).filter(|_| !fault.why.contains("envelope"));
    match found {
        Some(byte) if byte.is_ascii_graphic() => format!("{} at byte {at}, found `{}`", fault.why, char::from(*byte)),
        Some(byte) => format!("{} at byte {at}, found 0x{byte:02x}", fault.why),
        None => format!("{} at byte {at}", fault.why),
    }
}

/// Where a reject stood.
struct Placed<'p> {
    stream: &'p Arc<str>,
    now: Timestamp,
    origin: &'p Origin<'p>,
    index: u32,
}

impl Placed<'_> {
    #[cold]
    fn reject(&self, class: RejectClass, reason: &str, payload: &[u8]) -> Reject {
        let Origin { topic, partition, offset, .. } = self.origin;
        let element = if self.index > 0 { format!(" #{}", self.index) } else { String::new() };
        Reject {
            at: self.now,
            class,
            stream: Arc::clone(self.stream),
            position: Safe::label(&format!("{topic}[{partition}]@{offset}{element}")),
            reason: Safe::message(reason),
            excerpt: Safe::bytes(&payload[..payload.len().min(EXCERPT_LIMIT)]),
        }
    }
}
