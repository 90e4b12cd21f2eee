//! `Safe` text: the only text a screen, a title or a notice accepts.
//!
//! Data may hold escape sequences, bidi overrides or floods of combining marks, which would let a
//! record forge what the console shows (CVE-2021-42574 and its kind). What is replaced stays
//! visible, never silently dropped: control characters become control pictures, format characters
//! U+FFFD, and at most four zero-width characters follow a base. The raw bytes stay in the store.

use std::fmt;
use unicode_width::UnicodeWidthChar;

/// Longest label kept, in characters: names of series, topics, keys.
pub const LABEL_LIMIT: usize = 512;
/// Longest message kept, in characters: log lines, explanations, excerpts of payloads.
pub const MESSAGE_LIMIT: usize = 4_096;
/// Longest text [`Safe::escaped`] makes, in characters.
pub const ESCAPE_LIMIT: usize = 16_384;
/// Zero-width characters that may follow one base: more is no writing system's need.
const ZERO_WIDTH_PER_BASE: usize = 4;

/// Text that can be drawn: no control, format or bidi character, no flood of zero-width ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Safe(String);

impl Safe {
    /// A name of something: one line, at most [`LABEL_LIMIT`] characters.
    pub fn label(text: &str) -> Self {
        Self(clean(text, LABEL_LIMIT))
    }

    /// A sentence or an excerpt: one line, at most [`MESSAGE_LIMIT`] characters.
    pub fn message(text: &str) -> Self {
        Self(clean(text, MESSAGE_LIMIT))
    }

    /// Bytes as they came, for an excerpt: what is no UTF-8 becomes U+FFFD.
    pub fn bytes(bytes: &[u8]) -> Self {
        let cut = &bytes[..bytes.len().min(MESSAGE_LIMIT * 4)];
        Self(clean(&String::from_utf8_lossy(cut), MESSAGE_LIMIT))
    }

    /// Every character outside printable ASCII as `\u{…}`: the detail view's "show me exactly".
    pub fn escaped(text: &str) -> Self {
        let mut out = String::new();
        for c in text.chars().take(ESCAPE_LIMIT / 8) {
            if c.is_ascii_graphic() || c == ' ' { out.push(c) } else { out.extend(c.escape_unicode()) }
        }
        Self(out)
    }

    /// The text, ready to be drawn.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The program's own words are safe by construction.
impl From<&'static str> for Safe {
    fn from(text: &'static str) -> Self {
        Self(clean(text, MESSAGE_LIMIT))
    }
}

fn clean(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    let mut zero_width = 0;
    for (count, c) in text.chars().enumerate() {
        if count >= limit {
            out.push('…');
            break;
        }
        if c.is_ascii() && !c.is_ascii_control() {
            zero_width = 0;
            out.push(c);
            continue;
        }
        let shown = replacement(c);
        if shown.width().unwrap_or(0) == 0 {
            zero_width += 1;
            if zero_width > ZERO_WIDTH_PER_BASE || out.is_empty() {
                continue;
            }
        } else {
            zero_width = 0;
        }
        out.push(shown);
    }
    out
}

/// What is drawn in place of `c`.
fn replacement(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        // Among these the joiner, which makes one picture of several: chains of it are a flood.
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffc}'
        | '\u{e0000}'..='\u{e0fff}' => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_or_the_eye_is_left() {
        let hostile = "a\x1b[2J\u{9b}31m\u{202e}evil\u{200b}\u{feff}\u{2028}\x07\x7f";
        let safe = Safe::label(hostile);
        assert!(safe.as_str().starts_with("a␛[2J"), "{safe}");
        assert!(!safe.as_str().chars().any(|c| c.is_control() || ('\u{2000}'..='\u{206f}').contains(&c)), "{safe}");
    }

    #[test]
    fn writing_systems_stay_as_they_are() {
        for text in ["支付失败率", "Ошибки оплаты", "ecommerce_data", "é", "🙂"] {
            assert_eq!(Safe::label(text).as_str(), text);
        }
    }

    #[test]
    fn a_flood_of_combining_marks_is_cut() {
        let flood = format!("a{}", "\u{301}".repeat(1000));
        assert!(Safe::label(&flood).as_str().chars().count() <= 2 + ZERO_WIDTH_PER_BASE);
    }

    #[test]
    fn long_texts_end_with_an_ellipsis() {
        let long = "x".repeat(10_000);
        assert_eq!(Safe::label(&long).as_str().chars().count(), LABEL_LIMIT + 1);
        assert!(Safe::message(&long).as_str().ends_with('…'));
    }
}
