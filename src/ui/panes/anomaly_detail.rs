//! One anomaly with all that is known of it: why, the numbers, the series around it, the record and its fields.

use super::anomalies::field;
use super::detail::paint;
use super::spark;
use crate::model::{Anomaly, FieldText, Millis, Safe, SeriesId, Timestamp};
use crate::ui::glyphs::glyphs;
use crate::ui::words::{self, shorten};
use crate::ui::{Look, Role, Scene};
use crate::ui::{format, times};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// How much later than the anomaly the small line goes on, as a share of its length.
const AFTER: i64 = 4;

/// Draws `a` into `area`.
pub fn render(area: Rect, buf: &mut Buffer, a: &Anomaly, scene: &Scene<'_>, look: &Look<'_>) {
    let room = usize::from(area.width);
    let mut top: Vec<(String, Role)> = words::wrap(Safe::message(&a.why).as_str(), room).into_iter().map(|l| (l, Role::Text)).collect();
    top.push((String::new(), Role::Text));
    top.push((numbers(a), Role::Text));
    top.push((format!("in {}", words::subject(&a.subject)), Role::Text));
    top.push((when(a, look), Role::Dim));
    let mut below: Vec<(String, Role)> = Vec::new();
    if let Some(position) = &a.position {
        below.push((format!("record {}", Safe::label(&position.to_string())), Role::Dim));
    }
    let name_room = a.fields.iter().map(|(name, _)| words::width(Safe::label(name).as_str())).max().unwrap_or(0).min(24);
    for (name, value) in &a.fields {
        let name = words::pad(&shorten(Safe::label(name).as_str(), name_room, look.ascii), name_room);
        let text = if matches!(value, FieldText::Missing) { "missing".to_owned() } else { field(value) };
        below.push((format!("{name}  {text}"), Role::Text));
        if let Some(exact) = disguised(value) {
            below.push((format!("{}  exactly {exact}", " ".repeat(name_room)), Role::Dim));
        }
    }
    let mut y = paint(area, buf, 0, &top, look);
    if let Some(id) = a.series
        && id.index() < scene.store.len()
        && y + 1 < area.height
    {
        surroundings(Rect { y: area.y + y, height: 1, ..area }, buf, a, id, scene, look);
        y += 1;
    }
    paint(area, buf, y, &below, look);
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

/// The series about the anomaly, which stands at a fixed place of the line.
fn surroundings(row: Rect, buf: &mut Buffer, a: &Anomaly, id: SeriesId, scene: &Scene<'_>, look: &Look<'_>) {
    let after = Millis::new(look.range.get() / AFTER);
    let until = (a.last_at + after).min(look.until.unwrap_or(scene.now).max(a.last_at));
    // No later than data can be, so that no blank end stands for silence.
    let until = Timestamp::from_millis(until.as_millis());
    let shown = Rect { width: row.width.saturating_sub(1), ..row };
    spark::render(shown, buf, scene, (id, Some(until)), None, Role::Text, look);
}
