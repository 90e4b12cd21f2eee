//! A stage for tests of panes: a machine's views filled by hand, and a screen read back as text.

use crate::alert::AlertBook;
use crate::decode::RejectRing;
use crate::detect::{AnomalyTable, Judgements};
use crate::engine::Excerpts;
use crate::model::{Band, Counters, LabelSet, LogRing, Millis, Sample, SeriesKey, SourceStatus, Timestamp};
use crate::store::{SeriesSpec, Store, StoreLimits};
use crate::ui::{Language, Look, Mode, Pane, Process, Scene, Theme};
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The moment all tests play at: 2024-11-20 18:53:20 UTC+8.
pub const NOW: Timestamp = Timestamp::from_millis(1_732_100_000_000);

/// The views, owned.
pub struct Stage {
    pub store: Store,
    pub anomalies: AnomalyTable,
    pub judgements: Judgements,
    pub excerpts: Excerpts,
    pub alerts: AlertBook,
    pub sources: Vec<SourceStatus>,
    pub rejects: RejectRing,
    pub counters: Counters,
    pub log: LogRing,
    pub processes: Vec<Process>,
    pub now: Timestamp,
    pub theme: Theme,
    pub zone: TimeZone,
    pub ascii: bool,
    pub language: Language,
}

impl Stage {
    pub fn new() -> Self {
        Self {
            store: Store::new(StoreLimits::default()),
            anomalies: AnomalyTable::new(100),
            judgements: Judgements::default(),
            excerpts: Excerpts::default(),
            alerts: AlertBook::default(),
            sources: Vec::new(),
            rejects: RejectRing::new(),
            counters: Counters::default(),
            log: LogRing::new(100),
            processes: Vec::new(),
            now: NOW,
            theme: Theme::plain(),
            zone: TimeZone::fixed(jiff::tz::offset(8)),
            ascii: false,
            language: Language::English,
        }
    }

    /// Fills a series with a value (and whether it is flagged) for each of the last `seconds`; `None` leaves a hole.
    pub fn fill(&mut self, name: &str, labels: &[(&str, &str)], unit: &str, seconds: i64, f: impl Fn(i64) -> Option<(f64, bool)>) {
        for i in 0..seconds {
            let at = NOW - Millis::from_secs(seconds - 1 - i);
            if let Some((value, flagged)) = f(i) {
                self.push(name, labels, unit, at, value, None, flagged);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a sample is all of these")]
    pub fn push(&mut self, name: &str, labels: &[(&str, &str)], unit: &str, at: Timestamp, value: f64, band: Option<Band>, flagged: bool) {
        let key = SeriesKey::new(name, LabelSet::new(labels.iter().copied()));
        let spec = SeriesSpec { unit: unit.into(), step: None, watched: false };
        let id = self.store.open(&key, &spec).unwrap();
        self.store.push(id, Sample { at, value }, at);
        self.store.judge(id, band, flagged);
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene {
            now: self.now,
            event_time: self.now,
            store: &self.store,
            anomalies: &self.anomalies,
            marks: &[],
            judgements: &self.judgements,
            excerpts: &self.excerpts,
            strictness: &[],
            false_alerts: None,
            alerts: &self.alerts,
            sources: &self.sources,
            rejects: &self.rejects,
            counters: &self.counters,
            log: &self.log,
            learning: &[],
            learning_total: 0,
            processes: &self.processes,
            mode: Mode::Live,
            hint: "",
            can_inject: false,
            undelivered: &[],
            link: crate::ui::LinkView::default(),
            stale_after: Millis::from_secs(30),
            language: self.language,
        }
    }

    pub fn look(&self) -> Look<'_> {
        Look {
            theme: &self.theme,
            ascii: self.ascii,
            zone: &self.zone,
            range: Millis::from_secs(600),
            until: None,
            focused: true,
            language: self.language,
            clusters: &[],
        }
    }

    /// The pane's inside of `width` × `height`, title and status above it.
    pub fn draw(&self, pane: &mut dyn Pane, width: u16, height: u16) -> String {
        let inside = self.draw_with(width, height, |area, buf, scene, look| pane.render(area, buf, scene, look));
        let scene = self.scene();
        format!("[{}] [{}]\n{inside}", pane.title(&scene), pane.status(&scene))
    }

    /// What `render` draws into `width` × `height`.
    pub fn draw_with(&self, width: u16, height: u16, render: impl FnOnce(Rect, &mut Buffer, &Scene<'_>, &Look<'_>)) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        render(area, &mut buf, &self.scene(), &self.look());
        text(&buf)
    }
}

/// A buffer's text, line by line, blanks at the ends cut.
pub fn text(buf: &Buffer) -> String {
    let area = buf.area;
    let row = |y| -> String {
        let mut line = String::new();
        let mut skip = 0;
        for x in area.left()..area.right() {
            if skip == 0 {
                line.push_str(buf[(x, y)].symbol());
                skip = crate::ui::words::width(buf[(x, y)].symbol());
            }
            skip = skip.saturating_sub(1);
        }
        line.trim_end().to_owned()
    };
    (area.top()..area.bottom()).map(row).collect::<Vec<_>>().join("\n")
}
