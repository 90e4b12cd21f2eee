//! `rate-of-change`: a step unlike the recent steps.
//!
//! What is judged is the change since the last sample that was learned, per second: of a gauge how
//! fast it moved, of a counter how fast it counts. A counter that starts again at zero has not
//! fallen; what it shows then is what it counted since, and as part of the step is hidden such a
//! sample is never too slow. A sample that came sooner than usual is taken as a usual step, so that
//! noise is not divided by a millisecond. The pull of a single step is bounded, see
//! [`Decayed::push_bounded`].

use super::explain::{Told, band};
use super::kind::{Kind, Param, Params, Sees, whole};
use super::limit::{self, Limit, MIN, numeric, oddest, unit};
use super::score::{bounded, judged};
use super::state::{Reader, floats, read_floats, save_pace, state};
use crate::model::number::rounded;
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::decay::Decayed;
use crate::stats::pace::Pace;
use crate::stats::welford::noise_floor;
use serde_json::Value;

const NAME: &str = "rate-of-change";
/// Steps have much heavier tails than values; twelve deviations give about one false alert for each series and week.
const K: f64 = 12.0;
/// Most of a day at one sample a minute: what a quiet night holds must not make the morning odd.
const WINDOW: f64 = 1000.0;
/// The longest memory; it costs nothing, but one of months follows nothing.
const WINDOW_MAX: f64 = 1_000_000.0;
/// A counter that fell to this share of itself or less has started again; one that fell less is none.
const RESET: f64 = 0.1;
/// Rises without a fall after which a series counts as a counter.
const RISES: u32 = 30;
/// A counter's sample so much sooner than usual tells nothing; the next one spans it.
const SOON: f64 = 0.25;
/// A band narrower than so many times what rounding does is a single value.
const ONLY: f64 = 1000.0;
/// What all known steps weigh once people have accepted a new pace.
const ACCEPTED: f64 = 3.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds steps, or rates of counters, unlike the recent ones",
    source: "control chart of moving ranges, Shewhart (1931); counter resets as Prometheus counts them",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        limit::k("how many deviations from the mean step are still usual", "12"),
        numeric("window", "how many of the last steps make the baseline; older ones fade", "1000", 5.0, WINDOW_MAX),
        Param {
            name: "counter",
            doc: "whether the values count up and start again at zero; found out by itself after 30 rises without a fall",
            default: "false",
            min: 0.0,
            max: 0.0,
            words: &[],
            required: false,
        },
        limit::SIDE,
        limit::min(WINDOW_MAX),
    ],
    check: |params| whole(params, &["window", "min"]),
    build: |params, _salt| Box::new(RateOfChange::new(params)),
    explain,
    keys_max: 0,
};

/// What is known of one number.
#[derive(Clone, Copy)]
struct Track {
    /// The last sample learned.
    last: f64,
    rises: u32,
    /// Whether it has fallen otherwise than to near zero.
    fell: bool,
    /// The steps, per second.
    steps: Decayed,
}

/// A step as it is judged.
struct Step {
    /// Per second.
    rate: f64,
    /// Seconds it counts for.
    seconds: f64,
    counter: bool,
    /// Part of it is hidden by a new start.
    reset: bool,
}

impl Track {
    /// Whether it counts: told so, or found out.
    fn counts(&self, told: bool) -> bool {
        told || (!self.fell && self.rises >= RISES)
    }

    /// Whether a fall to `x` is a new start.
    fn restarts(&self, x: f64, told: bool) -> bool {
        x >= 0.0 && x < self.last && (told || x <= RESET * self.last)
    }

    /// The step to `x`; `None` where it tells nothing.
    #[inline]
    fn step(&self, x: f64, elapsed: f64, usual: f64, told: bool) -> Option<Step> {
        let reset = self.counts(told) && self.restarts(x, told);
        let counter = self.counts(told) && (reset || x >= self.last);
        if counter && elapsed < SOON * usual {
            return None;
        }
        // Without any time between them, steps are taken as a second each.
        let seconds = match (counter, elapsed.max(usual)) {
            (_, longer) if longer <= 0.0 => 1.0,
            (true, _) => elapsed / 1000.0,
            (false, longer) => longer / 1000.0,
        };
        let rise = if reset { x } else { x - self.last };
        Some(Step { rate: bounded(rise / seconds), seconds, counter, reset })
    }
}

struct RateOfChange {
    limit: Limit,
    window: f64,
    /// The part of their weight that steps keep when one more comes.
    keep: f64,
    counter: bool,
    needed: u64,
    /// Observations learned.
    seen: u64,
    pace: Pace,
    /// One for each number of an observation; none before the first.
    tracks: Vec<Track>,
}

impl RateOfChange {
    fn new(params: &Params) -> Self {
        let window = params.number("window", WINDOW);
        Self {
            limit: Limit::new(params, K),
            window,
            keep: 1.0 - 1.0 / window,
            counter: params.flag("counter", false),
            needed: params.number("min", MIN) as u64,
            seen: 0,
            pace: Pace::new(),
            tracks: Vec::new(),
        }
    }

    #[inline]
    fn score(&self, dimension: usize, x: f64, elapsed: f64) -> Option<Scored> {
        let track = &self.tracks[dimension];
        let step = track.step(x, elapsed, self.pace.step(), self.counter)?;
        let centre = track.steps.mean();
        // A step smaller than what rounding does to the values is none.
        let scale = track.steps.stddev().max(noise_floor(track.last) / step.seconds);
        let rate = if step.reset { step.rate.max(centre) } else { step.rate };
        let basis = if step.counter { Basis::Mean } else { Basis::Change };
        let scored = self.limit.scored(NAME, basis, rate, centre, scale);
        let from = if step.reset { 0.0 } else { track.last };
        let at = |rate: f64| bounded(from + rate * step.seconds);
        let expected = scored.expected.map(|rates| Band {
            low: if rates.low.is_finite() { at(rates.low) } else { rates.low },
            high: if rates.high.is_finite() { at(rates.high) } else { rates.high },
        });
        let n = (track.steps.weight() + 0.5) as u64;
        Some(Scored { expected, baseline: Baseline { n, window: self.window as u64, dimension, ..scored.baseline }, ..scored })
    }
}

impl Detector for RateOfChange {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.seen, needed: self.needed };
        let Some(numbers) = judged(x, self.tracks.len()).filter(|_| self.seen >= self.needed) else { return learning };
        let elapsed = self.pace.elapsed(at);
        // Nearly always there is one number; its verdict is then written once, to where it is wanted.
        if let &[x] = numbers
            && let Some(scored) = self.score(0, x, elapsed)
        {
            return Verdict::Scored(scored);
        }
        let scores = numbers.iter().enumerate().filter_map(|(dimension, &x)| self.score(dimension, x, elapsed));
        let nothing = Scored {
            score: 0.0,
            threshold: super::score::HALF,
            flagged: false,
            expected: None,
            pattern: Pattern::Spike,
            baseline: Baseline::none(NAME),
        };
        Verdict::Scored(oddest(scores).unwrap_or(nothing))
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            let track = |&last: &f64| Track { last: bounded(last), rises: 0, fell: false, steps: Decayed::new() };
            self.tracks.extend(numbers.iter().map(track));
            self.seen = 1;
            self.pace.push(at);
            return;
        }
        let (elapsed, usual, told) = (self.pace.elapsed(at), self.pace.step(), self.counter);
        let (keep, learning) = (self.keep, self.seen < self.needed);
        let mut any = false;
        for (track, &x) in self.tracks.iter_mut().zip(numbers) {
            let x = bounded(x);
            let Some(step) = track.step(x, elapsed, usual, told) else { continue };
            any = true;
            if !step.reset {
                track.steps.age(keep);
                if learning { track.steps.push(step.rate) } else { track.steps.push_bounded(step.rate) }
            }
            track.fell |= x < track.last && !track.restarts(x, told);
            track.rises = track.rises.saturating_add(u32::from(x > track.last));
            track.last = x;
        }
        // A counter's sample that came too soon leaves everything as it was, the last moment too.
        if any {
            self.seen += 1;
            self.pace.push(at);
        }
    }

    fn accept(&mut self) {
        for track in &mut self.tracks {
            track.steps.loosen(ACCEPTED);
        }
    }

    fn save(&self) -> Value {
        let track = |track: &Track| {
            let [weight, mean, m2, cut] = track.steps.parts();
            floats([track.last, f64::from(track.rises), f64::from(u8::from(track.fell)), weight, mean, m2, cut])
        };
        let tracks = self.tracks.iter().map(track).collect();
        state(NAME, [("seen", self.seen.into()), ("pace", save_pace(&self.pace)), ("tracks", tracks)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        let (seen, pace) = (reader.count("seen")?, reader.pace("pace")?);
        let track = |saved: &Value| {
            let numbers = read_floats(saved)?;
            let (&[last, rises, fell], steps) = numbers.split_first_chunk()?;
            Some(Track { last, rises: rises as u32, fell: fell > 0.5, steps: Decayed::from_parts(steps)? })
        };
        self.tracks = reader.tracks(seen, track, "a last sample and steps")?;
        (self.seen, self.pace) = (seen, pace);
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.tracks.capacity() * size_of::<Track>()
    }
}

/// The unit of time in which rates up to `rate` per second read best: its word and its seconds.
fn best_unit(rate: f64) -> (&'static str, f64) {
    const UNITS: [(&str, f64); 4] = [("a second", 1.0), ("a minute", 60.0), ("an hour", 3_600.0), ("a day", 86_400.0)];
    UNITS.into_iter().find(|(_, seconds)| rate.abs() * seconds >= 1.0).unwrap_or(UNITS[0])
}

fn explain(told: &Told<'_>) -> String {
    let (value, unit, baseline) = (told.value(), unit(told), &told.scored.baseline);
    if baseline.n == 0 {
        return format!("{value} came too soon after the last sample to tell a rate");
    }
    let reach = told.params.number("k", K) * baseline.scale;
    let rate = baseline.centre + baseline.distance * baseline.scale;
    // Of a change the larger of what is and what is usual decides; the band of a rate follows the rate.
    let (each, seconds) = best_unit(rate.abs().max(reach));
    let (low, high) = (baseline.centre - reach, baseline.centre + reach);
    let counts = baseline.basis == Basis::Mean;
    let usual = Band::new(if counts { low.max(0.0) } else { low } * seconds, high * seconds);
    let speed = |rate: f64| format!("{}{unit}", rounded(rate * seconds, 4));
    // Within rounding of the values there is but one usual step.
    let only = told.scored.expected.is_some_and(|band| (band.high - band.low).abs() <= 2.0 * ONLY * noise_floor(band.high));
    let steady = only && (baseline.centre * seconds).abs() < noise_floor(told.x());
    let usually = match (steady, only) {
        (true, _) => "usually it stays as it is".to_owned(),
        (_, true) => format!("usually always {}", speed(baseline.centre)),
        _ if counts => format!("usually {}{unit}", band(usual)),
        _ => format!("usually {}{unit}{}", band(usual), told.expected()),
    };
    if counts {
        return format!("{value} counts {} {each}, {usually}", speed(rate));
    }
    let moved = if rate < 0.0 { "fell" } else { "rose" };
    format!("{value} {moved} by {} {each}, {usually}", speed(rate.abs()))
}

#[cfg(test)]
#[path = "rate_of_change_tests.rs"]
mod tests;
