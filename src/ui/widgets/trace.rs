//! What a line looks like before it is drawn: the span of values of each column, joined where
//! samples follow each other and open where they do not. Met by the time plot only.

use super::Line;
use crate::store::Bucket;

/// What stands in one column of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Samples, from lowest to highest.
    Seen(f64, f64),
    /// Between two samples that follow each other, further apart than a column.
    Between(f64),
    /// Nothing: a gap, or before the first and after the last.
    Open,
}

impl Step {
    /// Lowest and highest value.
    pub(super) fn span(self) -> Option<(f64, f64)> {
        match self {
            Self::Seen(low, high) => Some((low, high)),
            Self::Between(x) => Some((x, x)),
            Self::Open => None,
        }
    }
}

/// A stretch of columns without data, long enough to be no mere distance of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// The first empty column.
    pub start: usize,
    /// The column after the last empty one.
    pub end: usize,
}

/// A line's steps and gaps.
#[derive(Debug)]
pub(super) struct Trace {
    pub steps: Vec<Step>,
    pub gaps: Vec<Gap>,
}

impl Trace {
    /// Leaves out what a logarithmic axis cannot hold: values of zero or less; a span that begins there begins at `floor`.
    /// Answers with the columns that held such values.
    pub(super) fn keep_above_zero(&mut self, floor: f64) -> Vec<usize> {
        let mut sunk = Vec::new();
        for (i, step) in self.steps.iter_mut().enumerate() {
            match *step {
                Step::Seen(low, high) if low <= 0.0 => {
                    sunk.push(i);
                    *step = if high > 0.0 { Step::Seen(floor.min(high), high) } else { Step::Open };
                }
                Step::Between(x) if x <= 0.0 => *step = Step::Open,
                _ => {}
            }
        }
        sunk
    }
}

/// The trace of `line`: at most `line.join` empty columns between two samples are bridged, and `line.late` at its end are no gap.
pub(super) fn trace(line: &Line<'_>) -> Trace {
    let buckets = line.buckets;
    let mut steps = vec![Step::Open; buckets.len()];
    let mut gaps = Vec::new();
    let mut before: Option<usize> = None;
    for (i, bucket) in buckets.iter().enumerate().filter(|(_, b)| b.count > 0) {
        steps[i] = Step::Seen(bucket.min, bucket.max);
        if let Some(last) = before.filter(|last| last + 1 < i) {
            if i - last - 1 > line.join {
                gaps.push(Gap { start: last + 1, end: i });
            } else {
                bridge(&mut steps[last + 1..i], buckets[last].last, mean(bucket));
            }
        }
        before = Some(i);
    }
    if let Some(last) = before.filter(|last| buckets.len() - last - 1 > line.late.max(1)) {
        gaps.push(Gap { start: last + 1, end: buckets.len() });
    }
    Trace { steps, gaps }
}

fn mean(bucket: &Bucket) -> f64 {
    bucket.mean().unwrap_or(bucket.last).clamp(bucket.min, bucket.max)
}

fn bridge(empty: &mut [Step], from: f64, to: f64) {
    let count = empty.len() as f64 + 1.0;
    for (i, step) in empty.iter_mut().enumerate() {
        let share = (i as f64 + 1.0) / count;
        *step = Step::Between(from * (1.0 - share) + to * share);
    }
}

/// Levels `low..=high` of column `i` among `levels`, stretched towards the column before so that
/// a steep line has no holes.
pub(super) fn reach(steps: &[Step], i: usize, level: impl Fn(f64) -> usize) -> Option<(usize, usize)> {
    let at = |i: usize| steps.get(i).and_then(|s| s.span()).map(|(low, high)| (level(low), level(high)));
    let (low, high) = at(i)?;
    let Some((before_low, before_high)) = i.checked_sub(1).and_then(at) else { return Some((low, high)) };
    if before_high < low {
        Some((before_high + 1, high))
    } else if before_low > high {
        Some((low, before_low - 1))
    } else {
        Some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::ui::Role;

    fn line(values: &[Option<f64>]) -> Vec<Bucket> {
        let gap = Bucket::gap(Timestamp::default());
        values.iter().map(|v| v.map_or(gap, |x| Bucket { count: 1, min: x, max: x, sum: x, last: x, ..gap })).collect()
    }

    fn traced(values: &[Option<f64>], join: usize) -> Trace {
        trace(&Line { buckets: &line(values), join, late: join, role: Role::Series(0), open: None })
    }

    #[test]
    fn near_samples_are_joined_and_gaps_stay_open() {
        let t = traced(&[Some(0.0), None, Some(2.0), None, None, Some(3.0)], 1);
        assert_eq!(t.steps[1], Step::Between(1.0));
        assert_eq!((t.steps[3], t.steps[4]), (Step::Open, Step::Open));
        assert_eq!(t.gaps, [Gap { start: 3, end: 5 }]);
    }

    #[test]
    fn silence_at_the_end_is_a_gap_and_at_the_start_is_not() {
        let t = traced(&[None, None, None, Some(1.0), None, None], 1);
        assert_eq!(t.gaps, [Gap { start: 4, end: 6 }]);
        assert!(traced(&[None; 4], 0).gaps.is_empty());
    }

    #[test]
    fn what_is_not_above_zero_is_left_out_and_no_gap() {
        let mut t = traced(&[Some(2.0), Some(0.0), Some(-1.0), Some(3.0)], 1);
        assert_eq!(t.keep_above_zero(0.1), [1, 2]);
        assert_eq!((t.steps[1], t.steps[3], t.gaps.len()), (Step::Open, Step::Seen(3.0, 3.0), 0));
    }

    #[test]
    fn steep_lines_have_no_holes() {
        let steps = [Step::Seen(0.0, 0.0), Step::Seen(9.0, 9.0), Step::Open, Step::Seen(0.0, 0.0)];
        let level = |v: f64| v as usize;
        assert_eq!(reach(&steps, 1, level), Some((1, 9)));
        assert_eq!(reach(&steps, 3, level), Some((0, 0)));
    }
}
