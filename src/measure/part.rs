//! Accumulators: what a metric keeps of one open window of one group, and the value it makes of it.
//!
//! None of them depends on the order in which events came: sums are exact, quantiles and distinct
//! counts are made so, and `last` is the last by time, partition and offset.

use super::place::Place;
use super::spec::Measure;
use crate::model::{EventRef, FieldId, Millis, Timestamp, Value};
use crate::stats::ddsketch::Sketch;
use crate::stats::hll::{Distinct, hash_bytes};
use crate::stats::sum::{ExactSum, Moments};

/// Numbers are summed at this scale, so that no sum of a step overflows on its way to a mean.
const SCALE: f64 = 1.0 / (1u64 << 60) as f64;

/// The last value so far and where it stood.
#[derive(Clone, Copy, Debug)]
pub struct LastOf {
    at: Timestamp,
    place: Place,
    value: f64,
}

impl LastOf {
    fn order(&self) -> (Timestamp, i32, i64, u32, u16) {
        let p = &self.place;
        (self.at, p.partition, p.offset, p.topic_index, p.source.0)
    }
}

/// One accumulator.
#[derive(Clone, Debug)]
pub enum Part {
    /// Free for the next window.
    Empty,
    /// Events.
    Count(u64),
    /// Numbers and their sum.
    Sum {
        /// How many.
        n: u64,
        /// Their sum, scaled.
        sum: ExactSum,
    },
    /// The lowest, or the highest, of numbers.
    Extreme(Option<f64>),
    /// The last.
    Last(Option<Box<LastOf>>),
    /// A percentile.
    Quantile(Box<Sketch>),
    /// The deviation.
    Moments(Box<Moments>),
    /// Different values.
    Distinct(Box<Distinct>),
    /// Events for which either condition of a ratio holds.
    Ratio {
        /// Above the line.
        of: u64,
        /// Below the line.
        to: u64,
    },
}

/// Whether windows of this measure hold a sketch, whose memory counts apart.
pub const fn is_heavy(measure: Measure) -> bool {
    matches!(measure, Measure::Percentile(_) | Measure::Distinct)
}

/// Whether a step without events has the value 0.
pub const fn counts_nothing_as_zero(measure: Measure) -> bool {
    matches!(measure, Measure::Count | Measure::Rate | Measure::Sum)
}

/// What a value adds to a distinct count; nothing where it is missing.
fn value_hash(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Missing => None,
        Value::Bool(b) => Some(hash_bytes(&[2, u8::from(b)])),
        Value::Number(x) => Some(hash_bytes(&(x + 0.0).to_bits().to_le_bytes())),
        Value::Text(t) => Some(hash_bytes(t.as_bytes())),
    }
}

impl Part {
    /// An accumulator for `measure`.
    pub fn new(measure: Measure) -> Self {
        match measure {
            Measure::Count | Measure::Rate => Self::Count(0),
            Measure::Sum | Measure::Mean => Self::Sum { n: 0, sum: ExactSum::new() },
            Measure::Min | Measure::Max => Self::Extreme(None),
            Measure::Last => Self::Last(None),
            Measure::Percentile(_) => Self::Quantile(Box::default()),
            Measure::Stddev => Self::Moments(Box::default()),
            Measure::Distinct => Self::Distinct(Box::default()),
            Measure::Ratio => Self::Ratio { of: 0, to: 0 },
        }
    }

    /// Folds an event. `pair` says which conditions of a ratio hold.
    #[inline]
    pub fn fold(&mut self, measure: Measure, event: &EventRef<'_>, field: Option<FieldId>, place: Place, pair: (bool, bool)) {
        match self {
            Self::Empty => {}
            Self::Count(n) => *n += 1,
            Self::Ratio { of, to } => {
                *of += u64::from(pair.0);
                *to += u64::from(pair.1);
            }
            Self::Distinct(distinct) => {
                if let Some(hash) = field.and_then(|f| value_hash(event.get(f))) {
                    distinct.add(hash);
                }
            }
            number => {
                // Zero of either sign is one zero, so that min and max need not choose.
                if let Some(x) = field.and_then(|f| event.get(f).number()) {
                    number.fold_number(measure, x + 0.0, event.at, place);
                }
            }
        }
    }

    #[inline]
    fn fold_number(&mut self, measure: Measure, x: f64, at: Timestamp, place: Place) {
        match self {
            Self::Sum { n, sum } => {
                *n += 1;
                sum.add(x * SCALE);
            }
            Self::Extreme(kept) => {
                let lowest = matches!(measure, Measure::Min);
                *kept = Some(kept.map_or(x, |k| if lowest { k.min(x) } else { k.max(x) }));
            }
            Self::Last(kept) => {
                let new = LastOf { at, place, value: x };
                match kept {
                    None => *kept = Some(Box::new(new)),
                    // Events of one record tie; they come in the record's order.
                    Some(old) if new.order() >= old.order() => **old = new,
                    Some(_) => {}
                }
            }
            Self::Quantile(sketch) => sketch.add(x),
            Self::Moments(moments) => moments.add(x),
            _ => {}
        }
    }

    /// The window's value; `None` where it has none, as the mean of no numbers. Always finite.
    pub fn value(&self, measure: Measure, step: Millis) -> Option<f64> {
        let value = match self {
            Self::Count(n) if matches!(measure, Measure::Rate) => Some(*n as f64 / step.as_secs_f64()),
            Self::Count(n) => Some(*n as f64),
            Self::Sum { sum, .. } if matches!(measure, Measure::Sum) => sum.value().map(|s| s / SCALE),
            Self::Sum { n, sum } if *n > 0 => sum.value().map(|s| s / *n as f64 / SCALE),
            Self::Extreme(kept) => *kept,
            Self::Last(kept) => kept.as_ref().map(|k| k.value),
            Self::Quantile(sketch) => match measure {
                Measure::Percentile(p) => sketch.percentile(p),
                _ => None,
            },
            Self::Moments(moments) => moments.stddev(),
            Self::Distinct(distinct) => Some(distinct.estimate()).filter(|n| *n > 0.0),
            Self::Empty | Self::Sum { .. } | Self::Ratio { to: 0, .. } => None,
            Self::Ratio { of, to } => Some(*of as f64 / *to as f64),
        };
        value.filter(|v| v.is_finite())
    }

    /// What its value weighs among those of other groups: the numbers of a mean, the events below the line of a ratio.
    pub fn weight(&self) -> f64 {
        match self {
            Self::Sum { n, .. } => *n as f64,
            Self::Ratio { to, .. } => *to as f64,
            _ => 1.0,
        }
    }

    /// Bytes it holds outside itself.
    pub fn heap(&self) -> usize {
        match self {
            Self::Sum { sum, .. } => sum.heap(),
            Self::Last(Some(_)) => size_of::<LastOf>(),
            Self::Quantile(sketch) => size_of::<Sketch>() + sketch.heap(),
            Self::Moments(moments) => size_of::<Moments>() + moments.heap(),
            Self::Distinct(distinct) => size_of::<Distinct>() + distinct.heap(),
            _ => 0,
        }
    }
}
