//! `replay A --diff B.toml`: the same recording under two configurations, and what differs in what they find.

use super::case::{Found, run_recording};
use super::play;
use super::recordings::moment;
use super::reload::Reloader;
use crate::alert::AlertState;
use crate::config::{Loaded, ReplayTask, load_file};
use crate::model::{Millis, Safe, Timestamp};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

/// Exit code when the two differ.
const DIFFERENT: u8 = 1;
/// Two alerts of the same name and labels are one that came at another time where they overlap or begin
/// no further apart than this; anomalies, which come one by one, where a minute is between them.
const ALERTS_APART: Millis = Millis::from_secs(300);
const ANOMALIES_APART: Millis = Millis::from_secs(60);
/// Entries of each kind that are listed; all of them stand in the JSON.
const LISTED: usize = 30;

/// An alert from firing to its end, or an anomaly.
#[derive(Clone, Debug, Serialize)]
struct Event {
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    why: String,
}

/// One thing found under one configuration or under both.
#[derive(Clone, Debug, Serialize)]
struct Pair {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<Event>,
}

#[derive(Debug, Default, Serialize)]
struct Difference {
    a: usize,
    b: usize,
    same: usize,
    only_a: Vec<Pair>,
    only_b: Vec<Pair>,
    other: Vec<Pair>,
}

impl Difference {
    fn none(&self) -> bool {
        self.only_a.is_empty() && self.only_b.is_empty() && self.other.is_empty()
    }
}

#[derive(Debug, Serialize)]
struct Report {
    recording: String,
    a: String,
    b: String,
    alerts: Difference,
    anomalies: Difference,
}

/// Prints what differs. Answers with the exit code: 0 nothing, 1 something.
///
/// # Errors
/// Faults of a configuration or of the recording.
pub(super) fn diff(task: &ReplayTask, other: &Path) -> anyhow::Result<u8> {
    let told = |why: String| crate::config::Diagnostics::of_file(&task.file.display().to_string(), why, "");
    super::recordings::open::<&str>(&task.file, &[])?;
    let (a, b) = (play::configuration(task)?, load_file(other, &task.overrides)?);
    let run = |loaded: &Loaded, reloads| run_recording(&task.file, loaded, None, None, reloads).map_err(told);
    // Its own configuration is what it was reloaded with, too; one that was asked for stays.
    let own = task.config.is_none();
    let reloads = || own.then(|| Reloader::new(None, "", "(recording)", &task.overrides, &a));
    // Each run has a machine of its own, and there are two of them: side by side where there are two processors.
    let (found_a, found_b) = std::thread::scope(|scope| {
        let beside = scope.spawn(|| run(&b, None));
        (run(&a, reloads()), beside.join())
    });
    let found_b = found_b.map_err(|_| told("the second run broke off".to_owned()))?;
    let (found_a, found_b) = (found_a?, found_b?);
    for warning in &found_a.warnings {
        writeln!(io::stderr().lock(), "{}: warning: {warning}", task.file.display())?;
    }
    let report = Report {
        recording: task.file.display().to_string(),
        a: task.config.as_ref().map_or_else(|| "its own configuration".to_owned(), |c| c.display().to_string()),
        b: other.display().to_string(),
        alerts: differ(&alerts(&found_a), &alerts(&found_b), ALERTS_APART),
        anomalies: differ(&anomalies(&found_a), &anomalies(&found_b), ANOMALIES_APART),
    };
    let text = if task.json { serde_json::to_string(&report)? + "\n" } else { shown(&report, &found_a) };
    io::stdout().lock().write_all(text.as_bytes())?;
    if found_a.cut || found_b.cut {
        writeln!(io::stderr().lock(), "more was found than is kept: only the first of it was compared")?;
    }
    Ok(if report.alerts.none() && report.anomalies.none() { 0 } else { DIFFERENT })
}

type Events = BTreeMap<String, Vec<Event>>;

/// Alerts by rule and labels, each from its firing to its end.
fn alerts(found: &Found) -> Events {
    let (mut all, mut open) = (Events::new(), BTreeMap::<u64, (String, usize)>::new());
    for (_, step) in &found.alerts {
        let alert = &step.alert;
        if alert.state == AlertState::Firing && !open.contains_key(&alert.id) {
            let name = format!("{}{}", alert.rule, alert.subject.labels());
            let list = all.entry(name.clone()).or_default();
            open.insert(alert.id, (name, list.len()));
            list.push(Event { at: step.at.as_millis(), until: None, severity: Some(alert.severity.word()), why: alert.why.to_string() });
        } else if matches!(alert.state, AlertState::Resolved | AlertState::Inactive)
            && let Some((name, place)) = open.remove(&alert.id)
            && let Some(event) = all.get_mut(&name).and_then(|list| list.get_mut(place))
        {
            event.until = Some(step.at.as_millis());
        }
    }
    all
}

/// Anomalies by detector and subject.
fn anomalies(found: &Found) -> Events {
    let mut all = Events::new();
    for (_, a) in &found.anomalies {
        let name = format!("{}{}", a.detector, a.subject.labels());
        all.entry(name).or_default().push(Event { at: a.at.as_millis(), until: None, severity: None, why: a.why.to_string() });
    }
    for list in all.values_mut() {
        list.sort_by_key(|e| e.at);
    }
    all
}

fn differ(a: &Events, b: &Events, apart: Millis) -> Difference {
    let mut out = Difference { a: a.values().map(Vec::len).sum(), b: b.values().map(Vec::len).sum(), ..Difference::default() };
    let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        pair(name, a.get(name).map_or(&[], Vec::as_slice), b.get(name).map_or(&[], Vec::as_slice), apart, &mut out);
    }
    let at = |p: &Pair| p.a.as_ref().or(p.b.as_ref()).map_or(0, |e| e.at);
    for list in [&mut out.only_a, &mut out.only_b, &mut out.other] {
        list.sort_by(|x, y| at(x).cmp(&at(y)).then_with(|| x.name.cmp(&y.name)));
    }
    out
}

/// Pairs what has one name, both in the order of time: first what is equal, then the nearest left over.
fn pair(name: &str, a: &[Event], b: &[Event], apart: Millis, out: &mut Difference) {
    let key = |e: &Event| (e.at, e.until, e.severity);
    let (mut left, mut right): (Vec<&Event>, Vec<&Event>) = (Vec::new(), b.iter().collect());
    for event in a {
        match right.iter().position(|other| key(other) == key(event)) {
            Some(at) => {
                right.remove(at);
                out.same += 1;
            }
            None => left.push(event),
        }
    }
    for event in left {
        let near = |other: &&Event| {
            let overlap = event.until.is_some()
                && other.until.is_some()
                && event.at <= other.until.unwrap_or(0)
                && other.at <= event.until.unwrap_or(0);
            overlap || (event.at - other.at).abs() <= apart.get()
        };
        let nearest = right.iter().enumerate().filter(|(_, o)| near(o)).min_by_key(|(_, o)| (event.at - o.at).abs()).map(|(i, _)| i);
        let other = nearest.map(|at| right.remove(at).clone());
        let list = if other.is_some() { &mut out.other } else { &mut out.only_a };
        list.push(Pair { name: name.to_owned(), a: Some(event.clone()), b: other });
    }
    out.only_b.extend(right.into_iter().map(|other| Pair { name: name.to_owned(), a: None, b: Some(other.clone()) }));
}

fn shown(report: &Report, found: &Found) -> String {
    let zone = found.zone.clone().unwrap_or(TimeZone::UTC);
    let mut out = String::new();
    // Writing into a string cannot fail.
    let (from, to) = (moment(found.span.0, &zone), moment(found.span.1, &zone));
    let _ = writeln!(
        out,
        "{}  {from} to {to}\n  A  {}\n  B  {}\n",
        Safe::label(&report.recording),
        Safe::label(&report.a),
        Safe::label(&report.b)
    );
    for (what, d) in [("alerts", &report.alerts), ("anomalies", &report.anomalies)] {
        section(&mut out, &format!("{what} only under A"), &d.only_a, &zone);
        section(&mut out, &format!("{what} only under B"), &d.only_b, &zone);
        section(&mut out, &format!("{what} under both, otherwise"), &d.other, &zone);
    }
    let _ = writeln!(out, "{:<11}{:>7}{:>7}{:>7}{:>8}{:>8}{:>11}", "", "A", "B", "same", "only A", "only B", "otherwise");
    for (what, d) in [("alerts", &report.alerts), ("anomalies", &report.anomalies)] {
        let (a, b, other) = (d.only_a.len(), d.only_b.len(), d.other.len());
        let _ = writeln!(out, "{what:<11}{:>7}{:>7}{:>7}{a:>8}{b:>8}{other:>11}", d.a, d.b, d.same);
    }
    out.push_str(if report.alerts.none() && report.anomalies.none() { "no difference\n" } else { "" });
    out
}

fn section(out: &mut String, title: &str, pairs: &[Pair], zone: &TimeZone) {
    if pairs.is_empty() {
        return;
    }
    let _ = writeln!(out, "{title}");
    for pair in pairs.iter().take(LISTED) {
        let name = Safe::message(&pair.name);
        let _ = match (&pair.a, &pair.b) {
            (Some(a), Some(b)) => writeln!(out, "  {}  {name}  {}", clock(a.at, zone), change(a, b)),
            (Some(e), None) | (None, Some(e)) => {
                let lasted = e.until.map(|u| format!(" for {}", Millis::new(u - e.at))).unwrap_or_default();
                let grave = e.severity.map(|s| format!("  {s}{lasted}")).unwrap_or_default();
                writeln!(out, "  {}  {name}{grave}: {}", clock(e.at, zone), Safe::message(&e.why))
            }
            (None, None) => Ok(()),
        };
    }
    if pairs.len() > LISTED {
        let _ = writeln!(out, "  … and {} more; all of them with --json", pairs.len() - LISTED);
    }
    out.push('\n');
}

/// How B differs from A.
fn change(a: &Event, b: &Event) -> String {
    let mut parts = Vec::new();
    match b.at - a.at {
        0 => {}
        ms if ms > 0 => parts.push(format!("{} later", Millis::new(ms))),
        ms => parts.push(format!("{} earlier", Millis::new(-ms))),
    }
    if a.until != b.until {
        parts.push(match (a.until, b.until) {
            (Some(before), Some(now)) if now > before => format!("ends {} later", Millis::new(now - before)),
            (Some(before), Some(now)) => format!("ends {} earlier", Millis::new(before - now)),
            (Some(_), None) => "does not end".to_owned(),
            _ => "ends".to_owned(),
        });
    }
    if let (Some(before), Some(now)) = (a.severity, b.severity)
        && before != now
    {
        parts.push(format!("{now} instead of {before}"));
    }
    format!("under B {}", parts.join(", "))
}

fn clock(at: i64, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(Timestamp::from_millis(at).as_millis()).unwrap_or_default();
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(list: &[(i64, Option<i64>)]) -> Events {
        let one = |(at, until): &(i64, Option<i64>)| Event { at: *at, until: *until, severity: Some("warning"), why: String::new() };
        Events::from([("R".to_owned(), list.iter().map(one).collect())])
    }

    #[test]
    fn what_is_equal_is_paired_before_what_is_near() {
        let before = events(&[(0, Some(1_000)), (10_000, Some(20_000)), (5_000_000, None)]);
        let now = events(&[(10_000, Some(20_000)), (500, Some(1_000)), (9_000_000, None)]);
        let differs = differ(&before, &now, ALERTS_APART);
        assert_eq!(
            (differs.a, differs.b, differs.same, differs.only_a.len(), differs.only_b.len(), differs.other.len()),
            (3, 3, 1, 1, 1, 1)
        );
        let (old, new) = (differs.other[0].a.as_ref().unwrap(), differs.other[0].b.as_ref().unwrap());
        assert_eq!(change(old, new), "under B 500ms later");
        assert!(differ(&before, &before, ALERTS_APART).none() && !differs.none());
    }
}
