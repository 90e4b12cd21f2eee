//! Which partitions are read, and what befell them: found, begun, added, gone, created anew, cut off.
//!
//! The answers of `watch` are judged here, so that each of a topic's misfortunes ends as one input
//! with words, and reading goes on at the first offset there is.

use super::super::From;
use super::super::outlet::SourceError;
use super::behind;
use super::partitions::Part;
use super::reader::Reader;
use super::tending::{AGAIN, TOPICS_EVERY};
use super::viewer::LATER;
use super::watch::{Back, Begun, Bounds, Found, Place, Start};
use crate::model::{LinkState, PartitionEvent};
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The same while a topic is missing, so that a new one starts within about a second.
const MISSING_EVERY: Duration = Duration::from_secs(1);
/// How long a topic that started anew is not started anew again: the same change has several signs.
const SAME_RENEWAL: Duration = Duration::from_secs(5);
/// Answers in a row that know nothing of a topic that is read before it counts as gone, since
/// brokers may forget one for a moment while they start.
const GONE_AFTER: u8 = 2;
/// Partitions one source reads at most, as the configuration's default for all.
pub const PARTITIONS_LIMIT: usize = 10_000;

/// Topic, partition and the offset to read from.
pub type Spot = (Arc<str>, i32, i64);

impl Reader {
    /// Judges which topics there are.
    pub(super) fn found(&mut self, found: Vec<Found>) -> Result<(), SourceError> {
        let first = !std::mem::replace(&mut self.rounds.looked, true);
        let mut missing = false;
        let names: BTreeSet<_> = found.iter().map(|f| Arc::clone(&f.topic)).collect();
        for Found { topic, partitions } in found {
            match partitions {
                // A pattern itself, which has found its topics.
                Ok(0) if self.links.topic_state(&topic) == LinkState::Unknown => {
                    let said = self.links.topic(&topic, LinkState::Up, "topics match it now");
                    self.say(said);
                }
                Ok(0) => {}
                Ok(count) => self.topic_found(&topic, count, first),
                Err((state, detail)) => {
                    missing = true;
                    if first && state != LinkState::Unknown {
                        self.rounds.awaited.insert(Arc::clone(&topic));
                    }
                    self.topic_missing(&topic, state, &detail);
                }
            }
        }
        let vanished: Vec<_> =
            self.table.topics().filter(|t| !t.parts.is_empty() && !names.contains(&t.name)).map(|t| Arc::clone(&t.name)).collect();
        for topic in vanished {
            missing = true;
            self.topic_missing(&topic, LinkState::Unknown, &format!("topic '{topic}' is gone"));
        }
        self.rounds.topics_due = self.rounds.topics_due.min(self.now + if missing { MISSING_EVERY } else { TOPICS_EVERY });
        if first && self.exit_at_end && self.rounds.starts.is_empty() && self.rounds.awaited.is_empty() {
            return Err(self.links.failure("none of its topics is there, so that there is no end to read to"));
        }
        Ok(())
    }

    fn topic_found(&mut self, name: &Arc<str>, count: i32, first: bool) {
        let as_told = first || self.rounds.awaited.remove(name);
        let room = PARTITIONS_LIMIT.saturating_sub(self.table.count() + self.rounds.starts.len());
        let topic = self.table.topic(name);
        topic.missing = 0;
        let renewed = topic.gone;
        self.rounds.reconnect |= renewed && topic.parts.is_empty() && !self.rounds.pending(name, 0);
        let known = |n: i32| topic.parts.get(n as usize).is_some_and(Option::is_some);
        let lacking: Vec<i32> = (0..count).filter(|n| !known(*n)).collect();
        let surplus: Vec<i32> = (count..topic.parts.len() as i32).collect();
        self.revoke(name, &surplus);
        let from = if as_told { self.from } else { LATER };
        let reach = self.reach;
        let start = |partition: &i32| Start { topic: Arc::clone(name), partition: *partition, from, reach, renewed, ahead: false };
        let new: Vec<Start> = lacking.iter().filter(|n| !self.rounds.pending(name, **n)).map(start).collect();
        if new.len() > room {
            let detail =
                format!("topic '{name}': {} partitions are beyond the limit of {PARTITIONS_LIMIT} and are not read", new.len() - room);
            let said = self.links.topic(name, LinkState::Gap, &detail);
            self.say(said);
        }
        self.rounds.starts.extend(new.into_iter().take(room));
    }

    fn topic_missing(&mut self, name: &Arc<str>, state: LinkState, detail: &str) {
        if let Some(topic) = self.table.find(name).filter(|t| state == LinkState::Unknown && !t.parts.is_empty()) {
            topic.missing = topic.missing.saturating_add(1);
            if topic.missing < GONE_AFTER {
                self.rounds.topics_soon(self.now);
                return;
            }
            topic.gone = true;
            let all: Vec<i32> = (0..topic.parts.len() as i32).collect();
            self.revoke(name, &all);
        }
        let said = self.links.topic(name, state, detail);
        self.say(said);
    }

    /// Reads these partitions no longer.
    fn revoke(&mut self, name: &Arc<str>, partitions: &[i32]) {
        let Some(lowest) = partitions.first() else { return };
        self.rounds.starts.retain(|s| s.topic != *name || s.partition < *lowest);
        self.rounds.asked.retain(|s| s.topic != *name || s.partition < *lowest);
        let gone: Vec<_> = partitions.iter().map(|n| (Arc::clone(name), *n, 0)).collect();
        self.assign(&gone, &[]);
        for partition in partitions {
            self.tell(name, *partition, PartitionEvent::Revoked);
        }
        if let Some(topic) = self.table.find(name) {
            topic.parts.truncate(*lowest as usize);
        }
    }

    /// Begins partitions whose offsets were told.
    pub(super) fn begin(&mut self, told: Vec<Begun>) {
        let asked = std::mem::take(&mut self.rounds.asked);
        let mut new = Vec::new();
        let (mut topics, mut leapt) = (BTreeMap::new(), BTreeMap::new());
        for begun in told {
            let start = &begun.start;
            if !asked.iter().any(|a| a.partition == start.partition && a.topic == start.topic) {
                continue;
            }
            let Some((position, end)) = begun.offsets else {
                self.rounds.again = self.now + AGAIN;
                self.rounds.starts.push(begun.start);
                continue;
            };
            if start.ahead {
                leapt.insert(Arc::clone(&start.topic), begun.back);
                new.extend(self.leap(&begun));
                continue;
            }
            let mut part = Part::new(position, end, self.exit_at_end.then_some(end), self.now);
            if begun.back.is_some() && !self.exit_at_end {
                self.read_back(&mut part);
            }
            let start = begun.start;
            let topic = self.table.topic(&start.topic);
            topic.gone = false;
            topic.renewed = if start.renewed { Some(self.now) } else { topic.renewed };
            let index = start.partition as usize;
            if topic.parts.len() <= index {
                topic.parts.resize_with(index + 1, || None);
            }
            if let Some(before) = &topic.parts[index] {
                part.paused = before.paused;
            }
            topic.parts[index] = Some(part);
            if start.renewed {
                self.tell(&start.topic, start.partition, PartitionEvent::Recreated);
            }
            self.tell(&start.topic, start.partition, PartitionEvent::Assigned { position, end });
            let topic: &mut (bool, Option<Back>) = topics.entry(Arc::clone(&start.topic)).or_default();
            *topic = (topic.0 | start.renewed, begun.back.or(topic.1));
            new.push((start.topic, start.partition, position));
        }
        self.assign(&[], &new);
        for (topic, (renewed, back)) in topics {
            self.say_begun(&topic, renewed, back);
        }
        for (topic, back) in leapt {
            self.say_leapt(&topic, back);
        }
    }

    fn say_begun(&mut self, name: &Arc<str>, renewed: bool, back: Option<Back>) {
        let count = self.table.find(name).map_or(0, |t| t.parts.iter().flatten().count());
        let (state, detail) = if renewed {
            (LinkState::Gap, format!("topic '{name}' was created anew and is read from its beginning"))
        } else {
            let back = back.map(behind::words).unwrap_or_default();
            (LinkState::Up, format!("topic '{name}' is read, {count} {}{back}", if count == 1 { "partition" } else { "partitions" }))
        };
        let said = self.links.topic(name, state, &detail);
        self.say(said);
    }

    /// Reads on with a new client where the old one stood.
    pub(super) fn resume(&mut self) {
        let asked = std::mem::take(&mut self.rounds.asked);
        self.rounds.starts.extend(asked);
        self.assigned.clear();
        let places = self.table.parts().filter(|(_, _, p)| !p.stale && !p.done);
        let all: Vec<_> = places.map(|(t, n, p)| (Arc::clone(t), n, p.position)).collect();
        self.assign(&[], &all);
    }

    /// Takes `gone` out of what librdkafka fetches and puts `new` in, also where it fetched from
    /// elsewhere before; what it had fetched there is thrown away by it.
    fn assign(&mut self, gone: &[Spot], new: &[Spot]) {
        let fetched = |s: &&Spot| self.assigned.contains(&(Arc::clone(&s.0), s.1));
        let old: Vec<Spot> = gone.iter().chain(new).filter(fetched).cloned().collect();
        for (topic, partition, _) in gone {
            self.assigned.remove(&(Arc::clone(topic), *partition));
        }
        self.assigned.extend(new.iter().map(|(topic, partition, _)| (Arc::clone(topic), *partition)));
        let list = |parts: &[Spot]| -> Result<TopicPartitionList, KafkaError> {
            let mut list = TopicPartitionList::with_capacity(parts.len());
            for (topic, partition, position) in parts {
                list.add_partition_offset(topic, *partition, Offset::Offset(*position))?;
            }
            Ok(list)
        };
        let changed = (|| {
            if !old.is_empty() {
                self.client.incremental_unassign(&list(&old)?)?;
            }
            if !new.is_empty() {
                self.client.incremental_assign(&list(new)?)?;
            }
            Ok(())
        })();
        if let Err(error) = changed {
            let error: KafkaError = error;
            let said = self.links.source(LinkState::Gap, &format!("partitions could not be assigned: {error}"));
            self.say(said);
        }
        for (topic, partition, _) in new {
            if self.table.part(topic, *partition).is_some_and(|p| p.paused) {
                self.hold(topic, *partition, true);
            }
        }
    }

    pub(super) fn ends(&mut self, told: Vec<(Place, i64)>) {
        for (place, end) in told {
            let Some(part) = self.table.part(&place.topic, place.partition).filter(|p| !p.stale) else { continue };
            if end < place.position {
                part.short = part.short.saturating_add(1);
                if part.short >= GONE_AFTER {
                    self.renew(&place.topic, false);
                }
                continue;
            }
            part.short = 0;
            if part.extend(end, self.now) {
                self.tell(&place.topic, place.partition, PartitionEvent::End { end });
            }
        }
    }

    /// The topic is another than it was: all of it is to be read from the beginning. One change has
    /// several signs, of which only its identity is `certain` to be told once.
    pub(super) fn renew(&mut self, name: &str, certain: bool) {
        let now = self.now;
        let Some(topic) = self.table.find(name) else { return };
        let lately = topic.renewed.is_some_and(|at| now.duration_since(at) < SAME_RENEWAL);
        if topic.parts.is_empty() || (lately && !certain) {
            return;
        }
        topic.renewed = Some(now);
        let name = Arc::clone(&topic.name);
        let mut starts = Vec::new();
        for (n, part) in topic.parts.iter_mut().enumerate() {
            let Some(part) = part else { continue };
            part.stale = true;
            starts.push(Start {
                topic: Arc::clone(&name),
                partition: n as i32,
                from: From::Beginning,
                reach: self.reach,
                renewed: true,
                ahead: false,
            });
        }
        self.rounds.starts.retain(|s| s.topic != name);
        self.rounds.starts.extend(starts);
        self.rounds.topics_soon(now);
        self.rounds.reconnect = true;
    }

    /// Judges positions against what the brokers have.
    pub(super) fn bounds(&mut self, told: Vec<(Place, Bounds)>) {
        let mut again = Vec::new();
        let mut anew = false;
        for (place, bounds) in told {
            let Some(part) = self.table.part(&place.topic, place.partition).filter(|p| !p.stale) else { continue };
            if place.position > bounds.end {
                self.renew(&place.topic, false);
                anew = true;
            } else if part.position < bounds.first {
                let from = part.position;
                part.skip_to(bounds.first);
                let to = bounds.first;
                self.tell(&place.topic, place.partition, PartitionEvent::Lost { from, to });
                let detail = format!("partition {}: offsets {from} to {} were removed before they were read", place.partition, to - 1);
                let said = self.links.topic(&place.topic, LinkState::Gap, &detail);
                self.say(said);
                again.push((place.topic, place.partition, to));
            }
        }
        // An error without a visible cause still stopped some partition: all go on where they stand.
        let lately = self.rounds.restarted.is_some_and(|at| self.now.duration_since(at) < SAME_RENEWAL);
        if again.is_empty() && !anew && !lately {
            self.rounds.restarted = Some(self.now);
            again = self.table.parts().filter(|(_, _, p)| !p.stale).map(|(t, n, p)| (Arc::clone(t), n, p.position)).collect();
        }
        self.assign(&[], &again);
    }
}
