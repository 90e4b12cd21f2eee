//! CSV: one event a record, fields by the names of the columns. The names stand in the configuration
//! (`columns`), or in the first record of the stream; a header that comes again is no event.

use super::format::Format;
use super::json::utf8;
use super::layout::{Draft, Found, Layout, Origin, Sink};
use super::lines::{scalar, slot_named};
use super::redact::{REDACTED, Redactor};
use super::scan::Fault;
use super::walk::Slot;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use std::sync::Arc;

/// Comma-separated values.
pub(super) const FORMAT: Format = Format {
    name: "csv",
    summary: "comma-separated values, quoted where needed; the names of the columns in `columns`, else in the first record",
    fields: &[],
    empty: false,
    own: &[],
    records: None,
    read,
    redact,
};

/// Most columns of a record, as many as a stream has fields.
const COLUMN_LIMIT: usize = 1_024;
/// Most records of one payload, as of a JSON array: one payload must not hold up the loop.
const EVENT_LIMIT: u32 = 100_000;
/// Memory kept for the text of a record between payloads: one of 10 MB must not stay for good.
const KEPT: usize = 64 * 1024;

const FEWER: &str = "fewer fields than columns";
const MORE: &str = "more fields than columns";
const UNCLOSED: &str = "fewer fields than columns, and a quote that is not closed";
const NO_HEADER: &str = "no header: the first record holds numbers; name the columns of the stream: columns = [\"time\", \"value\"]";

/// How a stream's CSV is written, from its configuration.
#[derive(Clone, Debug)]
pub(super) struct CsvOptions {
    /// The columns' names; none: the first record holds them.
    pub columns: Vec<Arc<str>>,
    /// What stands between fields.
    pub delimiter: u8,
}

/// What is remembered of a stream's CSV.
#[derive(Clone, Debug)]
pub(super) struct Csv {
    reader: Reader,
    out: Vec<u8>,
    ends: Vec<usize>,
    /// Names of the columns; none until the header has come.
    names: Vec<Box<str>>,
    /// The slot of each column.
    slots: Vec<Option<usize>>,
}

impl Csv {
    fn new(options: &CsvOptions, layout: Option<&Layout>) -> Self {
        let reader = ReaderBuilder::new().delimiter(options.delimiter).build();
        let names: Vec<Box<str>> = options.columns.iter().map(|n| (**n).into()).collect();
        let slots = layout.map(|l| names.iter().map(|n| slot_named(l, n)).collect()).unwrap_or_default();
        Self { reader, out: Vec::new(), ends: vec![0; 16], names, slots }
    }

    /// Makes ready for a payload of `len` bytes.
    fn begin(&mut self, len: usize) {
        self.reader.reset();
        if self.out.len() > KEPT {
            self.out = Vec::new();
        }
        if self.out.len() < len {
            self.out.resize(len, 0);
        }
    }

    /// Reads the next record of `rest`; answers its text and how many fields it has.
    fn next(&mut self, rest: &mut &[u8]) -> Result<Option<usize>, Fault> {
        let (mut written, mut fields) = (0, 0);
        loop {
            if fields == self.ends.len() {
                if fields >= COLUMN_LIMIT {
                    return Err(Fault::whole("more than 1024 columns"));
                }
                self.ends.resize((fields * 2).min(COLUMN_LIMIT), 0);
            }
            if written == self.out.len() {
                self.out.resize(written + 64, 0);
            }
            let (result, read, wrote, ended) = self.reader.read_record(rest, &mut self.out[written..], &mut self.ends[fields..]);
            *rest = &rest[read..];
            written += wrote;
            fields += ended;
            match result {
                ReadRecordResult::Record => return Ok(Some(fields)),
                ReadRecordResult::End => return Ok(None),
                // An empty input says that nothing follows, and the record at hand ends there.
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            }
        }
    }

    /// Where the field `nth` stands in the text of the record.
    fn field(&self, nth: usize) -> (usize, usize) {
        let from = if nth == 0 { 0 } else { self.ends[nth - 1] };
        (from, self.ends[nth])
    }

    fn text(&self, fields: usize) -> &str {
        let end = fields.checked_sub(1).map_or(0, |last| self.ends[last]);
        // The payload was checked, and records are cut at signs of one byte.
        std::str::from_utf8(&self.out[..end]).unwrap_or_default()
    }

    fn is_header(&self, text: &str, fields: usize) -> bool {
        fields == self.names.len() && (0..fields).all(|nth| text[self.field(nth).0..self.field(nth).1].trim() == &*self.names[nth])
    }

    /// Takes the record at hand for the header, unless it holds numbers or nothing.
    fn take_header(&mut self, fields: usize, layout: &Layout) -> bool {
        let text = self.text(fields);
        let names: Vec<Box<str>> = (0..fields).map(|nth| text[self.field(nth).0..self.field(nth).1].trim().into()).collect();
        if names.iter().any(|n| n.is_empty() || n.parse::<f64>().is_ok()) {
            return false;
        }
        self.slots = names.iter().map(|n| slot_named(layout, n)).collect();
        self.names = names;
        true
    }
}

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    utf8(payload)?;
    // Taken out of the draft while that is filled.
    let mut csv = draft.csv.take().unwrap_or_else(|| Box::new(Csv::new(&layout.csv, Some(layout))));
    csv.begin(payload.len());
    let outcome = records(&mut csv, layout, draft, origin, payload, sink);
    draft.csv = Some(csv);
    outcome
}

fn records(
    csv: &mut Csv,
    layout: &Layout,
    draft: &mut Draft,
    origin: &Origin<'_>,
    payload: &[u8],
    sink: &mut Sink<'_>,
) -> Result<(), Fault> {
    let mut rest = payload;
    let (mut index, mut seen) = (0, false);
    while let Some(fields) = csv.next(&mut rest)? {
        seen = true;
        let alone = index == 0 && rest.iter().all(u8::is_ascii_whitespace);
        if csv.names.is_empty() {
            if csv.take_header(fields, layout) {
                continue;
            }
            return Err(Fault::whole(NO_HEADER));
        }
        let text = csv.text(fields);
        if csv.is_header(text, fields) {
            continue;
        }
        let fault = fault(csv, fields, payload);
        if let Some(why) = fault.filter(|_| alone) {
            return Err(Fault::whole(why));
        }
        draft.begin(layout, origin);
        if fault.is_none() {
            for (nth, slot) in csv.slots.iter().enumerate() {
                let Some(slot) = slot else { continue };
                draft.slots[*slot] = value(text, csv.field(nth));
            }
        }
        if index == EVENT_LIMIT {
            return Err(Fault::whole("more than 100000 records in one payload; those behind are not read"));
        }
        sink(&Found { text, arena: &draft.arena, slots: &draft.slots, origin, index, fault });
        index += 1;
    }
    if seen { Ok(()) } else { Err(Fault::whole("blank")) }
}

fn fault(csv: &Csv, fields: usize, payload: &[u8]) -> Option<&'static str> {
    let odd_quotes = || payload.iter().fold(false, |odd, b| odd ^ (*b == b'"'));
    match fields.cmp(&csv.names.len()) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(MORE),
        std::cmp::Ordering::Less => Some(if odd_quotes() { UNCLOSED } else { FEWER }),
    }
}

/// A field's value; an empty one is missing.
fn value(text: &str, (from, to): (usize, usize)) -> Slot {
    let field = text.get(from..to).unwrap_or_default();
    let trimmed = field.trim();
    if trimmed.is_empty() {
        return Slot::Missing;
    }
    let from = from + (field.len() - field.trim_start().len());
    scalar(text, from, from + trimmed.len())
}

/// Writes the records anew with the columns replaced; `config` sees to it that the columns are named.
fn redact(redactor: &Redactor, payload: &[u8]) -> Result<Vec<u8>, Fault> {
    utf8(payload)?;
    let mut csv = Csv::new(&redactor.csv, None);
    csv.begin(payload.len());
    let hidden: Vec<bool> = csv.names.iter().map(|n| redactor.hides(n)).collect();
    let delimiter = redactor.csv.delimiter;
    let mut out = Vec::with_capacity(payload.len());
    let mut rest = payload;
    while let Some(fields) = csv.next(&mut rest)? {
        if fields != hidden.len() {
            return Err(Fault::whole("not as many fields as columns"));
        }
        let text = csv.text(fields);
        let header = csv.is_header(text, fields);
        for (nth, hide) in hidden.iter().enumerate() {
            let (from, to) = csv.field(nth);
            let field = if *hide && !header { REDACTED } else { text.get(from..to).unwrap_or_default() };
            if nth > 0 {
                out.push(delimiter);
            }
            write(&mut out, field.as_bytes(), delimiter);
        }
        if !rest.is_empty() {
            out.push(b'\n');
        }
    }
    Ok(out)
}

fn write(out: &mut Vec<u8>, field: &[u8], delimiter: u8) {
    if !field.iter().any(|b| *b == delimiter || matches!(b, b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for byte in field {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}
