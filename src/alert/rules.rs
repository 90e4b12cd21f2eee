//! All rules with all their subjects: observations in, transitions out.

use super::form::{Form, Reason, utc};
use super::keep::{READ_BACK, WAITS, waits_under};
use super::life::{Life, Step};
use super::{Alert, AlertBook, AlertState, RuleSpec, Transition, When};
use crate::model::number::measured;
use crate::model::{Band, Contribution, LabelSet, Pattern, SeriesId, Subject, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where a subject's data come from: tells how far its event time is and when it was last heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A series.
    Series(SeriesId),
    /// A stream, by its place in the plan.
    Stream(u16),
    /// Not met since the restart over which the alert was kept.
    Kept,
}

/// How far an origin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Event time reached.
    pub event: Timestamp,
    /// When data last came, on the machine's clock.
    pub heard: Timestamp,
}

/// One observation of a subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// Event time.
    pub at: Timestamp,
    /// Flagged by the detector, or the expression holds.
    pub flagged: bool,
    /// The value.
    pub value: f64,
    /// The score; 1 or 0 for expressions.
    pub score: f64,
    /// Where the value was expected.
    pub expected: Option<Band>,
    /// The form of the deviation, where a detector says.
    pub form: Option<Form>,
}

/// One rule watching one subject, by its place in [`Rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub(super) u32);

pub(super) struct Watch {
    pub(super) rule: u16,
    pub(super) subject: Subject,
    pub(super) origin: Origin,
    pub(super) unit: Arc<str>,
    pub(super) life: Life,
    pub(super) alert: u64,
    pub(super) last: Observed,
    /// What was observed up to here was heard before the restart.
    pub(super) known: Timestamp,
    /// When it was told that nothing came: silence that is judged does not make it stale.
    told: Timestamp,
    pub(super) why: Arc<str>,
    pub(super) form: Option<Form>,
    pub(super) contributions: Arc<[Contribution]>,
}

/// All rules with all their subjects.
pub struct Rules {
    pub(super) specs: Vec<RuleSpec>,
    pub(super) watches: Vec<Watch>,
    pub(super) active: BTreeSet<WatchId>,
    pub(super) next_alert: u64,
    /// Alerts kept over a restart whose subject was not met yet.
    pub(super) waiting: BTreeMap<(u16, Subject), WatchId>,
    /// Up to when those heard that were over before the restart.
    pub(super) known: BTreeMap<(u16, Subject), Timestamp>,
    /// When time began to pass.
    begun: Option<Timestamp>,
    /// What was heard before the restart is passed over.
    pub(super) reading_back: bool,
}

impl Rules {
    /// Rules without subjects yet.
    pub fn new(specs: Vec<RuleSpec>) -> Self {
        Self {
            specs,
            watches: Vec::new(),
            active: BTreeSet::new(),
            next_alert: 1,
            waiting: BTreeMap::new(),
            known: BTreeMap::new(),
            begun: None,
            reading_back: true,
        }
    }

    /// Takes up further rules, which have no subjects yet.
    pub fn extend(&mut self, specs: &[RuleSpec]) {
        self.specs.extend_from_slice(specs);
    }

    /// The rules, by place.
    pub fn specs(&self) -> &[RuleSpec] {
        &self.specs
    }

    /// The places of the rules over the verdicts of `detector`.
    pub fn of_detector(&self, detector: &str) -> Vec<u16> {
        let watches = |spec: &RuleSpec| match &spec.when {
            When::Detector(d) | When::Count { detector: d, .. } | When::Share { detector: d, .. } => d.as_ref() == detector,
            When::Expression { .. } => false,
        };
        (0..self.specs.len() as u16).filter(|i| watches(&self.specs[*i as usize])).collect()
    }

    /// Lets `rule` watch one more subject.
    pub fn watch(&mut self, rule: u16, subject: Subject, origin: Origin, unit: Arc<str>) -> WatchId {
        if self.waiting.is_empty() && self.known.is_empty() {
            return self.new_watch(rule, subject, origin, unit);
        }
        let place = (rule, waits_under(&self.specs[usize::from(rule)], &subject));
        if let Some(id) = self.waiting.remove(&place) {
            let watch = &mut self.watches[id.0 as usize];
            (watch.origin, watch.unit) = (origin, unit);
            return id;
        }
        let known = self.known.remove(&place);
        let id = self.new_watch(rule, subject, origin, unit);
        self.watches[id.0 as usize].known = known.unwrap_or(Timestamp::MIN);
        id
    }

    pub(super) fn new_watch(&mut self, rule: u16, subject: Subject, origin: Origin, unit: Arc<str>) -> WatchId {
        let last = Observed { at: Timestamp::MIN, flagged: false, value: 0.0, score: 0.0, expected: None, form: None };
        self.watches.push(Watch {
            rule,
            subject,
            origin,
            unit,
            life: Life::new(),
            alert: 0,
            last,
            known: Timestamp::MIN,
            told: Timestamp::MIN,
            why: Arc::from(""),
            form: None,
            contributions: Arc::default(),
        });
        WatchId(self.watches.len() as u32 - 1)
    }

    /// Whether the alert of this watch fires.
    pub fn firing(&self, id: WatchId) -> bool {
        self.watches[id.0 as usize].life.firing()
    }

    /// Whether the alert of this watch fires or waits to. Flagged observations are not learned then: a
    /// rule with `for` would else never ring, as its detector takes the trouble for usual meanwhile.
    pub fn troubled(&self, id: WatchId) -> bool {
        self.watches[id.0 as usize].life.troubled()
    }

    /// Whether the condition of this watch held at its last observation: an expression's hysteresis starts from here.
    pub fn held(&self, id: WatchId) -> bool {
        self.watches[id.0 as usize].last.flagged
    }

    /// Silence was judged at `now`, on the machine's clock: that is as good as hearing something.
    pub fn told(&mut self, id: WatchId, now: Timestamp) {
        self.watches[id.0 as usize].told = now;
    }

    /// Takes one observation. `why` is asked only where an alert is or becomes active.
    pub fn observe<R: Into<Reason>>(
        &mut self,
        id: WatchId,
        seen: Observed,
        why: impl FnOnce() -> R,
        book: &mut AlertBook,
        out: &mut Vec<Transition>,
    ) {
        let watch = &mut self.watches[id.0 as usize];
        if self.reading_back && seen.at <= watch.known {
            return;
        }
        let spec = &self.specs[watch.rule as usize];
        let step = watch.life.observe(spec, seen.at, seen.flagged);
        watch.last = seen;
        let alive = watch.life.state != AlertState::Inactive;
        if seen.flagged && (alive || step.is_some()) {
            let reason: Reason = why().into();
            (watch.why, watch.contributions, watch.form) = (reason.why, reason.contributions, seen.form);
        }
        if let Some(step) = step {
            self.step(id, step, book, out);
        } else if alive && seen.flagged {
            let watch = &self.watches[id.0 as usize];
            if let Some(alert) = book.get_mut(watch.alert) {
                alert.value = seen.value;
                alert.score = seen.score;
                alert.expected = seen.expected;
                alert.why = Arc::clone(&watch.why);
                (alert.form, alert.contributions) = (watch.form, Arc::clone(&watch.contributions));
            }
        }
    }

    /// Lets time pass to `now`: holds end, silence makes stale.
    pub fn pass(&mut self, now: Timestamp, clock: impl Fn(Origin) -> Clock, book: &mut AlertBook, out: &mut Vec<Transition>) {
        let begun = *self.begun.get_or_insert(now);
        self.reading_back = now.since(begun) <= READ_BACK;
        if !self.waiting.is_empty() && now.since(begun) > WAITS {
            self.give_up(now, book, out);
        }
        let active: Vec<WatchId> = self.active.iter().copied().collect();
        for id in active {
            let watch = &mut self.watches[id.0 as usize];
            let time = match watch.origin {
                // What is missing and does not come is as it was.
                Origin::Kept if watch.form.is_some_and(|form| form.pattern == Pattern::Missing) => {
                    Clock { event: Timestamp::MIN, heard: now }
                }
                Origin::Kept => Clock { event: Timestamp::MIN, heard: begun },
                origin => clock(origin),
            };
            let step = watch.life.pass(&self.specs[watch.rule as usize], time.event.max(watch.last.at), now, time.heard.max(watch.told));
            if let Some(step) = step {
                self.step(id, step, book, out);
            }
        }
    }

    pub(super) fn step(&mut self, id: WatchId, step: Step, book: &mut AlertBook, out: &mut Vec<Transition>) {
        let watch = &mut self.watches[id.0 as usize];
        if step.from == AlertState::Inactive {
            watch.alert = self.next_alert;
            self.next_alert += 1;
        }
        if watch.life.state == AlertState::Inactive {
            self.active.remove(&id);
        } else {
            self.active.insert(id);
        }
        let acknowledged = book.get(watch.alert).and_then(|a| a.acknowledged.clone());
        let alert = self.alert(id, step.to, step.at, acknowledged);
        let transition = Transition { at: step.at, from: step.from, alert };
        book.record(transition.clone());
        out.push(transition);
    }

    /// The alert of a watch as its rule has it now.
    pub(super) fn alert(&self, id: WatchId, state: AlertState, since: Timestamp, acknowledged: Option<(Arc<str>, Timestamp)>) -> Alert {
        let watch = &self.watches[id.0 as usize];
        let spec = &self.specs[watch.rule as usize];
        let labels =
            LabelSet::new(
                watch.subject.labels().iter().map(|(n, v)| (Arc::from(n), Arc::from(v))).chain(spec.labels.iter().cloned()).collect::<Vec<(
                    Arc<str>,
                    Arc<str>,
                )>>(
                ),
            );
        let mut alert = Alert {
            id: watch.alert,
            rule: Arc::clone(&spec.name),
            subject: watch.subject.clone(),
            state,
            severity: spec.severity,
            active_since: watch.life.active_since,
            since,
            value: watch.last.value,
            unit: Arc::clone(&watch.unit),
            score: watch.last.score,
            expected: watch.last.expected,
            why: Arc::clone(&watch.why),
            form: watch.form,
            contributions: Arc::clone(&watch.contributions),
            labels,
            annotations: Vec::new(),
            notify: spec.notify.clone().into(),
            acknowledged,
        };
        alert.annotations = spec.annotations.iter().map(|(name, text)| (Arc::clone(name), fill(text, &alert).into())).collect();
        alert
    }
}

/// Fills `{value}`, `{expected}`, `{score}`, `{why}`, `{pattern}`, `{since}`, `{contributions}`, `{rule}`, `{subject}` and
/// `{label.NAME}` into a text.
/// A name that is not known stays as it stands, so that a person sees the slip.
fn fill(text: &str, alert: &Alert) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let Some(close) = from.find('}') else {
            rest = from;
            break;
        };
        let name = &from[1..close];
        match name {
            "value" if *alert.unit == *"1" => out.push_str(&measured(alert.value, &alert.unit)),
            "value" => out.push_str(&number(alert.value)),
            "score" => out.push_str(&number(alert.score)),
            "why" => out.push_str(&alert.why),
            "pattern" => out.push_str(alert.pattern()),
            "since" => out.push_str(&utc(alert.began())),
            "contributions" => out.push_str(&alert.carried()),
            "rule" => out.push_str(&alert.rule),
            "subject" => out.push_str(&alert.subject.to_string()),
            "expected" => out.push_str(&expected(alert.expected, &alert.unit)),
            _ => out.push_str(name.strip_prefix("label.").and_then(|l| alert.labels.get(l)).unwrap_or(&from[..=close])),
        }
        rest = &from[close + 1..];
    }
    out.push_str(rest);
    out
}

fn expected(band: Option<Band>, unit: &str) -> String {
    let end = |x: f64| if unit == "1" { measured(x, unit) } else { number(x) };
    band.map_or("unknown".to_owned(), |b| format!("{} to {}", end(b.low), end(b.high)))
}

/// A number for a sentence: four significant digits.
fn number(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let digits = (3 - x.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::Severity;
    use super::*;
    use crate::model::{Millis, Pattern, SeriesKey};

    fn rule() -> RuleSpec {
        RuleSpec {
            name: "Slow".into(),
            when: When::Detector("d".into()),
            hold_for: Millis::ZERO,
            keep_firing_for: Millis::ZERO,
            hold: Millis::ZERO,
            stale_after: Millis::from_secs(60),
            severity: Severity::Critical,
            labels: vec![("team".into(), "pay".into())],
            annotations: vec![
                ("summary".into(), "{label.region}: {value} ({expected}), {nothing} {".into()),
                ("form".into(), "{pattern} since {since}: {contributions}".into()),
            ],
            notify: vec!["bell".into()],
        }
    }

    #[test]
    fn an_alert_keeps_its_id_from_firing_to_resolved_and_takes_a_new_one_next_time() {
        let mut rules = Rules::new(vec![rule()]);
        let mut book = AlertBook::default();
        let mut out = Vec::new();
        let subject = Subject::Series(SeriesKey::new("latency", LabelSet::new([("region", "EU")])));
        let id = rules.watch(0, subject, Origin::Series(SeriesId(0)), "ms".into());
        for (s, flagged) in [(0, true), (1, true), (2, false), (3, true)] {
            let seen = Observed {
                at: Timestamp::from_millis(s * 1000),
                flagged,
                value: 842.25,
                score: 0.9,
                expected: Some(Band::new(110.0, 190.0)),
                form: Some(Form { pattern: Pattern::LevelShift, since: Some(Timestamp::from_millis(-60_000)) }),
            };
            let parts = [("provider=alpha", 0.91), ("provider=beta", 0.09)].map(|(what, share)| Contribution { what: what.into(), share });
            let why: Arc<str> = "because".into();
            rules.observe(id, seen, || (why, &parts[..]), &mut book, &mut out);
        }
        let told: Vec<_> = out.iter().map(|t| (t.alert.id, t.alert.state.word())).collect();
        assert_eq!(told, [(1, "firing"), (1, "resolved"), (2, "firing")]);
        assert_eq!(out[0].alert.annotations[0].1.as_ref(), "EU: 842.2 (110 to 190), {nothing} {");
        let form = "level shift since 1969-12-31 23:59:00 UTC: 91 % provider=alpha, 9 % provider=beta";
        assert_eq!(out[1].alert.annotations[1].1.as_ref(), form, "kept until it is resolved");
        assert_eq!(out[0].alert.labels.to_string(), r#"{region="EU",team="pay"}"#);
        assert_eq!((book.fired(), book.active().count()), (2, 1));
    }
}
