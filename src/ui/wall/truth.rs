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

/// What is to be said, the gravest first, each with its sign; at most `most` lines, the first of which counts the rest.
pub fn lines(scene: &Scene<'_>, look: &Look<'_>, most: usize) -> Vec<(Role, String)> {
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
    let one = |alert: &Alert| (alert_look(alert, look.ascii).0, say(alert, scene, look));
    let mut out: Vec<(Role, String)> = if room == 1 && firing.len() > 1 {
        vec![(alert_look(firing[0], look.ascii).0, together(&firing, scene, look))]
    } else {
        firing.iter().take(room).map(|alert| one(alert)).collect()
    };
    if room > 1
        && firing.len() > room
        && let Some((_, text)) = out.first_mut()
    {
        *text = look.language.fill("{0} fire, first: {1}", &[&firing.len().to_string(), text.as_str()]);
    }
    match unwell {
        Some(text) if most > 1 => out.push((Role::Stale, text)),
        Some(text) if out.len() == 1 => out[0].1 = format!("{}; {text}", out[0].1),
        _ => {}
    }
    out
}

/// Several alerts in one sentence: how many, since when, and which, as many as the line holds.
fn together(firing: &[&Alert], scene: &Scene<'_>, look: &Look<'_>) -> String {
    let since = firing.iter().map(|alert| alert.since).min().unwrap_or(scene.now);
    let names: Vec<String> = firing.iter().take(NAMED).map(|alert| what(alert)).collect();
    let (clock, age) = (times::since(since, scene.now, look.zone), times::age_in(scene.now.since(since), look.language));
    look.language.fill("{0} fire since {1} ({2}): {3}", &[&firing.len().to_string(), &clock, &age, &names.join(", ")])
}

/// Rule, labels and value of an alert.
fn what(alert: &Alert) -> String {
    let parts =
        [Safe::label(&alert.rule).to_string(), words::label_values(alert.subject.labels()), format::value(alert.value, &alert.unit)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// One alert in one sentence.
fn say(alert: &Alert, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let since = times::since(alert.since, scene.now, look.zone);
    let age = times::age_in(scene.now.since(alert.since), look.language);
    let stale = alert.state == AlertState::Stale;
    let sentence = if stale { english("{0}, no data since {1} ({2})") } else { english("{0} since {1} ({2})") };
    look.language.fill(sentence, &[&what(alert), &since, &age])
}
