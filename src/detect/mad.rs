//! `mad`: farther from the median of a window than k robust deviations.
//!
//! Median and median deviation are those of the window, exactly, at every observation. Half of the
//! window may be odd before they give way, so a trouble that is learned hardly moves its own limit.
//! Where more than half of the window is one value, the median deviation is zero and says nothing;
//! then the mean deviation stands in for it. A window of 300 takes 5 kB for each number.

use super::explain::Told;
use super::kind::{Kind, Params, Sees, whole};
use super::limit::{self, Limit, MIN, numeric, oddest};
use super::score::judged;
use super::state::{Reader, floats, read_floats, state};
use crate::model::number::number;
use crate::model::{Baseline, Basis, Detector, Observation, Scored, StateError, Timestamp, Verdict};
use crate::stats::order::Sorted;
use crate::stats::welford::noise_floor;
use serde_json::Value;

const NAME: &str = "mad";
/// Long enough that a trouble of two hours at one sample a minute does not become the median, short enough to follow a day.
const WINDOW: f64 = 300.0;
/// The longest window: 160 kB a number, and 80 kB to move at worst for each observation.
const WINDOW_MAX: f64 = 10_000.0;
/// Telemetry has heavier tails than a bell curve: at ten deviations it gives about one false alert for each series and week.
const K: f64 = 10.0;
/// Makes the median deviation of a bell curve its standard deviation.
const OF_MEDIAN: f64 = 1.482_602_218_505_602;
/// Makes the mean deviation of a bell curve its standard deviation: √(π/2).
const OF_MEAN: f64 = 1.253_314_137_315_5;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds values farther from the median of the last ones than k robust deviations",
    source: "Hampel identifier (1974); modified z-score by Iglewicz and Hoaglin (1993)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        limit::k("how many robust deviations from the median are still usual", "10"),
        numeric("window", "how many of the last observations make the baseline", "300", 5.0, WINDOW_MAX),
        limit::SIDE,
        limit::min(WINDOW_MAX),
    ],
    check,
    build: |params, _salt| Box::new(Mad::new(params)),
    explain,
    keys_max: 0,
};

fn check(params: &Params) -> Vec<(&'static str, String, String)> {
    let mut faults = whole(params, &["window", "min"]);
    let window = params.number("window", WINDOW);
    if let Some(min) = params.optional("min").filter(|&min| min > window) {
        let message = format!("min = {} is more than the window of {} holds", number(min), number(window));
        faults.push(("min", message, format!("write at most {}", number(window))));
    }
    faults
}

/// The baseline of one number.
struct Track {
    window: Sorted,
    /// Median and scale of the window, where they have been worked out since it last changed.
    known: Option<(f64, f64)>,
}

impl Track {
    /// Median and scale; the scale is zero for a constant window.
    fn centre_and_scale(&mut self) -> (f64, f64) {
        let window = &self.window;
        *self.known.get_or_insert_with(|| {
            let centre = window.median();
            let scale = OF_MEDIAN * window.deviation(centre);
            if scale > noise_floor(centre) { (centre, scale) } else { (centre, OF_MEAN * window.mean_deviation(centre)) }
        })
    }
}

struct Mad {
    limit: Limit,
    window: u64,
    needed: u64,
    /// Observations learned.
    seen: u64,
    /// One for each number of an observation; none before the first.
    tracks: Vec<Track>,
}

impl Mad {
    fn new(params: &Params) -> Self {
        let window = params.number("window", WINDOW) as u64;
        let needed = (params.number("min", MIN) as u64).min(window);
        Self { limit: Limit::new(params, K), window, needed, seen: 0, tracks: Vec::new() }
    }
}

impl Detector for Mad {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.seen, needed: self.needed };
        let Some(numbers) = judged(x, self.tracks.len()).filter(|_| self.seen >= self.needed) else { return learning };
        let (limit, window) = (self.limit, self.window);
        let score = |(dimension, (track, &x)): (usize, (&mut Track, &f64))| -> Scored {
            let (centre, scale) = track.centre_and_scale();
            let scored = limit.scored(NAME, Basis::Median, x, centre, scale);
            // What was never below zero is not expected there.
            let positive = track.window.numbers().first().is_some_and(|&least| least >= 0.0);
            let expected = scored.expected.map(|band| limit::from_zero(band, positive));
            Scored { expected, baseline: Baseline { n: track.window.len() as u64, window, dimension, ..scored.baseline }, ..scored }
        };
        oddest(self.tracks.iter_mut().zip(numbers).enumerate().map(score)).map_or(learning, Verdict::Scored)
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            let track = || Track { window: Sorted::new(self.window as usize), known: None };
            self.tracks.extend(numbers.iter().map(|_| track()));
        }
        self.seen += 1;
        for (track, &x) in self.tracks.iter_mut().zip(numbers) {
            track.window.push(x);
            track.known = None;
        }
    }

    /// What is known weighs as three numbers, so that the fourth of a new level is usual, however far off: the
    /// median and what is as far from it on each side as is usual.
    fn accept(&mut self) {
        for track in self.tracks.iter_mut().filter(|track| track.window.len() > 3) {
            let (centre, scale) = track.centre_and_scale();
            let (mut window, spread) = (Sorted::new(self.window as usize), scale / OF_MEDIAN);
            // What was never below zero stays so.
            let least = track.window.numbers().first().copied().unwrap_or(centre);
            [(centre - spread).max(least), centre, centre + spread].into_iter().for_each(|x| window.push(x));
            *track = Track { window, known: None };
        }
    }

    fn save(&self) -> Value {
        let tracks = self.tracks.iter().map(|track| floats(track.window.save())).collect();
        state(NAME, [("window", self.window.into()), ("seen", self.seen.into()), ("tracks", tracks)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        reader.same("window", self.window)?;
        let seen = reader.count("seen")?;
        let track = |saved: &Value| {
            let window = Sorted::restore(self.window as usize, &read_floats(saved)?)?;
            Some(Track { window, known: None })
        };
        self.tracks = reader.tracks(seen, track, "numbers that fit the window")?;
        self.seen = seen;
        Ok(())
    }

    fn memory(&self) -> usize {
        let windows = self.tracks.iter().map(|track| track.window.memory());
        size_of::<Self>() + self.tracks.capacity() * size_of::<Track>() + windows.sum::<usize>()
    }
}

fn explain(told: &Told<'_>) -> String {
    limit::sentence(told, "median", &limit::the_last(told.scored.baseline.n))
}

#[cfg(test)]
#[path = "mad_tests.rs"]
mod tests;
