//! What is inferred for topics of many shapes, and that it always loads without a word.

use super::{InferContext, SampleRecord, TopicSample, infer};
use crate::config::{Loaded, Overrides, join, load};
use crate::decode::{TimeSource, TimeUnit};
use crate::model::{RecordRef, SourceId, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The moment at which all samples begin.
const START: i64 = 1_732_100_000_000;

fn topic(name: &str, keys: bool, payloads: impl IntoIterator<Item = Vec<u8>>) -> TopicSample {
    let record = |(i, payload): (usize, Vec<u8>)| SampleRecord {
        key: keys.then(|| format!("k{}", i % 5).into_bytes()),
        payload: Some(payload),
        time: Some(Timestamp::from_millis(START + i as i64 * 100)),
        headers: Vec::new(),
    };
    TopicSample {
        topic: name.to_owned(),
        partitions: 2,
        records: payloads.into_iter().enumerate().map(record).collect(),
        ..TopicSample::default()
    }
}

fn json_topic(name: &str, make: impl Fn(i64) -> Value) -> TopicSample {
    topic(name, false, (0..200).map(|i| make(i).to_string().into_bytes()))
}

fn loaded(text: &str) -> Loaded {
    let loaded = load(text, "inferred.toml", &Overrides::default()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(loaded.warnings.is_empty(), "{}\n{text}", loaded.warnings);
    loaded
}

fn inferred(sample: TopicSample) -> Loaded {
    let text = infer(std::slice::from_ref(&sample), &InferContext::default());
    assert_eq!(text, infer(&[sample], &InferContext::default()), "the same records give the same text");
    loaded(&text)
}

/// Name, field, labels and step of each metric.
fn metrics(loaded: &Loaded) -> Vec<String> {
    let line = |m: &crate::measure::MetricSpec| {
        let by: Vec<&str> = m.by.iter().map(AsRef::as_ref).collect();
        let step = m.step.map_or_else(|| "raw".to_owned(), |s| s.to_string());
        format!("{} field={} by={} {step}", m.name, m.field.as_deref().unwrap_or("-"), by.join(","))
    };
    loaded.plan.metrics.iter().map(line).collect()
}

fn time(loaded: &Loaded) -> (String, TimeUnit) {
    match &loaded.plan.streams[0].time {
        TimeSource::Field { path, unit } => (path.to_string(), *unit),
        TimeSource::Record => ("(record)".to_owned(), TimeUnit::Auto),
    }
}

#[test]
fn sensors_are_split_by_their_small_whole_ids() {
    let one = inferred(json_topic(
        "sensor_data",
        |i| json!({"sensor_id": i % 10, "value": 54.0 + (i % 7) as f64 * 0.31, "timestamp": 1_732_100_000.123 + i as f64 * 0.1}),
    ));
    assert_eq!(time(&one), ("timestamp".to_owned(), TimeUnit::Seconds));
    assert_eq!(metrics(&one), ["sensor_data.rate field=- by= 1s", "sensor_data.value field=value by=sensor_id raw"]);
    assert_eq!(one.plan.detectors.len(), 3);
    assert_eq!(one.plan.rules.len(), 3);
    assert_eq!(one.ui.pages.iter().take(3).map(|p| p.name.as_ref()).collect::<Vec<_>>(), ["overview", "sensor_data", "sources"]);
}

#[test]
fn slow_series_of_different_years_are_read_by_their_own_times() {
    let at = |i: i64| format!("201{}-04-02 {:02}:{:02}:00", i / 50, i % 50 / 12, i % 12 * 5);
    let one = inferred(json_topic(
        "telemetry",
        |i| json!({"ts": at(i), "series": format!("machine-{}", i / 50), "value": 54.0 + (i % 7) as f64 * 0.31}),
    ));
    assert_eq!(time(&one), ("ts".to_owned(), TimeUnit::Rfc3339));
    assert_eq!(one.plan.rules.last().map(|r| r.keep_firing_for), Some(crate::model::Millis::from_secs(10_800)));
    assert_eq!(metrics(&one), ["telemetry.per_10m field=- by= 10m", "telemetry.value field=value by=series raw"]);
}

#[test]
fn nested_fields_states_and_sequences_are_told_apart() {
    let states = ["ok", "ok", "warn", "fault"];
    let one = inferred(json_topic("bench", |i| {
        json!({"sensor_id": i % 8, "value": 50.5 + (i % 9) as f64, "timestamp": START + i * 5, "site": format!("plant-{}", i % 4),
               "status": states[(i % 4) as usize], "seq": i, "meta": {"fw": format!("2.4.{}", i % 9), "rssi": -40 - i % 30}, "battery": 0.5 * (i % 90) as f64})
    }));
    assert_eq!(time(&one), ("timestamp".to_owned(), TimeUnit::Millis));
    assert_eq!(
        metrics(&one),
        [
            "bench.rate field=- by= 1s",
            "bench.value field=value by=sensor_id 1s",
            "bench.battery field=battery by=sensor_id 1s",
            "bench.meta.rssi field=meta.rssi by=sensor_id 1s",
            "bench.fault_ratio field=- by= 10s",
            "bench.by_status field=- by=status 10s",
        ]
    );
    assert!(one.plan.detectors.iter().any(|d| d.kind == "isolation-forest"));
}

#[test]
fn keys_become_labels_where_no_field_says_the_same() {
    let payloads = (0..100).map(|i| json!({"load": 0.1 * f64::from(i % 13)}).to_string().into_bytes());
    assert_eq!(metrics(&inferred(topic("nodes", true, payloads)))[1], "nodes.load field=load by=@key 1s");
    let payloads = (0..100).map(|i| json!({"load": 0.1 * f64::from(i % 13), "node": format!("k{}", i % 5)}).to_string().into_bytes());
    assert_eq!(metrics(&inferred(topic("nodes", true, payloads)))[1], "nodes.load field=load by=node 1s");
}

#[test]
fn numbers_as_text_and_every_unit_of_time_are_understood() {
    type Make = fn(i64) -> Value;
    let cases: [(Make, &str, TimeUnit); 7] = [
        (|i| json!({"v": format!("{}.5", i % 7), "ts": (START + i).to_string()}), "ts", TimeUnit::Millis),
        (|i| json!({"v": i % 7, "time": (START + i) * 1_000}), "time", TimeUnit::Micros),
        (|i| json!({"v": i % 7, "t": (START + i) * 1_000_000}), "t", TimeUnit::Nanos),
        (|i| json!({"v": i % 7, "@timestamp": format!("2024-11-20T10:53:{:02}.5Z", i % 60)}), "\"@timestamp\"", TimeUnit::Rfc3339),
        (|i| json!({"v": i % 7, "created_at": format!("2024-11-20T18:53:{:02}+08:00", i % 60)}), "created_at", TimeUnit::Rfc3339),
        (|i| json!({"v": i % 7, "zeit": START / 1000 + i / 10}), "zeit", TimeUnit::Seconds),
        (|i| json!({"v": i % 7, "eventTime": START + i, "ingested": START + i + 5}), "eventTime", TimeUnit::Millis),
    ];
    for (make, path, unit) in cases {
        let one = inferred(json_topic("t", make));
        assert_eq!(time(&one), (path.to_owned(), unit));
        assert!(metrics(&one).iter().any(|m| m.starts_with("t.v field=v")), "{path}: {:?}", metrics(&one));
    }
}

#[test]
fn what_is_no_time_is_taken_for_none() {
    let one = inferred(json_topic("web", |i| json!({"response_time": i % 90, "status": 200 + i % 3, "uptime": 5 * i})));
    assert_eq!(time(&one).0, "(record)");
    assert!(metrics(&one).contains(&"web.response_time field=response_time by=status 1s".to_owned()), "{:?}", metrics(&one));
}

#[test]
fn several_records_in_one_message_are_found_at_the_root_and_below() {
    let at_root =
        inferred(json_topic("a", |i| json!([{"id": "x", "v": i % 5, "ts": START + i}, {"id": "y", "v": i % 3, "ts": START + i}])));
    assert_eq!((at_root.plan.streams[0].records.as_deref(), time(&at_root).0), (None, "ts".to_owned()));
    assert!(metrics(&at_root).contains(&"a.v field=v by=id 1s".to_owned()), "{:?}", metrics(&at_root));
    let below = inferred(json_topic(
        "b",
        |i| json!({"gateway": "g", "data": {"readings": [{"id": "x", "v": i % 5, "ts": START + i}, {"id": "y", "v": i % 3, "ts": START + i}]}}),
    ));
    assert_eq!((below.plan.streams[0].records.as_deref(), time(&below).0), (Some("data.readings"), "ts".to_owned()));
}

#[test]
fn envelopes_and_cloud_events_are_opened() {
    let kcat = inferred(json_topic("dump", |i| {
        json!({"topic": "x", "partition": 0, "offset": i, "tstype": "create", "ts": START, "key": null,
               "payload": json!({"amount": i % 9, "region": format!("r{}", i % 3)}).to_string()})
    }));
    assert_eq!(kcat.plan.streams[0].format, "kcat");
    assert!(metrics(&kcat).contains(&"dump.amount field=amount by=region 1s".to_owned()), "{:?}", metrics(&kcat));
    let cloud = inferred(json_topic("ce", |i| {
        json!({"specversion": "1.0", "id": format!("e{i}"), "type": format!("vm.{}", i % 3), "source": format!("cloud-{}", i % 2),
               "time": "2024-11-20T10:53:20Z", "data": {"duration_ms": i % 40}})
    }));
    assert_eq!((cloud.plan.streams[0].format, time(&cloud).0), ("cloudevents", "time".to_owned()));
    assert_eq!(cloud.plan.metrics[1].unit.as_ref(), "ms");
}

#[test]
fn attributes_in_headers_are_fields_and_the_payload_lies_below_data() {
    let mut sample = json_topic("ceb", |i| json!({"duration": i % 40}));
    for (i, record) in sample.records.iter_mut().enumerate() {
        let attribute = |name: &str, value: String| (name.to_owned(), Some(value));
        record.headers = vec![
            attribute("ce_specversion", "1.0".to_owned()),
            attribute("ce_type", format!("vm.{}", i % 3)),
            attribute("ce_time", "2024-11-20T10:53:20Z".to_owned()),
        ];
    }
    let one = inferred(sample);
    assert_eq!((one.plan.streams[0].format, time(&one).0), ("cloudevents", "time".to_owned()));
    assert_eq!(metrics(&one)[1..], ["ceb.data.duration field=data.duration by=type 1s", "ceb.by_type field=- by=type 10s"]);
}

#[test]
fn lines_are_counted_by_their_level() {
    let levels = ["INFO", "INFO", "WARN", "ERROR"];
    let one = inferred(topic("app", false, (0..80).map(|i| format!("10:00:00 {} took {i} ms", levels[i % 4]).into_bytes())));
    assert_eq!(metrics(&one), ["app.rate field=- by= 1s", "app.error_ratio field=- by= 10s", "app.by_level field=- by=level 10s"]);
}

#[test]
fn an_array_of_timed_records_counts_more_than_what_stands_beside_it() {
    let one =
        inferred(json_topic("b", |i| json!({"load": i % 7, "items": [{"at": START + i, "price": i % 9}, {"at": START + i, "price": 3}]})));
    assert_eq!((one.plan.streams[0].records.as_deref(), time(&one).0), (Some("items"), "at".to_owned()));
    let order = inferred(json_topic("o", |i| json!({"ts": START + i, "amount": i % 7, "items": [{"sku": "a", "qty": i % 3}]})));
    assert_eq!(order.plan.streams[0].records, None);
}

#[test]
fn codes_of_http_have_a_share_of_failures() {
    let one = inferred(json_topic("web", |i| json!({"ts": START + i, "status": if i % 9 == 0 { 404 } else { 200 }, "ms": i % 50})));
    assert!(metrics(&one).contains(&"web.5xx_ratio field=- by= 10s".to_owned()), "{:?}", metrics(&one));
}

#[test]
fn every_partition_has_its_share_of_a_sample() {
    let (name, mut sample) = (std::sync::Arc::from("t"), TopicSample { partitions: 3, ..TopicSample::default() });
    let ready = [(0, 1_000), (1, 5), (2, 0)];
    for offset in 0..1_000 {
        let mut record = RecordRef::plain(SourceId(0), &name, 0, offset, Some(b"{}"));
        record.time = Some(Timestamp::from_millis(START + offset));
        sample.take(&record);
    }
    assert_eq!((sample.records.len(), sample.enough(ready)), (100, false));
    for offset in 0..5 {
        let mut record = RecordRef::plain(SourceId(0), &name, 1, offset, None);
        record.time = Some(Timestamp::from_millis(START - 1));
        sample.take(&record);
    }
    assert_eq!((sample.records.len(), sample.enough(ready)), (105, true));
    assert_eq!(sample.finished("t").records[0].payload, None, "oldest first");
}

#[test]
fn topics_that_say_nothing_have_a_rate() {
    let binary = topic("bin", false, (0..50u8).map(|i| vec![0, 159, 146, i]));
    let text = topic("text", false, (0..50).map(|i| format!("line {i}").into_bytes()));
    let numbers = topic("numbers", false, (0..50).map(|i| i.to_string().into_bytes()));
    let empty = TopicSample { topic: "empty".to_owned(), ..TopicSample::default() };
    let tombstones = TopicSample { topic: "tomb".to_owned(), records: vec![SampleRecord::default(); 9], ..TopicSample::default() };
    for (sample, format) in [(binary, "line"), (text, "line"), (numbers, "number"), (empty, "json"), (tombstones, "json")] {
        let name = sample.topic.clone();
        let one = inferred(sample);
        assert_eq!((one.plan.streams[0].format, one.plan.metrics.len()), (format, 1), "{name}");
        assert_eq!(one.plan.metrics[0].name.as_ref(), format!("{name}.rate"));
    }
}

#[test]
fn hostile_names_are_left_out_and_awkward_ones_are_quoted() {
    let one = inferred(json_topic(
        "h",
        |i| json!({"a.b": i % 7, "with space": i % 5, "\u{202e}evil": i % 3, "q\"uote": i % 3, "line\nbreak": i % 3, "": i % 3, "名": i % 9, "[0]": i % 4}),
    ));
    let all = metrics(&one).join("\n");
    assert!(all.contains("field=\"a.b\"") && all.contains("field=\"with space\"") && all.contains("field=名"), "{all}");
    assert!(!all.contains("evil") && !all.contains("uote") && !all.contains("break"), "{all}");
}

#[test]
fn many_topics_and_a_part_beside_a_configuration_stand_together() {
    let make = |n: usize| json_topic(&format!("topic-{n}"), |i| json!({"v": i % 7, "ts": START + i}));
    let many: Vec<TopicSample> = (0..60).map(make).collect();
    let whole = infer(&many, &InferContext { brokers: vec!["b:9092".to_owned()], ..InferContext::default() });
    assert_eq!(loaded(&whole).plan.streams.len(), 60);
    let taken = ["sensor_data", "sensor_data.rate", "sensor_data.value-odd"].map(str::to_owned).into();
    let sample = json_topic("sensor_data", |i| json!({"value": i % 7, "ts": START + i}));
    let part = infer(&[sample], &InferContext { part: true, taken, ..InferContext::default() });
    let both = join(
        "[[kafka]]\n[[stream]]\nname = \"sensor_data\"\ntopic = \"other\"\n[[metric]]\nname = \"sensor_data.rate\"\nstream = \"sensor_data\"\nmeasure = \"count\"\nstep = \"1s\"\n",
        &part,
    );
    assert_eq!(loaded(&both).plan.streams.iter().map(|s| s.name.as_ref()).collect::<Vec<_>>(), ["sensor_data", "sensor_data_2"]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("ts".to_owned()),
        Just("id".to_owned()),
        Just("status".to_owned()),
        Just("@timestamp".to_owned()),
        Just("value".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e3..1e3).prop_map(|x: f64| json!(x)),
        (START..START + 1000).prop_map(Value::from),
        prop_oneof![Just("failed".to_owned()), Just("2024-11-20T10:53:20Z".to_owned()), Just("1.5".to_owned()), ".{0,12}"]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_the_records_hold_the_inferred_text_loads(shapes in prop::collection::vec(any_json(), 1..4), copies in 1usize..30, raw in prop::collection::vec(any::<u8>(), 0..20)) {
        let mut payloads: Vec<Vec<u8>> = (0..copies).flat_map(|_| shapes.iter().map(|v| v.to_string().into_bytes())).collect();
        payloads.push(raw);
        inferred(topic("any-topic.x", copies % 2 == 0, payloads));
    }
}

/// A second of a dozen machines, each the `apart`-fold higher than the one before.
fn machines(label: &str, apart: f64) -> Loaded {
    let record = |i: i64| {
        let (second, node) = (i / 12, i % 12);
        let cpu = 40.0 * apart.powi(node as i32) + (i * 7 % 11) as f64;
        json!({"ts": START / 1000 + second, label: format!("{label}-{node}"), "cpu": cpu, "errors": (second + node) % 3})
    };
    inferred(topic("fleet", true, (0..600).map(|i| record(i).to_string().into_bytes())))
}

#[test]
fn machines_that_are_alike_are_compared_with_each_other() {
    let peers =
        |loaded: &Loaded| loaded.plan.detectors.iter().filter(|d| d.kind == "peers").map(|d| d.name.to_string()).collect::<Vec<_>>();
    let fleet = machines("node", 1.0);
    assert_eq!(peers(&fleet), ["fleet.cpu-unlike", "fleet.errors-unlike"]);
    assert!(metrics(&fleet).iter().all(|metric| !metric.ends_with(" raw")), "moments in common: {:?}", metrics(&fleet));
    assert!(fleet.plan.rules.iter().any(|rule| *rule.name == *"fleet.cpu unlike the others"));
    assert_eq!(peers(&machines("node", 1.5)), ["fleet.errors-unlike"], "what differs twice over is no fleet");
    assert!(peers(&machines("user_id", 1.0)).is_empty(), "users share no load");
}
