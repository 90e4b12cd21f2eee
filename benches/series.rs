//! What many series cost: a hundred thousand of them, one sample a second each, all judged.
//!
//! `cargo bench --bench series -- [KIND] [SERIES] [SECONDS] [RETENTION_MINUTES]`; without arguments the two
//! cases of the documentation, `sigma` with the shortest retention and `auto` with the usual one. At each
//! eighth of the run it prints the time a virtual second takes, by the clock and of the processor (below
//! 1 s: one core holds it), how many raw samples are kept of each series, and the memory of the process
//! now and at its highest. Not a statistical benchmark: what is asked is whether it fits, and whether
//! memory stays where it is: `-- auto 200 259200` is three days of two hundred series.
//!
//! `cargo bench --bench series -- store [SERIES] [MIB] [HOURS]` asks the store alone, through a day and more,
//! in minutes: by default a thousand series that have a hundredth of the memory, as a hundred thousand of
//! them have all of it. Once a day is full the figures stay.

use bellwether::detect::{DetectorOn, DetectorSpec, Params, kind};
use bellwether::engine::{Effect, Engine, Limits, Plan, SourcePlan};
use bellwether::model::{Band, Input, LabelSet, Millis, Reading, Sample, SeriesKey, SourceId, Timestamp};
use bellwether::stats::random::Random;
use bellwether::store::{SeriesSpec, Store, StoreLimits};
use std::sync::Arc;
use std::time::Instant;

/// Readings of one source: fewer than it remembers by their place.
const EACH: usize = 5_000;
/// The virtual moment of the first sample.
const START: i64 = 1_764_000_000_000;

struct Case {
    kind: String,
    series: usize,
    seconds: usize,
    retention: Millis,
}

fn plan(case: &Case) -> Option<Plan> {
    let kind = kind(&case.kind)?;
    let source = |id: usize| SourcePlan {
        id: SourceId(id as u16),
        name: format!("source-{id}").into(),
        kind: "host",
        stale_after: Millis::from_secs(10),
    };
    let detector = DetectorSpec {
        name: "odd".into(),
        kind: kind.name,
        on: DetectorOn::Metric("load".into()),
        params: Params::default(),
        keys_max: case.series,
        accept_after: DetectorSpec::ACCEPT_AFTER,
    };
    let store = StoreLimits { series: case.series, retention: case.retention, ..StoreLimits::default() };
    Some(Plan {
        sources: (0..case.series.div_ceil(EACH)).map(source).collect(),
        detectors: vec![detector],
        limits: Limits { store, ..Limits::default() },
        ..Plan::default()
    })
}

/// A number of kilobytes in what the system says of this process, in MiB.
#[expect(clippy::disallowed_methods, reason = "a benchmark asks the system")]
fn mib(name: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib: f64 = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(f64::NAN);
    kib / 1024.0
}

/// Seconds that this thread has had a processor: on a machine used by others the clock says more.
#[expect(clippy::disallowed_methods, reason = "a benchmark asks the system")]
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).map_or(f64::NAN, |ns: f64| ns / 1e9)
}

#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and prints")]
fn run(case: &Case) -> Option<()> {
    let (mut engine, faults) = Engine::new(plan(case)?);
    assert!(faults.is_empty(), "{faults:?}");
    println!("{}, {} series, retention {}", case.kind, case.series, case.retention);
    let mut random = Random::new(7);
    let name: Arc<str> = "load".into();
    let mut readings: Vec<Vec<Reading>> = (0..case.series)
        .map(|i| Reading { name: Arc::clone(&name), labels: vec![("host".into(), format!("host-{i:06}").into())], value: 0.0, unit: "" })
        .collect::<Vec<_>>()
        .chunks(EACH)
        .map(<[Reading]>::to_vec)
        .collect();
    let (mut spent, mut used, mut worst, mut flagged, mut seconds) = (0.0, 0.0, 0.0_f64, 0_u64, 0_u32);
    for second in 0..case.seconds {
        for (i, reading) in readings.iter_mut().flatten().enumerate() {
            reading.value = 50.0 + (i % 97) as f64 + 5.0 * random.normal();
        }
        let at = Timestamp::from_millis(START + second as i64 * 1_000);
        let (start, before) = (Instant::now(), processor());
        engine.handle(Input::Tick(at));
        for (source, readings) in readings.iter().enumerate() {
            engine.handle(Input::Readings { source: SourceId(source as u16), at, readings });
        }
        while let Some(effect) = engine.poll_effect() {
            flagged += u64::from(matches!(effect, Effect::Anomaly(_)));
        }
        spent += start.elapsed().as_secs_f64();
        let now = processor() - before;
        (used, worst, seconds) = (used + now, worst.max(now), seconds + 1);
        if (second + 1) % (case.seconds / 8).max(1) == 0 {
            let raw = engine.store().shallow().map_or_else(|| "all".to_owned(), |raw| raw.to_string());
            println!(
                "{:>7} s: {:.3} s a second, {:.3} s of the processor (at most {worst:.3}; {:.0} ns a sample)  {raw} raw samples, {:.0} MiB in the store, {:.0} resident, {:.0} at most  {flagged} flagged",
                second + 1,
                spent / f64::from(seconds),
                used / f64::from(seconds),
                used / f64::from(seconds) * 1e9 / case.series as f64,
                engine.store().memory() as f64 / 1_048_576.0,
                mib("VmRSS:"),
                mib("VmHWM:"),
            );
            (spent, used, worst, seconds) = (0.0, 0.0, 0.0, 0);
        }
    }
    Some(())
}

/// The store alone, each sample judged.
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and prints")]
fn store(series: usize, memory: usize, hours: usize) {
    let mut store = Store::new(StoreLimits { series, memory, ..StoreLimits::default() });
    let spec = SeriesSpec { unit: "".into(), step: None, watched: true };
    let key = |i: usize| SeriesKey::new("load", LabelSet::new([("host", format!("host-{i:06}"))]));
    let before = mib("VmRSS:");
    let ids: Vec<_> = (0..series).filter_map(|i| store.open(&key(i), &spec)).collect();
    let (mut random, mut best) = (Random::new(7), f64::MAX);
    let values: Vec<f64> = (0..4_093).map(|_| 50.0 + 5.0 * random.normal()).collect();
    for second in 0..hours * 3_600 {
        let (at, start) = (Timestamp::from_millis(START + second as i64 * 1_000), Instant::now());
        for (i, &id) in ids.iter().enumerate() {
            let value = values[(second * 31 + i) % values.len()];
            store.push(id, Sample { at, value }, at);
            store.judge(id, Some(Band::new(value - 12.3, 61.7)), false);
        }
        best = best.min(start.elapsed().as_nanos() as f64 / series as f64);
        if (second + 1) % 7_200 == 0 {
            let raw = store.shallow().map_or_else(|| "all".to_owned(), |raw| raw.to_string());
            let (held, seen) = (store.memory() as f64 / series as f64, (mib("VmRSS:") - before) * 1_048_576.0 / series as f64);
            println!(
                "{:>3} h: {raw} raw samples, {held:.0} bytes a series, {seen:.0} resident  {best:.0} ns a sample",
                (second + 1) / 3_600
            );
            best = f64::MAX;
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let number = |place: usize, usual: usize| given.get(place).and_then(|a| a.parse().ok()).unwrap_or(usual);
    let case = |kind: &str, minutes: usize| Case {
        kind: kind.to_owned(),
        series: number(1, 100_000),
        seconds: number(2, 600),
        retention: Millis::from_secs(60 * number(3, minutes) as i64),
    };
    if given.first().is_some_and(|kind| kind == "store") {
        let hundredth = StoreLimits::default().memory / 100;
        return store(number(1, 1_000), given.get(2).map_or(hundredth, |_| number(2, 1) << 20), number(3, 26));
    }
    let day = 24 * 60;
    let cases = match given.first() {
        Some(kind) => vec![case(kind, day)],
        None => vec![case("sigma", 1), case("auto", day)],
    };
    for case in cases {
        if run(&case).is_none() {
            println!("no kind {:?}", case.kind);
        }
    }
}
