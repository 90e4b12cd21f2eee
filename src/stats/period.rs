//! Finds the season of a history: the period that explains most of what moves, or none.
//!
//! Periods are proposed by the autocorrelation and by the calendar (hour, half day, day, week);
//! each is then tried by foretelling every bucket from the other rounds only. A random walk has
//! no season, but looks as if it had one to anybody who does not check; so a season counts only
//! where it foretells well in rounds it was not made from. The seasonal detector meets it.

use super::rank::median;

/// Rounds that must have been seen: with two, a single repetition would be a season.
const ROUNDS: f64 = 3.0;
/// Buckets a round must have: with fewer, its form cannot be seen.
const SHORTEST: f64 = 6.0;
/// Most of the share of the variance that must be foretold; few rounds must foretell more than many.
const GAIN: f64 = 0.2;
/// What is added for each missing round: 0.4 at three rounds, 0.26 at ten.
const GAIN_ROUNDS: f64 = 0.6;
/// Periods that are on no calendar must foretell that much more: there are so many of them that one always fits a little.
const STRANGE: f64 = 0.15;
/// A longer period is taken for a shorter one only where it leaves less than this share unexplained: a week of equal days is a day.
const LONGER: f64 = 0.8;
/// Share of filled buckets below which nothing is said.
const FILLED: f64 = 0.5;
/// Peaks of the autocorrelation that are tried.
const PEAKS: usize = 4;
/// Lowest autocorrelation worth a try.
const PEAK: f64 = 0.15;
/// Numbers farther than this many median deviations are cut there, so that one spike is no season.
const CUT: f64 = 4.0;
/// The median absolute deviation of a normal distribution is this share of its standard deviation.
const MAD: f64 = 0.674_489_75;
/// Within this share, two periods are the same.
const SAME: f64 = 0.03;

const HOUR: i64 = 3_600_000;
/// Periods on which people and machines agree.
const CALENDAR: [i64; 4] = [HOUR, 12 * HOUR, 24 * HOUR, 168 * HOUR];

/// A season that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its length in milliseconds.
    pub period: i64,
    /// The share of the variance it foretells.
    pub gain: f64,
    /// The variance it foretells.
    pub variance: f64,
    /// The mean around the moving level for each part of a round; NaN where nothing came.
    pub form: Vec<f64>,
    /// Rounds that each part was seen.
    pub seen: Vec<u32>,
    /// The standard deviation of what it does not foretell.
    pub rest: f64,
    /// The level over the last round.
    pub level: f64,
}

/// Where a moment lies within a round of `period`, from 0 up to, not including, 1.
pub fn phase(at: i64, period: i64) -> f64 {
    at.rem_euclid(period) as f64 / period as f64
}

/// The season of `means`, buckets of `width` milliseconds of which the first starts at `start` (moved by the offset of the week's days).
pub fn find(means: &[f64], start: i64, width: i64) -> Option<Found> {
    let filled = means.iter().filter(|x| x.is_finite()).count();
    if width <= 0 || (filled as f64) < FILLED * means.len() as f64 || (filled as f64) < ROUNDS * SHORTEST {
        return None;
    }
    let longest = (means.len() as f64 / ROUNDS) * width as f64;
    let cut = without_spikes(means)?;
    let mut periods: Vec<(i64, bool)> = CALENDAR.iter().map(|p| (*p, true)).collect();
    for period in proposed(&cut, width) {
        let known = |p: &i64| ((p - period) as f64).abs() < SAME * period as f64;
        // A calendar's period, seen not quite exactly, is that period.
        if !CALENDAR.iter().any(known) {
            periods.push((period, false));
        }
    }
    periods.retain(|(p, _)| *p as f64 >= SHORTEST * width as f64 && *p as f64 <= longest);
    periods.sort_unstable();
    let mut best: Option<Found> = None;
    for (period, calendar) in periods {
        let Some(found) = fold(&cut, start, width, period) else { continue };
        let rounds = means.len() as f64 * width as f64 / period as f64;
        let needed = GAIN + GAIN_ROUNDS / rounds + if calendar { 0.0 } else { STRANGE };
        let better = best.as_ref().is_none_or(|best| 1.0 - found.gain < (1.0 - best.gain) * LONGER);
        if found.gain >= needed && better {
            best = Some(found);
        }
    }
    best
}

/// Tries one period; `None` where the history does not allow it.
pub fn fold(means: &[f64], start: i64, width: i64, period: i64) -> Option<Found> {
    if width <= 0 || period < width {
        return None;
    }
    let round = period as f64 / width as f64;
    let bins = (round.floor() as usize).max(1);
    let moving = moving_level(means, (round.round() as usize).max(1));
    let (mut sums, mut seen) = (vec![0.0; bins], vec![0u32; bins]);
    let bin = |i: usize| {
        let middle = start.saturating_add(width / 2).saturating_add(width.saturating_mul(i as i64));
        ((phase(middle, period) * bins as f64) as usize).min(bins - 1)
    };
    let rests = || means.iter().zip(&moving).enumerate().filter(|(_, (x, _))| x.is_finite()).map(|(i, (x, m))| (bin(i), x - m));
    for (bin, rest) in rests() {
        sums[bin] += rest;
        seen[bin] += 1;
    }
    let (mut total, mut left, mut n) = (0.0, 0.0, 0.0);
    for (bin, rest) in rests().filter(|(bin, _)| seen[*bin] > 1) {
        // Foretold from the other rounds alone.
        let told = (sums[bin] - rest) / f64::from(seen[bin] - 1);
        total += rest * rest;
        left += (rest - told) * (rest - told);
        n += 1.0;
    }
    if n < ROUNDS * SHORTEST || total <= 0.0 {
        return None;
    }
    let form = sums.iter().zip(&seen).map(|(sum, n)| if *n > 0 { sum / f64::from(*n) } else { f64::NAN }).collect();
    let last = means.len().saturating_sub(bins);
    let (sum, count) = means[last..].iter().filter(|x| x.is_finite()).fold((0.0, 0.0), |(s, n), x| (s + x, n + 1.0));
    let level = if count > 0.0 { sum / count } else { moving.last().copied()? };
    Some(Found { period, gain: 1.0 - left / total, variance: (total - left).max(0.0) / n, form, seen, rest: (left / n).sqrt(), level })
}

/// The mean over the round around each bucket: what is left without it has neither trend nor level.
fn moving_level(means: &[f64], round: usize) -> Vec<f64> {
    let mut sums = Vec::with_capacity(means.len() + 1);
    sums.push((0.0, 0.0));
    for x in means {
        let (sum, n) = sums.last().copied().unwrap_or((0.0, 0.0));
        sums.push(if x.is_finite() { (sum + x, n + 1.0) } else { (sum, n) });
    }
    let reach = means.len().min(round);
    let mean = |i: usize| {
        // At the ends a whole round still, else half a season would pass for a trend.
        let from = i.saturating_sub(reach / 2).min(means.len() - reach);
        let ((a, n), (b, m)) = (sums[from], sums[from + reach]);
        if m - n > 0.0 { (b - a) / (m - n) } else { f64::NAN }
    };
    let mut levels: Vec<f64> = (0..means.len()).map(mean).collect();
    let mut held = levels.iter().copied().find(|x| x.is_finite()).unwrap_or(0.0);
    for level in &mut levels {
        if level.is_finite() { held = *level } else { *level = held }
    }
    levels
}

/// Numbers far from a moving level are cut to it; `None` for a constant history.
fn without_spikes(means: &[f64]) -> Option<Vec<f64>> {
    let mut rests: Vec<f64> = means.iter().copied().filter(|x| x.is_finite()).collect();
    let middle = median(&mut rests)?;
    for x in &mut rests {
        *x = (*x - middle).abs();
    }
    let spread = median(&mut rests)? / MAD;
    if spread <= super::welford::noise_floor(middle) {
        // More than half the buckets are equal: what sticks out is the season, or nothing is.
        return (rests.iter().any(|x| *x > super::welford::noise_floor(middle))).then(|| means.to_vec());
    }
    Some(means.iter().map(|x| if x.is_finite() { x.clamp(middle - CUT * spread, middle + CUT * spread) } else { *x }).collect())
}

/// Periods at which the history is like itself, the most alike first.
fn proposed(means: &[f64], width: i64) -> Vec<i64> {
    let moving = moving_level(means, means.len() / ROUNDS as usize);
    let there: Vec<f64> = means.iter().map(|x| f64::from(u8::from(x.is_finite()))).collect();
    let rest: Vec<f64> = means.iter().zip(&moving).map(|(x, m)| if x.is_finite() { x - m } else { 0.0 }).collect();
    let lags = means.len() / 2;
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let alike = |lag: usize| {
        let pairs = dot(&there[lag..], &there);
        if pairs > 0.0 { dot(&rest[lag..], &rest) / pairs } else { 0.0 }
    };
    let whole = alike(0);
    if whole <= 0.0 {
        return Vec::new();
    }
    let alike: Vec<f64> = (0..lags).map(|lag| alike(lag) / whole).collect();
    let peak = |lag: usize| alike[lag] >= PEAK && alike[lag] >= alike[lag - 1] && alike[lag] > alike[lag + 1];
    let longest = means.len() / ROUNDS as usize;
    let mut peaks: Vec<usize> = (SHORTEST as usize..longest.min(lags.saturating_sub(1))).filter(|lag| peak(*lag)).collect();
    peaks.sort_by(|a, b| alike[*b].total_cmp(&alike[*a]));
    peaks.truncate(PEAKS);
    peaks.into_iter().map(|lag| (sharpened(&alike, lag) * width as f64).round() as i64).collect()
}

/// The period of which `lag` is the nearest whole number, from the peaks at its multiples: these are as sharp, but farther out.
fn sharpened(alike: &[f64], lag: usize) -> f64 {
    let mut period = lag as f64;
    for times in 1.. {
        let near = (period * f64::from(times)).round() as usize;
        if near + 2 >= alike.len() {
            break;
        }
        let top = (near - 1..=near + 1).fold(near, |top, lag| if alike[lag] > alike[top] { lag } else { top });
        if alike[top] < PEAK {
            break;
        }
        // The top of the parabola through the peak and its neighbours.
        let (a, b, c) = (alike[top - 1], alike[top], alike[top + 1]);
        let bend = a - 2.0 * b + c;
        let moved = if bend < 0.0 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        period = (top as f64 + moved) / f64::from(times);
    }
    period
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    const MINUTE: i64 = 60_000;

    fn wave(n: usize, round: f64, noise: f64, seed: u64) -> Vec<f64> {
        let mut random = Random::new(seed);
        (0..n).map(|i| 100.0 + 10.0 * (std::f64::consts::TAU * i as f64 / round).sin() + noise * random.normal()).collect()
    }

    #[test]
    fn the_day_is_found_by_name_and_any_other_period_nearly() {
        let day = wave(384, 48.0, 5.0, 1);
        assert_eq!(find(&day, 0, 30 * MINUTE).unwrap().period, 24 * HOUR);
        for round in [11.3, 20.4, 37.7, 77.0] {
            let found = find(&wave(384, round, 5.0, 2), 0, 7 * MINUTE).unwrap();
            let period = found.period as f64 / (7 * MINUTE) as f64;
            assert!((period - round).abs() < round * 0.02, "{round}: {period}");
        }
    }

    #[test]
    fn gaps_spikes_and_trends_hide_no_season() {
        let mut day = wave(384, 24.0, 3.0, 3);
        day[100..150].fill(f64::NAN);
        day[200] = 1e6;
        for (i, x) in day.iter_mut().enumerate() {
            *x += i as f64 * 0.2;
        }
        assert_eq!(find(&day, 0, HOUR).unwrap().period, 24 * HOUR);
    }

    #[test]
    fn a_week_is_found_where_days_differ_and_only_there() {
        let mut random = Random::new(4);
        let mut of = |weekend: f64| -> Vec<f64> {
            let day = |i: usize| if (i / 12) % 7 < 5 { 1.0 } else { weekend };
            (0..84 * 4).map(|i| day(i) * (50.0 + 40.0 * (std::f64::consts::TAU * i as f64 / 12.0).sin()) + random.normal()).collect()
        };
        assert_eq!(find(&of(0.3), 0, 2 * HOUR).unwrap().period, 168 * HOUR);
        assert_eq!(find(&of(1.0), 0, 2 * HOUR).unwrap().period, 24 * HOUR);
    }

    #[test]
    fn noise_and_random_walks_hardly_ever_have_a_season() {
        let (mut of_noise, mut of_walk) = (0, 0);
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let noise: Vec<f64> = (0..384).map(|_| random.normal()).collect();
            of_noise += u32::from(find(&noise, 0, 10 * MINUTE).is_some());
            let mut x = 0.0;
            let walk: Vec<f64> = (0..384).map(|_| (x += random.normal(), x).1).collect();
            of_walk += u32::from(find(&walk, 0, 10 * MINUTE).is_some());
        }
        assert_eq!(of_noise, 0);
        assert!(of_walk <= 10, "{of_walk} of 200 walks");
    }

    #[test]
    fn constant_and_empty_histories_have_none_and_huge_ones_do_not_overflow() {
        assert!(find(&[], 0, MINUTE).is_none());
        assert!(find(&[5.0; 384], 0, MINUTE).is_none());
        assert!(find(&[f64::NAN; 384], 0, MINUTE).is_none());
        let huge = find(&[1e140, -1e140].repeat(192), 0, MINUTE).unwrap();
        assert!(huge.gain.is_finite() && huge.rest.is_finite() && huge.level.is_finite(), "what does return may be as large as numbers go");
    }
}
