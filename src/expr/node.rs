//! A parsed expression: nodes in one list, children before parents.

use regex::Regex;

/// A node, by its place in the list.
pub(super) type NodeId = u32;

/// The comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// The arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(f64),
    Text(Box<str>),
    /// A name by its place among the names; once bound, a field by its id.
    Name(u16),
    Not(NodeId),
    Negate(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    Compare(Comparison, NodeId, NodeId),
    /// Whether a value is null (true) or is not (false).
    IsNull(NodeId, bool),
    Arithmetic(Operation, NodeId, NodeId),
    /// Whether a value is in the list, or not where the flag is false.
    In(NodeId, Box<[NodeId]>, bool),
    /// Whether text matches, or does not where the flag is false.
    Match(NodeId, Regex, bool),
    Call(super::call::Id, Box<[NodeId]>),
}
