//! Values in a row, written short, as promtool writes them: `1+2x3 _x2 5 'failed'x4 stale`.
//!
//! | written | means |
//! |---|---|
//! | `5` `true` `paid` `'sold out'` | one value |
//! | `5x3` `paidx3` | it and three more of it: four values |
//! | `1+2x3` | 1 3 5 7 |
//! | `9-1x2` | 9 8 7 |
//! | `_` `_x3` | one, three missing |
//! | `(9 11 10)x2` | the row in parentheses and two more of it |
//! | `stale` | nothing from here on; the last word |

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    /// A number.
    Number(f64),
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(String),
    /// None at this step.
    Missing,
}

/// Most values of a row: a day of seconds. More is better kept as a recording.
pub(super) const ITEMS_LIMIT: usize = 100_000;

/// Reads a row.
///
/// # Errors
/// Says which word is wrong.
pub(super) fn parse(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut words = words(text)?.into_iter().peekable();
    let mut group: Option<usize> = None;
    while let Some(word) = words.next() {
        let mut word = word.as_str();
        if let Some(inside) = word.strip_prefix('(') {
            if group.replace(items.len()).is_some() {
                return Err(format!("{word}: parentheses do not stand within parentheses"));
            }
            word = inside;
        }
        let quoted = word.starts_with(['\'', '"']);
        if let Some((last, more)) = word.rsplit_once(')').filter(|(_, more)| !quoted || !more.contains(['\'', '"'])) {
            let from = group.take().ok_or_else(|| format!("{word}: nothing opens this parenthesis"))?;
            if !last.is_empty() {
                expand(last, &mut items)?;
            }
            repeat(&mut items, from, more)
                .ok_or_else(|| format!("){more}: after the parenthesis comes x and a number, up to {ITEMS_LIMIT} values in all"))?;
            continue;
        }
        if word.is_empty() {
            continue;
        }
        if word == "stale" {
            return if words.peek().is_none() {
                some(items)
            } else {
                Err("stale must be the last word: nothing comes after it".to_owned())
            };
        }
        expand(word, &mut items)?;
        if items.len() > ITEMS_LIMIT {
            return Err(format!("more than {ITEMS_LIMIT} values"));
        }
    }
    if group.is_some() {
        return Err("a parenthesis is not closed".to_owned());
    }
    some(items)
}

/// Repeats the items from `from` on as often as `x3` says.
fn repeat(items: &mut Vec<Item>, from: usize, more: &str) -> Option<()> {
    let count: usize = if more.is_empty() { 0 } else { more.strip_prefix('x')?.parse().ok()? };
    let row = items[from..].to_vec();
    if row.len().saturating_mul(count) > ITEMS_LIMIT {
        return None;
    }
    for _ in 0..count {
        items.extend_from_slice(&row);
    }
    Some(())
}

fn some(items: Vec<Item>) -> Result<Vec<Item>, String> {
    if items.is_empty() { Err("no values".to_owned()) } else { Ok(items) }
}

/// Parts between blanks; blanks within quotes part nothing.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        match quote {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if matches!(c, '\'' | '"') && word.is_empty() => quote = Some(c),
            Some(q) if c == q => quote = None,
            _ => {}
        }
        word.push(c);
    }
    if quote.is_some() {
        return Err(format!("{word} has no closing quote"));
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

fn expand(word: &str, items: &mut Vec<Item>) -> Result<(), String> {
    let (base, more) = match word.rsplit_once('x') {
        Some((base, count)) if !base.is_empty() && !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()) => {
            let count = count.parse().ok().filter(|n| *n <= ITEMS_LIMIT);
            (base, Some(count.ok_or_else(|| format!("{word}: more than {ITEMS_LIMIT} values"))?))
        }
        _ => (word, None),
    };
    if base == "_" {
        items.extend((0..more.unwrap_or(1)).map(|_| Item::Missing));
        return Ok(());
    }
    let more = more.unwrap_or(0);
    if let Some((first, step)) = sequence(base) {
        items.extend((0..=more).map(|n| Item::Number(first + step * n as f64)));
        return Ok(());
    }
    let item = match base {
        "true" => Item::Bool(true),
        "false" => Item::Bool(false),
        _ => match base.chars().next() {
            Some(q @ ('\'' | '"')) => match base.strip_prefix(q).and_then(|b| b.strip_suffix(q)) {
                Some(inside) => Item::Text(inside.to_owned()),
                None => return Err(format!("{word}: after the closing quote only x and a number may come")),
            },
            Some(c) if c.is_alphabetic() => Item::Text(base.to_owned()),
            _ => return Err(format!("{word} is no value: write 5, 1+2x10, 5x3, _x3, paid, 'sold out'x3 or stale")),
        },
    };
    items.extend(std::iter::repeat_n(item, more + 1));
    Ok(())
}

/// `a`, `a+b`, `a-b`.
fn sequence(text: &str) -> Option<(f64, f64)> {
    let number = |t: &str| t.parse::<f64>().ok().filter(|x| x.is_finite() && t.ends_with(|c: char| c.is_ascii_digit() || c == '.'));
    if let Some(first) = number(text) {
        return Some((first, 0.0));
    }
    let signs = text.char_indices().skip(1).filter(|(at, c)| matches!(c, '+' | '-') && !text[..*at].ends_with(['e', 'E']));
    signs.map(|(at, _)| (number(&text[..at]), number(&text[at..]))).find_map(|(a, b)| Some((a?, b?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let one = |item: Item| match item {
            Item::Number(x) => format!("{x}"),
            Item::Bool(b) => format!("{b}"),
            Item::Text(t) => format!("{t:?}"),
            Item::Missing => "_".to_owned(),
        };
        parse(text).map_or_else(|e| e, |items| items.into_iter().map(one).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn rows_expand_as_promtool_expands_them() {
        for (text, row) in [
            ("1+2x3", "1 3 5 7"),
            ("9-1x2", "9 8 7"),
            ("-2+1x3", "-2 -1 0 1"),
            ("1e3x1 0.5", "1000 1000 0.5"),
            ("_x3 5 _", "_ _ _ 5 _"),
            ("1+2x0", "1"),
            ("paidx2 failed true", "\"paid\" \"paid\" \"paid\" \"failed\" true"),
            ("'sold out'x1 \"x\"", "\"sold out\" \"sold out\" \"x\""),
            ("1 stale", "1"),
            ("(9 11)x1 5", "9 11 9 11 5"),
            ("(1x1)x1", "1 1 1 1"),
            ("( 'a)' b )", "\"a)\" \"b\""),
        ] {
            assert_eq!(shown(text), row, "{text}");
        }
    }

    #[test]
    fn what_is_no_row_says_why() {
        for (text, says) in [
            ("", "no values"),
            ("stale", "no values"),
            ("1 stale 2", "last word"),
            ("'a", "closing quote"),
            ("'a'b", "after the closing quote"),
            ("1+x3", "is no value"),
            ("1x999999999", "more than"),
            ("0x99999 0x99999", "more than"),
            ("%", "is no value"),
            ("(1 (2)", "within parentheses"),
            ("(1", "not closed"),
            ("1)", "nothing opens"),
            ("(1)y", "comes x and a number"),
        ] {
            assert!(shown(text).contains(says), "{text}: {}", shown(text));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[-+x_'e0-9 a.\\PC]{0,12}") {
            if let Ok(items) = parse(&text) {
                prop_assert!(!items.is_empty() && items.len() <= ITEMS_LIMIT + 1);
            }
        }
    }
}
