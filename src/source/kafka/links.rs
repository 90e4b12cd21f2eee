//! How a Kafka source and its topics stand, told only when it changes.
//!
//! librdkafka repeats itself: the same refused connection comes every second with other numbers in
//! it. Here the words are compared without them, so that the log gets one line for one trouble.

use super::super::outlet::SourceError;
use crate::model::{LinkState, OwnedInput, SourceId};
use rdkafka::error::RDKafkaErrorCode as Code;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Different reasons told while a link stays in one state: a broker that is away is told with a
/// handful of texts (refused, timed out, reset); beyond that they say nothing new.
const REASONS_LIMIT: usize = 4;

#[derive(Debug, Default)]
struct Link {
    state: LinkState,
    told: Vec<String>,
}

impl Link {
    /// Whether this is news.
    fn set(&mut self, state: LinkState, detail: &str) -> bool {
        let gist = gist(detail);
        if self.state != state {
            *self = Self { state, told: vec![gist] };
            return true;
        }
        if self.told.contains(&gist) || self.told.len() >= REASONS_LIMIT {
            return false;
        }
        self.told.push(gist);
        true
    }
}

/// The links of one source.
#[derive(Debug)]
pub struct Links {
    id: SourceId,
    name: Arc<str>,
    source: Link,
    topics: BTreeMap<Arc<str>, Link>,
    /// The last specific trouble with a broker, told once no broker is left.
    reason: Option<(LinkState, String)>,
}

impl Links {
    /// The links of the source `id`: nothing heard of yet.
    pub fn new(id: SourceId, name: Arc<str>) -> Self {
        Self { id, name, source: Link::default(), topics: BTreeMap::new(), reason: None }
    }

    /// Whether the brokers answer.
    pub fn up(&self) -> bool {
        matches!(self.source.state, LinkState::Up | LinkState::Gap)
    }

    /// How a topic stands.
    pub fn topic_state(&self, topic: &str) -> LinkState {
        self.topics.get(topic).map_or(LinkState::Connecting, |l| l.state)
    }

    /// The source's own state.
    pub fn source(&mut self, state: LinkState, detail: &str) -> Option<OwnedInput> {
        self.source.set(state, detail).then(|| self.input(None, state, detail))
    }

    /// A topic's state.
    pub fn topic(&mut self, topic: &Arc<str>, state: LinkState, detail: &str) -> Option<OwnedInput> {
        let link = self.topics.entry(Arc::clone(topic)).or_default();
        link.set(state, detail).then(|| self.input(Some(topic), state, detail))
    }

    fn input(&self, topic: Option<&Arc<str>>, state: LinkState, detail: &str) -> OwnedInput {
        OwnedInput::Link { source: self.id, topic: topic.map(Arc::clone), state, detail: detail.into() }
    }

    /// A broker answered.
    pub fn answered(&mut self, brokers: &str) -> Option<OwnedInput> {
        self.reason = None;
        if self.up() {
            return None;
        }
        self.source(LinkState::Up, &format!("connected to {brokers}"))
    }

    /// No broker has answered for this many seconds.
    pub fn silent(&mut self, seconds: u64) -> Option<OwnedInput> {
        if matches!(self.source.state, LinkState::Down | LinkState::Denied) {
            return None;
        }
        let (state, detail) = match self.reason.take() {
            Some(reason) => reason,
            None => (LinkState::Down, format!("no answer from the brokers for {seconds} s")),
        };
        self.source(state, &detail)
    }

    /// librdkafka told of a trouble with brokers. One broker of several may be away without the
    /// source being down, so that its words are only kept until none is left.
    pub fn trouble(&mut self, code: Code, reason: &str) -> Option<OwnedInput> {
        let state = match code {
            Code::AllBrokersDown => {
                let (state, detail) = self.reason.clone().unwrap_or_else(|| (LinkState::Down, reason.to_owned()));
                return self.source(state, &detail);
            }
            Code::Authentication | Code::SaslAuthenticationFailed | Code::ClusterAuthorizationFailed => LinkState::Denied,
            Code::SSL if reason.contains("certificate") => LinkState::Denied,
            Code::SSL | Code::BrokerTransportFailure | Code::Resolve | Code::OperationTimedOut => LinkState::Down,
            _ => return None,
        };
        self.reason = Some((state, tidy(reason)));
        let detail = tidy(reason);
        (!self.up() && (state == LinkState::Denied || self.source.state == LinkState::Down)).then(|| self.source(state, &detail)).flatten()
    }

    /// Why a run that has an end cannot go on.
    pub fn failure(&self, message: impl Into<String>) -> SourceError {
        SourceError { source_name: self.name.to_string(), message: message.into() }
    }

    /// The last specific trouble in words.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_ref().map(|(_, detail)| detail.as_str())
    }

    /// Whether the brokers refuse us.
    pub fn denied(&self) -> bool {
        self.source.state == LinkState::Denied
    }
}

/// Without librdkafka's closing remark on its own timing.
fn tidy(reason: &str) -> String {
    reason.split(" (after ").next().unwrap_or(reason).trim().to_owned()
}

/// A text without its numbers.
fn gist(detail: &str) -> String {
    tidy(detail).chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        Links::new(SourceId(0), "kafka".into())
    }

    fn said(input: Option<OwnedInput>) -> Option<(LinkState, String)> {
        match input? {
            OwnedInput::Link { state, detail, .. } => Some((state, detail.to_string())),
            other => panic!("{other:?}"),
        }
    }

    const REFUSED: &str = "a:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)";

    #[test]
    fn one_trouble_is_told_once_and_with_its_reason() {
        let mut links = links();
        assert_eq!(said(links.trouble(Code::BrokerTransportFailure, REFUSED)), None);
        let down = said(links.trouble(Code::AllBrokersDown, "1/1 brokers are down"));
        assert_eq!(down, Some((LinkState::Down, "a:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused".into())));
        let again = REFUSED.replace("0ms", "3ms").replace(')', ", 30 identical error(s) suppressed)");
        assert_eq!(said(links.trouble(Code::BrokerTransportFailure, &again)), None);
        assert_eq!(said(links.trouble(Code::AllBrokersDown, "1/1 brokers are down")), None);
        assert_eq!(said(links.silent(5)), None);
        assert_eq!(said(links.answered("a:1")), Some((LinkState::Up, "connected to a:1".into())));
        assert_eq!(said(links.answered("a:1")), None);
    }

    #[test]
    fn one_broker_of_several_does_not_take_the_source_down() {
        let mut links = links();
        links.answered("a:1,b:2");
        assert_eq!(said(links.trouble(Code::BrokerTransportFailure, REFUSED)), None);
        assert_eq!(said(links.trouble(Code::Authentication, "wrong password")), None);
        assert!(links.up());
        assert_eq!(said(links.silent(5)), Some((LinkState::Denied, "wrong password".into())));
    }

    #[test]
    fn a_refusal_is_not_overwritten_by_its_consequence() {
        let mut links = links();
        let denied = said(links.trouble(Code::Authentication, "SASL authentication error (after 5ms in state AUTH)"));
        assert_eq!(denied, Some((LinkState::Denied, "SASL authentication error".into())));
        assert_eq!(said(links.trouble(Code::AllBrokersDown, "1/1 brokers are down")), None);
        assert!(links.denied());
        let gone = said(links.trouble(Code::BrokerTransportFailure, REFUSED));
        assert_eq!(gone, None, "the words are kept for when no broker is left");
        assert_eq!(said(links.trouble(Code::AllBrokersDown, "1/1 brokers are down")).map(|d| d.0), Some(LinkState::Down));
    }

    #[test]
    fn reasons_within_one_state_are_bounded() {
        let mut links = links();
        let topic: Arc<str> = "t".into();
        let told = ('a'..='z').filter(|c| links.topic(&topic, LinkState::Down, &c.to_string()).is_some()).count();
        assert_eq!(told, REASONS_LIMIT);
        assert_eq!(links.topic_state("t"), LinkState::Down);
    }
}
