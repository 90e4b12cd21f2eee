//! What the reading thread does between batches: asks, judges answers, assigns, notices silence.
//!
//! Whatever changes a partition or a link is said here, so that each of a broker's misfortunes ends
//! as one input with words. Whoever changes when something is asked meets `Rounds`.

use super::super::From;
use super::super::outlet::SourceError;
use super::partitions::Part;
use super::reader::{Going, Reader, now};
use super::viewer::LATER;
use super::watch::{Answer, Ask, Begun, Bounds, Found, Place, Start};
use crate::model::{LinkState, OwnedInput, PartitionEvent};
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often topics are looked for: a new partition is seen within this time.
const TOPICS_EVERY: Duration = Duration::from_secs(5);
/// The same while a topic is missing, so that a new one starts within about a second.
const MISSING_EVERY: Duration = Duration::from_secs(1);
/// How often end offsets are asked for: the lag on the screen is as old as this.
const ENDS_EVERY: Duration = Duration::from_secs(1);
/// After how much silence the brokers count as down.
const SILENCE: Duration = Duration::from_secs(5);
/// After how much time since the last round silence is our own: held up by a full queue, or stopped.
const OWN_SILENCE: Duration = Duration::from_secs(2);
/// How long a run that has an end waits for the first answer.
const FIRST_ANSWER: Duration = Duration::from_secs(30);
/// How long the start hurries before it polls at rest.
const HURRY: Duration = Duration::from_secs(2);
/// How often idleness is looked at; a tenth of the time it takes.
const IDLE_EVERY: Duration = Duration::from_millis(500);
/// The same where reaching the end ends the run.
const DONE_EVERY: Duration = Duration::from_millis(5);
/// How long a topic that started anew is not started anew again: the same change has several signs.
const SAME_RENEWAL: Duration = Duration::from_secs(5);
/// How soon what could not be told is asked again.
const AGAIN: Duration = Duration::from_millis(500);
/// Answers in a row that know nothing of a topic that is read before it counts as gone, since
/// brokers may forget one for a moment while they start.
const GONE_AFTER: u8 = 2;
/// Partitions one source reads at most, as the configuration's default for all.
const PARTITIONS_LIMIT: usize = 10_000;

/// When what is due.
#[derive(Debug)]
pub struct Rounds {
    /// A position lies outside of what the brokers have.
    pub bounds_wanted: bool,
    began: Instant,
    heard: Instant,
    topics_due: Instant,
    ends_due: Instant,
    idle_due: Instant,
    again: Instant,
    looked: bool,
    starts: Vec<Start>,
    asked: Vec<Start>,
    awaited: BTreeSet<Arc<str>>,
    restarted: Option<Instant>,
}

impl Rounds {
    /// All is due now.
    pub fn new(now: Instant) -> Self {
        Self {
            bounds_wanted: false,
            began: now,
            heard: now,
            topics_due: now,
            ends_due: now,
            idle_due: now,
            again: now,
            looked: false,
            starts: Vec::new(),
            asked: Vec::new(),
            awaited: BTreeSet::new(),
            restarted: None,
        }
    }

    /// Whether an answer is awaited that lets reading start.
    pub fn in_a_hurry(&self, now: Instant) -> bool {
        now.duration_since(self.began) < HURRY || !self.asked.is_empty()
    }

    /// Looks for topics in a moment.
    pub fn topics_soon(&mut self, now: Instant) {
        self.topics_due = self.topics_due.min(now + AGAIN);
    }

    fn pending(&self, topic: &str, partition: i32) -> bool {
        self.starts.iter().chain(&self.asked).any(|s| s.partition == partition && &*s.topic == topic)
    }
}

impl Reader {
    /// One round of everything that is not a record.
    pub(super) fn tend(&mut self) -> Result<Going, SourceError> {
        let before = std::mem::replace(&mut self.now, now());
        if self.control.stopped() {
            return Ok(Going::Stop);
        }
        self.read_notes();
        self.heed_flow();
        self.listen(before);
        while let Some(answer) = self.watch.answer().map_err(|()| self.links.failure("the asking thread ended by itself"))? {
            self.judge_answer(answer)?;
        }
        self.ask();
        if self.now >= self.rounds.idle_due {
            self.rounds.idle_due = self.now + if self.exit_at_end { DONE_EVERY } else { IDLE_EVERY };
            return self.look_at_ends();
        }
        Ok(Going::On)
    }

    fn heed_flow(&mut self) {
        for flow in self.control.take_flow() {
            let Some(part) = self.table.part(&flow.topic, flow.partition).filter(|_| flow.source == self.id) else { continue };
            part.paused = flow.pause;
            part.heard = self.now;
            self.hold(&flow.topic, flow.partition, flow.pause);
        }
    }

    fn hold(&self, topic: &str, partition: i32, pause: bool) {
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, partition);
        let done = if pause { self.client.pause(&list) } else { self.client.resume(&list) };
        if let Err(error) = done {
            tracing::warn!(target: "kafka", "{topic} {partition}: {error}");
        }
    }

    /// Notices that brokers answer, or no longer do.
    fn listen(&mut self, before: Instant) {
        if self.watch.take_heard() {
            self.rounds.heard = self.now;
            let said = self.links.answered(&self.brokers);
            if said.is_some() {
                // What came while nobody answered is not known yet, so that nothing is idle.
                let now = self.now;
                self.table.parts_mut().for_each(|(_, _, p)| p.heard = now);
                self.rounds.ends_due = self.now;
            }
            self.say(said);
        } else if self.now.duration_since(before) >= OWN_SILENCE {
            self.rounds.heard = self.now;
        } else if self.now.duration_since(self.rounds.heard) >= SILENCE {
            let said = self.links.silent(SILENCE.as_secs());
            self.say(said);
        }
    }

    fn ask(&mut self) {
        if !self.watch.free() {
            return;
        }
        let retry = self.now >= self.rounds.again;
        if self.rounds.bounds_wanted && retry {
            self.rounds.bounds_wanted = false;
            self.watch.ask(Ask::Bounds(self.places()));
        } else if !self.rounds.starts.is_empty() && retry {
            self.rounds.asked = std::mem::take(&mut self.rounds.starts);
            self.watch.ask(Ask::Starts(self.rounds.asked.clone()));
        } else if self.now >= self.rounds.topics_due {
            self.rounds.topics_due = self.now + TOPICS_EVERY;
            self.watch.ask(Ask::Topics);
        } else if self.now >= self.rounds.ends_due {
            self.rounds.ends_due = self.now + ENDS_EVERY;
            let places = self.places();
            if !places.is_empty() {
                self.watch.ask(Ask::Ends(places));
            }
        }
    }

    fn places(&self) -> Vec<Place> {
        let place =
            |(topic, partition, part): (&Arc<str>, i32, &Part)| Place { topic: Arc::clone(topic), partition, position: part.position };
        self.table.parts().filter(|(_, _, p)| !p.stale).map(place).collect()
    }

    fn judge_answer(&mut self, answer: Answer) -> Result<(), SourceError> {
        match answer {
            Answer::Topics(found) => return self.found(found),
            Answer::Starts(told) => self.begin(told),
            Answer::Ends(told) => self.ends(told),
            Answer::Bounds(told) => self.bounds(told),
            Answer::Failed(code) => {
                tracing::debug!(target: "kafka", "a question failed: {code}");
                self.ask_again();
            }
            Answer::Refused(topic) => {
                let said = self.links.topic(&topic, LinkState::Denied, &format!("topic '{topic}': its offsets are refused"));
                self.say(said);
                self.ask_again();
            }
        }
        Ok(())
    }

    fn ask_again(&mut self) {
        self.rounds.again = self.now + AGAIN;
        self.rounds.topics_soon(self.now);
        let asked = std::mem::take(&mut self.rounds.asked);
        self.rounds.starts.extend(asked);
    }

    /// Judges which topics there are.
    fn found(&mut self, found: Vec<Found>) -> Result<(), SourceError> {
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
        let known = |n: i32| topic.parts.get(n as usize).is_some_and(Option::is_some);
        let lacking: Vec<i32> = (0..count).filter(|n| !known(*n)).collect();
        let surplus: Vec<i32> = (count..topic.parts.len() as i32).collect();
        self.revoke(name, &surplus);
        let from = if as_told { self.from } else { LATER };
        let start = |partition: &i32| Start { topic: Arc::clone(name), partition: *partition, from, renewed };
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
    fn begin(&mut self, told: Vec<Begun>) {
        let asked = std::mem::take(&mut self.rounds.asked);
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let mut topics = BTreeSet::new();
        for (start, offsets) in told {
            if !asked.iter().any(|a| a.partition == start.partition && a.topic == start.topic) {
                continue;
            }
            let Some((position, end)) = offsets else {
                self.rounds.again = self.now + AGAIN;
                self.rounds.starts.push(start);
                continue;
            };
            let mut part = Part::new(position, end, self.exit_at_end.then_some(end), self.now);
            let topic = self.table.topic(&start.topic);
            topic.gone = false;
            topic.renewed = start.renewed.then_some(self.now);
            let index = start.partition as usize;
            if topic.parts.len() <= index {
                topic.parts.resize_with(index + 1, || None);
            }
            if let Some(before) = &topic.parts[index] {
                part.paused = before.paused;
                old.push((Arc::clone(&start.topic), start.partition, 0));
            }
            topic.parts[index] = Some(part);
            if start.renewed {
                self.tell(&start.topic, start.partition, PartitionEvent::Recreated);
            }
            self.tell(&start.topic, start.partition, PartitionEvent::Assigned { position, end });
            topics.insert((Arc::clone(&start.topic), start.renewed));
            new.push((start.topic, start.partition, position));
        }
        self.assign(&old, &new);
        for (topic, renewed) in topics {
            self.say_begun(&topic, renewed);
        }
    }

    fn say_begun(&mut self, name: &Arc<str>, renewed: bool) {
        let count = self.table.find(name).map_or(0, |t| t.parts.iter().flatten().count());
        let (state, detail) = if renewed {
            (LinkState::Gap, format!("topic '{name}' was created anew and is read from its beginning"))
        } else {
            (LinkState::Up, format!("topic '{name}' is read, {count} {}", if count == 1 { "partition" } else { "partitions" }))
        };
        let said = self.links.topic(name, state, &detail);
        self.say(said);
    }

    /// Takes `old` out of what librdkafka fetches and puts `new` in. What it had fetched for `old`
    /// is thrown away by it.
    fn assign(&mut self, old: &[(Arc<str>, i32, i64)], new: &[(Arc<str>, i32, i64)]) {
        let list = |parts: &[(Arc<str>, i32, i64)]| -> Result<TopicPartitionList, KafkaError> {
            let mut list = TopicPartitionList::with_capacity(parts.len());
            for (topic, partition, position) in parts {
                list.add_partition_offset(topic, *partition, Offset::Offset(*position))?;
            }
            Ok(list)
        };
        let changed = (|| {
            if !old.is_empty() {
                self.client.incremental_unassign(&list(old)?)?;
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

    fn ends(&mut self, told: Vec<(Place, i64)>) {
        for (place, end) in told {
            let Some(part) = self.table.part(&place.topic, place.partition).filter(|p| !p.stale) else { continue };
            if end < place.position {
                part.short = part.short.saturating_add(1);
                if part.short >= GONE_AFTER {
                    self.renew(&place.topic);
                }
                continue;
            }
            part.short = 0;
            if end > part.end {
                part.end = end;
                self.tell(&place.topic, place.partition, PartitionEvent::End { end });
            }
        }
    }

    /// The topic is another than it was: all of it is to be read from the beginning.
    pub(super) fn renew(&mut self, name: &str) {
        let now = self.now;
        let Some(topic) = self.table.find(name).filter(|t| t.renewed.is_none_or(|at| now.duration_since(at) >= SAME_RENEWAL)) else {
            return;
        };
        topic.renewed = Some(now);
        let name = Arc::clone(&topic.name);
        let mut starts = Vec::new();
        for (n, part) in topic.parts.iter_mut().enumerate() {
            let Some(part) = part else { continue };
            part.stale = true;
            starts.push(Start { topic: Arc::clone(&name), partition: n as i32, from: From::Beginning, renewed: true });
        }
        self.rounds.starts.retain(|s| s.topic != name);
        self.rounds.starts.extend(starts);
        self.rounds.topics_soon(now);
    }

    /// Judges positions against what the brokers have.
    fn bounds(&mut self, told: Vec<(Place, Bounds)>) {
        let mut again = Vec::new();
        let mut anew = false;
        for (place, bounds) in told {
            let Some(part) = self.table.part(&place.topic, place.partition).filter(|p| !p.stale) else { continue };
            if place.position > bounds.end {
                self.renew(&place.topic);
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
        self.assign(&again, &again);
    }

    /// Tells idle partitions, and ends where the end is reached.
    fn look_at_ends(&mut self) -> Result<Going, SourceError> {
        if self.links.up() {
            for (topic, partition) in self.table.idle(self.now) {
                self.tell(&topic, partition, PartitionEvent::Idle);
            }
        }
        if !self.exit_at_end {
            return Ok(Going::On);
        }
        let begun = self.rounds.looked && self.rounds.starts.is_empty() && self.rounds.asked.is_empty();
        if begun && self.rounds.awaited.is_empty() && self.table.all_done() {
            let said = self.links.source(LinkState::Ended, "read to the end positions of the start");
            self.say(said);
            self.send(OwnedInput::Ended(self.id));
            return Ok(Going::Stop);
        }
        let late = self.now.duration_since(self.rounds.began) >= FIRST_ANSWER;
        if !self.rounds.looked && (late || self.links.denied()) {
            let reason = self.links.reason().unwrap_or("no broker answered").to_owned();
            return Err(self.links.failure(reason));
        }
        Ok(Going::On)
    }
}
