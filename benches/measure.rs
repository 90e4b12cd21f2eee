//! What metrics and the store cost: an event, closing a second, a sample, a range.
//!
//! `cargo bench --bench measure`. The events are those of the ingest benchmark: 64 sensors, mean
//! and count by sensor and second.

use bellwether::measure::{Measure, Measured, Meter, MeterLimits, MetricDef, MetricSpec, Place};
use bellwether::model::{Band, EventRef, FieldId, LabelSet, Millis, Sample, SeriesKey, SourceId, Timestamp, Value};
use bellwether::store::{SeriesSpec, Store, StoreLimits};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const SENSORS: i64 = 64;
const EVENTS_A_SECOND: i64 = 2_000;

/// What the events of a run are keyed by.
type Key<'a> = Box<dyn Fn(i64) -> Value<'a> + 'a>;

fn def(measure: Measure, step: Option<i64>, max_series: usize) -> MetricDef {
    let spec = MetricSpec {
        name: "m".into(),
        stream: "s".into(),
        field: Some("value".into()),
        measure,
        of: None,
        to: None,
        by: vec!["sensor_id".into()],
        filter: None,
        step: step.map(Millis::from_secs),
        unit: "".into(),
        max_series,
        explain_by: Vec::new(),
    };
    MetricDef { spec, field: Some(FieldId(1)), by: vec![FieldId(0)], filter: None, of: None, to: None }
}

/// Feeds event number `i`; the four partitions take turns.
fn feed(meter: &mut Meter, i: i64, key: Value<'_>, out: &mut Vec<Measured>) -> bool {
    let values = [key, Value::Number(((i * 7_919) % 1_000) as f64 / 10.0)];
    let event = EventRef { at: Timestamp::from_millis(1_700_000_000_000 + i * 1_000 / EVENTS_A_SECOND), values: &values };
    meter.accept(&event, Place { source: SourceId(0), topic_index: 0, partition: (i / 250 % 4) as i32, offset: i }, out)
}

fn meters(c: &mut Criterion) {
    let mut group = c.benchmark_group("accept");
    group.throughput(Throughput::Elements(1));
    let texts: Vec<String> = (0..SENSORS).map(|i| format!("sensor-{i:03}")).collect();
    let many: Vec<String> = (0..1_000_000).map(|i| format!("user-{i}")).collect();
    let number = || -> Key<'_> { Box::new(|i| Value::Number((i % SENSORS) as f64)) };
    let cases: Vec<(&str, Vec<MetricDef>, Key<'_>)> = vec![
        ("mean+count/number", vec![def(Measure::Mean, Some(1), 1_000), def(Measure::Count, Some(1), 1_000)], number()),
        (
            "mean+count/text",
            vec![def(Measure::Mean, Some(1), 1_000), def(Measure::Count, Some(1), 1_000)],
            Box::new(|i| Value::Text(&texts[(i % SENSORS) as usize])),
        ),
        ("mean/million-keys", vec![def(Measure::Mean, Some(1), 1_000)], Box::new(|i| Value::Text(&many[(i % 1_000_000) as usize]))),
        ("p99/hour", vec![def(Measure::Percentile(99.0), Some(3_600), 1_000)], number()),
        ("stddev", vec![def(Measure::Stddev, Some(1), 1_000)], number()),
        ("distinct", vec![def(Measure::Distinct, Some(1), 1_000)], number()),
        ("raw", vec![def(Measure::Last, None, 1_000)], number()),
    ];
    for (name, defs, key) in cases {
        let mut meter = Meter::new(defs, Millis::from_secs(2), MeterLimits::default());
        let (mut i, mut out) = (0, Vec::new());
        group.bench_function(name, |b| {
            b.iter(|| {
                let in_time = feed(&mut meter, i, key(i), &mut out);
                i += 1;
                if i % 1_000 == 0 {
                    meter.close(&mut out);
                    black_box(&out);
                    out.clear();
                }
                in_time
            });
        });
    }
    group.finish();
}

fn close(c: &mut Criterion) {
    let mut group = c.benchmark_group("close");
    group.throughput(Throughput::Elements(2 * SENSORS as u64));
    group.bench_function("128-series-a-second", |b| {
        b.iter_batched(
            || {
                let defs = vec![def(Measure::Mean, Some(1), 1_000), def(Measure::Count, Some(1), 1_000)];
                let mut meter = Meter::new(defs, Millis::ZERO, MeterLimits::default());
                let mut out = Vec::new();
                for i in 0..EVENTS_A_SECOND + 1_000 {
                    feed(&mut meter, i, Value::Number((i % SENSORS) as f64), &mut out);
                }
                (meter, out)
            },
            |(mut meter, mut out)| {
                meter.close(&mut out);
                (meter, out)
            },
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn stores(c: &mut Criterion) {
    let spec = SeriesSpec { unit: "".into(), step: Some(Millis::from_secs(1)), watched: false };
    let mut store = Store::new(StoreLimits::default());
    let ids: Vec<_> =
        (0..128).filter_map(|i| store.open(&SeriesKey::new("m", LabelSet::new([("sensor", i.to_string())])), &spec)).collect();
    let at = |i: usize| Timestamp::from_millis((i / 128) as i64 * 1_000);
    let mut i = 0;
    let mut step = |store: &mut Store| {
        let id = ids[i % 128];
        store.push(id, Sample { at: at(i), value: (i * 7_919 % 1_000) as f64 }, at(i));
        store.judge(id, Some(Band::new(0.0, 1_000.0)), false);
        i += 1;
    };
    c.bench_function("push+judge", |b| b.iter(|| step(&mut store)));
    (0..90_000 * 128).for_each(|_| step(&mut store));
    let newest = store.info(ids[0]).last.map_or(Timestamp::MIN, |s| s.at);
    let mut out = Vec::new();
    for (name, seconds) in [("range/10m", 600), ("range/1h", 3_600), ("range/24h", 86_400)] {
        c.bench_function(name, |b| {
            b.iter(|| {
                store.range(ids[0], newest - Millis::from_secs(seconds), newest, 240, &mut out);
                black_box(out.len())
            });
        });
    }
    let mut bins = Vec::new();
    c.bench_function("histogram/24h", |b| {
        b.iter(|| {
            store.histogram(ids[0], 48, &mut bins);
            black_box(bins.len())
        });
    });
}

criterion_group!(benches, meters, close, stores);
criterion_main!(benches);
