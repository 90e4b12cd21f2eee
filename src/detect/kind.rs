//! A kind of detector: its name, its parameters with their ranges, and how one is made.

use crate::model::Detector;
use std::collections::BTreeMap;

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

/// A kind of detector.
#[derive(Debug)]
pub struct Kind {
    /// Its name in the configuration: `sigma`.
    pub name: &'static str,
    /// What it finds, one sentence.
    pub summary: &'static str,
    /// Where the method comes from.
    pub source: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// Checks what single ranges cannot: returns (parameter, message, hint) for each fault.
    pub check: fn(&Params) -> Vec<(&'static str, String, String)>,
    /// Makes one. `salt` differs by key, for seeds and for staggering refits; the same salt gives the same detector.
    pub build: fn(&Params, salt: u64) -> Box<dyn Detector>,
    /// How many separate detectors are made for different keys before further keys share one; 0: no limit but the engine's.
    pub keys_max: usize,
}
