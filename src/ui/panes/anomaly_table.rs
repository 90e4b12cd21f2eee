//! The rows of the anomaly table as columns: what every detector has to say, and the fields a scenario asks for.
//!
//! A field that only repeats another column is left out, so that the ones left find room.

use crate::detect::{Opinion, subject_name};
use crate::model::{Anomaly, FieldText, Millis, Safe, Timestamp};
use crate::ui::glyphs::glyphs;
use crate::ui::widgets::{Share, put_at, put_parts, shares};
use crate::ui::words::{self, clip, shorten};
use crate::ui::{Look, Role, Scene, english, format, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns of the scenario's own that are shown: the detail view has them all.
const SHOW_MAX: usize = 6;
/// Head, right, least width, greatest width and rank of the columns every table has. The scenario's own stand after the value.
/// At 80 columns there is room for what happened, where, and why; what only adds to that goes first.
const SHAPE: [(&str, bool, usize, usize, u8); 9] = [
    // A sign and a moment of another year are the longest.
    ("time", false, 8, 18, 0),
    ("where", false, 10, 44, 2),
    ("value", true, 5, 16, 1),
    ("expected", false, 0, 26, 5),
    (english("pattern"), false, 0, 15, 3),
    (english("lasting"), true, 0, 8, 7),
    ("seen", true, 4, 7, 8),
    ("score", true, 5, 5, 9),
    ("why", false, 20, 160, 4),
];
/// The place of the time, with what a person said of it before.
const TIME: usize = 0;
/// The least of what it is about where there is room for more than that and a value.
const WHERE_LEAST: usize = 18;
/// From this many columns on the sentence has more, before what only counts: with less it ends within its first words.
const ROOMY: usize = 112;
/// The least of the sentence then, and of what it is about, whose labels lose their names before.
const WHY_LEAST: usize = 30;
const WHERE_ROOMY: usize = 26;
/// Columns of a time and a value: on a narrow screen what it is about has the rest.
const CORE: usize = 25;
/// From this many columns on.
const WIDE: usize = 70;
/// The place of what the anomaly is about.
const WHERE: usize = 1;
/// The place of the value.
const VALUE: usize = 2;
/// The place of the first of the scenario's own.
const OWN: usize = 3;
/// The place of the form, before the scenario's own are put in.
const PATTERN: usize = 4;
/// Least width, greatest width and rank of the scenario's own columns: of a text, three letters say nothing.
const SHOW_SHAPE: (usize, usize, u8) = (8, 24, 6);
/// The rank of a field that is a time: the table has one already, though of a run's last observation.
const TIMED_RANK: u8 = 9;
/// The signs of what people say.
const SAID: [char; 4] = ['✓', '✗', '+', 'x'];
/// What follows the name, the value and the labels in a sentence.
const VERBS: [&str; 9] =
    [" is ", " are ", " scores ", " score ", " hardly ever ", " comes after ", " has not changed ", " rose ", " fell "];
/// Bytes of a sentence that may be left out because columns say them: a name, a value and some labels.
const SUBJECT_LONG: usize = 160;
/// A number this near to the moment of the anomaly, read as a time, is one.
const SAME_DAY: f64 = 86_400_000.0;

/// A field as it is drawn.
pub fn field(value: &FieldText) -> String {
    match value {
        FieldText::Missing => String::new(),
        // A field may be an id or a time: all its digits matter, unlike a measured value's.
        FieldText::Number(x) if x.fract().abs() < f64::EPSILON && x.abs() < 1e15 => format!("{x:.0}"),
        FieldText::Number(x) => format!("{x:.2}"),
        FieldText::Bool(b) => b.to_string(),
        FieldText::Text(text) => Safe::label(text).to_string(),
    }
}

/// The moment a number stands for: seconds, milliseconds, microseconds or nanoseconds since the epoch, told by what lies near `at`.
pub fn moment(value: &FieldText, at: Timestamp) -> Option<Timestamp> {
    let FieldText::Number(x) = value else { return None };
    let near = |ms: &f64| (ms - at.as_millis() as f64).abs() < SAME_DAY;
    [x * 1e3, *x, x / 1e3, x / 1e6].into_iter().find(near).map(|ms| Timestamp::from_millis(ms.round() as i64))
}

/// The texts of the rows shown, and the widths of their columns.
pub struct Table {
    heads: Vec<String>,
    /// Drawn to the right.
    right: Vec<bool>,
    lines: Vec<Vec<String>>,
    widths: Vec<usize>,
    /// The scenario's own columns.
    own: std::ops::Range<usize>,
}

impl Table {
    /// The table of the part `window` of `rows`, in `room` columns; `chosen`: the title says what they are of.
    pub fn new(
        rows: &[&Anomaly],
        window: std::ops::Range<usize>,
        (room, chosen): (usize, bool),
        scene: &Scene<'_>,
        look: &Look<'_>,
    ) -> Self {
        let Own { names, timed, valued } = own(rows, chosen);
        // Where all are of one stream or metric, it need not be said in each row.
        let one = chosen && rows.windows(2).all(|w| name_of(w[0]) == name_of(w[1])) && rows.iter().all(|a| !a.subject.labels().is_empty());
        let own_heads = names.iter().map(|n| Safe::label(n).to_string());
        let mut heads: Vec<String> = SHAPE.iter().map(|s| look.language.say(s.0).to_owned()).collect();
        heads.splice(OWN..OWN, own_heads);
        let numeric = |name: &&str| rows.iter().filter_map(|a| of(a, name)).all(|v| !matches!(v, FieldText::Text(_)));
        let mut right: Vec<bool> = SHAPE.iter().map(|s| s.1).collect();
        right.splice(OWN..OWN, names.iter().map(numeric));
        let mut limits: Vec<(usize, usize, u8)> = SHAPE.iter().map(|s| (s.2, s.3, s.4)).collect();
        limits.splice(OWN..OWN, timed.iter().map(|timed| if *timed { (SHOW_SHAPE.0, SHOW_SHAPE.1, TIMED_RANK) } else { SHOW_SHAPE }));
        let mut lines: Vec<Vec<String>> = rows[window.clone()].iter().map(|a| line(a, &names, one, scene, look)).collect();
        if lines.iter().any(|l| l[TIME].starts_with(SAID)) {
            heads[TIME].insert(0, ' ');
            lines.iter_mut().filter(|l| !l[TIME].starts_with(SAID)).for_each(|l| l[TIME].insert(0, ' '));
        }
        let why = limits.len() - 1;
        limits[why].0 = if room >= ROOMY { WHY_LEAST } else { limits[why].0 };
        limits[WHERE].0 = match room {
            ROOMY.. => WHERE_ROOMY,
            WIDE.. => WHERE_LEAST,
            _ => room.saturating_sub(CORE).clamp(limits[WHERE].0, WHERE_LEAST),
        };
        limits[TIME].0 = lines.iter().map(|l| words::width(&l[TIME])).max().unwrap_or(0).min(limits[TIME].1);
        let fit = |lines: &[Vec<String>]| {
            let share = |(i, &(least, most, rank)): (usize, &(usize, usize, u8))| {
                let widest = lines.iter().map(|l| words::width(&l[i])).max().unwrap_or(0);
                // A column without content says nothing; a number is never cut.
                let none = widest == 0 || (i == VALUE && valued);
                let want = if none { 0 } else { widest.max(words::width(&heads[i])).min(most) };
                Share { want, least: if right[i] || least == 0 { want } else { least }, rank }
            };
            let shape: Vec<Share> = limits.iter().enumerate().map(share).collect();
            let widths = shares(room.saturating_sub(1), 2, &shape);
            (widths[WHERE] < shape[WHERE].want, widths)
        };
        let (narrow, mut widths) = fit(&lines);
        if narrow {
            for (line, a) in lines.iter_mut().zip(&rows[window]) {
                let values = words::label_values(a.subject.labels());
                line[WHERE] = if one { values } else { format!("{} {values}", Safe::label(name_of(a))).trim_end().to_owned() };
            }
            widths = fit(&lines).1;
        }
        Self { widths, heads, right, lines, own: OWN..OWN + names.len() }
    }

    /// Draws the heads, or a line with whether it is selected.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, row: u16, line: Option<(usize, bool)>, look: &Look<'_>) {
        let selected = line.is_some_and(|(_, selected)| selected);
        let texts = line.map_or(&self.heads, |(i, _)| &self.lines[i]);
        let mark = if selected { glyphs(look.ascii).here } else { " " };
        if selected && row < area.height {
            let text = Rect { x: area.x + 1, y: area.y + row, width: area.width.saturating_sub(1), height: 1 };
            buf.set_style(text.intersection(buf.area), look.theme.style(Role::Selection));
        }
        let mut x = area.x + put_parts(buf, area, row, &[(mark, look.theme.style(Role::Accent))]);
        for (i, (text, &room)) in texts.iter().zip(&self.widths).enumerate() {
            if room == 0 {
                continue;
            }
            let text = if i == WHERE { shorten(text, room, look.ascii) } else { clip(text, room, look.ascii) };
            let text = if self.right[i] { words::pad_left(&text, room) } else { words::pad(&text, room) };
            let role = match i {
                _ if selected => Role::Selection,
                TIME if text.starts_with(SAID) => Role::Accent,
                WHERE | VALUE if line.is_some() => Role::Text,
                _ if line.is_some() && i == PATTERN + self.own.len() => Role::Text,
                _ if line.is_some() && self.own.contains(&i) => Role::Text,
                _ => Role::Dim,
            };
            put_at(buf, area, (x, area.y + row), &text, look.theme.style(role));
            x = x.saturating_add(room as u16 + 2);
        }
    }
}

/// The scenario's own columns.
struct Own<'a> {
    names: Vec<&'a str>,
    /// Which of them are times.
    timed: Vec<bool>,
    /// One of them is the value itself, in all rows: with all its digits and under its own name.
    valued: bool,
}

fn of<'a>(a: &'a Anomaly, name: &str) -> Option<&'a FieldText> {
    a.fields.iter().find(|(n, _)| n.as_ref() == name).map(|(_, v)| v)
}

/// The fields of all rows, oldest first, so that columns do not change places as rows pass by, without those that say again
/// what stands in another column: a label of the subject, the value.
/// Where the rows are of many streams, what is a time goes too: each stream would add its own half empty column.
fn own<'a>(rows: &[&'a Anomaly], chosen: bool) -> Own<'a> {
    let mut oldest: Vec<&&Anomaly> = rows.iter().collect();
    oldest.sort_by_key(|a| a.id);
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in oldest.iter().flat_map(|a| &a.fields) {
        if !names.contains(&name.as_ref()) {
            names.push(name);
        }
    }
    let always = |name: &str, says: &dyn Fn(&Anomaly, &FieldText) -> bool| {
        let mut seen = rows.iter().filter_map(|a| of(a, name).map(|v| (a, v)));
        seen.all(|(a, v)| says(a, v))
    };
    let is_value = |a: &Anomaly, v: &FieldText| matches!(v, FieldText::Number(x) if (x - a.value).abs() <= f64::EPSILON * x.abs());
    let valued = names.iter().any(|name| always(name, &is_value) && rows.iter().all(|a| of(a, name).is_some()));
    names.retain(|name| {
        let labelled = |a: &Anomaly, v: &FieldText| a.subject.labels().get(name).is_some_and(|label| label == field(v));
        !always(name, &labelled) && (valued || !always(name, &is_value))
    });
    let is_time = |name: &str| always(name, &|a, v| moment(v, a.last_at).is_some());
    names.retain(|name| chosen || !is_time(name));
    names.truncate(SHOW_MAX);
    let timed = names.iter().map(|name| is_time(name)).collect();
    Own { names, timed, valued }
}

/// The stream or metric the anomaly is about.
fn name_of(a: &Anomaly) -> &str {
    subject_name(&a.subject)
}

/// The texts of a row; of one metric or stream the labels are `where` enough.
fn line(a: &Anomaly, shown: &[&str], one: bool, scene: &Scene<'_>, look: &Look<'_>) -> Vec<String> {
    let lasting = a.last_at.since(begin(a));
    let mut texts = vec![
        format!("{}{}", judged(scene.judgements.get(a).and_then(|j| j.opinion), look.ascii), times::moment(a.at, scene.now, look.zone)),
        if one { words::labels(a.subject.labels()) } else { words::subject(&a.subject) },
        format::value(a.value, &a.unit),
        format::band(a.expected, &a.unit),
        look.language.say(a.pattern.word()).to_owned(),
        if lasting > Millis::ZERO { times::duration_in(lasting, look.language) } else { String::new() },
        if a.count > 1 { format!("{}{}", glyphs(look.ascii).times, a.count) } else { String::new() },
        format!("{:.2}", a.score),
        Safe::message(core(a)).to_string(),
    ];
    let own = |name: &&str| {
        let value = of(a, name)?;
        Some(moment(value, a.last_at).map_or_else(|| field(value), |t| times::clock(t, look.zone)))
    };
    texts.splice(OWN..OWN, shown.iter().map(|name| own(name).unwrap_or_default()));
    texts
}

/// Since when it has been so, as far as anybody knows.
pub fn begin(a: &Anomaly) -> Timestamp {
    a.baseline.since.map_or(a.at, |since| since.min(a.at))
}

/// The sign of what somebody said of it; empty for nothing.
pub const fn judged(opinion: Option<Opinion>, ascii: bool) -> &'static str {
    match (opinion, ascii) {
        (None, _) => "",
        (Some(Opinion::Real), false) => "✓",
        (Some(Opinion::Noise), false) => "✗",
        (Some(Opinion::Real), true) => "+",
        (Some(Opinion::Noise), true) => "x",
    }
}

/// The sentence without what stands in the columns before it: name, value and labels. What it says of them comes first, so
/// that it is read even where there is little room.
fn core(a: &Anomaly) -> &str {
    let why: &str = &a.why;
    let Some(verb) = VERBS.iter().filter_map(|verb| why.find(verb)).min() else { return why };
    // Names may hold such words; then the sentence stays as it is.
    let (before, rest) = why.split_at(verb);
    if before.len() > SUBJECT_LONG || !before.chars().any(|c| c.is_ascii_digit()) {
        return why;
    }
    // "is" adds nothing where the value stands in its own column.
    [" is ", " are "].iter().find_map(|verb| rest.strip_prefix(verb)).unwrap_or(rest.trim_start())
}
