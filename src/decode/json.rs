//! JSON: an object, an array of objects, or an array of records at a path inside.

use super::format::Format;
use super::layout::{Draft, Found, Layout, Origin, Sink};
use super::redact::Redactor;
use super::scan::{Fault, Scan};
use super::trie::{ROOT, Trie};
use super::walk::Walk;

/// Plain JSON.
pub(super) const FORMAT: Format = Format {
    name: "json",
    summary: "a JSON object, an array of them, or an array of records inside (`records`)",
    fields: &[],
    empty: false,
    own: &[],
    records: None,
    read,
    redact: Redactor::json,
};

/// Most events of one record. A 10 MB array of ordinary records holds fewer; an array of five
/// million numbers must not hold up the loop for seconds.
const EVENT_LIMIT: u32 = 100_000;

/// What is said of array elements and payloads that hold no fields.
const NO_OBJECT: &str = "a bare value, not an object (`@value` reads it)";

/// The payload as text.
pub(super) fn utf8(payload: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(payload).map_err(|e| Fault { at: Some(e.valid_up_to()), why: "not UTF-8" })
}

fn read(layout: &Layout, draft: &mut Draft, origin: &Origin<'_>, payload: &[u8], sink: &mut Sink<'_>) -> Result<(), Fault> {
    let text = utf8(payload)?;
    draft.begin(layout, origin);
    Document { layout, draft, text, origin, sink, index: 0 }.read()
}

/// One JSON text on its way to events.
pub(super) struct Document<'d, 's> {
    pub layout: &'d Layout,
    pub draft: &'d mut Draft,
    pub text: &'d str,
    pub origin: &'d Origin<'d>,
    pub sink: &'d mut Sink<'s>,
    /// Events handed over so far.
    pub index: u32,
}

impl Document<'_, '_> {
    /// Reads the whole text from the root.
    pub(super) fn read(mut self) -> Result<(), Fault> {
        let mut scan = Scan::new(self.text);
        match scan.peek() {
            b'{' => self.object(ROOT),
            b'[' => {
                scan.skip()?;
                scan.end()?;
                self.base();
                self.elements(0, None)
            }
            _ if self.layout.bare => self.object(ROOT),
            _ => {
                scan.skip()?;
                scan.end()?;
                Err(Fault::whole(NO_OBJECT))
            }
        }
    }

    /// Reads the whole text as the value of `node`: one event, or those of its array of records.
    pub(super) fn object(&mut self, node: u32) -> Result<(), Fault> {
        let layout = self.layout;
        let (mut scan, records) = self.walk(Scan::new(self.text), &layout.trie, node)?;
        scan.end()?;
        let Some(element) = &layout.element else { return self.emit(None) };
        let Some(at) = records else {
            return if layout.lenient { self.emit(None) } else { Err(Fault::whole("no records at the path `records` names")) };
        };
        self.base();
        self.elements(at, Some(element))
    }

    fn walk<'t>(&mut self, scan: Scan<'t>, trie: &Trie, node: u32) -> Result<(Scan<'t>, Option<usize>), Fault> {
        let mut walk = Walk { scan, trie, slots: &mut self.draft.slots, arena: &mut self.draft.arena, records: None };
        walk.value(node)?;
        Ok((walk.scan, walk.records))
    }

    /// What is filled now is what every further event begins with.
    fn base(&mut self) {
        self.draft.base.clone_from(&self.draft.slots);
    }

    /// Hands over the elements of the array at `at`, which has been checked. `inner` reads them as
    /// records of `records`; without it they are elements of the root.
    fn elements(&mut self, at: usize, inner: Option<&Trie>) -> Result<(), Fault> {
        let layout = self.layout;
        let base = self.draft.base.clone();
        let arena = self.draft.arena.len();
        let mut scan = Scan::new(self.text);
        scan.at = at;
        if scan.peek() != b'[' {
            return self.element(scan, inner.unwrap_or(&layout.trie)).map(|_| ());
        }
        let mut more = scan.enter(b']')?;
        while more {
            self.draft.slots.clone_from(&base);
            self.draft.arena.truncate(arena);
            scan = match (inner, &layout.element) {
                (None, Some(element)) => self.root_element(scan, element)?,
                (inner, _) => self.element(scan, inner.unwrap_or(&layout.trie))?,
            };
            more = scan.more(b']')?;
        }
        Ok(())
    }

    /// One element as one event.
    fn element<'t>(&mut self, mut scan: Scan<'t>, trie: &Trie) -> Result<Scan<'t>, Fault> {
        let fault = (scan.peek() != b'{' && !self.layout.bare).then_some(NO_OBJECT);
        let (scan, _) = self.walk(scan, trie, ROOT)?;
        self.emit(fault)?;
        Ok(scan)
    }

    /// One element of the root that itself holds an array of records.
    fn root_element<'t>(&mut self, scan: Scan<'t>, element: &Trie) -> Result<Scan<'t>, Fault> {
        let layout = self.layout;
        let (scan, records) = self.walk(scan, &layout.trie, ROOT)?;
        match records {
            Some(at) => {
                self.base();
                self.elements(at, Some(element))?;
            }
            None => self.emit((!layout.lenient).then_some("no records at the path `records` names"))?,
        }
        Ok(scan)
    }

    fn emit(&mut self, fault: Option<&'static str>) -> Result<(), Fault> {
        if self.index == EVENT_LIMIT {
            return Err(Fault::whole("more than 100000 records in one payload; those behind are not read"));
        }
        let Draft { slots, arena, .. } = &*self.draft;
        (self.sink)(&Found { text: self.text, arena, slots, origin: self.origin, index: self.index, fault });
        self.index += 1;
        Ok(())
    }
}
