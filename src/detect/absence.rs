//! `absence`: nothing comes where something was due.
//!
//! It learns how far apart observations usually come, see [`Lengths`], and is odd once the silence
//! is much longer than that; it stays so until the next observation. What is observed does not
//! matter, that it came does. A silence that has come twice, such as a pause every night, is usual.

use super::explain::Told;
use super::kind::{Kind, Param, Params, Sees, whole};
use super::score::{HALF, judged, squash};
use super::state::{Reader, floats, state};
use crate::model::{Baseline, Basis, Detector, Millis, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::lengths::Lengths;
use serde_json::{Value, json};

const NAME: &str = "absence";
/// Intervals before the first judgement: fewer do not tell a regular source from an irregular one.
const MIN: f64 = 10.0;
/// Most intervals of the learning time.
const MIN_MAX: f64 = 100_000.0;
/// The longest `after`: ten years, in seconds.
const AFTER_MAX: f64 = 315_576_000.0;
/// A regular source may leave out three before it is missed: one late, one lost and one to be sure.
const MEDIANS: f64 = 4.0;
/// An irregular one may be silent for twice its longest: for intervals at random that is once in months.
const LONGEST: f64 = 2.0;
/// No silence below two seconds is odd: delivery itself dithers by as much.
const LEAST: f64 = 2_000.0;

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds silence: no sample for much longer than usual",
    source: "dead-man's switch; the limit from the median and the longest of the intervals seen",
    sees: Sees::Numbers,
    ticks: true,
    params: &[
        Param::number("after", "seconds of silence that are odd; learned from the intervals unless stated", "", 0.001, AFTER_MAX),
        Param::number("min", "intervals needed before the first judgement", "10", 2.0, MIN_MAX),
    ],
    check: |params| whole(params, &["min"]),
    build: |params, _salt| Box::new(Absence::new(params)),
    explain,
    keys_max: 0,
};

struct Absence {
    /// In milliseconds, where it is given.
    after: Option<f64>,
    needed: u64,
    /// The last observation.
    last: Option<Timestamp>,
    /// Before the first one: the first moment at which one could have come.
    begun: Option<Timestamp>,
    intervals: Lengths,
    /// How long the silence was when it was last looked at, in milliseconds.
    silent: f64,
}

impl Absence {
    fn new(params: &Params) -> Self {
        let after = params.optional("after").map(|seconds| seconds * 1000.0);
        let needed = params.number("min", MIN) as u64;
        Self { after, needed, last: None, begun: None, intervals: Lengths::new(MEDIANS, LONGEST, LEAST), silent: 0.0 }
    }

    fn limit(&self) -> f64 {
        self.after.unwrap_or(self.intervals.limit())
    }

    fn verdict(&self, silence: f64, since: Option<Timestamp>) -> Verdict {
        let seen = self.intervals.seen();
        if self.after.is_none() && seen < self.needed {
            return Verdict::Learning { seen, needed: self.needed };
        }
        let limits = silence / self.limit();
        Verdict::Scored(Scored {
            score: squash(limits),
            threshold: HALF,
            flagged: limits > 1.0,
            // The band of the values is not known, and that of the intervals is no band of values.
            expected: None,
            pattern: Pattern::Missing,
            baseline: Baseline {
                basis: if self.after.is_some() { Basis::Limit } else { Basis::Interval },
                centre: self.after.unwrap_or(self.intervals.usual()) / 1000.0,
                scale: if self.after.is_some() { f64::NAN } else { self.intervals.longest() / 1000.0 },
                n: seen,
                distance: silence / 1000.0,
                since,
                ..Baseline::none(NAME)
            },
        })
    }
}

/// Whether something was observed at all.
fn came(x: &Observation<'_>) -> bool {
    match x {
        Observation::Numbers(_) => judged(x, 0).is_some(),
        Observation::Category(_) => true,
        Observation::Group(members) => members.iter().any(|member| member.1.is_finite()),
    }
}

impl Detector for Absence {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        // Whatever came ends the silence.
        if came(x) { self.verdict(0.0, None) } else { Verdict::Learning { seen: self.intervals.seen(), needed: self.needed } }
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        if !came(x) {
            return;
        }
        let interval = self.last.map_or(0, |last| at.since(last).get());
        if interval > 0 {
            self.intervals.push(interval as f64, self.needed);
        }
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        self.begun = None;
        self.silent = 0.0;
    }

    fn missing(&mut self, now: Timestamp) -> Option<Verdict> {
        if self.last.is_none() && (self.after.is_some() || self.intervals.seen() >= self.needed) {
            self.begun.get_or_insert(now);
        }
        let last = self.last.or(self.begun)?;
        self.silent = now.since(last).get().max(0) as f64;
        Some(self.verdict(self.silent, Some(last)))
    }

    fn resume(&mut self) {
        (self.last, self.begun, self.silent) = (None, None, 0.0);
    }

    fn accept(&mut self) {
        self.intervals.accept(self.silent);
    }

    fn save(&self) -> Value {
        let (seen, numbers) = self.intervals.save();
        let (last, begun) = (json!(self.last.map(Timestamp::as_millis)), json!(self.begun.map(Timestamp::as_millis)));
        state(
            NAME,
            [("seen", seen.into()), ("last", last), ("begun", begun), ("silent", floats([self.silent])), ("intervals", floats(numbers))],
        )
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let reader = Reader::new(NAME, state)?;
        let (seen, numbers, silent) = (reader.count("seen")?, reader.floats("intervals")?, reader.floats("silent")?);
        let &[silent] = &silent[..] else { return Err(Reader::fault("silent", "one length")) };
        let fault = || Reader::fault("intervals", "lengths of time");
        self.intervals.restore(seen, &numbers).ok_or_else(fault)?;
        let moment = |name: &str| state.get(name).and_then(Value::as_i64).map(Timestamp::from_millis);
        (self.last, self.begun) = (moment("last"), moment("begun"));
        self.silent = silent;
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.intervals.memory()
    }
}

/// A length in seconds as people say it: to the second, below ten to its tenth, below one to the millisecond.
fn length(seconds: f64) -> Millis {
    let ms = if seconds < 1.0 {
        1.0
    } else if seconds < 10.0 {
        100.0
    } else {
        1_000.0
    };
    Millis::new(((seconds * 1000.0 / ms).round() * ms) as i64)
}

fn explain(told: &Told<'_>) -> String {
    let baseline = &told.scored.baseline;
    let what = format!("{}{}", told.dimension(), told.of());
    let (centre, longest) = (length(baseline.centre), length(baseline.scale));
    let usual = match baseline.basis {
        Basis::Limit => format!("one is due at least every {centre}"),
        _ if longest > centre => format!("usually one every {centre} (at most {longest})"),
        _ => format!("usually one every {centre}"),
    };
    if baseline.since.is_none() {
        return format!("a sample of {what} has come; {usual}");
    }
    format!("no sample of {what} for {}, {usual}", length(baseline.distance))
}

#[cfg(test)]
#[path = "absence_tests.rs"]
mod tests;
