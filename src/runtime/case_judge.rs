//! Holds what came of a case against what it expects.

use super::case::Found;
use crate::alert::{AlertState, Transition};
use crate::config::case::{AlertWanted, AnomalyWanted, Expect, Window};
use crate::model::{Anomaly, LabelSet, Millis, Safe, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Lines of one failure that are shown; the rest is counted.
const LINES_SHOWN: usize = 20;

/// An expectation that was not met.
pub(super) struct Failure {
    /// Where it stands in the file.
    pub line: usize,
    /// When it looks, in words.
    pub when: String,
    /// `-` expected and not there, `+` there and not expected, `=` as expected.
    pub lines: Vec<String>,
}

/// What is not as expected.
pub(super) fn failures(expects: &[Expect], found: &Found) -> Vec<Failure> {
    expects.iter().filter_map(|expect| judge(expect, found)).collect()
}

fn judge(expect: &Expect, found: &Found) -> Option<Failure> {
    let (from, to, when) = match expect.window {
        Window::At(at) => {
            let at = found.moment(at);
            (at, at, format!("at {}", place(at, found)))
        }
        Window::Between(from, to) => {
            let (from, to) = (found.moment(from), found.moment(to));
            (from, to, format!("from {} to {}", offset(from, found), place(to, found)))
        }
    };
    let mut lines = Vec::new();
    let mut bad = false;
    if let Some(wanted) = &expect.alerts {
        bad |= alerts(wanted, expect, found, (from, to), &mut lines);
    }
    if let Some(wanted) = &expect.anomalies {
        bad |= anomalies(wanted, expect, found, (from, to), &mut lines);
    }
    if lines.len() > LINES_SHOWN {
        let more = lines.len() - LINES_SHOWN;
        lines.truncate(LINES_SHOWN);
        lines.push(format!("  … and {more} more"));
    }
    bad.then_some(Failure { line: expect.line, when, lines })
}

/// `+1m30s`, after the start.
pub(super) fn offset(at: Timestamp, found: &Found) -> String {
    let after = at.since(found.span.0);
    let hour = Millis::from_secs(3_600);
    // A length of hours is written without its seconds, and a moment needs them.
    let rest = Millis::new(after.get() % hour.get());
    match after {
        after if after < Millis::ZERO => after.to_string(),
        after if after < hour || rest == Millis::ZERO => format!("+{after}"),
        after => format!("+{}h{rest}", after.get() / hour.get()),
    }
}

/// `+1m30s (12:01:30)`.
fn place(at: Timestamp, found: &Found) -> String {
    let zone = found.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let clock = jiff::Timestamp::from_millisecond(at.as_millis()).map(|t| t.to_zoned(zone).strftime("%H:%M:%S").to_string());
    format!("{} ({})", offset(at, found), clock.unwrap_or_default())
}

/// The step by which each alert came to stand where it stood in the window, one for each state it was in.
fn stood(found: &Found, (from, to): (Timestamp, Timestamp)) -> Vec<&(Timestamp, Transition)> {
    let mut at_start: BTreeMap<u64, &(Timestamp, Transition)> = BTreeMap::new();
    let mut within = Vec::new();
    for step in found.alerts.iter().filter(|(clock, _)| *clock <= to) {
        if step.0 <= from {
            at_start.insert(step.1.alert.id, step);
        } else {
            within.push(step);
        }
    }
    at_start.into_values().chain(within).collect()
}

fn alerts(wanted: &[AlertWanted], expect: &Expect, found: &Found, window: (Timestamp, Timestamp), lines: &mut Vec<String>) -> bool {
    let looked = |rule: &str| expect.rules.is_empty() || expect.rules.iter().any(|r| r == rule);
    let stood: Vec<_> = stood(found, window).into_iter().filter(|(_, t)| looked(&t.alert.rule)).collect();
    let mut bad = false;
    // An alert that comes again and again is one line.
    let (mut expected, mut told): (Lines, Lines) = (Lines::new(), Lines::new());
    for want in wanted {
        let met: Vec<_> = stood.iter().filter(|(_, t)| meets(want, t)).collect();
        if met.is_empty() {
            bad = true;
            lines.push(format!("- {}: {}", describe(want), nearest(want, found, window)));
        }
        for (clock, t) in met {
            expected.entry(alert(t)).or_insert_with(|| (format!("since {}", offset(*clock, found)), 0)).1 += 1;
        }
    }
    let more = stood.iter().filter(|(_, t)| t.alert.state == AlertState::Firing && !wanted.iter().any(|w| same(w, t) && meets_grave(w, t)));
    for (clock, t) in more {
        bad = true;
        let line = || format!("since {}, because {}", offset(*clock, found), Safe::message(&t.alert.why));
        told.entry(alert(t)).or_insert_with(|| (line(), 0)).1 += 1;
    }
    for (sign, list) in [("+", told), ("=", expected)] {
        for (name, (line, times)) in list {
            let again = if times > 1 { format!(", and {} times more", times - 1) } else { String::new() };
            lines.push(format!("{sign} {name} {line}{again}"));
        }
    }
    bad
}

/// Alerts, each with what is said of its first coming and how often it came.
type Lines = BTreeMap<String, (String, usize)>;

fn has(labels: &LabelSet, wanted: &[(String, String)]) -> bool {
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}

/// Whether a step is one of the alert meant, whatever its state.
fn same(want: &AlertWanted, t: &Transition) -> bool {
    *t.alert.rule == *want.rule && (has(&t.alert.labels, &want.labels) || has(t.alert.subject.labels(), &want.labels))
}

fn meets_grave(want: &AlertWanted, t: &Transition) -> bool {
    want.severity.is_none_or(|s| s == t.alert.severity)
}

fn meets(want: &AlertWanted, t: &Transition) -> bool {
    same(want, t) && t.alert.state == want.state && meets_grave(want, t)
}

fn describe(want: &AlertWanted) -> String {
    let labels = LabelSet::new(want.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    let grave = want.severity.map(|s| format!(" {}", s.word())).unwrap_or_default();
    format!("{}{labels} {}{grave}", want.rule, want.state.word())
}

fn alert(t: &Transition) -> String {
    let labels = Safe::message(&t.alert.subject.labels().to_string()).to_string();
    format!("{}{labels} {} {}", t.alert.rule, t.alert.state.word(), t.alert.severity.word())
}

/// What the alert did instead.
fn nearest(want: &AlertWanted, found: &Found, (from, to): (Timestamp, Timestamp)) -> String {
    let steps: Vec<_> = found.alerts.iter().filter(|(_, t)| same(want, t)).collect();
    let middle = from + Millis::new(to.since(from).get() / 2);
    if let Some((clock, t)) = steps.iter().filter(|(_, t)| t.alert.state == want.state).min_by_key(|(c, _)| c.since(middle).get().abs()) {
        if !meets_grave(want, t) {
            return format!("it is {}", t.alert.severity.word());
        }
        return format!("it was {} at {}", want.state.word(), offset(*clock, found));
    }
    let furthest = |s: AlertState| match s {
        AlertState::Firing => 3,
        AlertState::Stale => 2,
        AlertState::Pending => 1,
        AlertState::Resolved | AlertState::Inactive => 0,
    };
    match steps.iter().max_by_key(|(clock, t)| (furthest(t.alert.state), std::cmp::Reverse(*clock))) {
        Some((clock, t)) => format!("it only came to be {}, at {}", t.alert.state.word(), offset(*clock, found)),
        None if found.alerts.iter().any(|(_, t)| *t.alert.rule == *want.rule) => {
            let others =
                found.alerts.iter().filter(|(_, t)| *t.alert.rule == *want.rule).map(|(_, t)| t.alert.subject.labels().to_string());
            let mut others: Vec<_> = others.collect();
            others.sort();
            others.dedup();
            others.truncate(5);
            format!("it never stirred with these labels, only with {}", Safe::message(&others.join(" ")))
        }
        None => "it never stirred".to_owned(),
    }
}

fn anomalies(
    wanted: &[AnomalyWanted],
    expect: &Expect,
    found: &Found,
    (from, to): (Timestamp, Timestamp),
    lines: &mut Vec<String>,
) -> bool {
    let looked = |d: &str| expect.detectors.is_empty() || expect.detectors.iter().any(|x| x == d);
    let there: Vec<&Anomaly> =
        found.anomalies.iter().map(|(_, a)| a).filter(|a| a.at >= from && a.at <= to && looked(&a.detector)).collect();
    let is = |w: &AnomalyWanted, a: &Anomaly| *a.detector == *w.detector && has(a.subject.labels(), &w.labels);
    let mut bad = false;
    for want in wanted {
        let met = there.iter().filter(|a| is(want, a)).count() as u64;
        let labels = LabelSet::new(want.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        let name = format!("anomalies of {}{labels}", want.detector);
        match want.count {
            Some(count) if count != met => {
                bad = true;
                lines.push(format!("- {name}: expected {count}, found {met}"));
            }
            None if met == 0 => {
                bad = true;
                let first = found.anomalies.iter().map(|(_, a)| a).filter(|a| is(want, a)).min_by_key(|a| a.at.since(from).get().abs());
                let other = first.map_or("none in the whole case".to_owned(), |a| format!("the nearest is at {}", offset(a.at, found)));
                lines.push(format!("- {name}: none, {other}"));
            }
            _ => lines.push(format!("= {name}: {met}")),
        }
    }
    for a in there.iter().filter(|a| !wanted.iter().any(|w| is(w, a))) {
        bad = true;
        lines.push(format!("+ {}", anomaly(a, found)));
    }
    bad
}

/// One line of an anomaly.
pub(super) fn anomaly(a: &Anomaly, found: &Found) -> String {
    let subject = Safe::message(&a.subject.labels().to_string()).to_string();
    format!("{}{subject} at {}: {}", a.detector, offset(a.at, found), Safe::message(&a.why))
}

/// All that came, in its order, for `--verbose`.
pub(super) fn story(found: &Found) -> String {
    let mut all: Vec<(Timestamp, String)> = Vec::new();
    for (clock, t) in &found.alerts {
        all.push((*clock, format!("{:>8}  {} (was {})", offset(*clock, found), alert(t), t.from.word())));
    }
    for (clock, a) in &found.anomalies {
        all.push((*clock, format!("{:>8}  anomaly {}", offset(*clock, found), anomaly(a, found))));
    }
    all.sort_by_key(|(clock, _)| *clock);
    let mut out = String::new();
    for (_, line) in all {
        let _ = writeln!(out, "      {line}");
    }
    let c = &found.counters;
    let _ = writeln!(out, "      {} records, {} events accepted", c.records, c.accepted);
    out
}
