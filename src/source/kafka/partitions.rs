//! What a source reads: its topics' partitions, where each stands, and when it is at its end.
//!
//! Pure bookkeeping with the time handed in. Ends need care: the last offsets of a partition may
//! be transaction markers or compacted away, so that no record ever carries them, and librdkafka
//! tells that an end was reached without the topic's name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a partition stands at its end before it counts as idle (design 2, time).
pub const IDLE_AFTER: Duration = Duration::from_secs(5);
/// How long an end whose topic is unclear must stay quiet before it is believed.
const QUIET: Duration = Duration::from_secs(2);

/// One partition that is read.
#[derive(Debug)]
pub struct Part {
    /// The next offset to be read.
    pub position: i64,
    /// The end offset last heard of.
    pub end: i64,
    /// Where a run that has an end stops.
    pub target: Option<i64>,
    /// Up to where it is read back, where that is bounded by the clock.
    pub aim: Option<i64>,
    /// Reached its target.
    pub done: bool,
    /// Held back by the machine.
    pub paused: bool,
    /// Told as idle.
    pub idle: bool,
    /// Its offsets are being sought anew; what still comes belongs to the past.
    pub stale: bool,
    /// Looks in a row that found the end before the position.
    pub short: u8,
    /// When it was last heard of.
    pub heard: Instant,
    /// Since when there has been something to read.
    behind: Instant,
    /// The end it reached, beyond the last record where no record carries the last offsets.
    reached: i64,
    /// An end that was reached by this partition or by its namesake in another topic.
    hint: i64,
}

impl Part {
    /// A partition read from `position`.
    pub fn new(position: i64, end: i64, target: Option<i64>, now: Instant) -> Self {
        let done = target.is_some_and(|t| position >= t);
        Self {
            position,
            end,
            target,
            aim: None,
            done,
            paused: false,
            idle: false,
            stale: false,
            short: 0,
            heard: now,
            behind: now,
            reached: -1,
            hint: -1,
        }
    }

    /// Whether the record at `offset` is to be handed on, and the position moved behind it.
    pub fn accept(&mut self, offset: i64, now: Instant) -> bool {
        if self.stale || offset < self.position || self.target.is_some_and(|t| offset >= t) {
            if !self.stale && offset >= self.position {
                self.done = true;
            }
            return false;
        }
        self.position = offset + 1;
        self.done = self.target.is_some_and(|t| self.position >= t);
        self.idle = false;
        self.heard = now;
        true
    }

    /// Where it stands, reached ends included.
    fn stand(&self) -> i64 {
        self.position.max(self.reached)
    }

    /// How many offsets are still to be read back.
    pub fn behind(&self) -> u64 {
        self.aim.map_or(0, |aim| u64::try_from(aim - self.stand()).unwrap_or(0))
    }

    /// An end was reached. The position stays: should a record before it come after all, it counts.
    fn reach(&mut self, offset: i64) {
        self.reached = self.reached.max(offset);
        self.end = self.end.max(offset);
        self.done = self.target.is_some_and(|t| self.stand() >= t);
    }

    /// A later end was told; `true` when that is news.
    pub fn extend(&mut self, end: i64, now: Instant) -> bool {
        if end <= self.end {
            return false;
        }
        if self.stand() >= self.end {
            self.behind = now;
        }
        self.end = end;
        true
    }

    /// Whether there has been something to read for `wait` and nothing came.
    pub fn stalled(&self, now: Instant, wait: Duration) -> bool {
        let since = self.heard.max(self.behind);
        self.stand() < self.end && !self.done && !self.paused && !self.stale && now.duration_since(since) >= wait
    }

    /// Goes on at `position`: what lay before it is gone.
    pub fn skip_to(&mut self, position: i64) {
        self.position = position;
        self.end = self.end.max(position);
        self.done = self.target.is_some_and(|t| self.stand() >= t);
    }

    /// Settles an end whose topic was unclear once nothing came for a while.
    fn settle(&mut self, now: Instant) {
        if self.hint > self.stand() && self.hint >= self.end && now.duration_since(self.heard) >= QUIET {
            self.reach(self.hint);
        }
    }
}

/// One topic.
#[derive(Debug)]
pub struct Topic {
    /// Its name.
    pub name: Arc<str>,
    /// Its partitions by number; `None` where one is known but not read.
    pub parts: Vec<Option<Part>>,
    /// Answers in a row that knew nothing of it.
    pub missing: u8,
    /// It was read and then gone: what comes back under its name starts anew.
    pub gone: bool,
    /// When it last started anew.
    pub renewed: Option<Instant>,
    /// Whether a record of it ever came.
    pub delivered: bool,
}

/// All topics of a source.
#[derive(Debug, Default)]
pub struct Table {
    topics: Vec<Topic>,
    by_name: BTreeMap<Arc<str>, usize>,
    last: usize,
}

impl Table {
    /// The topic `name`, made known if it was not.
    pub fn topic(&mut self, name: &Arc<str>) -> &mut Topic {
        let index = *self.by_name.entry(Arc::clone(name)).or_insert(self.topics.len());
        if index == self.topics.len() {
            let name = Arc::clone(name);
            self.topics.push(Topic { name, parts: Vec::new(), missing: 0, gone: false, renewed: None, delivered: false });
        }
        &mut self.topics[index]
    }

    /// The topic `name` where it is known. Records of one topic come in runs, so that the last
    /// one found is tried first.
    pub fn find(&mut self, name: &str) -> Option<&mut Topic> {
        if self.topics.get(self.last).is_none_or(|t| &*t.name != name) {
            self.last = *self.by_name.get(name)?;
        }
        self.topics.get_mut(self.last)
    }

    /// The partition, where it is read.
    pub fn part(&mut self, topic: &str, partition: i32) -> Option<&mut Part> {
        let index = usize::try_from(partition).ok()?;
        self.find(topic)?.parts.get_mut(index)?.as_mut()
    }

    /// All topics in the order they became known.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.iter()
    }

    /// All partitions that are read, with topic and number.
    pub fn parts(&self) -> impl Iterator<Item = (&Arc<str>, i32, &Part)> {
        let numbered = |t: &'_ Topic| t.parts.len();
        self.topics.iter().flat_map(move |t| (0..numbered(t)).filter_map(move |n| Some((&t.name, n as i32, t.parts[n].as_ref()?))))
    }

    /// All partitions that are read, with topic and number.
    pub fn parts_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, i32, &mut Part)> {
        self.topics.iter_mut().flat_map(|t| {
            let name = &t.name;
            t.parts.iter_mut().enumerate().filter_map(move |(n, p)| Some((name, n as i32, p.as_mut()?)))
        })
    }

    /// How many partitions are read.
    pub fn count(&self) -> usize {
        self.parts().count()
    }

    /// Partition `number` of some topic reached its end at `offset` (`None`: the offset is not
    /// known). All records before it have been handed out by then, and no end heard of lies behind
    /// it: where that leaves one partition it is that one, else quiet must tell.
    pub fn end_reached(&mut self, number: i32, offset: Option<i64>) {
        let explained = self.parts().any(|(_, n, p)| n == number && Some(p.stand()) == offset);
        let mut waiting: Vec<&mut Part> = self
            .parts_mut()
            .filter(|(_, n, p)| *n == number && !p.stale && offset.is_none_or(|o| p.stand() < o && p.end <= o))
            .map(|(_, _, p)| p)
            .collect();
        match (waiting.as_mut_slice(), offset) {
            ([part], Some(end)) if !explained => part.reach(end),
            (parts, offset) => parts.iter_mut().for_each(|p| p.hint = offset.unwrap_or(p.end)),
        }
    }

    /// Settles unclear ends, then tells which partitions have become idle.
    pub fn idle(&mut self, now: Instant) -> Vec<(Arc<str>, i32)> {
        let mut found = Vec::new();
        for (topic, number, part) in self.parts_mut() {
            part.settle(now);
            let at_end = part.stand() >= part.end || part.done;
            let quiet = part.done || now.duration_since(part.heard) >= IDLE_AFTER;
            if at_end && quiet && !part.idle && !part.paused && !part.stale {
                part.idle = true;
                found.push((Arc::clone(topic), number));
            }
        }
        found
    }

    /// Whether every partition has reached its target.
    pub fn all_done(&self) -> bool {
        self.parts().all(|(_, _, p)| p.done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(parts: &[(&str, i64, i64, Option<i64>)]) -> (Table, Instant) {
        #[expect(clippy::disallowed_methods, reason = "the bookkeeping takes the time of its caller")]
        let now = Instant::now();
        let mut table = Table::default();
        for (topic, position, end, target) in parts {
            table.topic(&Arc::from(*topic)).parts.push(Some(Part::new(*position, *end, *target, now)));
        }
        (table, now)
    }

    fn stand(table: &mut Table, topic: &str) -> i64 {
        table.part(topic, 0).expect("known").stand()
    }

    #[test]
    fn records_beyond_the_target_are_left_out() {
        let (mut table, now) = table(&[("a", 0, 2, Some(2))]);
        let part = table.part("a", 0).expect("known");
        assert!(part.accept(0, now) && !part.done);
        assert!(!part.accept(0, now), "a repetition");
        assert!(part.accept(1, now) && part.done);
        assert!(!part.accept(2, now) && part.done);
        assert!(table.all_done());
    }

    #[test]
    fn a_tail_without_records_ends_at_the_reached_end() {
        let (mut table, now) = table(&[("a", 0, 10, Some(10))]);
        table.part("a", 0).expect("known").accept(7, now);
        assert!(!table.all_done());
        table.end_reached(0, Some(10));
        assert!(table.all_done());
        assert!(table.part("a", 0).expect("known").accept(8, now), "a record that comes after all is kept");
    }

    #[test]
    fn an_end_without_a_topic_goes_to_the_one_it_fits() {
        let (mut table, _) = table(&[("a", 8, 10, None), ("b", 3, 200, None)]);
        table.end_reached(0, Some(10));
        assert_eq!((stand(&mut table, "a"), stand(&mut table, "b")), (10, 3));
        table.end_reached(0, Some(200));
        assert_eq!(stand(&mut table, "b"), 3, "it may be the end of either by now");
    }

    #[test]
    fn an_end_explained_by_one_topic_moves_no_other() {
        let (mut table, _) = table(&[("a", 300, 300, None), ("b", 3, 200, Some(200))]);
        table.end_reached(0, Some(300));
        assert_eq!(stand(&mut table, "b"), 3);
        assert!(!table.all_done());
    }

    #[test]
    fn an_unclear_end_is_believed_after_quiet() {
        let (mut table, now) = table(&[("a", 8, 10, Some(10)), ("b", 9, 10, Some(10))]);
        table.end_reached(0, Some(10));
        assert!(!table.all_done());
        assert_eq!(table.idle(now + Duration::from_secs(1)), []);
        table.idle(now + QUIET);
        assert!(table.all_done());
    }

    #[test]
    fn idle_is_told_once_until_the_next_record() {
        let (mut table, now) = table(&[("a", 5, 5, None), ("b", 4, 5, None)]);
        assert_eq!(table.idle(now), []);
        assert_eq!(table.idle(now + IDLE_AFTER), [("a".into(), 0)]);
        assert_eq!(table.idle(now + IDLE_AFTER), []);
        let later = now + Duration::from_mins(1);
        let part = table.part("a", 0).expect("known");
        assert!(part.accept(5, later));
        part.end = 6;
        assert_eq!(table.idle(later), []);
        assert_eq!(table.idle(later + IDLE_AFTER), [("a".into(), 0)]);
    }

    #[test]
    fn a_partition_stalls_only_once_there_was_something_to_read() {
        let (mut table, now) = table(&[("a", 5, 5, None)]);
        let (wait, later) = (IDLE_AFTER, now + Duration::from_hours(1));
        let part = table.part("a", 0).expect("known");
        assert!(!part.stalled(later, wait), "at its end");
        assert!(part.extend(6, later) && !part.extend(6, later));
        assert!(!part.stalled(later, wait), "just now");
        assert!(part.stalled(later + wait, wait));
        assert!(part.accept(5, later + wait) && !part.stalled(later + wait * 2, wait));
    }

    #[test]
    fn a_held_partition_is_not_idle() {
        let (mut table, now) = table(&[("a", 5, 5, None)]);
        table.part("a", 0).expect("known").paused = true;
        assert_eq!(table.idle(now + IDLE_AFTER * 2), []);
    }
}
