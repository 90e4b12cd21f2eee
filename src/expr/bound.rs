//! An expression bound to the fields of a stream, ready to be tried on every event.

use super::call::{as_text, call};
use super::node::{Comparison, Node, NodeId, Operation};
use super::value::{Compared, Val};
use crate::model::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A bound expression.
///
/// A missing field makes a comparison unknown, and so does an unlike value in an ordering; `and`,
/// `or` and `not` pass the unknown on unless the other side settles the matter. What is unknown does
/// not hold: neither `amount > 5` nor `not (amount > 5)` of an event without `amount`.
#[derive(Clone, Debug)]
pub struct Bound {
    pub(super) nodes: Box<[Node]>,
    pub(super) root: NodeId,
}

impl Bound {
    /// The value of the expression. Text that the expression itself makes (`lower`) cannot be borrowed
    /// and counts as missing here; [`Bound::text`] gives it.
    pub fn eval<'a>(&'a self, values: &[Value<'a>]) -> Value<'a> {
        match self.value(self.root, values) {
            Val::Missing | Val::Text(Cow::Owned(_)) => Value::Missing,
            Val::Bool(b) => Value::Bool(b),
            Val::Number(x) => Value::Number(x),
            Val::Text(Cow::Borrowed(t)) => Value::Text(t),
        }
    }

    /// Whether the condition holds; false where it cannot be told.
    #[inline]
    pub fn holds(&self, values: &[Value<'_>]) -> bool {
        self.truth(self.root, values).unwrap_or(false)
    }

    /// The value as a finite number.
    pub fn number(&self, values: &[Value<'_>]) -> Option<f64> {
        self.value(self.root, values).number()
    }

    /// The value as text; numbers as they are written.
    pub fn text<'a>(&'a self, values: &[Value<'a>]) -> Option<Cow<'a, str>> {
        as_text(self.value(self.root, values))
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// A node as a condition: `None` is unknown.
    fn truth(&self, id: NodeId, values: &[Value<'_>]) -> Option<bool> {
        match self.node(id) {
            Node::And(a, b) => match (self.truth(*a, values), *b) {
                (Some(false), _) => Some(false),
                (Some(true), b) => self.truth(b, values),
                (None, b) => self.truth(b, values).filter(|holds| !holds),
            },
            Node::Or(a, b) => match (self.truth(*a, values), *b) {
                (Some(true), _) => Some(true),
                (Some(false), b) => self.truth(b, values),
                (None, b) => self.truth(b, values).filter(|holds| *holds),
            },
            Node::Not(a) => self.truth(*a, values).map(|holds| !holds),
            Node::Compare(comparison, a, b) => {
                let compared = self.value(*a, values).compare(&self.value(*b, values));
                comparison.holds(compared)
            }
            Node::IsNull(a, wanted) => Some(matches!(self.value(*a, values), Val::Missing) == *wanted),
            Node::In(a, list, wanted) => {
                let value = self.value(*a, values);
                if matches!(value, Val::Missing) {
                    return None;
                }
                let found = list.iter().any(|b| value.compare(&self.value(*b, values)) == Compared::As(Ordering::Equal));
                Some(found == *wanted)
            }
            Node::Match(a, pattern, wanted) => as_text(self.value(*a, values)).map(|t| pattern.is_match(&t) == *wanted),
            _ => self.value(id, values).truth(),
        }
    }

    fn value<'a>(&'a self, id: NodeId, values: &[Value<'a>]) -> Val<'a> {
        match self.node(id) {
            Node::Null => Val::Missing,
            Node::Bool(b) => Val::Bool(*b),
            Node::Number(x) => Val::Number(*x),
            Node::Text(t) => Val::Text(Cow::Borrowed(t)),
            Node::Name(field) => values.get(*field as usize).copied().unwrap_or_default().into(),
            Node::Negate(a) => self.value(*a, values).number().map_or(Val::Missing, |x| Val::Number(-x)),
            Node::Arithmetic(operation, a, b) => {
                let numbers = self.value(*a, values).number().zip(self.value(*b, values).number());
                numbers.map_or(Val::Missing, |(a, b)| Val::finite(operation.of(a, b)))
            }
            Node::Call(id, arguments) => call(*id, &mut arguments.iter().map(|a| self.value(*a, values))),
            Node::Not(_) | Node::And(..) | Node::Or(..) | Node::Compare(..) | Node::IsNull(..) | Node::In(..) | Node::Match(..) => {
                self.truth(id, values).map_or(Val::Missing, Val::Bool)
            }
        }
    }
}

impl Comparison {
    #[inline]
    fn holds(self, compared: Compared) -> Option<bool> {
        match compared {
            Compared::Unknown => None,
            Compared::Unlike => match self {
                Self::Eq => Some(false),
                Self::Ne => Some(true),
                _ => None,
            },
            Compared::As(ordering) => Some(match self {
                Self::Eq => ordering.is_eq(),
                Self::Ne => ordering.is_ne(),
                Self::Lt => ordering.is_lt(),
                Self::Le => ordering.is_le(),
                Self::Gt => ordering.is_gt(),
                Self::Ge => ordering.is_ge(),
            }),
        }
    }
}

impl Operation {
    #[inline]
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Rem => a % b,
        }
    }
}
