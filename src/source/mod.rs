//! Sources: where records and readings come from. One file per kind.
//!
//! A source runs outside the machine's loop, has a bounded queue of its own, and never fails the
//! process: what goes wrong is a `Link` input with its words, and it tries again.

mod kafka;
mod outlet;
mod spec;

pub use kafka::{BrokerError, EmbeddedBroker, KafkaSource, PublishError, Publisher};
pub use outlet::{Control, Outlet, QUEUE_LIMIT, Queue, Source, SourceError, WhenFull, queue};
pub use spec::{From, HostSpec, KafkaSpec, ProbeSpec, ReplaySpec, ScenarioSpec, SourceKind, SourceSpec, TailPath, TailSpec};
