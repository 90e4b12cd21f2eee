//! Axes: where the ticks stand and what they are called.

use crate::model::number::rounded;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Steps between ticks of time, in milliseconds, that people count in.
const STEPS: [i64; 29] = [
    1,
    10,
    100,
    1_000,
    2_000,
    5_000,
    10_000,
    15_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    3_600_000,
    7_200_000,
    10_800_000,
    21_600_000,
    43_200_000,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    91 * DAY,
    365 * DAY,
];

/// At most `most` round numbers from `low` to `high`, each with its label.
pub(super) fn numbers(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let rough = (high - low) / most.max(1) as f64;
    if !rough.is_finite() || rough <= 0.0 {
        return Vec::new();
    }
    let ten = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|times| times * ten).find(|step| *step >= rough).unwrap_or(rough);
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first).clamp(0.0, 2.0 * most as f64) as usize;
    // As many digits as tell neighbours apart.
    let digits = (low.abs().max(high.abs()) / step).log10().ceil().clamp(1.0, 15.0) as usize + 2;
    (0..=count).map(|nth| (first + nth as f64) * step).map(|x| (x, rounded(if x.abs() < step * 1e-9 { 0.0 } else { x }, digits))).collect()
}

/// At most `most` round moments from `from` to `to`, each with its label in UTC.
pub(super) fn times(from: i64, to: i64, most: usize) -> Vec<(i64, String)> {
    let span = to.saturating_sub(from).max(0);
    let last = STEPS[STEPS.len() - 1];
    let fits = |step: &i64| span / step < most.max(1) as i64;
    let step = STEPS.into_iter().find(fits).unwrap_or_else(|| last.saturating_mul(span / last / most.max(1) as i64 + 1));
    let form = match step {
        step if step < 1_000 => "%H:%M:%S.%3f",
        step if step < 60_000 => "%H:%M:%S",
        step if step < DAY && span < DAY => "%H:%M",
        step if step < DAY => "%-d %b %H:%M",
        step if step < 30 * DAY => "%-d %b",
        _ => "%b %Y",
    };
    let first = from.div_euclid(step) + i64::from(from.rem_euclid(step) != 0);
    let moments = (first..).map(|nth| nth.saturating_mul(step)).take_while(|at| *at <= to).take(2 * most);
    moments.map(|at| (at, text(at, form))).collect()
}

/// A moment in this form.
pub(super) fn text(at: i64, form: &str) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| String::new(), |t| t.strftime(form).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels<T>(ticks: Vec<(T, String)>) -> Vec<String> {
        ticks.into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_stand_at_round_numbers() {
        assert_eq!(labels(numbers(-0.3, 1.1, 5)), ["0", "0.5", "1"]);
        assert_eq!(labels(numbers(0.0, 1234.0, 5)), ["0", "250", "500", "750", "1,000"]);
        assert_eq!(labels(numbers(1e6, 1e6 + 4.0, 4)), ["1,000,000", "1,000,001", "1,000,002", "1,000,003", "1,000,004"]);
        assert!(numbers(1.0, 1.0, 5).is_empty() && numbers(f64::MIN, f64::MAX, 5).is_empty());
    }

    #[test]
    fn ticks_stand_at_round_moments() {
        let at = 1_795_237_230_000;
        assert_eq!(labels(times(at, at + 60_000, 4)), ["05:00:30", "05:01:00", "05:01:30"]);
        assert_eq!(labels(times(at, at + 20 * DAY, 4)), ["26 Nov", "3 Dec", "10 Dec"]);
        assert_eq!(labels(times(at, at, 8)).len(), 1);
        assert!(times(0, i64::MAX, 8).len() <= 16);
    }
}
