//! An event: what a record says, as the fields a stream asked for.

use super::Timestamp;

/// A field of a stream: the index of its slot in [`EventRef::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u16);

/// The value of one field, borrowed from the record it was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// The record does not have the field, or has null there.
    #[default]
    Missing,
    /// True or false.
    Bool(bool),
    /// A finite number.
    Number(f64),
    /// Text, unescaped.
    Text(&'a str),
}

impl<'a> Value<'a> {
    /// As a number: numbers themselves, numbers written as text, true as 1 and false as 0.
    pub fn number(self) -> Option<f64> {
        match self {
            Value::Number(x) => Some(x),
            Value::Bool(b) => Some(f64::from(u8::from(b))),
            Value::Text(t) => t.trim().parse::<f64>().ok().filter(|x| x.is_finite()),
            Value::Missing => None,
        }
    }

    /// The text of a text field.
    pub fn text(self) -> Option<&'a str> {
        if let Value::Text(t) = self { Some(t) } else { None }
    }

    /// Whether the field is missing or null.
    pub fn is_missing(self) -> bool {
        matches!(self, Value::Missing)
    }
}

/// One event: its time and the slots its stream asked for.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    /// Event time.
    pub at: Timestamp,
    /// One value per field of the stream's schema.
    pub values: &'a [Value<'a>],
}

impl<'a> EventRef<'a> {
    /// The value of `field`; missing for a field the schema does not have.
    pub fn get(&self, field: FieldId) -> Value<'a> {
        self.values.get(field.0 as usize).copied().unwrap_or_default()
    }
}
