//! The store as the screen and the machine see it: ranges, limits, memory.

use super::*;
use crate::model::{Band, LabelSet, Millis, Sample, SeriesId, SeriesKey, Timestamp};
use proptest::prelude::*;

fn ms(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn key(name: &str, label: &str) -> SeriesKey {
    SeriesKey::new(name, LabelSet::new([("k", label)]))
}

fn spec(step: Option<i64>, watched: bool) -> SeriesSpec {
    SeriesSpec { unit: "".into(), step: step.map(Millis::new), watched }
}

fn limits(series: usize, raw: usize, retention_s: i64) -> StoreLimits {
    StoreLimits { series, raw, retention: Millis::from_secs(retention_s), ..StoreLimits::default() }
}

fn push(store: &mut Store, id: SeriesId, at: i64, value: f64) -> bool {
    store.push(id, Sample { at: ms(at), value }, ms(at))
}

fn one(raw: usize, retention_s: i64, step: Option<i64>) -> (Store, SeriesId) {
    let mut store = Store::new(limits(10, raw, retention_s));
    let id = store.open(&key("m", "a"), &spec(step, false)).unwrap();
    (store, id)
}

fn range(store: &Store, id: SeriesId, from: i64, to: i64, buckets: usize) -> Vec<Bucket> {
    let mut out = Vec::new();
    store.range(id, ms(from), ms(to), buckets, &mut out);
    out
}

fn counts(buckets: &[Bucket]) -> Vec<u64> {
    buckets.iter().map(|b| b.count).collect()
}

#[test]
fn samples_fall_into_their_buckets_and_gaps_stay_gaps() {
    let (mut store, id) = one(100, 3_600, Some(1_000));
    for at in [0, 1_000, 2_000, 7_000, 9_000] {
        push(&mut store, id, at, at as f64);
        store.judge(id, Some(Band::new(0.0, at as f64)), at == 1_000);
    }
    let buckets = range(&store, id, 0, 10_000, 5);
    assert_eq!(counts(&buckets), [2, 1, 0, 1, 1]);
    assert_eq!(
        buckets[0],
        Bucket {
            at: ms(0),
            count: 2,
            min: 0.0,
            max: 1_000.0,
            sum: 1_000.0,
            last: 1_000.0,
            band: Some(Band::new(0.0, 1_000.0)),
            flagged: true
        }
    );
    assert_eq!(buckets[2], Bucket::gap(ms(4_000)));
    assert_eq!(buckets[0].mean().map(|m| m as i64), Some(500));
    assert_eq!(counts(&range(&store, id, -5_000, 0, 5)), [0; 5]);
    assert_eq!(counts(&range(&store, id, 500, 500, 2)), [0; 2]);
    assert_eq!(range(&store, id, 0, 10, 0), []);
}

#[test]
fn a_day_is_drawn_from_rollups_with_verdicts_and_gaps() {
    let (mut store, id) = one(1_024, 86_400, Some(1_000));
    for s in 0..86_400 {
        if !(40_000..43_600).contains(&s) {
            push(&mut store, id, s * 1_000, s as f64);
            store.judge(id, Some(Band::new(0.0, 1e6)), s == 50_000);
        }
    }
    let day = range(&store, id, 0, 86_400_000, 144);
    assert_eq!(store.resolution(id, ms(0)), Some(Millis::from_secs(600)));
    assert_eq!(day.iter().map(|b| b.count).sum::<u64>(), 86_400 - 3_600);
    assert!(day[67..72].iter().all(|b| b.count == 0), "an hour without samples");
    assert_eq!(day.iter().position(|b| b.flagged), Some(50_000 / 600));
    assert_eq!(day[143].band, Some(Band::new(0.0, 1e6)));
    assert_eq!((day[10].min as i64, day[10].max as i64, day[10].last as i64), (6_000, 6_599, 6_599));
    for (from_s, width_s) in [(86_400 - 1_024, 0), (86_400 - 3_000, 10), (86_400 - 20_000, 60)] {
        let width = store.resolution(id, ms(from_s * 1_000)).map_or(0, |w| w.get() / 1_000);
        assert_eq!(width, width_s, "from {from_s}");
    }
}

#[test]
fn buckets_narrower_than_the_resolution_share_it_without_gaps() {
    let (mut store, id) = one(4, 7_200, Some(1_000));
    for s in 0..7_200 {
        push(&mut store, id, s * 1_000, 1.0);
    }
    assert_eq!(store.resolution(id, ms(1_000_000)), Some(Millis::from_secs(60)));
    let fine = range(&store, id, 960_000, 1_260_000, 30);
    assert_eq!(counts(&fine), [10; 30]);
    assert!(fine.iter().all(|b| (b.sum - 10.0).abs() < 1e-9));
    let end = range(&store, id, 0, 7_230_000, 7_230 / 5);
    assert!(counts(&end)[1_440..].iter().all(|&c| c == 0), "nothing is drawn after the newest sample");
}

#[test]
fn a_sample_out_of_order_is_put_where_it_belongs() {
    let (mut store, id) = one(4, 100, None);
    for (at, x) in [(10_000, 1.0), (30_000, 3.0), (20_000, 2.0), (20_000, 2.5)] {
        assert!(push(&mut store, id, at, x));
    }
    store.judge(id, None, true);
    let mut tail = Vec::new();
    store.tail(id, 3, &mut tail);
    let shown: Vec<_> = tail.iter().map(|(s, f)| (s.at.as_millis(), s.value.to_string(), *f)).collect();
    assert_eq!(shown, [(20_000, "2".into(), false), (20_000, "2.5".into(), true), (30_000, "3".into(), false)]);
    assert_eq!(store.info(id).last.map(|s| s.at), Some(ms(30_000)), "the newest by time");
    assert!(push(&mut store, id, 25_000, 9.0));
    store.tail(id, 9, &mut tail);
    assert_eq!(tail.iter().map(|(s, _)| s.at.as_millis() / 1_000).collect::<Vec<_>>(), [20, 20, 25, 30]);
    assert!(push(&mut store, id, 5_000, 9.0), "older than the ring, but not than the retention");
    assert_eq!(counts(&range(&store, id, 0, 40_000, 4)), [1, 1, 3, 1]);
    assert!(push(&mut store, id, 200_000, 1.0));
    assert!(!push(&mut store, id, 30_000, 1.0));
    assert_eq!((store.outdated(), store.info(id).samples), (1, 7));
}

#[test]
fn the_longest_unheard_gives_way_watched_never() {
    let mut store = Store::new(limits(3, 8, 60));
    let watched = store.open(&key("m", "w"), &spec(None, true)).unwrap();
    let a = store.open(&key("m", "a"), &spec(None, false)).unwrap();
    let b = store.open(&key("m", "b"), &spec(None, false)).unwrap();
    push(&mut store, a, 1_000, 1.0);
    push(&mut store, b, 2_000, 1.0);
    push(&mut store, a, 3_000, 1.0);
    let c = store.open(&key("m", "c"), &spec(None, false)).unwrap();
    assert_eq!((store.alive(a), store.alive(b), c), (true, false, SeriesId(3)));
    assert!(!push(&mut store, b, 4_000, 1.0));
    store.judge(b, None, true);
    store.provisional(b, None);
    assert_eq!((store.info(b).key.to_string().as_str(), store.info(b).samples), ("", 0));
    assert_eq!(counts(&range(&store, b, 0, 10, 2)), [0, 0]);
    assert_eq!((store.percentile(b, 50.0), store.resolution(b, ms(0)), store.find(&key("m", "b"))), (None, None, None));
    let again = store.open(&key("m", "b"), &spec(None, true)).unwrap();
    assert_eq!((again, store.alive(a), store.alive(c)), (SeriesId(4), false, true), "c was opened after a was heard");
    assert_eq!(store.open(&key("m", "c"), &spec(None, true)), Some(c));
    assert_eq!(store.open(&key("m", "d"), &spec(None, false)), None);
    assert_eq!((store.refused(), store.evicted(), store.len()), (1, 2, 3));
    assert_eq!(store.iter().map(|i| i.id).collect::<Vec<_>>(), [watched, c, again]);
}

#[test]
fn series_of_a_metric_come_by_their_labels() {
    let mut store = Store::new(StoreLimits::default());
    let ids: Vec<_> =
        [("m", "z"), ("m2", "a"), ("m", "b"), ("l", "a")].map(|(n, l)| store.open(&key(n, l), &spec(None, false)).unwrap()).to_vec();
    assert_eq!(store.of_metric("m").collect::<Vec<_>>(), [ids[2], ids[0]]);
    assert_eq!(store.of_metric("none").count(), 0);
}

#[test]
fn histogram_and_percentiles_are_exact_then_sketched_then_from_rollups() {
    let (mut store, id) = one(1_024, 86_400, Some(1_000));
    for (i, x) in [100.0, 200.0, 300.0, 400.0, 500.0].into_iter().enumerate() {
        push(&mut store, id, i as i64 * 1_000, x);
    }
    assert_eq!(store.percentile(id, 50.0).map(|p| p.to_string()), Some("300".into()));
    let mut out = Vec::new();
    store.histogram(id, 2, &mut out);
    assert_eq!(out, [(100.0, 300.0, 2), (300.0, 500.0, 3)]);
    for s in 5..40_000 {
        push(&mut store, id, s * 1_000, (s % 1_000) as f64);
    }
    store.histogram(id, 20, &mut out);
    assert_eq!((out.len(), out.iter().map(|b| b.2).sum::<u64>()), (20, 40_000));
    assert!(out.iter().all(|b| (1_600..2_400).contains(&b.2)), "{out:?}");
    let p90 = store.percentile(id, 90.0).unwrap();
    assert!((p90 - 900.0).abs() < 20.0, "{p90}");
    for s in 40_000..200_000 {
        push(&mut store, id, s * 1_000, 5_000.0);
    }
    assert!((store.percentile(id, 1.0).unwrap() - 5_000.0).abs() < 100.0, "what is older than a day is forgotten");
}

#[test]
fn beyond_the_limit_of_sketches_the_rollups_answer() {
    let mut store = Store::new(limits(2_010, 8, 3_600));
    let ids: Vec<_> = (0..2_010).map(|i| store.open(&key("m", &i.to_string()), &spec(Some(1_000), false)).unwrap()).collect();
    for s in 0..600 {
        for &id in &ids {
            push(&mut store, id, s * 1_000, (s % 100) as f64);
        }
    }
    for id in [ids[0], ids[2_009]] {
        let median = store.percentile(id, 50.0).unwrap();
        assert!((median - 49.5).abs() < 4.0, "{median}");
        let mut out = Vec::new();
        store.histogram(id, 10, &mut out);
        assert_eq!(out.iter().map(|b| b.2).sum::<u64>(), 600);
    }
}

#[test]
fn a_million_keys_do_not_grow_memory() {
    let mut store = Store::new(limits(500, 64, 600));
    let mut at_a_tenth = 0;
    for i in 0..1_000_000i64 {
        let id = store.open(&key("m", &format!("user-{i:07}")), &spec(Some(1_000), false)).unwrap();
        push(&mut store, id, i, 1.0);
        if i == 100_000 {
            at_a_tenth = store.memory();
        }
    }
    assert_eq!((store.len(), store.evicted()), (500, 999_500));
    assert!(store.memory() <= at_a_tenth && at_a_tenth < 1 << 20, "{} after {at_a_tenth}", store.memory());
}

#[test]
fn short_series_are_small_and_long_ones_bounded() {
    let mut store = Store::new(StoreLimits { series: 100_000, ..StoreLimits::default() });
    for i in 0..20_000 {
        let id = store.open(&key("m", &i.to_string()), &spec(Some(1_000), false)).unwrap();
        push(&mut store, id, 0, 1.0);
    }
    let each = store.memory() / 20_000;
    assert!(each < 1_800, "{each} bytes for a series of one sample");
    let (mut store, id) = one(1_024, 86_400, Some(1_000));
    for s in 0..300_000 {
        push(&mut store, id, s * 1_000, (s % 777) as f64);
        store.judge(id, Some(Band::new(0.0, 1.0)), false);
    }
    assert!(store.memory() < 100_000, "{} bytes for a judged series of a sample a second", store.memory());
    let counted: usize = store.memory();
    let fresh = Store::new(StoreLimits::default()).memory();
    assert!(counted > fresh);
}

#[test]
fn many_series_share_the_memory_and_still_reach_back_a_day() {
    let limits = StoreLimits { series: 400, memory: 8 << 20, ..StoreLimits::default() };
    let mut store = Store::new(limits);
    let mut ids: Vec<_> = (0..40).map(|i| store.open(&key("m", &i.to_string()), &spec(None, true)).unwrap()).collect();
    let fill = |store: &mut Store, ids: &[SeriesId], from: i64, seconds: i64| {
        for s in from..from + seconds {
            for &id in ids {
                push(store, id, s * 1_000, (s % 100) as f64);
                store.judge(id, Some(Band::new(0.0, 100.0)), false);
            }
        }
    };
    fill(&mut store, &ids, 0, 2_000);
    let mut tail = Vec::new();
    store.tail(ids[0], 2_000, &mut tail);
    assert_eq!((tail.len(), store.shallow(), store.news()), (1_024, None, None));
    ids.extend((40..400).map(|i| store.open(&key("m", &i.to_string()), &spec(None, true)).unwrap()));
    let kept = store.shallow().unwrap();
    assert!((100..400).contains(&kept), "{kept}");
    assert!(store.news().is_some_and(|n| n.contains("400 series share 8 MiB")) && store.news().is_none(), "it is told once");
    store.tail(ids[0], 2_000, &mut tail);
    assert_eq!((tail.len(), tail[kept - 1].0.at), (kept, ms(1_999_000)), "the newest are kept, at once");
    assert_eq!(store.held(), store.recount());
    fill(&mut store, &ids[..4], 2_000, 90_000);
    fill(&mut store, &ids[4..], 86_400, 2_000);
    assert!(store.memory() <= 8 << 20, "{} bytes", store.memory());
    assert_eq!(store.held(), store.recount());
    let day = range(&store, ids[0], 6_600_000, 91_800_000, 142);
    assert!(day.iter().all(|b| b.count == 600), "a day back at ten minutes");
    for &id in &ids[30..] {
        store.remove(id);
    }
    assert_eq!((store.shallow(), store.held()), (None, store.recount()));
}

proptest! {
    /// Whatever the order and the range, aligned buckets count what a list of all samples counts.
    #[test]
    fn ranges_count_as_a_list_does(
        samples in prop::collection::vec((0i64..3_000_000, -1e3f64..1e3), 1..400),
        raw in 1usize..500, from in -10i64..300, buckets in 1usize..100, width in 1i64..6,
    ) {
        let (mut store, id) = one(raw, 3_600, None);
        for &(at, x) in &samples { assert!(push(&mut store, id, at, x)); }
        // A multiple of ten seconds, and of a minute where the range is made of minutes.
        let reach = store.resolution(id, ms(from * 60_000)).map_or(10_000, Millis::get).max(10_000);
        let (from, width) = (from * 60_000, width * reach);
        let out = range(&store, id, from, from + width * buckets as i64, buckets);
        prop_assert_eq!(out.len(), buckets);
        for (i, bucket) in out.iter().enumerate() {
            let start = from + width * i as i64;
            prop_assert_eq!(bucket.at, ms(start));
            let mut inside: Vec<_> = samples.iter().filter(|s| s.0 >= start && s.0 < start + width).collect();
            inside.sort_by_key(|s| s.0);
            prop_assert_eq!(bucket.count, inside.len() as u64);
            if let Some(last) = inside.last() {
                let min = inside.iter().map(|s| s.1).fold(f64::INFINITY, f64::min);
                let max = inside.iter().map(|s| s.1).fold(f64::NEG_INFINITY, f64::max);
                prop_assert_eq!((bucket.min.to_bits(), bucket.max.to_bits(), bucket.last.to_bits()), (min.to_bits(), max.to_bits(), last.1.to_bits()));
                prop_assert!((bucket.sum - inside.iter().map(|s| s.1).sum::<f64>()).abs() < 1e-6);
            }
        }
    }

    /// Any range of anything: no panic, sorted buckets, nothing outside the samples' times.
    #[test]
    fn any_range_is_right_in_its_outline(
        samples in prop::collection::vec((0i64..10_000_000, -1e3f64..1e3), 0..200),
        raw in 1usize..50, from in -1_000_000i64..11_000_000, span in -5i64..20_000_000, buckets in 0usize..300,
    ) {
        let (mut store, id) = one(raw, 20_000, None);
        for &(at, x) in &samples {
            push(&mut store, id, at, x);
        }
        let out = range(&store, id, from, from + span, buckets);
        prop_assert_eq!(out.len(), buckets);
        prop_assert!(out.windows(2).all(|w| w[0].at <= w[1].at));
        let newest = samples.iter().map(|s| s.0).max().unwrap_or(i64::MIN);
        for bucket in out.iter().filter(|b| b.count > 0) {
            prop_assert!(bucket.at.as_millis() <= newest);
            prop_assert!(bucket.min <= bucket.max && bucket.last >= bucket.min && bucket.last <= bucket.max);
            let mean = bucket.mean().unwrap();
            prop_assert!(mean >= bucket.min - 1e-6 && mean <= bucket.max + 1e-6);
        }
        let extremes = [ms(i64::MIN), ms(i64::MAX)];
        store.range(id, extremes[0], extremes[1], buckets, &mut Vec::new());
    }

    /// The count kept step by step is the count of what is held.
    #[test]
    fn memory_is_what_is_held(steps in prop::collection::vec((0u32..30, 0i64..200_000, any::<bool>()), 1..400)) {
        let mut store = Store::new(limits(10, 16, 100));
        for (k, at, judged) in steps {
            let id = store.open(&key("m", &k.to_string()), &spec(None, k == 0)).unwrap();
            push(&mut store, id, at, at as f64);
            if judged {
                store.judge(id, Some(Band::new(0.0, 1.0)), true);
            }
            prop_assert!(store.len() <= 10);
            prop_assert!(store.find(&key("m", "0")).is_none_or(|id| store.alive(id)));
        }
        prop_assert_eq!(store.held(), store.recount());
    }
}
