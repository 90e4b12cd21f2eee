//! A kind of detector: its name, its parameters with their ranges, and how one is made.

use super::explain::Told;
use crate::model::Detector;
use crate::model::number::number;
use std::collections::BTreeMap;

/// How alike an unknown name must be to a known one to be proposed (Jaro–Winkler).
const ALIKE: f64 = 0.75;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    /// A number.
    Number(f64),
    /// A word.
    Word(String),
    /// Yes or no.
    Flag(bool),
}

/// One parameter: what it means, what it may be.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it does, one sentence.
    pub doc: &'static str,
    /// Its default as it would be written; empty: none.
    pub default: &'static str,
    /// Lowest number.
    pub min: f64,
    /// Highest number.
    pub max: f64,
    /// The words it may be; empty for numbers and flags.
    pub words: &'static [&'static str],
    /// Must be given.
    pub required: bool,
}

impl Param {
    /// A number that may be left out.
    pub const fn number(name: &'static str, doc: &'static str, default: &'static str, min: f64, max: f64) -> Self {
        Self { name, doc, default, min, max, words: &[], required: false }
    }
}

/// Parameters by name, as the configuration gives them; [`Kind::check`] has been passed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(pub BTreeMap<String, ParamValue>);

impl Params {
    /// A number, or `default`.
    pub fn number(&self, name: &str, default: f64) -> f64 {
        if let Some(ParamValue::Number(x)) = self.0.get(name) { *x } else { default }
    }

    /// A number that may be absent.
    pub fn optional(&self, name: &str) -> Option<f64> {
        if let Some(ParamValue::Number(x)) = self.0.get(name) { Some(*x) } else { None }
    }

    /// A word, or `default`.
    pub fn word<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        if let Some(ParamValue::Word(w)) = self.0.get(name) { w } else { default }
    }

    /// A flag, or `default`.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        if let Some(ParamValue::Flag(b)) = self.0.get(name) { *b } else { default }
    }
}

/// What a kind judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// The samples of a series, or numbers of an event.
    Numbers,
    /// A text: a field's value, or the labels of a metric's series.
    Category,
    /// All series of a metric at one moment.
    Group,
}

/// A kind of detector.
#[derive(Debug)]
pub struct Kind {
    /// Its name in the configuration: `sigma`.
    pub name: &'static str,
    /// What it finds, one sentence.
    pub summary: &'static str,
    /// Where the method comes from.
    pub source: &'static str,
    /// What it judges.
    pub sees: Sees,
    /// Whether it is told of moments at which nothing came.
    pub ticks: bool,
    /// Its parameters.
    pub params: &'static [Param],
    /// Checks what single ranges cannot: returns (parameter, message, hint) for each fault.
    pub check: fn(&Params) -> Vec<(&'static str, String, String)>,
    /// Makes one. `salt` differs by key, for seeds and for staggering refits; the same salt gives the same detector.
    pub build: fn(&Params, salt: u64) -> Box<dyn Detector>,
    /// Says in one sentence why a verdict came out as it did.
    pub explain: fn(&Told<'_>) -> String,
    /// How many separate detectors are made for different keys before further keys share one; 0: no limit but the engine's.
    pub keys_max: usize,
}

impl Kind {
    /// All faults of parameters as given: unknown names, missing ones, wrong sorts, ranges and
    /// words, and what the kind itself finds. Each is (parameter, message, hint).
    pub fn check_params(&self, params: &Params) -> Vec<(String, String, String)> {
        let mut faults = Vec::new();
        for (name, value) in &params.0 {
            let fault = match self.params.iter().find(|param| param.name == name) {
                Some(param) => param.fault(value),
                None => Some((format!("{} has no parameter {name:?}", self.name), self.proposal(name))),
            };
            faults.extend(fault.map(|(message, hint)| (name.clone(), message, hint)));
        }
        for param in self.params.iter().filter(|param| param.required && !params.0.contains_key(param.name)) {
            faults.push((param.name.to_owned(), format!("{} needs {}", self.name, param.name), format!("{}: {}", param.name, param.doc)));
        }
        let told = |name: &str, faults: &[(String, String, String)]| faults.iter().any(|fault| fault.0 == name);
        for (name, message, hint) in (self.check)(params) {
            // One fault for each parameter is enough; the first names the cause.
            if !told(name, &faults) {
                faults.push((name.to_owned(), message, hint));
            }
        }
        faults
    }

    fn proposal(&self, name: &str) -> String {
        let alike = self.params.iter().map(|param| (strsim::jaro_winkler(param.name, name), param.name));
        let nearest = alike.filter(|(likeness, _)| *likeness >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((_, near)) => format!("did you mean {near:?}?"),
            None => format!("it has {}", list(self.params.iter().map(|param| param.name))),
        }
    }
}

impl Param {
    /// Whether it is a truth value.
    pub fn is_flag(&self) -> bool {
        self.words.is_empty() && matches!(self.default, "true" | "false")
    }

    /// What is wrong with `value` and what to write instead.
    fn fault(&self, value: &ParamValue) -> Option<(String, String)> {
        match value {
            ParamValue::Word(word) if !self.words.is_empty() => {
                let known = self.words.contains(&word.as_str());
                (!known).then(|| (format!("{word:?} is none of its words"), format!("write {}", list(self.words.iter().copied()))))
            }
            ParamValue::Number(x) if self.words.is_empty() && !self.is_flag() => {
                let within = (self.min..=self.max).contains(x);
                (!within).then(|| (format!("{} is out of range", number(*x)), format!("write a number {}", self.range())))
            }
            ParamValue::Flag(_) if self.is_flag() => None,
            _ => Some((format!("{} cannot be {}", self.name, value.sort()), format!("write {}", self.wanted()))),
        }
    }

    /// What may be written: its words, or a number and its range.
    pub fn wanted(&self) -> String {
        if !self.words.is_empty() {
            return list(self.words.iter().copied());
        }
        if self.is_flag() { "true or false".to_owned() } else { format!("a number {}", self.range()).trim_end().to_owned() }
    }

    fn range(&self) -> String {
        match (self.min > f64::MIN, self.max < f64::MAX) {
            (true, true) => format!("from {} to {}", number(self.min), number(self.max)),
            (true, false) => format!("from {}", number(self.min)),
            (false, true) => format!("up to {}", number(self.max)),
            (false, false) => "that is finite".to_owned(),
        }
    }
}

impl ParamValue {
    fn sort(&self) -> String {
        match self {
            Self::Number(x) => format!("the number {}", number(*x)),
            Self::Word(word) => format!("the text {word:?}"),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// The faults of those parameters that should be whole numbers and are not.
pub(super) fn whole(params: &Params, names: &[&'static str]) -> Vec<(&'static str, String, String)> {
    let broken = names.iter().filter_map(|&name| params.optional(name).filter(|x| x.fract().abs() > 0.0).map(|x| (name, x)));
    broken.map(|(name, x)| (name, format!("{} is not a whole number", number(x)), format!("write {}", number(x.round())))).collect()
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{KINDS, kind};

    fn faults(name: &str, pairs: &[(&str, ParamValue)]) -> Vec<String> {
        let params = Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        let faults = kind(name).unwrap().check_params(&params);
        faults.into_iter().map(|(name, message, hint)| format!("{name}: {message}; {hint}")).collect()
    }

    #[test]
    fn every_fault_is_told_with_what_to_write() {
        use ParamValue::{Flag, Number, Word};
        assert_eq!(
            faults("sigma", &[("k", Number(-1.0)), ("side", Word("up".into())), ("widow", Number(3.0)), ("min", Flag(true))]),
            [
                "k: -1 is out of range; write a number from 0.01 to 1,000,000",
                "min: min cannot be true; write a number from 2 to 1,000,000",
                "side: \"up\" is none of its words; write both, above, below",
                "widow: sigma has no parameter \"widow\"; did you mean \"window\"?",
            ]
        );
        assert_eq!(faults("sigma", &[("zzz", Number(1.0))]), ["zzz: sigma has no parameter \"zzz\"; it has k, window, side, min"]);
        assert_eq!(faults("threshold", &[]), ["above: neither above nor below is given; write for instance above = 500"]);
        assert_eq!(faults("threshold", &[("above", Number(f64::NAN))]), ["above: – is out of range; write a number that is finite"]);
        assert_eq!(
            faults("threshold", &[("above", Word("high".into()))]),
            ["above: above cannot be the text \"high\"; write a number that is finite"]
        );
        assert_eq!(
            faults("isolation-forest", &[("contamination", Number(0.6)), ("trees", Number(0.5))]),
            [
                "contamination: 0.6 is out of range; write a number from 0 to 0.5",
                "trees: 0.5 is out of range; write a number from 1 to 1,000"
            ]
        );
    }

    #[test]
    fn defaults_lie_within_their_own_ranges() {
        for kind in KINDS {
            for param in kind.params.iter().filter(|param| !param.default.is_empty()) {
                let value = param.default.parse().map_or_else(
                    |_| {
                        if param.is_flag() { ParamValue::Flag(param.default == "true") } else { ParamValue::Word(param.default.to_owned()) }
                    },
                    ParamValue::Number,
                );
                assert_eq!(param.fault(&value), None, "{} {}", kind.name, param.name);
            }
        }
    }
}
