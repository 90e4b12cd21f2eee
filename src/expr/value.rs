//! Values while an expression is worked out, and how they compare.

use crate::model::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// As [`Value`], but text may have been made on the way (`lower`).
#[derive(Clone, Debug)]
pub(super) enum Val<'a> {
    Missing,
    Bool(bool),
    Number(f64),
    Text(Cow<'a, str>),
}

impl<'a> From<Value<'a>> for Val<'a> {
    #[inline]
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Missing => Val::Missing,
            Value::Bool(b) => Val::Bool(b),
            Value::Number(x) => Val::Number(x),
            Value::Text(t) => Val::Text(Cow::Borrowed(t)),
        }
    }
}

impl Val<'_> {
    /// As a number, as [`Value::number`] says.
    #[inline]
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Val::Number(x) => Some(*x),
            Val::Bool(b) => Value::Bool(*b).number(),
            Val::Text(t) => Value::Text(t).number(),
            Val::Missing => None,
        }
    }

    /// Whether a condition with this outcome holds; `None` where it cannot be told.
    #[inline]
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Val::Missing => None,
            Val::Bool(b) => Some(*b),
            Val::Number(x) => Some(x.abs() > 0.0),
            Val::Text(t) => Some(**t == *"true"),
        }
    }

    /// A number, or missing where it is not finite.
    #[inline]
    pub(super) fn finite(x: f64) -> Self {
        if x.is_finite() { Val::Number(x) } else { Val::Missing }
    }

    /// How two values stand to each other: as texts if both are, as truth if one is and the other can be, else as numbers.
    #[inline]
    pub(super) fn compare(&self, other: &Self) -> Compared {
        match (self, other) {
            (Val::Missing, _) | (_, Val::Missing) => Compared::Unknown,
            (Val::Text(a), Val::Text(b)) => Compared::As(a.cmp(b)),
            (Val::Bool(a), Val::Text(b)) if matches!(&**b, "true" | "false") => Compared::As(a.cmp(&(**b == *"true"))),
            (Val::Text(a), Val::Bool(b)) if matches!(&**a, "true" | "false") => Compared::As((**a == *"true").cmp(b)),
            _ => {
                let ordering = self.number().zip(other.number()).and_then(|(a, b)| a.partial_cmp(&b));
                ordering.map_or(Compared::Unlike, Compared::As)
            }
        }
    }
}

/// The outcome of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// Both can be ordered.
    As(Ordering),
    /// Values of different kinds: not equal, but neither is less.
    Unlike,
    /// One is missing.
    Unknown,
}
