//! `[[case.expect]]`: which alerts and anomalies must come, when, and that nothing else does.

use super::super::section::{At, Section};
use super::super::suggest;
use super::spec::{AlertWanted, AnomalyWanted, Expect, Window};
use crate::alert::{AlertState, Severity};
use crate::config::Loaded;
use crate::history::Moment;

/// Where an alert can be said to stand.
const STATES: [&str; 5] = ["firing", "pending", "resolved", "stale", "inactive"];
/// How grave it can be.
const SEVERITIES: [&str; 3] = ["info", "warning", "critical"];

/// Reads one expectation; `line` is where it begins.
pub(super) fn expect(section: &Section<'_>, loaded: &Loaded, line: usize) -> Option<Expect> {
    let sink = section.sink();
    let rules = names(section.texts("rules"), section, "rule", &rule_names(loaded));
    let detectors = names(section.texts("detectors"), section, "detector", &detector_names(loaded));
    let silent = section.flag("silent").is_some_and(|f| f.value);
    let mut alerts = section.has("alerts").then(|| section.tables("alerts").iter().filter_map(|s| alert(s, loaded)).collect::<Vec<_>>());
    let anomalies =
        section.has("anomalies").then(|| section.tables("anomalies").iter().filter_map(|s| anomaly(s, loaded)).collect::<Vec<_>>());
    let window = window(section);
    section.finish();
    if silent {
        if alerts.as_ref().is_some_and(|a| !a.is_empty()) {
            sink.error(&section.place("silent"), "silent, and yet alerts are expected", "take one of them out");
        }
        alerts.get_or_insert_default();
    }
    if alerts.is_none() && anomalies.is_none() {
        sink.error(
            &section.span,
            "[[case.expect]] expects nothing at all",
            "add alerts = [{ rule = \"…\" }], anomalies = [{ detector = \"…\" }] or silent = true",
        );
        return None;
    }
    if anomalies.is_some() && matches!(window, Some(Window::At(_))) {
        sink.error(
            &section.place("anomalies"),
            "anomalies are expected within a time, not at a moment",
            "write from = \"+0s\" and to = \"+5m\" instead of at",
        );
        return None;
    }
    Some(Expect { line, window: window?, rules, detectors, alerts, anomalies })
}

fn window(section: &Section<'_>) -> Option<Window> {
    let [at, from, to] = ["at", "from", "to"].map(|key| moment(section, key));
    match (section.has("at"), section.has("from") || section.has("to")) {
        (true, true) => {
            section.sink().error(&section.place("at"), "at, and also from or to", "at is a moment; from and to bound a time");
            None
        }
        (true, false) => at.map(Window::At),
        (false, _) => Some(Window::Between(from.unwrap_or(Moment::START), to.unwrap_or(Moment::END))),
    }
}

/// A moment of a key.
pub(super) fn moment(section: &Section<'_>, key: &'static str) -> Option<Moment> {
    let text = section.text(key)?;
    Moment::parse(&text.value).map_err(|why| section.sink().error(&text.span, format!("{key}: {why}"), "")).ok()
}

fn alert(section: &Section<'_>, loaded: &Loaded) -> Option<AlertWanted> {
    let rule = known(section.required("rule", "\"PaymentFailures\""), section, "rule", &rule_names(loaded));
    let labels = labels(section);
    let state = section.word("state", &STATES).map_or("firing", |w| w.value);
    let severity = section.word("severity", &SEVERITIES).and_then(|w| Severity::from_word(w.value));
    section.finish();
    let all = [AlertState::Firing, AlertState::Pending, AlertState::Resolved, AlertState::Stale, AlertState::Inactive];
    let state = all.into_iter().find(|s| s.word() == state)?;
    Some(AlertWanted { rule: rule?, labels, state, severity })
}

fn anomaly(section: &Section<'_>, loaded: &Loaded) -> Option<AnomalyWanted> {
    let detector = known(section.required("detector", "\"odd-reading\""), section, "detector", &detector_names(loaded));
    let labels = labels(section);
    let count = section.whole("count", 0, u64::from(u32::MAX)).map(|c| c.value);
    section.finish();
    Some(AnomalyWanted { detector: detector?, labels, count })
}

fn labels(section: &Section<'_>) -> Vec<(String, String)> {
    let pairs = section.table("labels").map(|t| t.properties()).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| (name.value, value.value)).collect()
}

fn rule_names(loaded: &Loaded) -> Vec<String> {
    loaded.plan.rules.iter().map(|r| r.name.to_string()).collect()
}

fn detector_names(loaded: &Loaded) -> Vec<String> {
    loaded.plan.detectors.iter().map(|d| d.name.to_string()).collect()
}

fn names(all: Vec<At<String>>, section: &Section<'_>, what: &str, there: &[String]) -> Vec<String> {
    all.into_iter().filter_map(|name| known(Some(name), section, what, there)).collect()
}

fn known(name: Option<At<String>>, section: &Section<'_>, what: &str, there: &[String]) -> Option<String> {
    let name = name?;
    if !there.contains(&name.value) {
        let hint = suggest::hint(&name.value, there.iter().map(String::as_str));
        section.sink().error(&name.span, format!("the configuration has no {what} {:?}", name.value), hint);
        return None;
    }
    Some(name.value)
}
