//! What a stream asks for, compiled: which place of a record goes to which slot.

use super::csv::{Csv, CsvOptions};
use super::path::{self, FieldPath, Part, PathError, Step};
use super::redact::REDACTED;
use super::scan::{Scan, unescape};
use super::schema::Schema;
use super::trie::Trie;
use super::walk::Slot;
use crate::model::{HeaderIter, SourceId, Timestamp};

/// The compiled form of a schema and a stream's `records` path.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Slots in all: those of the schema first, then those only the format itself reads.
    pub width: usize,
    /// Fields as seen from the root of a document.
    pub trie: Trie,
    /// Fields as seen from one record of the array at `records`; `None` where there is no such array.
    pub element: Option<Trie>,
    /// Fields by their whole names (`http.status`), for formats without places inside of places.
    pub flat: Trie,
    /// Whether a payload without the array of records is a record itself.
    pub lenient: bool,
    /// How the stream's CSV is written.
    pub csv: CsvOptions,
    /// Slots filled from the record around the payload.
    pub parts: Vec<(u16, Part)>,
    /// Slots of members of the root, by name.
    pub members: Vec<(u16, Box<str>)>,
    /// The slots of the format's own paths, in the format's order.
    pub own: Vec<u16>,
    /// Whether `@value` is asked for, so that a bare value is a record.
    pub bare: bool,
}

impl Layout {
    /// Compiles `schema`, with the paths `own` the format reads for itself.
    pub(super) fn new(schema: &Schema, records: Option<&str>, own: &[&str]) -> Result<Self, PathError> {
        let mut all = schema.clone();
        let own = own.iter().map(|path| all.field(path).map(|f| f.0)).collect::<Result<_, _>>()?;
        let mut layout = Self {
            width: all.len(),
            trie: Trie::new(),
            element: records.map(|_| Trie::new()),
            flat: Trie::new(),
            lenient: false,
            csv: CsvOptions { columns: Vec::new(), delimiter: b',' },
            parts: Vec::new(),
            members: Vec::new(),
            own,
            bare: false,
        };
        for (slot, place) in all.places().enumerate() {
            layout.add(slot as u16, place);
        }
        if let Some(text) = records {
            let FieldPath::Payload(steps) = path::parse(text)? else {
                return Err(PathError { path: text.to_owned(), at: 0, message: "records lie in the payload" });
            };
            layout.trie.mark_records(&steps);
        }
        Ok(layout)
    }

    fn add(&mut self, slot: u16, place: &FieldPath) {
        match place {
            FieldPath::Record(part) => self.parts.push((slot, part.clone())),
            FieldPath::Payload(steps) => {
                self.bare |= steps.is_empty();
                if let [Step::Name(name)] = steps.as_slice() {
                    self.members.push((slot, name.clone()));
                }
                self.flat.add(&[Step::Name(path::joined(steps).into())], slot);
                self.trie.add(steps, slot);
                if let Some(element) = &mut self.element {
                    element.add(steps, slot);
                }
            }
        }
    }
}

/// Where an event comes from: the record, or what an envelope in it says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin<'a> {
    pub source: SourceId,
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
    pub time: Option<Timestamp>,
    pub key: Option<&'a [u8]>,
    pub headers: Headers<'a>,
    /// Headers kept out by `redact`.
    pub hidden: &'a [Box<str>],
}

impl<'a> Origin<'a> {
    /// The last header called `name`, as text; redacted where the stream says so.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let value = self.headers.last(name)?;
        Some(if self.hidden.iter().any(|h| **h == *name) { REDACTED } else { value })
    }
}

/// Headers of a record, or those an envelope lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum Headers<'a> {
    Record(HeaderIter<'a>),
    Listed(&'a [(String, Option<String>)]),
}

impl<'a> Headers<'a> {
    /// The last header called `name`, as text.
    fn last(&self, name: &str) -> Option<&'a str> {
        match self {
            Headers::Record(headers) => {
                let found = (*headers).filter(|(n, _)| *n == name).last();
                found.and_then(|(_, value)| std::str::from_utf8(value?).ok())
            }
            Headers::Listed(list) => list.iter().rev().find(|(n, _)| n == name).and_then(|(_, v)| v.as_deref()),
        }
    }
}

/// What is being filled, kept from record to record so that nothing is allocated for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub slots: Vec<Slot>,
    /// The slots every event of a record begins with.
    pub base: Vec<Slot>,
    /// Unescaped texts and parts of the record.
    pub arena: String,
    /// What is remembered of a stream's CSV from record to record.
    pub csv: Option<Box<Csv>>,
}

/// Memory the arena keeps between records: one 10 MB record must not stay for good.
const ARENA_KEPT: usize = 64 * 1024;

impl Draft {
    /// Empties it and fills the slots that come from the record around the payload.
    #[inline]
    pub(super) fn begin(&mut self, layout: &Layout, origin: &Origin<'_>) {
        self.slots.clear();
        self.slots.resize(layout.width, Slot::Missing);
        self.arena.clear();
        if self.arena.capacity() > ARENA_KEPT {
            self.arena.shrink_to(ARENA_KEPT);
        }
        for (slot, part) in &layout.parts {
            self.slots[*slot as usize] = self.part(part, origin);
        }
    }

    fn part(&mut self, part: &Part, origin: &Origin<'_>) -> Slot {
        match part {
            Part::Key => origin.key.map_or(Slot::Missing, |key| self.key(key)),
            Part::Topic => Slot::keep(origin.topic, &mut self.arena),
            Part::Partition => Slot::Number(f64::from(origin.partition)),
            Part::Offset => Slot::Number(origin.offset as f64),
            Part::Time => origin.time.map_or(Slot::Missing, |t| Slot::Number(t.as_millis() as f64)),
            Part::Header(name) => origin.header(name).map_or(Slot::Missing, |v| Slot::keep(v, &mut self.arena)),
        }
    }

    /// A key as text: a JSON string without its quotes, else the plain text; a binary key is missing.
    fn key(&mut self, key: &[u8]) -> Slot {
        let Ok(text) = std::str::from_utf8(key) else { return Slot::Missing };
        if text.starts_with('"') {
            let mut scan = Scan::new(text);
            if let (Ok(span), Ok(())) = (scan.string(), scan.end()) {
                let start = self.arena.len() as u32;
                unescape(&text[span.range()], &mut self.arena);
                return Slot::Arena(start, self.arena.len() as u32);
            }
        }
        Slot::keep(text, &mut self.arena)
    }
}

/// One event found in a record, before it is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    pub text: &'a str,
    pub arena: &'a str,
    pub slots: &'a [Slot],
    pub origin: &'a Origin<'a>,
    /// Which event of the record it is, from 0.
    pub index: u32,
    /// Why it is no event, where the format knows that.
    pub fault: Option<&'static str>,
}

/// Where a format hands its events to.
pub(super) type Sink<'s> = dyn FnMut(&Found<'_>) + 's;
