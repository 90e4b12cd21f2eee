//! Text by the columns it takes on the screen: cut, shortened, filled, wrapped; names of what series and alerts are about.
//!
//! Widths are those ratatui draws with (grapheme by grapheme), so that Chinese, Cyrillic and emoji align.

use crate::model::{LabelSet, Safe, Subject};
use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns `text` takes on the screen.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// `text` in at most `room` columns: its middle gives way to an ellipsis, since the ends tell names apart.
pub fn shorten(text: &str, room: usize, ascii: bool) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let dots = if ascii { ".." } else { "…" };
    if room <= width(dots) {
        return dots.chars().take(room).collect();
    }
    let keep = room - width(dots);
    let head = take(text.graphemes(true), keep.div_ceil(2));
    let tail = take(text.graphemes(true).rev(), keep - width(&head));
    let tail: String = tail.graphemes(true).rev().collect();
    format!("{head}{dots}{tail}")
}

/// `text` in at most `room` columns, cut at the end: for sentences, which are read from the left.
pub fn clip(text: &str, room: usize, ascii: bool) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let dots = if ascii { ".." } else { "…" };
    format!("{}{}", take(text.graphemes(true), room.saturating_sub(width(dots))), if room < width(dots) { "" } else { dots })
}

fn take<'a>(graphemes: impl Iterator<Item = &'a str>, room: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for g in graphemes {
        used += g.width();
        if used > room {
            break;
        }
        out.push_str(g);
    }
    out
}

/// `text` with blanks after it up to `room` columns.
pub fn pad(text: &str, room: usize) -> String {
    format!("{text}{}", " ".repeat(room.saturating_sub(width(text))))
}

/// `text` with blanks before it up to `room` columns.
pub fn pad_left(text: &str, room: usize) -> String {
    format!("{}{text}", " ".repeat(room.saturating_sub(width(text))))
}

/// Lines of at most `room` columns, broken between words where that can be.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    if room == 0 {
        return Vec::new();
    }
    for word in text.split(' ') {
        let mut word = word.to_owned();
        let used = lines.last().map_or(0, |line| width(line));
        if used > 0 && used + 1 + width(&word) <= room {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
                line.push_str(&word);
            }
            continue;
        }
        if used > 0 {
            lines.push(String::new());
        }
        while width(&word) > room {
            let part = take(word.graphemes(true), room);
            if part.is_empty() {
                // A character wider than the room: nothing of it can be drawn.
                return lines;
            }
            word = word.split_off(part.len());
            if let Some(line) = lines.last_mut() {
                *line = part;
            }
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(&word);
        }
    }
    lines
}

/// Compares names as people count: `sensor 2` before `sensor 10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (digits(&mut a), digits(&mut b));
                // Without leading zeros, more digits are a larger number.
                let by_size = x.len().cmp(&y.len()).then_with(|| x.cmp(&y));
                if by_size.is_ne() {
                    return by_size;
                }
            }
            (x, y) => {
                if x.is_none() || x != y {
                    return x.cmp(&y);
                }
                a.next();
                b.next();
            }
        }
    }
}

fn digits(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut out = String::new();
    while let Some(c) = chars.next_if(char::is_ascii_digit) {
        if c != '0' || !out.is_empty() {
            out.push(c);
        }
    }
    out
}

/// Labels for people: `region=EU provider=alpha`. Safe to draw.
pub fn labels(labels: &LabelSet) -> String {
    let parts: Vec<String> = labels.iter().map(|(name, value)| format!("{}={}", Safe::label(name), Safe::label(value))).collect();
    parts.join(" ")
}

/// The values of labels alone, for where there is little room: `EU alpha`. Safe to draw.
pub fn label_values(labels: &LabelSet) -> String {
    let parts: Vec<String> = labels.iter().map(|(_, value)| Safe::label(value).to_string()).collect();
    parts.join(" ")
}

/// The metric or stream of a subject and its labels, for people. Safe to draw.
pub fn subject(subject: &Subject) -> String {
    let (name, set) = match subject {
        Subject::Series(key) => (&key.name, &key.labels),
        Subject::Key { stream, labels } => (stream, labels),
    };
    if set.is_empty() { Safe::label(name).to_string() } else { format!("{} {}", Safe::label(name), labels(set)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_shortened_in_the_middle_by_display_width() {
        assert_eq!(shorten("payment-failures-eu-west", 18, false), "payment-f…-eu-west");
        assert_eq!(shorten("支付失败率按地区", 9, false), "支付…地区");
        assert_eq!(width(&pad(&shorten("支付失败率按地区", 8, false), 8)), 8);
        assert_eq!(shorten("Ошибки оплаты", 20, false), "Ошибки оплаты");
        assert_eq!(shorten("abcdef", 4, true), "a..f");
        assert_eq!([shorten("abc", 1, false), shorten("abc", 0, false)], ["…", ""]);
    }

    #[test]
    fn sentences_are_cut_at_their_end_or_wrapped() {
        assert_eq!(clip("why it is so", 7, false), "why it…");
        assert_eq!(clip("支付失败", 5, false), "支付…");
        assert_eq!([pad("é", 3), pad_left("支", 3)], ["é  ", " 支"]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    #[test]
    fn numbers_in_names_are_ordered_by_size() {
        let mut names = ["10", "2", "node-10", "node-9b", "node-9", "007", "", "EU 1"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "2", "007", "10", "EU 1", "node-9", "node-9b", "node-10"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(text in "\\PC{0,40}", room in 0usize..30, ascii in any::<bool>()) {
            let safe = Safe::label(&text);
            prop_assert!(width(&shorten(safe.as_str(), room, ascii)) <= room);
            prop_assert!(width(&clip(safe.as_str(), room, ascii)) <= room);
            prop_assert!(wrap(safe.as_str(), room).iter().all(|line| width(line) <= room));
        }
    }
}
