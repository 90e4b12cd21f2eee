//! Payloads made to break readers: each is counted, none disturbs the next.

use super::{Desk, spec};
use crate::decode::{FORMATS, RejectClass, StreamSpec, TimeSource, TimeUnit};
use proptest::prelude::*;

/// The payloads of the corpus: hex, or a recipe that is followed here.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let text = include_str!("../../../tests/hostile/payloads.jsonl");
    let field = |line: &str, name: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()[name].as_str().map(str::to_owned);
    text.lines()
        .map(|line| {
            let name = field(line, "name").unwrap();
            let payload = match (field(line, "hex"), name.as_str()) {
                (Some(hex), _) => (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[i * 2..i * 2 + 2], 16).unwrap()).collect(),
                (None, "deep-array") => [vec![b'['; 200_000], vec![b']'; 200_000]].concat(),
                (None, "ten-megabytes") => {
                    let mut payload = b"{\"v\":\"".to_vec();
                    payload.resize(10_485_760 - 2, b'x');
                    payload.extend_from_slice(b"\"}");
                    payload
                }
                (None, other) => panic!("no recipe for {other}"),
            };
            (name, payload)
        })
        .collect()
}

#[test]
fn every_hostile_payload_is_classed() {
    let strict = StreamSpec { numeric: vec!["v".into()], ..spec() };
    let mut table = String::new();
    for (name, payload) in corpus() {
        let mut desk = Desk::new(&strict, &[]);
        desk.payload(&payload);
        let said = RejectClass::ALL.iter().flat_map(|class| desk.rejects.of(*class)).next();
        let said = said.map_or_else(|| format!("v = {}", desk.values()), |r| format!("{}: {}", r.class.word(), r.reason));
        table.extend([name.as_str(), ": ", said.as_str(), "\n"]);
        desk.payload(r#"{"v":5}"#);
        assert_eq!(desk.rows.last().map(|r| r.1[0].as_str()), Some("5"), "{name} disturbed the next record");
        assert!(desk.rejects.of(RejectClass::Undecodable).all(|r| r.excerpt.as_str().chars().count() <= 401));
    }
    insta::assert_snapshot!(table, @r#"
    overlong-slash: undecodable: not UTF-8 at byte 0, found 0xc0
    truncated-4byte: undecodable: not UTF-8 at byte 0, found 0xf0
    utf16-bom: undecodable: not UTF-8 at byte 0, found 0xff
    nul: undecodable: expected a value at byte 0, found 0x00
    json-trailing: undecodable: more follows after the value at byte 7, found `g`
    json-dup-keys: v = 2
    json-inf: undecodable: expected a value at byte 5, found `I`
    json-neg0: v = -0
    json-u64max+1: v = 18446744073709552000
    json-subnormal: v = 5e-324
    json-null: invalid: field `v` is missing or null
    json-ctl-key: invalid: field `v` is missing or null
    json-ts-negative: v = 1
    json-ts-far: v = 1
    json-ts-us-instead-of-ms: v = 1
    json-comment: undecodable: expected , or } at byte 6, found `/`
    json-array-root: invalid: a bare value, not an object (`@value` reads it)
    deep-array: undecodable: nested deeper than 128 levels at byte 128, found `[`
    ten-megabytes: invalid: field `v` is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…", not a number
    "#);
}

#[test]
fn absurd_times_advance_nothing() {
    let timed = StreamSpec { time: TimeSource::Field { path: "ts".into(), unit: TimeUnit::Auto }, ..spec() };
    let mut said = Vec::new();
    for (name, payload) in corpus().into_iter().filter(|(name, _)| name.starts_with("json-ts")) {
        let mut desk = Desk::new(&timed, &["v"]);
        desk.payload(&payload);
        said.push(format!("{name} {} {:?}", desk.counts(), desk.times()));
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    json-ts-negative 0 0 0 0 1 / 0 []
    json-ts-far 0 0 0 0 1 / 0 []
    json-ts-us-instead-of-ms 1 0 0 0 0 / 0 [1790000000000]
    ");
}

#[test]
fn tombstones_and_empty_payloads_are_counted() {
    let mut desk = Desk::new(&spec(), &[]);
    desk.full(Some(b"k"), &[], None);
    desk.payload("");
    desk.payload(" ");
    insta::assert_snapshot!(desk.reasons(RejectClass::Undecodable), @r"
    t[3]@1 tombstone: no payload
    t[0]@2 empty
    t[0]@3 ends too early at byte 1
    ");
}

#[test]
fn a_huge_array_does_not_hold_up_the_loop() {
    let mut desk = Desk::new(&spec(), &[]);
    desk.payload(format!("[{}1]", "1,".repeat(1_000_000)));
    let c = desk.reader.counters();
    assert_eq!((c.events, c.undecodable), (100_000, 1));
    assert!(desk.reasons(RejectClass::Undecodable).contains("more than 100000 records"));
}

#[test]
fn texts_of_data_are_safe_in_rejects() {
    let strict = StreamSpec { numeric: vec!["v".into()], ..spec() };
    let mut desk = Desk::new(&strict, &[]);
    for line in include_str!("../../../tests/hostile/strings.jsonl").lines() {
        desk.payload(format!("{{\"v\":{line}}}"));
        let text: String = serde_json::from_str(line).unwrap();
        desk.payload(text);
    }
    let kept: Vec<_> = RejectClass::ALL.iter().flat_map(|class| desk.rejects.of(*class)).collect();
    assert!(kept.len() > 50);
    for reject in kept {
        for text in [&reject.reason, &reject.excerpt, &reject.position] {
            assert!(!text.as_str().chars().any(char::is_control), "{text}");
        }
    }
}

/// A record in each of the formats of text around `text`, as a program that does not look at it would write it.
fn around(text: &str) -> [(&'static str, String); 6] {
    [
        ("csv", format!("1,{text},2")),
        ("csv", format!("1,\"{}\",2", text.replace('"', "\"\""))),
        ("logfmt", format!("a=1 v=\"{text}\" {text}={text}")),
        ("syslog", format!("<13>1 - {text} app - - [id v=\"{text}\"] {text}")),
        ("prometheus", format!("v{{a=\"{text}\"}} 1\n{text} 2")),
        ("number", text.to_owned()),
    ]
}

#[test]
fn hostile_texts_and_payloads_are_counted_in_every_format() {
    for line in include_str!("../../../tests/hostile/strings.jsonl").lines() {
        let text: String = serde_json::from_str(line).unwrap();
        for (format, payload) in around(&text) {
            let spec = StreamSpec { format, columns: vec!["a".into(), "v".into(), "b".into()], numeric: vec!["v".into()], ..spec() };
            let mut desk = Desk::new(&spec, &["v", "message", "sd.id.v", "labels.a"]);
            desk.payload(&payload);
            assert_eq!(desk.reader.counters().records, 1);
            let kept = RejectClass::ALL.iter().flat_map(|class| desk.rejects.of(*class)).collect::<Vec<_>>();
            assert!(
                kept.iter().all(|r| ![&r.reason, &r.excerpt].iter().any(|t| t.as_str().chars().any(char::is_control))),
                "{format} {payload:?}"
            );
        }
    }
    for (name, payload) in corpus() {
        for format in FORMATS {
            let mut desk = Desk::new(&StreamSpec { format: format.name, ..spec() }, &["v"]);
            desk.payload(&payload);
            let c = desk.reader.counters();
            assert_eq!(c.decoded + c.undecodable, 1, "{} {name}", format.name);
        }
    }
}

proptest! {
    #[test]
    fn signs_of_the_formats_in_any_order_are_counted(payload in "[a1,;\"=<>{}\\[\\]\\\\ \\-.:#\n\r\té]{0,40}") {
        for format in FORMATS {
            for redact in [Vec::new(), vec!["v".into(), "labels.a".into(), "sd.a".into()]] {
                let columns = if format.name == "csv" && !redact.is_empty() { vec!["a".into(), "v".into()] } else { Vec::new() };
                let mut desk = Desk::new(&StreamSpec { format: format.name, columns, redact, ..spec() }, &["v", "a", "labels.a"]);
                desk.payload(&payload);
                desk.payload(&payload);
                prop_assert_eq!(desk.reader.counters().records, 2);
            }
        }
    }

    #[test]
    fn any_bytes_in_any_format_are_counted(payload in proptest::collection::vec(any::<u8>(), 0..200), redact in any::<bool>()) {
        for format in FORMATS {
            let redact = if redact { vec!["v".into(), "@key".into()] } else { Vec::new() };
            let spec = StreamSpec { format: format.name, redact, records: None, ..spec() };
            let mut desk = Desk::new(&spec, &["v", "a.b[0]", "line", "@key"]);
            desk.payload(&payload);
            desk.full(Some(&payload), &[("ce_specversion", Some(b"1.0")), ("x", Some(&payload))], Some(&payload));
            prop_assert_eq!(desk.reader.counters().records, 2);
            let _ = desk.reader.redact(&payload);
        }
    }

    #[test]
    fn cut_and_changed_json_is_counted(at in 0usize..120, byte in any::<u8>(), cut in any::<bool>(), records in any::<bool>()) {
        let mut payload = br#"{"sensor_id":3,"value":54.21,"rows":[{"v":1,"s":"\u00e9"},{"v":[1,{"x":null}]}],"site":"plant-a","ok":true,"meta":{"rssi":-60}}"#.to_vec();
        if cut { payload.truncate(at) } else { payload[at] = byte }
        let spec = StreamSpec { records: records.then(|| "rows".into()), ..spec() };
        let mut desk = Desk::new(&spec, &["value", "v", "v[1].x", "s", "meta.rssi"]);
        desk.payload(&payload);
        let valid = serde_json::from_slice::<serde_json::Value>(&payload).is_ok_and(|v| v.is_object());
        let c = desk.reader.counters();
        prop_assert!(valid || c.undecodable == 1);
        prop_assert!(!valid || records || c.events == 1);
    }
}
