//! The Kafka source against librdkafka's in-process cluster: what a reader must never get wrong.
//!
//! Nothing sleeps: everything waits for an input with a time limit, and what should not come is
//! looked for in all that came.

use bellwether::decode::TopicPattern;
use bellwether::model::{Batch, Flow, LinkState, OwnedInput, PartitionEvent, SourceId, TimeKind, Timestamp};
use bellwether::source::{Control, EmbeddedBroker, From, KafkaSource, KafkaSpec, Publisher, Queue, Source, SourceError, WhenFull, queue};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The longest any single expectation may take, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);
const ID: SourceId = SourceId(3);

fn spec(broker: &EmbeddedBroker, topics: &[&str], from: From) -> KafkaSpec {
    let pattern = |t: &&str| if t.starts_with('^') { TopicPattern::Regex((*t).into()) } else { TopicPattern::Name((*t).into()) };
    KafkaSpec {
        brokers: vec![broker.bootstrap()],
        properties: Vec::new(),
        topics: topics.iter().map(pattern).collect(),
        from,
        exit_at_end: false,
    }
}

fn fill(broker: &EmbeddedBroker, topic: &str, records: std::ops::Range<u32>) {
    let publisher = Publisher::new(&broker.bootstrap(), &[]).expect("a publisher");
    for n in records {
        let (key, payload) = (format!("k{}", n % 7), format!("{n}"));
        publisher.send(topic, Some(key.as_bytes()), &[], Some(payload.as_bytes()), None).expect("room in the queue");
    }
    assert!(publisher.flush(PATIENCE), "all delivered");
    assert_eq!(publisher.lost(), 0);
}

/// A running source with all that it said.
struct Run {
    queue: Queue,
    seen: Vec<OwnedInput>,
    stop: watch::Sender<bool>,
    flow: Arc<Mutex<Vec<Flow>>>,
    task: JoinHandle<Result<(), SourceError>>,
}

impl Run {
    fn start(spec: KafkaSpec) -> Self {
        let (outlet, queue) = queue(ID, WhenFull::Block);
        let (stop, heard) = watch::channel(false);
        let flow = Arc::new(Mutex::new(Vec::new()));
        let control = Control { stop: heard, flow: Arc::clone(&flow) };
        let task = tokio::spawn(Box::new(KafkaSource::new(ID, "kafka".into(), spec)).run(outlet, control));
        Self { queue, seen: Vec::new(), stop, flow, task }
    }

    /// Takes inputs until `done` holds for all that came.
    async fn until(&mut self, what: &str, done: impl Fn(&[OwnedInput]) -> bool) {
        let wait = async {
            while !done(&self.seen) {
                match self.queue.inputs.recv().await {
                    Some(input) => self.seen.push(input),
                    None => return false,
                }
            }
            true
        };
        let came = timeout(PATIENCE, wait).await;
        assert!(matches!(came, Ok(true)), "no {what}: {came:?}; heard {:?}", self.links());
    }

    async fn until_records(&mut self, count: usize) {
        self.until(&format!("{count} records"), |seen| batches(seen).map(Batch::len).sum::<usize>() >= count).await;
    }

    async fn until_link(&mut self, topic: Option<&str>, state: LinkState) {
        self.until(state.word(), |seen| links(seen).last_of(topic) == Some(state)).await;
    }

    async fn until_event(&mut self, what: &str, fits: impl Fn(&str, i32, PartitionEvent) -> bool) {
        self.until(what, |seen| events(seen).any(|(t, p, e)| fits(t, p, e))).await;
    }

    async fn ended(mut self) -> Vec<OwnedInput> {
        self.until("end", |seen| matches!(seen.last(), Some(OwnedInput::Ended(ID)))).await;
        let done = timeout(PATIENCE, self.task).await.expect("in time").expect("no panic");
        assert!(done.is_ok(), "{done:?}");
        self.seen
    }

    async fn stop(self) {
        self.stop.send(true).expect("still running");
        drop(self.queue);
        let done = timeout(PATIENCE, self.task).await.expect("in time").expect("no panic");
        assert!(done.is_ok(), "{done:?}");
    }

    fn links(&self) -> Vec<(Option<String>, LinkState, String)> {
        links(&self.seen).0
    }
}

struct Links(Vec<(Option<String>, LinkState, String)>);

impl Links {
    fn last_of(&self, topic: Option<&str>) -> Option<LinkState> {
        self.0.iter().rev().find(|(t, ..)| t.as_deref() == topic).map(|(_, state, _)| *state)
    }
}

fn links(seen: &[OwnedInput]) -> Links {
    let link = |input: &OwnedInput| match input {
        OwnedInput::Link { source: ID, topic, state, detail } => Some((topic.as_deref().map(str::to_owned), *state, detail.to_string())),
        _ => None,
    };
    Links(seen.iter().filter_map(link).collect())
}

fn batches(seen: &[OwnedInput]) -> impl Iterator<Item = &Batch> {
    seen.iter().filter_map(|input| match input {
        OwnedInput::Records(batch) => Some(batch),
        _ => None,
    })
}

fn events(seen: &[OwnedInput]) -> impl Iterator<Item = (&str, i32, PartitionEvent)> {
    seen.iter().filter_map(|input| match input {
        OwnedInput::Partition { source: ID, topic, partition, event } => Some((&**topic, *partition, *event)),
        _ => None,
    })
}

/// All payloads, after seeing that offsets run on without gap or repetition in every partition.
fn payloads(seen: &[OwnedInput], topic: &str) -> BTreeSet<String> {
    let mut next: BTreeMap<i32, i64> = BTreeMap::new();
    let mut all = BTreeSet::new();
    for record in batches(seen).flat_map(Batch::iter).filter(|r| &**r.topic == topic) {
        let expected = next.entry(record.partition).or_insert(record.offset);
        assert_eq!(record.offset, *expected, "partition {}", record.partition);
        *expected += 1;
        assert!(all.insert(String::from_utf8_lossy(record.payload.expect("a payload")).into_owned()));
    }
    all
}

fn numbers(range: std::ops::Range<u32>) -> BTreeSet<String> {
    range.map(|n| n.to_string()).collect()
}

#[tokio::test]
async fn everything_comes_once_in_order_and_the_run_ends_at_the_end() {
    let broker = EmbeddedBroker::start(&[("orders", 4)]).expect("a broker");
    fill(&broker, "orders", 0..20_000);
    let mut spec = spec(&broker, &["orders"], From::Beginning);
    spec.exit_at_end = true;
    let seen = Run::start(spec).ended().await;
    assert_eq!(payloads(&seen, "orders"), numbers(0..20_000));
    let assigned = events(&seen).filter_map(|(_, _, e)| match e {
        PartitionEvent::Assigned { position: 0, end } => Some(end),
        _ => None,
    });
    assert_eq!(assigned.sum::<i64>(), 20_000);
    assert_eq!(links(&seen).last_of(None), Some(LinkState::Ended));
    assert!(batches(&seen).all(|b| b.len() <= 1_000));
}

#[tokio::test]
async fn two_topics_end_each_at_its_own_end() {
    let broker = EmbeddedBroker::start(&[("a", 2), ("b", 2), ("empty", 1)]).expect("a broker");
    fill(&broker, "a", 0..3_000);
    fill(&broker, "b", 0..50);
    let mut spec = spec(&broker, &["b", "a", "empty"], From::Beginning);
    spec.exit_at_end = true;
    let seen = Run::start(spec).ended().await;
    assert_eq!(payloads(&seen, "a"), numbers(0..3_000));
    assert_eq!(payloads(&seen, "b"), numbers(0..50));
}

#[tokio::test]
async fn a_record_keeps_all_it_has() {
    let broker = EmbeddedBroker::start(&[("t", 1)]).expect("a broker");
    let publisher = Publisher::new(&broker.bootstrap(), &[]).expect("a publisher");
    let time = Timestamp::from_millis(1_732_100_000_123);
    publisher.send("t", Some(b"key"), &[("a", b"1"), ("a", b""), ("\u{444}", b"\xff")], Some(b"{}"), Some(time)).expect("room");
    publisher.send("t", Some(b""), &[], None, Some(time)).expect("room");
    publisher.send("t", None, &[], Some(b""), Some(time)).expect("room");
    publisher.send("t", None, &[], Some(&vec![b'x'; 900_000]), Some(time)).expect("room");
    assert!(publisher.flush(PATIENCE));
    let mut run = Run::start(spec(&broker, &["t"], From::Beginning));
    run.until_records(4).await;
    let records: Vec<_> = batches(&run.seen).flat_map(Batch::iter).collect();
    assert_eq!((records[0].source, records[0].offset, records[0].key, records[0].payload), (ID, 0, Some(&b"key"[..]), Some(&b"{}"[..])));
    assert_eq!((records[0].time, records[0].time_kind), (Some(time), TimeKind::Create));
    let headers: Vec<_> = records[0].headers().collect();
    assert_eq!(headers, [("a", Some(&b"1"[..])), ("a", Some(&b""[..])), ("\u{444}", Some(&b"\xff"[..]))]);
    assert_eq!((records[1].key, records[1].payload, records[1].has_headers()), (Some(&b""[..]), None, false), "a tombstone");
    assert_eq!((records[2].key, records[2].payload), (None, Some(&b""[..])));
    assert_eq!(records[3].payload.map(<[u8]>::len), Some(900_000));
    run.stop().await;
}

#[tokio::test]
async fn from_the_end_only_what_comes_later() {
    let broker = EmbeddedBroker::start(&[("t", 1)]).expect("a broker");
    fill(&broker, "t", 0..10);
    let mut run = Run::start(spec(&broker, &["t"], From::End));
    run.until_event("assignment", |_, _, e| e == PartitionEvent::Assigned { position: 10, end: 10 }).await;
    fill(&broker, "t", 10..15);
    run.until_records(5).await;
    assert_eq!(payloads(&run.seen, "t"), numbers(10..15));
    run.until_event("end", |_, _, e| e == PartitionEvent::End { end: 15 }).await;
    run.until_event("idleness", |_, _, e| e == PartitionEvent::Idle).await;
    run.stop().await;
}

#[tokio::test]
async fn a_pattern_finds_topics_that_come_later() {
    let broker = EmbeddedBroker::start(&[("sensor_a", 1), ("other", 1)]).expect("a broker");
    fill(&broker, "sensor_a", 0..3);
    fill(&broker, "other", 0..3);
    let mut run = Run::start(spec(&broker, &["^sensor_.*"], From::End));
    run.until_link(Some("sensor_a"), LinkState::Up).await;
    broker.create_topic("sensor_b", 2).expect("created");
    fill(&broker, "sensor_b", 0..20);
    run.until_records(20).await;
    assert_eq!(payloads(&run.seen, "sensor_b"), numbers(0..20), "a later topic is read from its beginning");
    assert_eq!(links(&run.seen).last_of(Some("other")), None);
    run.stop().await;
}

#[tokio::test]
async fn an_unknown_topic_is_said_and_then_found() {
    let broker = EmbeddedBroker::start(&[]).expect("a broker");
    let mut run = Run::start(spec(&broker, &["late"], From::End));
    run.until_link(Some("late"), LinkState::Unknown).await;
    run.until_link(None, LinkState::Up).await;
    broker.create_topic("late", 1).expect("created");
    fill(&broker, "late", 0..5);
    run.until_records(5).await;
    run.until_link(Some("late"), LinkState::Up).await;
    assert_eq!(payloads(&run.seen, "late"), numbers(0..5));
    let unknown = run.links().iter().filter(|(_, state, _)| *state == LinkState::Unknown).count();
    assert_eq!(unknown, 1, "said once: {:?}", run.links());
    run.stop().await;
}

#[tokio::test]
async fn a_run_to_an_end_that_is_not_there_fails_with_words() {
    let broker = EmbeddedBroker::start(&[]).expect("a broker");
    let mut spec = spec(&broker, &["nowhere"], From::Beginning);
    spec.exit_at_end = true;
    let run = Run::start(spec);
    let failed = timeout(PATIENCE, run.task).await.expect("in time").expect("no panic").expect_err("no topic");
    assert_eq!(failed.to_string(), "kafka: none of its topics is there, so that there is no end to read to");
}

#[tokio::test]
async fn a_broker_that_goes_away_and_comes_back_is_said_once_each() {
    let broker = EmbeddedBroker::start(&[("t", 2)]).expect("a broker");
    fill(&broker, "t", 0..100);
    let mut run = Run::start(spec(&broker, &["t"], From::Beginning));
    run.until_records(100).await;
    run.until_link(None, LinkState::Up).await;
    broker.down().expect("down");
    run.until_link(None, LinkState::Down).await;
    broker.up().expect("up");
    run.until_link(None, LinkState::Up).await;
    fill(&broker, "t", 100..200);
    run.until_records(200).await;
    assert_eq!(payloads(&run.seen, "t"), numbers(0..200));
    let said: Vec<_> = run.links().into_iter().filter(|(t, ..)| t.is_none()).collect();
    let turns: Vec<_> = said.iter().map(|(_, s, _)| *s).collect::<Vec<_>>().chunk_by(|a, b| a == b).map(|c| c[0]).collect();
    assert_eq!(turns, [LinkState::Connecting, LinkState::Up, LinkState::Down, LinkState::Up], "{said:?}");
    assert!(said.len() <= 7, "identical reasons are told once: {said:?}");
    run.stop().await;
}

#[tokio::test]
async fn a_held_partition_waits_and_loses_nothing() {
    let broker = EmbeddedBroker::start(&[("t", 1)]).expect("a broker");
    let mut run = Run::start(spec(&broker, &["t"], From::Beginning));
    let wish = |pause| Flow { source: ID, topic: "t".into(), partition: 0, pause };
    run.until_event("assignment", |_, _, e| matches!(e, PartitionEvent::Assigned { .. })).await;
    run.flow.lock().expect("no panic").push(wish(true));
    let taken = async {
        while !run.flow.lock().expect("no panic").is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, taken).await.expect("the wish is heard");
    fill(&broker, "t", 0..500);
    run.until_event("end", |_, _, e| e == PartitionEvent::End { end: 500 }).await;
    assert_eq!(batches(&run.seen).map(Batch::len).sum::<usize>(), 0, "held back");
    run.flow.lock().expect("no panic").push(wish(false));
    run.until_records(500).await;
    assert_eq!(payloads(&run.seen, "t"), numbers(0..500));
    run.stop().await;
}
