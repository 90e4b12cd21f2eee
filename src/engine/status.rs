//! What the sources pane shows: every source and topic with its partitions, rates and states.

use super::effect::SourceChange;
use super::plan::SourcePlan;
use crate::model::{LinkState, Millis, PartitionEvent, PartitionStatus, SourceId, SourceStatus, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seconds of history a rate's sparkline has.
const RATES_KEPT: usize = 300;
/// A rate is the mean over so many seconds, so that it does not jump.
const RATE_SECONDS: usize = 5;

/// Why a source or its topic has ended: the configuration names it no more.
const GONE: &str = "no longer configured";
/// Why a topic has ended: no stream reads it any more.
const UNREAD: &str = "no stream reads it any more";
/// Why it goes on.
const BACK: &str = "configured again";

/// One topic of a source while it runs.
pub(super) struct Topic {
    /// The stream that reads it, by place.
    pub stream: Option<u16>,
    /// Its entry among the statuses.
    status: usize,
}

/// All sources and topics.
pub(super) struct Statuses {
    pub list: Vec<SourceStatus>,
    stale_after: Vec<Millis>,
    /// The entry of each source, by its id.
    places: Vec<usize>,
    topics: Vec<Topic>,
    lookup: BTreeMap<(SourceId, Arc<str>), u32>,
    last: Option<(SourceId, Arc<str>, u32)>,
    /// Records or readings since the last full second, by entry.
    second: Vec<u64>,
    /// By entry and partition.
    partition_second: Vec<Vec<u64>>,
    partitions_max: usize,
    partitions: usize,
}

impl Statuses {
    pub fn new(plan: &[SourcePlan], partitions_max: usize) -> Self {
        let mut all = Self {
            list: Vec::new(),
            stale_after: Vec::new(),
            places: Vec::new(),
            topics: Vec::new(),
            lookup: BTreeMap::new(),
            last: None,
            second: Vec::new(),
            partition_second: Vec::new(),
            partitions_max,
            partitions: 0,
        };
        for source in plan {
            all.seat(source);
        }
        all
    }

    /// Makes the entry of a source that is new.
    fn seat(&mut self, source: &SourcePlan) {
        let id = usize::from(source.id.0);
        let entry = self.add(source.id, &source.name, source.kind, None);
        self.places.resize(self.places.len().max(id + 1), usize::MAX);
        self.stale_after.resize(self.places.len(), source.stale_after);
        (self.places[id], self.stale_after[id]) = (entry, source.stale_after);
    }

    /// The entry of a source.
    fn entry(&self, source: SourceId) -> Option<usize> {
        self.places.get(usize::from(source.0)).copied().filter(|entry| *entry < self.list.len())
    }

    /// Takes the sources of a new plan: new ones get an entry, those that are gone have ended.
    pub fn exchange(&mut self, plan: &[SourcePlan], now: Timestamp, changes: &mut Vec<SourceChange>) {
        for source in plan {
            let Some(entry) = self.entry(source.id) else {
                self.seat(source);
                continue;
            };
            self.stale_after[usize::from(source.id.0)] = source.stale_after;
            self.list[entry].kind = source.kind;
            if self.list[entry].state == LinkState::Ended {
                changes.extend(self.turn(entry, LinkState::Connecting, BACK, now));
            }
        }
        for entry in 0..self.list.len() {
            if !plan.iter().any(|s| s.id == self.list[entry].source) {
                changes.extend(self.turn(entry, LinkState::Ended, GONE, now));
            }
        }
    }

    /// Finds the streams of all topics anew; `places` says where each old stream went on. Answers the topics that a stream
    /// which goes on no longer reads: source, topic, stream.
    pub fn rebind(
        &mut self,
        stream: impl Fn(&str, &str) -> Option<u16>,
        places: &[Option<u16>],
        now: Timestamp,
        changes: &mut Vec<SourceChange>,
    ) -> Vec<(SourceId, u32, u16)> {
        let mut left = Vec::new();
        for place in 0..self.topics.len() {
            let entry = self.topics[place].status;
            let status = &self.list[entry];
            let (source, old) = (status.source, self.topics[place].stream);
            let gone = status.state == LinkState::Ended && *status.detail == *GONE;
            let new = stream(&status.name, status.topic.as_deref().unwrap_or_default());
            self.topics[place].stream = new;
            let went = old.and_then(|old| places.get(usize::from(old)).copied().flatten());
            left.extend(went.filter(|went| gone || new != Some(*went)).map(|went| (source, place as u32, went)));
            match (gone, old.is_some(), new.is_some()) {
                (false, true, false) => changes.extend(self.turn(entry, LinkState::Ended, UNREAD, now)),
                (false, _, true) if *status.detail == *UNREAD => changes.extend(self.turn(entry, LinkState::Up, BACK, now)),
                _ => {}
            }
        }
        left
    }

    fn turn(&mut self, entry: usize, to: LinkState, why: &str, now: Timestamp) -> Option<SourceChange> {
        let status = &mut self.list[entry];
        let from = std::mem::replace(&mut status.state, to);
        if from == to {
            return None;
        }
        (status.since, status.stale, status.detail) = (now, false, why.into());
        let (source, name, topic) = (status.source, status.name.clone(), status.topic.clone());
        Some(SourceChange { at: now, source, name, topic, partition: None, from: from.word(), to: to.word(), why: why.into() })
    }

    fn add(&mut self, source: SourceId, name: &Arc<str>, kind: &'static str, topic: Option<Arc<str>>) -> usize {
        self.list.push(SourceStatus {
            source,
            name: Arc::clone(name),
            kind,
            topic,
            state: LinkState::Connecting,
            since: Timestamp::MIN,
            detail: Arc::from(""),
            partitions: Vec::new(),
            rate: 0.0,
            rates: Vec::new(),
            records: 0,
            rejected: 0,
            heard: None,
            stale: false,
        });
        self.second.push(0);
        self.partition_second.push(Vec::new());
        self.list.len() - 1
    }

    /// The place of a topic, made where it is new; `stream` finds the stream that reads it.
    pub fn topic(&mut self, source: SourceId, topic: &Arc<str>, stream: impl FnOnce(&str, &str) -> Option<u16>) -> u32 {
        if let Some((s, t, place)) = &self.last
            && *s == source
            && (Arc::ptr_eq(t, topic) || t == topic)
        {
            return *place;
        }
        let key = (source, Arc::clone(topic));
        let place = if let Some(place) = self.lookup.get(&key) {
            *place
        } else {
            let (name, kind) = self.entry(source).map(|e| &self.list[e]).map_or((Arc::from("?"), "?"), |s| (s.name.clone(), s.kind));
            let status = self.add(source, &name, kind, Some(Arc::clone(topic)));
            self.topics.push(Topic { stream: stream(&name, topic), status });
            let place = self.topics.len() as u32 - 1;
            self.lookup.insert(key, place);
            place
        };
        self.last = Some((source, Arc::clone(topic), place));
        place
    }

    /// Finds a stream for the topics that have none.
    pub fn bind(&mut self, stream: impl Fn(&str, &str) -> Option<u16>) {
        let Self { topics, list, .. } = self;
        for topic in topics.iter_mut().filter(|t| t.stream.is_none()) {
            let status = &list[topic.status];
            topic.stream = stream(&status.name, status.topic.as_deref().unwrap_or_default());
        }
    }

    pub fn stream_of(&self, topic: u32) -> Option<u16> {
        self.topics[topic as usize].stream
    }

    /// Sources that have given something themselves, without topics: which, its name, when it was heard last.
    pub fn measuring(&self) -> impl Iterator<Item = (SourceId, &Arc<str>, Timestamp)> {
        self.list.iter().filter(|s| s.topic.is_none()).filter_map(|s| Some((s.source, &s.name, s.heard?)))
    }

    pub fn source_name(&self, source: SourceId) -> Arc<str> {
        self.entry(source).map_or_else(|| Arc::from("?"), |e| self.list[e].name.clone())
    }

    /// Counts a record; `newest` is the event time it brought, `rejected` whether nothing of it was accepted.
    pub fn record(&mut self, topic: u32, partition: i32, offset: i64, newest: Option<Timestamp>, rejected: bool, now: Timestamp) {
        let entry = self.topics[topic as usize].status;
        let source = self.entry(self.list[entry].source);
        for e in source.into_iter().chain([entry]) {
            let status = &mut self.list[e];
            status.records += 1;
            status.rejected += u64::from(rejected);
            status.heard = Some(now);
            self.second[e] += 1;
        }
        let Some(place) = self.partition(entry, partition) else { return };
        self.partition_second[entry][place] += 1;
        let status = &mut self.list[entry].partitions[place];
        status.records += 1;
        status.position = offset + 1;
        status.end = status.end.max(offset + 1);
        status.newest = status.newest.max(newest);
        status.oldest = status.oldest.or(newest);
        status.heard = Some(now);
        status.idle = false;
    }

    /// Counts readings of a source without topics.
    pub fn readings(&mut self, source: SourceId, count: usize, now: Timestamp) {
        if let Some(entry) = self.entry(source) {
            let status = &mut self.list[entry];
            status.records += count as u64;
            status.heard = Some(now);
            self.second[entry] += count as u64;
        }
    }

    fn partition(&mut self, entry: usize, partition: i32) -> Option<usize> {
        let list = &mut self.list[entry].partitions;
        match list.binary_search_by_key(&partition, |p| p.partition) {
            Ok(place) => Some(place),
            Err(_) if self.partitions >= self.partitions_max => None,
            Err(place) => {
                list.insert(place, PartitionStatus { partition, ..PartitionStatus::default() });
                self.partition_second[entry].insert(place, 0);
                self.partitions += 1;
                Some(place)
            }
        }
    }

    /// The partitions of a topic.
    pub fn partitions_of(&self, topic: u32) -> impl Iterator<Item = i32> {
        self.list[self.topics[topic as usize].status].partitions.iter().map(|p| p.partition)
    }

    /// Whether several partitions of a stream still read back: each brings another stretch of the past, in turn.
    pub fn crosses(&self, stream: u16) -> bool {
        let topics = self.topics.iter().filter(|t| t.stream == Some(stream));
        topics.flat_map(|t| &self.list[t.status].partitions).filter(|p| p.reads_back()).nth(1).is_some()
    }

    /// Takes what happened to a partition; answers with a change worth a line in the log.
    pub fn partition_event(&mut self, topic: u32, partition: i32, event: PartitionEvent, now: Timestamp) -> Option<SourceChange> {
        let entry = self.topics[topic as usize].status;
        let place = self.partition(entry, partition)?;
        let status = &mut self.list[entry].partitions[place];
        match event {
            PartitionEvent::Assigned { position, end } => {
                (status.begin, status.position) = (position, position);
                (status.aim, status.end) = (end, end);
                // What lies before a leap is no longer joined to what comes.
                status.oldest = None;
                status.idle = false;
                None
            }
            PartitionEvent::Revoked => {
                self.list[entry].partitions.remove(place);
                self.partition_second[entry].remove(place);
                self.partitions -= 1;
                None
            }
            PartitionEvent::Idle => {
                // The last offsets may be transaction markers or compacted away: no record carries them.
                status.position = status.position.max(status.end);
                status.idle = true;
                None
            }
            PartitionEvent::End { end } => {
                status.end = end;
                None
            }
            PartitionEvent::Recreated => {
                (status.begin, status.position) = (0, 0);
                (status.aim, status.end) = (0, 0);
                Some(self.partition_change(entry, partition, "recreated", "topic recreated: offsets start anew".to_owned(), now))
            }
            PartitionEvent::Lost { from, to } => {
                status.position = to;
                let why = format!("offsets {from} to {} are gone: {} records lost", to - 1, to - from);
                Some(self.partition_change(entry, partition, LinkState::Gap.word(), why, now))
            }
        }
    }

    fn partition_change(&self, entry: usize, partition: i32, to: &'static str, why: String, now: Timestamp) -> SourceChange {
        let status = &self.list[entry];
        let (name, topic) = (status.name.clone(), status.topic.clone());
        SourceChange {
            at: now,
            source: status.source,
            name,
            topic,
            partition: Some(partition),
            from: status.state.word(),
            to,
            why: why.into(),
        }
    }

    /// Takes the state of a source (`topic` none) or of one topic; answers with the change, if it is one.
    pub fn link(&mut self, source: SourceId, topic: Option<u32>, state: LinkState, detail: &str, now: Timestamp) -> Option<SourceChange> {
        let entry = topic.map_or_else(|| self.entry(source), |t| Some(self.topics[t as usize].status))?;
        let status = self.list.get_mut(entry)?;
        let from = status.state;
        if *status.detail != *detail {
            status.detail = detail.into();
        }
        if from == state {
            return None;
        }
        status.state = state;
        status.since = now;
        status.stale = false;
        let (name, topic) = (status.name.clone(), status.topic.clone());
        Some(SourceChange { at: now, source, name, topic, partition: None, from: from.word(), to: state.word(), why: detail.into() })
    }

    /// A full second has passed: rates, and what has fallen silent or come back.
    pub fn second(&mut self, now: Timestamp, changes: &mut Vec<SourceChange>) {
        for entry in 0..self.list.len() {
            let count = std::mem::take(&mut self.second[entry]);
            let status = &mut self.list[entry];
            if status.rates.len() == RATES_KEPT {
                status.rates.remove(0);
            }
            status.rates.push(count as f32);
            let recent = &status.rates[status.rates.len().saturating_sub(RATE_SECONDS)..];
            status.rate = f64::from(recent.iter().sum::<f32>()) / recent.len().max(1) as f64;
            for (partition, count) in status.partitions.iter_mut().zip(&mut self.partition_second[entry]) {
                partition.rate += (std::mem::take(count) as f64 - partition.rate) / RATE_SECONDS as f64;
            }
            let limit = self.stale_after.get(status.source.0 as usize).copied().unwrap_or(Millis::from_secs(60));
            let silent = status.state == LinkState::Up && status.heard.is_some_and(|h| now.since(h) > limit);
            if silent != status.stale {
                status.stale = silent;
                let (from, to) = if silent { ("up", "stale") } else { ("stale", "up") };
                let why = if silent { format!("nothing for {limit}") } else { "data again".to_owned() };
                let (name, topic) = (status.name.clone(), status.topic.clone());
                changes.push(SourceChange { at: now, source: status.source, name, topic, partition: None, from, to, why: why.into() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_that_no_record_carries_leaves_no_lag() {
        let plan = SourcePlan { id: SourceId(0), name: "kafka".into(), kind: "kafka", stale_after: Millis::from_secs(60) };
        let mut all = Statuses::new(&[plan], 10);
        let topic = all.topic(SourceId(0), &"t".into(), |_, _| Some(0));
        let now = Timestamp::from_millis(1_000);
        all.partition_event(topic, 2, PartitionEvent::Assigned { position: 0, end: 5 }, now);
        all.record(topic, 2, 3, None, false, now);
        let stand = |all: &Statuses| all.list[1].partitions.iter().map(|p| (p.partition, p.position, p.end)).collect::<Vec<_>>();
        assert_eq!(stand(&all), [(2, 4, 5)]);
        all.partition_event(topic, 2, PartitionEvent::Idle, now);
        assert_eq!(stand(&all), [(2, 5, 5)]);
        assert_eq!(all.partitions_of(topic).collect::<Vec<_>>(), [2]);
    }
}
