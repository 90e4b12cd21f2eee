//! Scenes for the tests of the screen: a shop at night, quiet, in trouble, flooded, or full of hostile text.

use super::{App, DetectorStatus, Key, KeyCode, Language, Mode, Request, Scene, Signs, Theme, UiSpec, keymap};
use crate::alert::{Alert, AlertBook, AlertState, Severity, Transition};
use crate::decode::RejectRing;
use crate::detect::{AnomalyTable, Judgements};
use crate::engine::{Excerpts, Strictness};
use crate::model::{
    Anomaly, Band, Baseline, Basis, Contribution, Counters, FieldText, LabelSet, LinkState, LogLevel, LogLine, LogRing, Mark, Millis,
    PartitionStatus, Pattern, Position, Safe, Sample, SeriesId, SeriesKey, SourceId, SourceStatus, Speed, Subject, Timestamp,
};
use crate::store::{SeriesSpec, Store, StoreLimits};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// 03:14:07 in the fixture's zone, UTC+8.
pub(crate) const NOW: i64 = 1_732_130_047_000;

/// Everything a scene borrows.
pub(crate) struct Fixture {
    pub now: Timestamp,
    pub store: Store,
    pub anomalies: AnomalyTable,
    pub marks: Vec<Mark>,
    pub judgements: Judgements,
    pub excerpts: Excerpts,
    pub strictness: Vec<Strictness>,
    pub alerts: AlertBook,
    pub sources: Vec<SourceStatus>,
    pub rejects: RejectRing,
    pub counters: Counters,
    pub log: LogRing,
    pub learning: Vec<DetectorStatus>,
    pub mode: Mode,
    pub hint: String,
    pub undelivered: Vec<(Timestamp, String)>,
    pub link: super::LinkView,
    pub language: Language,
}

/// The moment `s` seconds before now.
pub(crate) fn ago(s: i64) -> Timestamp {
    Timestamp::from_millis(NOW - s * 1_000)
}

impl Fixture {
    /// No data, no sources.
    pub fn empty() -> Self {
        Self {
            now: Timestamp::from_millis(NOW),
            store: Store::new(StoreLimits::default()),
            anomalies: AnomalyTable::new(1_000),
            marks: Vec::new(),
            judgements: Judgements::default(),
            excerpts: Excerpts::default(),
            strictness: Vec::new(),
            alerts: AlertBook::default(),
            sources: Vec::new(),
            rejects: RejectRing::new(),
            counters: Counters::default(),
            log: LogRing::new(100),
            learning: Vec::new(),
            mode: Mode::Live,
            hint: String::new(),
            undelivered: Vec::new(),
            link: super::LinkView::default(),
            language: Language::English,
        }
    }

    /// All well: five series, two topics, a resolved alert in the past.
    pub fn quiet() -> Self {
        Self::shop(|i| 0.012 + 0.004 * ((i as f64) / 5.0).sin())
    }

    fn shop(failures: impl Fn(i64) -> f64) -> Self {
        let mut f = Self::empty();
        f.series("orders_per_second", &[], "", |i| 400.0 + 30.0 * ((i as f64) / 7.0).sin());
        f.series("failure_ratio", &[("region", "EU")], "1", failures);
        f.series("failure_ratio", &[("region", "亚太")], "1", |i| 0.011 + 0.003 * ((i as f64) / 3.0).sin());
        f.series("checkout_latency", &[("quantile", "0.95")], "ms", |i| 150.0 + 20.0 * ((i as f64) / 9.0).cos());
        f.series("system.memory.usage", &[("state", "used")], "By", |_| 6.1 * 1_073_741_824.0);
        f.source("shop", "kafka", Some("ecommerce_data"), 4_812.0, 12);
        f.source("local", "host", None, 1.0, 0);
        f.transition(
            1,
            "DiskFilling",
            Subject::Key { stream: "host".into(), labels: LabelSet::none() },
            AlertState::Firing,
            AlertState::Resolved,
            Severity::Warning,
            19_980,
        );
        f.log(LogLevel::Info, "kafka", "assigned ecommerce_data[0..11], from 02:59:07");
        f.log(LogLevel::Warn, "decode", "ecommerce_data[7]@8812: no number in field amount");
        f
    }

    /// Two alerts fire, one is pending, one topic is silent.
    pub fn trouble() -> Self {
        let mut f = Self::shop(|i| if i < 150 { 0.012 } else { 0.142 });
        let eu = Self::series_key("failure_ratio", &[("region", "EU")]);
        f.store.judge(SeriesId(1), Some(Band::new(0.008, 0.021)), true);
        let latency = Self::series_key("checkout_latency", &[("quantile", "0.95")]);
        f.transition(7, "PaymentFailures", Subject::Series(eu.clone()), AlertState::Pending, AlertState::Firing, Severity::Critical, 307);
        f.transition(8, "CheckoutLatency", Subject::Series(latency), AlertState::Pending, AlertState::Firing, Severity::Warning, 187);
        let orders = Self::series_key("orders_per_second", &[]);
        f.transition(9, "OrdersDropping", Subject::Series(orders), AlertState::Inactive, AlertState::Pending, Severity::Warning, 42);
        f.source("plant", "kafka", Some("sensor_data"), 0.0, 4);
        if let Some(source) = f.sources.last_mut() {
            source.stale = true;
            source.heard = Some(ago(41));
        }
        for (i, user) in [17, 48_213, 5].into_iter().enumerate() {
            f.anomaly(i as u64 + 1, user, 9_412.0 + i as f64, ago(60 - 10 * i as i64));
        }
        f.anomalies.push(Anomaly {
            id: 4,
            at: ago(300),
            last_at: ago(10),
            step: Millis::ZERO,
            count: 30,
            detector: "odd-failures".into(),
            subject: Subject::Series(eu),
            series: Some(SeriesId(1)),
            value: 0.142,
            score: 0.99,
            threshold: 0.95,
            expected: Some(Band::new(0.008, 0.021)),
            pattern: Pattern::LevelShift,
            baseline: Baseline {
                basis: Basis::Season,
                centre: 0.014,
                scale: 0.0032,
                n: 1_800,
                since: Some(ago(480)),
                ..Baseline::none("seasonal")
            },
            contributions: vec![Contribution { what: "provider=alpha".into(), share: 0.91 }],
            why: "14.2 % is 8.1 sigma above the mean of 1.4 % over 30 m".into(),
            unit: "1".into(),
            fields: Vec::new(),
            position: None,
        });
        f
    }

    /// The same in a replay.
    pub fn replay() -> Self {
        let mut f = Self::trouble();
        f.mode = Mode::Replay { from: ago(900), to: ago(-300), at: ago(0), speed: Speed::Times(10.0), paused: true, ended: false };
        f
    }

    /// Hundreds of everything.
    pub fn flooded() -> Self {
        let mut f = Self::trouble();
        for i in 0..300u64 {
            let host = format!("node-{i:03}.eu-west.example");
            f.series("node_load", &[("host", &host)], "", |n| n as f64);
            let subject = Subject::Series(Self::series_key("node_load", &[("host", &host)]));
            let severity = if i % 3 == 0 { Severity::Critical } else { Severity::Info };
            f.transition(100 + i, "NodeOverloaded", subject, AlertState::Pending, AlertState::Firing, severity, 60 + i as i64);
            f.anomaly(100 + i, i as i64, i as f64, ago(i as i64));
            f.log(LogLevel::Error, "notify", "the notification daemon has not answered the notice before");
            f.source(&format!("probe-{i}"), "probe", None, 0.1, 0);
        }
        f
    }

    /// Every name, label, field and message is `text`.
    pub fn hostile(text: &str) -> Self {
        let mut f = Self::empty();
        f.series(text, &[(text, text)], text, |i| i as f64);
        let subject = Subject::Series(Self::series_key(text, &[(text, text)]));
        f.transition(1, text, subject, AlertState::Pending, AlertState::Firing, Severity::Critical, 60);
        f.source(text, "kafka", Some(text), 1.0, 2);
        if let Some(source) = f.sources.last_mut() {
            source.state = LinkState::Down;
            source.detail = text.into();
        }
        f.anomaly(1, 1, 1.0, ago(5));
        let mut odd = f.anomalies.get(1).cloned().unwrap();
        odd.id = 2;
        odd.detector = text.into();
        odd.subject = Subject::Key { stream: text.into(), labels: LabelSet::new([(text, text)]) };
        odd.fields = vec![(text.into(), FieldText::Text(text.into()))];
        odd.why = text.into();
        odd.unit = text.into();
        odd.position = Some(Position { topic: text.into(), partition: 1, offset: 2 });
        f.anomalies.push(odd);
        f.log(LogLevel::Warn, text, text);
        f.undelivered.push((ago(5), text.to_owned()));
        text.clone_into(&mut f.hint);
        f
    }

    /// The scene.
    pub fn scene(&self) -> Scene<'_> {
        Scene {
            now: self.now,
            event_time: self.now,
            store: &self.store,
            anomalies: &self.anomalies,
            marks: &self.marks,
            judgements: &self.judgements,
            excerpts: &self.excerpts,
            strictness: &self.strictness,
            false_alerts: Some(1.0),
            alerts: &self.alerts,
            sources: &self.sources,
            rejects: &self.rejects,
            counters: &self.counters,
            log: &self.log,
            learning: &self.learning,
            learning_total: self.learning.len(),
            processes: &[],
            mode: self.mode,
            hint: &self.hint,
            can_inject: false,
            undelivered: &self.undelivered,
            link: self.link,
            stale_after: Millis::from_secs(60),
            language: self.language,
        }
    }

    fn series_key(name: &str, labels: &[(&str, &str)]) -> SeriesKey {
        SeriesKey::new(name, LabelSet::new(labels.iter().copied()))
    }

    /// A watched series with a sample every ten seconds for half an hour.
    pub fn series(&mut self, name: &str, labels: &[(&str, &str)], unit: &str, value: impl Fn(i64) -> f64) {
        let spec = SeriesSpec { unit: unit.into(), step: Some(Millis::from_secs(10)), watched: true };
        let id = self.store.open(&Self::series_key(name, labels), &spec).unwrap();
        for i in 0..=180 {
            let at = ago(1_810 - i * 10);
            self.store.push(id, Sample { at, value: value(i) }, self.now);
        }
    }

    /// A source that works.
    pub fn source(&mut self, name: &str, kind: &'static str, topic: Option<&str>, rate: f64, partitions: i32) {
        let partition = |partition| PartitionStatus { partition, position: 90, end: 100, ..PartitionStatus::default() };
        self.sources.push(SourceStatus {
            source: SourceId(self.sources.len() as u16),
            name: name.into(),
            kind,
            topic: topic.map(Into::into),
            state: LinkState::Up,
            since: ago(900),
            detail: "".into(),
            partitions: (0..partitions).map(partition).collect(),
            rate,
            rates: Vec::new(),
            records: 10,
            rejected: if partitions > 4 { 12 } else { 0 },
            heard: Some(ago(0)),
            stale: false,
        });
    }

    /// A transition of an alert.
    #[expect(clippy::too_many_arguments, reason = "a table of what differs reads best as one line each")]
    pub fn transition(&mut self, id: u64, rule: &str, subject: Subject, from: AlertState, to: AlertState, severity: Severity, age: i64) {
        let labels = subject.labels().clone();
        let latency = rule == "CheckoutLatency";
        let alert = Alert {
            id,
            rule: rule.into(),
            subject,
            state: to,
            severity,
            active_since: ago(age + 120),
            since: ago(age),
            value: if latency { 842.0 } else { 0.142 },
            unit: if latency { "ms".into() } else { "1".into() },
            score: 0.98,
            expected: Some(if latency { Band::new(110.0, 190.0) } else { Band::new(0.008, 0.021) }),
            why: if latency {
                "842 ms is 12.4 sigma above the mean of 150 ms".into()
            } else {
                "14.2 % is 8.1 sigma above the mean of 1.4 %".into()
            },
            form: None,
            contributions: std::sync::Arc::default(),
            labels,
            annotations: vec![("summary".into(), rule.into())],
            notify: ["bell".into(), "desktop".into()].into(),
            acknowledged: None,
        };
        self.alerts.record(Transition { at: ago(age), from, alert });
    }

    /// An odd transaction of `user`.
    pub fn anomaly(&mut self, id: u64, user: i64, amount: f64, at: Timestamp) {
        self.anomalies.push(Anomaly {
            id,
            at,
            last_at: at,
            step: Millis::ZERO,
            count: 1,
            detector: "odd-transaction".into(),
            subject: Subject::Key { stream: "sales".into(), labels: LabelSet::new([("user_id", user.to_string())]) },
            series: None,
            value: amount,
            score: 0.97,
            threshold: 0.95,
            expected: Some(Band::new(12.0, 1_204.0)),
            pattern: Pattern::Spike,
            baseline: Baseline { basis: Basis::Mean, centre: 604.0, scale: 198.0, n: 412, ..Baseline::none("sigma") },
            contributions: Vec::new(),
            why: format!("amount {amount} is 8.1 sigma above this user's mean").into(),
            unit: "CNY".into(),
            fields: vec![("amount".into(), FieldText::Number(amount)), ("user_id".into(), FieldText::Number(user as f64))],
            position: Some(Position { topic: "ecommerce_data".into(), partition: 7, offset: 8_812_043 }),
        });
    }

    /// A log line.
    pub fn log(&mut self, level: LogLevel, from: &str, text: &str) {
        self.log.push(LogLine { at: ago(20), level, from: Safe::label(from), text: Safe::message(text) });
    }
}

/// A screen with the standard pages of a configuration with two metrics and a host.
pub(crate) fn app(ascii: bool) -> App {
    let metrics = ["orders_per_second".into(), "failure_ratio".into()];
    let signs = if ascii { Signs::Ascii } else { Signs::Unicode };
    let pages = super::defaults::pages(true, &metrics, true);
    let spec = UiSpec { signs, pages, ..UiSpec::default() };
    App::new(&spec, Theme::plain(), jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
}

/// Presses the keys named, as in a key table: `j`, `Enter`, `^C`; answers the requests.
pub(crate) fn press(app: &mut App, scene: &Scene<'_>, keys: &str) -> Vec<Request> {
    keys.split(' ').flat_map(keymap::parse).filter_map(|key| app.key(key, scene)).collect()
}

/// Types text.
pub(crate) fn type_text(app: &mut App, scene: &Scene<'_>, text: &str) {
    for c in text.chars() {
        assert_eq!(app.key(Key::plain(KeyCode::Char(c)), scene), None);
    }
}

/// The screen as text.
pub(crate) fn draw(app: &mut App, scene: &Scene<'_>, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buf = Buffer::empty(area);
    app.render(area, &mut buf, scene);
    text(&buf)
}

/// A buffer as text: wide characters take their cells, ends of lines are trimmed.
pub(crate) fn text(buf: &Buffer) -> String {
    let area = buf.area;
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in area.left()..area.right() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buf[(x, y)].symbol();
            line.push_str(symbol);
            skip = super::words::width(symbol).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
