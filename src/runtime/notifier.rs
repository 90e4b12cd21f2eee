//! Deliveries: every channel on a task of its own, with a bounded queue; none holds up the machine.

use super::logging::Lines;
use crate::alert::{self, Alert, AlertState, Severity, Transition};
use crate::model::{LogLevel, Millis, Safe, Timestamp};
use crate::notify::{self, Channel, ChannelSpec, DeliveryError, Notification, Ring};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Notifications that wait for one channel; more are dropped and counted in the log.
const WAITING_MAX: usize = 64;

/// Failed deliveries that are kept: the newest is shown, and how many there are.
const UNDELIVERED_MAX: usize = 20;

/// How long a failed delivery is shown: the log keeps it, and what lasts is not news for ever.
const UNDELIVERED_SHOWN: Millis = Millis::from_secs(600);

/// Notifications that could not be delivered, shared with the screen.
#[derive(Clone, Default)]
pub(super) struct Undelivered(Arc<Mutex<VecDeque<(Timestamp, String)>>>);

impl Undelivered {
    /// Those of late, the newest last.
    pub(super) fn list(&self) -> Vec<(Timestamp, String)> {
        let since = super::clock::now() - UNDELIVERED_SHOWN;
        self.0.lock().map(|all| all.iter().filter(|(at, _)| *at >= since).cloned().collect()).unwrap_or_default()
    }

    fn note(&self, channel: &str, why: &str) {
        if let Ok(mut all) = self.0.lock() {
            if all.len() == UNDELIVERED_MAX {
                all.pop_front();
            }
            all.push_back((super::clock::now(), format!("{}: {}", Safe::label(channel), Safe::message(why))));
        }
    }

    /// A channel delivers again: what it did not is told no more, the log has it.
    fn clear(&self, channel: &str) {
        if let Ok(mut all) = self.0.lock() {
            let start = format!("{}: ", Safe::label(channel));
            all.retain(|(_, what)| !what.starts_with(&start));
        }
    }
}

/// All channels at work.
pub(super) struct Notifier {
    channels: BTreeMap<Arc<str>, (&'static str, mpsc::Sender<Notification>)>,
    specs: Vec<ChannelSpec>,
    ring: Ring,
    lines: Lines,
    /// What failed.
    pub undelivered: Undelivered,
}

impl Notifier {
    /// Starts a task for each channel on the current runtime.
    pub(super) fn start(specs: &[ChannelSpec], ring: &Ring, lines: &Lines) -> Self {
        let mut all = Self {
            channels: BTreeMap::new(),
            specs: Vec::new(),
            ring: Arc::clone(ring),
            lines: lines.clone(),
            undelivered: Undelivered::default(),
        };
        all.exchange(specs);
        all
    }

    /// Takes the channels of a new configuration, on the current runtime. Those that are as they were keep what waits in them.
    pub(super) fn exchange(&mut self, specs: &[ChannelSpec]) {
        self.channels.retain(|name, _| specs.iter().any(|new| new.name == *name && self.specs.contains(new)));
        self.specs = specs.to_vec();
        for spec in specs {
            if self.channels.contains_key(&spec.name) {
                continue;
            }
            let Some(kind) = notify::kind(spec.kind) else { continue };
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            let channel = (kind.build)(spec, Arc::clone(&self.ring));
            tokio::spawn(deliver(channel, Arc::clone(&spec.name), receiver, (self.lines.clone(), self.undelivered.clone())));
            self.channels.insert(Arc::clone(&spec.name), (spec.kind, sender));
        }
    }

    /// Tells the channels of an alert what became of it, where that is worth telling.
    pub(super) fn tell(&self, transition: &Transition) {
        let alert = &transition.alert;
        let worth = match alert.state {
            AlertState::Firing => transition.from != AlertState::Stale,
            AlertState::Resolved | AlertState::Stale => matches!(transition.from, AlertState::Firing | AlertState::Stale),
            AlertState::Inactive | AlertState::Pending => false,
        };
        if !worth {
            return;
        }
        let notification = notification(alert);
        for name in alert.notify.iter() {
            self.send(name, notification.clone());
        }
    }

    /// Sends a test notification to every channel.
    pub(super) fn test(&self) {
        for name in self.channels.keys() {
            self.send(name, test_notification());
        }
    }

    fn send(&self, name: &Arc<str>, notification: Notification) {
        let Some((kind, sender)) = self.channels.get(name) else { return };
        // A bell says "look here"; that something is over is seen on the screen.
        if *kind == "bell" && !matches!(notification.state, "firing" | "test") {
            return;
        }
        if sender.try_send(notification).is_err() {
            self.lines.push(LogLevel::Warn, name, "queue full: a notification was dropped");
            self.undelivered.note(name, "queue full");
        }
    }
}

async fn deliver(channel: Box<dyn Channel>, name: Arc<str>, mut waiting: mpsc::Receiver<Notification>, told: (Lines, Undelivered)) {
    let (lines, undelivered) = told;
    let mut absent = false;
    while let Some(notification) = waiting.recv().await {
        match channel.deliver(&notification).await {
            Ok(_) => {
                absent = false;
                undelivered.clear(&name);
                lines.push(LogLevel::Info, &name, &format!("told: {}", notification.title));
            }
            Err(DeliveryError::Absent(why)) => {
                if !std::mem::replace(&mut absent, true) {
                    lines.push(LogLevel::Warn, &name, &format!("not available here: {why}"));
                    undelivered.note(&name, &format!("not available here: {why}"));
                }
            }
            Err(DeliveryError::Limited) => {}
            Err(error) => {
                lines.push(LogLevel::Error, &name, &format!("not delivered: {error}: {}", notification.title));
                undelivered.note(&name, &format!("{error}: {}", notification.title));
            }
        }
    }
}

fn notification(alert: &Alert) -> Notification {
    let sign = match alert.severity {
        Severity::Critical => "◆",
        Severity::Warning => "●",
        Severity::Info => "○",
    };
    let subject = alert.subject.to_string();
    let mut body = alert.why.to_string();
    for line in [form(alert), alert.carried()].into_iter().filter(|line| !line.is_empty()) {
        body.push('\n');
        body.push_str(&line);
    }
    for (name, text) in &alert.annotations {
        body.push('\n');
        body.push_str(name);
        body.push_str(": ");
        body.push_str(text);
    }
    Notification {
        at: super::clock::now(),
        id: alert.id,
        title: Safe::label(&format!("{sign} {} {} {subject}", alert.rule, alert.state.word())).to_string(),
        body: body.lines().map(|l| Safe::message(l).to_string()).collect::<Vec<_>>().join("\n"),
        severity: alert.severity.word(),
        state: alert.state.word(),
    }
}

/// The form of the trouble and since when it is there: `level shift since 2026-03-01 03:09:07 UTC`.
fn form(alert: &Alert) -> String {
    let since = alert::utc(alert.began());
    if alert.form.is_none() { format!("since {since}") } else { format!("{} since {since}", alert.pattern()) }
}

fn test_notification() -> Notification {
    Notification {
        at: super::clock::now(),
        id: 0,
        title: "Bellwether test".to_owned(),
        body: "This is a test: the channel works.".to_owned(),
        severity: "info",
        state: "test",
    }
}

/// Sends one test notification over `spec` and waits for what becomes of it.
///
/// # Errors
/// The channel's own words.
pub(super) async fn test_fire_channel(spec: &ChannelSpec, ring: &Ring) -> Result<String, DeliveryError> {
    let Some(kind) = notify::kind(spec.kind) else { return Err(DeliveryError::Absent(format!("no channel of kind {}", spec.kind))) };
    let channel = (kind.build)(spec, Arc::clone(ring));
    channel.deliver(&test_notification()).await.map(|r| r.detail)
}
