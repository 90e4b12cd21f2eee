//! The sentence that says why an observation was flagged.
//!
//! Made only for what is flagged or opened, from the plain numbers of the verdict. Each kind says
//! it in its own file, with the words that stand here; the log, the anomaly table and the notices
//! meet it. Names and labels come from data: whoever draws the sentence makes it `Safe` first.

use super::kind::{ParamValue, Params};
use crate::model::number::{number, rounded};
use crate::model::{Band, Basis, Contribution, Observation, Pattern, Scored, Subject, Timestamp};
use std::fmt::Write as _;

/// Digits of a figure that was computed; the data's own figures are told with more.
const DIGITS: usize = 4;
/// Longest label value told in full, in characters.
const LABEL: usize = 40;
/// Most labels, and most numbers of an observation, told by name.
const NAMED: usize = 4;
/// Parts of a deviation told in the sentence; the detail view has them all.
const TOLD_PARTS: usize = 2;
/// A part that carries less than a quarter explains little.
const TOLD_SHARE: f64 = 0.25;
/// From so much on, one part is all of it.
const ALL: f64 = 0.99;

/// One plain sentence: why an observation got its verdict.
///
/// What the kind itself says, then what all kinds have in common: what carries the deviation and
/// since when it is so. Moments are told in UTC, so that a replay elsewhere gives the same bytes.
pub fn why(told: &Told<'_>) -> String {
    match told.unit {
        "1" => scaled(told, 100.0, "%"),
        "By" => in_bytes(told, ["B", "KiB", "MiB", "GiB", "TiB"]),
        "By/s" => in_bytes(told, ["B/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s"]),
        unit => sentence(&Told { unit: shown(unit), ..*told }),
    }
}

/// The sentence of bytes, in the unit that suits the value: nine digits cannot be read at a glance.
fn in_bytes(told: &Told<'_>, units: [&str; 5]) -> String {
    let mut factor = 1.0;
    let mut units = units.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if told.x().abs() * factor < 1024.0 {
            break;
        }
        (factor, unit) = (factor / 1024.0, larger);
    }
    scaled(told, factor, unit)
}

/// A unit as people write it: the one in `1/s` says nothing.
fn shown(unit: &str) -> &str {
    match unit {
        "Cel" => "°C",
        other => other.strip_prefix('1').filter(|rest| rest.starts_with('/')).unwrap_or(other),
    }
}

/// A computed value, to a hundredth: further digits say nothing. Tiny ones keep theirs.
fn told_digits(x: f64) -> f64 {
    if x.abs() < 0.1 || x.abs() > 1e12 { x } else { (x * 100.0).round() / 100.0 }
}

/// The sentence with all numbers times `factor`, in `unit`, as the columns beside it are: of a share in percent.
fn scaled(told: &Told<'_>, factor: f64, unit: &str) -> String {
    let mut scored = *told.scored;
    if !matches!(scored.baseline.basis, Basis::None | Basis::Interval | Basis::Values) {
        scored.baseline.centre *= factor;
        scored.baseline.scale *= factor;
    }
    scored.expected = scored.expected.map(|band| Band::new(band.low * factor, band.high * factor));
    let mut params = told.params.clone();
    if scored.baseline.kind == "threshold" {
        for limit in params.0.values_mut() {
            if let ParamValue::Number(x) = limit {
                *x *= factor;
            }
        }
    }
    let told = Told { params: &params, scored: &scored, unit, ..*told };
    match told.seen {
        Observation::Numbers(x) => {
            let x: Vec<f64> = x.iter().map(|x| told_digits(x * factor)).collect();
            sentence(&Told { seen: Observation::Numbers(&x), ..told })
        }
        Observation::Group(members) => {
            let members: Vec<(&str, f64)> = members.iter().map(|(name, x)| (*name, x * factor)).collect();
            sentence(&Told { seen: Observation::Group(&members), ..told })
        }
        Observation::Category(_) => sentence(&told),
    }
}

fn sentence(told: &Told<'_>) -> String {
    let mut sentence = match super::kind(told.scored.baseline.kind) {
        Some(kind) => (kind.explain)(told),
        None => format!("{} scores {}, above {}", told.value(), rounded(told.scored.score, 2), rounded(told.scored.threshold, 2)),
    };
    if told.scored.flagged {
        told.tail(&mut sentence);
    }
    sentence
}

/// All a kind needs to explain a verdict.
#[derive(Debug)]
pub struct Told<'a> {
    /// The detector's parameters.
    pub params: &'a Params,
    /// What the number is called where there is one: the metric or the field.
    pub name: &'a str,
    /// What was judged.
    pub subject: &'a Subject,
    /// When.
    pub at: Timestamp,
    /// The observation judged.
    pub seen: Observation<'a>,
    /// The names of the numbers where there are several.
    pub dims: &'a [&'a str],
    /// The unit of the number judged; empty or `1` for none.
    pub unit: &'a str,
    /// What carries the deviation, where that is known.
    pub contributions: &'a [Contribution],
    /// The verdict.
    pub scored: &'a Scored,
}

impl Told<'_> {
    /// Whether several numbers were judged together.
    pub fn several(&self) -> bool {
        match self.seen {
            Observation::Numbers(x) => x.len() > 1,
            Observation::Group(members) => members.len() > 1,
            Observation::Category(_) => false,
        }
    }

    /// The number that deviates most.
    pub fn x(&self) -> f64 {
        let dimension = self.scored.baseline.dimension;
        match self.seen {
            Observation::Numbers(x) => x.get(dimension).copied(),
            Observation::Group(members) => members.get(dimension).map(|member| member.1),
            Observation::Category(_) => None,
        }
        .unwrap_or(f64::NAN)
    }

    /// The category judged; empty for numbers.
    pub fn category(&self) -> &str {
        if let Observation::Category(text) = self.seen { text } else { "" }
    }

    /// What carries the deviation and since when: `; 91 % of it is provider=alpha; began 03:09 UTC`.
    fn tail(&self, out: &mut String) {
        // What the sentence has named already, and is all of it, needs no share; of many at once the list says it.
        let named = |part: &Contribution| {
            let grouped = matches!(self.seen, Observation::Group(_));
            grouped && (self.scored.pattern == Pattern::Combination || (part.share > ALL && &*part.what == self.dimension()))
        };
        let told = self.contributions.iter().filter(|part| part.share >= TOLD_SHARE && !named(part)).take(TOLD_PARTS);
        for (i, part) in told.enumerate() {
            let (start, of) = if i == 0 { ("; ", " of it is ") } else { (", ", " ") };
            let _ = write!(out, "{start}{} %{of}{}", rounded((part.share * 100.0).min(100.0), 2), cut(&part.what));
        }
        if let Some(since) = self.scored.baseline.since.filter(|since| *since < self.at) {
            let _ = write!(out, "; began {}", moment(since, self.at));
        }
    }

    /// The name of the number that deviates most.
    pub fn dimension(&self) -> &str {
        self.name_of(self.scored.baseline.dimension)
    }

    fn name_of(&self, dimension: usize) -> &str {
        if let Observation::Group(members) = self.seen {
            return members.get(dimension).map_or(self.name, |member| member.0);
        }
        let name = if self.several() || self.name.is_empty() { self.dims.get(dimension).copied() } else { None };
        let name = name.unwrap_or(self.name);
        if name.is_empty() { "value" } else { name }
    }

    /// `x` with its unit: `500 ms`.
    pub fn number(&self, x: f64) -> String {
        let mixed = self.several() && matches!(self.seen, Observation::Numbers(_));
        let computed = self.unit == "%" || self.unit.contains("iB");
        let number = |x| if computed { rounded(x, DIGITS) } else { number(x) };
        if matches!(self.unit, "" | "1") || mixed { number(x) } else { format!("{} {}", number(x), self.unit) }
    }

    /// The number that deviates most, or the category, by name, and of what: `amount 9,412 CNY of user_id 17`.
    pub fn value(&self) -> String {
        if let Observation::Category(text) = self.seen {
            return format!("{} {}{}", self.dimension(), cut(text), self.of());
        }
        format!("{} {}{}", self.dimension(), self.number(self.x()), self.of())
    }

    /// All numbers by name, and of what: `amount 9,412, items 3 of user_id 17`.
    pub fn values(&self) -> String {
        if !self.several() {
            return self.value();
        }
        let mut out = String::new();
        let x = self.seen.numbers();
        for (dimension, &x) in x.iter().enumerate().take(NAMED) {
            let comma = if dimension == 0 { "" } else { ", " };
            let _ = write!(out, "{comma}{} {}", self.name_of(dimension), number(x));
        }
        if x.len() > NAMED {
            let _ = write!(out, " and {} more", x.len() - NAMED);
        }
        out + &self.of()
    }

    /// Of what, by its labels: ` of region EU, provider alpha`; nothing where there are none.
    pub fn of(&self) -> String {
        let mut out = String::new();
        for (i, (name, value)) in self.subject.labels().iter().take(NAMED).enumerate() {
            let start = if i == 0 { " of" } else { "," };
            let _ = write!(out, "{start} {name} {}", cut(value));
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

/// A name from data, cut where it is long.
fn cut(text: &str) -> String {
    let mut rest = text.chars();
    let mut kept: String = rest.by_ref().take(LABEL).collect();
    if rest.next().is_some() {
        kept.push('…');
    }
    kept
}

/// A moment seen from `now`: the time of day in UTC, with the date where it is another day.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    const DAY: i64 = 86_400_000;
    let same_day = at.as_millis().div_euclid(DAY) == now.as_millis().div_euclid(DAY);
    let form = if same_day { "%H:%M UTC" } else { "%Y-%m-%d %H:%M UTC" };
    jiff::Timestamp::from_millisecond(at.as_millis()).map_or_else(|_| "long ago".to_owned(), |t| t.strftime(form).to_string())
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
    use crate::detect::{DetectorOn, DetectorSpec, kind};
    use crate::model::{LabelSet, SeriesKey, Verdict};

    fn spec(kind: &'static str, params: &[(&str, f64)]) -> DetectorSpec {
        DetectorSpec {
            name: "odd".into(),
            kind,
            on: DetectorOn::Metric("m".into()),
            params: Params(params.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect()),
            keys_max: 1,
            accept_after: DetectorSpec::ACCEPT_AFTER,
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
        let seen = Observation::Numbers(x);
        let (params, at, contributions) = (&spec.params, Timestamp::default(), &[][..]);
        why(&Told { params, name: dims[0], subject: &subject, at, seen, dims, unit, contributions, scored: &scored })
    }

    #[test]
    fn sigma_says_how_far_from_what() {
        let history: Vec<[f64; 1]> = (0..300).map(|i| [200.0 + f64::from(i % 29)]).collect();
        let history: Vec<&[f64]> = history.iter().map(<[f64; 1]>::as_slice).collect();
        let labels = LabelSet::new([("user_id", "48213")]);
        let text = told(&spec("sigma", &[("window", 200.0)]), labels, &["amount"], "CNY", &history, &[9412.0]);
        insta::assert_snapshot!(text, @"amount 9,412 CNY of user_id 48213 is 1,090σ above the mean 214 of the last 200 (expected 188.7–239.4)");
        let constant = vec![&[5.0][..]; 40];
        let text = told(&spec("sigma", &[]), LabelSet::none(), &["replicas"], "", &constant, &[4.0]);
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
    fn shares_are_told_in_percent_and_rates_without_a_one() {
        let text = told(&spec("threshold", &[("above", 0.4)]), LabelSet::none(), &["failed"], "1", &[], &[0.6667]);
        insta::assert_snapshot!(text, @"failed 66.67 % is above the threshold 40 %");
        let history: Vec<[f64; 1]> = (0..300).map(|i| [0.2 + f64::from(i % 29) / 1000.0]).collect();
        let history: Vec<&[f64]> = history.iter().map(<[f64; 1]>::as_slice).collect();
        let text = told(&spec("sigma", &[("window", 200.0)]), LabelSet::none(), &["cpu"], "1", &history, &[0.98]);
        insta::assert_snapshot!(text, @"cpu 98 % is 91σ above the mean 21.4 of the last 200 (expected 18.87–23.94)");
        let text = told(&spec("threshold", &[("above", 3e8)]), LabelSet::none(), &["written"], "By/s", &[], &[473_956_352.0]);
        insta::assert_snapshot!(text, @"written 452 MiB/s is above the threshold 286.1 MiB/s");
        let text = told(&spec("threshold", &[("above", 6.0)]), LabelSet::none(), &["errors"], "1/s", &[], &[22.0]);
        insta::assert_snapshot!(text, @"errors 22 /s is above the threshold 6 /s");
    }

    #[test]
    fn a_held_threshold_names_its_clear_value() {
        let spec = spec("threshold", &[("above", 500.0), ("clear", 400.0)]);
        let mut detector = (kind("threshold").unwrap().build)(&spec.params, 1);
        let mut text = String::new();
        for x in [842.0, 450.0] {
            let verdict = detector.judge(Timestamp::default(), &Observation::Numbers(&[x]));
            let subject = Subject::Series(SeriesKey::new("latency", LabelSet::none()));
            let (params, at, contributions, scored) = (&spec.params, Timestamp::default(), &[][..], verdict.scored().unwrap());
            let seen = Observation::Numbers(&[x]);
            text = why(&Told { params, name: "latency", subject: &subject, at, seen, dims: &[], unit: "ms", contributions, scored });
        }
        insta::assert_snapshot!(text, @"latency 450 ms is still above the clear value 400 ms of the threshold 500 ms");
    }

    #[test]
    fn the_forest_names_its_limit_and_what_is_usual() {
        let history: Vec<[f64; 1]> = (0..512).map(|i| [40.0 + f64::from(i * 37 % 101) * 0.25]).collect();
        let history: Vec<&[f64]> = history.iter().map(<[f64; 1]>::as_slice).collect();
        let text = told(&spec("isolation-forest", &[("refit", 512.0), ("min", 512.0)]), LabelSet::none(), &[""], "", &history, &[97.3]);
        insta::assert_snapshot!(text, @"value 97.3 is odd: usually 41.6–63.76 (score 0.89, the oddest 10 % of 512 points score above 0.56)");
        let history: Vec<[f64; 2]> = (0..300).map(|i| [f64::from(i % 23), f64::from(i % 17)]).collect();
        let history: Vec<&[f64]> = history.iter().map(<[f64; 2]>::as_slice).collect();
        let text = told(&spec("isolation-forest", &[("min", 300.0)]), LabelSet::none(), &["amount", "items"], "", &history, &[9412.0, 3.0]);
        insta::assert_snapshot!(text, @"amount 9,412, items 3 are odd: amount is usually around 11 (score 0.87, the oddest 10 % of 300 points score above 0.58)");
    }

    #[test]
    fn what_carries_it_and_since_when_end_the_sentence() {
        let subject = Subject::Series(SeriesKey::new("failures", LabelSet::none()));
        let baseline = crate::model::Baseline { since: Some(Timestamp::from_millis(189_000)), ..crate::model::Baseline::none("none") };
        let scored = Scored { score: 0.9, threshold: 0.5, flagged: true, expected: None, pattern: crate::model::Pattern::Spike, baseline };
        let parts = [("provider=alpha", 0.91), ("provider=beta", 0.09)];
        let contributions = parts.map(|(what, share)| Contribution { what: what.into(), share });
        let told = Told {
            params: &Params::default(),
            name: "failures",
            subject: &subject,
            at: Timestamp::from_millis(300_000),
            seen: Observation::Numbers(&[14.2]),
            dims: &[],
            unit: "%",
            contributions: &contributions,
            scored: &scored,
        };
        insta::assert_snapshot!(why(&told), @"failures 14.2 % scores 0.9, above 0.5; 91 % of it is provider=alpha; began 00:03 UTC");
        assert_eq!(moment(Timestamp::default(), Timestamp::from_millis(86_400_000)), "1970-01-01 00:00 UTC");
        let leap = Timestamp::from_millis(1_709_208_000_000);
        assert_eq!(moment(leap, Timestamp::default()), "2024-02-29 12:00 UTC");
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
            at: Timestamp::default(),
            seen: Observation::Numbers(&point),
            contributions: &[],
            dims: &["a", "b", "c", "d", "e", "f"],
            unit: "",
            scored: &scored,
        };
        assert_eq!(told.values(), format!("a 1, b 2, c 3, d 4 and 2 more of a {}…", "x".repeat(40)));
    }
}
