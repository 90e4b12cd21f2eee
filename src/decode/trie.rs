//! The paths of a stream compiled into one tree of names, so that a record is read in one pass.

use super::path::Step;
use super::scan::{Span, unescape};

/// A slot number that stands for "no slot".
const NONE: u16 = u16::MAX;
/// The tree's root.
pub(super) const ROOT: u32 = 0;

#[derive(Clone, Debug)]
struct Child {
    /// Length and first seven bytes of the name: one comparison settles nearly every name.
    head: u64,
    name: Box<str>,
    node: u32,
}

#[derive(Clone, Debug)]
struct Node {
    slot: u16,
    records: bool,
    names: Vec<Child>,
    places: Vec<(u32, u32)>,
}

/// Paths, compiled.
#[derive(Clone, Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

impl Trie {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node { slot: NONE, records: false, names: Vec::new(), places: Vec::new() }] }
    }

    /// Adds a path; what it names goes to `slot`.
    pub(super) fn add(&mut self, steps: &[Step], slot: u16) {
        let node = self.node(steps);
        self.nodes[node as usize].slot = slot;
    }

    /// Marks the place of the array that holds the records.
    pub(super) fn mark_records(&mut self, steps: &[Step]) {
        let node = self.node(steps);
        self.nodes[node as usize].records = true;
    }

    fn node(&mut self, steps: &[Step]) -> u32 {
        let mut at = ROOT;
        for step in steps {
            let next = self.nodes.len() as u32;
            let node = &mut self.nodes[at as usize];
            let known = match step {
                Step::Name(name) => node.names.iter().find(|c| c.name == *name).map(|c| c.node),
                Step::Index(place) => node.places.iter().find(|(p, _)| p == place).map(|(_, n)| *n),
            };
            at = known.unwrap_or(next);
            if known.is_none() {
                match step {
                    Step::Name(name) => {
                        let head = head(name.as_bytes(), 0, name.len());
                        node.names.push(Child { head, name: name.clone(), node: next });
                    }
                    Step::Index(place) => node.places.push((*place, next)),
                }
                self.nodes.push(Node { slot: NONE, records: false, names: Vec::new(), places: Vec::new() });
            }
        }
        at
    }

    /// The node below `node` for the member whose name stands at `key` in `text`.
    #[inline]
    pub(super) fn member(&self, node: u32, text: &str, key: Span) -> Option<u32> {
        let names = &self.nodes[node as usize].names;
        if key.escaped {
            return self.escaped_member(node, &text[key.range()]);
        }
        let len = key.end - key.start;
        let wanted = head(text.as_bytes(), key.start, len);
        let found = names.iter().find(|c| c.head == wanted && (len <= 7 || text.as_bytes()[key.range()] == *c.name.as_bytes()));
        found.map(|c| c.node)
    }

    #[cold]
    fn escaped_member(&self, node: u32, content: &str) -> Option<u32> {
        let mut name = String::new();
        unescape(content, &mut name);
        self.named(node, &name)
    }

    /// The node below `node` for the member `name`.
    pub(super) fn named(&self, node: u32, name: &str) -> Option<u32> {
        self.nodes[node as usize].names.iter().find(|c| *c.name == *name).map(|c| c.node)
    }

    /// The node below `node` for a place in an array.
    #[inline]
    pub(super) fn place(&self, node: u32, place: u32) -> Option<u32> {
        self.nodes[node as usize].places.iter().find(|(p, _)| *p == place).map(|(_, n)| *n)
    }

    /// The slot filled at `node`.
    #[inline]
    pub(super) fn slot(&self, node: u32) -> Option<u16> {
        let slot = self.nodes[node as usize].slot;
        (slot != NONE).then_some(slot)
    }

    /// Whether the records stand at `node`.
    #[inline]
    pub(super) fn is_records(&self, node: u32) -> bool {
        self.nodes[node as usize].records
    }

    /// Whether any path goes on below `node` with a member.
    #[inline]
    pub(super) fn has_members(&self, node: u32) -> bool {
        !self.nodes[node as usize].names.is_empty()
    }

    /// Whether any path goes on below `node` with a place in an array.
    #[inline]
    pub(super) fn has_places(&self, node: u32) -> bool {
        !self.nodes[node as usize].places.is_empty()
    }
}

/// The length of a name in the highest byte (long ones alike) and its first seven bytes below.
#[inline]
fn head(bytes: &[u8], start: usize, len: usize) -> u64 {
    let kept = len.min(7);
    let word = match bytes.get(start..).and_then(<[u8]>::first_chunk::<8>) {
        Some(chunk) => u64::from_le_bytes(*chunk) & ((1 << (kept * 8)) - 1),
        None => bytes[start..start + kept].iter().rev().fold(0, |word, b| (word << 8) | u64::from(*b)),
    };
    word | (len.min(255) as u64) << 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(n: &str) -> Step {
        Step::Name(n.into())
    }

    #[test]
    fn paths_share_their_beginnings() {
        let mut trie = Trie::new();
        trie.add(&[name("meta"), name("rssi")], 0);
        trie.add(&[name("meta"), name("fw"), Step::Index(1)], 1);
        trie.mark_records(&[name("rows")]);
        let meta = trie.named(ROOT, "meta").unwrap();
        assert_eq!(trie.named(meta, "rssi").and_then(|n| trie.slot(n)), Some(0));
        let fw = trie.named(meta, "fw").unwrap();
        assert!(trie.has_places(fw) && !trie.has_members(fw));
        assert_eq!(trie.place(fw, 1).and_then(|n| trie.slot(n)), Some(1));
        assert_eq!(trie.place(fw, 0), None);
        assert!(trie.named(ROOT, "rows").is_some_and(|n| trie.is_records(n)));
    }

    proptest! {
        #[test]
        fn names_are_found_wherever_they_stand(names in proptest::collection::vec("[a-c\\x00é]{0,9}", 1..6), before in 0usize..3, after in 0usize..9) {
            let mut trie = Trie::new();
            for (i, n) in names.iter().enumerate() {
                trie.add(&[name(n)], i as u16);
            }
            for n in &names {
                let text = format!("{}{n}{}", "x".repeat(before), "y".repeat(after));
                let span = Span { start: before, end: before + n.len(), escaped: false };
                prop_assert_eq!(trie.member(ROOT, &text, span), trie.named(ROOT, n));
            }
            prop_assert_eq!(trie.member(ROOT, "aaaaaaaaaaaaaaaaaaaa", Span { start: 0, end: 12, escaped: false }), None);
        }
    }
}
