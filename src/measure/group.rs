//! Groups: the label values a stream's metrics are split by, as dense numbers.
//!
//! One table for each distinct `by` list. An event's label values are hashed as they stand in the
//! record, without making text of them; only what is met for the first time is written out. How
//! many groups there may be is the callers' affair: what no caller has room for goes to the one
//! group whose label values are all `other`.

use crate::model::{EventRef, FieldId, LabelSet, Value};
use crate::stats::hll::hash_bytes;
use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::borrow::Cow;
use std::fmt::Write;
use std::hash::Hasher;
use std::sync::Arc;

/// The label value of what is folded together.
pub const OTHER: &str = "other";

/// Bytes of a label's value; a longer text keeps its beginning and a hash of the whole, so that
/// two of them stay two. Wider than any sensible label, and a record of 10 MB makes no large one.
const LABEL_BYTES: usize = 200;

/// Ends a value in a key; never part of UTF-8.
const END: u8 = 0xff;
/// Begins a number in a key, written as its eight bytes; never part of UTF-8.
const NUMBER: u8 = 0xfe;

/// Keys kept for each group: a group can be met in several spellings, `3` as a number and as a
/// text. More are looked up the slow way.
const SPELLINGS: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    start: u32,
    len: u32,
    group: u32,
}

/// All groups of one `by` list.
#[derive(Debug)]
pub struct GroupTable {
    by: Vec<FieldId>,
    names: Vec<Arc<str>>,
    index: HashTable<Entry>,
    /// The bytes of all keys.
    keys: Vec<u8>,
    labels: Vec<LabelSet>,
    /// Groups in the order of their labels, and the place of each group in that order.
    sorted: Vec<u32>,
    ranks: Vec<u32>,
    other: Option<u32>,
    scratch: Vec<u8>,
    scratch_hash: u64,
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    hasher.finish()
}

/// A text as the value of a label: not longer than that.
pub fn label_text(text: &str) -> Cow<'_, str> {
    if text.len() <= LABEL_BYTES {
        return text.into();
    }
    let full = hash_bytes(text.as_bytes());
    format!("{}…{full:016x}", &text[..text.floor_char_boundary(LABEL_BYTES)]).into()
}

/// A value as the key of a group. Missing values are empty text.
#[inline]
fn push_value(key: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Missing => {}
        Value::Bool(b) => key.extend_from_slice(if b { b"true" } else { b"false" }),
        Value::Number(x) => {
            key.push(NUMBER);
            key.extend_from_slice(&(x + 0.0).to_bits().to_le_bytes());
        }
        Value::Text(t) => key.extend_from_slice(label_text(t).as_bytes()),
    }
    key.push(END);
}

/// The label values of a key, each as text.
fn texts(mut key: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(&first) = key.first() {
        let mut text = String::new();
        if first == NUMBER && key.len() > 8 {
            let bits = key[1..9].try_into().map_or(0, u64::from_le_bytes);
            // The shortest form that reads back as the same number: 3, not 3.0.
            let _ = write!(text, "{}", f64::from_bits(bits));
            key = &key[9..];
        }
        let end = key.iter().position(|&b| b == END).unwrap_or(key.len());
        text.push_str(&String::from_utf8_lossy(&key[..end]));
        key = key.get(end + 1..).unwrap_or_default();
        texts.push(text);
    }
    texts
}

impl GroupTable {
    /// A table of `by`, whose labels are called `names`.
    pub fn new(by: Vec<FieldId>, names: Vec<Arc<str>>) -> Self {
        let mut table = Self {
            by,
            names,
            index: HashTable::new(),
            keys: Vec::new(),
            labels: Vec::new(),
            sorted: Vec::new(),
            ranks: Vec::new(),
            other: None,
            scratch: Vec::new(),
            scratch_hash: 0,
        };
        if table.by.is_empty() {
            table.adopt(LabelSet::none());
        }
        table
    }

    /// Whether it splits by the same fields into the same labels.
    pub fn is_like(&self, other: &Self) -> bool {
        self.by == other.by && self.names == other.names
    }

    /// The fields it is split by.
    pub fn by(&self) -> &[FieldId] {
        &self.by
    }

    /// The group of an event, if it is known. Without `by` there is one group, 0.
    #[inline]
    pub fn find(&mut self, event: &EventRef<'_>) -> Option<u32> {
        if self.by.is_empty() {
            return Some(0);
        }
        self.scratch.clear();
        for &field in &self.by {
            push_value(&mut self.scratch, event.get(field));
        }
        self.scratch_hash = hash(&self.scratch);
        let found = self.lookup(&self.scratch, self.scratch_hash);
        if found.is_none() { self.find_spelled() } else { found }
    }

    fn lookup(&self, key: &[u8], hash: u64) -> Option<u32> {
        let same = |e: &Entry| e.hash == hash && self.keys.get(e.start as usize..(e.start + e.len) as usize) == Some(key);
        self.index.find(hash, same).map(|e| e.group)
    }

    /// Looks for the group under its text where the event spells it with numbers.
    #[cold]
    fn find_spelled(&mut self) -> Option<u32> {
        let spelled = self.canonical();
        if spelled == self.scratch {
            return None;
        }
        let group = self.lookup(&spelled, hash(&spelled))?;
        if self.index.len() < self.labels.len() * SPELLINGS {
            let key = std::mem::take(&mut self.scratch);
            self.insert(&key, self.scratch_hash, group);
            self.scratch = key;
        }
        Some(group)
    }

    /// The key of the last event looked for, with numbers written out.
    fn canonical(&self) -> Vec<u8> {
        if !self.scratch.contains(&NUMBER) {
            return self.scratch.clone();
        }
        let mut key = Vec::with_capacity(self.scratch.len() + 16);
        for text in texts(&self.scratch) {
            key.extend_from_slice(text.as_bytes());
            key.push(END);
        }
        key
    }

    /// Makes a group for the last event that [`GroupTable::find`] did not know.
    pub fn add_last(&mut self) -> u32 {
        let key = std::mem::take(&mut self.scratch);
        let group = self.adopt(LabelSet::new(self.names.iter().cloned().zip(texts(&key))));
        self.insert(&key, self.scratch_hash, group);
        self.scratch = key;
        let spelled = self.canonical();
        if spelled != self.scratch {
            self.insert(&spelled, hash(&spelled), group);
        }
        group
    }

    /// The group of all that is folded together, made when it is first needed.
    pub fn other(&mut self) -> u32 {
        if let Some(group) = self.other {
            return group;
        }
        let mut key = Vec::new();
        for _ in &self.by {
            push_value(&mut key, Value::Text(OTHER));
        }
        let hash = hash(&key);
        // There may be a group that is really called so: its series would have the same key.
        let group = self.lookup(&key, hash).unwrap_or_else(|| {
            let group = self.adopt(LabelSet::new(self.names.iter().cloned().map(|name| (name, OTHER))));
            self.insert(&key, hash, group);
            group
        });
        self.other = Some(group);
        group
    }

    fn insert(&mut self, key: &[u8], hash: u64, group: u32) {
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.index.insert_unique(hash, Entry { hash, start, len: key.len() as u32, group }, |e| e.hash);
    }

    fn adopt(&mut self, labels: LabelSet) -> u32 {
        let group = self.labels.len() as u32;
        let place = self.sorted.partition_point(|&g| self.labels[g as usize] <= labels);
        self.sorted.insert(place, group);
        self.labels.push(labels);
        self.ranks.clear();
        group
    }

    /// The labels of a group.
    pub fn labels(&self, group: u32) -> Option<&LabelSet> {
        self.labels.get(group as usize)
    }

    /// Makes [`GroupTable::rank`] right again after groups were added.
    pub fn settle(&mut self) {
        if self.ranks.len() != self.labels.len() {
            self.ranks.resize(self.labels.len(), 0);
            for (rank, &group) in self.sorted.iter().enumerate() {
                self.ranks[group as usize] = rank as u32;
            }
        }
    }

    /// The place of a group in the order of labels, as of the last [`GroupTable::settle`].
    pub fn rank(&self, group: u32) -> u32 {
        self.ranks.get(group as usize).copied().unwrap_or(group)
    }

    /// Bytes it holds.
    pub fn heap(&self) -> usize {
        // A label set holds two counted texts per label; their text is about as long as its key.
        let labels = self.labels.len() * (size_of::<LabelSet>() + self.by.len() * 64 + 16);
        let numbers = (self.sorted.capacity() + self.ranks.capacity()) * size_of::<u32>();
        self.keys.capacity() * 2 + self.index.capacity() * (size_of::<Entry>() + 1) + labels + numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn table() -> GroupTable {
        GroupTable::new(vec![FieldId(0), FieldId(1)], vec!["b".into(), "a".into()])
    }

    fn group(table: &mut GroupTable, values: &[Value<'_>]) -> u32 {
        let event = EventRef { at: Timestamp::from_millis(0), values };
        table.find(&event).unwrap_or_else(|| table.add_last())
    }

    #[test]
    fn labels_are_written_as_people_write_them() {
        let mut t = table();
        for (values, text) in [
            ([Value::Number(3.0), Value::Number(-0.5)], r#"{a="-0.5",b="3"}"#),
            ([Value::Bool(true), Value::Missing], r#"{a="",b="true"}"#),
            ([Value::Text("支付"), Value::Number(-0.0)], r#"{a="0",b="支付"}"#),
            ([Value::Number(1e21), Value::Number(1_732_100_000.123)], r#"{a="1732100000.123",b="1000000000000000000000"}"#),
        ] {
            let id = group(&mut t, &values);
            assert_eq!(t.labels(id).map(ToString::to_string).as_deref(), Some(text));
        }
    }

    #[test]
    fn spellings_of_one_label_are_one_group() {
        let mut t = table();
        let first = group(&mut t, &[Value::Number(3.0), Value::Text("x")]);
        assert_eq!(group(&mut t, &[Value::Text("3"), Value::Text("x")]), first);
        let text_first = group(&mut t, &[Value::Text("4"), Value::Bool(true)]);
        for _ in 0..2 {
            assert_eq!(group(&mut t, &[Value::Number(4.0), Value::Text("true")]), text_first);
        }
        let empty = group(&mut t, &[Value::Missing, Value::Missing]);
        assert_eq!(group(&mut t, &[Value::Text(""), Value::Text("")]), empty);
        assert_eq!(t.labels.len(), 3);
    }

    #[test]
    fn values_never_run_together() {
        let mut t = table();
        let a = group(&mut t, &[Value::Text("ab"), Value::Text("c")]);
        let b = group(&mut t, &[Value::Text("a"), Value::Text("bc")]);
        assert_ne!(a, b);
    }

    #[test]
    fn long_texts_are_cut_and_stay_apart() {
        let mut t = table();
        let (x, y) = ("é".repeat(5_000_000), "é".repeat(4_999_999));
        let (gx, gy) = (group(&mut t, &[Value::Text(&x), Value::Missing]), group(&mut t, &[Value::Text(&y), Value::Missing]));
        assert_ne!(gx, gy);
        assert_eq!(group(&mut t, &[Value::Text(&x), Value::Missing]), gx);
        assert!(t.labels(gx).and_then(|l| l.get("b")).is_some_and(|l| l.len() < LABEL_BYTES + 24));
    }

    #[test]
    fn a_label_really_called_other_is_the_other_group() {
        let mut t = table();
        let real = group(&mut t, &[Value::Text(OTHER), Value::Text(OTHER)]);
        assert_eq!(t.other(), real);
        let mut t = table();
        let folded = t.other();
        assert_eq!(group(&mut t, &[Value::Text(OTHER), Value::Text(OTHER)]), folded);
    }

    #[test]
    fn ranks_follow_the_labels() {
        let mut t = GroupTable::new(vec![FieldId(0)], vec!["k".into()]);
        let ids: Vec<u32> = ["m", "a", "z", "b"].iter().map(|k| group(&mut t, &[Value::Text(k)])).collect();
        t.settle();
        assert_eq!(ids.iter().map(|&g| t.rank(g)).collect::<Vec<_>>(), [2, 0, 3, 1]);
    }
}
