//! The meter as the machine sees it: values, order, lateness, limits.

use super::*;
use crate::model::{EventRef, FieldId, Millis, SourceId, Timestamp, Value};
use proptest::prelude::*;
use std::fmt::Write;
use std::sync::Arc;

struct Is(usize, &'static str);

impl Condition for Is {
    fn holds(&self, values: &[Value<'_>]) -> bool {
        values[self.0].text() == Some(self.1)
    }
}

/// Fields: 0 amount, 1 region, 2 status.
const NAMES: [&str; 3] = ["amount", "region", "status"];

fn def(measure: &str, by: &[u16], step: Option<i64>) -> MetricDef {
    let measure = Measure::parse(measure).unwrap();
    let spec = MetricSpec {
        name: "m".into(),
        stream: "s".into(),
        field: measure.needs_field().then(|| "amount".into()),
        measure,
        of: None,
        to: None,
        by: by.iter().map(|&b| Arc::from(NAMES[b as usize])).collect(),
        filter: None,
        step: step.map(Millis::new),
        unit: "".into(),
        max_series: 1_000,
        explain_by: Vec::new(),
    };
    MetricDef {
        field: spec.field.is_some().then_some(FieldId(0)),
        by: by.iter().map(|&b| FieldId(b)).collect(),
        spec,
        filter: None,
        of: None,
        to: None,
    }
}

fn place(partition: i32, offset: i64) -> Place {
    Place { source: SourceId(0), topic_index: 0, partition, offset }
}

fn feed(m: &mut Meter, at: i64, partition: i32, offset: i64, values: &[Value<'_>], out: &mut Vec<Measured>) -> bool {
    m.accept(&EventRef { at: Timestamp::from_millis(at), values }, place(partition, offset), out)
}

fn meter(defs: Vec<MetricDef>) -> Meter {
    Meter::new(defs, Millis::from_secs(2), MeterLimits::default())
}

fn shown(m: &Meter, out: &[Measured]) -> String {
    out.iter().fold(String::new(), |mut text, s| {
        let _ = writeln!(text, "{} m{}{} {}", s.at.as_millis(), s.metric, m.labels(s.metric, s.group), s.value);
        text
    })
}

#[test]
fn the_reference_case() {
    let words = ["count", "rate", "sum", "mean", "min", "max", "last", "median", "p90", "stddev", "distinct"];
    let mut m = meter(words.iter().map(|w| def(w, &[], Some(60_000))).collect());
    let mut out = Vec::new();
    for (i, amount) in [300.0, 100.0, 500.0, 200.0, 400.0].into_iter().enumerate() {
        assert!(feed(&mut m, 1_000 * i as i64, 0, i as i64, &[Value::Number(amount)], &mut out));
    }
    m.close_all(&mut out);
    let values: Vec<String> = words.iter().zip(&out).map(|(w, s)| format!("{w} {}", (s.value * 100.0).round() / 100.0)).collect();
    assert_eq!(
        values.join(", "),
        "count 5, rate 0.08, sum 1500, mean 300, min 100, max 500, last 400, median 300, p90 460, stddev 158.11, distinct 5"
    );
}

#[test]
fn windows_close_by_end_then_start_then_metric_then_labels() {
    let mut m = meter(vec![def("mean", &[1], Some(1_000)), def("count", &[1], Some(2_000)), def("max", &[1], Some(1_000))]);
    let mut out = Vec::new();
    for (i, (at, region)) in [(0, "US"), (500, "EU"), (1_500, "US"), (1_000, "EU"), (4_000, "EU")].into_iter().enumerate() {
        feed(&mut m, at, 0, i as i64, &[Value::Number(i as f64), Value::Text(region)], &mut out);
    }
    assert!(m.is_due() && out.is_empty());
    m.close(&mut out);
    assert_eq!(
        shown(&m, &out),
        "0 m0{region=\"EU\"} 1\n0 m0{region=\"US\"} 0\n0 m2{region=\"EU\"} 1\n0 m2{region=\"US\"} 0\n\
         0 m1{region=\"EU\"} 2\n0 m1{region=\"US\"} 2\n\
         1000 m0{region=\"EU\"} 3\n1000 m0{region=\"US\"} 2\n1000 m2{region=\"EU\"} 3\n1000 m2{region=\"US\"} 2\n"
    );
    assert!(!m.is_due());
}

#[test]
fn late_events_change_nothing() {
    let mut m = meter(vec![def("count", &[], Some(10_000)), def("last", &[], None)]);
    let mut out = Vec::new();
    assert!(feed(&mut m, 10_000, 0, 0, &[Value::Number(1.0)], &mut out));
    assert!(feed(&mut m, 8_000, 0, 1, &[Value::Number(1.0)], &mut out), "just the lateness is in time");
    assert!(!feed(&mut m, 7_999, 0, 2, &[Value::Number(1.0)], &mut out), "its window is open, but it is older than the watermark");
    m.close_all(&mut out);
    assert_eq!(shown(&m, &out), "10000 m1 1\n8000 m1 1\n0 m0 1\n10000 m0 1\n");
}

#[test]
fn counts_of_nothing_are_zero_while_the_group_is_known_and_means_have_gaps() {
    let mut m = meter(vec![def("count", &[1], Some(1_000)), def("mean", &[1], Some(1_000)), def("sum", &[1], Some(1_000))]);
    let mut out = Vec::new();
    feed(&mut m, 0, 0, 0, &[Value::Number(5.0), Value::Text("EU")], &mut out);
    feed(&mut m, 5_000, 0, 1, &[Value::Number(7.0), Value::Text("US")], &mut out);
    m.close(&mut out);
    let eu = r#"{region="EU"}"#;
    assert_eq!(
        shown(&m, &out),
        format!("0 m0{eu} 1\n0 m1{eu} 5\n0 m2{eu} 5\n1000 m0{eu} 0\n1000 m2{eu} 0\n2000 m0{eu} 0\n2000 m2{eu} 0\n")
    );
    out.clear();
    feed(&mut m, 10_000_000, 0, 2, &[Value::Number(7.0), Value::Text("US")], &mut out);
    m.close(&mut out);
    let zeros = out.iter().filter(|s| s.metric == 0 && s.value.abs() < 0.5).count();
    assert_eq!(zeros, 58 + 60, "60 for each group, of which two were given above, and then a gap");
}

#[test]
fn an_ungrouped_count_under_a_condition_is_zero_from_the_streams_first_event() {
    let mut failures = def("count", &[], Some(1_000));
    failures.filter = Some(Box::new(Is(2, "failed")));
    let mut m = meter(vec![failures]);
    let mut out = Vec::new();
    for (at, status) in [(0, "paid"), (1_000, "failed"), (2_000, "paid")] {
        feed(&mut m, at, 0, at, &[Value::Missing, Value::Missing, Value::Text(status)], &mut out);
    }
    m.close_all(&mut out);
    assert_eq!(shown(&m, &out), "0 m0 0\n1000 m0 1\n2000 m0 0\n");
}

#[test]
fn a_ratio_without_events_below_the_line_has_no_value() {
    let mut ratio = def("ratio", &[1], Some(1_000));
    ratio.of = Some(Box::new(Is(2, "failed")));
    ratio.to = Some(Box::new(Is(0, "payment")));
    let mut m = meter(vec![ratio]);
    let mut out = Vec::new();
    let events = [(0, "payment", "EU", "failed"), (1, "payment", "EU", "paid"), (2, "view", "EU", "paid"), (3, "view", "US", "paid")];
    for (at, kind, region, status) in events {
        feed(&mut m, at, 0, at, &[Value::Text(kind), Value::Text(region), Value::Text(status)], &mut out);
    }
    m.close_all(&mut out);
    assert_eq!(shown(&m, &out), "0 m0{region=\"EU\"} 0.5\n");
}

#[test]
fn event_time_runs_on_when_all_partitions_are_idle() {
    let mut m = meter(vec![def("count", &[], Some(1_000))]);
    let mut out = Vec::new();
    let slot = place(0, 0).slot();
    m.assigned(slot);
    m.tick(Timestamp::from_millis(50_000));
    feed(&mut m, 100, 0, 0, &[Value::Number(1.0)], &mut out);
    m.tick(Timestamp::from_millis(60_000));
    m.close(&mut out);
    assert_eq!(out, [], "an active partition may still deliver");
    m.idle(slot);
    m.tick(Timestamp::from_millis(60_000));
    m.close(&mut out);
    assert_eq!(m.watermark(), Some(Timestamp::from_millis(100 + 10_000 - 2_000)));
    assert_eq!(out.len(), 8, "one count and the zeros after it");
}

#[test]
fn the_oldest_windows_give_way_beyond_the_limit_and_stay_closed() {
    let limits = MeterLimits { open_windows: 8, ..MeterLimits::default() };
    let mut m = Meter::new(vec![def("sum", &[1], Some(1_000))], Millis::from_secs(3_600), limits);
    let mut out = Vec::new();
    for at in 0..20 {
        feed(&mut m, at * 1_000, 0, at, &[Value::Number(at as f64), Value::Text("EU")], &mut out);
        assert!(m.open_windows() <= 8);
    }
    assert_eq!((out.len(), m.forced()), (12, 12));
    assert!(feed(&mut m, 0, 0, 20, &[Value::Number(9.0), Value::Text("EU")], &mut out), "in time, but its window is gone");
    assert_eq!(m.shut_out(), 1);
    m.close_all(&mut out);
    let values: Vec<i64> = out.iter().map(|s| s.value as i64).collect();
    assert_eq!(values, (0..20).collect::<Vec<_>>());
}

#[test]
fn sketches_have_a_limit_of_their_own() {
    let limits = MeterLimits { open_windows: 1_600, ..MeterLimits::default() };
    let mut m = Meter::new(vec![def("p99", &[1], Some(1_000)), def("mean", &[2], Some(1_000))], Millis::from_secs(3_600), limits);
    let mut out = Vec::new();
    for at in 0..500 {
        feed(&mut m, at * 1_000, 0, at, &[Value::Number(1.0), Value::Text("EU"), Value::Text("x")], &mut out);
    }
    assert_eq!(m.open_windows(), 500 + 100);
    assert!(out.iter().all(|s| s.metric == 0));
}

#[test]
fn partitions_far_ahead_are_held_back_until_windows_are_few_again() {
    let limits = MeterLimits { open_windows: 100, ..MeterLimits::default() };
    let mut m = Meter::new(vec![def("mean", &[], Some(1_000))], Millis::ZERO, limits);
    let mut out = Vec::new();
    for at in 0..60 {
        feed(&mut m, at * 1_000, 1, at, &[Value::Number(1.0)], &mut out);
        feed(&mut m, 0, 0, at, &[Value::Number(1.0)], &mut out);
    }
    assert_eq!(m.ahead(), [place(1, 0).slot()], "60 windows are more than half the limit");
    let mut held_until = 0;
    for at in (0..60_000).step_by(500) {
        feed(&mut m, at, 0, at, &[Value::Number(1.0)], &mut out);
        m.close(&mut out);
        if !m.ahead().is_empty() {
            held_until = m.open_windows();
        }
    }
    assert_eq!(held_until, 25, "until they are a quarter");
}

#[test]
fn provisional_values_are_those_of_the_newest_window() {
    let mut m = meter(vec![def("mean", &[1], Some(1_000))]);
    let mut out = Vec::new();
    for (at, x) in [(0, 1.0), (1_000, 4.0), (1_500, 6.0)] {
        feed(&mut m, at, 0, at, &[Value::Number(x), Value::Text("EU")], &mut out);
    }
    let mut seen = Vec::new();
    m.provisional(&mut |metric, group, sample| seen.push((metric, group, sample.at.as_millis(), sample.value.to_string())));
    assert_eq!(seen, [(0, 0, 1_000, "5".to_owned())]);
    assert_eq!(out, []);
}

#[test]
fn a_million_keys_do_not_grow_memory() {
    let mut stepped = def("mean", &[1], Some(1_000));
    stepped.spec.max_series = 100;
    let mut raw = def("last", &[1], None);
    raw.spec.max_series = 50;
    let mut m = meter(vec![stepped, raw]);
    let mut out = Vec::new();
    let mut at_a_tenth = 0;
    for i in 0..1_000_000i64 {
        let key = format!("user-{i}");
        feed(
            &mut m,
            i / 1_000 * 100,
            0,
            i,
            &[Value::Number(1.0), if i % 2 == 0 { Value::Text(&key) } else { Value::Number(i as f64) }],
            &mut out,
        );
        if i % 1_000 == 0 {
            m.close(&mut out);
            out.clear();
        }
        if i == 100_000 {
            at_a_tenth = m.memory();
        }
    }
    assert!(m.memory() <= at_a_tenth + 1_024, "{} after {at_a_tenth}", m.memory());
    assert_eq!((m.folded(0), m.folded(1)), (1_000_000 - 100, 1_000_000 - 50));
    feed(&mut m, 100_000_000, 0, 0, &[Value::Number(1.0), Value::Text("yet another")], &mut out);
    assert_eq!(out.last().map(|s| m.labels(1, s.group).to_string()).as_deref(), Some(r#"{region="other"}"#));
}

#[test]
fn metrics_fold_into_other_each_by_its_own_limit() {
    let mut narrow = def("count", &[1], Some(1_000));
    narrow.spec.max_series = 1;
    let mut m = meter(vec![narrow, def("count", &[1], Some(1_000))]);
    let mut out = Vec::new();
    for (i, region) in ["EU", "US", "CN"].into_iter().enumerate() {
        feed(&mut m, 0, 0, i as i64, &[Value::Missing, Value::Text(region)], &mut out);
    }
    m.close_all(&mut out);
    assert_eq!(
        shown(&m, &out),
        "0 m0{region=\"EU\"} 1\n0 m0{region=\"other\"} 2\n0 m1{region=\"CN\"} 1\n0 m1{region=\"EU\"} 1\n0 m1{region=\"US\"} 1\n"
    );
}

type Happening = (i64, i32, i64, u8, f64);

fn run(events: &[Happening], close_every: usize) -> (String, u64) {
    let words = ["count", "sum", "mean", "min", "max", "last", "p95", "stddev", "distinct"];
    let mut defs: Vec<MetricDef> = words.iter().map(|w| def(w, &[1], Some(1_000))).collect();
    defs.push(def("mean", &[], Some(3_000)));
    let mut m = Meter::new(defs, Millis::from_secs(10), MeterLimits::default());
    let (mut out, mut late) = (Vec::new(), 0);
    for (i, &(at, partition, offset, region, x)) in events.iter().enumerate() {
        let region = ["EU", "US", "CN"][region as usize];
        late += u64::from(!feed(&mut m, at, partition, offset, &[Value::Number(x), Value::Text(region)], &mut out));
        if i % close_every == 0 {
            m.close(&mut out);
        }
    }
    m.close_all(&mut out);
    (shown(&m, &out), late)
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = (0i64..9_000, 0i32..3, 0u8..3, -1e6f64..1e6, -20i32..20);
    prop::collection::vec(one, 1..300)
        .prop_map(|list| list.into_iter().enumerate().map(|(i, (at, p, r, x, e))| (at, p, i as i64, r, x * f64::from(e).exp2())).collect())
}

proptest! {
    /// Within the lateness, no order of arrival and no cut of batches changes a byte.
    #[test]
    fn values_do_not_depend_on_the_order_of_arrival(events in happenings(), seed in any::<u64>(), cuts in 1usize..50) {
        let mut shuffled = events.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        let (first, late) = run(&events, usize::MAX);
        prop_assert_eq!(late, 0);
        prop_assert_eq!(&run(&shuffled, 1).0, &first);
        prop_assert_eq!(&run(&shuffled, cuts).0, &first);
    }

    /// With a short lateness some are late; closing often or seldom still gives the same.
    #[test]
    fn cutting_batches_differently_changes_nothing(steps in prop::collection::vec((-3_000i64..4_000, 0i32..2, 0u8..3), 1..200), cuts in 1usize..50) {
        let run = |close_every: usize| {
            let mut m = meter(vec![def("count", &[1], Some(1_000)), def("mean", &[], Some(5_000)), def("rate", &[], Some(100))]);
            let (mut out, mut at, mut accepted, mut before) = (Vec::new(), 0, 0, None);
            for (i, &(step, partition, region)) in steps.iter().enumerate() {
                at += step;
                let values = [Value::Number(1.0), Value::Text(["EU", "US", "CN"][region as usize])];
                accepted += u64::from(feed(&mut m, at, partition, i as i64, &values, &mut out));
                assert!(before <= m.watermark(), "the watermark never goes back");
                before = m.watermark();
                if i % close_every == 0 {
                    m.close(&mut out);
                }
            }
            m.close_all(&mut out);
            let counted: f64 = out.iter().filter(|s| s.metric == 0).map(|s| s.value).sum();
            assert_eq!(counted as u64, accepted, "each accepted event is counted once");
            shown(&m, &out)
        };
        prop_assert_eq!(run(cuts), run(1));
    }
}
