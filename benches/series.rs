//! What many series cost: a hundred thousand of them, one sample a second each, all judged.
//!
//! `cargo bench --bench series -- [KIND] [SERIES] [SECONDS] [RETENTION_MINUTES]`; without arguments the two
//! cases of the documentation. Prints the time a virtual second takes (below 1 s: one core holds
//! it) and the memory of the process. Not a statistical benchmark: one run is long enough to be
//! steady, and what is asked is whether it fits.

use bellwether::detect::{DetectorOn, DetectorSpec, Params, kind};
use bellwether::engine::{Engine, Limits, Plan, SourcePlan};
use bellwether::model::{Input, Millis, Reading, SourceId, Timestamp};
use bellwether::stats::random::Random;
use bellwether::store::StoreLimits;
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

/// Resident memory in MiB, as the system counts it.
#[expect(clippy::disallowed_methods, reason = "a benchmark asks the system")]
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(f64::NAN);
    kib / 1024.0
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn run(case: &Case) -> Option<String> {
    let before = resident();
    let (mut engine, faults) = Engine::new(plan(case)?);
    assert!(faults.is_empty(), "{faults:?}");
    let mut random = Random::new(7);
    let name: Arc<str> = "load".into();
    let mut readings: Vec<Vec<Reading>> = (0..case.series)
        .map(|i| Reading { name: Arc::clone(&name), labels: vec![("host".into(), format!("host-{i:06}").into())], value: 0.0, unit: "" })
        .collect::<Vec<_>>()
        .chunks(EACH)
        .map(<[Reading]>::to_vec)
        .collect();
    let (mut spent, mut flagged, mut judged) = (0.0, 0_u64, 0_u64);
    for second in 0..case.seconds {
        for (i, reading) in readings.iter_mut().flatten().enumerate() {
            reading.value = 50.0 + (i % 97) as f64 + 5.0 * random.normal();
        }
        let at = Timestamp::from_millis(START + second as i64 * 1_000);
        let start = Instant::now();
        engine.handle(Input::Tick(at));
        for (source, readings) in readings.iter().enumerate() {
            engine.handle(Input::Readings { source: SourceId(source as u16), at, readings });
        }
        while engine.poll_effect().is_some() {
            flagged += 1;
        }
        // The first half fills windows and learns; what is asked is what comes after.
        if second >= case.seconds / 2 {
            spent += start.elapsed().as_secs_f64();
            judged += 1;
        }
    }
    let second = spent / judged.max(1) as f64;
    Some(format!(
        "{:<18} {:>8} series  {:>6} s  retention {:>6}  {:.3} s a second ({:.0} ns a sample)  {:>6.0} MiB  {flagged} flagged",
        case.kind,
        case.series,
        case.seconds,
        case.retention.to_string(),
        second,
        second * 1e9 / case.series as f64,
        resident() - before,
    ))
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
    let cases = match given.first() {
        Some(kind) => vec![case(kind, 1)],
        None => vec![case("sigma", 1), case("auto", 60)],
    };
    for case in cases {
        println!("{}", run(&case).unwrap_or_else(|| format!("no kind {:?}", case.kind)));
    }
}
