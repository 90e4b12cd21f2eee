//! The first line of the wall: what fires and since when, or that nothing does, or why that cannot be known.

use super::about::calls;
use crate::alert::Alert;
use crate::model::{Safe, Subject};
use crate::ui::health::alert_look;
use crate::ui::panes::overview_lines as lines;
use crate::ui::{Look, Role, Scene, format, times, words};

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
    let shown = firing.len().min(room);
    let mut out: Vec<(Role, String)> =
        firing[..shown].iter().map(|alert| (alert_look(alert, look.ascii).0, say(alert, scene, look))).collect();
    if firing.len() > shown
        && let Some((_, text)) = out.first_mut()
    {
        let count = firing.len().to_string();
        *text = format!("{}: {text}", look.language.fill("{0} fire, first", &[&count]));
    }
    match unwell {
        Some(text) if most > 1 => out.push((Role::Stale, text)),
        Some(text) if out.len() == 1 => out[0].1 = format!("{}; {text}", out[0].1),
        _ => {}
    }
    out
}

/// One alert in one sentence.
fn say(alert: &Alert, scene: &Scene<'_>, look: &Look<'_>) -> String {
    let labels = alert.subject.labels();
    let about = match &alert.subject {
        _ if !labels.is_empty() => words::label_values(labels),
        Subject::Series(_) | Subject::Key { .. } => String::new(),
    };
    let since = times::since(alert.since, scene.now, look.zone);
    let age = times::age(scene.now.since(alert.since));
    let parts = [Safe::label(&alert.rule).to_string(), about, format::value(alert.value, &alert.unit)];
    let what: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let sentence = if alert.state == crate::alert::AlertState::Stale { "{0}, no data since {1} ({2})" } else { "{0} since {1} ({2})" };
    look.language.fill(sentence, &[&what.join(" "), &since, &age])
}
