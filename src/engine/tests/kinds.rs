//! Small kinds of detectors for the machine's tests: each sees something else, and none is clever.

use crate::detect::{Kind, Param, Sees, Told};
use crate::model::{Baseline, Basis, Detector, Observation, Pattern, Scored, StateError, Timestamp, Verdict};
use serde_json::{Value, json};

/// All of them.
pub(in crate::engine) const KINDS: &[&Kind] = &[&NAMES, &ODD_ONE, &SHARE, &SILENCE, &JUMP];

const AFTER: &[Param] = &[Param { name: "after", doc: "", default: "10", min: 1.0, max: 1e6, words: &[], required: false }];

macro_rules! kind {
    ($name:ident, $text:literal, $sees:expr, $ticks:expr, $make:expr) => {
        static $name: Kind = Kind {
            name: $text,
            summary: "",
            source: "",
            sees: $sees,
            ticks: $ticks,
            params: AFTER,
            check: |_| Vec::new(),
            build: $make,
            explain,
            keys_max: 0,
        };
    };
}

kind!(NAMES, "test-names", Sees::Category, true, |params, _| Box::new(Names {
    known: Vec::new(),
    after: params.number("after", 1e6),
    gone: String::new()
}));
kind!(ODD_ONE, "test-odd-one", Sees::Group, false, |_, _| Box::new(OddOne));
kind!(SHARE, "test-share", Sees::Group, false, |_, _| Box::new(Share));
kind!(SILENCE, "test-silence", Sees::Numbers, true, |params, _| Box::new(Silence { last: None, after: params.number("after", 10.0) }));
kind!(JUMP, "test-jump", Sees::Numbers, false, |_, _| Box::new(Jump { level: None, taken: false }));

fn explain(told: &Told<'_>) -> String {
    match told.seen {
        Observation::Category(text) => format!("{text:?} is {}", told.scored.pattern.word()),
        Observation::Group(_) => format!("{} stands out", told.dimension()),
        Observation::Numbers(x) => format!("{} {:?} is {}", told.name, x, told.scored.pattern.word()),
    }
}

fn scored(flagged: bool, pattern: Pattern, dimension: usize) -> Verdict {
    let baseline = Baseline { basis: Basis::Values, dimension, ..Baseline::none("test-names") };
    Verdict::Scored(Scored { score: if flagged { 0.9 } else { 0.1 }, threshold: 0.5, flagged, expected: None, pattern, baseline })
}

/// Flags names it does not know, after three; misses those that did not come for `after` seconds.
struct Names {
    known: Vec<(String, Timestamp)>,
    after: f64,
    gone: String,
}

impl Detector for Names {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let Observation::Category(text) = x else { return Verdict::Learning { seen: 0, needed: 3 } };
        if self.known.len() < 3 {
            return Verdict::Learning { seen: self.known.len() as u64, needed: 3 };
        }
        scored(!self.known.iter().any(|k| k.0 == *text), Pattern::NewValue, 0)
    }

    fn learn(&mut self, at: Timestamp, x: &Observation<'_>) {
        let Observation::Category(text) = x else { return };
        match self.known.iter_mut().find(|k| k.0 == *text) {
            Some(known) => known.1 = at,
            None => self.known.push(((*text).to_owned(), at)),
        }
    }

    fn missing(&mut self, now: Timestamp) -> Option<Verdict> {
        let gone = self.known.iter().find(|k| now.since(k.1).as_secs_f64() > self.after).map(|k| k.0.clone());
        self.gone = gone.clone().unwrap_or_default();
        Some(scored(gone.is_some(), Pattern::Missing, 0))
    }

    fn missed(&self) -> &str {
        &self.gone
    }

    fn save(&self) -> Value {
        json!(self.known.iter().map(|k| (&k.0, k.1.as_millis())).collect::<Vec<_>>())
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        let fault = || StateError("test-names: not a list of names".to_owned());
        let list: Vec<(String, i64)> = serde_json::from_value(state.clone()).map_err(|_| fault())?;
        self.known = list.into_iter().map(|(name, at)| (name, Timestamp::from_millis(at))).collect();
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}

/// Flags the member farthest from the first, where that is more than ten.
struct OddOne;

impl Detector for OddOne {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let Observation::Group(members) = x else { return Verdict::Learning { seen: 0, needed: 1 } };
        let mut values: Vec<f64> = members.iter().map(|m| m.1).collect();
        values.sort_by(f64::total_cmp);
        let middle = values[(values.len() - 1) / 2];
        let odd = (0..members.len()).max_by(|a, b| (members[*a].1 - middle).abs().total_cmp(&(members[*b].1 - middle).abs())).unwrap_or(0);
        scored(members.len() > 2 && (members[odd].1 - middle).abs() > 10.0, Pattern::Spike, odd)
    }

    fn learn(&mut self, _at: Timestamp, _x: &Observation<'_>) {}

    fn shares(&self, x: &Observation<'_>) -> Vec<(usize, f64)> {
        let Observation::Group(members) = x else { return Vec::new() };
        let odd = (0..members.len()).max_by(|a, b| members[*a].1.total_cmp(&members[*b].1)).unwrap_or(0);
        vec![(odd, 0.9)]
    }

    fn save(&self) -> Value {
        Value::Null
    }

    fn restore(&mut self, _state: &Value) -> Result<(), StateError> {
        Ok(())
    }

    fn memory(&self) -> usize {
        0
    }
}

/// Flags where more than half of the members are above 0.5.
struct Share;

impl Detector for Share {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let Observation::Group(members) = x else { return Verdict::Learning { seen: 0, needed: 1 } };
        let odd = members.iter().filter(|m| m.1 > 0.5).count();
        scored(odd * 2 > members.len(), Pattern::Combination, 0)
    }

    fn learn(&mut self, _at: Timestamp, _x: &Observation<'_>) {}

    fn save(&self) -> Value {
        Value::Null
    }

    fn restore(&mut self, _state: &Value) -> Result<(), StateError> {
        Ok(())
    }

    fn memory(&self) -> usize {
        0
    }
}

/// Flags where nothing came for `after` seconds.
struct Silence {
    last: Option<Timestamp>,
    after: f64,
}

impl Detector for Silence {
    fn judge(&mut self, _at: Timestamp, _x: &Observation<'_>) -> Verdict {
        scored(false, Pattern::Missing, 0)
    }

    fn learn(&mut self, at: Timestamp, _x: &Observation<'_>) {
        self.last = Some(at);
    }

    fn missing(&mut self, now: Timestamp) -> Option<Verdict> {
        let last = *self.last.get_or_insert(now);
        Some(scored(now.since(last).as_secs_f64() > self.after, Pattern::Missing, 0))
    }

    fn save(&self) -> Value {
        json!(self.last.map(Timestamp::as_millis))
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        self.last = state.as_i64().map(Timestamp::from_millis);
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}

/// Flags what is farther than ten from the level learned first, until that is accepted anew.
struct Jump {
    level: Option<f64>,
    taken: bool,
}

impl Detector for Jump {
    fn judge(&mut self, _at: Timestamp, x: &Observation<'_>) -> Verdict {
        let (Some(level), Some(x)) = (self.level, x.first()) else { return Verdict::Learning { seen: 0, needed: 1 } };
        scored((x - level).abs() > 10.0, Pattern::LevelShift, 0)
    }

    fn learn(&mut self, _at: Timestamp, x: &Observation<'_>) {
        if self.level.is_none() || self.taken {
            self.level = x.first();
            self.taken = false;
        }
    }

    fn accept(&mut self) {
        self.taken = true;
    }

    fn save(&self) -> Value {
        json!(self.level)
    }

    fn restore(&mut self, state: &Value) -> Result<(), StateError> {
        self.level = Some(state.as_f64().ok_or_else(|| StateError("test-jump: no level".to_owned()))?);
        Ok(())
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }
}
