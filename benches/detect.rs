//! What one observation costs each detector, and what a refit of the forest costs.
//!
//! `cargo bench --bench detect`; run it when a detector or `stats` changed.

use bellwether::detect::{Forest, ParamValue, Params, kind};
use bellwether::model::{Detector, Observation, Timestamp};
use bellwether::stats::random::Random;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Points that a round goes through: enough that no cache of the processor knows them by heart.
const POINTS: usize = 16_384;

/// What is measured: its name, the kind, parameters, dimensions.
type Case = (&'static str, &'static str, &'static [(&'static str, f64)], usize);

fn made(name: &str, pairs: &[(&str, f64)]) -> Option<Box<dyn Detector>> {
    let params = Params(pairs.iter().map(|(name, x)| ((*name).to_owned(), ParamValue::Number(*x))).collect());
    kind(name).map(|kind| (kind.build)(&params, 1))
}

fn points(dims: usize) -> Vec<f64> {
    let mut random = Random::new(1);
    (0..POINTS * dims).map(|_| 100.0 + 10.0 * random.normal()).collect()
}

fn observations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("observation");
    group.throughput(Throughput::Elements(POINTS as u64));
    let kinds: [Case; 10] = [
        ("threshold", "threshold", &[("above", 130.0), ("clear", 120.0)], 1),
        ("sigma, all so far", "sigma", &[], 1),
        ("sigma, window 200", "sigma", &[("window", 200.0)], 1),
        ("forest 1-D, judge and learn with refits", "isolation-forest", &[], 1),
        ("forest 2-D, judge and learn with refits", "isolation-forest", &[], 2),
        ("forest 5-D, judge and learn with refits", "isolation-forest", &[], 5),
        ("random cuts 1-D, judge and learn", "random-cut-forest", &[], 1),
        ("random cuts 5-D, judge and learn", "random-cut-forest", &[], 5),
        ("random cuts 1-D, shingle 8, judge and learn", "random-cut-forest", &[("shingle", 8.0)], 1),
        ("shape, judge and learn", "shape", &[], 1),
    ];
    for (label, name, pairs, dims) in kinds {
        let (points, Some(mut detector)) = (points(dims), made(name, pairs)) else { continue };
        group.bench_function(label, |bencher| {
            bencher.iter(|| {
                for x in points.chunks_exact(dims) {
                    let x = Observation::Numbers(x);
                    black_box(detector.judge(Timestamp::default(), &x));
                    detector.learn(Timestamp::default(), &x);
                }
            });
        });
    }
    for dims in [1, 2, 5] {
        let (points, Some(mut detector)) = (points(dims), made("isolation-forest", &[])) else { continue };
        points.chunks_exact(dims).for_each(|x| detector.learn(Timestamp::default(), &Observation::Numbers(x)));
        group.bench_function(format!("forest {dims}-D, judge only ({} kB)", detector.memory() / 1024), |bencher| {
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

criterion_group!(benches, observations, refits);
criterion_main!(benches);
