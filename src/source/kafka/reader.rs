//! The thread that reads: polls librdkafka, copies records into batches, hands them on.
//!
//! Copying into a recycled buffer of about a thousand records measured cheapest of all ways to
//! pass records to another thread. What else there is to do is done between batches: `tending`.

use super::super::From;
use super::super::KafkaSpec;
use super::super::outlet::{Control, Outlet, SourceError};
use super::assigning::PARTITIONS_LIMIT;
use super::behind::Behind;
use super::client::{self, Client, Note, Notes};
use super::headers;
use super::links::Links;
use super::partitions::Table;
use super::reach::Reach;
use super::tending::Rounds;
use super::watch::{Wanted, Watch};
use crate::model::{Batch, LinkState, OwnedInput, PartitionEvent, RecordRef, SourceId, TimeKind, Timestamp};
use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::BorrowedMessage;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records of a batch: enough that handing over costs nothing, little enough to stay in a cache.
const BATCH_RECORDS: usize = 1_000;
/// Bytes of a batch, so that large records do not make large queues.
const BATCH_BYTES: usize = 512 * 1024;
/// How long a record waits for company: far below what a person sees, and it spares the engine a
/// thousand wake-ups a second.
const GATHER: Duration = Duration::from_millis(10);
/// How long a poll waits when nothing comes: five wake-ups a second, and a stop is heard as soon.
const REST: Duration = Duration::from_millis(200);
/// The same while the start waits for an answer, which does not end a poll.
const RUSH: Duration = Duration::from_millis(10);
/// Polls between two rounds of tending when no batch fills: all records may be left out.
const POLLS_PER_ROUND: usize = 1_000;

/// Whether reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// It does.
    On,
    /// Told to stop, or nobody listens.
    Stop,
}

/// All a reading thread has.
pub struct Reader {
    pub(super) id: SourceId,
    pub(super) brokers: String,
    pub(super) from: From,
    pub(super) reach: Reach,
    pub(super) behind: Behind,
    pub(super) exit_at_end: bool,
    pub(super) client: Arc<Client>,
    config: ClientConfig,
    wanted: Arc<[Wanted]>,
    pub(super) identities: BTreeMap<String, String>,
    /// What the client fetches.
    pub(super) assigned: BTreeSet<(Arc<str>, i32)>,
    pub(super) watch: Watch,
    pub(super) links: Links,
    pub(super) table: Table,
    pub(super) rounds: Rounds,
    pub(super) control: Control,
    /// The time of the last round; records between two rounds share it.
    pub(super) now: Instant,
    outlet: Outlet,
    batch: Batch,
    /// When the batch's first record came.
    since: Option<Instant>,
    /// The last poll found nothing: all that was fetched is handed on.
    pub(super) quiet: bool,
    closed: bool,
}

impl Reader {
    /// A reader that has not begun.
    ///
    /// # Errors
    /// What librdkafka does not take, or that the system gives no thread.
    pub fn new(
        (id, name): (SourceId, Arc<str>),
        (spec, reach): (&KafkaSpec, Reach),
        wanted: Arc<[Wanted]>,
        outlet: Outlet,
        control: Control,
    ) -> Result<Self, String> {
        let config = client::reading(spec);
        let (client, watch) = connect(&config, &wanted)?;
        let now = now();
        Ok(Self {
            id,
            brokers: spec.brokers.join(","),
            from: spec.from,
            reach,
            behind: Behind::default(),
            exit_at_end: spec.exit_at_end,
            client,
            config,
            wanted,
            identities: BTreeMap::new(),
            assigned: BTreeSet::new(),
            watch,
            links: Links::new(id, name),
            table: Table::default(),
            rounds: Rounds::new(now),
            control,
            now,
            outlet,
            batch: Batch::new(id),
            since: None,
            quiet: true,
            closed: false,
        })
    }

    /// Reads until told to stop, until nobody listens, or until the end where there is one.
    ///
    /// # Errors
    /// When it can never go on.
    pub fn run(mut self) -> Result<(), SourceError> {
        let mut client = Arc::clone(&self.client);
        let connecting = format!("connecting to {}", self.brokers);
        let said = self.links.source(LinkState::Connecting, &connecting);
        self.say(said);
        let mut polls = 0;
        loop {
            polls += 1;
            let message = client.poll(self.patience());
            self.quiet = message.is_none();
            let full = match &message {
                Some(Ok(message)) => self.take(message),
                Some(Err(error)) => {
                    self.hear(error)?;
                    self.exit_at_end
                }
                None => self.gathered(),
            };
            drop(message);
            if full || polls >= POLLS_PER_ROUND {
                polls = 0;
                self.flush();
                if self.tend()? == Going::Stop || self.closed {
                    return Ok(());
                }
                if !Arc::ptr_eq(&client, &self.client) {
                    retire(std::mem::replace(&mut client, Arc::clone(&self.client)));
                }
            }
        }
    }

    fn patience(&self) -> Duration {
        match self.since {
            // Whatever is there is taken at once; only then is there time to wait for company.
            Some(_) if !self.quiet => Duration::ZERO,
            Some(since) => GATHER.saturating_sub(now().duration_since(since)),
            None if self.exit_at_end || self.rounds.in_a_hurry(self.now, self.links.up()) => RUSH,
            None => REST,
        }
    }

    fn gathered(&self) -> bool {
        self.since.is_none_or(|since| now().duration_since(since) >= GATHER)
    }

    /// Takes one record; `true` when the batch is full.
    fn take(&mut self, message: &BorrowedMessage<'_>) -> bool {
        let (partition, offset) = (message.partition(), message.offset());
        let Some(topic) = self.table.find(message.topic()) else { return false };
        let Some(part) = usize::try_from(partition).ok().and_then(|n| topic.parts.get_mut(n)?.as_mut()) else { return false };
        if !part.accept(offset, self.now) {
            return false;
        }
        let first = (!std::mem::replace(&mut topic.delivered, true)).then(|| Arc::clone(&topic.name));
        let mut record = RecordRef::plain(self.id, &topic.name, partition, offset, message.payload());
        record.key = message.key();
        (record.time, record.time_kind) = match message.timestamp() {
            rdkafka::Timestamp::NotAvailable => (None, TimeKind::None),
            rdkafka::Timestamp::CreateTime(ms) => (Some(Timestamp::from_millis(ms)), TimeKind::Create),
            rdkafka::Timestamp::LogAppendTime(ms) => (Some(Timestamp::from_millis(ms)), TimeKind::LogAppend),
        };
        self.batch.push(&record, headers::of(message));
        self.since.get_or_insert_with(now);
        if let Some(topic) = first.filter(|t| self.links.topic_state(t) == LinkState::Denied) {
            let said = self.links.topic(&topic, LinkState::Up, "reading is allowed again");
            self.say(said);
        }
        self.batch.len() >= BATCH_RECORDS || self.batch.byte_len() >= BATCH_BYTES
    }

    /// What `poll` returned as an error; librdkafka's words on it stand in the notes.
    fn hear(&mut self, error: &KafkaError) -> Result<(), SourceError> {
        match error {
            KafkaError::PartitionEOF(partition) => {
                let offset = self.client.context().take_end();
                self.table.end_reached(*partition, offset);
                Ok(())
            }
            KafkaError::MessageConsumptionFatal(code) => Err(self.links.failure(format!("{code}"))),
            _ => {
                self.read_notes();
                Ok(())
            }
        }
    }

    /// Judges what librdkafka said.
    pub(super) fn read_notes(&mut self) {
        for note in self.client.context().take() {
            match note {
                Note::End { .. } => {}
                Note::Identity { topic, identity } => self.identified(topic, identity),
                Note::Error { code, reason } => self.judge(code, &reason),
            }
        }
    }

    fn identified(&mut self, topic: String, identity: String) {
        if self.identities.len() >= PARTITIONS_LIMIT && !self.identities.contains_key(&topic) {
            return;
        }
        let before = self.identities.insert(topic.clone(), identity.clone());
        if before.is_some_and(|before| before != identity) {
            self.renew(&topic, true);
        }
    }

    /// Takes a new client, because the old one holds on to what it knew of a topic that is gone
    /// (its leader's epoch: it then refuses the new one's for good), and goes on where it stands.
    pub(super) fn reconnect(&mut self) {
        match connect(&self.config, &self.wanted) {
            Ok((client, watch)) => (self.client, self.watch) = (client, watch),
            Err(error) => {
                let said = self.links.source(LinkState::Gap, &format!("no new connection can be made: {error}"));
                self.say(said);
                return;
            }
        }
        self.resume();
    }

    fn judge(&mut self, code: Code, reason: &str) {
        tracing::debug!(target: "kafka", "{code:?}: {reason}");
        match code {
            Code::AutoOffsetReset | Code::LogTruncation | Code::OffsetOutOfRange => self.rounds.bounds_wanted = true,
            Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition => self.rounds.topics_soon(self.now),
            Code::TopicAuthorizationFailed => self.refused(reason),
            Code::BadMessage | Code::BadCompression | Code::InvalidMessage | Code::InvalidMessageSize => {
                let said = self.links.source(LinkState::Gap, &format!("records could not be read: {reason}"));
                self.say(said);
            }
            code => {
                let said = self.links.trouble(code, reason);
                self.say(said);
            }
        }
    }

    /// A topic refuses to be read; librdkafka does not say which, so that it is every topic that
    /// has not delivered yet.
    fn refused(&mut self, reason: &str) {
        let silent: Vec<_> = self.table.topics().filter(|t| !t.delivered && !t.parts.is_empty()).map(|t| Arc::clone(&t.name)).collect();
        for topic in silent {
            let said = self.links.topic(&topic, LinkState::Denied, reason);
            self.say(said);
        }
    }

    /// Hands the batch on.
    pub(super) fn flush(&mut self) {
        self.since = None;
        if self.batch.is_empty() {
            return;
        }
        let mut empty = self.outlet.batch();
        if !empty.is_empty() {
            empty.clear(BATCH_BYTES);
        }
        let full = std::mem::replace(&mut self.batch, empty);
        self.closed |= !self.outlet.send_blocking(OwnedInput::Records(full));
    }

    /// Hands on an input, after the records that came before it.
    pub(super) fn send(&mut self, input: OwnedInput) {
        self.flush();
        self.closed |= !self.outlet.send_blocking(input);
    }

    /// Hands on an input where there is one.
    pub(super) fn say(&mut self, input: Option<OwnedInput>) {
        if let Some(input) = input {
            self.send(input);
        }
    }

    /// Hands on what happened to a partition.
    pub(super) fn tell(&mut self, topic: &Arc<str>, partition: i32, event: PartitionEvent) {
        self.send(OwnedInput::Partition { source: self.id, topic: Arc::clone(topic), partition, event });
    }
}

fn connect(config: &ClientConfig, wanted: &Arc<[Wanted]>) -> Result<(Arc<Client>, Watch), String> {
    let client: Client = config.create_with_context(Notes::default()).map_err(|e| e.to_string())?;
    let client = Arc::new(client);
    let watch = Watch::start(Arc::clone(&client), Arc::clone(wanted)).map_err(|e| e.to_string())?;
    Ok((client, watch))
}

/// Closes a client on a thread of its own, since that may wait for a broker.
fn retire(client: Arc<Client>) {
    // Where no thread is to be had, it is closed here and now.
    let _ = std::thread::Builder::new().name("kafka-close".into()).spawn(move || drop(client));
}

/// The time for waiting; none of it reaches the machine.
#[expect(clippy::disallowed_methods, reason = "clocks belong to sources")]
pub fn now() -> Instant {
    Instant::now()
}
