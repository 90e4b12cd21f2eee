//! What persons said of anomalies: real, or noise, with a note.
//!
//! A judgement is of what happened, not of a row on one screen: it is known by moment, detector and
//! subject, so that it is found again in a replay and after a restart. The shell keeps them in a file,
//! one JSON object a line, the newest of an anomaly counts; the anomaly table and its detail view show
//! them. Not to be confused with `model::Mark`, a note that somebody set at a moment.

use crate::model::{Anomaly, Subject, Timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Judgements kept in memory, the newest: a person makes a few a day, a script may have made any number.
const KEPT: usize = 20_000;
/// Longest line that is read: a sentence, a note and names, all of them bounded where they are written.
pub const JUDGEMENT_LINE_MAX: usize = 64 * 1024;

/// What a person thinks of an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opinion {
    /// There was something.
    Real,
    /// It was nothing.
    Noise,
}

impl Opinion {
    /// The word of the file and the screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Noise => "noise",
        }
    }

    /// The opinion called `word`.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Real, Self::Noise].into_iter().find(|o| o.word() == word)
    }
}

/// One judgement.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// When the anomaly began, in event time.
    pub at: Timestamp,
    /// The detector's name.
    pub detector: Arc<str>,
    /// What was judged, as text.
    pub subject: Arc<str>,
    /// The metric or stream of the subject.
    pub name: Arc<str>,
    /// The word of the pattern.
    pub pattern: Arc<str>,
    /// The value, NaN where none was kept.
    pub value: f64,
    /// The sentence.
    pub why: Arc<str>,
    /// What the person says; `None`: takes back what was said before.
    pub opinion: Option<Opinion>,
    /// The person's note, as typed.
    pub note: Arc<str>,
    /// Who.
    pub by: Arc<str>,
    /// When it was said, on the wall clock.
    pub made: Timestamp,
}

/// What an anomaly is known by, whoever shows it: when it began, the detector, the subject.
type Known = (Timestamp, Arc<str>, Arc<str>);

/// The metric or stream a subject belongs to.
pub fn subject_name(subject: &Subject) -> &Arc<str> {
    match subject {
        Subject::Series(key) => &key.name,
        Subject::Key { stream, .. } => stream,
    }
}

impl Judgement {
    /// What `by` says at `made` of an anomaly.
    pub fn of(anomaly: &Anomaly, opinion: Option<Opinion>, note: &str, by: &str, made: Timestamp) -> Self {
        Self {
            at: anomaly.at,
            detector: Arc::clone(&anomaly.detector),
            subject: anomaly.subject.to_string().into(),
            name: Arc::clone(subject_name(&anomaly.subject)),
            pattern: anomaly.pattern.word().into(),
            value: anomaly.value,
            why: Arc::clone(&anomaly.why),
            opinion,
            note: note.into(),
            by: by.into(),
            made,
        }
    }

    /// The line of the file, with its newline.
    pub fn line(&self) -> String {
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
        put("at", self.at.as_millis().into());
        put("detector", (*self.detector).into());
        put("subject", (*self.subject).into());
        put("name", (*self.name).into());
        put("pattern", (*self.pattern).into());
        // JSON has no infinity; what is not finite is null there.
        put("value", self.value.into());
        put("mark", self.opinion.map_or(Value::Null, |o| o.word().into()));
        put("note", (*self.note).into());
        put("by", (*self.by).into());
        put("made", self.made.as_millis().into());
        put("why", (*self.why).into());
        format!("{}\n", Value::Object(map))
    }

    /// Reads a line of the file.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line).map_err(|e| format!("no JSON object: {e}"))?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(Arc::<str>::from);
        let needed = |name: &str| text(name).ok_or_else(|| format!("no text in {name:?}"));
        let moment = |name: &str| value.get(name).and_then(Value::as_i64).map(Timestamp::from_millis);
        let opinion = match value.get("mark") {
            Some(Value::Null) => None,
            Some(Value::String(word)) => Some(Opinion::of(word).ok_or_else(|| format!("mark {word:?} is neither \"real\" nor \"noise\""))?),
            _ => return Err("no \"mark\": write \"real\", \"noise\" or null".to_owned()),
        };
        let at = moment("at").ok_or("no number of milliseconds in \"at\"")?;
        Ok(Self {
            at,
            detector: needed("detector")?,
            subject: needed("subject")?,
            name: text("name").unwrap_or_default(),
            pattern: text("pattern").unwrap_or_default(),
            value: value.get("value").and_then(Value::as_f64).unwrap_or(f64::NAN),
            why: text("why").unwrap_or_default(),
            opinion,
            note: text("note").unwrap_or_default(),
            by: text("by").unwrap_or_default(),
            made: moment("made").unwrap_or(at),
        })
    }

    fn known(&self) -> Known {
        (self.at, Arc::clone(&self.detector), Arc::clone(&self.subject))
    }
}

/// All judgements, the newest of each anomaly.
#[derive(Clone, Debug, Default)]
pub struct Judgements {
    /// Each with its place in the order.
    all: BTreeMap<Known, (u64, Judgement)>,
    /// In the order they were made, for forgetting the oldest.
    order: BTreeMap<u64, Known>,
    /// The place of the next one.
    next: u64,
    /// The file they are kept in, for people; empty: they are not kept.
    pub file: String,
}

/// An anomaly like another one, earlier.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// When it began.
    pub at: Timestamp,
    /// What was judged, as text.
    pub subject: Arc<str>,
    /// Whether detector and subject are the same; else pattern and metric are.
    pub same: bool,
    /// The word of its pattern.
    pub pattern: Arc<str>,
    /// Its value.
    pub value: f64,
    /// What somebody said of it, and the note.
    pub opinion: Option<(Opinion, Arc<str>)>,
}

impl Judgements {
    /// Takes a judgement; it counts instead of an earlier one of the same anomaly.
    pub fn take(&mut self, judgement: Judgement) {
        let known = judgement.known();
        if judgement.opinion.is_none() {
            self.forget(&known);
            return;
        }
        // Said anew, it is the newest of all.
        self.forget(&known);
        self.all.insert(known.clone(), (self.next, judgement));
        self.order.insert(self.next, known);
        self.next += 1;
        if self.order.len() > KEPT
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.all.remove(&oldest);
        }
    }

    fn forget(&mut self, known: &Known) {
        if let Some((place, _)) = self.all.remove(known) {
            self.order.remove(&place);
        }
    }

    /// What was said of an anomaly.
    pub fn get(&self, anomaly: &Anomaly) -> Option<&Judgement> {
        // Most consoles have none: texts are not made for nothing.
        if self.all.is_empty() {
            return None;
        }
        self.all.get(&(anomaly.at, Arc::clone(&anomaly.detector), anomaly.subject.to_string().into())).map(|(_, judgement)| judgement)
    }

    /// All of them, by the moment of the anomaly, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Judgement> + ExactSizeIterator {
        self.all.values().map(|(_, judgement)| judgement)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Earlier anomalies like `anomaly`, among `rows` and among those that were judged, the newest first, at most `limit`:
    /// of the same detector and subject, or of the same form on the same metric.
    pub fn like<'a>(&self, anomaly: &Anomaly, rows: impl Iterator<Item = &'a Anomaly>, limit: usize) -> Vec<Earlier> {
        let (subject, name) = (anomaly.subject.to_string(), subject_name(&anomaly.subject));
        let mut found: BTreeMap<Known, Earlier> = BTreeMap::new();
        for row in rows.filter(|row| row.at < anomaly.at) {
            let same = row.detector == anomaly.detector && row.subject == anomaly.subject;
            if !same && (row.pattern != anomaly.pattern || subject_name(&row.subject) != name) {
                continue;
            }
            let opinion = self.get(row).and_then(|j| Some((j.opinion?, Arc::clone(&j.note))));
            let text: Arc<str> = row.subject.to_string().into();
            let (at, value) = (row.at, row.value);
            let earlier = Earlier { at, subject: Arc::clone(&text), same, pattern: row.pattern.word().into(), value, opinion };
            found.insert((at, Arc::clone(&row.detector), text), earlier);
        }
        for judged in self.iter().filter(|j| j.at < anomaly.at) {
            let same = judged.detector == anomaly.detector && *judged.subject == *subject;
            if !same && (*judged.pattern != *anomaly.pattern.word() || judged.name != *name) {
                continue;
            }
            found.entry(judged.known()).or_insert_with(|| Earlier {
                at: judged.at,
                subject: Arc::clone(&judged.subject),
                same,
                pattern: Arc::clone(&judged.pattern),
                value: judged.value,
                opinion: judged.opinion.map(|o| (o, Arc::clone(&judged.note))),
            });
        }
        found.into_values().rev().take(limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Baseline, LabelSet, Millis, Pattern, SeriesKey};
    use proptest::prelude::*;

    fn anomaly(id: u64, at: i64, metric: &str, pattern: Pattern) -> Anomaly {
        let at = Timestamp::from_millis(at);
        Anomaly {
            id,
            at,
            last_at: at,
            step: Millis::ZERO,
            count: 1,
            detector: "odd".into(),
            subject: Subject::Series(SeriesKey::new(metric, LabelSet::new([("region", "EU")]))),
            series: None,
            value: 3.5,
            score: 0.9,
            threshold: 0.5,
            expected: None,
            pattern,
            baseline: Baseline::none("sigma"),
            contributions: Vec::new(),
            why: "it is odd".into(),
            unit: "".into(),
            fields: Vec::new(),
            position: None,
        }
    }

    fn said(anomaly: &Anomaly, opinion: Option<Opinion>, note: &str) -> Judgement {
        Judgement::of(anomaly, opinion, note, "me", Timestamp::from_millis(99))
    }

    #[test]
    fn the_newest_judgement_counts_and_can_be_taken_back() {
        let a = anomaly(1, 10, "m", Pattern::Spike);
        let mut book = Judgements::default();
        book.take(said(&a, Some(Opinion::Real), ""));
        book.take(said(&a, Some(Opinion::Noise), "gift cards"));
        assert_eq!(book.get(&a).map(|j| (j.opinion, &*j.note)), Some((Some(Opinion::Noise), "gift cards")));
        let renumbered = anomaly(77, 10, "m", Pattern::Spike);
        assert!(book.get(&renumbered).is_some(), "a replay may number it anew");
        book.take(said(&a, None, ""));
        assert_eq!((book.len(), book.order.len()), (0, 0));
    }

    #[test]
    fn memory_has_an_end() {
        let mut book = Judgements::default();
        for i in 0..KEPT as i64 + 5 {
            book.take(said(&anomaly(1, i, "m", Pattern::Spike), Some(Opinion::Real), ""));
        }
        assert_eq!((book.len(), book.order.len()), (KEPT, KEPT));
        assert_eq!(book.iter().next().map(|j| j.at.as_millis()), Some(5));
        book.take(said(&anomaly(1, 5, "m", Pattern::Spike), Some(Opinion::Noise), "said anew"));
        book.take(said(&anomaly(1, -1, "m", Pattern::Spike), Some(Opinion::Real), ""));
        assert!(book.iter().any(|j| &*j.note == "said anew"), "what was said last is not the oldest");
    }

    #[test]
    fn like_ones_are_of_the_same_subject_or_of_the_same_form() {
        let rows = [
            anomaly(1, 10, "m", Pattern::Spike),
            anomaly(2, 20, "m", Pattern::Dip),
            anomaly(3, 30, "other", Pattern::Spike),
            anomaly(4, 40, "m", Pattern::Spike),
        ];
        let mut book = Judgements::default();
        book.take(said(&rows[0], Some(Opinion::Noise), "sale"));
        book.take(said(&anomaly(9, 5, "m", Pattern::Drift), Some(Opinion::Real), ""));
        let like = book.like(&rows[3], rows.iter(), 10);
        let told: Vec<_> = like.iter().map(|e| (e.at.as_millis(), &*e.pattern, e.opinion.as_ref().map(|o| o.0.word()))).collect();
        assert_eq!(told, [(20, "dip", None), (10, "spike", Some("noise")), (5, "drift", Some("real"))]);
        assert_eq!(book.like(&rows[3], rows.iter(), 1).len(), 1);
    }

    #[test]
    fn bad_lines_say_what_is_wrong() {
        for (line, says) in [
            ("", "no JSON object"),
            ("{\"at\":1}", "no \"mark\""),
            ("{\"at\":1,\"mark\":\"maybe\"}", "mark \"maybe\" is neither"),
            ("{\"mark\":\"real\"}", "no number of milliseconds in \"at\""),
            ("{\"at\":1,\"mark\":\"real\",\"detector\":\"d\"}", "no text in \"subject\""),
        ] {
            let error = Judgement::parse(line).unwrap_err();
            assert!(error.starts_with(says), "{line}: {error}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_read_as_it_was_written(note in ".*", at in -1_000_000_000_000i64..4_000_000_000_000, noise in any::<bool>(), value in any::<f64>()) {
            let mut judgement = said(&anomaly(1, at, "m", Pattern::LevelShift), Some(if noise { Opinion::Noise } else { Opinion::Real }), &note);
            judgement.value = value;
            let line = judgement.line();
            prop_assert!(line.ends_with('\n') && line.trim_end_matches('\n').lines().count() == 1);
            let mut read = Judgement::parse(&line).unwrap();
            if value.is_finite() {
                // The last digit of a number may be read otherwise; it is for people.
                prop_assert!((read.value / value - 1.0).abs() < 1e-12 || (read.value - value).abs() < f64::MIN_POSITIVE, "{} {}", read.value, value);
            }
            (read.value, judgement.value) = (0.0, 0.0);
            prop_assert_eq!(read, judgement);
        }
    }
}
