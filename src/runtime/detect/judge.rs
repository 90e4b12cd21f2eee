//! One detector over the rows of one file: judged, then learned, in the order of the file.
//!
//! Without rules nothing fires, so everything is learned, as the machine does it. Rows are judged a
//! batch at a time, so that the time it takes is measured without measuring the clock.

use super::super::clock;
use super::time::moment;
use crate::detect::{Kind, Params, Sees, Told, why};
use crate::model::{Contribution, Detector, LabelSet, Observation, Safe, Scored, SeriesKey, Subject, Timestamp, Verdict};
use std::ops::Range;
use std::time::Duration;

/// Rows judged at a time: long enough to be measured, short enough to stay in a processor's cache.
const BATCH: usize = 1_024;
/// Longest text of a field told in a reason, in characters.
const TOLD: usize = 40;

/// What came of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub rows: u64,
    pub flagged: u64,
    /// Rows that could not be read.
    pub unread: u64,
    /// Rows while the detector learned.
    pub learning: u64,
    /// Time spent in the detector.
    pub spent: Duration,
    /// The most a detector held.
    pub memory: usize,
}

impl Totals {
    pub(super) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.flagged += other.flagged;
        self.unread += other.unread;
        self.learning += other.learning;
        self.spent += other.spent;
        self.memory = self.memory.max(other.memory);
    }

    /// Nanoseconds a point.
    pub(super) fn nanos(&self) -> f64 {
        self.spent.as_nanos() as f64 / (self.rows - self.unread).max(1) as f64
    }
}

/// A row with what was found of it.
pub(super) struct Judged<'a> {
    pub at: Option<Timestamp>,
    pub time: &'a [u8],
    pub value: &'a [u8],
    /// The number that stands in `value`.
    pub x: f64,
    pub scored: Option<&'a Scored>,
    pub reason: &'a str,
}

/// What judges.
#[derive(Clone, Copy)]
pub(super) struct What<'p> {
    pub kind: &'static Kind,
    pub params: &'p Params,
    /// The kind that scores each column, where `kind` judges scores.
    pub of: Option<&'static Kind>,
}

/// What a row was read as.
struct Row {
    at: Timestamp,
    /// Why it cannot be judged.
    fault: Option<String>,
    verdict: Option<Verdict>,
    shares: Vec<(usize, f64)>,
    /// The text that was missed before this row, where that is what was flagged.
    missed: Option<String>,
}

/// The detector of one file, and the rows it has not judged yet.
pub(super) struct Judge<'p> {
    kind: &'static Kind,
    params: &'p Params,
    detector: Box<dyn Detector>,
    /// Of kinds that judge the scores of others: a detector for each column.
    members: Vec<Box<dyn Detector>>,
    names: Vec<String>,
    subject: Subject,
    before: Option<Timestamp>,
    rows: Vec<Row>,
    /// The bytes of the rows' fields, and where each begins and ends: the time, then the values.
    text: Vec<u8>,
    cells: Vec<Range<usize>>,
    /// The numbers of the rows; NaN where a member of a group is missing.
    numbers: Vec<f64>,
    /// What the detector is shown of them: themselves, or the scores of the columns' own detectors.
    shown: Vec<f64>,
    pub totals: Totals,
}

impl<'p> Judge<'p> {
    /// A new detector for the file or series called `name` with these columns.
    pub(super) fn new(what: &What<'p>, subject: SeriesKey, names: Vec<String>) -> Self {
        let What { kind, params, of } = *what;
        let member = |salt| of.map(|of| (of.build)(&Params::default(), salt as u64));
        Self {
            members: (0..names.len()).filter_map(member).collect(),
            shown: Vec::new(),
            kind,
            params,
            detector: (kind.build)(params, 0),
            names,
            subject: Subject::Series(subject),
            before: None,
            rows: Vec::with_capacity(BATCH),
            text: Vec::new(),
            cells: Vec::new(),
            numbers: Vec::new(),
            totals: Totals::default(),
        }
    }

    /// The key of a file.
    pub(super) fn subject(name: &str) -> SeriesKey {
        SeriesKey::new(name, LabelSet::none())
    }

    /// Takes a row; `true` where it is time to [`Judge::settle`].
    pub(super) fn take<'r>(&mut self, time: &[u8], value: impl Fn(usize) -> Option<&'r [u8]>) -> bool {
        self.cell(time);
        let at = std::str::from_utf8(time).ok().and_then(moment);
        let mut fault = at.is_none().then(|| format!("time {} is not a time", told(time)));
        let mut filled = 0;
        for nth in 0..self.names.len() {
            let field = value(nth);
            self.cell(field.unwrap_or_default());
            let (x, why) = self.read(nth, field);
            self.numbers.push(x);
            filled += usize::from(why.is_none());
            if self.kind.sees != Sees::Group || filled == 0 && nth + 1 == self.names.len() {
                fault = fault.or(why);
            }
        }
        self.rows.push(Row { at: at.unwrap_or_default(), fault, verdict: None, shares: Vec::new(), missed: None });
        self.rows.len() >= BATCH
    }

    fn cell(&mut self, field: &[u8]) {
        let from = self.text.len();
        self.text.extend_from_slice(field);
        self.cells.push(from..self.text.len());
    }

    /// A field as a number, and why it cannot be judged.
    fn read(&self, nth: usize, field: Option<&[u8]>) -> (f64, Option<String>) {
        let name = &self.names[nth];
        let Some(field) = field else { return (f64::NAN, Some(format!("the row ends before its {name}"))) };
        let text = std::str::from_utf8(field).map(str::trim);
        match text {
            Err(_) => (f64::NAN, Some(format!("{name} {} is not UTF-8", told(field)))),
            Ok("") => (f64::NAN, Some(format!("{name} is empty"))),
            Ok(_) if self.kind.sees == Sees::Category => (f64::NAN, None),
            Ok(text) => match text.parse::<f64>() {
                Ok(x) if x.is_finite() => (x, None),
                Ok(_) => (f64::NAN, Some(format!("{name} {} is not a finite number", told(field)))),
                Err(_) => (f64::NAN, Some(format!("{name} {} is not a number", told(field)))),
            },
        }
    }

    /// Judges and learns the rows at hand, and hands each out with its verdict.
    pub(super) fn settle(&mut self, mut out: impl FnMut(&Judged<'_>) -> std::io::Result<()>) -> std::io::Result<()> {
        let start = clock::instant();
        self.judge();
        self.totals.spent += start.elapsed();
        let width = self.names.len();
        for (nth, row) in self.rows.iter().enumerate() {
            let numbers = &self.numbers[nth * width..][..width];
            let shown = &self.shown[nth * width..][..width];
            let cells = &self.cells[nth * (width + 1)..][..=width];
            let scored = row.verdict.as_ref().and_then(Verdict::scored);
            let flagged = scored.is_some_and(|scored| scored.flagged);
            let column = scored.map_or(0, |scored| self.column(numbers, scored.baseline.dimension));
            let reason = match (&row.fault, scored) {
                (Some(fault), _) => fault.clone(),
                (None, Some(scored)) if flagged => self.sentence(row, shown, &cells[1..], scored),
                _ => String::new(),
            };
            self.totals.rows += 1;
            self.totals.flagged += u64::from(flagged);
            self.totals.unread += u64::from(row.fault.is_some());
            self.totals.learning += u64::from(row.fault.is_none() && scored.is_none());
            out(&Judged {
                at: row.fault.is_none().then_some(row.at),
                time: &self.text[cells[0].clone()],
                value: &self.text[cells[column + 1].clone()],
                x: numbers[column],
                scored,
                reason: Safe::message(&reason).as_str(),
            })?;
        }
        let held: usize = self.members.iter().chain([&self.detector]).map(|detector| detector.memory()).sum();
        self.totals.memory = self.totals.memory.max(held);
        self.rows.clear();
        self.text.clear();
        self.cells.clear();
        self.numbers.clear();
        self.shown.clear();
        Ok(())
    }

    fn judge(&mut self) {
        let width = self.names.len();
        self.show();
        let mut members: Vec<(&str, f64)> = Vec::with_capacity(width);
        for (nth, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.fault.is_none()) {
            let numbers = &self.shown[nth * width..][..width];
            let cell = &self.cells[nth * (width + 1) + 1];
            let seen = seen(self.kind.sees, &self.names, numbers, &self.text[cell.clone()], &mut members);
            let told = if self.kind.ticks { pass(self.detector.as_mut(), self.before, row.at) } else { None };
            let missed = told.filter(|_| self.kind.sees == Sees::Category).map(|_| self.detector.missed().to_owned());
            let judged = self.detector.judge(row.at, &seen);
            let verdict = worse(judged, told);
            row.missed = missed.filter(|_| verdict != judged);
            if verdict.scored().is_some_and(|scored| scored.flagged) {
                row.shares = self.detector.shares(&seen);
            }
            self.detector.learn(row.at, &seen);
            self.before = Some(row.at);
            row.verdict = Some(verdict);
        }
    }

    /// What the detector is shown of the numbers.
    fn show(&mut self) {
        self.shown.extend_from_slice(&self.numbers);
        if self.members.is_empty() {
            return;
        }
        let rows = self.shown.chunks_mut(self.names.len()).zip(&self.rows).filter(|(_, row)| row.fault.is_none());
        for (numbers, row) in rows {
            for (x, member) in numbers.iter_mut().zip(&mut self.members).filter(|(x, _)| x.is_finite()) {
                let value = [*x];
                let seen = Observation::Numbers(&value);
                // A member that still learns has no vote yet.
                *x = member.judge(row.at, &seen).scored().map_or(0.0, |scored| scored.score);
                member.learn(row.at, &seen);
            }
        }
    }

    /// The column of a number of the observation: a group leaves out members that are missing.
    fn column(&self, numbers: &[f64], dimension: usize) -> usize {
        let place = match self.kind.sees {
            Sees::Group => numbers.iter().enumerate().filter(|(_, x)| x.is_finite()).nth(dimension).map(|(column, _)| column),
            Sees::Numbers | Sees::Category => Some(dimension),
        };
        place.filter(|column| *column < numbers.len()).unwrap_or(0)
    }

    fn sentence(&self, row: &Row, numbers: &[f64], cells: &[Range<usize>], scored: &Scored) -> String {
        let mut members = Vec::new();
        let text = row.missed.as_ref().map_or(&self.text[cells[0].clone()], String::as_bytes);
        let seen = seen(self.kind.sees, &self.names, numbers, text, &mut members);
        let dims: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let named = |share: &(usize, f64)| Contribution { what: dims[self.column(numbers, share.0)].into(), share: share.1 };
        let contributions: Vec<Contribution> = row.shares.iter().map(named).collect();
        let (params, name, subject, at) = (self.params, dims[0], &self.subject, row.at);
        why(&Told { params, name, subject, at, seen, dims: &dims, unit: "", contributions: &contributions, scored })
    }
}

/// A row as its detector sees it.
fn seen<'m, 'a: 'm>(
    sees: Sees,
    names: &'a [String],
    numbers: &'a [f64],
    text: &'a [u8],
    members: &'m mut Vec<(&'a str, f64)>,
) -> Observation<'m> {
    match sees {
        Sees::Numbers => Observation::Numbers(numbers),
        // It was found to be UTF-8 when it was read.
        Sees::Category => Observation::Category(std::str::from_utf8(text).unwrap_or_default().trim()),
        Sees::Group => {
            members.clear();
            members.extend(names.iter().map(String::as_str).zip(numbers.iter().copied()).filter(|member| member.1.is_finite()));
            Observation::Group(members)
        }
    }
}

/// Lets time pass up to a row: what was missing until just before it.
fn pass(detector: &mut dyn Detector, before: Option<Timestamp>, at: Timestamp) -> Option<Verdict> {
    // One question is enough: a silence is longest at its end, and the row at its end is where it can be told.
    let just_before = Timestamp::from_millis(at.as_millis().saturating_sub(1));
    if before? < just_before { detector.missing(just_before) } else { None }
}

/// The odder of two verdicts.
fn worse(verdict: Verdict, other: Option<Verdict>) -> Verdict {
    let score = |verdict: &Verdict| verdict.scored().map_or(-1.0, |scored| scored.score);
    other.filter(|other| score(other) > score(&verdict)).unwrap_or(verdict)
}

/// A field's text in quotes, cut where it is long.
fn told(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    let cut: String = text.chars().take(TOLD).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("\"{cut}{more}\"")
}
