//! What a detector is, what it is shown, and what it answers.
//!
//! The trait stands among the words so that `learn` can offer detectors of its own beside those of
//! `detect`; the engine joins both. Detectors score; rules decide.

use super::{Band, Timestamp};
use std::fmt;

/// What a detector is shown: one number for a series, several for an event.
#[derive(Clone, Copy, Debug)]
pub enum Observation<'a> {
    /// Finite numbers; their count never changes for one detector.
    Numbers(&'a [f64]),
    /// A name: of a type, a label's value.
    Category(&'a str),
    /// One moment of many like each other: name and value of each.
    Group(&'a [(&'a str, f64)]),
}

impl<'a> Observation<'a> {
    /// The numbers; empty for other observations.
    pub fn numbers(&self) -> &'a [f64] {
        if let Observation::Numbers(x) = self { x } else { &[] }
    }

    /// The first number.
    pub fn first(&self) -> Option<f64> {
        self.numbers().first().copied()
    }
}

/// The form of a deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// Above what is expected.
    #[default]
    Spike,
    /// Below what is expected.
    Dip,
    /// A new level that stays.
    LevelShift,
    /// A slow move.
    Drift,
    /// Frozen at one value.
    FlatLine,
    /// No value where one was due.
    Missing,
    /// Odd as a combination of values, none of which need be odd alone.
    Combination,
    /// A value never seen before.
    NewValue,
    /// The same level, but more or less spread.
    VarianceChange,
    /// Unlike what is usual at this time of day or week.
    SeasonalBreak,
    /// A form or a sequence never seen before, of values that need not be odd alone.
    Shape,
}

impl Pattern {
    /// The word the log and the screen use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Spike => "spike",
            Self::Dip => "dip",
            Self::LevelShift => "level shift",
            Self::Drift => "drift",
            Self::FlatLine => "flat line",
            Self::Missing => "missing",
            Self::Combination => "combination",
            Self::NewValue => "new value",
            Self::VarianceChange => "variance change",
            Self::SeasonalBreak => "seasonal break",
            Self::Shape => "odd shape",
        }
    }
}

impl Pattern {
    /// The pattern a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        use Pattern::{Combination, Dip, Drift, FlatLine, LevelShift, Missing, NewValue, SeasonalBreak, Shape, Spike, VarianceChange};
        let all = [Spike, Dip, LevelShift, Drift, FlatLine, Missing, Combination, NewValue, VarianceChange, SeasonalBreak, Shape];
        all.into_iter().find(|pattern| pattern.word() == word)
    }
}

/// Which side of the band counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both.
    #[default]
    Both,
    /// Only above.
    Above,
    /// Only below.
    Below,
}

/// What a baseline is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// Nothing that has a centre.
    #[default]
    None,
    /// A limit that was given.
    Limit,
    /// A mean.
    Mean,
    /// A median.
    Median,
    /// What is usual at this time of the day or week.
    Season,
    /// The range seen so far.
    Range,
    /// The level before a change.
    Level,
    /// The usual change from one sample to the next.
    Change,
    /// The usual forms of a window, or sequences of values.
    Form,
    /// The density of points seen.
    Density,
    /// The usual interval between observations.
    Interval,
    /// The values seen so far.
    Values,
    /// The others of the group.
    Peers,
}

impl Basis {
    /// The word the log and the screen use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Limit => "limit",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Season => "season",
            Self::Range => "range",
            Self::Level => "level before",
            Self::Change => "usual change",
            Self::Form => "usual form",
            Self::Density => "density",
            Self::Interval => "usual interval",
            Self::Values => "known values",
            Self::Peers => "peers",
        }
    }
}

/// What a verdict rests on. Plain numbers, so that a verdict costs no allocation; the sentence is
/// made only for what is flagged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Baseline {
    /// The kind of the detector that judged; of detectors that join others, the one that decided.
    pub kind: &'static str,
    /// What the centre and the scale are of.
    pub basis: Basis,
    /// The centre: a mean, a median, a threshold; NaN where there is none.
    pub centre: f64,
    /// The scale around it: a standard deviation; NaN where there is none.
    pub scale: f64,
    /// How many observations it rests on.
    pub n: u64,
    /// The window in observations; 0 is all so far. Of [`Basis::Season`], the season's length in seconds.
    pub window: u64,
    /// How far the value is, in the detector's own measure (σ, isolation score, distance).
    pub distance: f64,
    /// The index of the number that deviates most, for observations of several.
    pub dimension: usize,
    /// The value before, where what is judged is the step from it; zero where a counter started anew.
    pub from: Option<f64>,
    /// Since when it has been so, where the detector knows of an earlier begin than this observation.
    pub since: Option<Timestamp>,
}

impl Baseline {
    /// A baseline of `kind` that says nothing yet.
    pub const fn none(kind: &'static str) -> Self {
        Self {
            kind,
            basis: Basis::None,
            centre: f64::NAN,
            scale: f64::NAN,
            n: 0,
            window: 0,
            distance: 0.0,
            dimension: 0,
            from: None,
            since: None,
        }
    }
}

/// A judged observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// How odd, from 0 (usual) to 1; always finite.
    pub score: f64,
    /// The score from which an observation counts as odd.
    pub threshold: f64,
    /// Whether it counts as odd. Not always `score >= threshold`: a threshold may hold on until its
    /// clear value is passed.
    pub flagged: bool,
    /// Where the number that deviates most was expected (`baseline.dimension`; the only one of a
    /// series), where the detector can say. An end may be infinite.
    pub expected: Option<Band>,
    /// The form of the deviation; meaningful when flagged.
    pub pattern: Pattern,
    /// What it rests on.
    pub baseline: Baseline,
}

/// A detector's answer to one observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Not judged yet.
    Learning {
        /// Observations seen so far.
        seen: u64,
        /// Observations needed.
        needed: u64,
    },
    /// Judged.
    Scored(Scored),
}

impl Verdict {
    /// The judgement, `None` while learning.
    pub fn scored(&self) -> Option<&Scored> {
        if let Self::Scored(s) = self { Some(s) } else { None }
    }
}

/// A state that does not fit the detector it was given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateError(pub String);

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StateError {}

/// A streaming detector of one series or one key.
///
/// The caller judges each observation first and lets the detector learn it afterwards. Flagged
/// observations are not learned while an alert of this key fires, so that trouble does not become
/// the baseline.
pub trait Detector: Send {
    /// Judges one observation by what was learned so far. Called for every observation, once and in order;
    /// one that is judged and not learned was withheld while an alert fires. So it may remember its own last
    /// verdict (for hysteresis), when something came (withheld is no gap) and after what the next one comes,
    /// but never takes the observation into what is usual.
    fn judge(&mut self, at: Timestamp, x: &Observation<'_>) -> Verdict;

    /// Takes one observation into the baseline.
    fn learn(&mut self, at: Timestamp, x: &Observation<'_>);

    /// Takes what was flagged of late for usual from now on: a person said so, or the trouble has
    /// lasted so long that it is the new level. The next observations are learned whatever they are;
    /// only detectors whose memory is long have to do something here.
    fn accept(&mut self) {}

    /// Which numbers of an observation, by index, carry how much of its deviation: shares of 1, the
    /// largest first. Asked only of what was flagged; empty where the question has no meaning.
    fn shares(&self, _x: &Observation<'_>) -> Vec<(usize, f64)> {
        Vec::new()
    }

    /// A grid step passed. Called only for kinds that say they want it.
    fn missing(&mut self, _now: Timestamp) -> Option<Verdict> {
        None
    }

    /// Called after [`Detector::restore`] at a start: nothing was looked at meanwhile, so that what did not come since cannot
    /// be told from what was not seen. Only kinds that miss things have to do something here.
    fn resume(&mut self) {}

    /// The name that [`Detector::missing`] last found missing, of detectors that judge names.
    #[expect(clippy::unnecessary_literal_bound, reason = "detectors that miss names give one of their own")]
    fn missed(&self) -> &str {
        ""
    }

    /// All it knows, as a JSON value.
    fn save(&self) -> serde_json::Value;

    /// Takes back what [`Detector::save`] gave.
    ///
    /// # Errors
    /// Names what does not fit; the detector is then as it was before.
    fn restore(&mut self, state: &serde_json::Value) -> Result<(), StateError>;

    /// Bytes it holds, for the memory report.
    fn memory(&self) -> usize;
}
