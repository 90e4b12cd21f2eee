//! The raw records behind anomalies: the beginning of what was flagged, or of what was there when a series was.
//!
//! Records are not kept, so a few of each second are remembered for a while, and what lies behind a
//! new row of the anomaly table is set aside at the moment of the flag. The detail view shows it.

use super::effect::Effect;
use super::machine::Engine;
use crate::decode::Reader;
use crate::model::{Anomaly, Millis, Position, RecordRef, Safe, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes of a payload that are remembered: a person reads a few lines, labels stand near the beginning.
const BYTES: usize = 2_048;
/// Bytes of a payload that are shown.
const SHOWN: usize = 800;
/// Records of a stream that are remembered: at the greatest rate taken, half a minute.
const RECENT: usize = 256;
/// Records of a stream taken a second of the machine's clock: of a flood a few are enough, and copies cost time.
const A_SECOND: u32 = 8;
/// Records set aside for one anomaly of a series.
const EACH: usize = 3;
/// Anomalies whose records are set aside, the newest.
const KEPT: usize = 256;
/// New rows of the anomaly table looked for from its end: as many as one moment flags.
const NEW: usize = 64;

/// A record behind an anomaly.
#[derive(Clone, Debug, PartialEq)]
pub struct Excerpt {
    /// Its event time, where it held an event.
    pub at: Option<Timestamp>,
    /// Where it stood.
    pub position: Position,
    /// How it begins, without what the stream keeps out.
    pub text: Safe,
    /// Whether it is the very record that was flagged; else it is one of those of that moment.
    pub flagged: bool,
}

/// What was set aside, by the anomaly's id.
#[derive(Debug, Default)]
pub struct Excerpts(VecDeque<(u64, Vec<Excerpt>)>);

impl Excerpts {
    /// What lies behind the anomaly with this id; nothing where that is not known any more.
    pub fn of(&self, id: u64) -> &[Excerpt] {
        self.0.iter().rev().find(|(kept, _)| *kept == id).map_or(&[], |(_, list)| list)
    }

    /// Sets records aside.
    pub fn keep(&mut self, id: u64, list: Vec<Excerpt>) {
        if list.is_empty() {
            return;
        }
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back((id, list));
    }
}

/// A record remembered for a while.
#[derive(Debug)]
struct Kept {
    at: Timestamp,
    position: Position,
    payload: Box<[u8]>,
}

/// The last records of a stream, some of them.
#[derive(Debug, Default)]
pub(super) struct Recent {
    list: VecDeque<Kept>,
    second: Option<Timestamp>,
    taken: u32,
}

impl Recent {
    /// Remembers a record that held events up to `at`, unless there were enough of this second.
    pub(super) fn note(&mut self, record: &RecordRef<'_>, at: Timestamp, now: Timestamp, reader: &Reader) {
        let second = now.floor_to(Millis::from_secs(1));
        if self.second != Some(second) {
            (self.second, self.taken) = (Some(second), 0);
        }
        if self.taken == A_SECOND {
            return;
        }
        self.taken += 1;
        if self.list.len() == RECENT {
            self.list.pop_front();
        }
        self.list.push_back(Kept { at, position: position(record), payload: payload(record, reader) });
    }

    /// Those of a moment's step that name all labels of the series, the newest first.
    fn of_series(&self, anomaly: &Anomaly, step: Millis) -> Vec<Excerpt> {
        let labels: Vec<&str> = anomaly.subject.labels().iter().map(|(_, value)| value).collect();
        let names = |kept: &&Kept| labels.iter().all(|value| holds(&kept.payload, value.as_bytes()));
        let there = |kept: &&Kept| (anomaly.at..anomaly.at + step.max(Millis::new(1))).contains(&kept.at);
        let found = self.list.iter().rev().filter(there).filter(names).take(EACH);
        found.map(|k| Excerpt { at: Some(k.at), position: k.position.clone(), text: shown(&k.payload), flagged: false }).collect()
    }
}

fn position(record: &RecordRef<'_>) -> Position {
    Position { topic: Arc::clone(record.topic), partition: record.partition, offset: record.offset }
}

/// The beginning of a payload, without what the stream keeps out.
fn payload(record: &RecordRef<'_>, reader: &Reader) -> Box<[u8]> {
    let raw = record.payload.unwrap_or_default();
    let cut = |bytes: &[u8]| bytes[..bytes.len().min(BYTES)].into();
    reader.redact(raw).map_or_else(|| cut(raw), |redacted| cut(&redacted))
}

fn shown(payload: &[u8]) -> Safe {
    Safe::bytes(&payload[..payload.len().min(SHOWN)])
}

/// Whether a payload has `part` as a word of its own: the 3 of partition 3 is not that of 2038.
fn holds(payload: &[u8], part: &[u8]) -> bool {
    let goes_on = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b));
    let alone = |start: usize| !goes_on(start.checked_sub(1).and_then(|i| payload.get(i))) && !goes_on(payload.get(start + part.len()));
    part.is_empty() || payload.windows(part.len()).enumerate().any(|(start, w)| w == part && alone(start))
}

impl Engine {
    /// The raw records behind anomalies.
    pub fn excerpts(&self) -> &Excerpts {
        &self.excerpts
    }

    /// Whether an anomaly began a row of the table: one that goes on has its records.
    fn is_new(&self, id: u64) -> bool {
        self.judge.court.anomalies.iter().rev().take(NEW).any(|row| row.id == id)
    }

    /// Remembers a record, and sets it aside for what it was flagged for. Effects before `told` were there already.
    pub(super) fn excerpt_record(&mut self, place: usize, record: &RecordRef<'_>, at: Timestamp, told: usize) {
        let stream = &mut self.streams[place];
        stream.recent.note(record, at, self.now, &stream.reader);
        if self.effects.len() == told {
            return;
        }
        let flagged = self.effects.iter().skip(told).filter_map(|e| if let Effect::Anomaly(a) = e { Some(a) } else { None });
        let flagged: Vec<(u64, Timestamp)> = flagged.filter(|a| a.position.is_some()).map(|a| (a.id, a.at)).collect();
        let new: Vec<_> = flagged.into_iter().filter(|(id, _)| self.is_new(*id)).collect();
        for (id, at) in new {
            let text = shown(&payload(record, &self.streams[place].reader));
            self.excerpts.keep(id, vec![Excerpt { at: Some(at), position: position(record), text, flagged: true }]);
        }
    }

    /// Sets aside what lies behind anomalies of a stream's series. Effects before `told` were there already.
    pub(super) fn excerpt_series(&mut self, place: usize, told: usize) {
        let mut found = Vec::new();
        for effect in self.effects.iter().skip(told) {
            let Effect::Anomaly(anomaly) = effect else { continue };
            if anomaly.series.is_none() || !self.is_new(anomaly.id) {
                continue;
            }
            let name = crate::detect::subject_name(&anomaly.subject);
            let stream = &self.streams[place];
            let step = stream.metrics.iter().find(|m| m.name == *name).and_then(|m| m.step).unwrap_or_default();
            found.push((anomaly.id, stream.recent.of_series(anomaly, step)));
        }
        for (id, list) in found {
            self.excerpts.keep(id, list);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_word_of_a_payload() {
        let record = br#"{"partition":2038,"region":"EU-1","v":3.5,"node":3}"#;
        assert!(holds(record, b"3") && holds(record, b"EU-1") && holds(record, b""));
        assert!(!holds(record, b"8") && !holds(record, b"EU") && !holds(record, b"203") && !holds(record, b"5,"));
    }

    fn excerpt(offset: i64) -> Excerpt {
        Excerpt { at: None, position: Position { topic: "t".into(), partition: 0, offset }, text: Safe::from("x"), flagged: true }
    }

    #[test]
    fn the_newest_are_kept_and_nothing_takes_no_room() {
        let mut all = Excerpts::default();
        for id in 0..KEPT as u64 + 2 {
            all.keep(id, vec![excerpt(id as i64)]);
            all.keep(id + 10_000, Vec::new());
        }
        assert_eq!((all.0.len(), all.of(0), all.of(1)), (KEPT, &[][..], &[][..]));
        assert_eq!(all.of(2), [excerpt(2)]);
    }

    #[test]
    fn labels_are_looked_for_in_the_payload() {
        assert!(holds(br#"{"region":"EU"}"#, b"EU") && holds(b"x", b"") && !holds(b"EU", b"region"));
        assert!(!holds(b"", b"EU"));
    }
}
