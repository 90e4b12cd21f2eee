//! `sigma`: farther from the mean than k standard deviations.
//!
//! Over the last `window` observations or all so far. The spread has a floor at what rounding can
//! do, so that a series that was constant neither divides by zero nor rings for its last bit, and
//! yet rings when it really changes.

use super::explain::Told;
use super::kind::{Kind, Params, Sees, whole};
use super::limit::{self, Limit, MIN, numeric, oddest};
use super::score::judged;
use super::state::{Reader, count, floats, read_floats, state};
use crate::model::number::{number, rounded};
use crate::model::{Baseline, Basis, Detector, Observation, Scored, StateError, Timestamp, Verdict};
use crate::stats::welford::{Welford, noise_floor};
use crate::stats::window::Window;
use serde_json::{Value, json};

const NAME: &str = "sigma";
/// Shewhart's three: one in 370 numbers of a bell curve is farther.
const K: f64 = 3.0;
/// The longest window: 16 MB for one key.
const WINDOW_MAX: f64 = 1_000_000.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds values farther from the mean than k standard deviations",
    source: "Shewhart control chart (1931); moments by Welford (1962)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        limit::k("how many standard deviations from the mean are still usual", "3"),
        numeric("window", "how many of the last observations make the baseline; 0: all so far", "0", 0.0, WINDOW_MAX),
        limit::SIDE,
        limit::min(WINDOW_MAX),
    ],
    check,
    build: |params, _salt| Box::new(Sigma::new(params)),
    explain,
    keys_max: 0,
};

fn check(params: &Params) -> Vec<(&'static str, String, String)> {
    let mut faults = whole(params, &["window", "min"]);
    let (window, min) = (params.number("window", 0.0), params.optional("min"));
    if window > 0.0 && window < 2.0 {
        faults.push(("window", "one observation has no spread".to_owned(), "write at least 2, or 0 for all so far".to_owned()));
    } else if let Some(min) = min.filter(|&min| window > 0.0 && min > window) {
        let message = format!("min = {} is more than the window of {} holds", number(min), number(window));
        faults.push(("min", message, format!("write at most {}", number(window))));
    }
    faults
}

/// The baseline of one number.
enum Track {
    /// All observations so far.
    All(Welford),
    /// The last ones.
    Last(Window),
}

impl Track {
    fn new(window: u64) -> Self {
        if window == 0 { Self::All(Welford::new()) } else { Self::Last(Window::new(window as usize)) }
    }

    #[inline]
    fn push(&mut self, x: f64) {
        match self {
            Self::All(moments) => moments.push(x),
            Self::Last(window) => window.push(x),
        }
    }

    /// Lets all that is known weigh as three numbers: one new one then widens the spread so far that it is usual.
    fn accept(&mut self, window: u64) {
        let known = match self {
            Self::All(moments) => *moments,
            Self::Last(last) => last.moments(),
        };
        if known.count() > known.few().len() as u64 {
            *self = Self::new(window);
            known.few().into_iter().for_each(|x| self.push(x));
        }
    }

    /// How many observations, their mean and their standard deviation.
    #[inline]
    fn moments(&self) -> (u64, f64, f64) {
        // Read where they lie: a copy would wait for what learning has just written.
        match self {
            Self::All(moments) => (moments.count(), moments.mean(), moments.stddev()),
            Self::Last(window) => {
                let moments = window.moments();
                (moments.count(), moments.mean(), moments.stddev())
            }
        }
    }

    fn save(&self) -> Value {
        match self {
            Self::All(moments) => {
                let (n, mean, m2) = moments.parts();
                json!({"n": n, "x": floats([mean, m2])})
            }
            Self::Last(window) => {
                let (settled, numbers) = window.save();
                json!({"n": settled, "x": floats(numbers)})
            }
        }
    }

    fn restore(window: u64, state: &Value) -> Option<Self> {
        let n = count(state.get("n")?)?;
        let numbers = read_floats(state.get("x")?)?;
        if window > 0 {
            return Window::restore(window as usize, usize::try_from(n).ok()?, &numbers).map(Self::Last);
        }
        let [mean, m2] = numbers[..] else { return None };
        Welford::from_parts(n, mean, m2).map(Self::All)
    }
}

struct Sigma {
    limit: Limit,
    window: u64,
    needed: u64,
    /// Observations learned.
    seen: u64,
    /// One for each number of an observation; none before the first.
    tracks: Vec<Track>,
}

impl Sigma {
    fn new(params: &Params) -> Self {
        let window = params.number("window", 0.0) as u64;
        let min = params.number("min", MIN) as u64;
        let needed = if window > 0 { min.min(window) } else { min };
        Self { limit: Limit::new(params, K), window, needed, seen: 0, tracks: Vec::new() }
    }

    #[inline]
    fn score(&self, dimension: usize, x: f64) -> Scored {
        let (n, mean, stddev) = self.tracks[dimension].moments();
        let scored = self.limit.scored(NAME, Basis::Mean, x, mean, stddev);
        Scored { baseline: Baseline { n, window: self.window, dimension, ..scored.baseline }, ..scored }
    }
}

impl Detector for Sigma {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.seen, needed: self.needed };
        let Some(numbers) = judged(x, self.tracks.len()).filter(|_| self.seen >= self.needed) else { return learning };
        // Nearly always there is one number; its verdict is then written once, to where it is wanted.
        if let &[x] = numbers {
            return Verdict::Scored(self.score(0, x));
        }
        let scores = numbers.iter().enumerate().map(|(dimension, &x)| self.score(dimension, x));
        oddest(scores).map_or(learning, Verdict::Scored)
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            self.tracks.extend(numbers.iter().map(|_| Track::new(self.window)));
        }
        self.seen += 1;
        self.tracks.iter_mut().zip(numbers).for_each(|(track, &x)| track.push(x));
    }

    fn accept(&mut self) {
        self.tracks.iter_mut().for_each(|track| track.accept(self.window));
    }

    fn save(&self) -> Value {
        let tracks = self.tracks.iter().map(Track::save).collect();
        state(NAME, [("window", self.window.into()), ("seen", self.seen.into()), ("tracks", tracks)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        reader.same("window", self.window)?;
        let seen = reader.count("seen")?;
        self.tracks = reader.tracks(seen, |track| Track::restore(self.window, track), "moments that fit the window")?;
        self.seen = seen;
        Ok(())
    }

    fn memory(&self) -> usize {
        let windows = self.tracks.iter().map(|track| if let Track::Last(window) = track { window.memory() } else { 0 });
        size_of::<Self>() + self.tracks.capacity() * size_of::<Track>() + windows.sum::<usize>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let baseline = &told.scored.baseline;
    let all = baseline.window == 0;
    let of = if all { format!("all {} so far", number(baseline.n as f64)) } else { limit::the_last(baseline.n) };
    if baseline.scale <= noise_floor(baseline.centre) {
        return limit::sentence(told, "mean", &of);
    }
    let side = if baseline.distance < 0.0 { "below" } else { "above" };
    let (value, sigmas, centre) = (told.value(), rounded(baseline.distance.abs(), 2), rounded(baseline.centre, 4));
    format!("{value} is {sigmas}σ {side} the mean {centre} of {of}{}", told.expected())
}

#[cfg(test)]
#[path = "sigma_tests.rs"]
mod tests;
