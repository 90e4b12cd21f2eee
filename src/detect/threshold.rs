//! `threshold`: a fixed limit, with hysteresis.
//!
//! The plainest detector, for limits people know beforehand: a disk 90 % full, a latency promised
//! to customers. With `clear`, a value that dithers around the limit is one trouble and not fifty.

use super::explain::Told;
use super::kind::{Kind, Param, Params, Sees};
use super::score::{HALF, bounded, judged, squash};
use super::state::{Reader, state};
use crate::model::number::number;
use crate::model::{Band, Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use crate::stats::welford::noise_floor;
use serde_json::Value;
use std::cmp::Ordering;

const NAME: &str = "threshold";

/// The kind, as the registry has it.
pub(super) static KIND: Kind = Kind {
    name: NAME,
    summary: "finds values above or below a fixed limit",
    source: "fixed limits with hysteresis (Schmitt trigger)",
    sees: Sees::Numbers,
    ticks: false,
    params: &[
        Param { name: "above", doc: "values above this are odd", default: "", min: f64::MIN, max: f64::MAX, words: &[], required: false },
        Param { name: "below", doc: "values below this are odd", default: "", min: f64::MIN, max: f64::MAX, words: &[], required: false },
        Param {
            name: "clear",
            doc: "an odd value stays odd until it is back at this one; the limit itself unless stated",
            default: "",
            min: f64::MIN,
            max: f64::MAX,
            words: &[],
            required: false,
        },
    ],
    check,
    build: |params, _salt| Box::new(Threshold::new(params)),
    explain,
    keys_max: 0,
};

fn check(params: &Params) -> Vec<(&'static str, String, String)> {
    let (above, below, clear) = (params.optional("above"), params.optional("below"), params.optional("clear"));
    let mut faults = Vec::new();
    match (above, below) {
        (None, None) => faults.push(("above", "neither above nor below is given".to_owned(), "write for instance above = 500".to_owned())),
        (Some(above), Some(below)) if below >= above => faults.push((
            "below",
            format!("below = {} leaves nothing usual under above = {}", number(below), number(above)),
            "below must be the smaller of the two".to_owned(),
        )),
        _ => {}
    }
    let Some(clear) = clear else { return faults };
    match (above, below) {
        (Some(_), Some(_)) => faults.push((
            "clear",
            "clear cannot belong to above and below at once".to_owned(),
            "make two detectors, one with above and one with below".to_owned(),
        )),
        (Some(above), None) if clear > above => faults.push((
            "clear",
            format!("clear = {} lies above the limit {}", number(clear), number(above)),
            format!("write a value up to {}", number(above)),
        )),
        (None, Some(below)) if clear < below => faults.push((
            "clear",
            format!("clear = {} lies below the limit {}", number(clear), number(below)),
            format!("write a value from {}", number(below)),
        )),
        _ => {}
    }
    faults
}

/// One limit: which side of it is odd, and from where on no longer.
#[derive(Clone, Copy, Debug)]
struct Limit {
    at: f64,
    clear: f64,
    /// 1: above is odd; -1: below is.
    side: f64,
    /// The distance from the limit that counts as one limit more.
    unit: f64,
}

impl Limit {
    fn new(at: f64, clear: f64, side: f64, other: Option<f64>) -> Self {
        // Half the usual range where it has two ends, else the limit's own size.
        let size = other.map_or(at.abs(), |other| (at / 2.0 - other / 2.0).abs());
        let unit = if size > noise_floor(0.0) { size } else { (at - clear).abs().max(1.0) };
        Self { at, clear, side, unit }
    }

    /// How far beyond, in limits: 1 is at the limit.
    fn distance(&self, x: f64) -> f64 {
        1.0 + self.side * (x / self.unit - self.at / self.unit)
    }

    fn is_beyond(&self, x: f64, limit: f64) -> bool {
        if self.side > 0.0 { x > limit } else { x < limit }
    }
}

struct Threshold {
    limits: Vec<Limit>,
    expected: Band,
    /// For each number of the observation and each limit, whether it was odd last time.
    held: Vec<bool>,
}

impl Threshold {
    fn new(params: &Params) -> Self {
        let (above, below) = (params.optional("above").map(bounded), params.optional("below").map(bounded));
        let clear = |limit: f64| params.optional("clear").map_or(limit, bounded);
        let limits = [above.map(|at| Limit::new(at, clear(at), 1.0, below)), below.map(|at| Limit::new(at, clear(at), -1.0, above))];
        Self {
            limits: limits.into_iter().flatten().collect(),
            expected: Band::new(below.unwrap_or(f64::NEG_INFINITY), above.unwrap_or(f64::INFINITY)),
            held: Vec::new(),
        }
    }
}

impl Detector for Threshold {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let unjudged = Verdict::Learning { seen: 0, needed: 0 };
        let Some(numbers) = judged(x, 0) else { return unjudged };
        self.held.resize(numbers.len() * self.limits.len(), false);
        let mut worst: Option<Scored> = None;
        for (place, held) in self.held.iter_mut().enumerate() {
            let (dimension, limit) = (place / self.limits.len(), self.limits[place % self.limits.len()]);
            let x = bounded(numbers[dimension]);
            let bar = if *held { limit.clear } else { limit.at };
            *held = limit.is_beyond(x, bar);
            // What is beyond the limit itself is told by that, also while the clear value would do.
            let named = if limit.is_beyond(x, limit.at) { limit.at } else { bar };
            let scored = Scored {
                score: squash(limit.distance(x)),
                threshold: HALF,
                flagged: *held,
                expected: Some(self.expected),
                pattern: if limit.side > 0.0 { Pattern::Spike } else { Pattern::Dip },
                baseline: Baseline { basis: Basis::Limit, centre: named, distance: x - limit.at, dimension, ..Baseline::none(NAME) },
            };
            let odder = worst.is_none_or(|worst| {
                let by_score = scored.score.total_cmp(&worst.score);
                scored.flagged.cmp(&worst.flagged).then(by_score) == Ordering::Greater
            });
            if odder {
                worst = Some(scored);
            }
        }
        worst.map_or(unjudged, Verdict::Scored)
    }

    fn learn(&mut self, _at: Timestamp, _x: &Observation<'_>) {}

    fn save(&self) -> Value {
        state(NAME, [("held", self.held.iter().copied().map(Value::from).collect())])
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let held = Reader::new(NAME, state)?.list("held")?;
        if !held.len().is_multiple_of(self.limits.len().max(1)) {
            return Err(Reader::fault("held", "a truth value for each limit"));
        }
        let held = held.iter().map(|held| held.as_bool().ok_or_else(|| Reader::fault("held", "truth values")));
        self.held = held.collect::<Result<_, _>>()?;
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>() + self.held.capacity() + self.limits.capacity() * size_of::<Limit>()
    }
}

fn explain(told: &Told<'_>) -> String {
    let (value, baseline) = (told.value(), &told.scored.baseline);
    let (side, limit) = if told.scored.pattern == Pattern::Dip {
        ("below", told.scored.expected.map(|band| band.low))
    } else {
        ("above", told.scored.expected.map(|band| band.high))
    };
    let limit = limit.unwrap_or(baseline.centre);
    if !told.scored.flagged {
        return format!("{value} is not {side} the threshold {}", told.number(limit));
    }
    if told.scored.expected.is_some_and(|band| band.contains(told.x())) {
        let clear = told.number(baseline.centre);
        return format!("{value} is still {side} the clear value {clear} of the threshold {}", told.number(limit));
    }
    format!("{value} is {side} the threshold {}", told.number(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::kind::ParamValue;
    use proptest::prelude::*;

    fn params(pairs: &[(&str, f64)]) -> Params {
        Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect())
    }

    fn flags(detector: &mut dyn Detector, values: &[f64]) -> Vec<bool> {
        let judge = |&x: &f64| detector.judge(Timestamp::default(), &Observation::Numbers(&[x]));
        values.iter().map(judge).map(|v| v.scored().unwrap().flagged).collect()
    }

    #[test]
    fn the_limit_itself_is_usual_and_beyond_it_is_odd() {
        let mut above = Threshold::new(&params(&[("above", 10.0)]));
        assert_eq!(flags(&mut above, &[9.0, 10.0, 10.5, 9.9]), [false, false, true, false]);
        let mut both = Threshold::new(&params(&[("above", 10.0), ("below", -10.0)]));
        assert_eq!(flags(&mut both, &[-11.0, 0.0, 11.0, -10.0]), [true, false, true, false]);
    }

    #[test]
    fn an_odd_value_stays_odd_until_it_is_clear() {
        let mut above = Threshold::new(&params(&[("above", 500.0), ("clear", 400.0)]));
        assert_eq!(flags(&mut above, &[450.0, 501.0, 450.0, 401.0, 400.0, 450.0]), [false, true, true, true, false, false]);
        let mut below = Threshold::new(&params(&[("below", 5.0), ("clear", 8.0)]));
        assert_eq!(flags(&mut below, &[6.0, 4.0, 7.0, 8.0, 7.0]), [false, true, true, false, false]);
    }

    #[test]
    fn of_several_numbers_the_oddest_counts() {
        let mut detector = Threshold::new(&params(&[("above", 10.0)]));
        let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(&[1.0, 30.0, 20.0]));
        let scored = verdict.scored().unwrap();
        assert!(scored.flagged);
        assert_eq!(scored.baseline.dimension, 1);
        assert!((scored.score - 0.9).abs() < 1e-12, "three limits: 9/10, not {}", scored.score);
    }

    #[test]
    fn faulty_parameters_are_told() {
        let faults = |pairs: &[(&str, f64)]| {
            check(&params(pairs)).into_iter().map(|(name, message, _)| format!("{name}: {message}")).collect::<Vec<_>>()
        };
        assert_eq!(faults(&[]), ["above: neither above nor below is given"]);
        assert_eq!(faults(&[("above", 5.0), ("below", 7.0)]), ["below: below = 7 leaves nothing usual under above = 5"]);
        assert_eq!(faults(&[("above", 5.0), ("clear", 7.0)]), ["clear: clear = 7 lies above the limit 5"]);
        assert_eq!(faults(&[("below", 5.0), ("clear", 3.0)]), ["clear: clear = 3 lies below the limit 5"]);
        assert_eq!(faults(&[("below", 1.0), ("above", 5.0), ("clear", 3.0)]), ["clear: clear cannot belong to above and below at once"]);
        assert!(faults(&[("above", 5.0), ("clear", 4.0)]).is_empty());
    }

    proptest! {
        #[test]
        fn scores_are_finite_and_at_the_limit_one_half(limit in prop::num::f64::NORMAL, x in prop::num::f64::NORMAL) {
            let mut detector = Threshold::new(&params(&[("above", limit)]));
            let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(&[x]));
            let scored = verdict.scored().unwrap();
            prop_assert!((0.0..=1.0).contains(&scored.score));
            prop_assert!(!scored.flagged || scored.score >= HALF);
        }
    }
}
