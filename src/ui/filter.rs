//! The filter of every list: plain words, or an expression as in `where` over what stands in the list.
//!
//! `checkout` keeps the rows that hold this text; `score > 0.9 and region == 'EU'` those for which it
//! holds. Which of the two is meant is told by the text itself; a wrong expression filters nothing
//! and says where it is wrong.

use crate::expr::{self, Bound, ExprError};
use crate::model::{FieldId, Value};
use std::borrow::Cow;

/// What stands in a place of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell<'a> {
    /// The row has nothing there.
    #[default]
    Missing,
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Text.
    Text(Cow<'a, str>),
}

impl Cell<'_> {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Number(x) if x.is_finite() => Value::Number(*x),
            Self::Missing | Self::Number(_) => Value::Missing,
            Self::Bool(b) => Value::Bool(*b),
            Self::Text(text) => Value::Text(text),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

/// What a list can be filtered by: rows that have places with names, and words.
pub trait Row {
    /// The names every row has.
    const COLUMNS: &'static [&'static str];

    /// What stands in the place of this name: one of [`Row::COLUMNS`], a label, a field.
    fn cell(&self, name: &str) -> Cell<'_>;

    /// All the words of the row.
    fn words(&self) -> String;
}

/// What is wrong with a filter, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterFault {
    /// The byte where it goes wrong.
    pub at: usize,
    /// How many bytes are wrong; 0 at the end of the text.
    pub len: usize,
    /// What is wrong.
    pub message: String,
}

impl From<ExprError> for FilterFault {
    fn from(error: ExprError) -> Self {
        let hint = error.hint.map(|h| format!("; {h}")).unwrap_or_default();
        Self { at: error.at, len: error.len, message: format!("{}{hint}", error.message) }
    }
}

/// A filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    text: String,
    test: Test,
}

#[derive(Clone, Debug, Default)]
enum Test {
    /// Every row passes.
    #[default]
    None,
    /// Rows that hold this text, in lower case.
    Words(String),
    /// Rows for which this holds; the names it uses.
    Expression(Box<Bound>, Vec<String>),
    /// It cannot be read: every row passes.
    Wrong(FilterFault),
}

impl Filter {
    /// The filter that `text` describes.
    pub fn new(text: &str) -> Self {
        let trimmed = text.trim();
        let test = if trimmed.is_empty() {
            Test::None
        } else {
            match expr::parse(text) {
                Ok(parsed) if parsed.is_condition() => {
                    let names = parsed.names();
                    let place = |name: &str| names.iter().position(|n| n == name).map(|i| FieldId(i as u16));
                    match parsed.bind(&mut |name| place(name)) {
                        Ok(bound) => Test::Expression(Box::new(bound), names),
                        Err(error) => Test::Wrong(error.into()),
                    }
                }
                Err(error) if begins_as_expression(trimmed) => Test::Wrong(error.into()),
                _ => Test::Words(trimmed.to_lowercase()),
            }
        };
        Self { text: text.to_owned(), test }
    }

    /// As typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// What is wrong with it for these rows; a name that none of them has is wrong too.
    pub fn fault<R: Row>(&self, mut rows: impl Iterator<Item = R>) -> Option<FilterFault> {
        match &self.test {
            Test::Wrong(fault) => Some(fault.clone()),
            Test::Expression(_, names) => {
                let mut missing: Vec<&String> = names.iter().filter(|n| !R::COLUMNS.contains(&n.as_str())).collect();
                let mut any = false;
                while !missing.is_empty()
                    && let Some(row) = rows.next()
                {
                    any = true;
                    missing.retain(|name| row.cell(name) == Cell::Missing);
                }
                missing.first().filter(|_| any).map(|name| unknown::<R>(&self.text, name))
            }
            _ => None,
        }
    }

    /// A test for rows: everything passes while the filter is wrong for them.
    pub fn test<R: Row>(&self, rows: impl Iterator<Item = R>) -> Tester<'_> {
        Tester { filter: self, wrong: self.fault(rows).is_some() }
    }

    fn passes(&self, row: &impl Row) -> bool {
        match &self.test {
            Test::None | Test::Wrong(_) => true,
            Test::Words(words) => row.words().to_lowercase().contains(words),
            Test::Expression(bound, names) => {
                let cells: Vec<Cell<'_>> = names.iter().map(|name| row.cell(name)).collect();
                let values: Vec<Value<'_>> = cells.iter().map(Cell::value).collect();
                bound.holds(&values)
            }
        }
    }
}

/// A filter that was checked against the rows it is for.
#[derive(Clone, Copy, Debug)]
pub struct Tester<'a> {
    filter: &'a Filter,
    wrong: bool,
}

impl Tester<'_> {
    /// Whether the row is to be shown.
    pub fn passes(&self, row: &impl Row) -> bool {
        self.wrong || self.filter.passes(row)
    }
}

fn unknown<R: Row>(text: &str, name: &str) -> FilterFault {
    /// How alike two names must be (Jaro-Winkler, 0…1) for one to be proposed.
    const ALIKE: f64 = 0.8;
    let alike = R::COLUMNS.iter().map(|c| (strsim::jaro_winkler(c, name), *c)).filter(|(a, _)| *a >= ALIKE);
    let hint = match alike.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, near)) => format!("did you mean {near}?"),
        None => format!("there are {}, and labels", R::COLUMNS.join(", ")),
    };
    let at = text.find(name).unwrap_or(0);
    FilterFault { at, len: name.len(), message: format!("no row has {}; {hint}", crate::model::Safe::label(name)) }
}

/// Whether the text begins with a name and a comparison: what was meant is an expression, though it cannot be read.
fn begins_as_expression(text: &str) -> bool {
    let text = text.trim_start_matches(['(', ' ']);
    let text = text.strip_prefix("not ").unwrap_or(text).trim_start();
    let name = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '@')).unwrap_or(text.len());
    if name == 0 || text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let rest = text[name..].trim_start();
    ["==", "!=", "<", ">", "~", "!~", "in [", "in ["].iter().any(|sign| rest.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Item(&'static str, f64);

    impl Row for Item {
        const COLUMNS: &'static [&'static str] = &["name", "score"];

        fn cell(&self, name: &str) -> Cell<'_> {
            match name {
                "name" => self.0.into(),
                "score" => Cell::Number(self.1),
                "region" if self.1 > 0.5 => "EU".into(),
                _ => Cell::Missing,
            }
        }

        fn words(&self) -> String {
            format!("{} score={}", self.0, self.1)
        }
    }

    const ROWS: [Item; 3] = [Item("Checkout", 0.9), Item("orders-eu", 0.1), Item("<html>", 0.6)];

    fn kept(text: &str) -> Vec<&'static str> {
        let filter = Filter::new(text);
        let test = filter.test(ROWS.into_iter());
        ROWS.iter().filter(|row| test.passes(*row)).map(|row| row.0).collect()
    }

    #[test]
    fn words_are_words_and_comparisons_are_expressions() {
        for (text, expected) in [
            ("", vec!["Checkout", "orders-eu", "<html>"]),
            ("check", vec!["Checkout"]),
            ("orders-eu", vec!["orders-eu"]),
            ("score=0.6", vec!["<html>"]),
            ("<html>", vec!["<html>"]),
            ("nothing here", vec![]),
            ("score > 0.5", vec!["Checkout", "<html>"]),
            ("score > 0.5 and name ~ '^C'", vec!["Checkout"]),
            ("not (score > 0.5)", vec!["orders-eu"]),
            ("name in ['orders-eu', 'x']", vec!["orders-eu"]),
            ("region == 'EU'", vec!["Checkout", "<html>"]),
        ] {
            assert_eq!(kept(text), expected, "{text:?}");
            assert_eq!(Filter::new(text).fault(ROWS.into_iter()), None, "{text:?}");
        }
    }

    #[test]
    fn a_wrong_expression_filters_nothing_and_says_where() {
        for (text, at, says) in [
            ("score >", 7, ""),
            ("score > 0.5 and", 15, ""),
            ("scroe > 0.5", 0, "did you mean score?"),
            ("colour == 'red'", 0, "there are name, score"),
            ("name ~ '['", 7, ""),
        ] {
            let fault = Filter::new(text).fault(ROWS.into_iter()).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!(fault.at, at, "{text:?}: {}", fault.message);
            assert!(fault.message.contains(says), "{}", fault.message);
            assert_eq!(kept(text).len(), ROWS.len(), "{text:?}");
        }
        // Nothing can be said of a name while there are no rows.
        assert_eq!(Filter::new("colour == 'red'").fault(std::iter::empty::<Item>()), None);
    }
}
