//! Asks the brokers, moment by moment, where topics begin of which no more is to be read than can be read in seconds.
//!
//! All topics are asked for in one question a round, each at a moment of its own.

use super::super::From;
use super::reach::{Reach, Reached, Search, count, shares};
use super::watch::{Answer, Asker, Back, Key, Offsets, Start, at_time, now};
use rdkafka::error::RDKafkaErrorCode as Code;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One topic's partitions while their start is sought.
struct Sought {
    reach: Reach,
    keys: Vec<Key>,
    ends: Vec<i64>,
    search: Search,
    reached: Option<Reached>,
}

impl Sought {
    /// Leaves out partitions of which nothing was told.
    fn keep(&mut self, told: &Offsets) {
        let (keys, ends) = (std::mem::take(&mut self.keys), std::mem::take(&mut self.ends));
        (self.keys, self.ends) = keys.into_iter().zip(ends).filter(|(key, _)| told.contains_key(key)).unzip();
    }

    /// The positions of its partitions, where all were told; a negative one means the end.
    fn positions(&self, told: &Offsets) -> Option<Vec<i64>> {
        let of = |(key, end): (&Key, &i64)| told.get(key).map(|p| if *p < 0 { *end } else { *p });
        self.keys.iter().zip(&self.ends).map(of).collect()
    }
}

impl Asker {
    /// How far back the topics of `starts` are read that are to be read [`From::Auto`]; adds where their partitions begin
    /// to `positions`. Partitions of which the brokers say nothing are left out.
    ///
    /// # Errors
    /// Nobody answers, or it is refused.
    pub(super) fn reached(&self, starts: &[Start], ends: &Offsets, positions: &mut Offsets) -> Result<BTreeMap<Arc<str>, Back>, Answer> {
        let mut topics = sought(starts, ends);
        let now = now();
        let mut first = true;
        loop {
            let open = topics.values().filter(|t| t.reached.is_none());
            let asked: Vec<_> = open.flat_map(|t| t.keys.iter().map(|key| (key.clone(), at_time(now - t.search.span())))).collect();
            if asked.is_empty() {
                break;
            }
            let told = self.offsets_at(&asked)?;
            if std::mem::take(&mut first) {
                for topic in topics.values_mut() {
                    topic.keep(&told);
                }
                share(&mut topics, &told);
            }
            for topic in topics.values_mut().filter(|t| t.reached.is_none()) {
                let positions = topic.positions(&told).ok_or(Answer::Failed(Code::OperationTimedOut))?;
                topic.reached = topic.search.told(positions, &topic.ends);
            }
        }
        let mut out = BTreeMap::new();
        for (topic, Sought { reach, keys, reached, .. }) in topics {
            let Some(reached) = reached else { continue };
            out.insert(topic, Back { span: reached.span, cut: reached.cut.then_some(reach.span) });
            positions.extend(keys.into_iter().zip(reached.positions));
        }
        Ok(out)
    }
}

/// The topics that are to be read as far back as can be.
fn sought(starts: &[Start], ends: &Offsets) -> BTreeMap<Arc<str>, Sought> {
    let mut topics: BTreeMap<Arc<str>, Sought> = BTreeMap::new();
    for start in starts.iter().filter(|s| s.from == From::Auto) {
        let key = (Arc::clone(&start.topic), start.partition);
        let Some(end) = ends.get(&key) else { continue };
        let reach = start.reach;
        let new = || Sought { reach, keys: Vec::new(), ends: Vec::new(), search: Search::new(reach), reached: None };
        let topic = topics.entry(Arc::clone(&start.topic)).or_insert_with(new);
        topic.keys.push(key);
        topic.ends.push(*end);
    }
    topics
}

/// Gives each topic its share of what may be read of all.
fn share(topics: &mut BTreeMap<Arc<str>, Sought>, told: &Offsets) {
    let counts = topics.iter().map(|(name, t)| (Arc::clone(name), t.positions(told).map_or(0, |p| count(&p, &t.ends)))).collect();
    let most = topics.values().map(|t| t.reach.most).max().unwrap_or(0);
    let shares = shares(&counts, most);
    for (name, topic) in topics.iter_mut().filter(|(_, t)| t.reach.most < u64::MAX) {
        topic.search = Search::new(Reach { most: shares.get(name).copied().unwrap_or(most), ..topic.reach });
    }
}
