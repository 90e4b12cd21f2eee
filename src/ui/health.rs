//! What is wrong now, in one place: the header counts it, frames take its colour, the overview says it in words.

use super::{Role, Scene};
use crate::alert::{Alert, AlertState, Severity};
use crate::model::{LinkState, SourceStatus, Timestamp};

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Firing, critical, not acknowledged.
    pub critical: usize,
    /// Firing, warning, not acknowledged.
    pub warning: usize,
    /// Firing, worth knowing, not acknowledged.
    pub info: usize,
    /// Pending.
    pub pending: usize,
    /// Alerts and sources without data.
    pub stale: usize,
    /// Acknowledged.
    pub acknowledged: usize,
}

impl Counts {
    /// Counts what `scene` shows.
    pub fn of(scene: &Scene<'_>) -> Self {
        let mut counts = Self { stale: scene.sources.iter().filter(|s| source_role(s) == Role::Stale).count(), ..Self::default() };
        scene.alerts.active().for_each(|alert| counts.add(alert));
        counts
    }

    /// Counts one more alert.
    pub fn add(&mut self, alert: &Alert) {
        let slot = match alert.state {
            _ if alert.acknowledged.is_some() => &mut self.acknowledged,
            AlertState::Stale => &mut self.stale,
            AlertState::Pending => &mut self.pending,
            _ => match alert.severity {
                Severity::Critical => &mut self.critical,
                Severity::Warning => &mut self.warning,
                Severity::Info => &mut self.info,
            },
        };
        *slot += 1;
    }

    /// The role of the worst of it; [`Role::Frame`] where nothing is wrong.
    pub fn worst(&self) -> Role {
        if self.critical > 0 {
            Role::Critical
        } else if self.warning > 0 {
            Role::Warning
        } else if self.stale > 0 {
            Role::Stale
        } else if self.pending > 0 {
            Role::Pending
        } else {
            Role::Frame
        }
    }

    /// Role, sign and count of each that is not none, worst first.
    pub fn signs(&self, ascii: bool) -> Vec<(Role, &'static str, usize)> {
        let all = [
            (Role::Critical, Role::Critical.sign(ascii), self.critical),
            (Role::Warning, Role::Warning.sign(ascii), self.warning),
            (Role::Stale, Role::Stale.sign(ascii), self.stale),
            (Role::Pending, Role::Pending.sign(ascii), self.pending),
            (Role::Accent, INFO, self.info),
            (Role::Muted, ACKNOWLEDGED, self.acknowledged),
        ];
        all.into_iter().filter(|(_, _, n)| *n > 0).collect()
    }
}

/// The sign of an alert that is worth knowing, no more.
const INFO: &str = "i";
/// The sign of an alert somebody knows of.
pub const ACKNOWLEDGED: &str = "a";

/// The role and sign of an alert. One that is acknowledged keeps its sign and loses its colour.
pub fn alert_look(alert: &Alert, ascii: bool) -> (Role, &'static str) {
    let (role, sign) = state_look(alert.state, alert.severity, ascii);
    if alert.acknowledged.is_some() { (Role::Muted, sign) } else { (role, sign) }
}

/// The role and sign of a state an alert of `severity` is in or went to.
pub fn state_look(state: AlertState, severity: Severity, ascii: bool) -> (Role, &'static str) {
    let role = match (state, severity) {
        (AlertState::Inactive | AlertState::Resolved, _) => Role::Ok,
        (AlertState::Pending, _) => Role::Pending,
        (AlertState::Stale, _) => Role::Stale,
        (AlertState::Firing, Severity::Critical) => Role::Critical,
        (AlertState::Firing, Severity::Warning) => Role::Warning,
        (AlertState::Firing, Severity::Info) => return (Role::Accent, INFO),
    };
    (role, role.sign(ascii))
}

/// How a source stands.
pub fn source_role(source: &SourceStatus) -> Role {
    match source.state {
        LinkState::Down | LinkState::Unknown | LinkState::Denied | LinkState::Gap => Role::Stale,
        _ if source.stale => Role::Stale,
        LinkState::Connecting => Role::Learning,
        LinkState::Up if source.backlog().is_some() => Role::Learning,
        LinkState::Up => Role::Ok,
        LinkState::Ended => Role::Dim,
    }
}

/// When anything was last heard.
pub fn newest(scene: &Scene<'_>) -> Option<Timestamp> {
    scene.sources.iter().filter_map(|s| s.heard).max()
}
