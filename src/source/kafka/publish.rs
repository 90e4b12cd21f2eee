//! Writing to a topic without ever waiting: what the demo's generators use.
//!
//! Records go into librdkafka's bounded queue and leave it within milliseconds; what cannot be
//! queued is refused at once, what could not be delivered is counted.

use super::client;
use crate::model::Timestamp;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What goes before a user's properties: a short queue, because a generator that runs ahead of a
/// broker that is down should notice, and 5 ms of gathering, well under what a person sees.
const DEFAULTS: &[(&str, &str)] = &[
    ("client.id", "bellwether-demo"),
    ("linger.ms", "5"),
    ("queue.buffering.max.messages", "20000"),
    ("queue.buffering.max.kbytes", "16384"),
    ("message.timeout.ms", "30000"),
];

/// Why a record was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The queue is full: the broker is slower than the writer, or away.
    #[error("the queue to the broker is full")]
    Full,
    /// Anything else, in librdkafka's words.
    #[error("{0}")]
    Refused(String),
}

impl std::convert::From<KafkaError> for PublishError {
    fn from(error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Self::Full,
            _ => Self::Refused(error.to_string()),
        }
    }
}

#[derive(Default)]
struct Deliveries {
    lost: AtomicU64,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        tracing::debug!(target: "kafka", "{level:?} {facility}: {text}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "kafka", "publisher: {error}: {reason}");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A writer to a cluster.
pub struct Publisher {
    producer: BaseProducer<Deliveries>,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").field("waiting", &self.producer.in_flight_count()).finish()
    }
}

impl Publisher {
    /// A writer to `brokers`, which need not be there yet.
    ///
    /// # Errors
    /// When a property is unknown or its value wrong.
    pub fn new(brokers: &str, properties: &[(String, String)]) -> Result<Self, PublishError> {
        let mut config = ClientConfig::new();
        client::common(&mut config, brokers, properties, DEFAULTS);
        Ok(Self { producer: config.create_with_context(Deliveries::default())? })
    }

    /// Queues a record. A payload of `None` is a tombstone; without a `time` it is the present.
    ///
    /// # Errors
    /// When the queue is full or the record cannot be sent at all.
    pub fn send(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        headers: &[(&str, &[u8])],
        payload: Option<&[u8]>,
        time: Option<Timestamp>,
    ) -> Result<(), PublishError> {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
        record.key = key;
        record.payload = payload;
        record.timestamp = time.map(Timestamp::as_millis);
        if !headers.is_empty() {
            let add = |all: OwnedHeaders, (key, value): &(&str, &[u8])| all.insert(Header { key, value: Some(*value) });
            record.headers = Some(headers.iter().fold(OwnedHeaders::new_with_capacity(headers.len()), add));
        }
        let sent = self.producer.send(record).map_err(|(error, _)| error.into());
        self.producer.poll(Duration::ZERO);
        sent
    }

    /// Waits until all is delivered, at most `timeout`. `false`: something still waits.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.producer.flush(timeout).is_ok()
    }

    /// How many records were taken but could not be delivered.
    pub fn lost(&self) -> u64 {
        self.producer.context().lost.load(Ordering::Relaxed)
    }
}
