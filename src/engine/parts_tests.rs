//! Parts against hand-made windows.

use super::*;
use crate::model::{Band, Baseline, Basis, Millis, Pattern};

fn metric(name: &str, measure: Measure, by: &[&str], explain_by: &[&str]) -> MetricSpec {
    let texts = |list: &[&str]| list.iter().map(|t| Arc::from(*t)).collect();
    MetricSpec {
        name: name.into(),
        stream: "s".into(),
        field: measure.needs_field().then(|| "v".into()),
        measure,
        of: None,
        to: None,
        by: texts(by),
        filter: None,
        step: Some(Millis::from_secs(60)),
        unit: "".into(),
        max_series: 100,
        explain_by: texts(explain_by),
    }
}

fn scored(centre: f64) -> Scored {
    let baseline = Baseline { basis: Basis::Mean, centre, ..Baseline::none("test") };
    Scored { score: 0.9, threshold: 0.5, flagged: true, expected: None, pattern: Pattern::Dip, baseline }
}

/// Windows of a metric split by `provider`: amounts and weights of alpha and beta, and at last what explains the deviation of `value`.
fn shares(measure: Measure, windows: &[[(f64, f64); 2]], value: f64, centre: f64) -> Vec<(String, f64)> {
    let mut metrics = vec![metric("m", measure, &[], &["provider"])];
    metrics.extend(finer(&metrics));
    let mut parts = Parts::new(&metrics, 1);
    let labels = ["alpha", "beta"].map(|p| LabelSet::new([("provider", p)]));
    let mut at = Timestamp::default();
    for window in windows {
        at = at + Millis::from_secs(60);
        for (group, (value, weight)) in window.iter().enumerate() {
            parts.take(&Measured { metric: 1, group: group as u32, at, value: *value, weight: *weight }, || &labels[group]);
        }
    }
    let told = parts.explain(0, &LabelSet::none(), at, value, &scored(centre));
    told.into_iter().map(|c| (c.what.to_string(), (c.share * 100.0).round() / 100.0)).collect()
}

#[test]
fn a_drop_of_a_count_is_shared_by_what_each_part_lost() {
    let mut windows = vec![[(100.0, 1.0), (50.0, 1.0)]; 10];
    windows.push([(17.0, 1.0), (33.0, 1.0)]);
    assert_eq!(shares(Measure::Count, &windows, 50.0, 150.0), [("provider=alpha".to_owned(), 0.83), ("provider=beta".to_owned(), 0.17)]);
    // What rose cannot carry a drop.
    assert_eq!(shares(Measure::Count, &windows, 50.0, 20.0), []);
    assert_eq!(shares(Measure::Count, &windows[6..], 50.0, 150.0), [], "too early");
}

#[test]
fn a_ratio_is_explained_by_the_excess_above_each_parts_own() {
    let mut windows = vec![[(0.02, 100.0), (0.10, 50.0)]; 10];
    windows.push([(0.42, 100.0), (0.18, 50.0)]);
    assert_eq!(shares(Measure::Ratio, &windows, 0.34, 0.05), [("provider=alpha".to_owned(), 0.91), ("provider=beta".to_owned(), 0.09)]);
}

#[test]
fn a_mean_is_explained_by_weight() {
    let mut windows = vec![[(10.0, 90.0), (10.0, 10.0)]; 10];
    windows.push([(12.0, 90.0), (30.0, 10.0)]);
    assert_eq!(shares(Measure::Mean, &windows, 13.8, 10.0), [("provider=beta".to_owned(), 0.53), ("provider=alpha".to_owned(), 0.47)]);
}

#[test]
fn parts_that_fall_silent_count_as_nothing() {
    let mut windows = vec![[(100.0, 1.0), (50.0, 1.0)]; 10];
    windows.push([(100.0, 1.0), (0.0, 1.0)]);
    assert_eq!(shares(Measure::Sum, &windows, 100.0, 150.0), [("provider=beta".to_owned(), 1.0)]);
}

#[test]
fn a_metric_that_is_there_explains_without_being_asked_for() {
    let metrics = [metric("m", Measure::Count, &["region"], &[]), metric("fine", Measure::Count, &["provider", "region"], &[])];
    assert!(finer(&metrics).is_empty());
    let mut parts = Parts::new(&metrics, 2);
    assert!(!parts.is_empty() && Parts::new(&metrics[..1], 1).is_empty());
    let region = LabelSet::new([("region", "EU")]);
    let mut at = Timestamp::default();
    for window in 0..12 {
        at = at + Millis::from_secs(60);
        for group in 0..100_u32 {
            let labels = LabelSet::new([("region", "EU".to_owned()), ("provider", format!("p{group}"))]);
            let value = if window == 11 && group == 3 { 500.0 } else { 5.0 };
            parts.take(&Measured { metric: 1, group, at, value, weight: 1.0 }, || &labels);
        }
    }
    let mut up = scored(f64::NAN);
    up.expected = Some(Band::new(0.0, 600.0));
    let told = parts.explain(0, &region, at, 995.0, &up);
    assert_eq!(told.iter().map(|c| (&*c.what, c.share)).collect::<Vec<_>>(), [("provider=p3", 1.0)]);
    assert_eq!(parts.splits[0].wholes[0].parts.len(), KEPT + 1);
    assert!(parts.explain(0, &LabelSet::none(), at, 995.0, &up).is_empty());
}

#[test]
fn trouble_does_not_become_usual() {
    let metrics = [metric("m", Measure::Count, &[], &[]), metric("fine", Measure::Count, &["provider"], &[])];
    let mut parts = Parts::new(&metrics, 2);
    let labels = LabelSet::new([("provider", "p")]);
    let mut at = Timestamp::default();
    for window in 0..600 {
        at = at + Millis::from_secs(60);
        let odd = window >= 10;
        parts.take(&Measured { metric: 1, group: 0, at, value: if odd { 50.0 } else { 5.0 }, weight: 1.0 }, || &labels);
        if odd {
            parts.explain(0, &LabelSet::none(), at, 50.0, &scored(5.0));
        }
        let usual = parts.splits[0].wholes[0].parts[0].usual.of;
        if window == 300 {
            assert!((usual - 5.0).abs() < 1e-9, "{usual}");
        }
    }
    assert!(parts.splits[0].wholes[0].parts[0].usual.of > 30.0, "in the end it does");
}
