//! The librdkafka client of a source: its settings, and what it says about itself.
//!
//! librdkafka names the reason of a failure only in the text of its callbacks, so that they are
//! kept as notes, in order, for the reader to judge. Whoever adds a setting meets this file.

use super::super::KafkaSpec;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::collections::VecDeque;
use std::sync::Mutex;

/// Notes kept between two looks of the reader: it looks at least once a batch, so that more than
/// this only comes when brokers fail in a storm, where the newest say the same as the oldest.
const NOTES_LIMIT: usize = 256;

/// What goes before a user's properties. Each differs from librdkafka's default for a reason:
/// without the short queue backoff reading back takes four times as long once the queue has filled,
/// and the queue limit bounds memory; the rest lets a console notice and recover within seconds.
const DEFAULTS: &[(&str, &str)] = &[
    ("client.id", "bellwether"),
    ("fetch.queue.backoff.ms", "10"),
    ("queued.max.messages.kbytes", "8192"),
    ("reconnect.backoff.max.ms", "2000"),
    ("socket.timeout.ms", "15000"),
    ("socket.keepalive.enable", "true"),
    ("log.connection.close", "true"),
];

/// What goes after a user's properties: a viewer never commits, and must see ends and lost offsets
/// itself instead of being moved silently.
const FIXED: &[(&str, &str)] = &[
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    ("auto.offset.reset", "error"),
];

/// How long a broker waits at an end before it says so, in a run that has an end: an end behind
/// transaction markers is only told by a fetch of its own.
const END_WAIT_MS: &str = "50";

/// librdkafka refuses to assign without a group's name; nothing is ever committed to it.
const GROUP: &str = "bellwether-viewer";

/// The reading client.
pub type Client = BaseConsumer<Notes>;

/// Something librdkafka said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// An error with its words.
    Error {
        /// Its code.
        code: RDKafkaErrorCode,
        /// librdkafka's own words.
        reason: String,
    },
    /// A partition's end was reached, at this offset where it could be read.
    End {
        /// The offset after the last record.
        offset: Option<i64>,
    },
    /// A topic's identity, which differs from an earlier one where it was deleted and created again.
    Identity {
        /// The topic's name.
        topic: String,
        /// What the brokers call this very topic.
        identity: String,
    },
}

/// Keeps what librdkafka says until the reader takes it.
#[derive(Debug, Default)]
pub struct Notes(Mutex<VecDeque<Note>>);

impl Notes {
    fn push(&self, note: Note) {
        let Ok(mut notes) = self.0.lock() else { return };
        if notes.len() == NOTES_LIMIT {
            notes.pop_front();
        }
        notes.push_back(note);
    }

    /// The notes since the last call, in order.
    pub fn take(&self) -> Vec<Note> {
        self.0.lock().map(|mut notes| notes.drain(..).collect()).unwrap_or_default()
    }

    /// Takes the newest note if it says that a partition's end was reached.
    pub fn take_end(&self) -> Option<i64> {
        let mut notes = self.0.lock().ok()?;
        match notes.back() {
            Some(Note::End { offset }) => {
                let offset = *offset;
                notes.pop_back();
                offset
            }
            _ => None,
        }
    }
}

impl ClientContext for Notes {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        if let Some((topic, identity)) = identity(text) {
            self.push(Note::Identity { topic: topic.to_owned(), identity: identity.to_owned() });
        }
        if let Some(reason) = broken_off(facility, text) {
            self.push(Note::Error { code: RDKafkaErrorCode::BrokerTransportFailure, reason: reason.to_owned() });
        }
        if facility != "METADATA" {
            tracing::debug!(target: "kafka", "{level:?} {facility}: {text}");
        }
    }

    fn stats_raw(&self, _statistics: &[u8]) {}

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code() else { return };
        self.push(match code {
            RDKafkaErrorCode::PartitionEOF => Note::End { offset: end_offset(reason) },
            code => Note::Error { code, reason: reason.to_owned() },
        });
    }
}

impl ConsumerContext for Notes {}

/// Topic and new id of `Topic NAME changed id from A to B`, which is also said when the topic is
/// first heard of: the only sign that a topic was recreated while its new offsets have already
/// passed the old ones. Brokers that know no ids have one that is all zero.
fn identity(text: &str) -> Option<(&str, &str)> {
    let rest = text.split_once("Topic ")?.1;
    let (topic, ids) = rest.split_once(" changed id from ")?;
    let identity = ids.split_once(" to ")?.1;
    identity.chars().any(|c| !matches!(c, 'A' | '=')).then_some((topic, identity))
}

/// Why a connection was broken off, which librdkafka only says in its log: the broker is gone, or
/// expects TLS, or does not.
fn broken_off<'t>(facility: &str, text: &'t str) -> Option<&'t str> {
    let reason = text.split_once("]: ").map_or(text, |(_, reason)| reason);
    (facility == "FAIL" && (reason.contains("Disconnected") || reason.contains("security.protocol"))).then_some(reason)
}

/// The offset in `… reached end of partition at offset N (HighwaterMark M)`.
fn end_offset(reason: &str) -> Option<i64> {
    let rest = reason.split_once("at offset ")?.1;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Tells OpenSSL to leave its memory alone when the process ends: a client is closed on a thread of
/// its own, because a broker that hangs must hold nobody up, and may still be at it then.
pub fn keep_tls() {
    #[cfg(feature = "vendored-tls")]
    openssl_sys::init();
}

/// The settings of a reading client of `spec`.
pub fn reading(spec: &KafkaSpec) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("group.id", GROUP);
    if spec.exit_at_end {
        config.set("fetch.wait.max.ms", END_WAIT_MS);
    }
    common(&mut config, &spec.brokers.join(","), &spec.properties, DEFAULTS);
    for (name, value) in FIXED {
        config.set(*name, *value);
    }
    // Debug lines about metadata are where a changed topic id is told.
    let debug = config.get("debug").map_or_else(|| "metadata".to_owned(), |d| format!("{d},metadata"));
    config.set("debug", debug);
    config.set_log_level(RDKafkaLogLevel::Debug);
    config
}

/// Brokers, `defaults`, then the user's properties; certificate authorities where none are named.
pub fn common(config: &mut ClientConfig, brokers: &str, properties: &[(String, String)], defaults: &[(&str, &str)]) {
    config.set("bootstrap.servers", brokers);
    for (name, value) in defaults {
        config.set(*name, *value);
    }
    for (name, value) in properties {
        config.set(name, value);
    }
    // Only these two names are looked at, whose meaning is OpenSSL's own.
    let environment = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    if let Some(value) = authorities(config, environment) {
        config.set("ssl.ca.location", value);
    }
}

/// Whether librdkafka knows the property `name` and takes `value` for it. The value is not repeated: it may be a secret.
pub fn property(name: &str, value: &str) -> Result<(), String> {
    let mut config = ClientConfig::new();
    config.set(name, value);
    match config.create_native_config() {
        Err(KafkaError::ClientConfig(_, why, ..)) if why.starts_with("No such configuration property") => {
            Err(format!("librdkafka has no property {name:?}"))
        }
        Err(KafkaError::ClientConfig(_, why, ..)) if why.contains("allowed range") => Err(why),
        Err(_) => Err(format!("{name} does not take this value")),
        Ok(_) => Ok(()),
    }
}

/// Where certificate authorities are sought. OpenSSL built from source looks in a folder that does
/// not exist, unless the environment names one; `probe` finds the system's bundle but ignores the
/// environment. A user's own choice stands.
fn authorities(config: &ClientConfig, environment: bool) -> Option<&'static str> {
    let encrypted = config.get("security.protocol").is_some_and(|p| p.to_ascii_lowercase().contains("ssl"));
    let chosen = ["ssl.ca.location", "ssl.ca.pem"].iter().any(|name| config.get(name).is_some());
    (encrypted && !chosen && !environment).then_some("probe")
}

#[cfg(test)]
mod tests {
    use super::super::super::From;
    use super::*;

    fn spec(properties: &[(&str, &str)]) -> KafkaSpec {
        KafkaSpec {
            brokers: vec!["a:1".into(), "b:2".into()],
            properties: properties.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
            topics: Vec::new(),
            from: From::End,
            exit_at_end: false,
        }
    }

    #[test]
    fn a_user_may_tune_but_not_make_the_viewer_commit() {
        let config = reading(&spec(&[
            ("fetch.queue.backoff.ms", "7"),
            ("enable.auto.commit", "true"),
            ("auto.offset.reset", "earliest"),
            ("debug", "fetch"),
        ]));
        assert_eq!(config.get("bootstrap.servers"), Some("a:1,b:2"));
        assert_eq!(config.get("fetch.queue.backoff.ms"), Some("7"));
        assert_eq!(config.get("queued.max.messages.kbytes"), Some("8192"));
        assert_eq!(config.get("enable.auto.commit"), Some("false"));
        assert_eq!(config.get("auto.offset.reset"), Some("error"));
        assert_eq!(config.get("debug"), Some("fetch,metadata"));
        assert!(config.create_native_config().is_ok());
    }

    #[test]
    fn authorities_are_probed_only_where_nobody_chose() {
        let find = |properties: &[(&str, &str)], environment| {
            let mut config = ClientConfig::new();
            for (name, value) in properties {
                config.set(*name, *value);
            }
            authorities(&config, environment)
        };
        assert_eq!(find(&[], false), None);
        assert_eq!(find(&[("security.protocol", "SASL_SSL")], false), Some("probe"));
        assert_eq!(find(&[("security.protocol", "ssl")], true), None);
        assert_eq!(find(&[("security.protocol", "ssl"), ("ssl.ca.location", "/x")], false), None);
    }

    #[test]
    fn one_property_is_checked_without_repeating_its_value() {
        assert_eq!(property("fetch.wait.max.ms", "100"), Ok(()));
        assert_eq!(property("fetch.wait", "1"), Err("librdkafka has no property \"fetch.wait\"".into()));
        assert_eq!(property("fetch.wait.max.ms", "hunter2"), Err("fetch.wait.max.ms does not take this value".into()));
        let far = property("fetch.wait.max.ms", "99999999").expect_err("too much");
        assert!(far.contains("fetch.wait.max.ms") && far.contains("0..300000"), "{far}");
    }

    #[test]
    fn the_words_of_librdkafka_are_read() {
        let line = "[thrd:main]: Topic a b changed id from p1Vmxs8KSu2bPQrx3k3GoA to AQAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(identity(line), Some(("a b", "AQAAAAAAAAAAAAAAAAAAAA")));
        assert_eq!(identity("Topic t changed id from p1Vmxs8KSu2bPQrx3k3GoA to AAAAAAAAAAAAAAAAAAAAAA"), None);
        assert_eq!(identity("Topic t [0] Leader 1 Epoch 0"), None);
        assert_eq!(end_offset("Fetch from broker 1 reached end of partition at offset 500 (HighwaterMark 501)"), Some(500));
        assert_eq!(end_offset("something else"), None);
        let line =
            "[thrd:h:1/bootstrap]: h:1/bootstrap: Disconnected: requesting ApiVersion: might be caused by incorrect security.protocol";
        assert!(broken_off("FAIL", line).is_some_and(|r| r.starts_with("h:1/bootstrap: Disconnected")));
        assert_eq!(broken_off("METADATA", line), None);
        assert_eq!(broken_off("FAIL", "[thrd:h:1/1]: h:1/1: Connect to h failed"), None, "told as an error");
    }

    #[test]
    fn notes_are_bounded_and_keep_the_newest() {
        let notes = Notes::default();
        for i in 0..NOTES_LIMIT + 5 {
            notes.error(KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure), &i.to_string());
        }
        notes.error(KafkaError::Global(RDKafkaErrorCode::PartitionEOF), "reached end of partition at offset 9 (HighwaterMark 9)");
        assert_eq!(notes.take_end(), Some(9));
        assert_eq!(notes.take_end(), None);
        let kept = notes.take();
        assert_eq!(kept.len(), NOTES_LIMIT - 1);
        assert_eq!(
            kept.last(),
            Some(&Note::Error { code: RDKafkaErrorCode::BrokerTransportFailure, reason: (NOTES_LIMIT + 4).to_string() })
        );
    }
}
