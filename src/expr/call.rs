//! The functions of the language.

use super::value::Val;
use std::borrow::Cow;

/// A function, for help and the configuration reference.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it gives.
    pub summary: &'static str,
    pub(super) id: Id,
    /// Fewest and most arguments.
    pub(super) arguments: (usize, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    Abs,
    Min,
    Max,
    Round,
    Floor,
    Ceil,
    Sqrt,
    Log,
    Lower,
    Upper,
    Len,
    Contains,
    StartsWith,
    EndsWith,
    Exists,
}

/// Most arguments of `min` and `max`.
const MANY: usize = 16;

const fn function(name: &'static str, usage: &'static str, summary: &'static str, id: Id, arguments: (usize, usize)) -> Function {
    Function { name, usage, summary, id, arguments }
}

/// All functions.
pub const FUNCTIONS: &[Function] = &[
    function("abs", "abs(x)", "the number without its sign", Id::Abs, (1, 1)),
    function("min", "min(a, b, …)", "the least of the numbers that are there", Id::Min, (1, MANY)),
    function("max", "max(a, b, …)", "the greatest of the numbers that are there", Id::Max, (1, MANY)),
    function("round", "round(x)", "the nearest whole number, halves away from zero", Id::Round, (1, 1)),
    function("floor", "floor(x)", "the whole number below", Id::Floor, (1, 1)),
    function("ceil", "ceil(x)", "the whole number above", Id::Ceil, (1, 1)),
    function("sqrt", "sqrt(x)", "the square root", Id::Sqrt, (1, 1)),
    function("log", "log(x)", "the natural logarithm", Id::Log, (1, 1)),
    function("lower", "lower(text)", "the text in lower case", Id::Lower, (1, 1)),
    function("upper", "upper(text)", "the text in upper case", Id::Upper, (1, 1)),
    function("len", "len(text)", "how many characters the text has", Id::Len, (1, 1)),
    function("contains", "contains(text, part)", "whether the text has the part in it", Id::Contains, (2, 2)),
    function("starts_with", "starts_with(text, part)", "whether the text begins with the part", Id::StartsWith, (2, 2)),
    function("ends_with", "ends_with(text, part)", "whether the text ends with the part", Id::EndsWith, (2, 2)),
    function("exists", "exists(field)", "whether the field is there and not null", Id::Exists, (1, 1)),
];

/// Applies a function to its arguments.
pub(super) fn call<'a>(id: Id, arguments: &mut dyn Iterator<Item = Val<'a>>) -> Val<'a> {
    let first = arguments.next().unwrap_or(Val::Missing);
    match id {
        Id::Abs => number(&first, f64::abs),
        Id::Round => number(&first, f64::round),
        Id::Floor => number(&first, f64::floor),
        Id::Ceil => number(&first, f64::ceil),
        Id::Sqrt => number(&first, f64::sqrt),
        Id::Log => number(&first, f64::ln),
        Id::Min => fold(first, arguments, f64::min),
        Id::Max => fold(first, arguments, f64::max),
        Id::Lower => text(first, str::to_lowercase),
        Id::Upper => text(first, str::to_uppercase),
        Id::Len => as_text(first).map_or(Val::Missing, |t| Val::Number(t.chars().count() as f64)),
        Id::Exists => Val::Bool(!matches!(first, Val::Missing)),
        Id::Contains => part(first, arguments, |t, p| t.contains(p)),
        Id::StartsWith => part(first, arguments, |t, p| t.starts_with(p)),
        Id::EndsWith => part(first, arguments, |t, p| t.ends_with(p)),
    }
}

fn number<'a>(x: &Val<'_>, f: fn(f64) -> f64) -> Val<'a> {
    x.number().map_or(Val::Missing, |x| Val::finite(f(x)))
}

fn fold<'a>(first: Val<'a>, rest: &mut dyn Iterator<Item = Val<'a>>, f: fn(f64, f64) -> f64) -> Val<'a> {
    rest.filter_map(|v| v.number()).chain(first.number()).reduce(f).map_or(Val::Missing, Val::Number)
}

fn text(value: Val<'_>, f: fn(&str) -> String) -> Val<'_> {
    match value {
        Val::Text(t) => Val::Text(Cow::Owned(f(&t))),
        other => other,
    }
}

fn part<'a>(first: Val<'a>, rest: &mut dyn Iterator<Item = Val<'a>>, holds: fn(&str, &str) -> bool) -> Val<'a> {
    let part = rest.next().and_then(as_text);
    as_text(first).zip(part).map_or(Val::Missing, |(t, p)| Val::Bool(holds(&t, &p)))
}

/// As text: numbers as they are written, so that patterns also apply to numeric ids.
pub(super) fn as_text(value: Val<'_>) -> Option<Cow<'_, str>> {
    match value {
        Val::Text(t) => Some(t),
        Val::Number(x) => Some(Cow::Owned(x.to_string())),
        Val::Bool(b) => Some(Cow::Borrowed(if b { "true" } else { "false" })),
        Val::Missing => None,
    }
}
