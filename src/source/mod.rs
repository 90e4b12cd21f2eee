//! Sources: where records and readings come from. One file per kind.
//!
//! A source runs outside the machine's loop, has a bounded queue of its own, and never fails the
//! process: what goes wrong is a `Link` input with its words, and it tries again.

mod host;
mod host_readings;
mod kafka;
mod moment;
mod outlet;
mod probe;
mod probe_checks;
mod probe_request;
#[cfg(test)]
mod probe_tests;
mod probe_tls;
mod replay;
pub mod scenario;
mod scrape;
mod scrape_metrics;
mod spec;
mod tail;
mod tail_lines;

pub use host::{HostSource, PROCESS_LIMIT, ProcessBoard, ProcessRow};
pub use kafka::{BrokerError, ClusterLook, EmbeddedBroker, KafkaSource, PublishError, Publisher, Reach, look};
pub use outlet::{Control, LastWord, Outlet, QUEUE_LIMIT, Queue, Source, SourceError, WhenFull, queue};
pub use probe::ProbeSource;
pub use replay::ReplayFeed;
pub use scrape::ScrapeSource;
pub use scrape_metrics::wildcard;
pub use spec::{
    BodyChecks, From, HostSpec, HttpOptions, KafkaSpec, ProbeSpec, ReplaySpec, ScenarioSpec, ScrapeSpec, SourceKind, SourceSpec, TailPath,
    TailSpec,
};
pub use tail::TailSource;
