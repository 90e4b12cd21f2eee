//! Labelled series of the kinds that telemetry has, made from fixed seeds: what a detector must find
//! in them is known, for it was planted. Met by the table test and by whoever writes the files anew.

use bellwether::stats::random::Random;
use std::f64::consts::TAU;

/// The first moment: a Monday, midnight UTC.
pub const FIRST: i64 = 1_772_409_600;
const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Rows by which a labelled window reaches beyond what was planted, on both sides: nobody marks to the sample.
const MARGIN: usize = 3;

/// One series: its rows, and what was planted where.
pub struct Series {
    /// Folder and file.
    pub name: &'static str,
    /// Seconds since the epoch, and the value.
    pub rows: Vec<(i64, f64)>,
    /// First and last row of each planted anomaly.
    pub planted: Vec<(usize, usize)>,
}

impl Series {
    /// The planted anomalies as people would mark them.
    pub fn windows(&self) -> Vec<(usize, usize)> {
        self.planted.iter().map(|(from, to)| (from.saturating_sub(MARGIN), (to + MARGIN).min(self.rows.len() - 1))).collect()
    }
}

/// All of them.
pub fn all() -> Vec<Series> {
    vec![
        daily_dip(),
        weekly_office(),
        cron_spikes(),
        counter_resets(),
        counter_stuck(),
        sparse_errors(),
        failure_ratio(),
        level_shift(),
        variance_change(),
        slow_drift(),
        flat_line(),
        constant_step(),
        missing_samples(),
        irregular_steps(),
        heavy_tails(),
        quiet_noise(),
        quiet_constant(),
        quiet_season(),
    ]
}

/// Rows at equal steps; the value is made from the row, its time, and chance, and rounded as telemetry is.
fn steady(
    name: &'static str,
    seed: u64,
    n: usize,
    step: i64,
    planted: &[(usize, usize)],
    mut value: impl FnMut(usize, i64, &mut Random) -> f64,
) -> Series {
    let mut random = Random::new(seed);
    let rows = (0..n).map(|i| (FIRST + i as i64 * step, i)).map(|(at, i)| (at, rounded(value(i, at, &mut random)))).collect();
    Series { name, rows, planted: planted.to_vec() }
}

fn rounded(x: f64) -> f64 {
    (x * 1e3).round() / 1e3
}

/// The share of the day that has passed.
fn day(at: i64) -> f64 {
    at.rem_euclid(DAY) as f64 / DAY as f64
}

/// Low at night, high in the afternoon: 0 to 1.
fn daylight(at: i64) -> f64 {
    0.5 - 0.5 * (TAU * (day(at) - 0.125)).cos()
}

fn within(i: usize, planted: &[(usize, usize)]) -> bool {
    planted.iter().any(|(from, to)| (*from..=*to).contains(&i))
}

/// How many of something that happens `mean` times on average (Knuth).
fn poisson(mean: f64, random: &mut Random) -> f64 {
    let (limit, mut product, mut count) = ((-mean).exp(), random.unit(), 0u32);
    while product > limit {
        product *= random.unit();
        count += 1;
    }
    f64::from(count)
}

/// Requests a second with a day's rhythm; for two hours of a busy afternoon they halve, which at
/// night would be nothing; and one night is as busy as a day.
fn daily_dip() -> Series {
    const DIP: [(usize, usize); 2] = [(1_404, 1_412), (1_735, 1_743)];
    steady("season/daily_dip.csv", 1, 2_016, 15 * MINUTE, &DIP, |i, at, random| {
        let usual = 120.0 + 380.0 * daylight(at);
        let level = if within(i, &DIP[..1]) {
            usual * 0.5
        } else if within(i, &DIP[1..]) {
            430.0
        } else {
            usual
        };
        level * (1.0 + 0.03 * random.normal())
    })
}

/// Logins of an office: working days only. One Wednesday nobody comes; one Sunday many do.
fn weekly_office() -> Series {
    const ODD: [(usize, usize); 2] = [(44 * 24 + 9, 44 * 24 + 17), (48 * 24 + 10, 48 * 24 + 15)];
    steady("season/weekly_office.csv", 2, 8 * 168, HOUR, &ODD, |i, at, random| {
        let hour = at.rem_euclid(DAY) / HOUR;
        let weekday = (at - FIRST).div_euclid(DAY).rem_euclid(7) < 5;
        let open = (8..18).contains(&hour);
        let working = if within(i, &ODD) { !weekday } else { weekday };
        let mean = if open && working { 220.0 - 4.0 * ((hour - 13) as f64).powi(2) } else { 6.0 };
        poisson(mean / 4.0, random) * 4.0
    })
}

/// The load of a machine with a job at every full hour; once the job does not run for four hours, once
/// it runs at another time and much harder.
fn cron_spikes() -> Series {
    const ODD: [(usize, usize); 2] = [(1_296, 1_344), (1_710, 1_713)];
    steady("season/cron_spikes.csv", 3, 2_016, 5 * MINUTE, &ODD, |i, at, random| {
        let job = at.rem_euclid(HOUR) < 10 * MINUTE && !within(i, &ODD[..1]);
        let base = if job { 46.0 } else { 11.0 };
        let extra = if within(i, &ODD[1..]) { 38.0 } else { 0.0 };
        (base + extra + 1.5 * random.normal()).max(0.0)
    })
}

/// A counter of requests that begins anew with each restart; for half an hour it grows eight times as fast.
fn counter_resets() -> Series {
    const BURST: [(usize, usize); 1] = [(1_240, 1_269)];
    let mut total = 0.0;
    steady("counter/resets.csv", 4, 1_800, MINUTE, &BURST, move |i, _, random| {
        if matches!(i, 311 | 702 | 1_055 | 1_610) {
            total = 0.0;
        }
        let rate = if within(i, &BURST) { 1_920.0 } else { 240.0 };
        total += poisson(rate / 20.0, random) * 20.0;
        total
    })
}

/// A counter that stands still for forty minutes.
fn counter_stuck() -> Series {
    const STUCK: [(usize, usize); 1] = [(1_130, 1_169)];
    let mut total = 81_204.0;
    steady("counter/stuck.csv", 5, 1_800, MINUTE, &STUCK, move |i, at, random| {
        if !within(i, &STUCK) {
            total += poisson(9.0 + 8.0 * daylight(at), random) * 10.0;
        }
        total
    })
}

/// Errors that come one by one, most of the time none; then a handful within half an hour, and a rate
/// that is eight times the usual for three hours.
fn sparse_errors() -> Series {
    const ODD: [(usize, usize); 2] = [(905, 907), (1_530, 1_547)];
    steady("count/sparse_errors.csv", 6, 2_016, 10 * MINUTE, &ODD, |i, _, random| {
        let mean = if within(i, &ODD[..1]) {
            7.0
        } else if within(i, &ODD[1..]) {
            1.3
        } else {
            0.16
        };
        poisson(mean, random)
    })
}

/// Failed payments in per cent, of few payments at night and many by day; one provider fails for an hour,
/// later everything for a quarter.
fn failure_ratio() -> Series {
    const ODD: [(usize, usize); 2] = [(1_190, 1_201), (1_802, 1_804)];
    steady("count/failure_ratio.csv", 7, 2_016, 5 * MINUTE, &ODD, |i, at, random| {
        let share = if within(i, &ODD[..1]) {
            0.09
        } else if within(i, &ODD[1..]) {
            0.8
        } else {
            0.012
        };
        let payments = 60 + (340.0 * daylight(at)) as u32;
        let failed = (0..payments).filter(|_| random.unit() < share).count();
        100.0 * failed as f64 / f64::from(payments)
    })
}

/// Latency that rises by half with a release, and stays.
fn level_shift() -> Series {
    const SHIFT: [(usize, usize); 1] = [(1_100, 1_130)];
    steady("change/level_shift.csv", 8, 1_800, 5 * MINUTE, &SHIFT, |i, _, random| {
        let level = if i >= SHIFT[0].0 { 63.0 } else { 42.0 };
        level * (0.09 * random.normal()).exp()
    })
}

/// The same mean, three times the spread.
fn variance_change() -> Series {
    const CHANGE: [(usize, usize); 1] = [(1_000, 1_040)];
    steady("change/variance.csv", 9, 1_600, 5 * MINUTE, &CHANGE, |i, _, random| {
        let spread = if i >= CHANGE[0].0 { 6.0 } else { 2.0 };
        50.0 + spread * random.normal()
    })
}

/// A leak: memory that stood still for days rises, slowly.
fn slow_drift() -> Series {
    const LEAK: [(usize, usize); 1] = [(1_050, 1_350)];
    steady("change/slow_drift.csv", 10, 1_500, 5 * MINUTE, &LEAK, |i, _, random| {
        2_048.0 + 0.9 * i.saturating_sub(LEAK[0].0) as f64 + 14.0 * random.normal()
    })
}

/// A thermometer that wanders, and freezes for six hours within its usual range.
fn flat_line() -> Series {
    const FROZEN: [(usize, usize); 1] = [(1_200, 1_235)];
    let mut last = 21.0;
    steady("still/frozen_sensor.csv", 11, 1_700, 10 * MINUTE, &FROZEN, move |i, at, random| {
        if !within(i, &FROZEN) || i == FROZEN[0].0 {
            last += 0.05 * (18.0 + 5.0 * daylight(at) - last) + 0.12 * random.normal();
        }
        last
    })
}

/// Replicas: always four, for a while three.
fn constant_step() -> Series {
    const THREE: [(usize, usize); 1] = [(800, 820)];
    steady("still/replicas.csv", 12, 1_200, 5 * MINUTE, &THREE, |i, _, _| if within(i, &THREE) { 3.0 } else { 4.0 })
}

/// A tenth of the samples is missing, which is usual; then all of them for five hours, and a spike.
fn missing_samples() -> Series {
    let mut random = Random::new(13);
    let (mut rows, mut planted) = (Vec::new(), Vec::new());
    for i in 0..1_900_i64 {
        let x = rounded(70.0 + 4.0 * random.normal() + if (1_500..1_504).contains(&i) { 45.0 } else { 0.0 });
        let here = random.unit() > 0.1 && !(1_100..1_160).contains(&i);
        if here || (1_500..1_504).contains(&i) || i == 1_160 {
            if i == 1_160 || i == 1_500 {
                planted.push((rows.len(), rows.len() + if i == 1_500 { 3 } else { 1 }));
            }
            rows.push((FIRST + i * 5 * MINUTE, x));
        }
    }
    Series { name: "gaps/missing.csv", rows, planted }
}

/// Samples that come when they come, some of one moment; a burst among them.
fn irregular_steps() -> Series {
    const BURST: [(usize, usize); 1] = [(1_210, 1_222)];
    let mut random = Random::new(14);
    let (mut at, mut rows) = (FIRST, Vec::new());
    for i in 0..1_700 {
        at += (-45.0 * (1.0 - random.unit()).ln()) as i64;
        let level = if within(i, &BURST) { 21.0 } else { 12.0 };
        rows.push((at, rounded(level + 1.1 * random.normal())));
    }
    Series { name: "gaps/irregular.csv", rows, planted: BURST.to_vec() }
}

/// A latency with a heavy tail, where single high samples are usual; then twenty high ones in a row.
fn heavy_tails() -> Series {
    const SLOW: [(usize, usize); 1] = [(1_260, 1_280)];
    steady("tails/latency_p99.csv", 15, 1_800, 5 * MINUTE, &SLOW, |i, _, random| {
        let pareto = 80.0 * (1.0 - random.unit()).powf(-1.0 / 2.8);
        if within(i, &SLOW) { pareto * 4.0 } else { pareto }
    })
}

/// Nothing to be found: noise.
fn quiet_noise() -> Series {
    steady("quiet/noise.csv", 16, 2_016, 5 * MINUTE, &[], |_, _, random| 500.0 + 25.0 * random.normal())
}

/// Nothing to be found: one value.
fn quiet_constant() -> Series {
    steady("quiet/constant.csv", 17, 1_200, 5 * MINUTE, &[], |_, _, _| 8.0)
}

/// Nothing to be found: a day's and a week's rhythm, four weeks long.
fn quiet_season() -> Series {
    steady("quiet/season.csv", 18, 4 * 336, 30 * MINUTE, &[], |_, at, random| {
        let weekend = (at - FIRST).div_euclid(DAY).rem_euclid(7) >= 5;
        let usual = 300.0 + 900.0 * daylight(at) * if weekend { 0.6 } else { 1.0 };
        usual * (1.0 + 0.04 * random.normal())
    })
}
