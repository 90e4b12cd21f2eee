//! collectd's JSON, as `write_kafka` and `write_http` send it: an array of value lists. Each value of a
//! list is an event of its own, with its `dsname` beside it. (collectd 5, `format_json`.)
//!
//! Whether a counter comes as it stands or as a rate is set where it is sent (`StoreRates`), and the
//! record does not say which, so `value` is delivered as it came.

use super::format::Format;
use super::json::utf8;
use super::layout::{Draft, Found, Layout, Origin, Sink};
use super::redact::Redactor;
use super::scan::{Fault, Scan};
use super::trie::ROOT;
use super::walk::{Slot, Walk};

/// collectd's JSON.
pub(super) const FORMAT: Format = Format {
    name: "collectd",
    summary: "collectd's JSON (write_kafka, write_http): every value of a list is an event with `value`, `dsname`, `dstype` beside `host`, `plugin`, …",
    fields: &["value", "dsname", "dstype", "time", "interval", "host", "plugin", "plugin_instance", "type", "type_instance"],
    empty: false,
    own: &["value", "dsname", "dstype"],
    records: None,
    read,
    redact: Redactor::json,
};

/// Most events of one payload, as of any JSON array.
const EVENT_LIMIT: u32 = 100_000;

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let text = utf8(payload)?;
    draft.begin(layout, origin);
    // Nothing is handed over before the whole has been checked.
    let mut scan = Scan::new(text);
    scan.skip()?;
    scan.end()?;
    let mut scan = Scan::new(text);
    draft.base.clone_from(&draft.slots);
    let base = std::mem::take(&mut draft.base);
    let arena = draft.arena.len();
    let mut lists = Lists { layout, draft, origin, text, sink, index: 0 };
    let outcome = match scan.peek() {
        b'{' => lists.list(scan).map(drop),
        b'[' => lists.each(scan, &base, arena),
        _ => Err(Fault::whole("expected value lists of collectd")),
    };
    draft.base = base;
    outcome
}

/// A payload of value lists on its way to events.
struct Lists<'l, 's> {
    layout: &'l Layout,
    draft: &'l mut Draft,
    origin: &'l Origin<'l>,
    text: &'l str,
    sink: &'l mut Sink<'s>,
    index: u32,
}

impl Lists<'_, '_> {
    fn each(&mut self, mut scan: Scan<'_>, base: &[Slot], arena: usize) -> Result<(), Fault> {
        let mut more = scan.enter(b']')?;
        while more {
            self.draft.slots.clear();
            self.draft.slots.extend_from_slice(base);
            self.draft.arena.truncate(arena);
            if scan.peek() == b'{' {
                let mut inner = Scan::new(self.text);
                inner.at = scan.at;
                scan.at = self.list(inner)?;
            } else {
                scan.skip()?;
                self.emit(Some("a bare value, not a value list"))?;
            }
            more = scan.more(b']')?;
        }
        Ok(())
    }

    /// Reads the value list that is next; answers where it ends.
    fn list(&mut self, scan: Scan<'_>) -> Result<usize, Fault> {
        let Draft { slots, arena, .. } = &mut *self.draft;
        let trie = &self.layout.trie;
        let mut walk = Walk { scan, trie, slots, arena, records: None };
        let mut places = [None; 3];
        let mut more = walk.scan.enter(b'}')?;
        while more {
            let key = walk.scan.key()?;
            let array = walk.scan.peek() == b'[';
            let at = walk.scan.at;
            match self.text.get(key.range()) {
                Some("values") if array => places[0] = Some(at),
                Some("dsnames") if array => places[1] = Some(at),
                Some("dstypes") if array => places[2] = Some(at),
                _ => {}
            }
            match trie.member(ROOT, self.text, key) {
                Some(child) => walk.value(child)?,
                None => walk.scan.skip()?,
            }
            more = walk.scan.more(b'}')?;
        }
        let end = walk.scan.at;
        let Some(values) = places[0] else {
            self.emit(Some("no value list of collectd: it has no `values`"))?;
            return Ok(end);
        };
        let mut cursors = [Cursor::new(self.text, Some(values)), Cursor::new(self.text, places[1]), Cursor::new(self.text, places[2])];
        while cursors[0].open {
            for (cursor, own) in cursors.iter_mut().zip(&self.layout.own) {
                let found = cursor.next(&mut self.draft.arena)?;
                self.draft.slots[*own as usize] = found;
            }
            self.emit(None)?;
        }
        Ok(end)
    }

    fn emit(&mut self, fault: Option<&'static str>) -> Result<(), Fault> {
        if self.index == EVENT_LIMIT {
            return Err(Fault::whole("more than 100000 values in one payload; those behind are not read"));
        }
        let Draft { slots, arena, .. } = &*self.draft;
        (self.sink)(&Found { text: self.text, arena, slots, origin: self.origin, index: self.index, fault });
        self.index += 1;
        Ok(())
    }
}

/// A place in one of the three arrays that go side by side; the array has been checked.
struct Cursor<'t> {
    scan: Scan<'t>,
    open: bool,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str, at: Option<usize>) -> Self {
        let mut scan = Scan::new(text);
        scan.at = at.unwrap_or(0);
        let open = at.is_some() && scan.enter(b']').unwrap_or(false);
        Self { scan, open }
    }

    /// The next element; `Missing` behind the last.
    fn next(&mut self, arena: &mut String) -> Result<Slot, Fault> {
        if !self.open {
            return Ok(Slot::Missing);
        }
        let found = match self.scan.peek() {
            b'"' => super::lines::quoted(self.scan.text(), self.scan.string()?, arena),
            b'-' | b'0'..=b'9' => match self.scan.number()? {
                x if x.is_finite() => Slot::Number(x),
                _ => Slot::Infinite,
            },
            _ => {
                self.scan.skip()?;
                Slot::Missing
            }
        };
        self.open = self.scan.more(b']')?;
        Ok(found)
    }
}
