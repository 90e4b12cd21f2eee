//! One anomaly with all that is known of it: why, the numbers, the series around it, what carries it, the raw records behind
//! it, what was like it before and what somebody said of that.

use super::anomaly_chart::Around;
use super::anomaly_table::{begin, field, judged, moment};
use super::detail::Line;
use crate::detect::{Earlier, Opinion};
use crate::model::{Anomaly, Basis, Contribution, FieldText, Millis, Safe};
use crate::ui::glyphs::glyphs;
use crate::ui::words::{self, shorten};
use crate::ui::{Language, Look, Role, Scene, english};
use crate::ui::{format, times};

/// Earlier ones that are listed: the newest say enough.
const LIKE: usize = 6;
/// Contributions that are listed.
const PARTS: usize = 8;
/// Columns of a bar that stands for the whole deviation.
const BAR: usize = 20;
/// Columns of a name before its text.
const NAME: usize = 24;

/// All there is to say of `a`.
pub fn lines(a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    let language = look.language;
    let mut lines = vec![Line::text(Safe::message(&a.why).to_string())];
    lines.extend(said(a, scene, look));
    lines.push(Line::text(""));
    lines.push(Line::text(numbers(a, language)));
    lines.push(Line::text(language.fill("in {0}", &[&words::subject(&a.subject)])));
    lines.push(Line::dim(when(a, look)));
    if let Some(id) = a.series.filter(|id| id.index() < scene.store.len()) {
        lines.push(Line::Chart(Around { id, since: begin(a), last: a.last_at }));
    }
    lines.extend(explanation(a, look));
    lines.extend(parts(&a.contributions, look));
    lines.extend(record(a, look));
    lines.extend(raw(a, scene, look));
    lines.extend(like(a, scene, look));
    lines
}

fn numbers(a: &Anomaly, language: Language) -> String {
    let band = format::band(a.expected, &a.unit);
    let band = if band.is_empty() { band } else { format!("   {}", language.fill("expected {0}", &[&band])) };
    let value = language.fill("value {0}", &[&format::value(a.value, &a.unit)]);
    let score = language.fill("score {0}", &[&format!("{:.2}", a.score)]);
    let threshold = language.fill("threshold {0}", &[&format!("{:.2}", a.threshold)]);
    format!("{value}{band}   {score}   {threshold}")
}

fn when(a: &Anomaly, look: &Look<'_>) -> String {
    let first = times::exact(a.at, look.zone);
    if a.count < 2 {
        return look.language.fill("at {0}", &[&first]);
    }
    let count = format!("{}{}", glyphs(look.ascii).times, a.count);
    look.language.fill("{0} from {1} to {2}", &[&count, &first, &times::exact(a.last_at, look.zone)])
}

/// What somebody said of it.
fn said(a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> Option<Line> {
    let judgement = scene.judgements.get(a)?;
    let sign = judged(judgement.opinion, look.ascii);
    let by = [Safe::label(&judgement.by).to_string(), times::moment(judgement.made, scene.now, look.zone)];
    let language = look.language;
    let what = match judgement.opinion? {
        Opinion::Real => language.fill("{0} marked as real by {1}, {2}", &[sign, &by[0], &by[1]]),
        Opinion::Noise => language.fill("{0} marked as noise by {1}, {2}", &[sign, &by[0], &by[1]]),
    };
    let note = Safe::message(&judgement.note);
    let note = if note.as_str().is_empty() { String::new() } else { format!(": {note}") };
    Some(Line::Text(format!("{what}{note}"), Role::Accent))
}

/// A name and its text; names stand below each other.
fn pair(name: &str, text: &str, look: &Look<'_>) -> Line {
    let room = ["detector", "usual", "rests on", "pattern", "since"].map(|n| words::width(look.language.known(n)));
    let room = room.into_iter().max().unwrap_or(0);
    Line::dim(format!("{}  {text}", words::pad(name, room)))
}

/// The explanation in its parts: who says so, what is usual, what that rests on, the form, since when.
fn explanation(a: &Anomaly, look: &Look<'_>) -> Vec<Line> {
    let (language, base) = (look.language, &a.baseline);
    let mut lines = Vec::new();
    let detector = Safe::label(&a.detector);
    let by = if *a.detector == *base.kind { detector.to_string() } else { format!("{detector} ({})", base.kind) };
    lines.push(pair(language.say("detector"), &by, look));
    if base.basis != Basis::None {
        let basis = language.say(basis_words(base.basis));
        let number = |x: f64| format::value(x, &a.unit);
        let text = match (base.centre.is_finite(), base.scale.is_finite()) {
            // The middle of a range and its width say less than its ends.
            _ if base.basis == Basis::Range && a.expected.is_some() => format!("{basis} {}", format::band(a.expected, &a.unit)),
            (true, true) => language.fill("{0} {1}, give or take {2}", &[basis, &number(base.centre), &number(base.scale)]),
            (true, false) => format!("{basis} {}", number(base.centre)),
            (false, _) => basis.to_owned(),
        };
        lines.push(pair(language.say("usual"), &text, look));
    }
    if base.n > 0 {
        let n = format::thousands(i64::try_from(base.n).unwrap_or(i64::MAX));
        let text = if base.basis == Basis::Season && base.window > 0 {
            let round = i64::try_from(base.window).map_or(Millis::ZERO, Millis::from_secs);
            language.fill("{0} rounds of {1}", &[&n, &times::duration_in(round, language)])
        } else if base.window > 0 {
            let window = format::thousands(i64::try_from(base.window).unwrap_or(i64::MAX));
            language.fill("{0} observations, of the last {1}", &[&n, &window])
        } else {
            language.fill("{0} observations, all so far", &[&n])
        };
        lines.push(pair(language.say("rests on"), &text, look));
    }
    lines.push(pair(language.say("pattern"), language.say(a.pattern.word()), look));
    let begun = begin(a);
    let lasting = a.last_at.since(begun);
    if lasting > Millis::ZERO {
        let since = times::exact(begun, look.zone);
        let text = language.fill("{0}, for {1}", &[&since, &times::duration_in(lasting, language)]);
        lines.push(pair(language.say("since"), &text, look));
    }
    lines
}

/// What a centre is of, as people say it.
const fn basis_words(basis: Basis) -> &'static str {
    match basis {
        Basis::None => "",
        Basis::Limit => english("limit"),
        Basis::Mean => english("mean"),
        Basis::Median => english("median"),
        Basis::Season => english("at this time of the day or week"),
        Basis::Range => english("the range seen so far"),
        Basis::Level => english("the level before"),
        Basis::Change => english("the change from sample to sample"),
        Basis::Form => english("its usual forms"),
        Basis::Density => english("where points usually lie"),
        Basis::Interval => english("the time between observations"),
        Basis::Values => english("the values known so far"),
        Basis::Peers => english("the others of its group"),
    }
}

/// What carries the deviation, as bars.
fn parts(parts: &[Contribution], look: &Look<'_>) -> Vec<Line> {
    let Some(room) = parts.iter().take(PARTS).map(|p| words::width(Safe::label(&p.what).as_str())).max() else { return Vec::new() };
    let room = room.min(NAME + NAME / 2);
    let mut lines = vec![Line::text(""), Line::dim(look.language.say("what carries it"))];
    for part in parts.iter().take(PARTS) {
        let name = words::pad(&shorten(Safe::label(&part.what).as_str(), room, look.ascii), room);
        let cells = (part.share.clamp(0.0, 1.0) * BAR as f64).round() as usize;
        let bar = if look.ascii { "#" } else { "█" }.repeat(cells);
        let percent = words::pad_left(&format!("{:.0} %", part.share * 100.0), 6);
        lines.push(Line::text(format!("{name}  {percent}  {bar}").trim_end()));
    }
    if parts.len() > PARTS {
        lines.push(Line::dim(look.language.fill("and {0} more", &[&(parts.len() - PARTS).to_string()])));
    }
    lines
}

/// Where the record stood, and its fields.
fn record(a: &Anomaly, look: &Look<'_>) -> Vec<Line> {
    let language = look.language;
    let mut lines = Vec::new();
    if let Some(position) = &a.position {
        lines.push(Line::dim(language.fill("record {0}", &[Safe::label(&position.to_string()).as_str()])));
    }
    let name_room = a.fields.iter().map(|(name, _)| words::width(Safe::label(name).as_str())).max().unwrap_or(0).min(NAME);
    for (name, value) in &a.fields {
        let name = words::pad(&shorten(Safe::label(name).as_str(), name_room, look.ascii), name_room);
        let text = if matches!(value, FieldText::Missing) { language.say("missing").to_owned() } else { field(value) };
        let clock = moment(value, a.last_at).map_or_else(String::new, |t| format!("  {}", times::exact(t, look.zone)));
        lines.push(Line::text(format!("{name}  {text}{clock}")));
        if let Some(exact) = disguised(value) {
            lines.push(Line::dim(format!("{}  {}", " ".repeat(name_room), language.fill("exactly {0}", &[exact.as_str()]))));
        }
    }
    lines
}

/// The text in full with escapes, where what is drawn is not what came: look-alikes must not pass for each other.
fn disguised(value: &FieldText) -> Option<Safe> {
    let FieldText::Text(text) = value else { return None };
    (Safe::label(text).as_str() != text.as_ref()).then(|| Safe::escaped(text))
}

/// The raw records behind it.
fn raw(a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    let list = scene.excerpts.of(a.id);
    let Some(first) = list.first() else { return Vec::new() };
    let head =
        if first.flagged { look.language.say("the record as it came") } else { look.language.say("records of that moment, as they came") };
    let mut lines = vec![Line::text(""), Line::dim(head)];
    for excerpt in list {
        let at = excerpt.at.map_or_else(String::new, |at| format!("{}  ", times::clock(at, look.zone)));
        lines.push(Line::text(format!("{at}{}  {}", Safe::label(&excerpt.position.to_string()), excerpt.text)));
    }
    lines
}

/// Earlier ones like it, the newest first, with what somebody said of them.
fn like(a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    let list = scene.judgements.like(a, scene.anomalies.iter(), LIKE);
    if list.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Line::text(""), Line::dim(look.language.say("like it, earlier"))];
    lines.extend(list.iter().map(|earlier| Line::text(one_like(earlier, a, scene, look))));
    lines
}

fn one_like(earlier: &Earlier, a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let language = look.language;
    let sign = earlier.opinion.as_ref().map_or("", |(opinion, _)| judged(Some(*opinion), look.ascii));
    let when = words::pad(&times::moment(earlier.at, scene.now, look.zone), 11);
    let value = if earlier.value.is_finite() { format!("  {}", format::value(earlier.value, &a.unit)) } else { String::new() };
    let pattern = Safe::label(&earlier.pattern);
    let place = if earlier.same { String::new() } else { format!("  {}", Safe::label(&earlier.subject)) };
    let said = earlier.opinion.as_ref().map_or_else(String::new, |(opinion, note)| {
        let note = Safe::message(note);
        let note = if note.as_str().is_empty() { String::new() } else { format!(": {note}") };
        format!("  {}{note}", language.say(opinion.word()))
    });
    format!("{} {when}{value}  {}{place}{said}", words::pad(sign, 1), language.known(pattern.as_str()))
}
