//! What was odd before the console started is not rung: it is shown and logged, and told to channels only where it still
//! goes on once all that lay there is read.
//!
//! An alert is held back while a source still reads back and the alert's moment lies before the start. Afterwards those
//! that fire are told, with since when, and those that are over are only counted. Met by whoever starts a console in the
//! morning and is not to be rung for the night.

use super::clock;
use super::driver::Session;
use super::pump::Pump;
use crate::alert::{Alert, AlertState, Transition};
use crate::engine::Engine;
use crate::model::{Millis, Subject, Timestamp};
use crate::ui::english;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// What happened so shortly before the start is told at once: somebody who starts a console wants to know it.
const GRACE: Millis = Millis::from_secs(60);
/// After the last record that lay there windows are still open: partitions that are silent are left out after five
/// seconds, and what is closed then says whether trouble is over.
const SETTLE: Duration = Duration::from_secs(6);
/// Alerts that are held back; further ones are told as they come.
const HELD_MAX: usize = 10_000;
/// A series whose metric has gone on for so long without it is no trouble that lasts: what it was about is gone.
const GONE: Millis = Millis::from_secs(5 * 60);

/// What is held back.
pub(super) struct Past {
    start: Timestamp,
    held: BTreeMap<u64, Transition>,
    /// Alerts that were not told and are about what is gone.
    quiet: BTreeSet<u64>,
    over: u64,
    /// Sources read back.
    reading: bool,
    since: Option<Instant>,
    /// When reading back was over.
    ended: Option<Instant>,
    /// Records that lay there when reading began, as far as that was looked at.
    all: u64,
    /// It was said what came of it: once is enough.
    said: bool,
}

/// What is to be done with a transition.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// It is told as it is.
    Tell,
    /// It is told as if it began.
    Anew,
    /// It is not told.
    Hold,
}

impl Past {
    /// What happens before now is past.
    pub(super) fn new() -> Self {
        Self {
            start: clock::now(),
            held: BTreeMap::new(),
            quiet: BTreeSet::new(),
            over: 0,
            reading: false,
            since: None,
            ended: None,
            all: 0,
            said: false,
        }
    }

    /// Judges a transition, while sources read back or not.
    pub(super) fn judge(&mut self, transition: &Transition, back: bool) -> Telling {
        let (id, state) = (transition.alert.id, transition.alert.state);
        if self.quiet.contains(&id) {
            return match state {
                AlertState::Firing => {
                    self.quiet.remove(&id);
                    Telling::Anew
                }
                AlertState::Stale => Telling::Hold,
                _ => {
                    self.quiet.remove(&id);
                    Telling::Hold
                }
            };
        }
        if let Some(held) = self.held.get_mut(&id) {
            if matches!(state, AlertState::Firing | AlertState::Stale) {
                held.clone_from(transition);
            } else {
                self.held.remove(&id);
                self.over += 1;
            }
            return Telling::Hold;
        }
        let past = transition.at < self.start - GRACE && state == AlertState::Firing && transition.from != AlertState::Stale;
        if past && (back || self.reading) && self.held.len() < HELD_MAX {
            self.held.insert(id, transition.clone());
            return Telling::Hold;
        }
        Telling::Tell
    }

    /// Sources are read that were not before: what happens before now is past.
    pub(super) fn anew(&mut self) {
        self.start = clock::now();
    }

    /// Looks how far sources are. `true`: what is held back is due.
    fn look(&mut self, engine: &Engine, now: Instant) -> bool {
        let there = there(engine);
        let back = reads_back(engine);
        if there > self.all || back {
            self.reading = true;
            self.since.get_or_insert(now);
        }
        self.all = self.all.max(there);
        if back || !self.reading {
            self.ended = None;
            return false;
        }
        let ended = *self.ended.get_or_insert(now);
        self.reading = now.duration_since(ended) < SETTLE;
        !self.reading
    }
}

/// How many records lay in the topics of all sources when reading began.
fn there(engine: &Engine) -> u64 {
    let parts = engine.sources().iter().flat_map(|s| &s.partitions);
    parts.map(|p| u64::try_from(p.aim - p.begin).unwrap_or(0)).sum()
}

fn reads_back(engine: &Engine) -> bool {
    engine.sources().iter().any(|s| s.backlog().is_some())
}

/// Whether what an alert is about has not come for long, while others of its metric have.
fn is_gone(alert: &Alert, engine: &Engine) -> bool {
    let Subject::Series(key) = &alert.subject else { return false };
    let store = engine.store();
    let last = |at: Option<crate::model::Sample>| at.map_or(Timestamp::MIN, |s| s.at);
    let Some(own) = store.find(key).map(|id| last(store.info(id).last)) else { return false };
    let newest = store.iter().filter(|info| info.key.name == key.name).map(|info| last(info.last)).max();
    newest.is_some_and(|newest| newest.since(own) > GONE)
}

impl Pump {
    /// Whether a transition is told, and how.
    pub(super) fn telling(&mut self, transition: &Transition) -> Telling {
        let Some(past) = &mut self.past else { return Telling::Tell };
        let back = reads_back(&self.engine) || there(&self.engine) > past.all;
        past.judge(transition, back)
    }

    /// Tells what still goes on of what was held back. Answers how many were told, and how many are over or about what is
    /// gone.
    fn tell_held(&mut self) -> (u64, u64) {
        let Some(past) = &mut self.past else { return (0, 0) };
        let held = std::mem::take(&mut past.held);
        let (mut told, mut over) = (0, std::mem::take(&mut past.over));
        for (id, mut transition) in held {
            // Its value and its words may be newer than its last step.
            if let Some(alert) = self.engine.alerts().get(id) {
                transition.alert = alert.clone();
            }
            if is_gone(&transition.alert, &self.engine) {
                if let Some(past) = &mut self.past {
                    past.quiet.insert(id);
                }
                over += 1;
                continue;
            }
            told += 1;
            transition.from = AlertState::Pending;
            self.tell(&transition);
        }
        (told, over)
    }
}

impl Session {
    /// Looks whether reading back is over, and says what came of it.
    pub(super) fn look_at_past(&mut self) {
        let now = clock::instant();
        let Some(past) = &mut self.pump.past else { return };
        if !past.look(&self.pump.engine, now) {
            return;
        }
        let start = past.start;
        let took = past.ended.zip(past.since).map_or(Duration::ZERO, |(ended, since)| ended.duration_since(since));
        let said = std::mem::replace(&mut past.said, true);
        let (told, over) = self.pump.tell_held();
        let parts = || self.pump.engine.sources().iter().flat_map(|s| &s.partitions);
        let oldest = parts().filter_map(|p| p.oldest).min();
        let records: u64 = parts().map(|p| p.records).sum();
        let length = oldest.map_or(Millis::ZERO, |first| start.since(first));
        if said || records == 0 {
            return;
        }
        // After a leap nobody knows how far what was read reaches.
        let length = Some(brief(length)).filter(|length| *length > Millis::ZERO);
        let learning = self.pump.engine.learning(0).1;
        tracing::info!(
            "read back {}, {records} records in {:.1} s; {}; {}",
            length.map_or_else(|| "in part".to_owned(), |length| length.to_string()),
            took.as_secs_f64(),
            counted(learning as u64, "detector is still learning", "detectors are still learning"),
            match (told, over) {
                (0, 0) => "nothing fired before the start".to_owned(),
                (told, over) => format!("of what fired before the start {told} go on and are told, {over} are over and are not"),
            }
        );
        if let Some(console) = &mut self.console {
            let language = console.app.language();
            let length = length.map_or_else(|| language.say("in part").to_owned(), |length| length.to_string());
            let learning = match learning {
                0 => language.say("every detector judges").to_owned(),
                n => language.fill("{0} detectors are still learning", &[&n.to_string()]),
            };
            console.app.tell(language.fill(english("read back {0}: {1}"), &[&length, &learning]));
            console.want_now();
        }
    }
}

fn counted(n: u64, one: &str, many: &str) -> String {
    match n {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

/// A length of time, without what nobody asks for: hours and minutes.
fn brief(length: Millis) -> Millis {
    const MINUTE: i64 = 60_000;
    if length.get() < MINUTE { Millis::new(length.get() / 1_000 * 1_000) } else { Millis::new(length.get() / MINUTE * MINUTE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Overrides};
    use crate::model::{Batch, Input, LinkState, OwnedInput, PartitionEvent, RecordRef, SourceId};
    use std::sync::Arc;

    const CONFIG: &str = r#"
        [[kafka]]
        [[stream]]
        name = "t"
        topic = "t"
        time = "ts"
        lateness = "0s"
        [[metric]]
        name = "load"
        stream = "t"
        field = "v"
        measure = "max"
        by = ["host"]
        step = "1s"
        [[rule]]
        name = "High"
        when = "load > 10"
    "#;

    /// Feeds one record a second from `from` seconds before now on, with what `value` says of each host, as records that lay
    /// there; then lets `after` seconds pass.
    struct Bench {
        pump: Pump,
        topic: Arc<str>,
        offset: i64,
        start: Timestamp,
    }

    impl Bench {
        fn new(records: i64) -> Self {
            let loaded = config::load(CONFIG, "test", &Overrides::default()).unwrap();
            let mut pump = Pump::new(Engine::new(loaded.plan).0);
            let past = Past::new();
            let start = past.start;
            pump.past = Some(past);
            let topic: Arc<str> = "t".into();
            pump.feed(Input::Tick(start));
            pump.feed(Input::Link { source: SourceId(0), topic: Some(&topic), state: LinkState::Up, detail: "" });
            let event = PartitionEvent::Assigned { position: 0, end: records };
            pump.feed(Input::Partition { source: SourceId(0), topic: &topic, partition: 0, event });
            Self { pump, topic, offset: 0, start }
        }

        fn record(&mut self, ago: i64, host: &str, value: i64) {
            let at = self.start.as_millis() - ago * 1_000;
            let text = format!("{{\"ts\":{at},\"host\":\"{host}\",\"v\":{value}}}");
            let mut batch = Batch::new(SourceId(0));
            batch.push(&RecordRef::plain(SourceId(0), &self.topic, 0, self.offset, Some(text.as_bytes())), []);
            self.offset += 1;
            self.pump.feed_owned(&OwnedInput::Records(batch));
        }

        fn past(&mut self) -> &mut Past {
            self.pump.past.as_mut().unwrap()
        }

        /// Looks until what is held back is due; answers after how many seconds, and what was told and what not.
        fn end(&mut self) -> (u64, (u64, u64)) {
            let now = clock::instant();
            let due = (0..60).find(|s| {
                let Pump { past, engine, .. } = &mut self.pump;
                past.as_mut().unwrap().look(engine, now + Duration::from_secs(*s))
            });
            (due.expect("due"), self.pump.tell_held())
        }
    }

    #[test]
    fn what_is_over_is_not_told_and_what_goes_on_is() {
        let mut bench = Bench::new(400);
        let now = clock::instant();
        for ago in (200..600).rev() {
            bench.record(ago, "a", if (230..=500).contains(&ago) { 1 } else { 99 });
            if ago == 505 {
                assert_eq!(bench.past().held.len(), 1, "it fires, and is held back");
                let Pump { past, engine, .. } = &mut bench.pump;
                assert!(!past.as_mut().unwrap().look(engine, now));
            }
        }
        assert_eq!((bench.past().held.len(), bench.past().over), (1, 1));
        assert_eq!(bench.end(), (SETTLE.as_secs(), (1, 1)));
        // What fires later is told as it comes, however old it says it is.
        bench.record(199, "a", 1);
        bench.record(198, "b", 99);
        bench.record(190, "b", 99);
        assert!(bench.past().held.is_empty());
        assert_eq!(bench.pump.engine.alerts().active().count(), 1);
    }

    #[test]
    fn what_it_was_about_is_gone_and_is_not_told() {
        let mut bench = Bench::new(402);
        bench.record(600, "gone", 99);
        bench.record(599, "gone", 99);
        for ago in (199..599).rev() {
            bench.record(ago, "a", 1);
        }
        assert_eq!(bench.past().held.len(), 1);
        assert_eq!(bench.end().1, (0, 1));
        // It comes back in trouble: that is news.
        let quiet = bench.past().quiet.clone();
        let held = bench.pump.engine.alerts().active().find(|a| quiet.contains(&a.id)).unwrap().clone();
        let again = Transition { at: bench.start, from: AlertState::Stale, alert: held };
        assert_eq!(bench.past().judge(&again, false), Telling::Anew);
        assert_eq!(bench.past().judge(&again, false), Telling::Tell);
    }

    #[test]
    fn what_happens_now_is_told_while_sources_read_back() {
        let mut bench = Bench::new(400);
        bench.record(600, "a", 1);
        bench.record(30, "a", 99);
        bench.record(20, "a", 99);
        assert!(bench.past().held.is_empty());
        assert_eq!(bench.pump.engine.alerts().active().count(), 1);
    }
}
