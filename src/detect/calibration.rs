//! From "so many false alerts a week for the whole console" to a threshold on scores, by a detector's own history.
//!
//! Scores are no probabilities, so their own past is asked. Of each series the highest score of an
//! hour is kept as odds, s/(1-s), and as a multiple of what is usual for its own series (troubled hours
//! in a row count once), pooled over the series of a detector in a histogram on a logarithmic scale, which
//! fades with event time. Above its highest decile a tail is fitted:
//! P(odds > x) = share · exp(-λ·(xᶜ-uᶜ)/c), which is exponential at c = 1 (the square of Gaussian
//! noise), Weibull at one half (double exponential noise) and Pareto as c goes to 0 (heavy tails).
//! The topmost part of the history counts only by its number, not by how far out it lies: that is where
//! real trouble is, and trouble must not make its detector blind to itself.
//!
//! Sources: peaks over threshold (Pickands 1975; Siffer et al., "Anomaly detection in streams with extreme
//! value theory", KDD 2017), with a censored maximum likelihood fit of a Box-Cox family of tails.

use super::kind::Kind;
use super::state::{floats, read_floats};
use serde_json::{Value, json};

/// Bins of an octave of odds: under 1 % wide, since the tail of calm noise spans a third of an octave only.
const OCTAVE: i32 = 96;
/// The smallest and the largest power of two of odds that are told apart. A score of 1 is one of 2⁵⁴.
const POWERS: (i32, i32) = (-20, 54);
/// The bins, the first of them for all that is less.
const BINS: usize = ((POWERS.1 - POWERS.0) * OCTAVE) as usize + 1;
/// Hours of series from which on their history is believed: eight of them lie in the tail, and so few are taken for a heavy one.
/// With more, a console of simulated series rang three times as often before its history was there.
const ENOUGH: f64 = 80.0;
/// The share of the history that is its tail: the highest decile, less where so much is known that less will do.
const TAIL: f64 = 0.1;
/// The share of the tail that counts by its number only.
const CENSORED: f64 = 0.1;
/// Real troubles in a week are taken to be as many as this times the root of the number of series: most of them have a cause in
/// common. So much of the history counts by its number only.
const REAL: f64 = 2.0;
/// … and a handful of hours at least, where so few are a hundredth of it.
const FEW: f64 = 10.0;
/// The tail is so many times what counts by its number only, where that is less than a tenth: the nearer to what is asked for, the
/// less it matters that series differ.
const LENGTH: f64 = 15.0;
/// Tails that are tried, the heaviest first.
const TAILS: [f64; 11] = [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0, 1.5, 2.0, 3.0];
/// A heavier tail that is so little less likely (in nats, about one and a half standard deviations) is taken: an alert too few
/// is asked for with the knob, one too many wakes somebody.
const LIKELY: f64 = 1.0;
/// The tail is fitted anew when so great a part of the history is new.
const FIT_EVERY: f64 = 0.1;
/// The history fades by half in three weeks of event time: long enough for four weeks' worth of it, by which a rate of two a week
/// is known to a third, and short enough that behaviour a month old does not outweigh the present.
const HALF_LIFE_DAYS: f64 = 21.0;
/// What a day later counts more: the `HALF_LIFE_DAYS`th root of two, written out, since powers differ from machine to machine.
const NEWER: f64 = 1.033_557_783_007_027_7;
/// After so many days nothing is left of what was: a 2⁵⁰th.
const FORGOTTEN_DAYS: i64 = 50 * HALF_LIFE_DAYS as i64;
/// Weights are made small again before they grow past this.
const LARGE: f64 = 1e9;
const DAY_HOURS: i64 = 24;
/// Hours of a week.
pub const WEEK_HOURS: f64 = 168.0;
/// A kind's own threshold is meant for one false alert a series and week, one in the 10,080 minutes of it. For double
/// exponential noise each further limit is then so many nats rarer.
const OWN_NATS: f64 = 9.218_308_6;
/// But nobody knows that of series that were never judged before, by detectors that have just begun: until there is a history
/// they are taken to flag twenty times as often, which is what simulated series do in their first hours.
const COLD: f64 = 20.0;
/// The most a threshold may be below the kind's own, in odds: half its distance. Below lies what nobody would call odd.
pub const LOWEST: f64 = 0.25;
/// Bits of a threshold's mantissa that are kept: logarithms differ in their last digits from machine to machine, thresholds must not.
const KEPT_BITS: u32 = 14;
/// Kinds whose limit somebody set, or that score yes or no.
const EXEMPT: [&str; 4] = ["threshold", "absence", "flat-line", "new-value"];

/// Whether thresholds of a kind follow the console's knob.
pub fn follows(kind: &Kind) -> bool {
    !EXEMPT.contains(&kind.name)
}

/// The odds of a score.
pub fn odds(score: f64) -> f64 {
    let s = score.clamp(0.0, 1.0);
    // The score next below 1 has the largest odds.
    s / (1.0 - s).max(f64::EPSILON / 2.0)
}

/// The score of these odds.
pub fn score(odds: f64) -> f64 {
    odds / (1.0 + odds)
}

/// How many times the odds of its kind's own threshold a score must have while nothing is known of `series` series that may flag
/// `budget` times a week.
pub fn cold(series: usize, budget: f64) -> f64 {
    let series = series.max(1) as f64;
    rounded((1.0 + (COLD * series / budget.max(f64::MIN_POSITIVE)).ln().max(0.0) / OWN_NATS).powi(2))
}

/// The history of a detector's scores: how far the highest of each hour of each series exceeded what is usual for its series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calibration {
    bins: Vec<f64>,
    /// All in the bins, and what one more counts: the newest count most.
    total: f64,
    unit: f64,
    /// The last hour of event time, since the epoch, and how many there were.
    hour: i64,
    watched: u64,
    fitted: Option<Tail>,
    /// Taken since the fit, and how many fits there were.
    since: u64,
    fits: u64,
}

/// A tail.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tail {
    /// Where it begins, in odds.
    from: f64,
    /// The share of all hours that lies in it.
    share: f64,
    /// Its weight: 1 exponential, 0 Pareto.
    c: f64,
    rate: f64,
}

/// The bin of odds.
fn bin(odds: f64) -> usize {
    let place = odds.log2() * f64::from(OCTAVE);
    // Zero is minus infinity, and lies in the first bin with all that is small.
    let place = place - f64::from(POWERS.0 * OCTAVE);
    if place.is_nan() || place < 0.0 { 0 } else { (place as usize + 1).min(BINS - 1) }
}

/// The lower edge of a bin.
fn edge(bin: usize) -> f64 {
    if bin == 0 { 0.0 } else { ((bin as f64 - 1.0) / f64::from(OCTAVE) + f64::from(POWERS.0)).exp2() }
}

/// The middle of a bin above the first, as proportions go.
fn middle(bin: usize) -> f64 {
    edge(bin) * (0.5 / f64::from(OCTAVE)).exp2()
}

impl Calibration {
    /// Takes the highest score of an hour (of event time, since the epoch) of a series, as a multiple of what is usual for it.
    pub fn take(&mut self, hour: i64, times: f64, series: usize) {
        self.age(hour);
        let bin = &mut self.bins[bin(times)];
        *bin += self.unit;
        self.total += self.unit;
        self.since += 1;
        // Each fit looks at every bin: when a tenth more is known is often enough.
        let hours = self.hours();
        if hours >= ENOUGH && self.since as f64 >= hours * FIT_EVERY {
            self.fitted = self.fit(series);
            self.since = 0;
            self.fits += 1;
        }
    }

    /// Lets event time pass: what comes later counts more, by the day.
    fn age(&mut self, hour: i64) {
        if self.bins.is_empty() {
            (self.bins, self.unit) = (vec![0.0; BINS], 1.0);
        } else if hour <= self.hour {
            return;
        } else {
            let days = hour.div_euclid(DAY_HOURS).saturating_sub(self.hour.div_euclid(DAY_HOURS));
            for _ in 0..days.min(FORGOTTEN_DAYS) {
                self.unit *= NEWER;
            }
            if self.unit > LARGE {
                self.bins.iter_mut().for_each(|n| *n /= self.unit);
                (self.total, self.unit) = (self.total / self.unit, 1.0);
            }
        }
        self.hour = hour;
        self.watched += 1;
    }

    /// Hours of series that are known; those of long ago count less.
    pub fn hours(&self) -> f64 {
        if self.unit > 0.0 { self.total / self.unit } else { 0.0 }
    }

    /// Hours of event time in which something was judged.
    pub fn watched(&self) -> u64 {
        self.watched
    }

    /// How often the tail was fitted: thresholds change when it is.
    pub fn fits(&self) -> u64 {
        self.fits
    }

    /// Whether thresholds come from history.
    pub fn is_known(&self) -> bool {
        self.fitted.is_some()
    }

    /// How many times its usual level one of `series` series has to exceed, so that all flag `budget` times a week;
    /// `None` while too little is known.
    pub fn times(&self, series: usize, budget: f64) -> Option<f64> {
        let tail = self.fitted.as_ref()?;
        Some(rounded(tail.odds_at(budget / (series.max(1) as f64 * WEEK_HOURS))))
    }

    /// How often `series` series flag in a week at a threshold; `None` while too little is known.
    pub fn weekly(&self, at: f64, series: usize) -> Option<f64> {
        let tail = self.fitted.as_ref()?;
        let share = if at >= tail.from { tail.share_above(at) } else { self.counted_above(at) };
        Some(share * series.max(1) as f64 * WEEK_HOURS)
    }

    /// The share of hours above, as counted.
    fn counted_above(&self, odds: f64) -> f64 {
        let above: f64 = self.bins.iter().skip(bin(odds)).sum();
        above / self.total.max(f64::MIN_POSITIVE)
    }

    fn fit(&self, series: usize) -> Option<Tail> {
        let hours = self.hours();
        let real = REAL / ((series.max(1) as f64).sqrt() * WEEK_HOURS);
        let beyond = (hours * real.min(TAIL * CENSORED)).max((hours * TAIL * CENSORED).min(FEW));
        let (start, count) = self.top((beyond * LENGTH).min(hours * TAIL))?;
        let (censored_from, censored) = self.top(beyond).filter(|(bin, _)| *bin > start).unwrap_or((BINS, 0.0));
        let seen = count - censored;
        if start == 0 || seen < 1.0 {
            // Nine tenths of the history are all zero: it has no tail to speak of.
            return None;
        }
        let (from, end) = (edge(start), edge(censored_from.min(BINS - 1)));
        let bins = || (start..censored_from.min(BINS)).map(|i| (middle(i), self.bins[i] / self.unit)).filter(|(_, n)| *n > 0.0);
        let logs: f64 = bins().map(|(x, n)| x.ln() * n).sum();
        let fitted = |c: f64| {
            let sum: f64 = bins().map(|(x, n)| stretch(x, from, c) * n).sum::<f64>() + stretch(end, from, c) * censored;
            let rate = seen / sum.max(f64::MIN_POSITIVE);
            let likelihood = seen * rate.ln() + (c - 1.0) * logs - seen;
            (Tail { from, share: count / hours, c, rate }, likelihood)
        };
        let all = TAILS.map(fitted);
        let best = all.iter().map(|(_, l)| *l).fold(f64::NEG_INFINITY, f64::max);
        all.iter().find(|(_, l)| *l >= best - LIKELY).map(|(tail, _)| *tail)
    }

    /// The bin from which on about `count` hours lie, at least one bin, and how many they are.
    fn top(&self, count: f64) -> Option<(usize, f64)> {
        let mut above = 0.0;
        let mut found = None;
        for (i, n) in self.bins.iter().map(|n| n / self.unit).enumerate().rev().filter(|(_, n)| *n > 0.0) {
            if found.is_some() && above + n > count {
                break;
            }
            above += n;
            found = Some((i, above));
        }
        found
    }

    /// All it knows, as a JSON value. The fit is kept as it is, for it is older than the last hours, and thresholds are to stay.
    pub fn save(&self) -> Value {
        let kept = || self.bins.iter().copied().enumerate().filter(|(_, n)| *n > 0.0);
        let places: Vec<usize> = kept().map(|(place, _)| place).collect();
        let tail = self.fitted.map(|tail| floats([tail.from, tail.share, tail.c, tail.rate]));
        json!({
            "places": places, "weights": floats(kept().map(|(_, n)| n)), "sums": floats([self.total, self.unit]),
            "hour": self.hour, "watched": self.watched, "since": self.since, "fits": self.fits, "tail": tail,
        })
    }

    /// What [`Calibration::save`] gave; `None` where it is something else.
    pub fn restore(state: &Value) -> Option<Self> {
        let count = |name: &str| state.get(name)?.as_u64();
        let places = state.get("places")?.as_array()?;
        let weights = read_floats(state.get("weights")?)?;
        let [total, unit] = read_floats(state.get("sums")?)?[..] else { return None };
        let sane = |x: f64| x.is_finite() && x >= 0.0;
        if places.len() != weights.len() || !weights.iter().all(|n| sane(*n)) || !sane(total) || !sane(unit) {
            return None;
        }
        let (hour, watched) = (state.get("hour")?.as_i64()?, count("watched")?);
        let mut all = Self { total, unit, hour, watched, since: count("since")?, fits: count("fits")?, ..Self::default() };
        if unit > 0.0 {
            all.bins = vec![0.0; BINS];
        }
        for (place, weight) in places.iter().zip(weights) {
            *all.bins.get_mut(usize::try_from(place.as_u64()?).ok()?)? = weight;
        }
        all.fitted = match state.get("tail")? {
            Value::Null => None,
            tail => {
                let [from, share, c, rate] = read_floats(tail)?[..] else { return None };
                let sound = from > 0.0 && share > 0.0 && share <= 1.0 && c >= 0.0 && rate > 0.0;
                sound.then_some(Some(Tail { from, share, c, rate }))?
            }
        };
        Some(all)
    }

    /// Bytes it holds.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.bins.capacity() * size_of::<f64>()
    }
}

/// How far `x` lies behind `from` on the scale on which the tail is exponential.
fn stretch(x: f64, from: f64, c: f64) -> f64 {
    if c > 0.0 { (x.powf(c) - from.powf(c)) / c } else { (x / from).ln() }
}

impl Tail {
    fn share_above(&self, odds: f64) -> f64 {
        self.share * (-self.rate * stretch(odds.max(self.from), self.from, self.c)).exp()
    }

    /// The odds above which this share lies.
    fn odds_at(&self, share: f64) -> f64 {
        let nats = (self.share / share.max(f64::MIN_POSITIVE)).ln().max(0.0) / self.rate;
        if self.c > 0.0 { (self.from.powf(self.c) + self.c * nats).powf(self.c.recip()) } else { self.from * nats.exp() }
    }
}

/// Without the last digits of a number.
fn rounded(x: f64) -> f64 {
    if !x.is_finite() {
        return odds(1.0);
    }
    let low = 1_u64 << (52 - KEPT_BITS);
    f64::from_bits((x.to_bits() + low / 2) & !(low - 1))
}

#[cfg(test)]
#[path = "calibration_tests.rs"]
mod tests;
