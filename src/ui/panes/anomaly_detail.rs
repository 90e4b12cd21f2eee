//! One anomaly with all that is known of it: why, the numbers, the series around it, the record and its fields.

use super::anomaly_table::{field, moment};
use super::detail::Line;
use crate::model::{Anomaly, FieldText, Millis, Safe, Timestamp};
use crate::ui::glyphs::glyphs;
use crate::ui::words::{self, shorten};
use crate::ui::{Language, Look, Scene};
use crate::ui::{format, times};

/// How much later than the anomaly the small line goes on, as a share of its length.
const AFTER: i64 = 4;

/// All there is to say of `a`.
pub fn lines(a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    let language = look.language;
    let mut lines = vec![Line::text(Safe::message(&a.why).to_string()), Line::text(""), Line::text(numbers(a, language))];
    lines.push(Line::text(language.fill("in {0}", &[&words::subject(&a.subject)])));
    lines.push(Line::dim(when(a, look)));
    if let Some(id) = a.series.filter(|id| id.index() < scene.store.len()) {
        lines.push(Line::Series(id, around(a, scene, look)));
    }
    if let Some(position) = &a.position {
        lines.push(Line::dim(language.fill("record {0}", &[Safe::label(&position.to_string()).as_str()])));
    }
    let name_room = a.fields.iter().map(|(name, _)| words::width(Safe::label(name).as_str())).max().unwrap_or(0).min(24);
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

/// The text in full with escapes, where what is drawn is not what came: look-alikes must not pass for each other.
fn disguised(value: &FieldText) -> Option<Safe> {
    let FieldText::Text(text) = value else { return None };
    (Safe::label(text).as_str() != text.as_ref()).then(|| Safe::escaped(text))
}

/// The moment up to which the series about the anomaly is shown: some time after it, but no later than data can be, so that no
/// blank end stands for silence.
fn around(a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> Timestamp {
    let after = Millis::new(look.range.get() / AFTER);
    (a.last_at + after).min(look.until.unwrap_or(scene.now).max(a.last_at))
}
