//! What `auto` calls what it flags, and since when: known patterns planted into several kinds of noise at three paces.

use super::tests::auto;
use super::*;
use crate::detect::auto_course::{By, Course, Named};
use crate::stats::random::Random;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Steps in seconds, and the samples of normal life before the event where the day has no course.
const STEPS: [i64; 3] = [1, 60, 300];
const LIFE: usize = 1_500;
/// Days before the event where it has.
const DAYS: usize = 6;
/// Samples from the first flag in which the name must be right.
const SOON: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Noise {
    Normal,
    Alike,
    Heavy,
    Counts,
    Daily,
}

const PLANTED: [(&str, &[Pattern]); 10] = [
    ("spike", &[Pattern::Spike]),
    ("dip", &[Pattern::Dip]),
    ("level up", &[Pattern::LevelShift]),
    ("level down", &[Pattern::LevelShift]),
    ("drift", &[Pattern::Drift]),
    ("wider", &[Pattern::VarianceChange]),
    ("narrower", &[Pattern::VarianceChange]),
    ("flat", &[Pattern::FlatLine]),
    ("day", &[Pattern::SeasonalBreak]),
    ("shape", &[Pattern::Shape]),
];

/// The noise of a kind, of deviation one.
fn noise(kind: Noise, random: &mut Random, last: &mut f64) -> f64 {
    let z = random.normal();
    match kind {
        Noise::Alike => {
            *last = 0.8 * *last + 0.6 * z;
            *last
        }
        // Student's t with four degrees of freedom.
        Noise::Heavy => {
            let square = (0..4).map(|_| random.normal().powi(2)).sum::<f64>() / 4.0;
            z / square.sqrt() / std::f64::consts::SQRT_2
        }
        Noise::Normal | Noise::Counts | Noise::Daily => z,
    }
}

/// The course of a day at `at` seconds: a peak of 60 in the afternoon, nothing at night.
fn daily(at: i64) -> f64 {
    60.0 * ((at % 86_400) as f64 / 86_400.0 * std::f64::consts::TAU - 1.0).sin().max(0.0)
}

/// Values before and in an event, and the place of its first.
fn planted(what: &str, kind: Noise, seconds: i64, seed: u64) -> (Vec<f64>, usize) {
    let mut random = Random::new(seed);
    let (mut last, mut held) = (0.0, 0.0);
    let day = (86_400 / seconds) as usize;
    let begin = match (kind, what) {
        // In the morning for a day that misses its peak, else at some hour.
        (Noise::Daily, "day") => DAYS * day + day / 6,
        (Noise::Daily, _) => DAYS * day + (seed as usize % 7) * day / 7,
        _ => LIFE,
    };
    let form = |i: usize| (i as f64 / 24.0 * std::f64::consts::TAU).sin();
    let length = if what == "day" { day / 2 } else { 400 };
    let values = (0..begin + length).map(|i| {
        let since = i.checked_sub(begin);
        let z = noise(kind, &mut random, &mut last);
        let base = match (kind, what) {
            (Noise::Daily, "day") if since.is_some() => daily((begin as i64) * seconds),
            (Noise::Daily, _) => daily(i as i64 * seconds),
            // A form that is gone through backward, or twice as fast.
            (_, "shape") => 10.0 * if since.is_some_and(|n| n < 96) { form(2 * i) } else { form(i) },
            _ => 0.0,
        };
        let event = match (what, since) {
            ("spike", Some(0)) => z + 14.0,
            ("dip", Some(0)) => z - 14.0,
            ("level up", Some(_)) => z + 9.0,
            ("level down", Some(_)) => z - 9.0,
            ("drift", Some(n)) => z + 0.06 * n as f64,
            ("wider", Some(_)) => 4.0 * z,
            ("narrower", Some(_)) => 0.15 * z,
            _ => z,
        };
        let x = 100.0 + base + 3.0 * event;
        let x = if kind == Noise::Counts { x.round().max(0.0) } else { x };
        if what == "flat" && since.is_some() {
            return held;
        }
        held = x;
        x
    });
    (values.collect(), begin)
}

/// The first flag of the event and the last one soon after it: place, name, since.
type Told = (usize, Pattern, Option<Timestamp>);

fn told(what: &str, kind: Noise, seconds: i64, seed: u64, hold: bool) -> (usize, Option<(Told, Told)>) {
    let (values, begin) = planted(what, kind, seconds, seed);
    let mut detector = auto("balanced");
    let mut flags: Vec<Told> = Vec::new();
    for (i, &x) in values.iter().enumerate() {
        let (at, x) = (Timestamp::from_millis(i as i64 * seconds * 1000), [x]);
        let seen = Observation::Numbers(&x);
        let verdict = detector.judge(at, &seen);
        let flagged = verdict.scored().filter(|scored| scored.flagged && i >= begin);
        if let Some(scored) = flagged
            && flags.first().is_none_or(|first| i < first.0 + SOON)
        {
            flags.push((i, scored.pattern, scored.baseline.since));
        }
        if flagged.is_none() || !hold {
            detector.learn(at, &seen);
        }
        let over = matches!(what, "spike" | "dip") && i > begin + 1;
        if over || flags.first().is_some_and(|first| i > first.0 + SOON) {
            break;
        }
    }
    (begin, flags.first().copied().zip(flags.last().copied()))
}

/// What came of all series of one pattern in one kind of noise.
#[derive(Default)]
struct Row {
    first: BTreeMap<&'static str, usize>,
    soon: BTreeMap<&'static str, usize>,
    right: usize,
    all: usize,
    silent: usize,
    /// Samples from the true begin to the told one.
    onset: Vec<i64>,
}

impl Row {
    fn add(&mut self, other: &Row) {
        for (mine, theirs) in [(&mut self.first, &other.first), (&mut self.soon, &other.soon)] {
            for (word, n) in theirs {
                *mine.entry(word).or_default() += n;
            }
        }
        (self.right, self.all, self.silent) = (self.right + other.right, self.all + other.all, self.silent + other.silent);
        self.onset.extend(&other.onset);
    }

    fn text(&self) -> String {
        let onset = self.middle().map_or_else(String::new, |middle| format!(", begins {middle} samples off"));
        format!("{}/{} right, {} not flagged, first {:?}, then {:?}{onset}", self.right, self.all, self.silent, self.first, self.soon)
    }

    fn middle(&self) -> Option<i64> {
        let mut onset = self.onset.clone();
        onset.sort_unstable();
        onset.get(onset.len() / 2).copied()
    }
}

/// Each pattern in each kind of noise that suits it, at each pace.
fn each(seeds: u64, quick: bool, mut of: impl FnMut(&'static str, &'static [Pattern], Noise, i64, u64)) {
    for (what, names) in PLANTED {
        for kind in [Noise::Normal, Noise::Alike, Noise::Heavy, Noise::Counts, Noise::Daily] {
            for seconds in STEPS {
                let fits = (what == "day") <= (kind == Noise::Daily) && (what != "shape" || kind == Noise::Normal);
                // A week of seconds takes too long for a test, and one of minutes where all of the detector runs.
                let short = kind != Noise::Daily || seconds >= if quick { 60 } else { 300 };
                if fits && short {
                    for seed in 0..seeds {
                        of(what, names, kind, seconds, seed * 31 + seconds as u64);
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_flagged_is_called_right_soon_and_its_begin_is_known() {
    let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
    each(4, false, |what, names, kind, seconds, seed| {
        let (begin, found) = told(what, kind, seconds, seed, true);
        let row = rows.entry(what).or_default();
        let Some((first, last)) = found else {
            row.silent += 1;
            return;
        };
        *row.first.entry(first.1.word()).or_default() += 1;
        *row.soon.entry(last.1.word()).or_default() += 1;
        let right = names.contains(&last.1);
        (row.all, row.right) = (row.all + 1, row.right + usize::from(right));
        row.onset.extend(last.2.filter(|_| right).map(|since| since.as_millis() / 1000 / seconds - begin as i64));
    });
    let text: String = rows.iter().fold(String::new(), |mut out, (what, row)| {
        let _ = writeln!(out, "{what:11} {}", row.text());
        out
    });
    let mut levels = Row::default();
    for what in ["level up", "level down"] {
        levels.add(&rows[what]);
    }
    // In percent of those that are flagged, of the names by the twentieth sample from the first flag.
    for (row, least) in [(&rows["spike"], 95), (&rows["dip"], 95), (&levels, 85), (&rows["drift"], 70), (&rows["wider"], 40)] {
        assert!(row.all >= 20 && row.right * 100 >= row.all * least, "at least {least} %: {}\n{text}", row.text());
    }
    assert!(rows["spike"].onset.is_empty() && levels.middle() == Some(0), "{text}");
    assert!(rows["drift"].middle().is_some_and(|off| off.abs() <= 20), "{text}");
}

/// The name of the twentieth sample of an event (of a spike the first, of a day the one at its missed peak), flagged or not.
fn asked(what: &str, kind: Noise, seconds: i64, seed: u64) -> Named {
    let (values, begin) = planted(what, kind, seconds, seed);
    let mut course = Course::new();
    let place = match what {
        "spike" | "dip" => begin,
        "day" => begin + (5 * 3_600 / seconds) as usize,
        "drift" => begin + 150,
        _ => begin + SOON - 1,
    };
    let by = match what {
        "flat" | "narrower" | "shape" => By::Form,
        "dip" | "level down" | "day" => By::Below,
        _ => By::Above,
    };
    for (i, &x) in values.iter().enumerate().take(place + 1) {
        let at = Timestamp::from_millis(i as i64 * seconds * 1000);
        course.show(at, x);
        if i == place {
            return course.name(at, x, by);
        }
        course.learn(at, x);
    }
    unreachable!("an event begins within its values")
}

#[test]
fn asked_of_any_sample_the_name_is_mostly_right() {
    let mut rows: BTreeMap<(&'static str, Noise), Row> = BTreeMap::new();
    each(6, true, |what, names, kind, seconds, seed| {
        let named = asked(what, kind, seconds, seed);
        let row = rows.entry((what, kind)).or_default();
        // Of a drift within what is usual at other hours, that is as true.
        let other = (kind, what, named.pattern) == (Noise::Daily, "drift", Pattern::SeasonalBreak);
        *row.soon.entry(named.pattern.word()).or_default() += 1;
        (row.all, row.right) = (row.all + 1, row.right + usize::from(other || names.contains(&named.pattern)));
    });
    for ((what, kind), row) in &rows {
        let least = match (*what, kind) {
            ("wider" | "narrower", Noise::Alike) => 30,
            ("wider" | "narrower", _) => 60,
            ("shape", _) => 80,
            _ => 90,
        };
        assert!(row.right * 100 >= row.all * least, "{what} in {kind:?}, at least {least} %: {}", row.text());
    }
}
