//! How far a source reads back where nobody says: so far that detectors have something to learn from, and no farther
//! than can be read in seconds.
//!
//! Two bounds hold. Before reading begins, the offsets of the moments tell how many records lie between: with too many,
//! reading begins later. And while it reads, the clock tells when a line or a machine is too slow for that: then it goes
//! on near the live end. Met by `watch`, which asks for the offsets, and by `behind`, which looks at the clock.

use crate::model::Millis;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How far back is read where nothing need be learned, and where a line is too slow for more: long enough for a chart.
pub const NEAR: Millis = Millis::from_secs(15 * 60);
/// Most records read back, of all topics of a source: what a console reads, decodes and judges in about ten seconds
/// (measured on one core: 0.65 million records a second of 60 bytes of JSON with three metrics under `auto`; larger
/// records and more metrics take twice as long). Offsets do not tell bytes: for these there is the clock.
pub const RECORDS: u64 = 3_000_000;
/// After so long it is looked whether reading back will end soon. It is half as long again as what was reckoned with,
/// since a machine may have other work.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// What may still be to come then: somebody who has waited so long waits as long as this again rather than lose it.
pub const SPARE: Duration = Duration::from_secs(5);
/// Questions about offsets for one start: each brings the span nearer to what may be read, and steady topics need two.
const TRIES: usize = 5;
/// A span that holds this share of what may be read is good enough.
const ENOUGH: f64 = 0.5;
/// How far below the bound is aimed at, since records seldom come evenly.
const AIM: f64 = 0.9;

/// How far back is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// So long ago, by record time …
    pub span: Millis,
    /// … but no more than so many records.
    pub most: u64,
}

impl Reach {
    /// So far back, within what can be read in seconds.
    pub const fn back(span: Millis) -> Self {
        Self { span, most: RECORDS }
    }

    /// So far back, however much that is.
    pub const fn whole(span: Millis) -> Self {
        Self { span, most: u64::MAX }
    }
}

impl Default for Reach {
    fn default() -> Self {
        Self::back(NEAR)
    }
}

/// How many of `most` records each topic may have, by how many it has: quiet topics are read whole, and the others share
/// what is left, so that a busy topic leaves no quiet one unlearned.
pub fn shares(counts: &BTreeMap<Arc<str>, u64>, most: u64) -> BTreeMap<Arc<str>, u64> {
    let mut order: Vec<_> = counts.iter().collect();
    order.sort_by_key(|(_, count)| **count);
    let (mut left, mut topics) = (most, order.len() as u64);
    let mut out = BTreeMap::new();
    for (topic, count) in order {
        let share = left / topics.max(1);
        let given = share.min(*count);
        // Who needs less than the share gets it, and may have more where the topic grows meanwhile.
        out.insert(Arc::clone(topic), if given == *count { share } else { given });
        left -= given;
        topics -= 1;
    }
    out
}

/// The start of one topic: tells which span to ask for next, until it fits.
#[derive(Debug)]
pub struct Search {
    most: u64,
    span: Millis,
    tries: usize,
    /// The widest span so far that fits.
    fits: Option<Seen>,
    /// The narrowest that does not.
    wide: Option<Seen>,
}

/// A span that was asked for.
#[derive(Debug)]
struct Seen {
    span: Millis,
    /// Where its partitions begin, and how many records that are.
    positions: Vec<i64>,
    count: u64,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Where each partition begins.
    pub positions: Vec<i64>,
    /// How far back that is; `None`: no moment fits, and partitions begin a number of records before their end.
    pub span: Option<Millis>,
    /// It is less than was asked for.
    pub cut: bool,
}

impl Search {
    /// For a topic of which no more than `reach.most` records are to be read.
    pub const fn new(reach: Reach) -> Self {
        Self { most: reach.most, span: reach.span, tries: 0, fits: None, wide: None }
    }

    /// The span to ask for.
    pub const fn span(&self) -> Millis {
        self.span
    }

    /// Takes the positions for the span it asked for, and the ends. Answers with the start, or with nothing where it has
    /// another question.
    pub fn told(&mut self, positions: Vec<i64>, ends: &[i64]) -> Option<Reached> {
        self.tries += 1;
        let count = count(&positions, ends);
        if count <= self.most {
            if self.wide.is_none() || count as f64 >= ENOUGH * self.most as f64 {
                return Some(Reached { positions, span: Some(self.span), cut: self.wide.is_some() });
            }
            self.fits = Some(Seen { span: self.span, positions, count });
        } else {
            self.wide = Some(Seen { span: self.span, positions, count });
        }
        if self.tries < TRIES {
            self.span = self.next(count);
            return None;
        }
        // A span without a record is none: all that lie there came at one moment.
        let fits = self.fits.take().filter(|fits| fits.count > 0);
        let thin = |wide: Seen| thinned(&wide.positions, ends, wide.count, self.most);
        match (fits, self.wide.take()) {
            (Some(fits), _) => Some(Reached { positions: fits.positions, span: Some(fits.span), cut: true }),
            (None, wide) => Some(Reached { positions: wide.map_or_else(|| ends.to_vec(), thin), span: None, cut: true }),
        }
    }

    /// As if records came evenly, between what fits and what does not.
    fn next(&self, count: u64) -> Millis {
        let even = (self.span.get() as f64 * AIM * self.most as f64 / count.max(1) as f64) as i64;
        let low = self.fits.as_ref().map_or(0, |fits| fits.span.get());
        let high = self.wide.as_ref().map_or(i64::MAX, |wide| wide.span.get());
        Millis::new(if even > low && even < high { even } else { low + (high - low) / 2 })
    }
}

/// How many offsets lie between.
pub fn count(positions: &[i64], ends: &[i64]) -> u64 {
    positions.iter().zip(ends).map(|(p, end)| u64::try_from(end - p).unwrap_or(0)).sum()
}

/// Positions that leave each partition its share of `most`.
fn thinned(positions: &[i64], ends: &[i64], count: u64, most: u64) -> Vec<i64> {
    let share = |lying: i64| (lying.max(0) as u128 * u128::from(most) / u128::from(count.max(1))) as i64;
    positions.iter().zip(ends).map(|(p, end)| end - share(end - p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(list: &[(&str, u64)]) -> BTreeMap<Arc<str>, u64> {
        list.iter().map(|(topic, count)| (Arc::from(*topic), *count)).collect()
    }

    /// A topic of which `rate` records a millisecond came to each of two partitions, before `end`.
    fn search(reach: Reach, rate: impl Fn(i64) -> i64) -> (Reached, usize) {
        let mut search = Search::new(reach);
        let end = 1_000_000_000;
        for asked in 1..=TRIES {
            let position = (end - rate(search.span().get())).max(0);
            if let Some(reached) = search.told(vec![position, position], &[end, end]) {
                return (reached, asked);
            }
        }
        panic!("no answer");
    }

    #[test]
    fn what_fits_is_read_whole() {
        let (reached, asked) = search(Reach { span: Millis::new(1_000), most: 2_000 }, |span| span);
        assert_eq!((reached.span, reached.cut, asked), (Some(Millis::new(1_000)), false, 1));
    }

    #[test]
    fn a_steady_topic_with_too_much_begins_later_after_two_questions() {
        let (reached, asked) = search(Reach { span: Millis::new(100_000), most: 20_000 }, |span| span);
        assert_eq!((reached.span, reached.cut, asked), (Some(Millis::new(9_000)), true, 2));
    }

    #[test]
    fn a_burst_at_the_end_is_cut_off_before_by_offsets() {
        // All records bear the same moment: no span fits.
        let (reached, asked) = search(Reach { span: Millis::new(100_000), most: 20_000 }, |_| 500_000);
        assert_eq!((reached.span, reached.cut, asked), (None, true, TRIES));
        assert_eq!(count(&reached.positions, &[1_000_000_000, 1_000_000_000]), 20_000);
    }

    #[test]
    fn an_empty_topic_has_nothing_to_read() {
        let mut search = Search::new(Reach::back(Millis::new(5)));
        let reached = search.told(vec![7, 0], &[7, 0]).expect("fits");
        assert_eq!((reached.positions, reached.cut), (vec![7, 0], false));
    }

    #[test]
    fn quiet_topics_are_read_whole_and_busy_ones_share_the_rest() {
        let shares = shares(&counts(&[("a", 10), ("b", 1_000), ("c", 5_000)]), 1_010);
        assert!(shares["a" as &str] >= 10);
        assert_eq!((shares["b" as &str], shares["c" as &str]), (500, 500));
        assert!(super::shares(&counts(&[]), 5).is_empty());
    }

    proptest! {
        #[test]
        fn no_more_is_read_than_may_be(all in proptest::collection::vec(0u64..1_000_000, 1..9), most in 1u64..1_000_000) {
            let counts: BTreeMap<Arc<str>, u64> = all.iter().enumerate().map(|(i, n)| (Arc::from(i.to_string()), *n)).collect();
            let given: u64 = shares(&counts, most).iter().map(|(topic, share)| (*share).min(counts[topic])).sum();
            prop_assert!(given <= most);
            // What may be read is read, but for what does not divide.
            prop_assert!(given + all.len() as u64 >= most.min(all.iter().sum()));
        }

        #[test]
        fn a_search_ends_within_its_bound(most in 1u64..100_000, span in 1i64..10_000_000, bend in 0.1f64..4.0) {
            let (reached, _) = search(Reach { span: Millis::new(span), most }, |s| (s as f64).powf(bend).min(1e9) as i64);
            prop_assert!(count(&reached.positions, &[1_000_000_000, 1_000_000_000]) <= most);
        }
    }
}
