//! Records as delivered, packed into a recycled arena.
//!
//! A source's thread copies what the client hands it into one buffer of about a thousand records
//! and passes the whole on; the engine reads it and gives it back. Copying and freeing at once
//! measured cheaper than handing the client's messages over (see `source/kafka`).

use super::{SourceId, Timestamp};
use std::ops::Range;
use std::sync::Arc;

/// What a record's own time means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeKind {
    /// The record carries none.
    #[default]
    None,
    /// Set by the producer.
    Create,
    /// Set by the broker.
    LogAppend,
}

#[derive(Clone, Debug)]
struct Head {
    topic: u16,
    partition: i32,
    offset: i64,
    time: i64,
    time_kind: TimeKind,
    key: Option<Range<u32>>,
    headers: Range<u32>,
    payload: Option<Range<u32>>,
}

/// One record, borrowed from its [`Batch`].
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'a> {
    /// Which source delivered it.
    pub source: SourceId,
    /// The topic, or the name of a tailed file or another source without topics.
    pub topic: &'a Arc<str>,
    /// The partition; 0 where there are none.
    pub partition: i32,
    /// The position in the partition.
    pub offset: i64,
    /// The record's own time, where it has one.
    pub time: Option<Timestamp>,
    /// Who set that time.
    pub time_kind: TimeKind,
    /// The key; `None` is no key.
    pub key: Option<&'a [u8]>,
    /// The headers, encoded; read them with [`RecordRef::headers`].
    raw_headers: &'a [u8],
    /// The payload; `None` is a tombstone.
    pub payload: Option<&'a [u8]>,
}

impl<'a> RecordRef<'a> {
    /// A record without headers, outside any batch: for tests and readers of single lines.
    pub fn plain(source: SourceId, topic: &'a Arc<str>, partition: i32, offset: i64, payload: Option<&'a [u8]>) -> Self {
        Self { source, topic, partition, offset, time: None, time_kind: TimeKind::None, key: None, raw_headers: &[], payload }
    }

    /// The same record with another payload: what is recorded of it where fields are redacted.
    pub fn with_payload<'b>(&'b self, payload: Option<&'b [u8]>) -> RecordRef<'b> {
        RecordRef { payload, ..*self }
    }

    /// The headers in their order, names may repeat, values may be null.
    pub fn headers(&self) -> HeaderIter<'a> {
        HeaderIter { rest: self.raw_headers }
    }

    /// Whether there is any header.
    pub fn has_headers(&self) -> bool {
        !self.raw_headers.is_empty()
    }
}

/// Headers of a record: name and value.
#[derive(Clone, Copy, Debug)]
pub struct HeaderIter<'a> {
    rest: &'a [u8],
}

#[expect(clippy::copy_iterator, reason = "a view of two words; formats look headers up again and again from one")]
impl<'a> Iterator for HeaderIter<'a> {
    type Item = (&'a str, Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let name_len = u32::from_le_bytes(self.rest.get(..4)?.try_into().ok()?) as usize;
        let value_len = u32::from_le_bytes(self.rest.get(4..8)?.try_into().ok()?);
        let name = std::str::from_utf8(self.rest.get(8..8 + name_len)?).unwrap_or("");
        let after = 8 + name_len;
        if value_len == u32::MAX {
            self.rest = self.rest.get(after..)?;
            return Some((name, None));
        }
        let end = after + value_len as usize;
        let value = self.rest.get(after..end)?;
        self.rest = self.rest.get(end..)?;
        Some((name, Some(value)))
    }
}

/// About a thousand records of one source in one buffer.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    source: SourceId,
    topics: Vec<Arc<str>>,
    bytes: Vec<u8>,
    heads: Vec<Head>,
}

impl Batch {
    /// An empty batch of `source`.
    pub fn new(source: SourceId) -> Self {
        Self { source, ..Self::default() }
    }

    /// The source of all its records.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// Makes it empty, keeping its memory for reuse. Memory beyond `keep` bytes is given back.
    pub fn clear(&mut self, keep: usize) {
        self.bytes.clear();
        self.heads.clear();
        self.topics.clear();
        if self.bytes.capacity() > keep {
            self.bytes.shrink_to(keep);
        }
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Bytes of keys, headers and payloads it holds.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a copy of `record`, with `headers` in their order.
    ///
    /// The record's own `source` is not read: all records of a batch have the batch's source.
    pub fn push<'h>(&mut self, record: &RecordRef<'_>, headers: impl IntoIterator<Item = (&'h str, Option<&'h [u8]>)>) {
        let topic = self.topic_index(record.topic);
        let key = record.key.map(|k| self.append(k));
        let start = self.bytes.len() as u32;
        for (name, value) in headers {
            let value_len = value.map_or(u32::MAX, |v| v.len() as u32);
            self.bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
            self.bytes.extend_from_slice(&value_len.to_le_bytes());
            self.bytes.extend_from_slice(name.as_bytes());
            self.bytes.extend_from_slice(value.unwrap_or_default());
        }
        let headers = start..self.bytes.len() as u32;
        let payload = record.payload.map(|p| self.append(p));
        self.heads.push(Head {
            topic,
            partition: record.partition,
            offset: record.offset,
            time: record.time.map_or(i64::MIN, Timestamp::as_millis),
            time_kind: record.time_kind,
            key,
            headers,
            payload,
        });
    }

    fn append(&mut self, part: &[u8]) -> Range<u32> {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(part);
        start..self.bytes.len() as u32
    }

    fn topic_index(&mut self, topic: &Arc<str>) -> u16 {
        let known = self.topics.iter().position(|t| Arc::ptr_eq(t, topic) || t == topic);
        known.unwrap_or_else(|| {
            self.topics.push(Arc::clone(topic));
            self.topics.len() - 1
        }) as u16
    }

    /// The record at `index`, `None` past the end.
    pub fn get(&self, index: usize) -> Option<RecordRef<'_>> {
        self.heads.get(index).map(|h| self.read(h))
    }

    /// The records in the order they were appended.
    pub fn iter(&self) -> impl Iterator<Item = RecordRef<'_>> {
        self.heads.iter().map(|h| self.read(h))
    }

    fn read(&self, head: &Head) -> RecordRef<'_> {
        let part = |r: &Range<u32>| &self.bytes[r.start as usize..r.end as usize];
        RecordRef {
            source: self.source,
            topic: &self.topics[head.topic as usize],
            partition: head.partition,
            offset: head.offset,
            time: (head.time != i64::MIN).then(|| Timestamp::from_millis(head.time)),
            time_kind: head.time_kind,
            key: head.key.as_ref().map(part),
            raw_headers: part(&head.headers),
            payload: head.payload.as_ref().map(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_were_put_in() {
        let topic: Arc<str> = "t".into();
        let mut batch = Batch::new(SourceId(3));
        let mut record = RecordRef::plain(SourceId(0), &topic, 1, 42, Some(b"{}"));
        record.key = Some(b"");
        record.time = Some(Timestamp::from_millis(-5));
        batch.push(&record, [("a", Some(&b"1"[..])), ("a", None)]);
        batch.push(&RecordRef::plain(SourceId(0), &topic, 1, 43, None), []);
        let back: Vec<_> = batch.iter().collect();
        assert_eq!((back[0].source, back[0].offset, back[0].key, back[0].payload), (SourceId(3), 42, Some(&b""[..]), Some(&b"{}"[..])));
        assert_eq!(back[0].headers().collect::<Vec<_>>(), [("a", Some(&b"1"[..])), ("a", None)]);
        assert_eq!(back[0].time, Some(Timestamp::from_millis(-5)));
        assert_eq!((back[1].key, back[1].payload, back[1].time), (None, None, None));
    }
}
