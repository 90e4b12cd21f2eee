//! What a page is about, whatever its panes: its series, metric by metric, and the alerts that concern it.
//!
//! Met by the wall and by the phone's summary of a page.

use crate::alert::{Alert, AlertState};
use crate::model::{SeriesId, Subject, Timestamp};
use crate::ui::filter::Filter;
use crate::ui::health::alert_look;
use crate::ui::panes::{overview_lines, target};
use crate::ui::{PageSpec, Role, Scene};
use std::collections::{BTreeMap, BTreeSet};

/// What the host's pane stands for: how full and how busy the machine is.
const HOST: [&str; 4] =
    ["system.cpu.utilization", "system.memory.utilization", "system.filesystem.utilization", "system.cpu.load_average.1m"];
/// Series looked at of one metric: more are never shown, and those that fire are found through their alerts.
const SERIES_MAX: usize = 500;

/// What the panes of a page name.
#[derive(Clone, Debug, Default)]
pub struct About {
    targets: Vec<target::Target>,
    rules: BTreeSet<String>,
    found: BTreeSet<String>,
    /// Every watched series.
    watched: bool,
}

/// A page's series and alerts at one moment.
#[derive(Debug, Default)]
pub struct Subjects<'a> {
    /// Active alerts that concern the page, worst first.
    pub alerts: Vec<&'a Alert>,
    /// Its series by metric, in the order of its panes.
    pub metrics: Vec<Vec<SeriesId>>,
}

impl About {
    /// What `page` is about.
    pub fn of(page: &PageSpec) -> Self {
        let mut about = Self::default();
        for (pane, _) in page.rows.iter().flat_map(|row| &row.panes) {
            let argument = pane.argument.as_ref();
            let names = || argument.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
            match pane.kind {
                "overview" => about.watched = true,
                "host" => about.targets.push(target::Target::parse(&HOST.join(","))),
                "alerts" => about.rules.extend(names()),
                "anomalies" => about.found.extend(names()),
                _ => {
                    let target = target::Target::parse(argument);
                    about.targets.extend(target.is_named().then_some(target));
                }
            }
        }
        about
    }

    /// Whether it names series of its own.
    pub fn measures(&self) -> bool {
        !self.targets.is_empty()
    }

    /// Whether all watched series are its subject.
    pub fn is_overview(&self) -> bool {
        self.watched
    }

    /// The page's series and alerts.
    pub fn subjects<'a>(&self, scene: &Scene<'a>) -> Subjects<'a> {
        let mut ids: Vec<SeriesId> = self.targets.iter().flat_map(|target| target.series(scene.store)).collect();
        if self.watched && ids.is_empty() {
            ids = overview_lines::watched(scene, &Filter::default(), usize::MAX, None).into_iter().map(|line| line.id).collect();
        }
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut metrics: Vec<Vec<SeriesId>> = Vec::new();
        let mut seen = BTreeSet::new();
        for id in ids {
            let info = scene.store.info(id);
            if info.samples == 0 || !seen.insert(id) {
                continue;
            }
            let place = *places.entry(&info.key.name).or_insert(metrics.len());
            match metrics.get_mut(place) {
                None => metrics.push(vec![id]),
                Some(list) if list.len() < SERIES_MAX => list.push(id),
                Some(_) => {}
            }
        }
        let alerts = scene.alerts.active().filter(|alert| self.concerns(alert, &seen, scene)).collect();
        Subjects { alerts, metrics }
    }

    fn concerns(&self, alert: &Alert, series: &BTreeSet<SeriesId>, scene: &Scene<'_>) -> bool {
        if self.watched || self.rules.contains(&*alert.rule) {
            return true;
        }
        match &alert.subject {
            Subject::Series(key) => scene.store.find(key).is_some_and(|id| series.contains(&id)),
            Subject::Key { stream, .. } => self.found.contains(&**stream),
        }
    }
}

impl Subjects<'_> {
    /// Whether one of its alerts wants somebody to come: it fires, or fell silent while it did, and nobody knows of it.
    pub fn fires(&self) -> bool {
        self.alerts.iter().any(|alert| calls(alert))
    }

    /// When data of the page came last.
    pub fn heard(&self, scene: &Scene<'_>) -> Option<Timestamp> {
        self.metrics.iter().flatten().map(|id| scene.store.info(*id).heard).max()
    }

    /// The role of a series: that of the gravest alert about it, else whether it is stale or still being learnt.
    pub fn role(&self, scene: &Scene<'_>, id: SeriesId) -> Role {
        let info = scene.store.info(id);
        let about = |alert: &&&Alert| matches!(&alert.subject, Subject::Series(key) if *key == info.key);
        if let Some(alert) = self.alerts.iter().find(about) {
            return alert_look(alert, false).0;
        }
        if target::stale(info, scene) {
            return Role::Stale;
        }
        let learnt = |status: &&crate::ui::DetectorStatus| matches!(&status.subject, Subject::Series(key) if *key == info.key);
        if scene.learning.iter().any(|status| learnt(&status)) { Role::Learning } else { Role::Ok }
    }
}

/// Whether an alert wants somebody to come.
pub fn calls(alert: &Alert) -> bool {
    matches!(alert.state, AlertState::Firing | AlertState::Stale) && alert.acknowledged.is_none()
}
