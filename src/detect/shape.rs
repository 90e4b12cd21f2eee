//! `shape`: a form of the last samples that the series did not have before, though each value may be usual.
//!
//! The main directions of windows of `window` samples are learned as they come; they tell where the
//! next sample of a usual form lies. How far the samples miss it, summed over the last few, is held
//! against the tail of its own history: only what is so rare there counts. The level of a window
//! does not count, and a window that is odd hardly teaches.
//!
//! A gap breaks the form: after one, the window fills anew before anything is judged. What is
//! withheld from learning is no gap: the window goes on with it, and nothing is learned. Cost: about
//! 1 µs a sample with the defaults, 18 kB for each number.

use super::explain::{Told, band};
use super::kind::{Kind, Param, Params, Sees, whole};
use super::score::{HALF, judged, squash};
use super::state::{Reader, count, floats, read_floats, save_pace, state};
use crate::model::number::{number, rounded};
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::pace::Pace;
use crate::stats::subspace::{LARGEST, RANK_MAX, Subspace, WIDTH_MAX};
use crate::stats::tail::{KNOWN, Least, Tail};
use crate::stats::welford::noise_floor;
use serde_json::{Value, json};

const NAME: &str = "shape";
/// Share of the newest miss in the sum of the last ones: some seven samples then make a form.
const NEWEST: f64 = 0.25;
/// The least scale of the tail, as a share of where it begins: a perfect wave misses by rounding only.
const LEAST_SCALE: Least = Least::Share(0.15);
/// So many usual steps without a sample are a gap.
const GAP: f64 = 8.0;
/// Windows before the own misses are counted: the first directions are guesses.
const WARM: u64 = 2;
/// So many deviations (of a normal distribution, whose upper tenth begins at 1.28) the miss at which the tail begins is.
const BEGINS: f64 = 1.281_55;

const WINDOW: f64 = 32.0;
const RANK: f64 = 4.0;
const MEMORY: f64 = 2_000.0;
/// One in a hundred thousand: about once in two months for a series of a value a minute.
const RATE: f64 = 0.000_01;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds forms the series did not have before, within its usual range too",
    source: "window subspace (Sub-PCA, TSB-AD 2024) learned online: Weng, Zhang, Hwang, CCIPCA (PAMI 2003)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        numeric("window", "samples that make a form", "32", 4.0, WIDTH_MAX as f64),
        numeric("rank", "main directions of the usual forms", "4", 1.0, RANK_MAX as f64),
        numeric("memory", "windows over which usual forms fade", "2000", 50.0, 1e6),
        numeric("rate", "the share of a clean series that may count as odd, told from the tail of its own misses", "0.00001", 1e-12, 0.05),
    ],
    check: |params| {
        let mut faults = whole(params, &["window", "rank"]);
        let (window, rank) = (params.number("window", WINDOW), params.number("rank", RANK));
        if rank > window / 2.0 {
            let message = format!("rank = {} leaves nothing over of a window of {}", number(rank), number(window));
            faults.push(("rank", message, format!("write at most {}", number((window / 2.0).floor()))));
        }
        faults
    },
    build: |params, _salt| Box::new(Shape::new(params)),
    explain,
    keys_max: 0,
};

const fn numeric(name: &'static str, doc: &'static str, default: &'static str, min: f64, max: f64) -> Param {
    Param { name, doc, default, min, max, words: &[], required: false }
}

/// The forms of one number.
struct Track {
    space: Subspace,
    /// The last samples, oldest first; one place is left for the newest.
    last: Vec<f64>,
    /// The sample judged last, while it is not learned.
    open: Option<f64>,
    /// The sum of the last misses, squared.
    missed: f64,
    tail: Tail,
}

struct Shape {
    width: usize,
    rank: usize,
    memory: f64,
    rate: f64,
    seen: u64,
    pace: Pace,
    /// When it began to be odd, as long as it is.
    since: Option<Timestamp>,
    tracks: Vec<Track>,
}

impl Track {
    /// The window with `x` as its newest; `None` while it is not full.
    fn window<'w>(&self, width: usize, x: f64, out: &'w mut [f64; WIDTH_MAX]) -> Option<&'w [f64]> {
        if self.last.len() + 1 != width {
            return None;
        }
        out[..width - 1].copy_from_slice(&self.last);
        out[width - 1] = x;
        Some(&out[..width])
    }

    fn score(&self, shape: &Shape, dimension: usize, x: f64) -> Option<Scored> {
        let mut window = [0.0; WIDTH_MAX];
        let window = self.window(shape.width, x, &mut window).filter(|_| self.tail.is_known())?;
        // Directions read back from a file may be none that windows could have.
        let expected = Some(self.space.expected(window)).filter(|x| x.is_finite())?;
        let miss = x - expected;
        let sum = (1.0 - NEWEST) * self.missed + NEWEST * miss * miss;
        let floor = noise_floor(expected);
        let distance = if miss.abs() <= floor { 0.0 } else { self.tail.distance(sum.sqrt()) };
        let limit = self.tail.at(self.tail.reach()).max(floor);
        // Where the sum would reach the limit; nothing is left where the misses before are beyond it.
        let left = (limit * limit - (1.0 - NEWEST) * self.missed).max(0.0) / NEWEST;
        let reach = left.sqrt().max(floor);
        let (low, high) = window[..window.len() - 1].iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        let far = x > high + (high - low) || x < low - (high - low);
        Some(Scored {
            score: squash(distance / self.tail.reach()),
            threshold: HALF,
            flagged: distance > self.tail.reach() && miss.abs() > floor,
            expected: Some(Band::new(expected - reach, expected + reach)),
            pattern: match (far, miss < 0.0) {
                (false, _) => Pattern::Shape,
                (true, true) => Pattern::Dip,
                (true, false) => Pattern::Spike,
            },
            baseline: Baseline {
                basis: Basis::Form,
                centre: expected,
                scale: self.tail.at(0.0) / BEGINS,
                n: shape.seen,
                window: shape.width as u64,
                distance,
                dimension,
                since: shape.since,
                ..Baseline::none(NAME)
            },
        })
    }

    /// Notes a sample that is judged. One that was withheld from learning teaches nothing, but the next
    /// one comes after it: a form goes on from what came, or it would be out of step with a wave for ever.
    fn look(&mut self, width: usize, withheld: bool, x: f64) {
        if let Some(passed) = self.open.replace(x).filter(|_| withheld) {
            let mut window = [0.0; WIDTH_MAX];
            if let Some(window) = self.window(width, passed, &mut window) {
                let miss = passed - self.space.expected(window);
                self.missed = (1.0 - NEWEST) * self.missed + NEWEST * miss * miss;
                self.last.remove(0);
                self.last.push(passed);
            }
        }
    }

    fn learn(&mut self, width: usize, warm: bool, x: f64) {
        self.open = None;
        let mut window = [0.0; WIDTH_MAX];
        if let Some(window) = self.window(width, x, &mut window) {
            let miss = x - self.space.expected(window);
            self.missed = (1.0 - NEWEST) * self.missed + NEWEST * miss * miss;
            let (sum, limit) = (self.missed.sqrt(), self.tail.at(self.tail.reach()));
            // An odd window teaches the less the odder it is, so that one spike does not become a direction.
            let trust = if self.tail.is_known() && sum > limit { (limit / sum).powi(2) } else { 1.0 };
            if warm {
                self.tail.push(sum);
            }
            self.space.learn(window, trust);
            self.last.remove(0);
        }
        self.last.push(x);
    }
}

impl Shape {
    fn new(params: &Params) -> Self {
        Self {
            width: params.number("window", WINDOW) as usize,
            rank: params.number("rank", RANK) as usize,
            memory: params.number("memory", MEMORY),
            rate: params.number("rate", RATE),
            seen: 0,
            pace: Pace::new(),
            since: None,
            tracks: Vec::new(),
        }
    }

    fn track(&self) -> Track {
        let space = Subspace::new(self.width, self.rank, self.memory);
        Track { space, last: Vec::with_capacity(self.width), open: None, missed: 0.0, tail: Tail::new(self.rate, LEAST_SCALE) }
    }

    /// Observations before the first judgement: windows until the directions stand, then some to know the misses.
    fn needed(&self) -> u64 {
        self.width as u64 * (1 + WARM) + KNOWN
    }

    /// Whether so much time has passed since the last sample that the form is broken.
    fn is_gap(&self, at: Timestamp) -> bool {
        self.pace.step() > 0.0 && self.pace.elapsed(at) > GAP * self.pace.step()
    }

    /// Observations that fill the window after a gap, as a verdict.
    fn learning(&self, at: Timestamp) -> Verdict {
        let needed = self.needed();
        if self.seen < needed {
            return Verdict::Learning { seen: self.seen, needed };
        }
        let held = if self.is_gap(at) { 0 } else { self.tracks.first().map_or(0, |track| track.last.len()) };
        Verdict::Learning { seen: held as u64, needed: self.width as u64 }
    }
}

impl Detector for Shape {
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict {
        let Some(numbers) = judged(x, self.tracks.len()) else { return self.learning(at) };
        let (withheld, width) = (self.pace.look(at), self.width);
        for (track, &x) in self.tracks.iter_mut().zip(numbers) {
            track.look(width, withheld, x.clamp(-LARGEST, LARGEST));
        }
        if self.seen < self.needed() || self.is_gap(at) {
            return self.learning(at);
        }
        let scores =
            self.tracks.iter().zip(numbers).enumerate().filter_map(|(d, (track, x))| track.score(self, d, x.clamp(-LARGEST, LARGEST)));
        let oddest = scores.reduce(|worst, next| if next.score > worst.score { next } else { worst });
        let Some(mut oddest) = oddest else { return self.learning(at) };
        self.since = if oddest.flagged { self.since.or(Some(at)) } else { None };
        oddest.baseline.since = self.since;
        Verdict::Scored(oddest)
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Some(numbers) = judged(x, self.tracks.len()) else { return };
        if self.tracks.is_empty() {
            self.tracks = numbers.iter().map(|_| self.track()).collect();
        }
        if self.is_gap(at) {
            for track in &mut self.tracks {
                track.last.clear();
                track.missed = 0.0;
            }
        }
        self.pace.push(at);
        self.seen += 1;
        let warm = self.seen > self.width as u64 * (1 + WARM);
        let width = self.width;
        self.tracks.iter_mut().zip(numbers).for_each(|(track, &x)| track.learn(width, warm, x.clamp(-LARGEST, LARGEST)));
    }

    fn accept(&mut self) {
        // What was missed so far counts no more; the windows that follow teach the new form.
        self.tracks.iter_mut().for_each(|track| track.missed = 0.0);
        self.since = None;
    }

    fn save(&self) -> Value {
        let track = |track: &Track| {
            let ((windows, space), (taken, tail)) = (track.space.save(), track.tail.save());
            json!({"windows": windows, "space": floats(space), "taken": taken, "tail": floats(tail),
                "last": floats(track.last.iter().copied().chain([track.missed])), "open": floats(track.open)})
        };
        let parts = [
            ("window", self.width.into()),
            ("rank", self.rank.into()),
            ("seen", self.seen.into()),
            ("pace", save_pace(&self.pace)),
            ("since", self.since.map(Timestamp::as_millis).into()),
            ("tracks", self.tracks.iter().map(track).collect()),
        ];
        state(NAME, parts)
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        reader.same("window", self.width as u64)?;
        reader.same("rank", self.rank as u64)?;
        let seen = reader.count("seen")?;
        let read = |value: &Value| {
            let number = |name: &str| count(value.get(name)?);
            let list = |name: &str| read_floats(value.get(name)?);
            let empty = self.track();
            let space = empty.space.restore(number("windows")?, &list("space")?)?;
            let tail = Tail::restore(self.rate, LEAST_SCALE, number("taken")?, &list("tail")?)?;
            let last = list("last").filter(|last| last.len() <= self.width)?;
            let (missed, last) = last.split_last()?;
            let last = last.iter().map(|x| x.clamp(-LARGEST, LARGEST));
            let open = value.get("open").map_or(Some(Vec::new()), read_floats)?.first().map(|x| x.clamp(-LARGEST, LARGEST));
            Some(Track { space, last: last.collect(), open, missed: missed.max(0.0), tail })
        };
        let tracks = reader.list("tracks")?.iter().map(read).collect::<Option<Vec<_>>>();
        let tracks = tracks.ok_or_else(|| Reader::fault("tracks", "forms that fit the window"))?;
        let pace = reader.pace("pace")?;
        self.since = state.get("since").and_then(Value::as_i64).map(Timestamp::from_millis);
        (self.seen, self.pace, self.tracks) = (seen, pace, tracks);
        Ok(())
    }

    fn memory(&self) -> usize {
        let of = |track: &Track| size_of::<Track>() + track.space.memory() + track.tail.memory() + track.last.capacity() * size_of::<f64>();
        size_of::<Self>() + self.tracks.iter().map(of).sum::<usize>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let (scored, baseline) = (told.scored, &told.scored.baseline);
    let expected = scored.expected.map_or_else(|| rounded(baseline.centre, 4), band);
    if !scored.flagged {
        return format!("{} goes on in its usual form{}", told.value(), told.expected());
    }
    let usual = if scored.expected.is_some_and(|band| band.high - band.low <= 2.0 * noise_floor(baseline.centre)) {
        rounded(baseline.centre, 4)
    } else {
        expected
    };
    format!("{} breaks the usual form of {} samples: {usual} would go on as it began", told.value(), number(baseline.window as f64))
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
