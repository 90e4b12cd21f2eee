//! The sentence that says why an observation was flagged.
//!
//! Made only for what is flagged or opened, from the plain numbers of the verdict. Each kind says
//! it in its own file, with the words that stand here; the log, the anomaly table and the notices
//! meet it. Names and labels come from data: whoever draws the sentence makes it `Safe` first.

use super::DetectorSpec;
use super::kind::Params;
use crate::model::number::{number, rounded};
use crate::model::{Band, Scored, Subject};
use std::fmt::Write as _;

/// Digits of a figure that was computed; the data's own figures are told with more.
const DIGITS: usize = 4;
/// Longest label value told in full, in characters.
const LABEL: usize = 40;
/// Most labels, and most numbers of an observation, told by name.
const NAMED: usize = 4;

/// One plain sentence: why `x` got this verdict.
///
/// `name` is what the number is called where there is one: the metric or the field. `dims` are the
/// names of several, and `unit` the unit of the one judged, empty or `1` for none.
pub fn why(spec: &DetectorSpec, name: &str, subject: &Subject, x: &[f64], dims: &[&str], unit: &str, scored: &Scored) -> String {
    let told = Told { params: &spec.params, name, subject, x, dims, unit, scored };
    match super::kind(scored.baseline.kind) {
        Some(kind) => (kind.explain)(&told),
        None => format!("{} scores {}, above {}", told.value(), rounded(scored.score, 2), rounded(scored.threshold, 2)),
    }
}

/// All a kind needs to explain a verdict.
#[derive(Debug)]
pub struct Told<'a> {
    /// The detector's parameters.
    pub params: &'a Params,
    /// What the number is called where there is one.
    pub name: &'a str,
    /// What was judged.
    pub subject: &'a Subject,
    /// The numbers judged.
    pub x: &'a [f64],
    /// Their names where there are several.
    pub dims: &'a [&'a str],
    /// The unit of the number judged.
    pub unit: &'a str,
    /// The verdict.
    pub scored: &'a Scored,
}

impl Told<'_> {
    /// Whether several numbers were judged together.
    pub fn several(&self) -> bool {
        self.x.len() > 1
    }

    /// The number that deviates most.
    pub fn x(&self) -> f64 {
        self.x.get(self.scored.baseline.dimension).copied().unwrap_or(f64::NAN)
    }

    /// The name of the number that deviates most.
    pub fn dimension(&self) -> &str {
        self.name_of(self.scored.baseline.dimension)
    }

    fn name_of(&self, dimension: usize) -> &str {
        let name = if self.several() || self.name.is_empty() { self.dims.get(dimension).copied() } else { None };
        let name = name.unwrap_or(self.name);
        if name.is_empty() { "value" } else { name }
    }

    /// `x` with its unit: `500 ms`.
    pub fn number(&self, x: f64) -> String {
        if matches!(self.unit, "" | "1") || self.several() { number(x) } else { format!("{} {}", number(x), self.unit) }
    }

    /// The number that deviates most, by name, and of what: `amount 9,412 CNY of user_id 17`.
    pub fn value(&self) -> String {
        format!("{} {}{}", self.dimension(), self.number(self.x()), self.of())
    }

    /// All numbers by name, and of what: `amount 9,412, items 3 of user_id 17`.
    pub fn values(&self) -> String {
        if !self.several() {
            return self.value();
        }
        let mut out = String::new();
        for (dimension, &x) in self.x.iter().enumerate().take(NAMED) {
            let comma = if dimension == 0 { "" } else { ", " };
            let _ = write!(out, "{comma}{} {}", self.name_of(dimension), number(x));
        }
        if self.x.len() > NAMED {
            let _ = write!(out, " and {} more", self.x.len() - NAMED);
        }
        out + &self.of()
    }

    /// Of what, by its labels: ` of region EU, provider alpha`; nothing where there are none.
    fn of(&self) -> String {
        let mut out = String::new();
        for (i, (name, value)) in self.subject.labels().iter().take(NAMED).enumerate() {
            let (start, mut short) = (if i == 0 { " of" } else { "," }, value.chars());
            let kept: String = short.by_ref().take(LABEL).collect();
            let cut = if short.next().is_some() { "…" } else { "" };
            let _ = write!(out, "{start} {name} {kept}{cut}");
        }
        out
    }

    /// The expected band at the end of a sentence: ` (expected 12–1,204)`; nothing where there is none.
    pub fn expected(&self) -> String {
        self.scored.expected.map_or_else(String::new, |expected| format!(" (expected {})", band(expected)))
    }

    /// The expected band within brackets: `; usual 41–68`; nothing where there is none.
    pub fn usual(&self) -> String {
        self.scored.expected.map_or_else(String::new, |expected| format!("; usual {}", band(expected)))
    }
}

/// A band in words: `12–1,204`, `-5 to 3`, `at most 1,204`.
pub fn band(band: Band) -> String {
    let (low, high) = (rounded(band.low, DIGITS), rounded(band.high, DIGITS));
    match (band.low.is_finite(), band.high.is_finite()) {
        (true, true) if band.low < 0.0 => format!("{low} to {high}"),
        (true, true) => format!("{low}–{high}"),
        (false, true) => format!("at most {high}"),
        (true, false) => format!("at least {low}"),
        (false, false) => "anything".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::kind::ParamValue;
    use crate::detect::{DetectorOn, kind};
    use crate::model::{LabelSet, Observation, SeriesKey, Timestamp, Verdict};

    fn spec(kind: &'static str, params: &[(&str, f64)]) -> DetectorSpec {
        DetectorSpec {
            name: "odd".into(),
            kind,
            on: DetectorOn::Metric("m".into()),
            params: Params(params.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()),
            keys_max: 1,
        }
    }

    /// The sentence for `x` after the history was learned.
    fn told(spec: &DetectorSpec, labels: LabelSet, dims: &[&str], unit: &str, history: &[&[f64]], x: &[f64]) -> String {
        let mut detector = (kind(spec.kind).unwrap().build)(&spec.params, 1);
        for point in history {
            detector.learn(Timestamp::default(), &Observation::Numbers(point));
        }
        let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(x));
        let Verdict::Scored(scored) = verdict else { panic!("still learning") };
        let subject = Subject::Series(SeriesKey::new("m", labels));
        why(spec, dims[0], &subject, x, dims, unit, &scored)
    }

    #[test]
    fn sigma_says_how_far_from_what() {
        let history: Vec<[f64; 1]> = (0..300).map(|i| [200.0 + f64::from(i % 29)]).collect();
        let history: Vec<&[f64]> = history.iter().map(<[f64; 1]>::as_slice).collect();
        let labels = LabelSet::new([("user_id", "48213")]);
        let text = told(&spec("sigma", &[("window", 200.0)]), labels, &["amount"], "CNY", &history, &[9412.0]);
        insta::assert_snapshot!(text, @"amount 9,412 CNY of user_id 48213 is 1,090σ above the mean 214 of the last 200 (expected 188.7–239.4)");
        let constant = vec![&[5.0][..]; 40];
        let text = told(&spec("sigma", &[]), LabelSet::none(), &["replicas"], "1", &constant, &[4.0]);
        insta::assert_snapshot!(text, @"replicas 4 is not 5, the constant value of all 40 so far");
    }

    #[test]
    fn threshold_names_its_limit() {
        let text = told(&spec("threshold", &[("above", 500.0)]), LabelSet::none(), &["latency"], "ms", &[], &[842.0]);
        insta::assert_snapshot!(text, @"latency 842 ms is above the threshold 500 ms");
        let text = told(&spec("threshold", &[("below", 10.0)]), LabelSet::none(), &["stock"], "", &[], &[3.0]);
        insta::assert_snapshot!(text, @"stock 3 is below the threshold 10");
    }

    #[test]
    fn a_held_threshold_names_its_clear_value() {
        let spec = spec("threshold", &[("above", 500.0), ("clear", 400.0)]);
        let mut detector = (kind("threshold").unwrap().build)(&spec.params, 1);
        let mut text = String::new();
        for x in [842.0, 450.0] {
            let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(&[x]));
            let subject = Subject::Series(SeriesKey::new("latency", LabelSet::none()));
            text = why(&spec, "latency", &subject, &[x], &[], "ms", verdict.scored().unwrap());
        }
        insta::assert_snapshot!(text, @"latency 450 ms is still above the clear value 400 ms of the threshold 500 ms");
    }

    #[test]
    fn the_forest_names_its_limit_and_what_is_usual() {
        let history: Vec<[f64; 1]> = (0..512).map(|i| [40.0 + f64::from(i * 37 % 101) * 0.25]).collect();
        let history: Vec<&[f64]> = history.iter().map(<[f64; 1]>::as_slice).collect();
        let text = told(&spec("isolation-forest", &[("refit", 512.0), ("min", 512.0)]), LabelSet::none(), &[""], "", &history, &[97.3]);
        insta::assert_snapshot!(text, @"value 97.3 scores 0.89, above 0.56, the limit of the oddest 10 % (isolation forest over 512 points; usual 41.6–63.76)");
        let history: Vec<[f64; 2]> = (0..300).map(|i| [f64::from(i % 23), f64::from(i % 17)]).collect();
        let history: Vec<&[f64]> = history.iter().map(<[f64; 2]>::as_slice).collect();
        let text = told(&spec("isolation-forest", &[("min", 300.0)]), LabelSet::none(), &["amount", "items"], "", &history, &[9412.0, 3.0]);
        insta::assert_snapshot!(text, @"amount 9,412, items 3 score 0.87, above 0.58, the limit of the oddest 10 % (isolation forest over 300 points; amount is farthest from its usual 11)");
    }

    #[test]
    fn bands_read_well() {
        assert_eq!(band(Band::new(12.0, 1204.0)), "12–1,204");
        assert_eq!(band(Band::new(-5.0, 3.0)), "-5 to 3");
        assert_eq!(band(Band::new(f64::NEG_INFINITY, 7.25)), "at most 7.25");
        assert_eq!(band(Band::new(7.25, f64::INFINITY)), "at least 7.25");
    }

    #[test]
    fn long_labels_and_many_numbers_are_cut() {
        let spec = spec("sigma", &[("min", 2.0)]);
        let labels = LabelSet::new([("a", "x".repeat(100))]);
        let point = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let scored = Scored {
            score: 0.5,
            threshold: 0.5,
            flagged: true,
            expected: None,
            pattern: crate::model::Pattern::Combination,
            baseline: crate::model::Baseline::none("sigma"),
        };
        let subject = Subject::Key { stream: "s".into(), labels };
        let told = Told {
            params: &spec.params,
            name: "",
            subject: &subject,
            x: &point,
            dims: &["a", "b", "c", "d", "e", "f"],
            unit: "",
            scored: &scored,
        };
        assert_eq!(told.values(), format!("a 1, b 2, c 3, d 4 and 2 more of a {}…", "x".repeat(40)));
    }
}
