//! The first line of the wall: what fires and since when, or that nothing does, or why that cannot be known.

use super::about::calls;
use crate::alert::{Alert, AlertState};
use crate::model::Safe;
use crate::ui::health::alert_look;
use crate::ui::messages::english;
use crate::ui::panes::overview_lines as lines;
use crate::ui::{Look, Role, Scene, format, times, words};

/// Alerts named in one sentence: more do not fit on any line.
const NAMED: usize = 12;
/// Columns of a name below which it tells nothing.
const NAME_LEAST: usize = 8;

/// What is to be said, the gravest first, each with its sign; at most `most` lines of
/// `width` columns, the first of which counts the rest.
pub fn lines(scene: &Scene<'_>, look: &Look<'_>, most: usize, width: usize) -> Vec<(Role, String)> {
    let firing: Vec<&Alert> = scene.alerts.active().filter(|alert| calls(alert)).collect();
    if firing.is_empty() {
        let known = scene.alerts.active().filter(|alert| alert.acknowledged.is_some()).count();
        if known > 0 && lines::unwell(scene, look).is_none() {
            return vec![(Role::Muted, look.language.fill("{0} fire, acknowledged; nothing else does", &[&known.to_string()]))];
        }
        return vec![lines::calm(scene, look)];
    }
    let unwell = lines::unwell(scene, look);
    // What cannot be seen is as important as what fires: it keeps a line of its own, or the end of the only one.
    let room = most.saturating_sub(usize::from(unwell.is_some() && most > 1)).max(1);
    let one = |alert: &Alert| (alert_look(alert, look.ascii).0, say(alert, width, scene, look));
    let mut out: Vec<(Role, String)> = if room == 1 && firing.len() > 1 {
        vec![(alert_look(firing[0], look.ascii).0, together(&firing, width, scene, look))]
    } else {
        firing.iter().take(room).map(|alert| one(alert)).collect()
    };
    if room > 1
        && firing.len() > room
        && let Some((_, text)) = out.first_mut()
    {
        let count = firing.len().to_string();
        let head = words::width(&look.language.fill("{0} fire, first: {1}", &[&count, ""]));
        let first = say(firing[0], width.saturating_sub(head), scene, look);
        *text = look.language.fill("{0} fire, first: {1}", &[&count, &first]);
    }
    match unwell {
        Some(text) if most > 1 => out.push((Role::Stale, text)),
        Some(text) if out.len() == 1 => out[0].1 = format!("{}; {text}", out[0].1),
        _ => {}
    }
    out
}

/// Several alerts in one sentence: how many, since when, and which, as many as the line holds.
fn together(firing: &[&Alert], room: usize, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let since = firing.iter().map(|alert| alert.since).min().unwrap_or(scene.now);
    let names: Vec<String> = firing.iter().take(NAMED).map(|alert| whole(alert)).collect();
    let (clock, age) = (times::since(since, scene.now, look.zone), times::age_in(scene.now.since(since), look.language));
    let count = firing.len().to_string();
    let head = look.language.fill("{0} fire since {1} ({2})", &[&count, &clock, &age]);
    if words::width(&head) + words::width(&names[0]) + 2 <= room {
        return format!("{head}: {}", held(&names, firing.len(), room - words::width(&head) - 2));
    }
    // On a narrow line what fires is worth more than the clock, and no number is cut.
    let head = look.language.fill("{0} fire", &[&count]);
    let room = room.saturating_sub(words::width(&head) + 2);
    format!("{head}: {}", brief(firing[0], room, scene, look))
}

/// As many of `names` as `room` holds, whole, and how many there are besides.
fn held(names: &[String], all: usize, room: usize) -> String {
    let said = |n: usize| {
        let more = if n < all { format!(", +{}", all - n) } else { String::new() };
        format!("{}{more}", names[..n].join(", "))
    };
    (1..=names.len()).rev().map(said).find(|text| words::width(text) <= room).unwrap_or_else(|| names[0].clone())
}

/// An alert's rule with its labels, and its value.
fn what(alert: &Alert) -> (String, String) {
    let name = format!("{} {}", Safe::label(&alert.rule), words::label_values(alert.subject.labels()));
    (name.trim_end().to_owned(), format::value(alert.value, &alert.unit))
}

/// Rule, labels and value of an alert.
fn whole(alert: &Alert) -> String {
    let (name, value) = what(alert);
    if value.is_empty() { name } else { format!("{name} {value}") }
}

/// One alert in `room` columns: its name gives way, then its age; never its value.
fn brief(alert: &Alert, room: usize, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let (name, value) = what(alert);
    let age = times::age_in(scene.now.since(alert.since), look.language);
    let tail = format!(" {value}, {age}");
    let tail = if words::width(&tail) + NAME_LEAST <= room { tail } else { format!(" {value}") };
    format!("{}{tail}", words::shorten(&name, room.saturating_sub(words::width(&tail)).max(NAME_LEAST), look.ascii))
}

/// One alert in one sentence.
fn say(alert: &Alert, room: usize, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let since = times::since(alert.since, scene.now, look.zone);
    let age = times::age_in(scene.now.since(alert.since), look.language);
    let stale = alert.state == AlertState::Stale;
    let sentence = if stale { english("{0}, no data since {1} ({2})") } else { english("{0} since {1} ({2})") };
    let full = look.language.fill(sentence, &[&whole(alert), &since, &age]);
    if words::width(&full) <= room { full } else { brief(alert, room, scene, look) }
}
