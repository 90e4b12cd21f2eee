//! The thread that reads: polls librdkafka, copies records into batches, hands them on.
//!
//! Copying into a recycled buffer of about a thousand records measured cheapest of all ways to
//! pass records to another thread. What else there is to do is done between batches: `tending`.

use super::super::From;
use super::super::KafkaSpec;
use super::super::outlet::{Control, Outlet, SourceError};
use super::client::{Client, Note};
use super::headers;
use super::links::Links;
use super::partitions::Table;
use super::tending::Rounds;
use super::watch::{Wanted, Watch};
use crate::model::{Batch, LinkState, OwnedInput, PartitionEvent, RecordRef, SourceId, TimeKind, Timestamp};
use rdkafka::Message;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::BorrowedMessage;
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
    pub(super) exit_at_end: bool,
    pub(super) client: Arc<Client>,
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
    /// The last poll found nothing.
    quiet: bool,
    closed: bool,
}

impl Reader {
    /// A reader that has not begun.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(
        (id, name): (SourceId, Arc<str>),
        spec: &KafkaSpec,
        client: Arc<Client>,
        wanted: Vec<Wanted>,
        outlet: Outlet,
        control: Control,
    ) -> std::io::Result<Self> {
        let watch = Watch::start(Arc::clone(&client), wanted)?;
        let now = now();
        Ok(Self {
            id,
            brokers: spec.brokers.join(","),
            from: spec.from,
            exit_at_end: spec.exit_at_end,
            client,
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
        let client = Arc::clone(&self.client);
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
            }
        }
    }

    fn patience(&self) -> Duration {
        match self.since {
            // Whatever is there is taken at once; only then is there time to wait for company.
            Some(_) if !self.quiet => Duration::ZERO,
            Some(since) => GATHER.saturating_sub(now().duration_since(since)),
            None if self.exit_at_end || self.rounds.in_a_hurry(self.now) => RUSH,
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
                Note::Recreated { topic } => self.renew(&topic),
                Note::Error { code, reason } => self.judge(code, &reason),
            }
        }
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

/// The time for waiting; none of it reaches the machine.
#[expect(clippy::disallowed_methods, reason = "clocks belong to sources")]
pub fn now() -> Instant {
    Instant::now()
}
