//! The few drawing helpers all panes share: text by display width, numbers, ages, clocks, columns, small lines of blocks.
//!
//! Widths are those ratatui draws with (grapheme by grapheme), so that Chinese, Cyrillic and emoji align. Every function
//! bears any area, also one outside the buffer: a resize may come between layout and drawing.

use super::Role;
use crate::model::{Band, LabelSet, Millis, Safe, Subject, Timestamp};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The program's own signs beside those of [`Role`]: many are of ambiguous width, so each has an ASCII form.
#[derive(Clone, Copy, Debug)]
pub struct Glyphs {
    /// Where text was cut.
    pub cut: &'static str,
    /// From low to high.
    pub dash: &'static str,
    /// Between parts of a title.
    pub dot: &'static str,
    /// How often.
    pub times: &'static str,
    /// The selected row, the focused pane.
    pub here: &'static str,
    /// A frame: corners from the upper left clockwise, then horizontal and vertical.
    pub frame: [&'static str; 6],
    /// A bar: done, the place, left.
    pub bar: [&'static str; 3],
    /// Levels of a small line, lowest first.
    pub levels: [&'static str; 8],
    /// Degrees Celsius.
    pub celsius: &'static str,
}

const UNICODE: Glyphs = Glyphs {
    cut: "…",
    dash: "–",
    dot: "·",
    times: "×",
    here: "▸",
    frame: ["╭", "╮", "╯", "╰", "─", "│"],
    bar: ["━", "●", "─"],
    levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    celsius: "°C",
};

const ASCII: Glyphs = Glyphs {
    cut: "~",
    dash: "-",
    dot: "|",
    times: "x",
    here: ">",
    frame: ["+", "+", "+", "+", "-", "|"],
    bar: ["=", "o", "-"],
    levels: [".", ":", "-", "=", "+", "*", "%", "@"],
    celsius: "C",
};

/// The signs to use.
pub const fn glyphs(ascii: bool) -> &'static Glyphs {
    if ascii { &ASCII } else { &UNICODE }
}

/// Columns `text` takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Draws `text` from (`x`, `y`), in at most `max` columns and never outside `area`; answers the columns taken.
pub fn put(buf: &mut Buffer, area: Rect, at: (u16, u16), max: usize, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    let (x, y) = at;
    if x < area.left() || x >= area.right() || y < area.top() || y >= area.bottom() {
        return 0;
    }
    let room = max.min(usize::from(area.right() - x));
    buf.set_stringn(x, y, text, room, style).0 - x
}

/// Draws parts one after another in `area`'s row `row`; answers the columns taken.
pub fn put_parts(buf: &mut Buffer, area: Rect, row: u16, parts: &[(&str, Style)]) -> u16 {
    let mut x = area.x;
    for (text, style) in parts {
        x += put(buf, area, (x, area.y.saturating_add(row)), usize::from(area.right().saturating_sub(x)), text, *style);
    }
    x - area.x
}

/// The beginning of `text` that takes at most `room` columns, marked where it was cut.
pub fn cut_end(text: &str, room: usize, ascii: bool) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    if room == 0 {
        return String::new();
    }
    let mut out = head(text, room - 1);
    out.push_str(glyphs(ascii).cut);
    out
}

/// `text` shortened in its middle to at most `room` columns: names differ at both ends.
pub fn cut_middle(text: &str, room: usize, ascii: bool) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    if room < 5 {
        return cut_end(text, room, ascii);
    }
    let back = (room - 1) / 2;
    let mut tail: Vec<&str> = Vec::new();
    let mut taken = 0;
    for piece in text.graphemes(true).rev() {
        taken += piece.width();
        if taken > back {
            break;
        }
        tail.push(piece);
    }
    tail.reverse();
    format!("{}{}{}", head(text, room - 1 - back), glyphs(ascii).cut, tail.concat())
}

fn head(text: &str, room: usize) -> String {
    let mut taken = 0;
    text.graphemes(true)
        .take_while(|piece| {
            taken += piece.width();
            taken <= room
        })
        .collect()
}

/// `text` filled with blanks on its right to `room` columns.
pub fn left(text: &str, room: usize) -> String {
    format!("{text}{}", " ".repeat(room.saturating_sub(width(text))))
}

/// `text` filled with blanks on its left to `room` columns.
pub fn right(text: &str, room: usize) -> String {
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
            let part = head(&word, room);
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

/// A number with three significant digits; from a thousand on with all its digits, from ten million on by powers.
pub fn number(x: f64) -> String {
    let size = x.abs();
    if !x.is_finite() {
        return if x.is_nan() {
            "?".to_owned()
        } else if x > 0.0 {
            "inf".to_owned()
        } else {
            "-inf".to_owned()
        };
    }
    if size >= 1e7 {
        let (factor, sign) =
            [(1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")].into_iter().find(|(f, _)| size >= *f).unwrap_or((1.0, ""));
        return if size >= 1e21 { format!("{x:.2e}") } else { format!("{} {sign}", three(x / factor)) };
    }
    if size >= 1_000.0 {
        return grouped(x.round() as i64);
    }
    if size > 0.0 && size < 0.001 { format!("{x:.1e}") } else { three(x) }
}

fn three(x: f64) -> String {
    let size = x.abs();
    if (x - x.round()).abs() < 1e-9 {
        return format!("{}", x.round() as i64);
    }
    let places = if size < 1.0 {
        3
    } else if size < 9.995 {
        2
    } else {
        usize::from(size < 99.95)
    };
    format!("{x:.places$}")
}

/// A whole number in groups of three.
pub fn grouped(x: i64) -> String {
    let digits = x.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if x < 0 { format!("-{out}") } else { out }
}

/// A value in its unit, for people: shares in percent, bytes by powers of 1024.
pub fn value(x: f64, unit: &str, ascii: bool) -> String {
    match unit {
        "" => number(x),
        "1" => format!("{} %", number(x * 100.0)),
        "Cel" => format!("{} {}", number(x), glyphs(ascii).celsius),
        "By" | "By/s" => {
            let steps = [(1u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
            let (factor, name) = steps.into_iter().find(|(f, _)| x.abs() >= *f as f64).unwrap_or((1, "B"));
            format!("{} {name}{}", number(x / factor as f64), &unit[2..])
        }
        // A unit stands in the configuration or in data: it is foreign text.
        unit => format!("{} {}", number(x), Safe::label(unit)),
    }
}

/// Where a value was expected: `0.8–2.1 %`, `<2.1 %`; empty where neither end is known.
pub fn band(band: Option<Band>, unit: &str, ascii: bool) -> String {
    let Some(band) = band else { return String::new() };
    let high = value(band.high, unit, ascii);
    match (band.low.is_finite(), band.high.is_finite()) {
        (true, true) => {
            let low = value(band.low, unit, ascii);
            let (number, unit) = low.split_once(' ').unwrap_or((&low, ""));
            // The unit is said once where both ends have the same.
            let low = if high.ends_with(&format!(" {unit}")) { number } else { &low };
            format!("{low}{}{high}", glyphs(ascii).dash)
        }
        (true, false) => format!(">{}", value(band.low, unit, ascii)),
        (false, true) => format!("<{high}"),
        (false, false) => String::new(),
    }
}

/// An age in coarse steps, so that it does not change each second: `<10 s`, `40 s`, `5 m`, `3 h`, `2 d`.
pub fn age(length: Millis) -> String {
    let s = length.get() / 1_000;
    match s {
        i64::MIN..10 => "<10 s".to_owned(),
        10..60 => format!("{} s", s / 10 * 10),
        60..3_600 => format!("{} m", s / 60),
        3_600..86_400 => format!("{} h", s / 3_600),
        _ => format!("{} d", s / 86_400),
    }
}

fn local(at: Timestamp, zone: &TimeZone) -> Option<jiff::Zoned> {
    jiff::Timestamp::from_millisecond(at.as_millis()).ok().map(|t| t.to_zoned(zone.clone()))
}

/// `03:14:07`; dashes for a time no calendar has.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| "--:--:--".to_owned(), |t| format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second()))
}

/// `03:09`, with the date before it where that is not the day of `now`.
pub fn since(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (Some(t), Some(today)) = (local(at, zone), local(now, zone)) else { return "--:--".to_owned() };
    let time = format!("{:02}:{:02}", t.hour(), t.minute());
    if t.date() == today.date() { time } else { format!("{:02}-{:02} {time}", t.month(), t.day()) }
}

/// The date and the time to the millisecond, for detail views.
pub fn exact(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| "no time".to_owned(), |t| format!("{} {}.{:03}", t.date(), clock(at, zone), t.millisecond()))
}

/// `UTC+8`, `UTC-3:30`, `UTC`: the zone's offset at `at`.
pub fn offset(at: Timestamp, zone: &TimeZone) -> String {
    let minutes = local(at, zone).map_or(0, |t| t.offset().seconds() / 60);
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (h, 0) => format!("UTC{sign}{h}"),
        (h, m) => format!("UTC{sign}{h}:{m:02}"),
    }
}

/// Labels for people: `region=EU provider=alpha`. Safe to draw.
pub fn labels(labels: &LabelSet) -> String {
    let parts: Vec<String> = labels.iter().map(|(name, value)| format!("{}={}", Safe::label(name), Safe::label(value))).collect();
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

/// A column of a table: how wide its content is, the least it can be, and how soon it goes where there is no room.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The width of its widest content.
    pub want: usize,
    /// The least that means anything.
    pub least: usize,
    /// The higher, the sooner it goes.
    pub rank: u8,
}

/// Shares `room` among columns with `gap` blanks between: columns of high rank go first, then wide ones shrink. 0: gone.
pub fn columns(room: usize, gap: usize, columns: &[Column]) -> Vec<usize> {
    let mut widths = vec![0; columns.len()];
    let mut order: Vec<usize> = (0..columns.len()).filter(|i| columns[*i].want > 0).collect();
    order.sort_by_key(|i| (columns[*i].rank, *i));
    let mut left = room;
    for &i in &order {
        let need = columns[i].least.min(columns[i].want);
        let cost = need + if widths.iter().any(|w| *w > 0) { gap } else { 0 };
        if cost > left {
            continue;
        }
        widths[i] = need;
        left -= cost;
    }
    for &i in &order {
        if widths[i] > 0 {
            let more = (columns[i].want - widths[i]).min(left);
            widths[i] += more;
            left -= more;
        }
    }
    widths
}

/// One bar per value, scaled to the values themselves; gaps stay blank. The scale starts at zero unless the values lie
/// close together far from it.
pub fn bars(values: &[Option<f64>], ascii: bool) -> Vec<&'static str> {
    let known = || values.iter().flatten().copied().filter(|x| x.is_finite());
    let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    let scale = low.abs().max(high.abs());
    // Values within a tenth of each other are drawn about the middle: noise must not look like a storm.
    let (low, high) = if scale <= 0.0 {
        (0.0, 1.0)
    } else if high - low < 0.1 * scale {
        (low.midpoint(high) - 0.1 * scale, low.midpoint(high) + 0.1 * scale)
    } else if low >= 0.0 && low < 0.5 * high {
        (0.0, high)
    } else {
        (low, high)
    };
    let levels = &glyphs(ascii).levels;
    let bar = |x: f64| levels[(((x - low) / (high - low) * 7.0).round().clamp(0.0, 7.0)) as usize];
    values.iter().map(|v| v.filter(|x| x.is_finite()).map_or(" ", bar)).collect()
}

/// The style of `role`, for the sign drawn before it.
pub fn sign(role: Role, ascii: bool) -> String {
    left(role.sign(ascii), if ascii { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_measured_cut_and_filled_by_columns() {
        assert_eq!(width("支付a"), 5);
        assert_eq!(cut_end("支付失败", 5, false), "支付…");
        assert_eq!(cut_middle("payment-failures-eu-west", 13, false), "paymen…u-west");
        assert_eq!(left("é", 3), "é  ");
        assert_eq!(right("支", 3), " 支");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
    }

    #[test]
    fn numbers_have_three_digits_and_their_unit() {
        for (x, unit, text) in [
            (0.142, "1", "14.2 %"),
            (842.0, "ms", "842 ms"),
            (4_812.3, "", "4,812"),
            (12_345_678.0, "", "12.3 M"),
            (0.0, "", "0"),
            (-9_412.4, "CNY", "-9,412 CNY"),
            (1_610_612_736.0, "By", "1.50 GiB"),
            (0.5, "By/s", "0.500 B/s"),
            (0.000_012, "", "1.2e-5"),
            (f64::NAN, "", "?"),
        ] {
            assert_eq!(value(x, unit, false), text);
        }
    }

    #[test]
    fn bands_say_their_unit_once() {
        assert_eq!(band(Some(Band::new(0.008, 0.021)), "1", false), "0.800–2.10 %");
        assert_eq!(band(Some(Band::new(f64::NEG_INFINITY, 190.0)), "ms", true), "<190 ms");
        assert_eq!(band(Some(Band::new(5.0, f64::INFINITY)), "", true), ">5");
        assert_eq!(band(None, "ms", true), "");
    }

    #[test]
    fn ages_move_in_coarse_steps() {
        let texts: Vec<String> = [-5, 3, 19, 59, 61, 3_599, 7_300, 200_000].map(|s| age(Millis::from_secs(s))).to_vec();
        assert_eq!(texts, ["<10 s", "<10 s", "10 s", "50 s", "1 m", "59 m", "2 h", "2 d"]);
    }

    #[test]
    fn a_quiet_series_is_drawn_quietly() {
        assert_eq!(bars(&[Some(0.0), None, Some(0.0)], false).concat(), "▁ ▁");
        assert_eq!(bars(&[Some(61.0), Some(61.5), Some(61.0)], false).concat(), "▄▅▄");
        assert_eq!(bars(&[Some(1.0), Some(14.0), Some(f64::NAN)], false).concat(), "▂█ ");
    }

    #[test]
    fn columns_go_by_rank_and_shrink_to_their_least() {
        let column = |want, least, rank| Column { want, least, rank };
        let list = [column(2, 2, 0), column(20, 8, 1), column(10, 10, 2), column(30, 12, 9)];
        assert_eq!(columns(80, 1, &list), [2, 20, 10, 30]);
        assert_eq!(columns(40, 1, &list), [2, 13, 10, 12]);
        assert_eq!(columns(25, 1, &list), [2, 11, 10, 0]);
        assert_eq!(columns(1, 1, &list), [0, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_room(text in "\\PC{0,40}", room in 0usize..30) {
            prop_assert!(width(&cut_end(&text, room, false)) <= room);
            prop_assert!(width(&cut_middle(&text, room, false)) <= room);
            prop_assert!(wrap(&text, room).iter().all(|line| width(line) <= room));
        }
    }
}
