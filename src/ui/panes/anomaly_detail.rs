//! One anomaly with all that is known of it: why, the numbers, the series around it, the record and its fields.

use super::anomaly_table::{field, moment};
use super::detail::Line;
use crate::model::{Anomaly, FieldText, Millis, Safe, Timestamp};
use crate::ui::glyphs::glyphs;
use crate::ui::words::{self, shorten};
use crate::ui::{Look, Scene};
use crate::ui::{format, times};

/// How much later than the anomaly the small line goes on, as a share of its length.
const AFTER: i64 = 4;

/// All there is to say of `a`.
pub fn lines(a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) -> Vec<Line> {
    let mut lines = vec![Line::text(Safe::message(&a.why).to_string()), Line::text(""), Line::text(numbers(a))];
    lines.push(Line::text(format!("in {}", words::subject(&a.subject))));
    lines.push(Line::dim(when(a, look)));
    if let Some(id) = a.series.filter(|id| id.index() < scene.store.len()) {
        lines.push(Line::Series(id, around(a, scene, look)));
    }
    if let Some(position) = &a.position {
        lines.push(Line::dim(format!("record {}", Safe::label(&position.to_string()))));
    }
    let name_room = a.fields.iter().map(|(name, _)| words::width(Safe::label(name).as_str())).max().unwrap_or(0).min(24);
    for (name, value) in &a.fields {
        let name = words::pad(&shorten(Safe::label(name).as_str(), name_room, look.ascii), name_room);
        let text = if matches!(value, FieldText::Missing) { "missing".to_owned() } else { field(value) };
        let clock = moment(value, a.last_at).map_or_else(String::new, |t| format!("  {}", times::exact(t, look.zone)));
        lines.push(Line::text(format!("{name}  {text}{clock}")));
        if let Some(exact) = disguised(value) {
            lines.push(Line::dim(format!("{}  exactly {exact}", " ".repeat(name_room))));
        }
    }
    lines
}

fn numbers(a: &Anomaly) -> String {
    let band = format::band(a.expected, &a.unit);
    let band = if band.is_empty() { String::new() } else { format!("   expected {band}") };
    format!("value {}{band}   score {:.2}   threshold {:.2}", format::value(a.value, &a.unit), a.score, a.threshold)
}

fn when(a: &Anomaly, look: &Look<'_>) -> String {
    let first = times::exact(a.at, look.zone);
    if a.count < 2 {
        return format!("at {first}");
    }
    format!("{}{} from {first} to {}", glyphs(look.ascii).times, a.count, times::exact(a.last_at, look.zone))
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
