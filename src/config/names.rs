//! The names a configuration declares, so that a reference that points nowhere is found.

use super::diagnostic::Sink;
use super::registry::{HOST_METRICS, PROBE_METRICS, SCRAPE_METRICS};
use super::section::At;
use super::suggest;
use crate::source::wildcard;
use std::collections::{BTreeMap, BTreeSet};

/// Longest name: it stands in titles and tables.
const NAME_LIMIT: usize = 200;

/// What is known of a stream by name.
#[derive(Clone, Debug, Default)]
pub(super) struct StreamName {
    /// Fields kept out of screens and recordings.
    pub(super) redact: BTreeSet<String>,
    /// Something is made of it.
    pub(super) used: bool,
}

/// All names declared so far. A thing whose other keys are wrong is declared all the same, so that
/// one fault does not cause others.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Sources with their kinds.
    pub(super) sources: BTreeMap<String, &'static str>,
    /// Streams.
    pub(super) streams: BTreeMap<String, StreamName>,
    /// Metrics of streams, with their steps in milliseconds (0: raw).
    pub(super) metrics: BTreeMap<String, i64>,
    /// Detectors; `true` where they judge events.
    pub(super) detectors: BTreeMap<String, bool>,
    /// Rules.
    pub(super) rules: BTreeSet<String>,
    /// Channels, with whether a rule names them.
    pub(super) channels: BTreeMap<String, bool>,
    /// Metrics that the configured host and probes deliver.
    pub(super) readings: BTreeSet<&'static str>,
    /// Which metrics scrapes take from exporters, as patterns: the names are not known before they answer.
    pub(super) scraped: Vec<String>,
}

impl Names {
    /// Notes which metrics sources deliver by themselves.
    pub(super) fn note_readings(&mut self) {
        let has = |kind: &str| self.sources.values().any(|k| *k == kind);
        if has("host") {
            self.readings.extend(HOST_METRICS);
        }
        if has("probe") {
            self.readings.extend(PROBE_METRICS);
        }
        if has("scrape") {
            self.readings.extend(SCRAPE_METRICS);
        }
    }

    /// Notes what a scrape takes; without patterns everything that is named as Prometheus names it.
    pub(super) fn note_scrape(&mut self, patterns: &[String]) {
        let all = ["*_*".to_owned(), "up".to_owned()];
        self.scraped.extend(if patterns.is_empty() { all.to_vec() } else { patterns.to_vec() });
    }

    /// Whether an exporter that is scraped may tell a metric of this name, or one that begins so.
    fn may_be_scraped(&self, name: &str, only_start: bool) -> bool {
        let formed = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
        let fits = |pattern: &String| {
            let fixed = pattern.split('*').next().unwrap_or_default();
            wildcard(pattern, name) || (only_start && (fixed.starts_with(name) || name.starts_with(fixed)))
        };
        formed && self.scraped.iter().any(fits)
    }

    /// Every metric known by name.
    pub(super) fn all_metrics(&self) -> impl Iterator<Item = &str> {
        self.metrics.keys().map(String::as_str).chain(self.readings.iter().copied())
    }

    /// Whether `pattern`, which may end with `*`, names a metric.
    pub(super) fn matches_metric(&self, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(start) => self.all_metrics().any(|m| m.starts_with(start)) || self.may_be_scraped(start, true),
            None => self.all_metrics().any(|m| m == pattern) || self.may_be_scraped(pattern, false),
        }
    }

    /// What to say of a metric that is not known.
    pub(super) fn metric_hint(&self, name: &str) -> String {
        let near = suggest::nearest(name.trim_end_matches('*'), self.all_metrics());
        if near.is_none() && HOST_METRICS.contains(&name) {
            return "the host is not read: add [host]".to_owned();
        }
        if near.is_none() && PROBE_METRICS.contains(&name) {
            return "there is no probe: add [[probe]]".to_owned();
        }
        if near.is_none() && SCRAPE_METRICS.contains(&name) {
            return "no exporter is read: add [[scrape]]".to_owned();
        }
        suggest::hint(name, self.all_metrics())
    }

    /// Reports a stream's field that is kept out of screens.
    pub(super) fn check_redacted(&self, stream: &str, field: &At<String>, sink: &Sink) {
        let Some(known) = self.streams.get(stream) else { return };
        let covers =
            |r: &&String| field.value == **r || field.value.strip_prefix(r.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']));
        if let Some(redacted) = known.redact.iter().find(covers) {
            let message = format!("field {:?} is redacted in stream {stream:?} and cannot be used here", field.value);
            sink.error(&field.span, message, format!("take {redacted:?} out of redact, or choose another field"));
        }
    }
}

/// Checks a name's form and that it is new; answers whether it may be used.
pub(super) fn declare(what: &str, name: &At<String>, taken: bool, sink: &Sink) -> bool {
    if name.value.chars().count() > NAME_LIMIT {
        sink.error(&name.span, format!("the name of a {what} is longer than {NAME_LIMIT} characters"), "");
        return false;
    }
    if name.value.trim() != name.value || name.value.chars().any(char::is_control) {
        sink.error(&name.span, format!("the name {:?} begins or ends with a space, or holds a control character", name.value), "");
        return false;
    }
    if taken {
        sink.error(&name.span, format!("there are two {what}s called {:?}", name.value), "give one of them another name");
        return false;
    }
    true
}
