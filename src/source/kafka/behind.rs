//! Reading back while the clock is looked at: a line or a machine too slow for what was reckoned with leaps to near the
//! live end, and says so.
//!
//! A console that shows last night while this morning burns is worse than one that has learned less.

use super::super::From;
use super::assigning::Spot;
use super::partitions::Part;
use super::reach::{NEAR, PATIENCE, Reach, SPARE};
use super::reader::Reader;
use super::watch::{Back, Begun, Start};
use crate::model::{LinkState, PartitionEvent};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Looks farther apart than this were held up by something else than reading, sleep for instance: that is not counted.
const OWN: Duration = Duration::from_secs(5);

/// How far reading back is.
#[derive(Debug, Default)]
pub struct Behind {
    run: Option<Run>,
    /// It has leapt once: then the line is as slow as it is, and the rest is read however long that takes.
    leapt: bool,
    /// Records left out, by topic, until the live end is reached.
    left_out: BTreeMap<Arc<str>, i64>,
}

#[derive(Debug)]
struct Run {
    began: Instant,
    looked: Instant,
    /// Records to be read back in all.
    all: u64,
}

impl Behind {
    /// So many more records are to be read back.
    fn add(&mut self, more: u64, now: Instant) {
        if more > 0 {
            self.run.get_or_insert(Run { began: now, looked: now, all: 0 }).all += more;
        }
    }

    /// Looks, with `left` records to be read: answers how many of them can be read in [`SPARE`] where all of them cannot
    /// be read in time.
    fn look(&mut self, left: u64, now: Instant) -> Option<u64> {
        let run = self.run.as_mut()?;
        let since = now.duration_since(run.looked);
        run.looked = now;
        if since > OWN {
            run.began += since;
        }
        if left == 0 {
            self.run = None;
            return None;
        }
        let elapsed = now.duration_since(run.began);
        if elapsed < PATIENCE || self.leapt {
            return None;
        }
        let speed = run.all.saturating_sub(left) as f64 / elapsed.as_secs_f64();
        let room = (speed * SPARE.as_secs_f64()) as u64;
        self.leapt = left > room;
        self.leapt.then_some(room)
    }

    fn due(&self, now: Instant) -> bool {
        self.run.as_ref().is_some_and(|run| now.duration_since(run.looked) >= LOOK_EVERY)
    }
}

impl Reader {
    /// A partition begins that is to be read back: the clock runs for what lies there.
    pub(super) fn read_back(&mut self, part: &mut Part) {
        part.aim = Some(part.end);
        self.behind.add(part.behind(), self.now);
    }

    /// Looks whether what is read back is read in time, and leaps where it is not.
    pub(super) fn look_behind(&mut self) {
        if !self.behind.due(self.now) {
            return;
        }
        let left = self.table.parts().map(|(_, _, p)| p.behind()).sum();
        if left == 0 {
            for (topic, count) in std::mem::take(&mut self.behind.left_out) {
                let detail = format!("topic '{topic}' is read to its end again, {count} records before were left out");
                let said = self.links.topic(&topic, LinkState::Up, &detail);
                self.say(said);
            }
        }
        let Some(room) = self.behind.look(left, self.now) else { return };
        let reach = Reach { span: NEAR, most: room };
        let late = self.table.parts().filter(|(_, _, p)| p.behind() > 0 && !p.stale);
        let start = |(topic, partition, _): (&Arc<str>, i32, &Part)| Start {
            topic: Arc::clone(topic),
            partition,
            from: From::Auto,
            reach,
            renewed: false,
            ahead: true,
        };
        let starts: Vec<Start> = late.map(start).collect();
        self.rounds.starts.extend(starts);
    }

    /// Goes on ahead, where that lies ahead: answers the place to read from.
    pub(super) fn leap(&mut self, told: &Begun) -> Option<Spot> {
        let (start, (position, end)) = (&told.start, told.offsets?);
        let part = self.table.part(&start.topic, start.partition).filter(|p| !p.stale && p.position < position)?;
        let skipped = position - part.position;
        part.extend(end, self.now);
        part.skip_to(position);
        part.heard = self.now;
        part.aim = Some(end);
        *self.behind.left_out.entry(Arc::clone(&start.topic)).or_default() += skipped;
        self.tell(&start.topic, start.partition, PartitionEvent::Assigned { position, end });
        Some((Arc::clone(&start.topic), start.partition, position))
    }

    /// Says of a topic that it goes on ahead.
    pub(super) fn say_leapt(&mut self, topic: &Arc<str>, back: Option<Back>) {
        let Some(skipped) = self.behind.left_out.get(topic).copied().filter(|n| *n > 0) else { return };
        let detail = format!(
            "topic '{topic}': reading back takes too long here, {skipped} records are left out, and reading goes on {}",
            going_on(back)
        );
        let said = self.links.topic(topic, LinkState::Gap, &detail);
        self.say(said);
    }
}

fn going_on(back: Option<Back>) -> String {
    match back.and_then(|back| back.span) {
        Some(span) => format!("{span} before the end"),
        None => "near the end".to_owned(),
    }
}

/// How far back a topic is read, as its state says it.
pub fn words(back: Back) -> String {
    match (back.span, back.cut) {
        (Some(span), None) => format!(", the last {span} of it"),
        (Some(span), Some(wanted)) => format!(", the last {span} of it: {wanted} hold more records than can be read in about ten seconds"),
        (None, _) => ", its last records: more of them than can be read in about ten seconds bear the same time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the bookkeeping takes the time of its caller")]
    fn begun(all: u64) -> (Behind, Instant) {
        let now = Instant::now();
        let mut behind = Behind::default();
        behind.add(all, now);
        (behind, now)
    }

    /// Looks every half second with `left` records to be read, and answers when it leapt and how many it then would read.
    fn run(behind: &mut Behind, from: Instant, left: impl Fn(f64) -> u64) -> Option<(f64, u64)> {
        (1..200).map(|i| f64::from(i) / 2.0).find_map(|t| Some((t, behind.look(left(t), from + Duration::from_secs_f64(t))?)))
    }

    #[test]
    fn what_is_read_in_time_is_read_whole() {
        let (mut behind, now) = begun(1_800);
        assert_eq!(run(&mut behind, now, |t| 1_800u64.saturating_sub((t * 100.0) as u64)), None);
        assert!(behind.run.is_none() && !behind.due(now + PATIENCE));
    }

    #[test]
    fn what_takes_too_long_is_left_out_once() {
        let (mut behind, now) = begun(100_000);
        let slow = |t: f64| 100_000 - (t * 100.0) as u64;
        assert_eq!(run(&mut behind, now, slow), Some((15.0, 500)));
        assert_eq!(run(&mut behind, now + PATIENCE, slow), None, "the line is as slow as it is");
    }

    #[test]
    fn a_machine_that_slept_meanwhile_has_not_read_slowly() {
        let (mut behind, now) = begun(1_000);
        assert_eq!(behind.look(900, now + Duration::from_secs(1)), None);
        let woken = now + Duration::from_hours(1);
        assert_eq!(behind.look(900, woken), None);
        assert_eq!(behind.look(0, woken + Duration::from_secs(9)), None);
        assert!(behind.run.is_none());
    }

    #[test]
    fn a_topic_without_anything_to_read_back_has_no_clock() {
        let (behind, now) = begun(0);
        assert!(!behind.due(now + PATIENCE));
    }
}
