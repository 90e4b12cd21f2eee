//! The Kafka source as the shell knows it: made from its spec, run until told to stop.

use super::super::outlet::{Control, Outlet, Source, SourceError};
use super::super::{From, KafkaSpec};
use super::client;
use super::headers;
use super::reach::Reach;
use super::reader::Reader;
use super::watch::Wanted;
use crate::model::SourceId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A reader of a cluster's topics. It never joins a group and never commits.
#[derive(Debug)]
pub struct KafkaSource {
    id: SourceId,
    name: Arc<str>,
    spec: KafkaSpec,
    reach: Reach,
}

impl KafkaSource {
    /// The source `name` of `spec`. Nothing is connected to yet.
    pub fn new(id: SourceId, name: Arc<str>, spec: KafkaSpec) -> Self {
        Self { id, name, spec, reach: Reach::default() }
    }

    /// The same, which reads so far back where its spec leaves that open.
    #[must_use]
    pub fn reaching(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// Whether librdkafka takes the properties and the topic patterns can be read; asks no broker.
    ///
    /// # Errors
    /// Names the property or the pattern.
    pub fn check(spec: &KafkaSpec) -> Result<(), String> {
        wanted(spec)?;
        client::reading(spec).create_native_config().map(|_| ()).map_err(|e| e.to_string())
    }

    /// Whether librdkafka takes one property; asks no broker.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check_property(name: &str, value: &str) -> Result<(), String> {
        client::property(name, value)
    }

    fn reader(self, outlet: Outlet, control: Control) -> Result<Reader, SourceError> {
        let failure = |message| SourceError { source_name: self.name.to_string(), message };
        let wanted = wanted(&self.spec).map_err(failure)?;
        Reader::new((self.id, Arc::clone(&self.name)), (&self.spec, self.reach), wanted.into(), outlet, control).map_err(failure)
    }
}

impl Source for KafkaSource {
    fn run(self: Box<Self>, outlet: Outlet, control: Control) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send>> {
        Box::pin(async move {
            headers::shield();
            client::keep_tls();
            let name = self.name.to_string();
            let failure = |message: &str| SourceError { source_name: name.clone(), message: message.to_owned() };
            let (tell, told) = tokio::sync::oneshot::channel();
            std::thread::Builder::new()
                .name("kafka".into())
                .spawn(move || {
                    let last_word = outlet.last_word();
                    let reader = self.reader(outlet, control).inspect_err(|error| last_word.say_blocking(error));
                    drop(last_word);
                    // Nobody waits any more when the shell is gone; then there is nobody to tell either.
                    let _ = tell.send(reader.and_then(Reader::run));
                })
                .map_err(|e| failure(&e.to_string()))?;
            told.await.unwrap_or_else(|_| Err(failure("the reading thread ended by itself")))
        })
    }
}

fn wanted(spec: &KafkaSpec) -> Result<Vec<Wanted>, String> {
    spec.topics.iter().map(Wanted::new).collect()
}

/// Where what is found later is read from: all of it came after the start, so that nothing is missed.
pub const LATER: From = From::Beginning;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::TopicPattern;

    fn spec(topic: TopicPattern, property: (&str, &str)) -> KafkaSpec {
        KafkaSpec {
            brokers: vec!["localhost:1".into()],
            properties: vec![(property.0.into(), property.1.into())],
            topics: vec![topic],
            from: From::End,
            exit_at_end: false,
        }
    }

    #[test]
    fn a_check_names_what_is_wrong() {
        let topic = || TopicPattern::Name("t".into());
        assert_eq!(KafkaSource::check(&spec(topic(), ("fetch.wait.max.ms", "100"))), Ok(()));
        let unknown = KafkaSource::check(&spec(topic(), ("fetch.wait", "100"))).expect_err("no such property");
        assert!(unknown.contains("fetch.wait"), "{unknown}");
        let pattern = KafkaSource::check(&spec(TopicPattern::Regex("^(".into()), ("client.id", "x"))).expect_err("no such pattern");
        assert!(pattern.contains("^("), "{pattern}");
    }
}
