//! Kafka: the reading source, and beside it the embedded broker and the publisher of the demo.
//!
//! The only room that knows `rdkafka`. A viewer assigns partitions itself and never commits: it
//! leaves no trace in anybody's group. Two threads stand behind a source: `reader` polls librdkafka
//! and copies records into batches, `watch` asks the brokers what blocks (topics, offsets).

mod assigning;
mod behind;
mod broker;
mod client;
mod headers;
mod links;
mod looking;
mod partitions;
mod publish;
mod reach;
mod reader;
mod searching;
mod tending;
mod viewer;
mod watch;

pub use broker::{BrokerError, EmbeddedBroker};
pub use looking::{ClusterLook, look};
pub use publish::{PublishError, Publisher};
pub use reach::Reach;
pub use viewer::KafkaSource;
