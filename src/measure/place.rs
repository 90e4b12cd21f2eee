//! Where a record stood, as far as event time and ties need to know.

use crate::model::SourceId;

/// The position of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The source.
    pub source: SourceId,
    /// The topic, as the machine numbers topics.
    pub topic_index: u32,
    /// The partition; 0 where there are none.
    pub partition: i32,
    /// The offset in the partition.
    pub offset: i64,
}

impl Place {
    /// The partition it lies in.
    pub const fn slot(self) -> Slot {
        Slot { source: self.source, topic_index: self.topic_index, partition: self.partition }
    }
}

/// A partition of a topic of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The source.
    pub source: SourceId,
    /// The topic, as the machine numbers topics.
    pub topic_index: u32,
    /// The partition; 0 where there are none.
    pub partition: i32,
}
