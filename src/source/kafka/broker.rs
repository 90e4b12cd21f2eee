//! A Kafka broker inside the process: librdkafka's mock cluster, for the demo and for tests.
//!
//! Real clients connect to it over loopback. It keeps the last 5 MiB or 100,000 messages of a
//! partition, so that a demo may run for hours. Its handle may not leave the thread that made it,
//! so that a thread of its own holds it and takes orders.

use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Orders that wait for the broker's thread: each is answered before the next is given.
const ORDERS_LIMIT: usize = 1;
/// All brokers of a mock cluster.
const ALL: i32 = -1;

/// Why the embedded broker did not do as it was told.
#[derive(Debug, thiserror::Error)]
#[error("embedded broker: {0}")]
pub struct BrokerError(String);

impl std::convert::From<KafkaError> for BrokerError {
    fn from(error: KafkaError) -> Self {
        Self(error.to_string())
    }
}

enum Order {
    Create(String, i32),
    Down,
    Up,
    RoundTrip(Duration),
}

type Answer = Result<(), BrokerError>;

/// A running broker; it ends when this is dropped.
#[derive(Debug)]
pub struct EmbeddedBroker {
    bootstrap: String,
    orders: Option<SyncSender<(Order, SyncSender<Answer>)>>,
    thread: Option<JoinHandle<()>>,
}

impl EmbeddedBroker {
    /// Starts a broker with these topics and numbers of partitions.
    ///
    /// # Errors
    /// When no loopback port can be opened or a topic's name is refused.
    pub fn start(topics: &[(&str, i32)]) -> Result<Self, BrokerError> {
        let (orders, take) = sync_channel(ORDERS_LIMIT);
        let (tell, told) = sync_channel(1);
        let thread =
            std::thread::Builder::new().name("broker".into()).spawn(move || hold(&take, &tell)).map_err(|e| BrokerError(e.to_string()))?;
        let bootstrap = told.recv().map_err(|_| BrokerError("its thread ended".into()))??;
        let broker = Self { bootstrap, orders: Some(orders), thread: Some(thread) };
        for (topic, partitions) in topics {
            broker.create_topic(topic, *partitions)?;
        }
        Ok(broker)
    }

    /// Its `host:port`.
    pub fn bootstrap(&self) -> String {
        self.bootstrap.clone()
    }

    /// Creates a topic.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), BrokerError> {
        self.order(Order::Create(topic.to_owned(), partitions))
    }

    /// Breaks all connections and takes no new ones.
    pub fn down(&self) -> Result<(), BrokerError> {
        self.order(Order::Down)
    }

    /// Takes connections again.
    pub fn up(&self) -> Result<(), BrokerError> {
        self.order(Order::Up)
    }

    /// Makes every answer come this much later.
    pub fn round_trip(&self, time: Duration) -> Result<(), BrokerError> {
        self.order(Order::RoundTrip(time))
    }

    fn order(&self, order: Order) -> Result<(), BrokerError> {
        let gone = || BrokerError("its thread ended".into());
        let (tell, told) = sync_channel(1);
        self.orders.as_ref().ok_or_else(gone)?.send((order, tell)).map_err(|_| gone())?;
        told.recv().map_err(|_| gone())?
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // A broker that panicked has nothing more to say here.
            let _ = thread.join();
        }
    }
}

/// Holds the cluster until nobody can give orders any more.
fn hold(orders: &Receiver<(Order, SyncSender<Answer>)>, tell: &SyncSender<Result<String, BrokerError>>) {
    let cluster = match MockCluster::new(1) {
        Ok(cluster) => cluster,
        Err(error) => {
            let _ = tell.send(Err(error.into()));
            return;
        }
    };
    let _ = tell.send(Ok(cluster.bootstrap_servers()));
    while let Ok((order, answer)) = orders.recv() {
        let _ = answer.send(obey(&cluster, order));
    }
}

fn obey(cluster: &MockCluster<'static, DefaultProducerContext>, order: Order) -> Answer {
    let done = match order {
        Order::Create(topic, partitions) => {
            if topic.contains('\0') {
                return Err(BrokerError("a topic's name holds a zero byte".into()));
            }
            cluster.create_topic(&topic, partitions, 1)
        }
        Order::Down => cluster.broker_down(ALL),
        Order::Up => cluster.broker_up(ALL),
        Order::RoundTrip(time) => cluster.broker_round_trip_time(ALL, time),
    };
    done.map_err(BrokerError::from)
}
