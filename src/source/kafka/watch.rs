//! What blocks, on a thread of its own: asking the brokers for topics and offsets.
//!
//! The reader asks one thing at a time and goes on polling; an answer that takes its time, or never
//! comes, holds nothing up. End offsets are asked for here, all partitions in one request a second,
//! rather than read from librdkafka's statistics: those cost a parse of some kilobytes a
//! partition, and stand still while a partition is held back.

use super::super::From;
use super::client::Client;
use super::reach::Reach;
use crate::decode::TopicPattern;
use crate::model::{LinkState, Millis, Timestamp};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::{Offset, TopicPartitionList};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

/// How long one question may take: short, so that a broker that says nothing is noticed within
/// seconds, and long enough for a busy one.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is read: names and patterns.
#[derive(Debug)]
pub enum Wanted {
    /// One topic.
    Name(Arc<str>),
    /// All topics whose whole name matches; written as the user wrote it.
    Pattern(Arc<str>, Regex),
}

impl Wanted {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with the regular expression.
    pub fn new(pattern: &TopicPattern) -> Result<Self, String> {
        match pattern {
            TopicPattern::Name(name) => Ok(Self::Name(Arc::clone(name))),
            TopicPattern::Regex(text) => match Regex::new(&format!("^(?:{text})$")) {
                Ok(regex) => Ok(Self::Pattern(Arc::clone(text), regex)),
                Err(error) => Err(format!("topic pattern '{text}': {error}")),
            },
        }
    }

    /// Whether it is meant.
    pub fn matches(&self, topic: &str) -> bool {
        match self {
            Self::Name(name) => &**name == topic,
            // Kafka's own topics are only meant where the pattern says so.
            Self::Pattern(text, regex) => regex.is_match(topic) && (!topic.starts_with("__") || text.contains("__")),
        }
    }
}

/// A partition and where it stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The position when the question was asked, for an answer may be older than the position.
    pub position: i64,
}

/// A partition to be begun.
#[derive(Clone, Debug)]
pub struct Start {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// Where.
    pub from: From,
    /// How far back, where it is [`From::Auto`].
    pub reach: Reach,
    /// It was read before and is another now.
    pub renewed: bool,
    /// It is read already, and goes on there: what lies between is left out.
    pub ahead: bool,
}

/// A question.
#[derive(Debug)]
pub enum Ask {
    /// Which topics there are.
    Topics,
    /// Where these partitions begin.
    Starts(Vec<Start>),
    /// The end offsets.
    Ends(Vec<Place>),
    /// The first and end offsets.
    Bounds(Vec<Place>),
}

/// How a topic was found.
#[derive(Debug)]
pub struct Found {
    /// The topic, or a pattern that matched none.
    pub topic: Arc<str>,
    /// The number of partitions, or what is wrong with it.
    pub partitions: Result<i32, (LinkState, String)>,
}

/// First and end offset of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The first offset there is.
    pub first: i64,
    /// The offset after the last record.
    pub end: i64,
}

/// An answer; to the question asked last.
#[derive(Debug)]
pub enum Answer {
    /// The topics.
    Topics(Vec<Found>),
    /// Where each partition begins.
    Starts(Vec<Begun>),
    /// The end offsets that could be told.
    Ends(Vec<(Place, i64)>),
    /// The bounds that could be told.
    Bounds(Vec<(Place, Bounds)>),
    /// Nothing could be told.
    Failed(Code),
    /// A topic's offsets are kept from us.
    Refused(Arc<str>),
}

/// The reader's end.
#[derive(Debug)]
pub struct Watch {
    asks: SyncSender<Ask>,
    answers: Receiver<Answer>,
    heard: Arc<AtomicBool>,
    waiting: bool,
}

impl Watch {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(client: Arc<Client>, wanted: Arc<[Wanted]>) -> std::io::Result<Self> {
        let (asks, questions) = sync_channel(1);
        let (tell, answers) = sync_channel::<Answer>(1);
        let heard = Arc::new(AtomicBool::new(false));
        let asker = Asker { client, wanted, heard: Arc::clone(&heard) };
        std::thread::Builder::new().name("kafka-watch".into()).spawn(move || {
            while let Ok(question) = questions.recv() {
                if tell.send(asker.answer(question)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { asks, answers, heard, waiting: false })
    }

    /// Whether a question may be asked.
    pub fn free(&self) -> bool {
        !self.waiting
    }

    /// Asks, when free.
    pub fn ask(&mut self, question: Ask) {
        self.waiting = self.asks.try_send(question).is_ok();
    }

    /// The answer, once it is there. `Err`: the thread has ended.
    pub fn answer(&mut self) -> Result<Option<Answer>, ()> {
        match self.answers.try_recv() {
            Ok(answer) => {
                self.waiting = false;
                Ok(Some(answer))
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(()),
        }
    }

    /// Whether a broker has answered anything since the last call.
    pub fn take_heard(&self) -> bool {
        self.heard.swap(false, Ordering::Relaxed)
    }
}

pub(super) struct Asker {
    client: Arc<Client>,
    wanted: Arc<[Wanted]>,
    heard: Arc<AtomicBool>,
}

/// A topic's partition.
pub(super) type Key = (Arc<str>, i32);
/// Offsets of partitions.
pub(super) type Offsets = BTreeMap<Key, i64>;

/// A start with what was told for it.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What was asked.
    pub start: Start,
    /// The position and the end; `None` where the broker did not say.
    pub offsets: Option<(i64, i64)>,
    /// How far back the topic is read; `None`: as it was told.
    pub back: Option<Back>,
}

/// How far back a topic is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Back {
    /// The span; `None`: partitions begin a number of records before their end.
    pub span: Option<Millis>,
    /// It was to be this, and would have been too much.
    pub cut: Option<Millis>,
}

impl Asker {
    fn answer(&self, question: Ask) -> Answer {
        let answered = match question {
            Ask::Topics => self.topics().map(Answer::Topics),
            Ask::Starts(starts) => self.starts(starts).map(Answer::Starts),
            Ask::Ends(places) => self.ends(places).map(Answer::Ends),
            Ask::Bounds(places) => self.bounds(places).map(Answer::Bounds),
        };
        answered.unwrap_or_else(|failure| failure)
    }

    fn note<T>(&self, result: Result<T, KafkaError>) -> Result<T, Code> {
        match result {
            Ok(value) => {
                self.heard.store(true, Ordering::Relaxed);
                Ok(value)
            }
            Err(error) => {
                let code = error.rdkafka_error_code().unwrap_or(Code::Fail);
                // What the broker itself refuses is an answer; librdkafka's own codes are negative.
                if code as i32 > 0 {
                    self.heard.store(true, Ordering::Relaxed);
                }
                Err(code)
            }
        }
    }

    fn topics(&self) -> Result<Vec<Found>, Answer> {
        let mut found = BTreeMap::new();
        if self.wanted.is_empty() {
            self.note(self.client.fetch_metadata(None, PATIENCE)).map_err(Answer::Failed)?;
        }
        for wanted in &*self.wanted {
            match wanted {
                Wanted::Name(name) => {
                    let metadata = self.note(self.client.fetch_metadata(Some(name), PATIENCE)).map_err(Answer::Failed)?;
                    for topic in metadata.topics().iter().filter(|t| t.name() == &**name) {
                        found.insert(Arc::clone(name), described(topic));
                    }
                }
                Wanted::Pattern(text, _) => {
                    let metadata = self.note(self.client.fetch_metadata(None, PATIENCE)).map_err(Answer::Failed)?;
                    let before = found.len();
                    for topic in metadata.topics().iter().filter(|t| wanted.matches(t.name())) {
                        found.insert(Arc::from(topic.name()), described(topic));
                    }
                    if found.len() == before && !found.keys().any(|t| wanted.matches(t)) {
                        found.insert(Arc::clone(text), Err((LinkState::Unknown, format!("no topic matches '{text}'; it is looked for"))));
                    } else {
                        found.insert(Arc::clone(text), Ok(0));
                    }
                }
            }
        }
        Ok(found.into_iter().map(|(topic, partitions)| Found { topic, partitions }).collect())
    }

    fn starts(&self, starts: Vec<Start>) -> Result<Vec<Begun>, Answer> {
        let all: Vec<_> = starts.iter().map(|s| (Arc::clone(&s.topic), s.partition)).collect();
        let ends = self.offsets(&all, Offset::End)?;
        let mut positions = Offsets::new();
        for (at, group) in by_offset(&starts) {
            positions.append(&mut self.offsets(&group, at)?);
        }
        let backs = self.reached(&starts, &ends, &mut positions)?;
        let answer = |start: Start| {
            let key = (Arc::clone(&start.topic), start.partition);
            let end = ends.get(&key).copied();
            // A moment after the newest record, and a negative answer, mean the end.
            let position = positions.get(&key).copied().zip(end).map(|(p, end)| if p < 0 { end } else { p });
            let back = backs.get(&start.topic).copied().filter(|_| start.from == From::Auto);
            Begun { start, offsets: position.zip(end), back }
        };
        Ok(starts.into_iter().map(answer).collect())
    }

    fn ends(&self, places: Vec<Place>) -> Result<Vec<(Place, i64)>, Answer> {
        let all: Vec<_> = places.iter().map(|p| (Arc::clone(&p.topic), p.partition)).collect();
        let ends = self.offsets(&all, Offset::End)?;
        Ok(places.into_iter().filter_map(|p| ends.get(&(Arc::clone(&p.topic), p.partition)).map(|end| (p, *end))).collect())
    }

    fn bounds(&self, places: Vec<Place>) -> Result<Vec<(Place, Bounds)>, Answer> {
        let all: Vec<_> = places.iter().map(|p| (Arc::clone(&p.topic), p.partition)).collect();
        let firsts = self.offsets(&all, Offset::Beginning)?;
        let ends = self.offsets(&all, Offset::End)?;
        let both = |p: Place| {
            let key = (Arc::clone(&p.topic), p.partition);
            let bounds = Bounds { first: *firsts.get(&key)?, end: *ends.get(&key)? };
            Some((p, bounds))
        };
        Ok(places.into_iter().filter_map(both).collect())
    }

    /// Offsets of `parts`: `Beginning`, `End`, or a time as an offset.
    fn offsets(&self, parts: &[Key], at: Offset) -> Result<Offsets, Answer> {
        let parts: Vec<_> = parts.iter().map(|key| (key.clone(), at)).collect();
        self.offsets_at(&parts)
    }

    /// Offsets of `parts`, each at a place of its own. All topics in one go; where one spoils it for the others, each topic
    /// by itself.
    pub(super) fn offsets_at(&self, parts: &[(Key, Offset)]) -> Result<Offsets, Answer> {
        let Some(((one, _), _)) = parts.first() else { return Ok(Offsets::new()) };
        let first = self.query(parts.iter());
        let topics: BTreeSet<&Arc<str>> = parts.iter().map(|((t, _), _)| t).collect();
        let refused = |code, topic: &Arc<str>| match code {
            Code::TopicAuthorizationFailed => Answer::Refused(Arc::clone(topic)),
            code => Answer::Failed(code),
        };
        match first {
            Ok(offsets) => Ok(offsets),
            Err(code) if topics.len() == 1 || is_silence(code) => Err(refused(code, one)),
            Err(_) => {
                let mut all = Offsets::new();
                for topic in topics {
                    match self.query(parts.iter().filter(|((t, _), _)| t == topic)) {
                        Ok(mut offsets) => all.append(&mut offsets),
                        Err(code) if is_silence(code) => return Err(Answer::Failed(code)),
                        Err(_) => {}
                    }
                }
                Ok(all)
            }
        }
    }

    fn query<'p>(&self, parts: impl Iterator<Item = &'p (Key, Offset)>) -> Result<Offsets, Code> {
        let mut list = TopicPartitionList::new();
        let mut names = BTreeMap::new();
        for ((topic, partition), at) in parts {
            list.add_partition_offset(topic, *partition, *at).map_err(|_| Code::InvalidArgument)?;
            names.insert(&**topic, topic);
        }
        let list = self.note(self.client.offsets_for_times(list, PATIENCE))?;
        let told = |elem: rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            elem.error().ok()?;
            let topic = Arc::clone(names.get(elem.topic())?);
            let offset = match elem.offset() {
                Offset::Offset(offset) => offset,
                Offset::End => -1,
                _ => return None,
            };
            Some(((topic, elem.partition()), offset))
        };
        Ok(list.elements().into_iter().filter_map(told).collect())
    }
}

/// Nobody answered; asking once more for each topic would only take longer.
fn is_silence(code: Code) -> bool {
    matches!(code, Code::BrokerTransportFailure | Code::AllBrokersDown | Code::OperationTimedOut | Code::Resolve | Code::Authentication)
}

fn described(topic: &rdkafka::metadata::MetadataTopic) -> Result<i32, (LinkState, String)> {
    let Some(error) = topic.error() else { return Ok(topic.partitions().len() as i32) };
    let code = Code::from(error);
    let name = topic.name();
    Err(match code {
        Code::UnknownTopicOrPartition | Code::UnknownTopic => {
            (LinkState::Unknown, format!("the brokers know no topic '{name}'; it is looked for"))
        }
        Code::TopicAuthorizationFailed => (LinkState::Denied, format!("topic '{name}': {code}")),
        code => (LinkState::Down, format!("topic '{name}': {code}")),
    })
}

/// The starts grouped by what is asked of the broker.
fn by_offset(starts: &[Start]) -> Vec<(Offset, Vec<Key>)> {
    let mut groups: Vec<(Offset, Vec<Key>)> = Vec::new();
    let now = now();
    for start in starts {
        let at = match start.from {
            From::Beginning => Offset::Beginning,
            From::End => Offset::End,
            From::Back(length) => at_time(now - length),
            From::At(time) => at_time(time),
            From::Auto => continue,
        };
        let key = (Arc::clone(&start.topic), start.partition);
        match groups.iter_mut().find(|(o, _)| *o == at) {
            Some((_, group)) => group.push(key),
            None => groups.push((at, vec![key])),
        }
    }
    groups
}

/// librdkafka takes a time in the place of an offset; before 1970 there are no records.
pub(super) fn at_time(time: Timestamp) -> Offset {
    Offset::Offset(time.as_millis().max(0))
}

#[expect(clippy::disallowed_methods, reason = "clocks belong to sources")]
pub(super) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names_and_spares_kafkas_own_topics() {
        let wanted = |text: &str| Wanted::new(&TopicPattern::Regex(text.into())).expect("a pattern");
        assert!(wanted("^sensor_.*").matches("sensor_a"));
        assert!(!wanted("^sensor").matches("sensor_a"));
        assert!(!wanted("^a|b").matches("ab"));
        assert!(!wanted("^.*").matches("__consumer_offsets"));
        assert!(wanted("^__consumer.*").matches("__consumer_offsets"));
        assert!(Wanted::new(&TopicPattern::Regex("^(".into())).is_err());
    }

    #[test]
    fn starts_are_grouped_by_what_is_asked() {
        let start =
            |topic: &str, from| Start { topic: topic.into(), partition: 0, from, reach: Reach::default(), renewed: false, ahead: false };
        let at = From::At(Timestamp::from_millis(-7));
        let groups = by_offset(&[start("a", From::End), start("b", at), start("c", From::End)]);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].1.len(), 2);
        assert_eq!(groups[1].0, Offset::Offset(0));
    }
}
