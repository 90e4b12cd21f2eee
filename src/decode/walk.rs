//! The walk over one JSON value: fills the slots of the paths it meets, skips and checks the rest.

use super::scan::{Fault, Scan, Span, unescape};
use super::trie::Trie;
use crate::model::Value;

/// What was found for one field, as places in the payload or the arena.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Slot {
    /// Nothing, or null.
    #[default]
    Missing,
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// A number too large for any float.
    Infinite,
    /// An object or an array.
    Compound,
    /// Text in the payload, between these bytes.
    Plain(u32, u32),
    /// Text in the arena, between these bytes.
    Arena(u32, u32),
}

impl Slot {
    /// As the engine sees it.
    #[inline]
    pub(super) fn value<'a>(self, text: &'a str, arena: &'a str) -> Value<'a> {
        match self {
            Slot::Missing | Slot::Infinite | Slot::Compound => Value::Missing,
            Slot::Bool(b) => Value::Bool(b),
            Slot::Number(x) => Value::Number(x),
            Slot::Plain(from, to) => Value::Text(text.get(from as usize..to as usize).unwrap_or_default()),
            Slot::Arena(from, to) => Value::Text(arena.get(from as usize..to as usize).unwrap_or_default()),
        }
    }

    /// A copy of `text` in `arena`.
    pub(super) fn keep(text: &str, arena: &mut String) -> Self {
        let start = arena.len() as u32;
        arena.push_str(text);
        Slot::Arena(start, arena.len() as u32)
    }
}

/// A walk with its targets.
pub(super) struct Walk<'w, 't> {
    pub scan: Scan<'t>,
    pub trie: &'w Trie,
    pub slots: &'w mut [Slot],
    pub arena: &'w mut String,
    /// Where the array of records begins, once it is met.
    pub records: Option<usize>,
}

impl Walk<'_, '_> {
    /// Reads the next value as that of `node`. It descends only along paths, so never deeper than the longest of them.
    #[inline]
    pub(super) fn value(&mut self, node: u32) -> Result<(), Fault> {
        let found = match self.scan.peek() {
            b'"' => {
                let span = self.scan.string()?;
                match self.trie.slot(node) {
                    Some(_) => self.text(span),
                    None => return Ok(()),
                }
            }
            b'-' | b'0'..=b'9' => {
                let x = self.scan.number()?;
                if x.is_finite() { Slot::Number(x) } else { Slot::Infinite }
            }
            b'{' => {
                self.compound(node, b'{')?;
                Slot::Compound
            }
            b'[' => {
                self.compound(node, b'[')?;
                Slot::Compound
            }
            _ => self.scan.literal()?.map_or(Slot::Missing, Slot::Bool),
        };
        if let Some(slot) = self.trie.slot(node) {
            self.slots[slot as usize] = found;
        }
        Ok(())
    }

    fn compound(&mut self, node: u32, open: u8) -> Result<(), Fault> {
        if self.trie.is_records(node) {
            self.records = Some(self.scan.at);
            self.scan.skip()
        } else if open == b'{' && self.trie.has_members(node) {
            self.object(node)
        } else if open == b'[' && self.trie.has_places(node) {
            self.array(node)
        } else {
            self.scan.skip()
        }
    }

    /// Reads the object that is next. Of a name that repeats, the last wins, field by field.
    fn object(&mut self, node: u32) -> Result<(), Fault> {
        if !self.scan.enter(b'}')? {
            return Ok(());
        }
        loop {
            let key = self.scan.key()?;
            match self.trie.member(node, self.scan.text(), key) {
                Some(child) => self.value(child)?,
                None => self.scan.skip()?,
            }
            if !self.scan.more(b'}')? {
                return Ok(());
            }
        }
    }

    fn array(&mut self, node: u32) -> Result<(), Fault> {
        if !self.scan.enter(b']')? {
            return Ok(());
        }
        let mut place = 0;
        loop {
            match self.trie.place(node, place) {
                Some(child) => self.value(child)?,
                None => self.scan.skip()?,
            }
            if !self.scan.more(b']')? {
                return Ok(());
            }
            place = place.saturating_add(1);
        }
    }

    fn text(&mut self, span: Span) -> Slot {
        if !span.escaped {
            return Slot::Plain(span.start as u32, span.end as u32);
        }
        let start = self.arena.len() as u32;
        unescape(&self.scan.text()[span.range()], self.arena);
        Slot::Arena(start, self.arena.len() as u32)
    }
}
