//! What the reading thread does between batches: asks, listens, heeds wishes, notices silence and ends.
//!
//! Whoever changes when something is asked meets `Rounds`; what the answers mean stands in `assigning`.

use super::super::outlet::SourceError;
use super::partitions::Part;
use super::reader::{Going, Reader, now};
use super::watch::{Answer, Ask, Place, Start};
use crate::model::{LinkState, OwnedInput, PartitionEvent};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often topics are looked for: a new partition is seen within this time.
pub const TOPICS_EVERY: Duration = Duration::from_secs(5);
/// How often end offsets are asked for: the lag on the screen is as old as this.
const ENDS_EVERY: Duration = Duration::from_secs(1);
/// After how much silence the brokers count as down.
const SILENCE: Duration = Duration::from_secs(5);
/// After how much time since the last round silence is our own: held up by a full queue, or stopped.
const OWN_SILENCE: Duration = Duration::from_secs(2);
/// How long a run that has an end waits for the first answer.
const FIRST_ANSWER: Duration = Duration::from_secs(10);
/// How long the start hurries before it polls at rest.
const HURRY: Duration = Duration::from_secs(2);
/// How often idleness is looked at; a tenth of the time it takes.
const IDLE_EVERY: Duration = Duration::from_millis(500);
/// The same where reaching the end ends the run.
const DONE_EVERY: Duration = Duration::from_millis(5);
/// How long a partition may give nothing of what it has: longer than any fetch but one of a very
/// large record over a very slow line, for which it grows.
const STALL: Duration = Duration::from_secs(10);
/// The longest it grows to.
const STALL_MOST: Duration = Duration::from_mins(5);
/// How soon what could not be told is asked again.
pub const AGAIN: Duration = Duration::from_millis(500);

/// When what is due.
#[derive(Debug)]
pub struct Rounds {
    /// A position lies outside of what the brokers have.
    pub bounds_wanted: bool,
    /// A new client is to be taken.
    pub reconnect: bool,
    /// How long a partition may stall before a new client is taken; twice as long each time.
    patience: Duration,
    pub(super) began: Instant,
    pub(super) heard: Instant,
    pub(super) topics_due: Instant,
    pub(super) ends_due: Instant,
    pub(super) idle_due: Instant,
    pub(super) again: Instant,
    pub(super) looked: bool,
    pub(super) starts: Vec<Start>,
    pub(super) asked: Vec<Start>,
    pub(super) awaited: BTreeSet<Arc<str>>,
    pub(super) restarted: Option<Instant>,
}

impl Rounds {
    /// All is due now.
    pub fn new(now: Instant) -> Self {
        Self {
            bounds_wanted: false,
            reconnect: false,
            patience: STALL,
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
    pub fn in_a_hurry(&self, now: Instant, up: bool) -> bool {
        now.duration_since(self.began) < HURRY || (up && !self.asked.is_empty())
    }

    /// Looks for topics in a moment.
    pub fn topics_soon(&mut self, now: Instant) {
        self.topics_due = self.topics_due.min(now + AGAIN);
    }

    /// Whether the partition is about to be begun.
    pub fn pending(&self, topic: &str, partition: i32) -> bool {
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
        if std::mem::take(&mut self.rounds.reconnect) {
            self.reconnect();
        }
        self.look_behind();
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

    /// Pauses a partition or lets it go on.
    pub(super) fn hold(&self, topic: &str, partition: i32, pause: bool) {
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

    /// A partition that has records to read and gives none, while all that was fetched is handed
    /// on, is one that librdkafka has given up; a new client has not.
    fn look_for_stalls(&mut self) {
        let (now, wait) = (self.now, self.rounds.patience);
        let readable = |topic: &str| self.links.topic_state(topic) != LinkState::Denied;
        let stalled = self.table.parts().find(|(topic, _, part)| part.stalled(now, wait) && readable(topic));
        if let Some((topic, partition, part)) = stalled.filter(|_| self.quiet) {
            tracing::warn!(target: "kafka", "{topic} {partition} stands at {} for {} s, connecting anew", part.position, wait.as_secs());
            self.rounds.patience = (wait * 2).min(STALL_MOST);
            self.rounds.reconnect = true;
            self.table.parts_mut().for_each(|(_, _, p)| p.heard = now);
        }
    }

    /// Tells idle partitions, and ends where the end is reached.
    fn look_at_ends(&mut self) -> Result<Going, SourceError> {
        if self.links.up() {
            for (topic, partition) in self.table.idle(self.now) {
                self.tell(&topic, partition, PartitionEvent::Idle);
            }
            self.look_for_stalls();
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
        if let Some(topic) = self.links.denied_topic() {
            return Err(self.links.failure(format!("topic '{topic}' may not be read")));
        }
        let late = self.now.duration_since(self.rounds.began) >= FIRST_ANSWER;
        if !self.rounds.looked && (late || self.links.denied()) {
            let reason = self.links.reason().unwrap_or("no broker answered").to_owned();
            return Err(self.links.failure(reason));
        }
        Ok(Going::On)
    }
}
