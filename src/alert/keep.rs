//! Alerts over a restart: what is written of each, and how it goes on.
//!
//! An alert that is taken up stands in the book at once, as it was: the same id, the same begin, acknowledged where it
//! was. It rings nobody. Its subject takes it over when it is met; what the alert has heard already and is read once
//! more from the source is passed over. One whose subject does not come within a day ends with that reason.

use super::form::Form;
use super::life::Life;
use super::rules::{Observed, Origin, Rules, Watch};
use super::{AlertBook, AlertState, RuleSpec, When};
use crate::model::{Band, Contribution, LabelSet, Millis, Pattern, SeriesKey, Subject, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Alerts kept: more nobody reads, and a file of some megabytes is written within a tenth of a second.
const KEPT: usize = 10_000;
/// Contributions kept of each: the detail view of an alert shows no more.
const PARTS: usize = 8;
/// A condition that waited for its `for` is thought to have held over so long a gap; after a longer one it begins anew.
const PENDING: Millis = Millis::from_secs(3_600);
/// How long an alert waits for its subject to be met again.
pub(super) const WAITS: Millis = Millis::from_secs(86_400);
/// So long after the start what was heard before is passed over: by then everything was read back.
pub(super) const READ_BACK: Millis = Millis::from_secs(3_600);

/// One alert, or one that was resolved of late, as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The rule's name.
    pub rule: String,
    /// All its condition rests on, in words: another one is another alert.
    pub ground: String,
    /// What it is about.
    about: About,
    /// Event time of the last observation it heard.
    until: i64,
    /// It is about many at once that are silent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub many: bool,
    /// `None`: it is over, and only what was heard matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alert: Option<Active>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    labels: Vec<(String, String)>,
}

/// An alert that is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Active {
    id: u64,
    life: Life,
    value: f64,
    unit: String,
    score: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<[Option<f64>; 2]>,
    flagged: bool,
    why: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contributions: Vec<(String, f64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acknowledged: Option<(String, i64)>,
}

/// What became of one that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenUp {
    /// It stands in the book.
    Stands,
    /// It is over, and what it heard is known.
    Known,
    /// It waited for its `for`, too long ago.
    TooOld,
    /// It is no alert.
    Broken,
}

impl About {
    fn of(subject: &Subject) -> Self {
        let labels = subject.labels().iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        match subject {
            Subject::Series(key) => Self { series: Some(key.name.to_string()), stream: None, labels },
            Subject::Key { stream, .. } => Self { series: None, stream: Some(stream.to_string()), labels },
        }
    }

    fn subject(&self) -> Option<Subject> {
        let labels = LabelSet::new(self.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        match (&self.series, &self.stream) {
            (Some(name), None) => Some(Subject::Series(SeriesKey::new(name.as_str(), labels))),
            (None, Some(stream)) => Some(Subject::Key { stream: stream.as_str().into(), labels }),
            _ => None,
        }
    }
}

impl Kept {
    /// What it is about; `None` where that cannot be read.
    pub fn subject(&self) -> Option<Subject> {
        self.about.subject()
    }

    /// Event time of the last observation it heard.
    pub fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.until)
    }

    /// Where it stood.
    pub fn state(&self) -> AlertState {
        self.alert.as_ref().map_or(AlertState::Resolved, |a| a.life.state)
    }

    /// Since when its condition holds.
    pub fn since(&self) -> Timestamp {
        self.alert.as_ref().map_or(Timestamp::MIN, |a| a.life.active_since)
    }
}

/// Under what a subject waits. Expressions go by labels: which of their series comes first is chance.
pub(super) fn waits_under(spec: &RuleSpec, subject: &Subject) -> Subject {
    match (&spec.when, subject) {
        (When::Expression { .. }, Subject::Series(key)) => Subject::Series(SeriesKey { name: Arc::from(""), labels: key.labels.clone() }),
        _ => subject.clone(),
    }
}

impl Rules {
    /// All alerts that are not over, then those resolved of late; `ground` says what a rule rests on, `many` what is about
    /// many. The second part counts those there was no room for.
    pub fn keep(
        &self,
        book: &AlertBook,
        ground: impl Fn(&RuleSpec) -> String,
        many: impl Fn(&RuleSpec, &Subject) -> bool,
    ) -> (Vec<Kept>, usize) {
        let grounds: Vec<String> = self.specs.iter().map(ground).collect();
        let mut kept = Vec::new();
        let entry = |watch: &Watch, alert: Option<Active>| {
            let spec = &self.specs[usize::from(watch.rule)];
            let ground = grounds[usize::from(watch.rule)].clone();
            let many = alert.is_some() && many(spec, &watch.subject);
            let until = watch.last.at.max(watch.known).as_millis();
            Kept { rule: spec.name.to_string(), ground, about: About::of(&watch.subject), until, many, alert }
        };
        for id in &self.active {
            let watch = &self.watches[id.0 as usize];
            kept.push(entry(watch, Some(active(watch, book))));
        }
        let left_out = kept.len().saturating_sub(KEPT);
        kept.truncate(KEPT);
        // What is over would ring once more when it is read back, if nobody knew how much of it was heard.
        let resolved = book.recent().filter(|t| t.alert.state == AlertState::Resolved).map(|t| t.alert.id);
        let resolved: BTreeSet<u64> = resolved.collect();
        let knows = |w: &&Watch| resolved.contains(&w.alert) || (self.reading_back && w.known != Timestamp::MIN);
        let over = self.watches.iter().filter(|w| w.life.state == AlertState::Inactive && w.origin != Origin::Kept).filter(knows);
        kept.extend(over.map(|watch| entry(watch, None)));
        let unmet = self.known.iter().filter(|_| self.reading_back).map(|((rule, subject), until)| {
            let (rule, ground) = (self.specs[usize::from(*rule)].name.to_string(), grounds[usize::from(*rule)].clone());
            Kept { rule, ground, about: About::of(subject), until: until.as_millis(), many: false, alert: None }
        });
        kept.extend(unmet);
        kept.truncate(KEPT);
        (kept, left_out)
    }

    /// The number of the next alert.
    pub const fn next_alert(&self) -> u64 {
        self.next_alert
    }

    /// Alerts get numbers from `next` on, at least: no number is given twice.
    pub fn number_from(&mut self, next: u64) {
        self.next_alert = self.next_alert.max(next);
    }

    /// Takes an alert of the rule at `rule` up as it was, after the machine stood still for `gap`.
    pub fn take_up(&mut self, rule: u16, kept: &Kept, gap: Millis, book: &mut AlertBook) -> TakenUp {
        let Some(subject) = kept.subject() else { return TakenUp::Broken };
        let place = (rule, waits_under(&self.specs[usize::from(rule)], &subject));
        let Some(alert) = &kept.alert else {
            self.known.insert(place, kept.until());
            return TakenUp::Known;
        };
        if !alert.life.troubled() {
            return TakenUp::Broken;
        }
        if !alert.life.firing() && gap > PENDING {
            return TakenUp::TooOld;
        }
        let id = self.new_watch(rule, subject, Origin::Kept, alert.unit.as_str().into());
        let watch = &mut self.watches[id.0 as usize];
        watch.take_up(alert, kept.until());
        let (state, since) = (watch.life.state, watch.life.since);
        self.number_from(alert.id + 1);
        self.active.insert(id);
        self.waiting.insert(place, id);
        let acknowledged = alert.acknowledged.as_ref().map(|(who, at)| (Arc::from(who.as_str()), Timestamp::from_millis(*at)));
        book.put(self.alert(id, state, since, acknowledged));
        TakenUp::Stands
    }
}

fn active(watch: &Watch, book: &AlertBook) -> Active {
    let finite = |x: f64| x.is_finite().then_some(x);
    let acknowledged = book.get(watch.alert).and_then(|a| a.acknowledged.as_ref());
    let parts = watch.contributions.iter().filter(|part| part.share.is_finite()).take(PARTS);
    Active {
        id: watch.alert,
        life: watch.life.clone(),
        value: finite(watch.last.value).unwrap_or_default(),
        unit: watch.unit.to_string(),
        score: finite(watch.last.score).unwrap_or_default(),
        expected: watch.last.expected.map(|band| [finite(band.low), finite(band.high)]),
        flagged: watch.last.flagged,
        why: watch.why.to_string(),
        pattern: watch.form.map(|form| form.pattern.word().into()),
        began: watch.form.and_then(|form| form.since).map(Timestamp::as_millis),
        contributions: parts.map(|part| (part.what.to_string(), part.share)).collect(),
        acknowledged: acknowledged.map(|(who, at)| (who.to_string(), at.as_millis())),
    }
}

impl Watch {
    fn take_up(&mut self, kept: &Active, until: Timestamp) {
        let form = kept.pattern.as_ref().and_then(|word| Pattern::from_word(word));
        let form = form.map(|pattern| Form { pattern, since: kept.began.map(Timestamp::from_millis) });
        let band = |[low, high]: [Option<f64>; 2]| Band::new(low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
        let (value, score, flagged, expected) = (kept.value, kept.score, kept.flagged, kept.expected.map(band));
        self.last = Observed { at: until, flagged, value, score, expected, form };
        (self.life, self.alert, self.known, self.form) = (kept.life.clone(), kept.id, until, form);
        self.why = kept.why.as_str().into();
        self.contributions =
            kept.contributions.iter().map(|(what, share)| Contribution { what: what.as_str().into(), share: *share }).collect();
    }
}
