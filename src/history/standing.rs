//! How sources stood at a moment, as lines: what must go before a part of a recording that is replayed
//! on its own, or its sources would seem never to have come up.

use super::write::write_input;
use crate::model::{Input, PartitionEvent, SourceId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Links and partitions remembered: as many partitions as the machine tracks.
const STANDING_LIMIT: usize = 20_000;

/// What a line is about: the source, its topic, its partition, and which of a partition's two lines.
type About = (u16, Option<Arc<str>>, Option<i32>, u8);

/// The newest line of every link and partition.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    lines: BTreeMap<About, Vec<u8>>,
}

impl Standing {
    /// Takes note of an input, where it says how something stands. `names` gives the sources' names.
    pub fn note<'n>(&mut self, input: &Input<'_>, names: &dyn Fn(SourceId) -> &'n str) {
        let about: About = match input {
            Input::Link { source, topic, .. } => (source.0, topic.cloned(), None, 0),
            Input::Partition { source, topic, partition, event } => {
                let kind = match event {
                    PartitionEvent::Assigned { .. } | PartitionEvent::Revoked => 1,
                    PartitionEvent::End { .. } => 2,
                    // These tell of a moment, not of how things stand.
                    PartitionEvent::Idle | PartitionEvent::Recreated | PartitionEvent::Lost { .. } => return,
                };
                (source.0, Some(Arc::clone(topic)), Some(*partition), kind)
            }
            _ => return,
        };
        if self.lines.len() >= STANDING_LIMIT && !self.lines.contains_key(&about) {
            return;
        }
        let line = self.lines.entry(about).or_default();
        line.clear();
        write_input(input, names, line);
    }

    /// Takes over what stands in `newer`.
    pub fn take(&mut self, newer: Self) {
        for (about, line) in newer.lines {
            if self.lines.len() < STANDING_LIMIT || self.lines.contains_key(&about) {
                self.lines.insert(about, line);
            }
        }
    }

    /// The lines, links first within a source.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.values().map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LinkState;

    #[test]
    fn the_newest_of_each_counts() {
        let topic: Arc<str> = "t".into();
        let name = |_: SourceId| "kafka";
        let link = |state| Input::Link { source: SourceId(0), topic: None, state, detail: "" };
        let partition = |event| Input::Partition { source: SourceId(0), topic: &topic, partition: 0, event };
        let mut standing = Standing::default();
        standing.note(&link(LinkState::Connecting), &name);
        standing.note(&partition(PartitionEvent::Assigned { position: 3, end: 9 }), &name);
        standing.note(&partition(PartitionEvent::Idle), &name);
        let mut newer = Standing::default();
        newer.note(&link(LinkState::Up), &name);
        newer.note(&partition(PartitionEvent::End { end: 12 }), &name);
        standing.take(newer);
        let lines: Vec<_> = standing.lines().map(|l| String::from_utf8_lossy(l).into_owned()).collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].contains("\"up\"") && lines[1].contains("assigned") && lines[2].contains("\"end\":12"), "{lines:?}");
    }
}
