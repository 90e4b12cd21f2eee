//! What one observation costs each kind of detector, in time and memory, and what a refit of the forest costs.
//!
//! `cargo bench --bench detect`; run it when a detector or `stats` changed. The table is of every kind
//! in the registry that sees numbers, with its defaults: the best of some rounds, as other work on the
//! machine only ever makes a round longer.

use bellwether::detect::{Forest, KINDS, Kind, ParamValue, Params, Sees, kind};
use bellwether::model::{Detector, Observation, Timestamp};
use bellwether::stats::random::Random;
use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

/// Points that a round goes through: enough that no cache of the processor knows them by heart.
const POINTS: usize = 16_384;
/// Milliseconds from one observation to the next.
const STEP: i64 = 1_000;
/// Time spent on a kind: some dozen rounds of all but the slowest.
const PATIENCE: Duration = Duration::from_millis(1_500);

fn made(name: &str, pairs: &[(&str, f64)]) -> Option<Box<dyn Detector>> {
    let params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    kind(name).map(|kind| (kind.build)(&params, 1))
}

/// What must be given, and what makes a second line worth while.
fn variants(kind: &Kind) -> Vec<Vec<(&'static str, f64)>> {
    match kind.name {
        "threshold" => vec![vec![("above", 130.0), ("clear", 120.0)]],
        "sigma" => vec![vec![], vec![("window", 300.0)]],
        "mad" => vec![vec![], vec![("window", 1_440.0)]],
        _ => vec![vec![]],
    }
}

fn points(dims: usize) -> Vec<f64> {
    let mut random = Random::new(1);
    (0..POINTS * dims).map(|_| 100.0 + 10.0 * random.normal()).collect()
}

/// Nanoseconds for judging and learning one observation, and bytes held afterwards.
#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn cost(detector: &mut dyn Detector) -> (f64, usize) {
    // The first rounds fill the detector's window; the best one has it full.
    let (points, mut at, mut best, start) = (points(1), 0, f64::MAX, std::time::Instant::now());
    while start.elapsed() < PATIENCE {
        let round = std::time::Instant::now();
        for x in points.chunks_exact(1) {
            let (now, x) = (Timestamp::from_millis(at), Observation::Numbers(x));
            black_box(detector.judge(now, &x));
            detector.learn(now, &x);
            at += STEP;
        }
        best = best.min(round.elapsed().as_nanos() as f64 / POINTS as f64);
    }
    (best, detector.memory())
}

fn table() {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "| kind | ns an observation | bytes |\n|---|---:|---:|");
    for kind in KINDS.iter().filter(|kind| kind.sees == Sees::Numbers) {
        for pairs in variants(kind) {
            let Some(mut detector) = made(kind.name, &pairs) else { continue };
            let (ns, bytes) = cost(detector.as_mut());
            let _ = write!(out, "| {}", kind.name);
            for (name, x) in &pairs {
                let _ = write!(out, ", {name} {x}");
            }
            let _ = writeln!(out, " | {ns:.1} | {bytes} |");
        }
    }
}

fn forests(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forest");
    group.throughput(Throughput::Elements(POINTS as u64));
    for dims in [1, 2, 5] {
        let (points, Some(mut detector)) = (points(dims), made("isolation-forest", &[])) else { continue };
        group.bench_function(format!("{dims}-D, judge and learn with refits"), |bencher| {
            bencher.iter(|| {
                for x in points.chunks_exact(dims) {
                    let x = Observation::Numbers(x);
                    black_box(detector.judge(Timestamp::default(), &x));
                    detector.learn(Timestamp::default(), &x);
                }
            });
        });
        points.chunks_exact(dims).for_each(|x| detector.learn(Timestamp::default(), &Observation::Numbers(x)));
        group.bench_function(format!("{dims}-D, judge only ({} kB)", detector.memory() / 1024), |bencher| {
            bencher.iter(|| {
                for x in points.chunks_exact(dims) {
                    black_box(detector.judge(Timestamp::default(), &Observation::Numbers(x)));
                }
            });
        });
    }
    group.finish();
}

fn refits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("refit");
    for dims in [1, 2, 5] {
        let points = points(dims);
        group.bench_function(format!("detector {dims}-D, history 2048"), |bencher| {
            let ready = || {
                let mut detector = made("isolation-forest", &[("min", 2048.0)]);
                let first = points.chunks_exact(dims).take(2047);
                if let Some(d) = &mut detector {
                    first.clone().for_each(|x| d.learn(Timestamp::default(), &Observation::Numbers(x)));
                }
                detector
            };
            let last = &points[2047 * dims..2048 * dims];
            bencher.iter_batched_ref(
                ready,
                |detector| detector.iter_mut().for_each(|d| d.learn(Timestamp::default(), &Observation::Numbers(last))),
                BatchSize::SmallInput,
            );
        });
        group.bench_function(format!("batch {dims}-D, 100 trees of 256"), |bencher| {
            bencher.iter(|| black_box(Forest::fit(&points[..2048 * dims], dims, 100, 256, 1)));
        });
    }
    group.finish();
}

criterion_group!(benches, forests, refits);

fn main() {
    table();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
