//! What is redacted is gone for screens, rejects and recordings alike.

use super::{Desk, spec};
use crate::decode::{RejectClass, StreamSpec};
use proptest::prelude::*;

fn redacting(format: &'static str, paths: &[&str]) -> StreamSpec {
    StreamSpec { format, redact: paths.iter().map(|p| (*p).into()).collect(), ..spec() }
}

#[test]
fn nothing_is_copied_where_nothing_is_redacted() {
    let desk = Desk::new(&spec(), &["card"]);
    assert_eq!(desk.reader.redact(b"{\"card\":1}"), None);
    assert!(!desk.reader.redacts_key() && !desk.reader.redacts_header("x"));
}

#[test]
fn redacted_fields_reach_neither_events_nor_rejects() {
    let strict = StreamSpec { numeric: vec!["v".into()], ..redacting("json", &["card", "@key", "@header.auth"]) };
    let mut desk = Desk::new(&strict, &["card", "card.number", "@key", "@header.auth", "@header.other"]);
    desk.full(Some(b"4111"), &[("auth", Some(b"4111")), ("other", Some(b"o"))], Some(br#"{"v":1,"card":{"number":4111}}"#));
    desk.full(Some(b"4111"), &[], Some(br#"{"v":"x","card":4111}"#));
    desk.full(Some(b"4111"), &[], Some(br#"{"v":1,"card":4111"#));
    assert_eq!(desk.values(), "'[redacted]' - '[redacted]' '[redacted]' 'o' 1");
    let invalid = desk.rejects.of(RejectClass::Invalid).next().unwrap();
    assert_eq!(invalid.excerpt.as_str(), r#"{"v":"x","card":"[redacted]"}"#);
    let undecodable = desk.rejects.of(RejectClass::Undecodable).next().unwrap();
    assert_eq!((undecodable.reason.as_str(), undecodable.excerpt.as_str()), ("ends too early at byte 18", "[redacted]"));
    assert!(desk.reader.redacts_key() && desk.reader.redacts_header("auth") && !desk.reader.redacts_header("other"));
}

#[test]
fn every_format_writes_its_payload_anew() {
    let after = |format: &'static str, paths: &[&str], payload: &str| {
        let desk = Desk::new(&redacting(format, paths), &[]);
        String::from_utf8(desk.reader.redact(payload.as_bytes()).unwrap()).unwrap()
    };
    insta::assert_snapshot!(after("json", &["card"], r#"[{"card":1}]"#), @r#"[{"card":"[redacted]"}]"#);
    insta::assert_snapshot!(after("json", &["card"], "card: 4111"), @"[redacted]");
    insta::assert_snapshot!(after("cloudevents", &["data.card"], r#"{"data":{"card":1}}"#), @r#"{"data":{"card":"[redacted]"}}"#);
    insta::assert_snapshot!(after("cloudevents", &["data.card"], r#"{"card":1}"#), @r#"{"card":"[redacted]"}"#);
    insta::assert_snapshot!(after("line", &["card"], r#"{"card":1,"msg":"x"}"#), @r#"{"card":"[redacted]","msg":"x"}"#);
    insta::assert_snapshot!(after("line", &["card"], "paid with 4111"), @"[redacted]");
    let line = r#"{"topic":"t","payload":"{\"card\":4111,\"n\":\"é\\n\"}","key":"4111"}"#;
    insta::assert_snapshot!(after("kcat", &["card", "@key"], line), @r#"{"topic":"t","payload":"{\"card\":\"[redacted]\",\"n\":\"é\\n\"}","key":"[redacted]"}"#);
    insta::assert_snapshot!(after("kcat", &["card"], r#"{"payload":"4111","key":"k"}"#), @r#"{"payload":"4111","key":"k"}"#);
    insta::assert_snapshot!(after("kcat", &["card"], r#"{"payload":"card=4111"}"#), @r#"{"payload":"[redacted]"}"#);
    insta::assert_snapshot!(after("kcat", &["card"], r#"{"payload_b64":"eyJjYXJkIjo0MTExfQ=="}"#), @r#"{"payload_b64":"eyJjYXJkIjoiW3JlZGFjdGVkXSJ9"}"#);
}

#[test]
fn records_inside_are_redacted_by_their_own_paths() {
    let batch = StreamSpec { records: Some("rows".into()), ..redacting("json", &["card"]) };
    let desk = Desk::new(&batch, &[]);
    let after = desk.reader.redact(br#"{"rows":[{"card":1},{"card":2}],"card":3}"#).unwrap();
    assert!(!String::from_utf8(after).unwrap().contains(|c: char| c.is_ascii_digit()));
}

proptest! {
    /// The recording's payload reads as the live one did: a replay gives the same log.
    #[test]
    fn a_replay_reads_what_the_live_run_read(
        card in "[a-z0-9\"\\\\é]{1,8}", n in -1000i32..1000, format in proptest::sample::select(vec!["json", "line"]), broken in any::<bool>(),
    ) {
        let mut payload = serde_json::json!({ "card": card, "n": n, "list": [{ "card": [card, n] }] }).to_string();
        if broken { payload.pop(); }
        let spec = redacting(format, &["card", "list[0].card"]);
        let fields = ["card", "n", "list[0].card", "line", "message"];
        let mut live = Desk::new(&spec, &fields);
        live.payload(&payload);
        let recorded = live.reader.redact(payload.as_bytes()).unwrap();
        let mut replay = Desk::new(&spec, &fields);
        replay.payload(&recorded);
        prop_assert_eq!(&live.rows, &replay.rows);
        prop_assert_eq!(live.counts(), replay.counts());
        prop_assert_eq!(replay.reader.redact(&recorded), Some(recorded));
    }
}
