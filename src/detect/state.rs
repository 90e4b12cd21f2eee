//! How detectors write down what they know, and read it back bit for bit.
//!
//! Numbers are written as their bits, sixteen hexadecimal digits each: decimal digits read back
//! by a fast parser may differ in the last bit, and then a later verdict might.

use crate::model::StateError;
use crate::stats::pace::{Pace, Seen};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// The largest count read back: a million a second for three centuries.
const COUNT_MOST: u64 = 1 << 53;
/// Hexadecimal digits of a number.
const DIGITS: usize = 16;

/// A state of a detector of `kind` with these parts.
pub(super) fn state(kind: &str, parts: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut map = Map::new();
    map.insert("kind".to_owned(), kind.into());
    map.extend(parts.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(map)
}

/// Numbers, exactly.
pub(super) fn floats(numbers: impl IntoIterator<Item = f64>) -> Value {
    let mut text = String::new();
    for x in numbers {
        // Writing to a text cannot fail.
        let _ = write!(text, "{:016x}", x.to_bits());
    }
    Value::String(text)
}

/// A pace, exactly.
pub(super) fn save_pace(pace: &Pace) -> Value {
    let (seen, steps, step) = pace.parts();
    let ([last, open], pause) = seen.parts();
    serde_json::json!({"last": last, "open": open, "pause": pause, "steps": steps, "step": floats([step])})
}

/// When observations came, from a state that has their last moment; those of before pauses were kept have no more.
pub(super) fn read_seen(state: &Value) -> Seen {
    let moment = |name: &str| state.get(name).and_then(Value::as_i64);
    Seen::from_parts([moment("last"), moment("open")], moment("pause").unwrap_or(0))
}

/// A state being read: every fault names the part that does not fit.
pub(super) struct Reader<'a>(&'a Value);

impl<'a> Reader<'a> {
    /// A reader of a state of `kind`.
    pub(super) fn new(kind: &str, state: &'a Value) -> Result<Self, StateError> {
        match state.get("kind").and_then(Value::as_str) {
            Some(found) if found == kind => Ok(Self(state)),
            Some(found) => Err(StateError(format!("the state is of kind {found:?}, not {kind:?}"))),
            None => Err(StateError("the state names no kind".to_owned())),
        }
    }

    /// A count.
    pub(super) fn count(&self, name: &str) -> Result<u64, StateError> {
        self.0.get(name).and_then(count).ok_or_else(|| fault(name, "a whole number"))
    }

    /// A word of 64 bits that count nothing.
    pub(super) fn bits(&self, name: &str) -> Result<u64, StateError> {
        self.0.get(name).and_then(Value::as_u64).ok_or_else(|| fault(name, "64 bits"))
    }

    /// A whole number that must be `own`, because the rest of the state rests on it.
    pub(super) fn same(&self, name: &str, own: u64) -> Result<(), StateError> {
        let found = self.count(name)?;
        if found == own { Ok(()) } else { Err(StateError(format!("{name} was {found} and is now {own}"))) }
    }

    /// A list.
    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], StateError> {
        self.0.get(name).and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| fault(name, "a list"))
    }

    /// A part for each number of an observation, each read by `one`; there are none only where nothing was `seen`.
    pub(super) fn tracks<T>(&self, seen: u64, one: impl FnMut(&Value) -> Option<T>, wanted: &str) -> Result<Vec<T>, StateError> {
        let tracks: Option<Vec<T>> = self.list("tracks")?.iter().map(one).collect();
        tracks.filter(|tracks| seen == 0 || !tracks.is_empty()).ok_or_else(|| fault("tracks", wanted))
    }

    /// Finite numbers.
    pub(super) fn floats(&self, name: &str) -> Result<Vec<f64>, StateError> {
        self.0.get(name).and_then(read_floats).ok_or_else(|| fault(name, "finite numbers"))
    }

    /// A pace.
    pub(super) fn pace(&self, name: &str) -> Result<Pace, StateError> {
        let read = |saved: &Value| {
            let &[step] = &read_floats(saved.get("step")?)?[..] else { return None };
            Pace::from_parts(read_seen(saved), count(saved.get("steps")?)?, step)
        };
        self.0.get(name).and_then(read).ok_or_else(|| fault(name, "a last moment and a usual step"))
    }

    /// The fault of the part `name`.
    pub(super) fn fault(name: &str, wanted: &str) -> StateError {
        fault(name, wanted)
    }
}

/// A count, which goes on from here: none is so large that it could not.
pub(super) fn count(value: &Value) -> Option<u64> {
    value.as_u64().filter(|n| *n <= COUNT_MOST)
}

fn fault(name: &str, wanted: &str) -> StateError {
    StateError(format!("{name} does not hold {wanted}"))
}

/// Numbers that [`floats`] wrote; `None` where one is not finite.
pub(super) fn read_floats(value: &Value) -> Option<Vec<f64>> {
    let text = value.as_str().filter(|text| text.len().is_multiple_of(DIGITS))?;
    let digits = text.as_bytes().chunks_exact(DIGITS);
    let number = |digits| Some(f64::from_bits(u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?));
    digits.map(|digits| number(digits).filter(|x| x.is_finite())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_bit_for_bit_through_text() {
        let numbers = [0.1 + 0.2, -0.0, f64::MAX, f64::MIN_POSITIVE, 1e-310];
        let text = state("k", [("x", floats(numbers)), ("n", 3u64.into())]).to_string();
        let value: Value = serde_json::from_str(&text).unwrap();
        let reader = Reader::new("k", &value).unwrap();
        let back = reader.floats("x").unwrap();
        assert_eq!(back.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), numbers.map(f64::to_bits));
        assert_eq!(reader.count("n"), Ok(3));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let value = state("k", [("x", floats([f64::NAN])), ("y", "0x".into()), ("n", 3u64.into())]);
        assert_eq!(Reader::new("other", &value).err().unwrap().0, "the state is of kind \"k\", not \"other\"");
        assert!(Reader::new("k", &Value::Null).is_err());
        let reader = Reader::new("k", &value).unwrap();
        assert_eq!(reader.floats("x").unwrap_err().0, "x does not hold finite numbers");
        assert!(reader.floats("y").is_err() && reader.floats("absent").is_err());
        assert_eq!(reader.same("n", 4).unwrap_err().0, "n was 3 and is now 4");
    }
}
