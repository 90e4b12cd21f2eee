//! What each source is told. Checked by `config`.

use crate::decode::TopicPattern;
use crate::model::{Millis, SourceId, Timestamp};
use std::path::PathBuf;
use std::sync::Arc;

/// Where reading starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// At the oldest record there is.
    Beginning,
    /// After the newest.
    End,
    /// So long ago, by record time.
    Back(Millis),
    /// At a moment, by record time.
    At(Timestamp),
    /// As far back as whoever starts the source says that it has to learn from, and as can be read in seconds.
    Auto,
}

/// A Kafka cluster and what is read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct KafkaSpec {
    /// `host:port` of some brokers.
    pub brokers: Vec<String>,
    /// librdkafka properties, in the order given; these win over our own defaults.
    pub properties: Vec<(String, String)>,
    /// The topics.
    pub topics: Vec<TopicPattern>,
    /// Where reading starts.
    pub from: From,
    /// End at the end positions seen at the start.
    pub exit_at_end: bool,
}

/// The local host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSpec {
    /// How often.
    pub every: Millis,
    /// Whether the top processes are read too (costly).
    pub processes: bool,
}

/// How an HTTP server is spoken to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpOptions {
    /// Headers beside our own.
    pub headers: Vec<(String, String)>,
    /// Whether any certificate is taken.
    pub insecure: bool,
    /// A file with the certificates that are trusted, in PEM form; `None`: the system's.
    pub ca: Option<PathBuf>,
}

/// What an answer's body must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyChecks {
    /// A text.
    pub contains: Option<String>,
    /// What a regular expression matches.
    pub matches: Option<String>,
    /// Values at JSON pointers (RFC 6901).
    pub json: Vec<(String, serde_json::Value)>,
}

/// An HTTP endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeSpec {
    /// The URL, `http` or `https`.
    pub url: String,
    /// How often.
    pub every: Millis,
    /// After which time it counts as failed.
    pub timeout: Millis,
    /// Status codes that are right, both ends included.
    pub expect: (u16, u16),
    /// The method; empty is GET.
    pub method: String,
    /// What is sent along.
    pub body: Option<String>,
    /// How many redirects are followed.
    pub follow: u8,
    /// How the server is spoken to.
    pub http: HttpOptions,
    /// What the answer must hold.
    pub checks: BodyChecks,
}

/// A Prometheus exporter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScrapeSpec {
    /// The URL, `http` or `https`.
    pub url: String,
    /// How often.
    pub every: Millis,
    /// After which time it counts as failed.
    pub timeout: Millis,
    /// Metrics that are taken, `*` for any signs; empty: all.
    pub metrics: Vec<String>,
    /// Metrics that are left out, also `*`.
    pub exclude: Vec<String>,
    /// Whether counters are delivered as they are instead of per second.
    pub raw_counters: bool,
    /// Whether the buckets of histograms are taken.
    pub buckets: bool,
    /// Most series of one answer.
    pub max_series: usize,
    /// How the server is spoken to.
    pub http: HttpOptions,
}

/// What is tailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TailPath {
    /// A file, followed through rotation.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// A tailed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailSpec {
    /// What.
    pub path: TailPath,
    /// Read from the beginning instead of from the end.
    pub from_beginning: bool,
    /// The first line says how the others are to be read: it is delivered also where reading starts at the end.
    pub header: bool,
    /// End at the end of the file instead of following it.
    pub exit_at_end: bool,
}

/// A recording.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplaySpec {
    /// The file.
    pub path: PathBuf,
}

/// A generator of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioSpec {
    /// `ecommerce`, `cloud`, `events`, `sensors`.
    pub scenario: Arc<str>,
    /// The seed of its randomness.
    pub seed: u64,
}

/// A source's kind with what it is told.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// A Kafka cluster.
    Kafka(KafkaSpec),
    /// The local host.
    Host(HostSpec),
    /// An HTTP endpoint.
    Probe(ProbeSpec),
    /// A file or standard input.
    Tail(TailSpec),
    /// A Prometheus exporter.
    Scrape(ScrapeSpec),
}

impl SourceKind {
    /// The word the configuration and the screen use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Kafka(_) => "kafka",
            Self::Host(_) => "host",
            Self::Probe(_) => "probe",
            Self::Tail(_) => "tail",
            Self::Scrape(_) => "scrape",
        }
    }
}

/// A source's definition.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSpec {
    /// Its id: the index among all sources of the configuration.
    pub id: SourceId,
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// What it is.
    pub kind: SourceKind,
}
