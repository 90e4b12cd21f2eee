//! Reads JSON in one pass over the bytes: no tree, no recursion, no allocation.
//!
//! Why not a library's deserializer: a value's place in the payload is needed (redaction, arrays of
//! records, errors that name the byte), depth must never reach the stack, and the fields a stream
//! asks for are known at run time only. The text is checked as UTF-8 before it comes here; the
//! grammar is RFC 8259, and tests hold it against `serde_json`.

use std::ops::Range;

/// Deepest nesting read, as `serde_json`: real records have less than ten levels, and this many fit one machine word.
pub(super) const MAX_DEPTH: u32 = 128;

/// Why a payload cannot be read, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Offset in the payload; `None` where no byte is to blame.
    pub at: Option<usize>,
    /// What is wrong.
    pub why: &'static str,
}

impl Fault {
    /// A fault of the payload as a whole.
    pub(super) const fn whole(why: &'static str) -> Self {
        Self { at: None, why }
    }
}

/// Where a string's content lies in the text, between its quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    /// Whether there are escapes to be resolved.
    pub escaped: bool,
}

impl Span {
    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// A place in a JSON text.
#[derive(Clone, Debug)]
pub(super) struct Scan<'t> {
    bytes: &'t [u8],
    text: &'t str,
    pub at: usize,
    /// Containers entered by the caller and not left.
    pub depth: u32,
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const QUOTES: u64 = LOW * 0x22;
const BACKSLASHES: u64 = LOW * 0x5c;

/// Marks (at least) the lowest zero byte of `x` in its high bit.
const fn zero_byte(x: u64) -> u64 {
    x.wrapping_sub(LOW) & !x & HIGH
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { bytes: text.as_bytes(), text, at: 0, depth: 0 }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    #[cold]
    fn fault<T>(&self, why: &'static str) -> Result<T, Fault> {
        let why = if self.at >= self.bytes.len() { "ends too early" } else { why };
        Err(Fault { at: Some(self.at.min(self.bytes.len())), why })
    }

    #[inline]
    fn byte(&self) -> u8 {
        // NUL is no part of the grammar, so it may stand for the end; `fault` tells them apart.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_space(&mut self) -> u8 {
        let mut byte = self.byte();
        while matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
            byte = self.byte();
        }
        byte
    }

    /// The first byte of the next value, which stays unread.
    #[inline]
    pub(super) fn peek(&mut self) -> u8 {
        self.skip_space()
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        self.skip_space();
        if self.at < self.bytes.len() { self.fault("more follows after the value") } else { Ok(()) }
    }

    /// Enters the container whose opening bracket is next; false: it is empty and left already.
    #[inline]
    pub(super) fn enter(&mut self, close: u8) -> Result<bool, Fault> {
        if self.depth >= MAX_DEPTH {
            return self.fault("nested deeper than 128 levels");
        }
        self.at += 1;
        if self.skip_space() == close {
            self.at += 1;
            return Ok(false);
        }
        self.depth += 1;
        Ok(true)
    }

    /// After a member: true where another follows, false where the container is left.
    #[inline]
    pub(super) fn more(&mut self, close: u8) -> Result<bool, Fault> {
        let byte = self.skip_space();
        if byte == b',' {
            self.at += 1;
            return Ok(true);
        }
        if byte != close {
            return self.fault(if close == b'}' { "expected , or }" } else { "expected , or ]" });
        }
        self.at += 1;
        self.depth -= 1;
        Ok(false)
    }

    /// A member's name and its colon.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Span, Fault> {
        if self.skip_space() != b'"' {
            return self.fault("expected a name in double quotes");
        }
        let span = self.string()?;
        if self.skip_space() != b':' {
            return self.fault("expected :");
        }
        self.at += 1;
        Ok(span)
    }

    /// The string whose opening quote is next.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Span, Fault> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.plain_run();
            match self.byte() {
                b'"' => {
                    self.at += 1;
                    return Ok(Span { start, end: self.at - 1, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return self.fault("control character in a string"),
            }
        }
    }

    /// Goes on to the next quote, backslash or control character, eight bytes at a time.
    #[inline]
    fn plain_run(&mut self) {
        while let Some(chunk) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<8>) {
            let x = u64::from_le_bytes(*chunk);
            let control = x.wrapping_sub(LOW * 0x20) & !x & HIGH;
            // Each mask may be wrong above its own lowest hit, never below it.
            let stop = control | zero_byte(x ^ QUOTES) | zero_byte(x ^ BACKSLASHES);
            if stop != 0 {
                self.at += (stop.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
        while self.bytes.get(self.at).is_some_and(|b| !matches!(b, b'"' | b'\\' | 0..=0x1f)) {
            self.at += 1;
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.byte() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.byte().is_ascii_hexdigit() {
                        return self.fault("no hexadecimal digit in a \\u escape");
                    }
                    self.at += 1;
                }
            }
            _ => return self.fault("unknown escape"),
        }
        Ok(())
    }

    /// The number that is next; infinite where it is too large for any float.
    #[inline]
    pub(super) fn number(&mut self) -> Result<f64, Fault> {
        let start = self.at;
        let negative = self.byte() == b'-';
        self.at += usize::from(negative);
        let mut mantissa = 0u64;
        let first = self.at;
        self.digits(&mut mantissa);
        let mut count = self.at - first;
        if count == 0 || (count > 1 && self.bytes.get(first) == Some(&b'0')) {
            self.at = first;
            return self.fault("no number as JSON writes them");
        }
        let mut power = 0i32;
        if self.byte() == b'.' {
            self.at += 1;
            let point = self.at;
            self.digits(&mut mantissa);
            let decimals = self.at - point;
            if decimals == 0 {
                return self.fault("expected a digit after the point");
            }
            count += decimals;
            power = -i32::try_from(decimals).unwrap_or(i32::MAX);
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.exponent()?;
            power = i32::MIN;
        }
        // Clinger's fast path: up to 19 digits the mantissa is whole, below 2^53 both operands are exact, so one rounding is the right one.
        if count <= 19 && mantissa < 1 << 53 && (-22..=0).contains(&power) {
            let x = mantissa as f64 / POWERS[power.unsigned_abs() as usize];
            return Ok(if negative { -x } else { x });
        }
        // The grammar above is narrower than `parse`'s, which rounds correctly and overflows to infinity.
        Ok(self.text.get(start..self.at).and_then(|t| t.parse().ok()).unwrap_or(f64::NAN))
    }

    #[inline]
    fn digits(&mut self, mantissa: &mut u64) {
        while let Some(digit @ b'0'..=b'9') = self.bytes.get(self.at) {
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
    }

    fn exponent(&mut self) -> Result<(), Fault> {
        self.at += 1;
        if matches!(self.byte(), b'+' | b'-') {
            self.at += 1;
        }
        let first = self.at;
        self.digits(&mut 0);
        if self.at == first { self.fault("expected a digit in the exponent") } else { Ok(()) }
    }

    fn skip_number(&mut self) -> Result<(), Fault> {
        let mut unread = 0;
        self.at += usize::from(self.byte() == b'-');
        let first = self.at;
        self.digits(&mut unread);
        if self.at == first || (self.at - first > 1 && self.bytes.get(first) == Some(&b'0')) {
            self.at = first;
            return self.fault("no number as JSON writes them");
        }
        if self.byte() == b'.' {
            self.at += 1;
            let point = self.at;
            self.digits(&mut unread);
            if self.at == point {
                return self.fault("expected a digit after the point");
            }
        }
        if matches!(self.byte(), b'e' | b'E') { self.exponent() } else { Ok(()) }
    }

    /// `true`, `false` or `null`, told by its first byte.
    #[inline]
    pub(super) fn literal(&mut self) -> Result<Option<bool>, Fault> {
        let (word, value) = match self.byte() {
            b't' => ("true", Some(true)),
            b'f' => ("false", Some(false)),
            b'n' => ("null", None),
            _ => return self.fault("expected a value"),
        };
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            return self.fault("expected a value");
        }
        self.at += word.len();
        Ok(value)
    }

    /// Checks the next value and goes behind it, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        // One bit for each open container of this value, the innermost lowest: 1 is an object.
        let mut objects = 0u128;
        let base = self.depth;
        loop {
            match self.skip_space() {
                b'"' => {
                    self.string()?;
                }
                b'-' | b'0'..=b'9' => self.skip_number()?,
                open @ (b'{' | b'[') => {
                    let object = open == b'{';
                    if self.enter(if object { b'}' } else { b']' })? {
                        objects = (objects << 1) | u128::from(object);
                        if object {
                            self.key()?;
                        }
                        continue;
                    }
                }
                _ => {
                    self.literal()?;
                }
            }
            loop {
                if self.depth == base {
                    return Ok(());
                }
                let object = objects & 1 == 1;
                if self.more(if object { b'}' } else { b']' })? {
                    if object {
                        self.key()?;
                    }
                    break;
                }
                objects >>= 1;
            }
        }
    }
}

/// Powers of ten that a float holds exactly.
const POWERS: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

/// Appends the content of a string that [`Scan::string`] has checked. Lone surrogates become U+FFFD.
pub(super) fn unescape(content: &str, out: &mut String) {
    let mut rest = content;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let mut tail = rest[at + 1..].chars();
        let decoded = match tail.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let (decoded, used) = unicode(&rest[at + 2..]);
                tail = rest[at + 2 + used..].chars();
                decoded
            }
            Some(other) => other,
            None => break,
        };
        out.push(decoded);
        rest = tail.as_str();
    }
    out.push_str(rest);
}

/// The character of a `\u` escape whose digits come next, and how many bytes behind the `u` it takes.
fn unicode(digits: &str) -> (char, usize) {
    let unit = |from: usize| digits.get(from..from + 4).and_then(|d| u32::from_str_radix(d, 16).ok());
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, 0) };
    if (0xd800..0xdc00).contains(&first)
        && digits.get(4..6) == Some("\\u")
        && let Some(second @ 0xdc00..0xe000) = unit(6)
    {
        let joined = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER), 10);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) -> Result<(), Fault> {
        let mut scan = Scan::new(text);
        scan.skip()?;
        scan.end()
    }

    fn number(text: &str) -> Result<f64, Fault> {
        let mut scan = Scan::new(text);
        let x = scan.number()?;
        scan.end().map(|()| x)
    }

    #[test]
    fn the_grammar_is_json() {
        for good in ["0", "-0", "-0.5e-7", "[]", "{}", " [1 , 2]\n", r#"{"a":{"b":[null,true,"\u00e9\n"]}}"#, "\"\u{7f}é\"", "1e999"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in
            ["", " ", "01", "-", "1.", ".5", "1e", "+1", "[1,]", "{\"a\":1,}", "{a:1}", "[1 2]", "\"\n\"", "\"\\x\"", "nul", "NaN", "1 2"]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
        for bad in ["{\"v\":1}garbage", "{\"v\":1/*x*/}", "{\"v\":Infinity}", "\"\\ud8", "[", "{\"a\"", "{\"a\":", "]", "\u{feff}{}"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn faults_name_their_byte() {
        assert_eq!(check("{\"v\":1}garbage"), Err(Fault { at: Some(7), why: "more follows after the value" }));
        assert_eq!(check("{\"v\":Infinity}"), Err(Fault { at: Some(5), why: "expected a value" }));
        assert_eq!(check("{\"v\":"), Err(Fault { at: Some(5), why: "ends too early" }));
    }

    #[test]
    fn depth_is_refused_not_followed() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(check(&deep(128)), Ok(()));
        assert_eq!(check(&deep(129)).map_err(|f| f.at), Err(Some(128)));
        assert!(check(&deep(200_000)).is_err());
        assert!(check(&"{\"a\":".repeat(200_000)).is_err());
    }

    #[test]
    fn numbers_are_rounded_once() {
        for (text, want) in
            [("0.1", 0.1f64), ("54.21", 54.21), ("-12.5e3", -12_500.0), ("18446744073709551616", 18_446_744_073_709_551_616.0)]
        {
            assert_eq!(number(text).map(f64::to_bits), Ok(want.to_bits()), "{text}");
        }
        assert_eq!(number("-0").map(f64::to_bits), Ok((-0.0f64).to_bits()));
        assert_eq!(number("5e-324").map(f64::to_bits), Ok(1));
        assert!(number("1e999").is_ok_and(f64::is_infinite));
        assert!(number(&"9".repeat(400)).is_ok_and(f64::is_infinite));
    }

    #[test]
    fn escapes_are_resolved() {
        let mut out = String::new();
        unescape(r#"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude42\ud83dx\udc00\u0000é"#, &mut out);
        assert_eq!(out, "a\"\\/\u{8}\u{c}\n\r\té🙂\u{fffd}x\u{fffd}\0é");
    }

    proptest! {
        #[test]
        fn any_text_is_judged_as_serde_json_judges_it(text in r#"[\[\]{}:,"0-9eE.+\-tfnrualsx\\ \n]{0,24}"#) {
            // Number overflow apart, which serde_json refuses and this scanner leaves to its caller.
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(check(&text).is_ok(), theirs, "{}", text);
        }

        #[test]
        fn written_numbers_come_back(x in proptest::num::f64::NORMAL) {
            prop_assert_eq!(number(&format!("{x:e}")).map(f64::to_bits), Ok(x.to_bits()));
            let short = (x % 1e6 * 100.0).round() / 100.0;
            prop_assert_eq!(number(&format!("{short}")).map(f64::to_bits), Ok(short.to_bits()));
        }

        #[test]
        fn written_strings_come_back(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let mut scan = Scan::new(&json);
            let span = scan.string().unwrap();
            let mut out = String::new();
            unescape(&json[span.range()], &mut out);
            prop_assert_eq!(out, text);
        }
    }
}
