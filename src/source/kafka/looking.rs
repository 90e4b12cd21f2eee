//! A look at a cluster for `doctor`: does it answer, which topics are there, and what its newest records say of the clocks.

use super::super::KafkaSpec;
use super::client::{self, Client, Note, Notes};
use super::watch::Wanted;
use crate::model::{Millis, Timestamp};
use rdkafka::consumer::Consumer;
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use std::time::Duration;

/// How long the brokers may take to answer the first question, and how long a record may take to come.
const PATIENCE: Duration = Duration::from_secs(4);
const RECORD_PATIENCE: Duration = Duration::from_secs(2);

/// What was seen of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterLook {
    /// The brokers that there are, as they call themselves.
    pub brokers: Vec<String>,
    /// The topics that are wanted: partitions, or what is wrong.
    pub topics: Vec<(String, Result<usize, String>)>,
    /// How much younger than now the newest record seen is; negative: it lies in the future.
    pub newest: Option<Millis>,
}

/// Looks at the cluster of `spec`.
///
/// # Errors
/// Why nothing could be seen, in the brokers' or the client's words.
pub fn look(spec: &KafkaSpec, now: Timestamp) -> Result<ClusterLook, String> {
    let client: Client = client::reading(spec).create_with_context(Notes::default()).map_err(|e| e.to_string())?;
    let found = client.fetch_metadata(None, PATIENCE).map_err(|error| {
        let said = client.context().take().into_iter().rev().find_map(|note| match note {
            Note::Error { reason, .. } => Some(reason),
            _ => None,
        });
        said.unwrap_or_else(|| error.to_string())
    });
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            close(client);
            return Err(why);
        }
    };
    let brokers = found.brokers().iter().map(|b| format!("{}:{}", b.host(), b.port())).collect();
    let mut out = ClusterLook { brokers, ..ClusterLook::default() };
    let mut at = None;
    for pattern in &spec.topics {
        let wanted = Wanted::new(pattern)?;
        let mut any = false;
        for topic in found.topics().iter().filter(|t| wanted.matches(t.name())) {
            any = true;
            at = at.or_else(|| topic.partitions().first().map(|p| (topic.name().to_owned(), p.id())));
            out.topics.push((topic.name().to_owned(), Ok(topic.partitions().len())));
        }
        if !any {
            let (Wanted::Name(name) | Wanted::Pattern(name, _)) = &wanted;
            out.topics.push((name.to_string(), Err("there is no such topic".to_owned())));
        }
    }
    out.newest = at.and_then(|(topic, partition)| newest(&client, &topic, partition)).map(|record| now.since(record));
    close(client);
    Ok(out)
}

/// The time of the last record of a partition.
fn newest(client: &Client, topic: &str, partition: i32) -> Option<Timestamp> {
    let (low, high) = client.fetch_watermarks(topic, partition, RECORD_PATIENCE).ok()?;
    if high <= low {
        return None;
    }
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(high - 1)).ok()?;
    client.assign(&list).ok()?;
    let message = client.poll(RECORD_PATIENCE)?.ok()?;
    message.timestamp().to_millis().map(Timestamp::from_millis)
}

/// Closing waits for brokers that may never answer: on a thread of its own, which nobody waits for.
fn close(client: Client) {
    client::keep_tls();
    drop(std::thread::Builder::new().name("kafka-close".to_owned()).spawn(move || drop(client)));
}

#[cfg(test)]
mod tests {
    use super::super::super::{EmbeddedBroker, From, Publisher};
    use super::*;
    use crate::decode::TopicPattern;

    #[test]
    fn a_cluster_tells_its_topics_and_one_that_is_not_there_says_why() {
        let broker = EmbeddedBroker::start(&[("orders", 2)]).unwrap();
        let publisher = Publisher::new(&broker.bootstrap(), &[]).unwrap();
        for _ in 0..20 {
            publisher.send("orders", None, &[], Some(b"{}"), Some(Timestamp::from_millis(1_000_000))).unwrap();
        }
        assert!(publisher.flush(Duration::from_secs(5)));
        let topics = ["orders", "^or.*", "absent"].map(|t| match t.strip_prefix('^') {
            Some(_) => TopicPattern::Regex(t.into()),
            None => TopicPattern::Name(t.into()),
        });
        let mut spec = KafkaSpec {
            brokers: vec![broker.bootstrap()],
            properties: vec![],
            topics: topics.to_vec(),
            from: From::End,
            exit_at_end: false,
        };
        let seen = look(&spec, Timestamp::from_millis(1_005_000)).unwrap();
        assert_eq!(seen.brokers.len(), 1);
        assert_eq!(seen.topics[..2], [("orders".to_owned(), Ok(2)), ("orders".to_owned(), Ok(2))]);
        assert!(seen.topics[2].1.is_err());
        assert!(seen.newest.is_none_or(|age| age == Millis::from_secs(5)), "{:?}", seen.newest);
        spec.brokers = vec!["127.0.0.1:1".to_owned()];
        assert!(look(&spec, Timestamp::from_millis(0)).is_err());
    }
}
