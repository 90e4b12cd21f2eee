//! What the values of each field look like: how many, of which type, how many different.

use super::shape::Event;
use crate::decode::rfc3339;
use crate::model::Safe;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Deepest nesting followed.
const DEPTH: usize = 6;
/// Most fields looked at in one topic: beyond it a topic is a store, not a stream.
const FIELDS: usize = 300;
/// Most different values counted of one field; a label with more is none.
pub(super) const DISTINCT: usize = 65;
/// Longest value that can be a label's.
const LABEL_VALUE: usize = 100;
/// Longest field name taken.
const NAME_LIMIT: usize = 100;

/// One field over all events of a sample.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// Events that have it, null apart.
    pub(super) present: usize,
    /// Values that are numbers, also numbers written as text.
    pub(super) numeric: usize,
    /// Numbers that are written as text.
    pub(super) quoted: usize,
    /// Numbers without a fraction.
    pub(super) whole: usize,
    /// Texts, those that are numbers among them.
    pub(super) texts: usize,
    /// True or false.
    pub(super) bools: usize,
    /// Texts that the reader takes for moments: RFC 3339, also with a space or without a zone.
    pub(super) moments: usize,
    /// Different values, as text; at most [`DISTINCT`].
    pub(super) distinct: BTreeSet<String>,
    /// A value too long for a label was seen.
    pub(super) long: bool,
    /// The numbers, with the record's time in milliseconds where it has one.
    pub(super) numbers: Vec<(f64, Option<i64>)>,
    /// Moments in milliseconds, with the record's time.
    pub(super) times: Vec<(i64, Option<i64>)>,
}

impl Field {
    /// Whether each number is larger than the one before: a counter or a place in a sequence.
    pub(super) fn climbs(&self) -> bool {
        self.numbers.len() > 2 && self.numbers.windows(2).all(|w| w[1].0 > w[0].0)
    }

    /// Whether it takes more than one value.
    pub(super) fn varies(&self) -> bool {
        self.distinct.len() > 1
    }

    fn take(&mut self, value: &Value, time: Option<i64>) {
        let text = match value {
            Value::Null | Value::Array(_) | Value::Object(_) => return,
            Value::Bool(b) => {
                self.bools += 1;
                b.to_string()
            }
            Value::Number(n) => {
                if let Some(x) = n.as_f64().filter(|x| x.is_finite()) {
                    self.number(x, time);
                }
                n.to_string()
            }
            Value::String(text) => {
                self.texts += 1;
                if let Some(x) = text.trim().parse::<f64>().ok().filter(|x| x.is_finite()) {
                    self.quoted += 1;
                    self.number(x, time);
                } else if let Some(at) = rfc3339(text.trim()) {
                    self.moments += 1;
                    self.times.push((at.as_millis(), time));
                }
                text.clone()
            }
        };
        self.present += 1;
        if text.len() > LABEL_VALUE || text.is_empty() {
            self.long = true;
        }
        if self.distinct.len() < DISTINCT {
            self.distinct.insert(text.chars().take(LABEL_VALUE).collect());
        }
    }

    fn number(&mut self, x: f64, time: Option<i64>) {
        self.numeric += 1;
        self.whole += usize::from(x.fract().abs() < f64::EPSILON);
        self.numbers.push((x, time));
    }
}

/// A name as a part of a path: in quotes where it has signs that mean something there; `None` where no path can name it.
pub(super) fn path_of(name: &str) -> Option<String> {
    if name.is_empty() || name.len() > NAME_LIMIT || name.contains('"') || name.contains('\\') || Safe::label(name).as_str() != name {
        return None;
    }
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) && !name.starts_with('@');
    Some(if plain { name.to_owned() } else { format!("\"{name}\"") })
}

/// All fields of a sample by path.
pub(super) fn fields(events: &[Event]) -> BTreeMap<String, Field> {
    let mut out = BTreeMap::new();
    for event in events {
        let time = event.time.map(crate::model::Timestamp::as_millis);
        walk(&event.fields, "", DEPTH, time, &mut out);
    }
    out
}

fn walk(object: &Map<String, Value>, prefix: &str, depth: usize, time: Option<i64>, out: &mut BTreeMap<String, Field>) {
    for (name, value) in object {
        let Some(part) = path_of(name) else { continue };
        let path = if prefix.is_empty() { part } else { format!("{prefix}.{part}") };
        if let Value::Object(inner) = value {
            if depth > 0 {
                walk(inner, &path, depth - 1, time, out);
            }
        } else if out.len() < FIELDS || out.contains_key(&path) {
            out.entry(path).or_default().take(value, time);
        }
    }
}
