//! Going from one odd thing to the next: anomalies, alerts that fired, marks. Live, charts are held there; in a replay the shell goes there.

use super::app::App;
use super::keymap::Action;
use super::messages::english;
use super::{Mode, Request, Scene, times, words};
use crate::alert::AlertState;
use crate::model::{Millis, Safe, Timestamp};

/// How much of a chart lies to the right of what was jumped to: it should not stand at the very edge.
const AFTER: i64 = 5;

/// Something to go to: when, and what it is.
struct Found {
    at: Timestamp,
    what: String,
}

impl App {
    /// To the next or the last anomaly, alert or mark.
    pub(super) fn find(&mut self, forward: bool, scene: &Scene<'_>) -> Option<Request> {
        if matches!(scene.mode, Mode::Replay { .. }) {
            return Some(Request::ReplayFind(forward));
        }
        let here = self.found.or(self.frozen).unwrap_or(scene.now);
        let all = events(scene);
        let next = if forward {
            all.iter().filter(|(at, _)| *at > here).min_by_key(|(at, _)| *at)
        } else {
            all.iter().filter(|(at, _)| *at < here).max_by_key(|(at, _)| *at)
        };
        let Some((at, event)) = next.copied() else {
            let held = self.frozen.is_some();
            let text = match (forward, held) {
                (true, true) => {
                    self.go_on();
                    english("nothing odd after that; charts go on")
                }
                (true, false) => english("nothing odd lies ahead; N goes back"),
                (false, _) => english("nothing odd before that"),
            };
            self.notice = Some(self.language.say(text).to_owned());
            return None;
        };
        let found = Found { at, what: self.describe(event, scene) };
        self.show_found(&found, scene);
        None
    }

    fn describe(&self, event: Event, scene: &Scene<'_>) -> String {
        let language = self.language;
        match event {
            Event::Mark(i) => scene.marks.get(i).map(|m| language.fill("mark: {0}", &[Safe::label(&m.text).as_str()])),
            Event::Anomaly(id) => scene
                .anomalies
                .get(id)
                .map(|a| language.fill("{0}: {1}", &[Safe::label(&a.detector).as_str(), &words::subject(&a.subject)])),
            Event::Alert(i) => scene.alerts.recent().nth(i).map(|t| {
                let rule = Safe::label(&t.alert.rule);
                language.fill("alert {0} {1}", &[rule.as_str(), language.say(t.alert.state.word())])
            }),
        }
        .unwrap_or_default()
    }

    fn show_found(&mut self, found: &Found, scene: &Scene<'_>) {
        let after = Millis::new(self.length(scene).get() / AFTER);
        let held = (found.at + after).min(scene.now);
        self.frozen = Some(held);
        self.found = Some(found.at);
        let clock = times::clock(found.at, &self.zone);
        self.notice = Some({
            let (next, before) = (self.key_for(Action::FindNext), self.key_for(Action::FindPrevious));
            self.language.fill("{0}  {1}   {2} next, {3} before", &[&clock, &found.what, &next, &before])
        });
    }

    /// Holds charts at a moment; one that has not come lets them go on.
    pub(super) fn hold_at(&mut self, at: Timestamp, scene: &Scene<'_>) {
        if at >= scene.now {
            self.go_on();
            self.notice = Some(self.language.say("charts go on").to_owned());
            return;
        }
        self.found = None;
        self.frozen = Some(at);
        self.notice = Some({
            let (clock, key) = (times::clock(at, &self.zone), self.key_for(Action::Freeze));
            self.language.fill("charts end at {0}; {1} lets them go on", &[&clock, &key])
        });
    }

    /// Lets charts go on.
    pub(super) fn go_on(&mut self) {
        self.frozen = None;
        self.found = None;
        self.span = None;
    }
}

#[derive(Clone, Copy)]
enum Event {
    Mark(usize),
    Anomaly(u64),
    Alert(usize),
}

/// All there is to go to, in no order.
fn events(scene: &Scene<'_>) -> Vec<(Timestamp, Event)> {
    let marks = scene.marks.iter().enumerate().map(|(i, m)| (m.at, Event::Mark(i)));
    let anomalies = scene.anomalies.iter().map(|a| (a.at, Event::Anomaly(a.id)));
    let fired = scene.alerts.recent().enumerate().filter(|(_, t)| matches!(t.alert.state, AlertState::Firing));
    marks.chain(anomalies).chain(fired.map(|(i, t)| (t.at, Event::Alert(i)))).collect()
}
