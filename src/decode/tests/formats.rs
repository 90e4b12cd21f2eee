//! Every format, every way to name a field.

use super::super::{FORMATS, RejectClass, format};
use super::{Desk, spec};
use crate::decode::StreamSpec;

fn stream(format: &'static str) -> StreamSpec {
    StreamSpec { format, ..spec() }
}

#[test]
fn formats_are_found_by_name() {
    for f in FORMATS {
        assert_eq!(format(f.name).map(|f| f.name), Some(f.name));
        assert!(!f.summary.is_empty());
    }
    assert!(format("xml").is_none());
}

#[test]
fn fields_are_read_wherever_they_stand() {
    let fields = ["meta.rssi", "v", "readings[1].v", "\"a.b\".c", "deep[0][1]", "meta", "gone.x", "on", "name"];
    let mut desk = Desk::new(&spec(), &fields);
    desk.payload(
        r#" { "v" : 54.25 , "meta":{"fw":"2.4","rssi":-60}, "readings":[{"v":1},{"w":0,"v":"2"}],
        "a.b":{"c":true},"deep":[[1,[2]],3],"on":false,"name":"J\u00f6rg \"x\"","more":[{"a":[]},"}",1e5]}"#,
    );
    desk.payload(r#"{"v":null,"meta":5,"readings":{"1":1},"deep":[[1,2]],"name":""}"#);
    insta::assert_snapshot!(desk.values(), @r#"
    -60 54.25 '2' true - - - false 'Jörg "x"'
    - - - - 2 5 - - ''
    "#);
}

#[test]
fn of_a_repeated_name_the_last_wins() {
    let mut desk = Desk::new(&spec(), &["v"]);
    for payload in [r#"{"v":1,"v":2}"#, r#"{"v":1,"v":null}"#, r#"{"v":1,"\u0076":3}"#, r#"{"v":1,"v":{}}"#] {
        desk.payload(payload);
    }
    assert_eq!(desk.values(), "2\n-\n3\n-");
}

#[test]
fn arrays_hold_several_events() {
    let mut desk = Desk::new(&spec(), &["v", "s"]);
    desk.payload(r#"[{"v":1,"s":"a\n"},{"v":2},{"s":"b"}]"#);
    desk.payload("[]");
    assert_eq!(desk.values(), "1 'a\n'\n2 -\n- 'b'");
    desk.payload(r#"[{"v":4},5,"x",[{"v":6}],null]"#);
    assert_eq!(desk.counts(), "4 0 0 4 0 / 0");
    assert_eq!(desk.reasons(RejectClass::Invalid).lines().next(), Some("t[0]@3 #1 a bare value, not an object (`@value` reads it)"));
    desk.payload(r#"[{"v":7},{"v":8]"#);
    assert_eq!(desk.counts(), "4 0 0 4 0 / 1", "nothing of a broken array is taken");
}

#[test]
fn bare_values_are_records_where_they_are_asked_for() {
    let mut desk = Desk::new(&spec(), &["@value"]);
    for payload in ["54.2", "\"on\"", "[1,2]", "null"] {
        desk.payload(payload);
    }
    assert_eq!(desk.values(), "54.2\n'on'\n1\n2\n-");
    let mut desk = Desk::new(&spec(), &["v"]);
    desk.payload("54.2");
    assert_eq!(desk.reasons(RejectClass::Undecodable), "t[0]@1 a bare value, not an object (`@value` reads it)");
}

#[test]
fn records_lie_at_a_path() {
    let batch = StreamSpec { records: Some("body.rows".into()), ..spec() };
    let mut desk = Desk::new(&batch, &["v", "host", "body.n"]);
    desk.payload(r#"{"host":"a\t1","body":{"rows":[{"v":1},{"v":2,"host":"own"},{}],"n":3}}"#);
    desk.payload(r#"{"body":{"rows":{"v":9}},"host":"b"}"#);
    desk.payload(r#"[{"host":"c","body":{"rows":[{"v":4}]}},{"host":"d","body":{"rows":[]}}]"#);
    assert_eq!(desk.values(), "1 'a\t1' 3\n2 'own' 3\n- 'a\t1' 3\n9 'b' -\n4 'c' -");
    desk.payload(r#"{"v":1}"#);
    desk.payload(r#"{"body":{"rows":null}}"#);
    desk.payload(r#"{"body":{"rows":[{"v":1}]}"#);
    assert_eq!(desk.counts(), "5 0 0 0 0 / 3");
    assert!(desk.reasons(RejectClass::Undecodable).starts_with("t[0]@4 no records at the path `records` names"));
}

#[test]
fn parts_of_the_record_are_fields() {
    let fields = ["@key", "@topic", "@partition", "@offset", "@header.trace", "@header.none", "@time"];
    let mut desk = Desk::new(&spec(), &fields);
    desk.full(Some(b"user-17"), &[("trace", Some(b"a")), ("trace", Some(b"b")), ("none", None)], Some(b"{}"));
    desk.full(Some(b"\"quoted \\u00e9\""), &[], Some(b"{}"));
    desk.full(Some(b"\xff\xfe"), &[("trace", Some(b"\xff"))], Some(b"[{},{}]"));
    desk.full(None, &[], Some(b"{}"));
    insta::assert_snapshot!(desk.values(), @r"
    'user-17' 't' 3 1 'b' - -
    'quoted é' 't' 3 2 - - -
    - 't' 3 3 - - -
    - 't' 3 3 - - -
    - 't' 3 4 - - -
    ");
}

#[test]
fn numbers_as_text_count_as_numbers() {
    let numbers = StreamSpec { numeric: vec!["v".into()], ..spec() };
    let mut desk = Desk::new(&numbers, &["v"]);
    for payload in [r#"{"v":" 5.5 "}"#, r#"{"v":"5x"}"#, r#"{"v":"NaN"}"#, r#"{"v":[5]}"#, r#"{"v":1e999}"#, "{}", r#"{"v":"1e999"}"#] {
        desk.payload(payload);
    }
    assert_eq!(desk.counts(), "1 0 0 6 0 / 0");
    insta::assert_snapshot!(desk.reasons(RejectClass::Invalid), @r#"
    t[0]@2 field `v` is "5x", not a number
    t[0]@3 field `v` is "NaN", not a number
    t[0]@4 field `v` is an object or array, not a number
    t[0]@5 field `v` is a number too large to be finite
    t[0]@6 field `v` is missing or null
    t[0]@7 field `v` is "1e999", not a number
    "#);
}

#[test]
fn structured_cloud_events_are_read() {
    let mut desk = Desk::new(&stream("cloudevents"), &["type", "source", "id", "data.bytes", "data.tags[0]", "data"]);
    let event = |id: u32| {
        format!(r#"{{"specversion":"1.0","type":"vm.stopped","source":"/cloud/a","id":"{id}","data":{{"bytes":12,"tags":["x"]}}}}"#)
    };
    desk.payload(event(1));
    desk.payload(format!("[{},{}]", event(2), event(3)));
    desk.payload(r#"{"specversion":"1.0","type":"t","source":"s","id":"4","data":"text"}"#);
    desk.payload(r#"{"type":"no event"}"#);
    insta::assert_snapshot!(desk.values(), @r"
    'vm.stopped' '/cloud/a' '1' 12 'x' -
    'vm.stopped' '/cloud/a' '2' 12 'x' -
    'vm.stopped' '/cloud/a' '3' 12 'x' -
    't' 's' '4' - - 'text'
    ");
    assert_eq!(desk.reasons(RejectClass::Invalid), "t[0]@4 no CloudEvent: it has no attribute `specversion`");
}

#[test]
fn binary_cloud_events_are_read() {
    let events = StreamSpec {
        time: crate::decode::TimeSource::Field { path: "time".into(), unit: crate::decode::TimeUnit::Auto },
        ..stream("cloudevents")
    };
    let mut desk = Desk::new(&events, &["type", "source", "data.bytes", "datacontenttype", "data"]);
    let headers: [(&str, Option<&[u8]>); 5] = [
        ("ce_specversion", Some(b"1.0")),
        ("ce_type", Some(b"vm.stopped")),
        ("ce_source", Some(b"/cloud/b")),
        ("ce_time", Some(b"2026-11-21T05:13:00Z")),
        ("content-type", Some(b"application/json; charset=utf-8")),
    ];
    desk.full(None, &headers, Some(br#"{"bytes":7,"type":"not this"}"#));
    desk.full(None, &headers[..4], Some(br#"{"bytes":"8"}"#));
    desk.full(None, &headers[..4], None);
    let text = [&headers[..4], &[("content-type", Some(&b"text/plain"[..]))]].concat();
    desk.full(None, &text, Some(b"hello"));
    insta::assert_snapshot!(desk.values(), @r"
    'vm.stopped' '/cloud/b' 7 'application/json; charset=utf-8' - '2026-11-21T05:13:00Z'
    'vm.stopped' '/cloud/b' '8' - - '2026-11-21T05:13:00Z'
    'vm.stopped' '/cloud/b' - - - '2026-11-21T05:13:00Z'
    'vm.stopped' '/cloud/b' - 'text/plain' 'hello' '2026-11-21T05:13:00Z'
    ");
    assert_eq!(desk.times(), [1_795_237_980_000; 4]);
    desk.full(None, &headers, Some(b"{broken"));
    desk.full(None, &[], None);
    assert_eq!(desk.counts(), "4 0 0 0 0 / 2");
}

#[test]
fn kcat_envelopes_are_opened() {
    let fields = ["latency_ms", "svc", "@key", "@partition", "@offset", "@topic", "@header.trace", "@time"];
    let mut desk = Desk::new(&stream("kcat"), &fields);
    desk.payload(
        r#"{"topic":"orders","partition":1,"offset":0,"tstype":"create","ts":1795227136495,"broker":1,"headers":["trace","abc","n",null,"trace","dup"],"key":"k1","payload":"{\"latency_ms\": 12.5, \"svc\": \"a\\n\"}"}"#,
    );
    desk.payload(r#"{"topic":"orders","partition":1,"offset":1,"tstype":"unknown","ts":-1,"key":null,"payload":{"svc":"bare"}}"#);
    desk.payload(r#"{"topic":"orders","partition":2,"offset":1,"ts":5,"payload_b64":"eyJzdmMiOiJiIn0="}"#);
    insta::assert_snapshot!(desk.values(), @r"
    12.5 'a
    ' 'k1' 1 0 'orders' 'dup' 1795227136495
    - 'bare' - 1 1 'orders' - -
    ");
    desk.payload(
        r#"{"topic":"orders","partition":0,"offset":0,"tstype":"create","ts":1795227136495,"broker":1,"key":"tomb","payload":null}"#,
    );
    desk.payload(r#"{"topic":"orders","partition":0,"offset":1,"payload":""}"#);
    desk.payload(r#"{"topic":"orders","partition":0,"offset":2,"payload":"{\"v\":}"}"#);
    desk.payload(r#"{"topic":"orders","partition":0,"offset":3,"payload_b64":"%"}"#);
    desk.payload(b"{\"payload\":\"\xff\"}");
    desk.payload("[]");
    desk.payload(r#"{"topic":"orders","partition":1,"offset":0,"ts":1795227136495,"payload":"{}"}"#);
    assert_eq!(desk.counts(), "2 0 1 0 1 / 6");
    insta::assert_snapshot!(desk.reasons(RejectClass::Undecodable), @r#"
    t[0]@4 tombstone: the envelope's payload is null or absent
    t[0]@5 the envelope's payload is empty
    t[0]@6 payload in the envelope: expected a value at byte 5
    t[0]@7 no base64 at byte 57, found `"`
    t[0]@8 not UTF-8 at byte 12, found 0xff
    t[0]@9 expected the envelope of kcat -J at byte 0
    "#);
    assert!(desk.reasons(RejectClass::Duplicate).starts_with("orders[1]@0"));
}

#[test]
fn lines_are_events() {
    let mut desk = Desk::new(&stream("line"), &["level", "message", "code"]);
    for line in [
        "2026-11-21 05:14:00 ERROR payment failed\r\n",
        r#"{"severity":"Warning","msg":"disk","code":7}"#,
        r#"{"level":30,"message":"m"}"#,
        "{broken json",
        "",
    ] {
        desk.payload(line);
    }
    desk.payload(b"not \xff UTF-8");
    insta::assert_snapshot!(desk.values(), @r"
    'error' '2026-11-21 05:14:00 ERROR payment failed' -
    'warn' 'disk' 7
    'info' 'm' -
    - '{broken json' -
    - '' -
    - 'not � UTF-8' -
    ");
}
