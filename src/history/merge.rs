//! A bare `kcat -J` dump put in order: by time, topic, partition, offset, with ticks on a grid.
//!
//! kcat prints partition after partition, so the file's order says nothing about time. Within a
//! partition the order of offsets is kept even where times go backwards, because that is the order
//! in which a live console would have been handed the records; such a record comes right after the
//! ones before it.

use super::lines::{Got, LINE_LIMIT, Lines, Warnings};
use super::read::{LineError, Names, Parsed, parse_line};
use super::recording::{BATCH_BYTES, BATCH_RECORDS};
use crate::model::{Batch, Millis, OwnedInput, SourceId, Timestamp};
use std::sync::Arc;

/// The largest dump that is put in order: it is held in memory.
pub const BARE_LIMIT: u64 = 2 * 1024 * 1024 * 1024;
/// The grid of the ticks a dump is given, as it holds none.
pub const BARE_TICK: Millis = Millis::from_secs(1);
/// A record time further than this from the dump's median is absurd: it must not drag the clock along.
const ABSURD: Millis = Millis::new(366 * 86_400_000);

#[derive(Clone, Debug)]
struct Entry {
    time: i64,
    topic: u32,
    partition: i32,
    offset: i64,
    start: u64,
    len: u32,
}

/// A dump in memory, with the order of its lines.
#[derive(Debug)]
pub(super) struct Merged {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    names: Names,
    warnings: Warnings,
    at: usize,
    tick: Option<Timestamp>,
    stage: Stage,
    spare: Vec<Batch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Records,
    LastTick,
    Ended,
    Done,
}

impl Merged {
    pub(super) fn new(bytes: Vec<u8>, names: Names) -> Self {
        let mut merged = Self {
            bytes: Vec::new(),
            entries: Vec::new(),
            names,
            warnings: Warnings::default(),
            at: 0,
            tick: None,
            stage: Stage::Records,
            spare: Vec::new(),
        };
        merged.read_entries(&bytes);
        merged.bytes = bytes;
        order(&mut merged.entries);
        merged
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    pub(super) fn sources(&self) -> &[Arc<str>] {
        self.names.sources()
    }

    pub(super) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let last = Timestamp::from_millis(self.entries.last()?.time);
        Some((Timestamp::from_millis(self.entries.first()?.time).floor_to(BARE_TICK), last.floor_to(BARE_TICK) + BARE_TICK))
    }

    pub(super) fn progress(&self) -> f64 {
        self.at as f64 / self.entries.len().max(1) as f64
    }

    pub(super) fn rewind(&mut self) {
        self.at = 0;
        self.tick = None;
        self.stage = Stage::Records;
    }

    pub(super) fn recycle(&mut self, batch: Batch) {
        if self.spare.len() < 2 {
            self.spare.push(batch);
        }
    }

    fn read_entries(&mut self, bytes: &[u8]) {
        let mut topics: Vec<Arc<str>> = Vec::new();
        let mut lines = Lines::new(bytes);
        let mut time = None;
        // Reading from memory cannot fail.
        while let Ok(got) = lines.advance() {
            let record = match (got, parse_line(lines.line(), &mut self.names)) {
                (Got::End, _) => break,
                (Got::TooLong, _) => Err(LineError::TooLong(LINE_LIMIT).to_string()),
                (_, Ok(Parsed::Record(record))) => Ok(record),
                (_, Ok(_)) => {
                    self.warnings.passed_over += 1;
                    continue;
                }
                (Got::Unended, Err(_)) => {
                    self.warnings.truncated = true;
                    continue;
                }
                (Got::Line, Err(error)) => Err(error.to_string()),
            };
            match record {
                Err(reason) => self.warnings.unreadable(lines.number(), reason),
                Ok(record) => {
                    time = record.recv.or(record.time).map(Timestamp::as_millis).or(time);
                    let topic = topics.iter().position(|t| Arc::ptr_eq(t, &record.topic) || *t == record.topic);
                    let topic = topic.unwrap_or_else(|| {
                        topics.push(Arc::clone(&record.topic));
                        topics.len() - 1
                    }) as u32;
                    let len = lines.line().len() as u32;
                    // The line without its end and the blanks around it, from where it ends in the file.
                    let end = bytes[..lines.read() as usize].trim_ascii_end().len() as u64;
                    let (partition, offset) = (record.partition, record.offset);
                    let entry = Entry { time: time.unwrap_or(0), topic, partition, offset, start: end - u64::from(len), len };
                    self.entries.push(entry);
                }
            }
        }
        let mut by_name: Vec<usize> = (0..topics.len()).collect();
        by_name.sort_by(|a, b| topics[*a].cmp(&topics[*b]));
        let mut rank = vec![0u32; topics.len()];
        for (place, topic) in by_name.into_iter().enumerate() {
            rank[topic] = place as u32;
        }
        for entry in &mut self.entries {
            entry.topic = rank[entry.topic as usize];
        }
    }

    pub(super) fn next_input(&mut self) -> Option<OwnedInput> {
        match self.stage {
            Stage::Records => self.records(),
            Stage::LastTick => {
                self.stage = Stage::Ended;
                Some(OwnedInput::Tick(self.tick.unwrap_or_default() + BARE_TICK))
            }
            Stage::Ended => {
                self.stage = Stage::Done;
                Some(OwnedInput::Ended(SourceId(0)))
            }
            Stage::Done => None,
        }
    }

    fn records(&mut self) -> Option<OwnedInput> {
        let Some(next) = self.entries.get(self.at) else {
            self.stage = if self.entries.is_empty() { Stage::Ended } else { Stage::LastTick };
            return self.next_input();
        };
        let tick = Timestamp::from_millis(next.time).floor_to(BARE_TICK);
        if self.tick.is_none_or(|t| t < tick) {
            self.tick = Some(tick);
            return Some(OwnedInput::Tick(tick));
        }
        let mut batch: Option<Batch> = None;
        while let Some(entry) = self.entries.get(self.at) {
            let start = entry.start as usize;
            let parsed = parse_line(&self.bytes[start..start + entry.len as usize], &mut self.names);
            let due = Timestamp::from_millis(entry.time).floor_to(BARE_TICK) <= tick;
            let Ok(Parsed::Record(record)) = parsed else {
                self.at += 1;
                continue;
            };
            let batch = batch.get_or_insert_with(|| {
                let mut batch = self.spare.pop().filter(|b| b.source() == record.source).unwrap_or_else(|| Batch::new(record.source));
                batch.clear(BATCH_BYTES);
                batch
            });
            let full = batch.len() >= BATCH_RECORDS || batch.byte_len() >= BATCH_BYTES;
            if !due || full || batch.source() != record.source {
                break;
            }
            record.push_to(batch);
            self.at += 1;
        }
        batch.map(OwnedInput::Records)
    }
}

/// By time, topic, partition, offset; offsets of a partition never go backwards.
fn order(entries: &mut [Entry]) {
    let mut times: Vec<i64> = entries.iter().map(|e| e.time).collect();
    let middle = times.len() / 2;
    if times.is_empty() {
        return;
    }
    let median = *times.select_nth_unstable(middle).1;
    let mut last = median;
    for entry in entries.iter_mut() {
        if entry.time.abs_diff(median) > ABSURD.get().unsigned_abs() {
            entry.time = last;
        }
        last = entry.time;
    }
    entries.sort_by_key(|e| (e.topic, e.partition, e.offset));
    for i in 1..entries.len() {
        let (before, this) = (entries[i - 1].clone(), &mut entries[i]);
        if (before.topic, before.partition) == (this.topic, this.partition) {
            this.time = this.time.max(before.time);
        }
    }
    entries.sort_by_key(|e| (e.time, e.topic, e.partition, e.offset));
}
