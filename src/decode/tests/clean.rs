//! What is accepted, what is not, and why.

use super::{Desk, NOW, spec};
use crate::decode::{AHEAD_LIMIT, FieldLimit, Reader, RejectClass, Schema, StreamSpec, TimeSource, TimeUnit};
use crate::model::{RecordRef, SourceId, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;

fn timed() -> StreamSpec {
    StreamSpec { time: TimeSource::Field { path: "ts".into(), unit: TimeUnit::Auto }, ..spec() }
}

#[test]
fn event_time_comes_from_the_field_the_record_or_the_clock() {
    let mut desk = Desk::new(&timed(), &[]);
    for ts in ["1795237980.5", "1795237980500", "\"2026-11-21T05:13:00.5Z\"", "\"1795237980500000\""] {
        desk.payload(format!("{{\"ts\":{ts}}}"));
    }
    assert_eq!(desk.times(), [1_795_237_980_500; 4]);

    let topic: Arc<str> = "t".into();
    let mut desk = Desk::new(&spec(), &[]);
    let mut record = RecordRef::plain(SourceId(0), &topic, 0, 0, Some(b"{}"));
    desk.record(&record);
    (record.offset, record.time) = (1, Some(Timestamp::from_millis(1_700_000_000_000)));
    desk.record(&record);
    assert_eq!(desk.times(), [NOW.as_millis(), 1_700_000_000_000]);
}

#[test]
fn times_that_are_none_are_invalid_and_absurd_ones_erroneous() {
    let mut desk = Desk::new(&timed(), &[]);
    for ts in ["null", "true", "\"soon\"", "{}", "1e999"] {
        desk.payload(format!("{{\"ts\":{ts}}}"));
    }
    assert_eq!(desk.counts(), "0 0 0 5 0 / 0");
    let limit = (NOW + AHEAD_LIMIT).as_millis();
    for ts in ["-1", "0", "253402300800000", "4102444800", &(limit + 1).to_string()] {
        desk.payload(format!("{{\"ts\":{ts}}}"));
    }
    assert_eq!(desk.counts(), "0 0 0 5 5 / 0");
    desk.payload(format!("{{\"ts\":{limit}}}"));
    desk.payload("{\"ts\":1790000000000000}");
    desk.payload("{\"ts\":631152000}");
    assert_eq!(desk.times(), [limit, 1_790_000_000_000, 631_152_000_000]);
    insta::assert_snapshot!(desk.reasons(RejectClass::Invalid), @r#"
    t[0]@1 time field `ts` is missing or null
    t[0]@2 time field `ts` is true, not a time
    t[0]@3 time field `ts` is "soon", not a time
    t[0]@4 time field `ts` is an object or array, not a time
    t[0]@5 field `ts` is a number too large to be finite
    "#);
    insta::assert_snapshot!(desk.reasons(RejectClass::Erroneous), @r"
    t[0]@6 time field `ts` is 1969-12-31T23:59:59Z, before 1990
    t[0]@7 time field `ts` is 1970-01-01T00:00:00Z, before 1990
    t[0]@8 time field `ts` is 253402300800000 ms, more than 1h ahead
    t[0]@9 time field `ts` is 2100-01-01T00:00:00Z, more than 1h ahead
    t[0]@10 time field `ts` is 2026-11-21T06:14:00.001Z, more than 1h ahead
    ");
}

#[test]
fn the_present_of_a_replay_is_that_of_its_records() {
    let mut desk = Desk::new(&timed(), &[]);
    desk.now = Timestamp::from_millis(1_600_000_000_000);
    desk.payload("{\"ts\":1600000000}");
    desk.payload("{\"ts\":1795238040}");
    assert_eq!(desk.counts(), "1 0 0 0 1 / 0");
    desk.now = Timestamp::default();
    desk.payload("{\"ts\":1795238040}");
    assert_eq!(desk.counts(), "2 0 0 0 1 / 0", "without a clock only the outer bounds hold");

    let topic: Arc<str> = "t".into();
    let mut desk = Desk::new(&spec(), &[]);
    let mut record = RecordRef::plain(SourceId(0), &topic, 0, 0, Some(b"{}"));
    record.time = Some(Timestamp::from_millis(253_402_300_800_000));
    desk.record(&record);
    assert_eq!(desk.counts(), "0 0 0 0 1 / 0", "a record's time does not vouch for itself");
}

#[test]
fn values_beyond_their_limits_are_erroneous() {
    let limits = vec![FieldLimit { field: "amount".into(), min: 0.0, max: 1e6 }];
    let mut desk = Desk::new(&StreamSpec { limits, ..spec() }, &[]);
    for payload in [r#"{"amount":0}"#, r#"{"amount":1000000}"#, r#"{"amount":-0.5}"#, r#"{"amount":"1e7"}"#, "{}"] {
        desk.payload(payload);
    }
    assert_eq!(desk.counts(), "3 0 0 0 2 / 0");
    assert!(desk.reasons(RejectClass::Erroneous).starts_with("t[0]@3 field `amount` is -0.5, outside 0 to 1000000"));
}

#[test]
fn a_position_delivered_before_is_a_duplicate_until_the_topic_is_made_anew() {
    let topic: Arc<str> = "t".into();
    let mut desk = Desk::new(&spec(), &[]);
    let at = |offset: i64| RecordRef::plain(SourceId(0), &topic, 0, offset, Some(b"[{},{}]"));
    for offset in [0, 1, 1, 5, 2] {
        desk.record(&at(offset));
    }
    assert_eq!(desk.counts(), "6 0 4 0 0 / 0");
    desk.reader.recreated(SourceId(0), "t", 0);
    desk.record(&at(0));
    assert_eq!(desk.counts(), "8 0 4 0 0 / 0");
}

#[test]
fn unique_fields_are_remembered_only_for_accepted_events() {
    let unique = StreamSpec { unique: vec!["id".into(), "n".into()], unique_window: 2, ..timed() };
    let mut desk = Desk::new(&unique, &[]);
    desk.late_before = Some(Timestamp::from_millis(1_795_000_000_000));
    let event = |id: &str, n: u32, ts: i64| format!("{{\"id\":\"{id}\",\"n\":{n},\"ts\":{ts}}}");
    let fresh = 1_795_000_000_000;
    desk.payload(event("a", 1, fresh - 1));
    desk.payload(event("a", 1, fresh));
    desk.payload(event("a", 1, fresh));
    desk.payload(event("a", 2, fresh));
    assert_eq!(desk.counts(), "2 1 1 0 0 / 0");
    desk.payload(event("b", 1, fresh));
    desk.payload(event("a", 1, fresh));
    assert_eq!(desk.counts(), "4 1 1 0 0 / 0", "the window holds two keys");
    desk.payload(format!("{{\"id\":\"a\",\"ts\":{fresh}}}"));
    desk.payload(format!("{{\"id\":\"a\",\"ts\":{fresh}}}"));
    assert_eq!(desk.counts(), "6 1 1 0 0 / 0", "absent ids are not the same id");
    assert_eq!(desk.reasons(RejectClass::Duplicate), "t[0]@3 seen before: `id` = \"a\", `n` = 1");
    assert_eq!(desk.reasons(RejectClass::Late), "t[0]@1 its time 2026-11-18T11:06:39.999Z is older than the watermark");
}

#[test]
fn an_event_is_counted_in_the_first_class_that_fits() {
    let strict = StreamSpec {
        numeric: vec!["v".into()],
        limits: vec![FieldLimit { field: "v".into(), min: 0.0, max: 9.0 }],
        unique: vec!["v".into()],
        ..spec()
    };
    let topic: Arc<str> = "t".into();
    let mut desk = Desk::new(&strict, &[]);
    for payload in [r#"{"v":1}"#, r#"{"v":1}"#, r#"{"v":99}"#, "{}", "{"] {
        desk.record(&RecordRef::plain(SourceId(0), &topic, 0, 7, Some(payload.as_bytes())));
    }
    assert_eq!(desk.counts(), "1 0 1 1 1 / 1");
}

#[test]
fn sampling_keeps_whole_keys_and_the_right_share() {
    let sampled = StreamSpec { sample: 0.1, sample_by: vec!["user".into()], ..spec() };
    let run = || {
        let mut desk = Desk::new(&sampled, &["user"]);
        for i in 0..20_000 {
            desk.payload(format!("{{\"user\":\"u{}\"}}", i % 5_000));
        }
        let c = *desk.reader.counters();
        assert_eq!((c.events, c.events + c.sampled_out), (c.accepted, 20_000));
        desk.values()
    };
    let kept = run();
    assert_eq!(kept, run());
    let users: Vec<&str> = kept.lines().collect();
    assert!((1_700..2_300).contains(&users.len()), "{}", users.len());
    assert!(users.iter().all(|u| users.iter().filter(|v| v == &u).count() == 4));
}

#[test]
fn sampling_goes_by_key_or_position_where_no_fields_are_named() {
    let topic: Arc<str> = "t".into();
    let sampled = StreamSpec { sample: 0.5, ..spec() };
    let mut desk = Desk::new(&sampled, &["@key"]);
    for i in 0..2_000 {
        let key = format!("k{}", i % 100);
        let mut record = RecordRef::plain(SourceId(0), &topic, 0, i, Some(b"{}"));
        record.key = Some(key.as_bytes());
        desk.record(&record);
    }
    assert_eq!(desk.rows.len() % 20, 0, "a key is in or out as a whole");
    let mut desk = Desk::new(&sampled, &[]);
    for _ in 0..2_000 {
        desk.payload("{}");
    }
    assert!((900..1_100).contains(&desk.rows.len()), "{}", desk.rows.len());
    let mut none = Desk::new(&StreamSpec { sample: 0.0, ..spec() }, &[]);
    none.payload("{}");
    assert_eq!((none.rows.len(), none.reader.counters().sampled_out), (0, 1));
}

#[test]
fn the_schema_says_what_the_stream_needs() {
    let mut schema = Schema::new();
    schema.field("ts").unwrap();
    let reader = Reader::new(&StreamSpec { numeric: vec!["v".into()], unique: vec!["id".into()], ..timed() }, schema).unwrap();
    let paths: Vec<&str> = (0..reader.schema().len()).map(|i| reader.schema().path(crate::model::FieldId(i as u16))).collect();
    assert_eq!(paths, ["ts", "v", "id"]);
    assert!(Reader::new(&StreamSpec { numeric: vec!["v[".into()], ..spec() }, Schema::new()).is_err());
    assert!(Reader::new(&StreamSpec { records: Some("@key".into()), ..spec() }, Schema::new()).is_err());
}

proptest! {
    #[test]
    fn counters_balance_whatever_comes(
        payloads in proptest::collection::vec(prop_oneof![
            r#"(\{"v":(1|-1|1e999|"x"|null|\[\]),"id":[0-9],"ts":(1|1795238040|9e15|null)\}|\[[\[\]{}",:v0-9]{0,12}\]|[\[\]{}",:v0-9]{0,12})"#
                .prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..32),
        ], 0..40),
        offsets in proptest::collection::vec(-1i64..20, 40),
        format in 0usize..4,
        sample in prop_oneof![Just(1.0), Just(0.5)],
    ) {
        let spec = StreamSpec {
            format: crate::decode::FORMATS[format].name,
            numeric: vec!["v".into()],
            limits: vec![FieldLimit { field: "v".into(), min: 0.0, max: 10.0 }],
            unique: vec!["id".into()],
            unique_window: 3,
            sample,
            ..timed()
        };
        let topic: Arc<str> = "t".into();
        let mut desk = Desk::new(&spec, &["v", "@key"]);
        desk.late_before = Some(Timestamp::from_millis(1_000_000_000_000));
        for (payload, offset) in payloads.iter().zip(offsets) {
            desk.record(&RecordRef::plain(SourceId(0), &topic, 0, offset, Some(payload)));
        }
        prop_assert_eq!(desk.reader.counters().records, payloads.len() as u64);
        prop_assert_eq!(desk.reader.counters().accepted, desk.rows.len() as u64);
    }
}
