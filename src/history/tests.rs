//! What is written is read back the same; what others wrote is read as well as it can be.

#![expect(clippy::format_push_string, reason = "tests print small things")]

use super::*;
use crate::model::{Batch, Command, Input, LinkState, OwnedInput, PartitionEvent, Reading, RecordRef, SourceId, TimeKind, Timestamp};
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

const SOURCES: [&str; 3] = ["kafka", "host", "mark"];

fn name_of(id: SourceId) -> &'static str {
    SOURCES[id.0 as usize]
}

/// All that can be told apart about an input; NaN is printed, so it compares.
fn show(input: &OwnedInput) -> String {
    let mut out = String::new();
    input.each(|i| match i {
        Input::Record(r) => {
            let headers: Vec<_> = r.headers().collect();
            out += &format!(
                "{:?} {} {} {} {:?} {:?} {:?} {headers:?} {:?}\n",
                r.source, r.topic, r.partition, r.offset, r.time, r.time_kind, r.key, r.payload
            );
        }
        Input::Readings { source, at, readings } => {
            let bits: Vec<_> = readings.iter().map(|r| (r, if r.value.is_nan() { 0 } else { r.value.to_bits() })).collect();
            out += &format!("{source:?} {at:?} {bits:?}\n");
        }
        other => out += &format!("{other:?}\n"),
    });
    if out.is_empty() { format!("{input:?}") } else { out }
}

fn write(input: &OwnedInput) -> Vec<u8> {
    let mut line = Vec::new();
    if let OwnedInput::Ended(_) = input {
        write_input(&Input::End, &name_of, &mut line);
    }
    input.each(|i| write_input(&i, &name_of, &mut line));
    line
}

fn read_all(bytes: &[u8]) -> (Vec<OwnedInput>, Warnings) {
    let mut reader = RecordingReader::new(bytes, Names::new(&SOURCES)).unwrap();
    let mut all = Vec::new();
    while let Some(input) = reader.next_input().unwrap() {
        all.push(input);
    }
    (all, reader.warnings().clone())
}

fn any_text() -> impl Strategy<Value = Arc<str>> {
    "\\PC*|[\\x00-\\x20\"\\\\ű雨]{0,8}".prop_map(Arc::from)
}

fn any_bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(prop_oneof![any::<Vec<u8>>(), any_text().prop_map(|t| t.as_bytes().to_vec())])
}

fn any_record() -> impl Strategy<Value = OwnedInput> {
    let kinds = prop_oneof![Just(TimeKind::None), Just(TimeKind::Create), Just(TimeKind::LogAppend)];
    let headers = proptest::collection::vec((any_text(), any_bytes()), 0..3);
    let time = proptest::option::of(-1_000_000i64..i64::MAX / 4);
    (0u16..3, any_text(), any::<i32>(), any::<i64>(), time, kinds, any_bytes(), any_bytes(), headers).prop_map(
        |(source, topic, partition, offset, time, kind, key, payload, headers)| {
            let mut batch = Batch::new(SourceId(source));
            let mut record = RecordRef::plain(SourceId(source), &topic, partition, offset, payload.as_deref());
            record.time = time.map(Timestamp::from_millis);
            record.time_kind = kind;
            record.key = key.as_deref();
            batch.push(&record, headers.iter().map(|(n, v)| (n.as_ref(), v.as_deref())));
            OwnedInput::Records(batch)
        },
    )
}

fn any_readings() -> impl Strategy<Value = OwnedInput> {
    let value = prop_oneof![any::<f64>(), any::<u64>().prop_map(f64::from_bits), Just(f64::NAN), Just(f64::NEG_INFINITY)];
    let units = prop_oneof![Just(""), Just("1"), Just("By/s"), Just("furlong")];
    let one = (any_text(), proptest::collection::vec((any_text(), any_text()), 0..3), value, units);
    let one = one.prop_map(|(name, labels, value, unit)| Reading { name, labels, value, unit });
    (0u16..3, any::<i64>(), proptest::collection::vec(one, 0..4)).prop_map(|(source, at, readings)| OwnedInput::Readings {
        source: SourceId(source),
        at: Timestamp::from_millis(at),
        readings,
    })
}

fn any_event() -> impl Strategy<Value = PartitionEvent> {
    (0..6, any::<i64>(), any::<i64>()).prop_map(|(kind, a, b)| match kind {
        0 => PartitionEvent::Assigned { position: a, end: b },
        1 => PartitionEvent::Revoked,
        2 => PartitionEvent::Idle,
        3 => PartitionEvent::End { end: a },
        4 => PartitionEvent::Recreated,
        _ => PartitionEvent::Lost { from: a, to: b },
    })
}

fn any_input() -> impl Strategy<Value = OwnedInput> {
    let states = ["connecting", "up", "down", "unknown", "denied", "gap", "ended"].map(LinkState::from_word);
    let source = || (0u16..3).prop_map(SourceId);
    prop_oneof![
        any_record(),
        any_readings(),
        (source(), any_text(), any::<i32>(), any_event()).prop_map(|(source, topic, partition, event)| OwnedInput::Partition {
            source,
            topic,
            partition,
            event
        }),
        (source(), proptest::option::of(any_text()), 0..7usize, any_text())
            .prop_map(move |(source, topic, state, detail)| { OwnedInput::Link { source, topic, state: states[state].unwrap(), detail } }),
        any::<i64>().prop_map(|t| OwnedInput::Tick(Timestamp::from_millis(t))),
        (any::<u64>(), any_text()).prop_map(|(id, who)| OwnedInput::Command(Command::Acknowledge { id, who })),
        any_text().prop_map(|text| OwnedInput::Command(Command::Mark { text })),
        any::<u64>().prop_map(|id| OwnedInput::Command(Command::AcceptAnomaly(id))),
        any::<Option<u64>>().prop_map(|weekly| OwnedInput::Command(Command::Sensitivity(weekly))),
        any_text().prop_map(|states| OwnedInput::Command(Command::Restore { states })),
        Just(OwnedInput::Command(Command::TestFire)),
        any_text().prop_map(|config| OwnedInput::Command(Command::Reload { config, sources: vec!["kafka".into()] })),
        Just(OwnedInput::Ended(SourceId(0))),
    ]
}

proptest! {
    #[test]
    fn every_input_comes_back_the_same(input in any_input()) {
        let line = write(&input);
        prop_assert_eq!(line.iter().position(|b| *b == b'\n'), Some(line.len() - 1), "one line");
        let (back, warnings) = read_all(&line);
        prop_assert!(warnings.is_empty(), "{:?}", warnings);
        prop_assert_eq!(back.len(), 1);
        prop_assert_eq!(show(&back[0]), show(&input));
    }

    #[test]
    fn the_order_of_inputs_is_kept(inputs in proptest::collection::vec(any_input(), 0..20)) {
        let lines: Vec<u8> = inputs.iter().flat_map(write).collect();
        let back: String = read_all(&lines).0.iter().map(show).collect();
        let all: String = inputs.iter().map(show).collect();
        prop_assert_eq!(back, all);
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in any::<Vec<u8>>(), cut in 0usize..60) {
        read_all(&bytes);
        let mut line = br#"{"topic":"t","partition":0,"offset":1,"key":null,"payload":"{\"a\":1}"}"#.to_vec();
        line.truncate(cut);
        line.extend_from_slice(&bytes);
        read_all(&line);
    }
}

/// The lines of `text` in a file, as a recording.
fn open(text: &[u8]) -> (tempfile::TempDir, Recording) {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("r.jsonl");
    #[expect(clippy::disallowed_methods, reason = "a test makes the file it reads")]
    std::fs::write(&path, text).unwrap();
    let recording = Recording::open::<&str>(&path, &[]).unwrap();
    (dir, recording)
}

fn positions(recording: &mut Recording) -> String {
    let mut out = String::new();
    for input in recording.by_ref() {
        match &input {
            OwnedInput::Tick(at) => out += &format!("tick {}\n", at.as_millis()),
            OwnedInput::Ended(_) => out += "ended\n",
            OwnedInput::Records(batch) => batch.iter().for_each(|r| {
                out += &format!("{}[{}]@{} {}\n", r.topic, r.partition, r.offset, String::from_utf8_lossy(r.payload.unwrap_or(b"null")));
            }),
            other => out += &format!("{other:?}\n"),
        }
    }
    out
}

#[test]
fn a_bare_dump_is_merged_by_time_and_given_ticks() {
    let (_dir, mut recording) = open(
        concat!(
            "{\"topic\":\"b\",\"partition\":0,\"offset\":0,\"tstype\":\"create\",\"ts\":2500,\"broker\":1,\"key\":null,\"payload\":\"b0\"}\n",
            "% Reached end of topic b [0]\n",
            "{\"topic\":\"a\",\"partition\":1,\"offset\":7,\"tstype\":\"create\",\"ts\":1100,\"broker\":1,\"key\":\"k\",\"payload\":null}\n",
            "{\"topic\":\"a\",\"partition\":1,\"offset\":8,\"tstype\":\"create\",\"ts\":2500,\"key\":\"k\",\"payload\":\"a8\"}\n",
            "\n# a comment\r\n",
            "  {\"topic\":\"a\",\"partition\":1,\"offset\":9,\"tstype\":\"create\",\"ts\":2000,\"key\":\"k\",\"payload\":\"late\",\"x\":{\"y\":[1]}} \r\n",
            "{\"topic\":\"a\",\"partition\":0,\"offset\":3,\"tstype\":\"unknown\",\"ts\":-1,\"key\":null,\"payload\":\"\"}\n",
            "{\"tick\":5}\n",
            "{\"topic\":\"a\",\"partition\":0,\"off",
        )
        .as_bytes(),
    );
    let expected = "tick 1000\na[1]@7 null\ntick 2000\na[0]@3 \na[1]@8 a8\na[1]@9 late\nb[0]@0 b0\ntick 3000\nended\n";
    // Offset 3 has no time of its own: it stands at the time of the line before it.
    assert_eq!(positions(&mut recording), expected);
    recording.rewind().unwrap();
    assert_eq!(positions(&mut recording), expected, "again after going back");
    assert_eq!(recording.span(), Some((Timestamp::from_millis(1000), Timestamp::from_millis(3000))));
    let w = recording.warnings();
    assert_eq!((w.unreadable, w.first[0].line, w.truncated, w.passed_over), (1, 2, true, 1));
}

#[test]
fn an_absurd_time_does_not_drag_the_clock_along() {
    let line = |offset, ts: i64| {
        format!("{{\"topic\":\"a\",\"partition\":0,\"offset\":{offset},\"tstype\":\"create\",\"ts\":{ts},\"payload\":\"\"}}\n")
    };
    let text = line(0, 1_700_000_000_000) + &line(1, 253_402_300_800_000) + &line(2, 1_700_000_001_000);
    let (_dir, mut recording) = open(text.as_bytes());
    let out = positions(&mut recording);
    assert!(out.ends_with("tick 1700000002000\nended\n"), "{out}");
    assert_eq!(out.matches("a[0]").count(), 3);
}

#[test]
fn a_recording_is_read_in_file_order_and_again() {
    let header =
        Header { recording: 1, started: 900, sources: vec!["shop".into(), "host".into()], config: "a = 1\n".into(), ..Header::default() };
    let mut text = Vec::new();
    write_header(&header, &mut text);
    text.extend_from_slice(
        concat!(
            "{\"source\":\"host\",\"ts\":1,\"readings\":[{\"name\":\"n\",\"value\":0.30000000000000004}]}\n",
            "{\"topic\":\"b\",\"partition\":0,\"offset\":5,\"tstype\":\"create\",\"ts\":9,\"payload\":\"x\"}\n",
            "{\"topic\":\"a\",\"partition\":0,\"offset\":2,\"tstype\":\"create\",\"ts\":3,\"payload\":\"y\"}\n",
            "{\"nothing\":1}\n",
            "{\"tick\":2000}\n",
        )
        .as_bytes(),
    );
    let (_dir, mut recording) = open(&text);
    assert_eq!(recording.header(), Some(&header));
    assert_eq!(recording.span(), Some((Timestamp::from_millis(900), Timestamp::from_millis(2000))));
    for _ in 0..2 {
        let all: Vec<OwnedInput> = recording.by_ref().collect();
        assert_eq!(all.len(), 3);
        let OwnedInput::Readings { source: SourceId(1), readings, .. } = &all[0] else { panic!("{:?}", all[0]) };
        assert_eq!(readings[0].value.to_bits(), 0.300_000_000_000_000_04_f64.to_bits());
        let OwnedInput::Records(batch) = &all[1] else { panic!("{:?}", all[1]) };
        assert_eq!(batch.iter().map(|r| (r.source.0, r.offset)).collect::<Vec<_>>(), [(0, 5), (0, 2)]);
        assert_eq!(recording.warnings().unreadable, 1);
        recording.rewind().unwrap();
    }
}

#[test]
fn bytes_that_kcat_leaves_as_they_are_come_through() {
    let line = b"{\"topic\":\"a\",\"partition\":0,\"offset\":0,\"headers\":[\"t\",\"abc\",\"n\",null,\"t\",\"dup\"],\"key\":\"\xff\",\"payload\":\"\\u001B\xfe\"}\n";
    let (all, warnings) = read_all(line);
    assert!(warnings.is_empty(), "{warnings:?}");
    let OwnedInput::Records(batch) = &all[0] else { panic!("{all:?}") };
    let record = batch.get(0).unwrap();
    assert_eq!((record.key, record.payload), (Some(&b"\xff"[..]), Some(&b"\x1b\xfe"[..])));
    let headers: Vec<_> = record.headers().collect();
    assert_eq!(headers, [("t", Some(&b"abc"[..])), ("n", None), ("t", Some(&b"dup"[..]))]);
}

#[test]
fn what_cannot_be_replayed_is_refused_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    for (text, says) in [("hello\nworld\n", "line 1"), ("{\"recording\":9}\n", "version 9 is newer")] {
        let path = dir.path().join("x");
        #[expect(clippy::disallowed_methods, reason = "a test makes the file it reads")]
        std::fs::write(&path, text).unwrap();
        let error = Recording::open::<&str>(&path, &[]).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert!(matches!(Recording::open::<&str>(&dir.path().join("none"), &[]), Err(RecordingError::Io { .. })));
}

#[test]
fn many_records_come_in_bounded_batches() {
    let line = "{\"topic\":\"a\",\"partition\":0,\"offset\":0,\"payload\":\"x\"}\n";
    let (all, _) = read_all(line.repeat(BATCH_RECORDS * 2 + 1).as_bytes());
    let sizes: Vec<usize> = all.iter().map(|i| if let OwnedInput::Records(b) = i { b.len() } else { 0 }).collect();
    assert_eq!(sizes, [BATCH_RECORDS, BATCH_RECORDS, 1]);
}
