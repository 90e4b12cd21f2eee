//! The alerts that are active, and the last transitions of all.

use super::{Form, Severity};
use crate::model::{Band, Contribution, LabelSet, Subject, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

/// Where an alert stands in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Its condition does not hold.
    #[default]
    Inactive,
    /// Its condition holds, not long enough yet.
    Pending,
    /// Somebody was told.
    Firing,
    /// It was firing, and its data stopped: neither firing nor resolved can be known.
    Stale,
    /// It was firing, and its condition no longer holds.
    Resolved,
}

impl AlertState {
    /// The word the log and the screen use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Stale => "stale",
            Self::Resolved => "resolved",
        }
    }
}

/// An active alert: pending, firing or stale.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its id, the same from pending to resolved.
    pub id: u64,
    /// The rule's name.
    pub rule: Arc<str>,
    /// What it is about.
    pub subject: Subject,
    /// Where it stands.
    pub state: AlertState,
    /// How grave.
    pub severity: Severity,
    /// Since when the condition holds, in event time.
    pub active_since: Timestamp,
    /// Since when it stands where it stands, in event time.
    pub since: Timestamp,
    /// The newest value.
    pub value: f64,
    /// The unit of the value.
    pub unit: Arc<str>,
    /// The newest score.
    pub score: f64,
    /// Where the value was expected.
    pub expected: Option<Band>,
    /// Why, one sentence.
    pub why: Arc<str>,
    /// The form of the deviation and since when it is so, where a detector says; expressions have none.
    pub form: Option<Form>,
    /// What carries the deviation, the largest share first; empty where nobody can say.
    pub contributions: Arc<[Contribution]>,
    /// The subject's labels and the rule's.
    pub labels: LabelSet,
    /// The rule's annotations, filled in.
    pub annotations: Vec<(Arc<str>, Arc<str>)>,
    /// Channels that are told.
    pub notify: Arc<[Arc<str>]>,
    /// Who acknowledged it, and when.
    pub acknowledged: Option<(Arc<str>, Timestamp)>,
}

/// One step of an alert's life.
#[derive(Clone, Debug)]
pub struct Transition {
    /// When, in event time.
    pub at: Timestamp,
    /// Where it stood.
    pub from: AlertState,
    /// The alert as it stands now (`alert.state` is where it went).
    pub alert: Alert,
}

/// Active alerts and the last transitions.
#[derive(Debug, Default)]
pub struct AlertBook {
    pub(super) active: Vec<Alert>,
    pub(super) recent: VecDeque<Transition>,
    pub(super) fired: u64,
    /// Goes up with everything that is worth keeping.
    revision: u64,
}

impl AlertBook {
    /// Transitions kept.
    pub const RECENT: usize = 1_000;

    /// Active alerts: firing before stale before pending, graver first, older first.
    pub fn active(&self) -> impl Iterator<Item = &Alert> {
        self.active.iter()
    }

    /// The last transitions, oldest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Transition> + ExactSizeIterator {
        self.recent.iter()
    }

    /// How many alerts fired in all.
    pub fn fired(&self) -> u64 {
        self.fired
    }

    /// Takes a transition into the book. Public so that screens can be tested with alerts of their own.
    pub fn record(&mut self, transition: Transition) {
        let alert = &transition.alert;
        self.revision += 1;
        self.active.retain(|a| a.id != alert.id);
        if alert.state == AlertState::Firing && transition.from != AlertState::Stale {
            self.fired += 1;
        }
        if matches!(alert.state, AlertState::Pending | AlertState::Firing | AlertState::Stale) {
            self.put(alert.clone());
        }
        if self.recent.len() == Self::RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(transition);
    }

    /// An active alert stands at its place, without a transition.
    pub(super) fn put(&mut self, alert: Alert) {
        let place = self.active.partition_point(|a| rank(a) <= rank(&alert));
        self.active.insert(place, alert);
    }

    /// Somebody looks at an active alert.
    pub fn acknowledge(&mut self, id: u64, who: &Arc<str>, now: Timestamp) {
        if let Some(alert) = self.active.iter_mut().find(|a| a.id == id) {
            alert.acknowledged = Some((Arc::clone(who), now));
            self.revision += 1;
        }
    }

    /// Goes up whenever an alert moves or is acknowledged: then it is time to keep them.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Puts the active alerts in their order again, after severities have changed.
    pub(super) fn sort(&mut self) {
        self.active.sort_by_key(rank);
    }

    /// The active alert with this id.
    pub fn get(&self, id: u64) -> Option<&Alert> {
        self.active.iter().find(|a| a.id == id)
    }

    /// The active alert with this id, to be changed in place (value, acknowledgement).
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Alert> {
        self.active.iter_mut().find(|a| a.id == id)
    }
}

/// The order of active alerts: firing before stale before pending, graver first, older first.
fn rank(alert: &Alert) -> (u8, std::cmp::Reverse<Severity>, Timestamp, u64) {
    let state = match alert.state {
        AlertState::Firing => 0,
        AlertState::Stale => 1,
        _ => 2,
    };
    (state, std::cmp::Reverse(alert.severity), alert.active_since, alert.id)
}
