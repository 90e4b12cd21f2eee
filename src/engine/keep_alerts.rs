//! Alerts taken out to be kept over a restart, and put back.
//!
//! As with what detectors have learned they are handed in as commands, so that a recording has them and its replay
//! says the same. An alert goes by its rule, all that the rule rests on, and its subject: where one of these is another
//! now, the alert is dropped and that is said.

use super::judge::matches;
use super::machine::Engine;
use super::memory::{Memory, definition};
use super::silence_settle::Waiting;
use crate::alert::{AlertState, Kept, RuleSpec, TakenUp, When, utc};
use crate::detect::{DetectorOn, DetectorSpec};
use crate::model::{Command, Millis, Subject};
use serde::{Deserialize, Serialize};

/// The form of what is kept; another one is not read.
const VERSION: u32 = 1;
/// Alerts in one command: a line of a recording is to stay readable.
const IN_COMMAND: usize = 500;
/// How the text of a command begins that brings alerts back, and not what a detector has learned.
pub(super) const BEGINS: &str = "{\"alerts\":";

/// All alerts that are kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptAlerts {
    version: u32,
    /// When they were taken out, on the machine's clock, in milliseconds since the epoch.
    pub at: i64,
    /// The number of the next alert.
    next: u64,
    /// Alerts for which there was no room.
    pub left_out: usize,
    alerts: Vec<Kept>,
}

/// What one command brings back.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    alerts: Vec<Kept>,
    next: u64,
    /// How long the machine stood still, in milliseconds.
    gap: i64,
}

impl KeptAlerts {
    /// How many fire, wait to, or have fallen silent.
    pub fn active(&self) -> usize {
        self.alerts.iter().filter(|kept| kept.state() != AlertState::Resolved).count()
    }

    /// The commands that put them back, after the machine stood still for `gap`: to be handed in before anything is judged.
    ///
    /// # Errors
    /// They are of another form.
    pub fn commands(mut self, gap: Millis) -> Result<Vec<Command>, String> {
        if self.version != VERSION {
            return Err(format!("their version is {}, and this program reads {VERSION}", self.version));
        }
        let mut out = Vec::new();
        while !self.alerts.is_empty() || out.is_empty() {
            let rest = self.alerts.split_off(self.alerts.len().min(IN_COMMAND));
            let alerts = std::mem::replace(&mut self.alerts, rest);
            let part = Part { alerts, next: self.next, gap: gap.get() };
            out.extend(serde_json::to_string(&part).map(|text| Command::Restore { states: text.into() }));
        }
        Ok(out)
    }
}

/// All that a rule's condition rests on.
fn ground(spec: &RuleSpec, detectors: &[DetectorSpec], memory: &Memory) -> String {
    let when = match &spec.when {
        When::Detector(name) => format!("{name}"),
        When::Count { detector, count, within } => format!("{count} of {detector} within {within}"),
        When::Share { detector, share, last } => format!("{share} of the last {last} of {detector}"),
        When::Expression { trigger, clear } => format!("{trigger} until {}", clear.as_deref().unwrap_or("it is over")),
    };
    let times = [("for", spec.hold_for), ("keeps", spec.keep_firing_for), ("holds", spec.hold), ("stale", spec.stale_after)];
    let times: String = times.iter().map(|(word, time)| format!("; {word} {}", time.get())).collect();
    let detector = detectors.iter().find(|d| spec.detector() == Some(&d.name));
    let measured = memory.sum_of(|metric| match (detector.map(|d| &d.on), &spec.when) {
        (Some(DetectorOn::Metric(pattern) | DetectorOn::Group { metric: pattern, .. }), _) => matches(pattern, metric),
        // A name in another one only asks for more to be as it was.
        (_, When::Expression { trigger, .. }) => trigger.contains(metric),
        _ => false,
    });
    let of = detector.map(|d| format!("; {}", definition(d, detectors)));
    format!("{when}{times}; {measured:x}{}", of.unwrap_or_default())
}

impl Engine {
    /// All alerts that are not over, and what was heard by those that ended of late.
    pub fn save_alerts(&self) -> KeptAlerts {
        let (court, detectors) = (&self.judge.court, &self.judge.detectors);
        let many = |spec: &RuleSpec, subject: &Subject| {
            let index = detectors.iter().position(|d| spec.detector() == Some(&d.name));
            index.is_some_and(|index| self.judge.silences.is_many(index as u16, subject))
        };
        let (alerts, left_out) = court.rules.keep(&court.book, |spec| ground(spec, detectors, &self.judge.memory), many);
        KeptAlerts { version: VERSION, at: self.now.as_millis(), next: court.rules.next_alert(), left_out, alerts }
    }

    /// Takes up what a command brings back.
    pub(super) fn restore_alerts(&mut self, text: &str) {
        match serde_json::from_str::<Part>(text) {
            Ok(part) => {
                self.judge.court.rules.number_from(part.next);
                part.alerts.iter().for_each(|kept| self.restore_alert(kept, Millis::new(part.gap)));
            }
            Err(error) => self.judge.memory.fault(format!("alerts that were kept cannot be read: {error}")),
        }
    }

    fn restore_alert(&mut self, kept: &Kept, gap: Millis) {
        let (court, detectors) = (&mut self.judge.court, &self.judge.detectors);
        let rule = court.rules.specs().iter().position(|spec| *spec.name == *kept.rule);
        let same = rule.is_some_and(|rule| ground(&court.rules.specs()[rule], detectors, &self.judge.memory) == kept.ground);
        let subject = kept.subject();
        let name = subject.as_ref().map_or_else(|| "?".to_owned(), Subject::to_string);
        let lost = |why: &str| {
            format!("the alert {} {name}, {} since {}, is not taken up: {why}", kept.rule, kept.state().word(), utc(kept.since()))
        };
        let Some(rule) = rule.filter(|_| same) else {
            if kept.state() != AlertState::Resolved {
                let why = if rule.is_some() { "what its rule rests on was changed" } else { "there is no such rule any more" };
                self.judge.memory.fault(lost(why));
            }
            return;
        };
        match court.rules.take_up(rule as u16, kept, gap, &mut court.book) {
            TakenUp::Known | TakenUp::TooOld => {}
            TakenUp::Broken => self.judge.memory.fault(lost("it is no alert")),
            TakenUp::Stands => {
                let spec = &court.rules.specs()[rule];
                let index = detectors.iter().position(|d| spec.detector() == Some(&d.name));
                if let (true, Some(index), Some(subject)) = (kept.many, index, subject) {
                    self.judge.silences.waiting.push(Waiting { index: index as u16, subject, until: kept.until() });
                }
            }
        }
    }
}
