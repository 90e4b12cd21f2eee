//! How often a series has been as far off as now: its own history of distances, joined with what holds for all series.
//!
//! A distance of six spreads is news in one series and happens each night in another. So each
//! series counts its past distances, by size; what it has not seen yet is filled in by one common
//! law of tails, which weighs less and less as the series grows longer. The surprise of a distance
//! is −ln of the share of samples expected to be as far off (in nats). Episodes are counted, not
//! samples: of a burst only what exceeds all before it. `auto` meets this for each of its local views.

use super::state::{floats, read_floats};
use crate::stats::log::{exp, ln};
use serde_json::{Value, json};

/// Sizes told apart: quarter octaves from [`FIRST`] up to a thousand.
const BINS: usize = 48;
/// Sizes in an octave: finer ones would mostly be empty, coarser ones blur three and four spreads.
const PER_OCTAVE: f64 = 4.0;
/// Distances below this are all alike: usual.
const FIRST: f64 = 0.25;
/// The common law counts as much as this many samples of the series itself. Anything from 1,000 to
/// 5,000 served both kinds of data alike; a prior of tens makes a second outage in a month old news.
const PRIOR: f64 = 2000.0;
/// The common law's tail, (1 + (z / 2)²)⁻⁵: as heavy as Student's t with ten degrees of freedom,
/// between the normal law, which no telemetry keeps, and the power laws of bursts.
const WIDTH: f64 = 2.0;
/// A distance counts only when it exceeds all of this many samples before it: the rest of a burst is no news.
const BURST: usize = 30;
/// At this many samples all counts are halved, so that what happened months ago is slowly forgotten.
const FULL: f64 = 8000.0;

/// Past distances of one series by size, apart for above and below.
#[derive(Clone, Debug)]
pub(super) struct History {
    counts: [[f32; BINS]; 2],
    n: f64,
    recent: [f64; BURST],
    next: usize,
}

/// The lower edge of a size.
const fn edge(bin: usize) -> f64 {
    // Roots of two by name, so that no machine rounds them otherwise.
    const QUARTERS: [f64; 4] = [1.0, 1.189_207_115_002_721, std::f64::consts::SQRT_2, 1.681_792_830_507_429];
    FIRST * QUARTERS[bin % 4] * (1u64 << (bin / 4)) as f64
}

/// What the common law counts beyond each edge, worked out once.
const LAWS: [f64; BINS] = {
    let mut laws = [0.0; BINS];
    let mut bin = 0;
    while bin < BINS {
        laws[bin] = PRIOR * law(edge(bin));
        bin += 1;
    }
    laws
};

/// The size of a distance, and how far it is on the way to the next.
fn place(distance: f64) -> (usize, f64) {
    let octaves = ln((distance / FIRST).max(1.0)) / std::f64::consts::LN_2 * PER_OCTAVE;
    // Beyond the last size all are alike: what is a million spreads off each week is no news either.
    let octaves = octaves.min((BINS - 1) as f64);
    let bin = octaves as usize;
    (bin, octaves - bin as f64)
}

/// The share of samples as far off as `distance` by the common law.
const fn law(distance: f64) -> f64 {
    let half = distance / WIDTH;
    let t = 1.0 + half * half;
    1.0 / (t * t * t * t * t)
}

impl History {
    pub(super) const fn new() -> Self {
        Self { counts: [[0.0; BINS]; 2], n: 0.0, recent: [0.0; BURST], next: 0 }
    }

    /// Whether `distance` exceeds all of the last samples.
    fn news(&self, distance: f64) -> bool {
        self.recent.iter().all(|&recent| distance.abs() > recent)
    }

    /// The surprise of a distance in nats, less what `pace` takes off; 0 where it is no news.
    pub(super) fn surprise(&self, distance: f64, pace: f64) -> f64 {
        if !self.news(distance) {
            return 0.0;
        }
        let counts = &self.counts[usize::from(distance < 0.0)];
        let (bin, way) = place(distance.abs());
        // A fifth less far is as far: or the greatest of many equal spikes would always be news.
        let nearly = if bin > 0 { f64::from(counts[bin - 1]) * (1.0 - way) } else { 0.0 };
        let beyond = counts[bin..].iter().map(|&n| f64::from(n)).sum::<f64>() + nearly;
        (-ln((beyond + PRIOR * law(distance.abs().min(edge(BINS - 1)))) / (self.n + PRIOR)) - pace).max(0.0)
    }

    /// How far off a sample may be, above and below, without a surprise of `nats`.
    pub(super) fn reach(&self, nats: f64, pace: f64) -> [f64; 2] {
        let share = exp(-(nats + pace)) * (self.n + PRIOR);
        self.counts.map(|counts| {
            let mut beyond = f64::from(counts[BINS - 1]);
            for bin in (0..BINS).rev() {
                // What lies up to a fifth below an edge counts as beyond it.
                beyond += if bin > 0 { f64::from(counts[bin - 1]) } else { 0.0 };
                if beyond + LAWS[bin] > share {
                    return edge(bin + 1);
                }
            }
            FIRST
        })
    }

    /// Takes in one distance.
    pub(super) fn learn(&mut self, distance: f64) {
        if self.news(distance) {
            self.counts[usize::from(distance < 0.0)][place(distance.abs()).0] += 1.0;
        }
        self.n += 1.0;
        self.recent[self.next] = distance.abs();
        self.next = (self.next + 1) % BURST;
        if self.n >= FULL {
            self.n *= 0.5;
            self.counts.iter_mut().flatten().for_each(|n| *n *= 0.5);
        }
    }

    /// Counts a distance that was told and whose sample was not learned.
    pub(super) fn told(&mut self, distance: f64) {
        self.counts[usize::from(distance < 0.0)][place(distance.abs()).0] += 1.0;
        self.n += 1.0;
    }

    /// Lets go of the last burst: what follows is news again.
    pub(super) fn calm(&mut self) {
        self.recent = [0.0; BURST];
    }

    pub(super) fn save(&self) -> Value {
        let counts = self.counts.iter().flatten().map(|&n| f64::from(n));
        json!({"counts": floats(counts), "n": floats([self.n]), "recent": floats(self.recent), "next": self.next})
    }

    pub(super) fn restore(state: &Value) -> Option<Self> {
        let counts = read_floats(state.get("counts")?).filter(|counts| counts.len() == 2 * BINS && counts.iter().all(|&n| n >= 0.0))?;
        let mut history = Self::new();
        for (to, from) in history.counts.iter_mut().flatten().zip(counts) {
            *to = from as f32;
        }
        let [n] = read_floats(state.get("n")?)?[..] else { return None };
        history.n = n.max(0.0);
        history.recent = read_floats(state.get("recent")?)?.try_into().ok()?;
        history.next = usize::try_from(state.get("next")?.as_u64()?).ok().filter(|&next| next < BURST)?;
        Some(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(distances: impl IntoIterator<Item = f64>) -> History {
        let mut history = History::new();
        distances.into_iter().for_each(|distance| history.learn(distance));
        history
    }

    #[test]
    fn what_happens_often_stops_being_news_and_what_never_did_becomes_more() {
        let spike = |i: i32| if i % 50 == 49 { 9.0 } else { 0.5 };
        let (quiet, spiky) = (after((0..1000).map(|_| 0.5)), after((0..1045).map(spike)));
        let young = after((0..30).map(|_| 0.5));
        assert!(spiky.surprise(8.0, 0.0) < 5.5, "{}", spiky.surprise(8.0, 0.0));
        assert!(quiet.surprise(8.0, 0.0) > 12.0 && quiet.surprise(8.0, 0.0) > young.surprise(8.0, 0.0));
        assert!(spiky.surprise(-8.0, 0.0) > 12.0, "the other side has its own history");
        assert!(spiky.surprise(100.0, 0.0) > 25.0, "far beyond all of them is news still");
    }

    #[test]
    fn of_a_burst_only_what_exceeds_all_before_it_counts() {
        let mut history = after((0..100).map(|_| 0.5));
        history.learn(9.0);
        assert!(history.surprise(8.9, 0.0) <= 0.0 && history.surprise(9.5, 0.0) > 5.0);
        history.calm();
        assert!(history.surprise(8.9, 0.0) > 5.0);
        (0..BURST).for_each(|_| history.learn(0.5));
        assert!(history.surprise(8.9, 0.0) > 5.0);
    }

    #[test]
    fn the_reach_is_where_the_surprise_begins() {
        let history = after((0..500).map(|i| f64::from(i % 37) * 0.1));
        for nats in [6.0, 9.0, 14.0] {
            let [above, below] = history.reach(nats, 0.3);
            assert!(history.surprise(above * 1.01, 0.3) >= nats || above < 4.0, "{above}");
            assert!(history.surprise(-below * 1.2, 0.3) >= nats && history.surprise(-below * 0.8, 0.3) < nats, "{below}");
        }
    }

    #[test]
    fn months_fade() {
        let mut history = after((0..400).map(|i| if i % 40 == 39 { 9.0 } else { 0.5 }));
        let then = history.surprise(8.0, 0.0);
        (0..40_000).for_each(|_| history.learn(0.5));
        assert!(history.surprise(8.0, 0.0) > then + 3.0 && history.n < FULL);
    }
}
