//! The scale of a value axis: ends and ticks at round numbers, which stay where they are while the
//! data move a little. Met by every chart and sparkline.

use crate::ui::format;

/// Ticks never stand closer than this many rows, so that their labels do not touch.
const ROWS_PER_TICK: usize = 3;
/// A span above zero starts at zero where its low end is below this share of its high end.
const FROM_ZERO: f64 = 0.5;
/// A sparkline's scale is as fine as that of a chart of so many rows.
const SPARK_ROWS: u16 = 8;
/// In one line, values that differ by less than this share of their size stand about the middle: noise must not look like a storm.
const NOISE: f64 = 0.1;

/// The least share of its high end that a logarithmic scale reaches down to: thirty decades.
const LOG_SPAN: f64 = 1e-30;
/// The least value on a logarithmic scale: below it powers of ten lose their digits.
const LOG_LEAST: f64 = 1e-250;
/// Ticks of a logarithmic scale stand at least this many rows apart.
const LOG_ROWS_PER_TICK: f64 = 2.0;

/// A value axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// The value at the bottom.
    pub low: f64,
    /// The value at the top.
    pub high: f64,
    /// Round values within, upwards.
    pub ticks: Vec<f64>,
    /// Logarithmic.
    pub log: bool,
}

impl Scale {
    /// A scale that holds `low` to `high` of a chart of `rows` rows.
    pub fn new(low: f64, high: f64, rows: u16, unit: &str, log: bool) -> Self {
        let (low, high) = tidy(low, high);
        if log && high > 0.0 {
            // What is zero or less has no logarithm: whoever draws says so. Three decades down are enough where nothing else is known.
            let low = if low > 0.0 { low } else { high / 1_000.0 };
            return Self::logarithmic(low.max(high * LOG_SPAN).max(LOG_LEAST), high.max(LOG_LEAST * 10.0), rows, unit);
        }
        let low = if low >= 0.0 && low < high * FROM_ZERO { 0.0 } else { low };
        let most = ((usize::from(rows) + 1) / ROWS_PER_TICK).clamp(1, 8);
        let step = nice((high - low) / most as f64, unit);
        let bottom = (low / step + 1e-9).floor();
        let top = (high / step - 1e-9).ceil().max(bottom + 1.0);
        let count = (top - bottom).min(64.0) as i32;
        let ticks = (0..=count).map(|i| (bottom + f64::from(i)) * step).collect();
        Self { low: bottom * step, high: top * step, ticks, log: false }
    }

    /// The scale of a sparkline: from zero (or a round low end) to a round high end.
    pub fn spark(low: f64, high: f64, unit: &str) -> Self {
        let size = low.abs().max(high.abs());
        if high - low < NOISE * size {
            let middle = low.midpoint(high);
            return Self { low: middle - NOISE * size, high: middle + NOISE * size, ticks: Vec::new(), log: false };
        }
        Self::new(low, high, SPARK_ROWS, unit, false)
    }

    /// A logarithmic scale from `low`, above zero, to `high`: its ends are ticks, at 1, 2 and 5 times powers of ten where they
    /// find room, else at powers alone; for bytes at powers of two.
    fn logarithmic(low: f64, high: f64, rows: u16, unit: &str) -> Self {
        let rungs = rungs(low, high, rows, unit);
        let below = |r: &&f64| **r <= low * (1.0 + 1e-9);
        let first = rungs.iter().rposition(|r| below(&r)).unwrap_or(0);
        let last = rungs.iter().position(|r| *r >= high * (1.0 - 1e-9)).unwrap_or(rungs.len() - 1).max(first + 1);
        let ticks = rungs[first..=last.min(rungs.len() - 1)].to_vec();
        Self { low: ticks[0], high: ticks[ticks.len() - 1], ticks, log: true }
    }

    /// Where `value` stands between bottom (0) and top (1), clamped.
    pub fn share(&self, value: f64) -> f64 {
        let share = if self.log {
            let (low, high) = (self.low.log10(), self.high.log10());
            (value.max(self.low).log10() - low) / (high - low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// The level of `value` among `levels`, from the bottom.
    pub fn level(&self, value: f64, levels: usize) -> usize {
        (self.share(value) * levels.saturating_sub(1) as f64).round() as usize
    }

    /// The labels of the ticks.
    pub fn labels(&self, unit: &str) -> Vec<String> {
        if self.log {
            return self.ticks.iter().map(|t| format::value(*t, unit)).collect();
        }
        format::tick_labels(&self.ticks, unit)
    }
}

/// Values a logarithmic scale may end and be labelled at, upwards, from below `low` to above `high`.
fn rungs(low: f64, high: f64, rows: u16, unit: &str) -> Vec<f64> {
    let binary = unit.starts_with("By");
    let log = |x: f64| if binary { x.log2() } else { x.log10() };
    let power = |x: i32| if binary { 2_f64.powi(x) } else { 10_f64.powi(x) };
    let rows_per = f64::from(rows.max(2)) / (log(high) - log(low)).max(0.1);
    if !binary && rows_per * (2.0_f64).log10() >= LOG_ROWS_PER_TICK {
        let decades = log(low).floor() as i32..=log(high).ceil() as i32;
        return decades.flat_map(|d| [1.0, 2.0, 5.0].map(|m| m * power(d))).collect();
    }
    let least = (LOG_ROWS_PER_TICK / rows_per).ceil() as i32;
    // No further than floats reach.
    let ends = if binary { (-1_020, 1_020) } else { (-306, 306) };
    // Powers that read well: every so many of them, counted from one.
    let every = if binary { [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] } else { [1, 2, 3, 5, 6, 10, 20, 50, 100, 300] };
    let every = every.into_iter().find(|e| *e >= least).unwrap_or(1_000);
    let first = (log(low) / f64::from(every)).floor() as i32;
    let last = (log(high) / f64::from(every)).ceil() as i32;
    let mut rungs: Vec<f64> = (first..=last.max(first + 1)).map(|i| power((i * every).clamp(ends.0, ends.1))).collect();
    rungs.dedup_by(|a, b| a.total_cmp(b).is_eq());
    rungs
}

/// Two finite ends, the lower first, apart from each other and not beyond what can be divided.
fn tidy(low: f64, high: f64) -> (f64, f64) {
    const FAR: f64 = 1e300;
    let bound = |x: f64, other: f64| if x.is_finite() { x.clamp(-FAR, FAR) } else { other };
    let (a, b) = (bound(low, 0.0), bound(high, 1.0));
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    let least = (high.abs().max(low.abs()) * 1e-9).max(1e-12);
    if high - low > least {
        return (low, high);
    }
    // A constant: shown at two thirds of the height above zero, or in the middle of a span of its own size.
    if high > least {
        (0.0, high * 1.5)
    } else if low < -least {
        (low * 1.5, 0.0)
    } else {
        (0.0, 1.0)
    }
}

/// The smallest round step not below `step`: 1, 2, 2.5 or 5 times a power of ten; for bytes powers of two.
fn nice(step: f64, unit: &str) -> f64 {
    if unit.starts_with("By") && step >= 512.0 {
        return 2_f64.powf(step.log2().ceil());
    }
    let power = 10_f64.powf(step.log10().floor());
    let rest = step / power;
    let round = [1.0, 2.0, 2.5, 5.0].into_iter().find(|r| rest <= r + 1e-9).unwrap_or(10.0);
    round * power
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_and_ticks_are_round() {
        let scale = Scale::new(0.008, 0.142, 8, "1", false);
        assert_eq!(scale.labels("1"), ["0 %", "5 %", "10 %", "15 %"]);
        let scale = Scale::new(52.3, 56.9, 8, "", false);
        assert_eq!(scale.labels(""), ["52", "54", "56", "58"]);
        let scale = Scale::new(0.0, 3.1e9, 10, "By", false);
        assert_eq!(scale.labels("By"), ["0 GiB", "1 GiB", "2 GiB", "3 GiB"]);
        assert_eq!(Scale::new(1.0, 900.0, 8, "ms", true).labels("ms"), ["1 ms", "10 ms", "100 ms", "1 s"]);
    }

    #[test]
    fn a_logarithmic_scale_ends_and_ticks_at_one_two_and_five() {
        let scale = Scale::new(3.0, 42.0, 20, "", true);
        assert_eq!(scale.labels(""), ["2", "5", "10", "20", "50"]);
        let scale = Scale::new(0.0, 900.0, 9, "", true);
        assert_eq!((scale.labels(""), scale.log), (["0.10", "1", "10", "100", "1,000"].map(str::to_owned).to_vec(), true));
        assert_eq!(Scale::new(3_000.0, 5e9, 12, "By", true).labels("By"), ["1 KiB", "32 KiB", "1 MiB", "32 MiB", "1 GiB", "32 GiB"]);
        assert!(!Scale::new(-5.0, 0.0, 9, "", true).log);
    }

    #[test]
    fn a_little_more_does_not_move_the_scale() {
        assert_eq!(Scale::new(10.0, 81.0, 8, "", false), Scale::new(12.0, 97.0, 8, "", false));
    }

    #[test]
    fn a_constant_stands_above_the_bottom_and_below_the_top() {
        for x in [1e-3, 7.0, 1e12] {
            let scale = Scale::new(x, x, 6, "", false);
            assert!(scale.share(x) > 0.2 && scale.share(x) < 0.9, "{x}: {scale:?}");
        }
        assert_eq!(Scale::new(0.0, 0.0, 6, "", false).level(0.0, 8), 0);
    }

    proptest! {
        #[test]
        fn any_span_gives_a_scale_that_holds_it(a in any::<f64>(), b in any::<f64>(), rows in 0u16..60, log in any::<bool>()) {
            let scale = Scale::new(a, b, rows, "By", log);
            prop_assert!(scale.low.is_finite() && scale.high > scale.low, "{:?}", scale);
            prop_assert!(scale.ticks.len() <= 65);
            prop_assert!((0.0..=1.0).contains(&scale.share(a)) && scale.level(b, 8) < 8);
        }
    }
}
