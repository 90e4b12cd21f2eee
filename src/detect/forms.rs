//! Which form the last numbers have: a spike at their end, a new level, a slope, another spread.
//!
//! Each form is fitted by least squares at its best moment and weighed by how likely it leaves the
//! rest, less what its free parts cost (Schwarz 1978). `auto` and `change-point` ask only of what they
//! have flagged already, for the name and its begin; nothing is found by it.

use crate::stats::log::exp;
use crate::stats::welford::noise_floor;

/// Numbers below which no form can be told.
pub(super) const LEAST: usize = 8;
/// A level of fewer numbers than this is a spike still.
const LEVEL: usize = 5;
/// A slope of fewer is a level, or a spike.
const SLOPE: usize = 6;
/// A spread rests on at least as many before, and after.
const SPREAD: [usize; 2] = [8, 6];
/// Numbers at the end that may be a spike together.
const SPIKE: usize = 3;
/// A new level lies at least so many deviations of the rest from the old one: two and a half of single numbers, for the rest is of
/// middle ones of three, which spread two thirds as far.
const SHIFT: f64 = 3.75;
/// A slope leads at least as far, and a little more, for it fits chance better.
const CLIMB: f64 = 4.5;
/// The spread is another when it is so many times as wide, or as narrow.
const WIDER: f64 = 2.0;
const NARROWER: f64 = 0.4;

/// Slopes are rarer than steps; and the end of one is known less well than the level of as many numbers. Both together are about even.
const RARER: f64 = 0.8;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// None but what the last one to three numbers may be.
    Plain,
    /// A new level.
    Level,
    /// A slope.
    Slope,
    /// A wider spread.
    Wider,
    /// A narrower one.
    Narrower,
}

/// The form found, where it begins, and what it says of the numbers before and after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    pub(super) form: Form,
    /// The place of the first number of it.
    pub(super) begin: usize,
    /// The level before.
    pub(super) before: f64,
    /// Where the numbers are at the end.
    pub(super) after: f64,
    /// By how much they rise from one to the next there.
    pub(super) rise: f64,
    /// The deviation of what is left.
    pub(super) rest: f64,
}

/// Sums of all numbers before each place.
struct Sums {
    x: Vec<f64>,
    xx: Vec<f64>,
    xi: Vec<f64>,
}

impl Sums {
    fn of(numbers: &[f64]) -> Self {
        let add = |part: &dyn Fn(usize, f64) -> f64| {
            let mut sums = Vec::with_capacity(numbers.len() + 1);
            sums.push(0.0);
            let mut sum = 0.0;
            for (i, &x) in numbers.iter().enumerate() {
                sum += part(i, x);
                sums.push(sum);
            }
            sums
        };
        Self { x: add(&|_, x| x), xx: add(&|_, x| x * x), xi: add(&|i, x| i as f64 * x) }
    }

    fn mean(&self, from: usize, to: usize) -> f64 {
        (self.x[to] - self.x[from]) / (to - from) as f64
    }

    /// Squares left around the mean of a part.
    fn left(&self, from: usize, to: usize) -> f64 {
        let (sum, n) = (self.x[to] - self.x[from], (to - from) as f64);
        (self.xx[to] - self.xx[from] - sum * sum / n).max(0.0)
    }

    /// Squares left around a line that leaves the level at `from`; its level and its end.
    fn slope(&self, from: usize) -> (f64, f64, f64) {
        let n = self.x.len() - 1;
        let (m, all) = ((n - from) as f64, n as f64);
        // The line is 1 at `from` and rises by one.
        let (u, uu) = (m * (m + 1.0) / 2.0, m * (m + 1.0) * (2.0 * m + 1.0) / 6.0);
        let xu = self.xi[n] - self.xi[from] - (from as f64 - 1.0) * (self.x[n] - self.x[from]);
        let (spread, joint) = (uu - u * u / all, xu - u * self.x[n] / all);
        let rise = if spread > 0.0 { joint / spread } else { 0.0 };
        let level = (self.x[n] - rise * u) / all;
        ((self.left(0, n) - rise * joint).max(0.0), level, level + rise * m)
    }
}

/// Single numbers far from both neighbours are no form: each but the last becomes the middle one of three.
fn smooth(numbers: &[f64]) -> Vec<f64> {
    let middle = |a: f64, b: f64, c: f64| a.min(b).max(a.max(b).min(c));
    let n = numbers.len();
    (0..n).map(|i| if i == 0 || i + 1 == n { numbers[i] } else { middle(numbers[i - 1], numbers[i], numbers[i + 1]) }).collect()
}

/// The form that tells most of `numbers`, the oldest first; `None` of too few. With `spiky`, the last few may be a spike.
pub(super) fn fit(numbers: &[f64], spiky: bool) -> Option<Fit> {
    let n = numbers.len();
    if n < LEAST {
        return None;
    }
    // Around the middle, so that sums lose no digits.
    let middle = numbers[n / 2];
    let moved: Vec<f64> = numbers.iter().map(|x| x - middle).collect();
    let moved = smooth(&moved);
    let sums = Sums::of(&moved);
    let (count, free) = (n as f64, (n as f64).ln());
    let floor = noise_floor(middle).powi(2).max(f64::EPSILON * sums.left(0, n) / count);
    let cost = |left: f64, parts: f64| count * (left / count).max(floor).ln() + parts * free;
    let mut best = (f64::INFINITY, Fit { form: Form::Plain, begin: n, before: 0.0, after: 0.0, rise: 0.0, rest: 0.0 });
    let mut offer = |cost: f64, form: Form, begin: usize, [before, after]: [f64; 2], left: f64| {
        if cost < best.0 {
            let rise = if form == Form::Slope { (after - before) / (n - begin) as f64 } else { 0.0 };
            best =
                (cost, Fit { form, begin, before: before + middle, after: after + middle, rise, rest: (left / count).max(floor).sqrt() });
        }
    };
    let spike = if spiky { SPIKE } else { 0 };
    for k in 0..=spike {
        let (left, level) = (sums.left(0, n - k), sums.mean(0, n - k));
        offer(cost(left, 2.0 + k as f64), Form::Plain, n - k, [level, moved[n - 1]], left);
    }
    for from in LEVEL.min(n / 2)..=n - LEVEL.min(n / 2) {
        let left = sums.left(0, from) + sums.left(from, n);
        offer(cost(left, 4.0), Form::Level, from, [sums.mean(0, from), sums.mean(from, n)], left);
    }
    for from in 1..=n.saturating_sub(SLOPE) {
        let (left, before, after) = sums.slope(from);
        offer(cost(left, 4.0), Form::Slope, from, [before, after], left);
    }
    let other = spread(&sums, floor).filter(|(cost, _)| *cost < best.0);
    let found = other.map_or(best.1, |(_, fit)| Fit { before: fit.before + middle, after: fit.after + middle, ..fit });
    Some(plain_unless_far(found, n))
}

/// Whether a step or a slope tells more of `numbers`, the oldest first: for what is known to have moved, of which neither
/// need be far. `None` where there are too few, or where it would have begun with the first.
///
/// Each is weighed over all moments at which it may have begun, not by its best alone: a step of the last two numbers
/// fits many a slope's end by chance, and a slope fits a step at none very well.
pub(super) fn moved(numbers: &[f64]) -> Option<Fit> {
    let n = numbers.len();
    if n < LEAST {
        return None;
    }
    let middle = numbers[n / 2];
    let moved: Vec<f64> = numbers.iter().map(|x| x - middle).collect();
    let sums = Sums::of(&moved);
    let steps = (1..n - 1).map(|from| (sums.left(0, from) + sums.left(from, n), from));
    let slopes = (1..=n.saturating_sub(SLOPE)).map(|from| (sums.slope(from).0, from));
    let least = |best: (f64, usize), next: (f64, usize)| if next.0 < best.0 { next } else { best };
    let (step, slope) = (steps.clone().reduce(least)?, slopes.clone().reduce(least)?);
    let left = step.0.min(slope.0);
    let floor = noise_floor(middle).powi(2);
    let rest = (left / (n as f64 - 3.0)).max(floor);
    // Where it begins late, its height is less sure: the evidence of a height is as wide as its deviation.
    let weight = |(square, from): (f64, usize)| exp(-(square - left) / (2.0 * rest)) / ((n - from) as f64).sqrt();
    let (by_step, by_slope) = (steps.map(weight).sum::<f64>(), RARER * slopes.map(weight).sum::<f64>());
    let fit = if by_slope > by_step {
        let (_, before, after) = sums.slope(slope.1);
        let rise = (after - before) / (n - slope.1) as f64;
        Fit { form: Form::Slope, begin: slope.1, before, after, rise, rest: rest.sqrt() }
    } else {
        let (before, after) = (sums.mean(0, step.1), sums.mean(step.1, n));
        Fit { form: Form::Level, begin: step.1, before, after, rise: 0.0, rest: rest.sqrt() }
    };
    (fit.begin > 1).then_some(Fit { before: fit.before + middle, after: fit.after + middle, ..fit })
}

/// The best moment at which the spread became another.
fn spread(sums: &Sums, floor: f64) -> Option<(f64, Fit)> {
    let n = sums.x.len() - 1;
    let mut best: Option<(f64, Fit)> = None;
    for from in SPREAD[0]..=n.saturating_sub(SPREAD[1]) {
        let (a, b) = (from as f64, (n - from) as f64);
        let (before, after) = ((sums.left(0, from) / a).max(floor), (sums.left(from, n) / b).max(floor));
        let cost = a * before.ln() + b * after.ln() + 6.0 * (n as f64).ln();
        if best.is_none_or(|best| cost < best.0) {
            let levels = (sums.mean(0, from), sums.mean(from, n));
            let wide = before.sqrt().max(after.sqrt());
            let ratio = (after / before).sqrt();
            // One number, though it be the last, is no spread.
            let others = (sums.left(from, n - 1) / (b - 1.0) / before).sqrt();
            let form = match () {
                () if (levels.1 - levels.0).abs() > wide => Form::Level,
                () if ratio < NARROWER => Form::Narrower,
                () if ratio > WIDER && others > WIDER => Form::Wider,
                () => continue,
            };
            best = Some((cost, Fit { form, begin: from, before: levels.0, after: levels.1, rise: 0.0, rest: before.sqrt() }));
        }
    }
    best
}

/// A form that leads nowhere is none.
fn plain_unless_far(fit: Fit, n: usize) -> Fit {
    let far = (fit.after - fit.before).abs();
    let near = match fit.form {
        Form::Level => far < SHIFT * fit.rest,
        Form::Slope => far < CLIMB * fit.rest,
        Form::Plain | Form::Wider | Form::Narrower => false,
    };
    if near { Fit { form: Form::Plain, begin: n, ..fit } } else { fit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    fn of(n: usize, seed: u64, with: impl Fn(usize, f64) -> f64) -> Fit {
        let mut random = Random::new(seed);
        let numbers: Vec<f64> = (0..n).map(|i| 50.0 + with(i, random.normal())).collect();
        fit(&numbers, true).unwrap()
    }

    #[test]
    fn forms_are_told_apart_and_where_they_begin() {
        let right = |form: Form, near: i64, with: &dyn Fn(usize, f64) -> f64| {
            let fits = (0..20).map(|seed| of(40, seed, with));
            fits.filter(|fit| fit.form == form && (fit.begin as i64 - 25).abs() <= near).count()
        };
        assert!(right(Form::Level, 1, &|i, z| z + if i < 25 { 0.0 } else { 6.0 }) >= 19);
        assert!(right(Form::Level, 1, &|i, z| z - if i < 25 { 0.0 } else { 6.0 }) >= 19);
        assert!(right(Form::Slope, 5, &|i, z| z + 0.6 * (i.max(24) - 24) as f64) >= 17);
        assert!(right(Form::Wider, 8, &|i, z| z * if i < 25 { 1.0 } else { 6.0 }) >= 14);
        assert!((0..20).all(|seed| of(40, seed, |i, z| z + if i == 39 { 12.0 } else { 0.0 }).form == Form::Plain), "a spike at the end");
        assert!((0..20).filter(|seed| of(40, *seed, |_, z| z).form == Form::Plain).count() >= 18, "noise");
    }

    #[test]
    fn few_constant_and_huge_numbers_are_borne() {
        assert!(fit(&[1.0; 7], true).is_none() && moved(&[1.0; 7]).is_none());
        assert_eq!(fit(&[0.3; 40], true).unwrap().form, Form::Plain);
        let mut level = [5.0; 40];
        level[30..].fill(4.0);
        let fit = fit(&level, true).unwrap();
        assert_eq!((fit.form, fit.begin), (Form::Level, 30), "of a constant");
        let huge: Vec<f64> = (0..40).map(|i| if i % 3 == 0 { 1e140 } else { -1e140 }).collect();
        let fit = super::fit(&huge, true).unwrap();
        assert!(fit.rest.is_finite() && fit.before.is_finite() && fit.after.is_finite());
    }
}
