//! How long something usually lasts, learned as it goes on: the interval between observations, a run
//! of equal values.
//!
//! Three things decide what is too long. The median of the last lengths, for what is regular. The
//! longest length so far, which fades slowly, for what is not. And lengths that were too long when
//! they came: one is trouble, but what has come twice, such as the pause of every night, is usual.

use super::order::Sorted;

/// Lengths behind the median: enough for a steady one, few enough to follow a new pace within a minute.
const RECENT: usize = 64;
/// Lengths after which the longest weighs half: days at one sample a minute, so that it holds from one night to the next.
const FADE: f64 = 4096.0;
/// Lengths that were too long and are remembered: two weeks of a pause a night would be fourteen, and the second longest settles sooner.
const LONG: usize = 8;
/// Limits from which on a length is no pause but a gap, also while learning.
const GAP: f64 = 50.0;
/// Lengths before the first gap can be told from the others.
const GAP_AFTER: u64 = 3;
/// Times a length may exceed what has come twice.
const AGAIN: f64 = 1.5;
/// Times what people accepted may last as long as it did until then.
const ACCEPTED: f64 = 4.0;

/// What lengths are usual.
#[derive(Clone, Debug)]
pub struct Lengths {
    /// A length is too long from so many medians on …
    medians: f64,
    /// … and so many times the longest.
    longest_times: f64,
    /// No shorter length is ever too long.
    least: f64,
    seen: u64,
    recent: Sorted,
    longest: f64,
    /// The last lengths that were too long; zero where there was none.
    long: [f64; LONG],
    next_long: usize,
    limit: f64,
}

impl Lengths {
    /// Too long is what exceeds `medians` times the median, `longest` times the longest so far, and `least`.
    pub const fn new(medians: f64, longest: f64, least: f64) -> Self {
        Self {
            medians,
            longest_times: longest,
            least,
            seen: 0,
            recent: Sorted::new(RECENT),
            longest: 0.0,
            long: [0.0; LONG],
            next_long: 0,
            limit: least,
        }
    }

    /// Takes in one length. One that is too long by what came before, once `learned` of them did, is kept apart.
    pub fn push(&mut self, length: f64, learned: u64) {
        if !length.is_finite() || length < 0.0 {
            return;
        }
        let far = self.seen >= GAP_AFTER && length > GAP * self.limit;
        let too_long = far || (self.seen >= learned && length > self.limit);
        self.seen += 1;
        if too_long {
            self.remember(length);
        } else {
            self.recent.push(length);
            self.longest = (self.longest * (1.0 - std::f64::consts::LN_2 / FADE)).max(length);
        }
        self.settle();
    }

    /// Takes what has lasted for `length` by now for usual: people know of it, so it may last some times as long.
    pub fn accept(&mut self, length: f64) {
        let length = ACCEPTED * length;
        if length.is_finite() && length > self.limit {
            self.remember(length);
            self.remember(length);
            self.settle();
        }
    }

    fn remember(&mut self, length: f64) {
        self.long[self.next_long] = length;
        self.next_long = (self.next_long + 1) % LONG;
    }

    fn settle(&mut self) {
        let usual = (self.medians * self.recent.median()).max(self.longest_times * self.longest);
        self.limit = usual.max(AGAIN * self.twice()).max(self.least);
    }

    /// The longest that has come twice although it was too long; zero where none has.
    fn twice(&self) -> f64 {
        let mut long = self.long;
        long.sort_unstable_by(f64::total_cmp);
        long[LONG - 2]
    }

    /// How many lengths it took in.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// The length beyond which one is too long.
    pub const fn limit(&self) -> f64 {
        self.limit
    }

    /// The usual length: the median of the last.
    pub fn usual(&self) -> f64 {
        self.recent.median()
    }

    /// The longest that is still usual.
    pub fn longest(&self) -> f64 {
        self.longest.max(self.twice())
    }

    /// All it knows: the count, the longest, where the next long one goes, the long ones, then the last ones.
    pub fn save(&self) -> (u64, Vec<f64>) {
        let mut numbers = vec![self.longest, self.next_long as f64];
        numbers.extend(self.long);
        numbers.extend(self.recent.save());
        (self.seen, numbers)
    }

    /// Takes back what [`Lengths::save`] gave; `None`, and nothing changes, where it cannot have come from there.
    pub fn restore(&mut self, seen: u64, numbers: &[f64]) -> Option<()> {
        let (&longest, rest) = numbers.split_first()?;
        let (&next, rest) = rest.split_first()?;
        let (long, recent) = rest.split_at_checked(LONG)?;
        let fits = numbers.iter().all(|x| x.is_finite() && *x >= 0.0) && next < LONG as f64;
        let recent = Sorted::restore(RECENT, recent).filter(|_| fits)?;
        self.long.copy_from_slice(long);
        (self.seen, self.longest, self.next_long, self.recent) = (seen, longest, next as usize, recent);
        self.settle();
        Some(())
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        self.recent.memory()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    fn learned(lengths: impl IntoIterator<Item = f64>) -> Lengths {
        let mut found = Lengths::new(4.0, 2.0, 1.0);
        for length in lengths {
            found.push(length, 10);
        }
        found
    }

    #[test]
    fn regular_lengths_give_a_near_limit_and_irregular_ones_a_far_one() {
        let regular = learned((0..100).map(|i| 5.0 + f64::from(i % 3) / 10.0));
        assert!((20.0..21.0).contains(&regular.limit()) && (5.0..5.2).contains(&regular.usual()), "{}", regular.limit());
        let mut random = Random::new(4);
        let irregular = learned((0..5_000).map(|_| -5.0 * (1.0 - random.unit()).ln()));
        assert!(irregular.limit() > 50.0 && irregular.limit() < 120.0, "{}", irregular.limit());
    }

    #[test]
    fn what_was_too_long_twice_is_usual() {
        let mut found = learned([5.0; 100]);
        found.push(3600.0, 10);
        assert!(found.limit() < 21.0, "once is trouble");
        for _ in 0..200 {
            found.push(5.0, 10);
        }
        found.push(3500.0, 10);
        assert!(found.limit() > 5_000.0 && found.longest() > 3_000.0, "twice is usual");
        let mut told = learned([5.0; 100]);
        told.accept(900.0);
        assert!(told.limit() > 1_000.0);
    }

    #[test]
    fn the_same_after_a_restart() {
        let mut whole = learned((0..300).map(|i| f64::from(i * 7 % 31) + if i % 90 == 80 { 900.0 } else { 0.0 }));
        let mut again = Lengths::new(4.0, 2.0, 1.0);
        let (seen, numbers) = whole.save();
        again.restore(seen, &numbers).unwrap();
        for i in 0..200 {
            assert_eq!(whole.limit().to_bits(), again.limit().to_bits());
            for found in [&mut whole, &mut again] {
                found.push(f64::from(i % 40), 10);
            }
        }
        assert_eq!(whole.save(), again.save());
        assert!(again.restore(3, &[1.0; 4]).is_none() && again.restore(3, &[f64::NAN; 12]).is_none());
    }
}
