//! What lists copy: the row that is chosen as one line (`y`), the list as Markdown (`Y`). Met by the panes of alerts,
//! anomalies, series, sources, the host and the histogram.
//!
//! Copied text ends in tickets and chats, where nobody sees the screen beside it: it names what it is about and when.

use super::summary::{Summary, code, escape};
use super::target;
use crate::alert::Alert;
use crate::model::{Anomaly, Millis, PartitionStatus, Safe, SeriesId, SourceStatus};
use crate::ui::{Handled, Request, Scene, format, times};
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Rows of a list in a summary: more are a file, not a message.
const ROWS: usize = 40;

/// The time that figures of series are of: as much as charts begin with.
const SPAN: Millis = Millis::from_secs(900);

/// What a key that copies answers: nothing is copied where nothing is chosen.
pub fn asked(text: Option<String>) -> Handled {
    text.map_or(Handled::Yes, |text| Handled::Ask(Request::Copy(text)))
}

/// The zone a pane was drawn in last.
#[derive(Clone, Debug)]
pub struct Zone(pub TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

/// A list to be copied: its heading, and what it is seen with.
pub struct List<'a> {
    /// The machine.
    pub scene: &'a Scene<'a>,
    /// The zone of its times.
    pub zone: &'a TimeZone,
    /// Its heading: not safe yet.
    pub title: &'a str,
}

impl<'a> List<'a> {
    fn summary(&self) -> Summary<'a> {
        Summary { scene: self.scene, zone: self.zone, title: self.title, span: None, at: None }
    }

    /// An alert in one line.
    pub fn alert(&self, alert: &Alert) -> String {
        let (rule, subject) = (Safe::label(&alert.rule), Safe::label(&alert.subject.to_string()));
        let value = format::exact(alert.value, &alert.unit);
        let language = self.scene.language;
        let since = language.fill("since {0}", &[&times::since(alert.since, self.scene.now, self.zone)]);
        let why = Safe::message(&alert.why);
        format!("{rule} {subject}: {} ({}), {since}, {value}. {why}", language.say(alert.state.word()), language.say(alert.severity.word()))
    }

    /// Alerts as Markdown.
    pub fn alerts<'b>(&self, list: impl Iterator<Item = &'b Alert>) -> String {
        let mut out = self.summary().heading();
        self.summary().alerts(list, &mut out);
        out
    }

    /// An anomaly in one line.
    pub fn anomaly(&self, odd: &Anomaly) -> String {
        let (detector, subject) = (Safe::label(&odd.detector), Safe::label(&odd.subject.to_string()));
        let value = format::exact(odd.value, &odd.unit);
        format!("{} {detector} {subject}: {value}. {}", times::moment(odd.at, self.scene.now, self.zone), Safe::message(&odd.why))
    }

    /// Anomalies as Markdown.
    pub fn anomalies<'b>(&self, list: impl Iterator<Item = &'b Anomaly>) -> String {
        let mut out = self.summary().heading();
        self.summary().anomalies(list, &mut out);
        out
    }

    /// A series in one line.
    pub fn series(&self, id: SeriesId) -> Option<String> {
        let info = self.scene.store.info(id);
        let value = format::exact(info.last?.value, &info.spec.unit);
        Some(format!("{} {value}", Safe::label(&info.key.to_string())))
    }

    /// Series as Markdown, over the last time.
    pub fn all_series(&self, ids: &[SeriesId]) -> String {
        let now = self.scene.now;
        Summary { span: Some((now - SPAN, now + Millis::new(1))), ..self.summary() }.of(ids)
    }

    /// A source in one line.
    pub fn source(&self, source: &SourceStatus) -> String {
        let [name, state, rate, lag, age, rejected] = cells(source, self.scene);
        let language = self.scene.language;
        let figures = language.fill("{0} /s, lag {1}, age {2}, rejected {3}", &[&rate, &lag, &age, &rejected]);
        let detail = Safe::message(&source.detail);
        let detail = if detail.as_str().is_empty() { String::new() } else { format!(". {detail}") };
        format!("{}: {state}, {figures}{detail}", Safe::label(&name))
    }

    /// Sources as Markdown.
    pub fn sources(&self) -> String {
        let language = self.scene.language;
        let mut out = self.summary().heading();
        let titles = ["source", "state", "rate /s", "lag", "age", "rejected"].map(|title| language.say(title));
        // Writing into a string does not fail.
        let _ = write!(out, "\n| {} |\n|---|---|---:|---:|---:|---:|\n", titles.join(" | "));
        for source in self.scene.sources.iter().take(ROWS) {
            let [name, rest @ ..] = cells(source, self.scene);
            let _ = writeln!(out, "| {} | {} |", code(&name), rest.map(|cell| escape(&cell)).join(" | "));
        }
        out
    }

    /// A series and its percentiles in one line.
    pub fn spread(&self, id: SeriesId) -> Option<String> {
        let info = self.scene.store.info(id);
        let marks = [(50.0, "p50"), (95.0, "p95"), (99.0, "p99")];
        let figure = |(p, word)| self.scene.store.percentile(id, p).map(|x| format!("{word} {}", format::exact(x, &info.spec.unit)));
        let figures: Vec<String> = marks.into_iter().filter_map(figure).collect();
        (!figures.is_empty()).then(|| format!("{} {} (24 h)", Safe::label(&info.key.to_string()), figures.join(", ")))
    }

    /// A series as Markdown with its percentiles below.
    pub fn spread_summary(&self, id: SeriesId) -> String {
        let mut out = self.all_series(&[id]);
        if let Some(line) = self.spread(id) {
            let _ = write!(out, "\n{}\n", escape(&line));
        }
        out
    }

    /// What the host's pane says in its first lines, in one.
    pub fn host(&self) -> Option<String> {
        let store = self.scene.store;
        let plain = |name: &str| store.of_metric(name).find(|id| store.info(*id).key.labels.is_empty());
        let names = [
            ("cpu", "system.cpu.utilization"),
            ("memory", "system.memory.utilization"),
            ("swap", "system.paging.utilization"),
            ("load", "system.cpu.load_average.1m"),
        ];
        let figure = |(word, name): (&'static str, &str)| {
            let info = store.info(plain(name).or_else(|| store.of_metric(name).next())?);
            Some(format!("{} {}", self.scene.language.say(word), format::exact(info.last?.value, &info.spec.unit)))
        };
        let figures: Vec<String> = names.into_iter().filter_map(figure).collect();
        (!figures.is_empty()).then(|| figures.join(", "))
    }

    /// All that is known of the host as Markdown.
    pub fn host_summary(&self) -> String {
        let own = |name: &str| name.starts_with("system.") || name.starts_with("hw.");
        let mut ids: Vec<SeriesId> = self.scene.store.iter().filter(|info| own(&info.key.name)).map(|info| info.id).collect();
        ids.sort_by(|a, b| target::order(&self.scene.store.info(*a).key, &self.scene.store.info(*b).key));
        self.all_series(&ids)
    }
}

/// Name, state, rate, lag, age and rejected records of a source; the name is not safe yet.
fn cells(source: &SourceStatus, scene: &Scene<'_>) -> [String; 6] {
    let name = source.topic.as_deref().map_or_else(|| source.name.to_string(), |topic| format!("{}/{topic}", source.name));
    let lag: u64 = source.partitions.iter().map(PartitionStatus::lag).sum();
    let age = source.heard.map_or_else(|| "–".to_owned(), |at| times::age_in(scene.now.since(at), scene.language));
    let count = |n: u64| format::thousands(i64::try_from(n).unwrap_or(i64::MAX));
    [name, scene.language.say(source.state.word()).to_owned(), format::si(source.rate), count(lag), age, count(source.rejected)]
}

#[cfg(test)]
mod tests {
    use crate::ui::fixture::{Fixture, app, press};
    use crate::ui::{App, Request, Scene};

    fn copied(app: &mut App, scene: &Scene<'_>, key: &str) -> String {
        match press(app, scene, key).as_slice() {
            [Request::Copy(text)] => text.clone(),
            other => panic!("{key}: {other:?}"),
        }
    }

    #[test]
    fn every_list_copies_its_row_and_a_summary() {
        let fixture = Fixture::trouble();
        let scene = fixture.scene();
        for (pane, row, heading) in [
            ("alerts", "firing", "alerts"),
            ("anomalies", "user_id", "anomalies"),
            ("series", "checkout_latency", "series"),
            ("sources", "rejected", "sources"),
            ("histogram:failure_ratio", "p50", "failure_ratio"),
        ] {
            let mut app = app(false);
            app.open(pane);
            let line = copied(&mut app, &scene, "y");
            assert!(line.contains(row) && line.lines().count() == 1, "{pane}: {line}");
            let list = copied(&mut app, &scene, "Y");
            assert!(list.starts_with(&format!("**`{heading}`**")), "{pane}: {list}");
            assert!(list.lines().count() > 3, "{pane}: {list}");
        }
    }
}
