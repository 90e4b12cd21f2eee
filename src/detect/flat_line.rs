//! `flat-line`: frozen at one value for much longer than the series ever was.
//!
//! It learns how many samples in a row usually are equal, see [`Lengths`]. A series that has hardly
//! ever changed has no usual run and never fires; one that rests every night is usual from the third
//! night on. Runs are counted in samples, so that a gap is not taken for one; those that are
//! withheld from learning while an alert fires count too, or the run would end too short.

use super::explain::Told;
use super::kind::{Kind, Params, Sees, whole};
use super::limit::{self, MIN, numeric, oddest};
use super::score::{HALF, bounded, judged, squash};
use super::state::{Reader, count, floats, save_pace, state};
use crate::model::number::{number, rounded};
use crate::model::{Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::lengths::Lengths;
use crate::stats::pace::Pace;
use serde_json::{Value, json};

const NAME: &str = "flat-line";
/// Most observations of the learning time.
const MIN_MAX: f64 = 1_000_000.0;
/// Runs that must have ended before one can be too long: with fewer, the longest of them is a matter of chance.
const RUNS: u64 = 10;
/// A run is too long at four times the longest so far, and the median is never longer than that …
const LONGEST: f64 = 4.0;
/// … and never below twenty samples: a coarse reading repeats itself that often by chance.
const LEAST: f64 = 20.0;
/// Steps without a sample after which a run starts anew.
const GAP: f64 = 100.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds values that stay the same for much longer than they ever did",
    source: "stuck-value test of sensor quality control; the limit from the runs seen",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        numeric("tolerance", "how far from the first value of a run still counts as the same", "0", 0.0, f64::MAX),
        limit::min(MIN_MAX),
    ],
    check: |params| whole(params, &["min"]),
    build: |params, _salt| Box::new(FlatLine::new(params)),
    explain,
    keys_max: 0,
};

/// The run of one number.
struct Track {
    first: f64,
    since: Timestamp,
    /// Samples learned of it.
    samples: u64,
    /// Those that were withheld from learning, and whether the one judged last may become another.
    withheld: u64,
    open: bool,
    runs: Lengths,
}

impl Track {
    fn new(at: Timestamp, x: f64) -> Self {
        Self { first: bounded(x), since: at, samples: 1, withheld: 0, open: false, runs: Lengths::new(LONGEST, LONGEST, LEAST) }
    }

    fn same(&self, x: f64, tolerance: f64) -> bool {
        (bounded(x) - self.first).abs() <= tolerance
    }

    /// Notes a sample that is judged; `withheld`: the one before it was not learned.
    fn look(&mut self, same: bool, withheld: bool) {
        self.withheld += u64::from(self.open && withheld);
        self.open = same;
    }

    /// Samples of the run up to now.
    const fn length(&self) -> u64 {
        self.samples.saturating_add(self.withheld)
    }
}

struct FlatLine {
    tolerance: f64,
    needed: u64,
    /// Observations learned.
    seen: u64,
    pace: Pace,
    /// One for each number of an observation; none before the first.
    tracks: Vec<Track>,
}

impl FlatLine {
    fn new(params: &Params) -> Self {
        let (tolerance, needed) = (params.number("tolerance", 0.0), params.number("min", MIN) as u64);
        Self { tolerance, needed, seen: 0, pace: Pace::new(), tracks: Vec::new() }
    }

    /// Whether `at` comes after so long a gap that nothing is known of the run.
    fn gap(&self, at: Timestamp) -> bool {
        self.pace.elapsed(at) > GAP * self.pace.step()
    }

    fn score(&self, at: Timestamp, dimension: usize, x: f64) -> Scored {
        let track = &self.tracks[dimension];
        let samples = if track.same(x, self.tolerance) && !self.gap(at) { track.length() + 1 } else { 1 };
        let known = track.runs.seen() >= RUNS;
        let limits = if known { samples as f64 / track.runs.limit() } else { 0.0 };
        Scored {
            score: squash(limits),
            threshold: HALF,
            flagged: limits > 1.0,
            expected: None,
            pattern: Pattern::FlatLine,
            baseline: Baseline {
                basis: Basis::Interval,
                centre: track.runs.usual(),
                scale: track.runs.longest(),
                n: track.runs.seen(),
                distance: samples as f64,
                dimension,
                since: (limits > 1.0).then_some(track.since),
                ..Baseline::none(NAME)
            },
        }
    }
}

impl Detector for FlatLine {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let learning = Verdict::Learning { seen: self.seen, needed: self.needed };
        let Some(numbers) = judged(x, self.tracks.len()) else { return learning };
        let withheld = self.pace.look(at);
        let (gap, tolerance) = (self.gap(at), self.tolerance);
        self.tracks.iter_mut().zip(numbers).for_each(|(track, &x)| track.look(!gap && track.same(x, tolerance), withheld));
        if self.seen < self.needed {
            return learning;
        }
        let scores = numbers.iter().enumerate().map(|(dimension, &x)| self.score(at, dimension, x));
        oddest(scores).map_or(learning, Verdict::Scored)
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            self.tracks.extend(numbers.iter().map(|&x| Track::new(at, x)));
        } else {
            let gap = self.gap(at);
            for (track, &x) in self.tracks.iter_mut().zip(numbers) {
                let same = track.same(x, self.tolerance);
                track.open = false;
                if same && !gap {
                    track.samples = track.length() + 1;
                    track.withheld = 0;
                    continue;
                }
                // A run that ended in a gap may have been longer, and tells nothing.
                if !gap {
                    track.runs.push(track.length() as f64, RUNS);
                }
                (track.first, track.since, track.samples, track.withheld) = (bounded(x), at, 1, 0);
            }
        }
        self.seen += 1;
        self.pace.push(at);
    }

    fn accept(&mut self) {
        for track in &mut self.tracks {
            track.runs.accept(track.length() as f64 + 1.0);
        }
    }

    fn save(&self) -> Value {
        let track = |track: &Track| {
            let (runs, numbers) = track.runs.save();
            let since = track.since.as_millis();
            let held = (track.withheld, track.open);
            json!({"first": floats([track.first]), "since": since, "samples": track.samples, "held": held, "runs": runs, "lengths": floats(numbers)})
        };
        let tracks = self.tracks.iter().map(track).collect();
        state(NAME, [("seen", self.seen.into()), ("pace", save_pace(&self.pace)), ("tracks", tracks)])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        let (seen, pace) = (reader.count("seen")?, reader.pace("pace")?);
        let track = |saved: &Value| {
            let &[first] = &super::state::read_floats(saved.get("first")?)?[..] else { return None };
            let mut track = Track::new(Timestamp::from_millis(saved.get("since")?.as_i64()?), first);
            track.samples = count(saved.get("samples")?)?;
            if let Some([withheld, open]) = saved.get("held").and_then(Value::as_array).map(Vec::as_slice) {
                (track.withheld, track.open) = (count(withheld)?, open.as_bool()?);
            }
            track.runs.restore(count(saved.get("runs")?)?, &super::state::read_floats(saved.get("lengths")?)?)?;
            Some(track)
        };
        self.tracks = reader.tracks(seen, track, "runs")?;
        (self.seen, self.pace) = (seen, pace);
        Ok(())
    }

    fn memory(&self) -> usize {
        let runs = self.tracks.iter().map(|track| track.runs.memory());
        size_of::<Self>() + self.tracks.capacity() * size_of::<Track>() + runs.sum::<usize>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let (value, baseline) = (told.value(), &told.scored.baseline);
    let samples = |x: f64| if x > 1.0 { format!("after {} samples", rounded(x, 3)) } else { "with each sample".to_owned() };
    let most = if baseline.scale > baseline.centre { format!(" (at most {})", number(baseline.scale)) } else { String::new() };
    let usual = format!("usually it changes {}{most}", samples(baseline.centre));
    match baseline.since {
        Some(since) => format!("{value} has not changed for {}, {usual}", told.at.since(since)),
        None if baseline.n < RUNS => format!("{value} has hardly ever changed, so nothing is odd about a standstill"),
        None => format!("{value} is no standstill, {usual}"),
    }
}

#[cfg(test)]
#[path = "flat_line_tests.rs"]
mod tests;
