//! The tail of a detector's own scores: what is so rare among them that it counts as odd.
//!
//! Scores of every kind of series differ in level and spread, so a fixed limit is quiet on one and
//! rings all day on another. The upper tenth of the last scores tells how the rest of the tail
//! falls off, and so how far beyond it a score is that comes once in ten thousand (peaks over a
//! threshold, with an exponential tail: give it scores on a scale that has one, such as logarithms).
//! Scores that are odd by a first guess do not count for the second, as long as they are few.
//!
//! Two things keep the share beyond the limit near what was asked for. A tail told from few scores
//! is told with doubt, and so the limit lies farther out the fewer they are. And the limit follows
//! the share really found beyond it: where that is more than chance brings, the tail is heavier than
//! thought, and the limit moves out until it fits. Detectors that score by distance meet it.

use super::log::ln;
use super::rank::quantile;
use std::collections::VecDeque;

/// Scores kept: their last fiftieth then rests on forty, and a series that swings for hours shows all its states.
pub const SCORES: usize = 2_048;
/// The tail is taken to fall off evenly (exponentially) from the first of these quantiles on, the
/// second tells how fast; not the mean of all beyond, which a few odd ones among the scores pull along.
const TAIL: (f64, f64) = (0.9, 0.98);
/// The first guess of how fast comes from this quantile: the odd ones of a series that has many lie beyond it.
const FIRST: f64 = 0.95;
/// Scores so many times farther than the limit by the first guess are odd for the second: heavy tails are left whole.
const ODD: f64 = 1.35;
/// … and no nearer than this, where one in a hundred or so is asked for: an even tail has one in four thousand beyond.
const ODD_LEAST: f64 = 6.0;
/// … unless they are more than one in twenty-five: then they are how the series is.
const ODD_SHARE: f64 = 0.04;
/// Scores before the tail is known: its last fiftieth then rests on five.
pub const KNOWN: u64 = 256;
/// Scores between two looks at the tail: finding quantiles costs more than a score.
const LOOK_EVERY: u64 = 32;
/// Scores next to each other are alike, so that of those in the tail only about every second tells something of its own.
const OWN_SHARE: f64 = 0.5;
/// Scores over which the share found beyond the limit is counted: a few days of a value a minute, so that one bad hour is forgotten.
const COUNTED: f64 = 4_096.0;
/// Found beyond the limit so many times as often as asked for is still chance …
const CHANCE: f64 = 3.0;
/// … and so many more: a rare thing that came thrice proves nothing.
const CHANCE_FEW: f64 = 3.0;

/// The least scale of a tail: scores of a stream of few values differ by less than chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Least {
    /// This share of the score at which the tail begins; for scores as they come.
    Share(f64),
    /// This much; for logarithms.
    Fixed(f64),
}

impl Default for Least {
    fn default() -> Self {
        Self::Fixed(0.0)
    }
}

/// The last scores, and the tail they had at the last look.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    scores: VecDeque<f64>,
    taken: u64,
    from: f64,
    scale: f64,
    /// How far beyond its begin the tail of so many scores holds no more than `rate`; and so that the share found fits.
    limits: f64,
    reach: f64,
    /// How many lay between there and what is odd without doubt, of how many; both fade.
    beyond: f64,
    of: f64,
    rate: f64,
    least: Least,
}

/// How many scales beyond its begin a tail told from `scores` scores holds no more than `rate` of
/// them: m ((0.1 / rate)^(1/m) − 1) where m told the scale, which is what an exponential tail of an
/// unknown scale predicts; the first terms of its series, which every machine adds up alike.
fn reach(rate: f64, scores: usize) -> f64 {
    let even = ln((1.0 - TAIL.0) / rate).max(f64::MIN_POSITIVE);
    let doubt = even / ((1.0 - TAIL.0) * OWN_SHARE * scores.max(1) as f64);
    even * (1.0 + doubt / 2.0 * (1.0 + doubt / 3.0 * (1.0 + doubt / 4.0)))
}

impl Tail {
    /// A tail of which the share `rate` counts as odd, and whose scale is at least `least`.
    pub fn new(rate: f64, least: Least) -> Self {
        Self { rate, least, limits: reach(rate, SCORES), reach: reach(rate, SCORES), ..Self::default() }
    }

    /// How many scales beyond its begin a score is odd.
    pub fn reach(&self) -> f64 {
        self.reach
    }

    /// Takes in a score; one that is not finite is left out.
    pub fn push(&mut self, score: f64) {
        if !score.is_finite() {
            return;
        }
        if self.is_known() {
            // What is odd without doubt says nothing of how the usual tail falls off.
            let distance = self.distance(score);
            let heavy = distance > self.limits && distance <= ODD * self.limits;
            self.beyond += f64::from(u8::from(heavy)) - self.beyond / COUNTED;
            self.of += 1.0 - self.of / COUNTED;
        }
        if self.scores.len() == SCORES {
            self.scores.pop_front();
        }
        self.scores.push_back(score);
        self.taken += 1;
        if self.taken.is_multiple_of(LOOK_EVERY) {
            self.look();
        }
    }

    fn look(&mut self) {
        let mut scores: Vec<f64> = self.scores.iter().copied().collect();
        self.limits = reach(self.rate, scores.len());
        let least = self.least;
        let slope = |scores: &mut [f64], from: f64, at: f64| {
            let least = match least {
                Least::Share(share) => share * from,
                Least::Fixed(least) => least,
            };
            let far = quantile(scores, at).unwrap_or(from);
            ((far - from) / ln((1.0 - TAIL.0) / (1.0 - at))).max(least).max(f64::MIN_POSITIVE)
        };
        let Some(from) = quantile(&mut scores, TAIL.0) else { return };
        let odd = from + (ODD * self.limits).max(ODD_LEAST) * slope(&mut scores, from, FIRST);
        let few = scores.iter().filter(|score| **score > odd).count() as f64 <= ODD_SHARE * scores.len() as f64;
        if few {
            scores.retain(|score| *score <= odd);
        }
        self.from = quantile(&mut scores, TAIL.0).unwrap_or(from);
        self.scale = slope(&mut scores, self.from, TAIL.1);
        // So many times as many as there may be: an even tail has them that much farther out.
        let times = (self.beyond / (CHANCE * self.rate * self.of + CHANCE_FEW)).max(1.0);
        self.reach = (self.limits + ln(times)).min(ODD * self.limits);
    }

    /// Whether the tail is known: not before some scores are in.
    pub fn is_known(&self) -> bool {
        self.scale > 0.0 && self.taken >= KNOWN
    }

    /// How many scales beyond the begin of the tail `score` lies; negative for most.
    pub fn distance(&self, score: f64) -> f64 {
        (score - self.from) / self.scale.max(f64::MIN_POSITIVE)
    }

    /// The score that lies so many scales beyond.
    pub fn at(&self, distance: f64) -> f64 {
        self.from + distance * self.scale
    }

    /// All it knows: how many were taken in, then the tail, then the scores.
    pub fn save(&self) -> (u64, Vec<f64>) {
        let tail = [self.from, self.scale, self.limits, self.reach, self.beyond, self.of];
        (self.taken, tail.into_iter().chain(self.scores.iter().copied()).collect())
    }

    /// The tail that gave this to [`Tail::save`]; `None` where none can have.
    pub fn restore(rate: f64, least: Least, taken: u64, numbers: &[f64]) -> Option<Self> {
        let &[from, scale, limits, reach, beyond, of, ref scores @ ..] = numbers else { return None };
        let fits = scores.len() <= SCORES && scores.len() as u64 <= taken && numbers.iter().all(|x| x.is_finite()) && scale >= 0.0;
        let sound = limits > 0.0 && reach >= limits && beyond >= 0.0 && of >= 0.0;
        let scores = scores.iter().copied().collect();
        (fits && sound).then_some(Self { scores, taken, from, scale, limits, reach, beyond, of, rate, least })
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        self.scores.capacity() * size_of::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    #[test]
    fn an_even_tail_is_beyond_its_reach_as_often_as_asked() {
        let (mut tail, mut random) = (Tail::new(0.001, Least::Share(0.0)), Random::new(5));
        let mut beyond = 0;
        for i in 0..200_000 {
            let score = -(1.0 - random.unit()).ln();
            beyond += u32::from(i > 2_000 && tail.distance(score) > tail.reach());
            tail.push(score);
        }
        // 0.001 and what the estimate of the tail from a thousand scores adds.
        assert!((100..500).contains(&beyond), "{beyond} of 198,000");
        assert!((tail.distance(tail.at(3.0)) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn odd_scores_do_not_hide_behind_one_another_while_they_are_few() {
        let mut random = Random::new(5);
        let limit = |every: usize, random: &mut Random| {
            let mut tail = Tail::new(0.001, Least::Share(0.0));
            (0..2_048usize).for_each(|i| tail.push(if i % every == 3 { 50.0 } else { -(1.0 - random.unit()).ln() }));
            tail.at(tail.reach())
        };
        let (clean, some, many) = (limit(7_000, &mut random), limit(40, &mut random), limit(8, &mut random));
        assert!((5.0..10.0).contains(&clean) && (5.0..10.0).contains(&some), "{clean} {some}");
        assert!(many >= 50.0, "{many}");
    }

    #[test]
    fn it_comes_back_from_what_was_saved_and_refuses_what_was_not() {
        let mut tail = Tail::new(0.001, Least::Share(0.1));
        (0..130).for_each(|i| tail.push(f64::from(i % 13)));
        tail.push(f64::NAN);
        let (taken, numbers) = tail.save();
        assert_eq!((taken, numbers.len()), (130, 136));
        let again = Tail::restore(0.001, Least::Share(0.1), taken, &numbers).unwrap();
        assert_eq!(again.save(), tail.save());
        assert!(
            Tail::restore(0.001, Least::Share(0.1), 3, &numbers).is_none()
                && Tail::restore(0.001, Least::Share(0.1), 9, &[1.0; 5]).is_none()
        );
        assert!(!tail.is_known() && !Tail::new(0.001, Least::Share(0.0)).is_known());
    }
}
