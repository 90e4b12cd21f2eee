//! Payloads as the programs that send them write them: collectd, Telegraf, exporters, loggers, sensors.

use super::super::RejectClass;
use super::{Desk, spec};
use crate::decode::{Reader, Schema, StreamSpec, TimeSource, TimeUnit};

fn stream(format: &'static str) -> StreamSpec {
    StreamSpec { format, ..spec() }
}

fn timed(format: &'static str, path: &str) -> StreamSpec {
    StreamSpec { time: TimeSource::Field { path: path.into(), unit: TimeUnit::Auto }, ..stream(format) }
}

fn with_columns(columns: &[&str], delimiter: u8) -> StreamSpec {
    StreamSpec { columns: columns.iter().map(|c| (*c).into()).collect(), delimiter, ..stream("csv") }
}

fn redacted(spec: &StreamSpec, fields: &[&str], payload: &str) -> String {
    let spec = StreamSpec { redact: fields.iter().map(|f| (*f).into()).collect(), ..spec.clone() };
    let reader = Reader::new(&spec, Schema::new()).unwrap();
    String::from_utf8(reader.redact(payload.as_bytes()).unwrap()).unwrap()
}

#[test]
fn csv_takes_its_header_from_the_first_record() {
    let mut desk = Desk::new(&stream("csv"), &["host", "cpu", "note", "disk.used", "gone"]);
    desk.payload("\u{feff}host, cpu,note,disk.used\r\n");
    desk.payload("web-1,12.5,\"says \"\"hi\"\", and\nmore\",70\r\n");
    desk.payload("web-2,,true,007");
    desk.payload("host,cpu,note,disk.used");
    desk.payload("web-3,1");
    desk.payload("web-4,1,\"open,2");
    desk.payload("web-5,1,2,3,4");
    insta::assert_snapshot!(desk.values(), @r#"
    'web-1' 12.5 'says "hi", and
    more' 70 -
    'web-2' - true '007' -
    "#);
    insta::assert_snapshot!(desk.reasons(RejectClass::Undecodable), @r"
    t[0]@5 fewer fields than columns
    t[0]@6 fewer fields than columns, and a quote that is not closed
    t[0]@7 more fields than columns
    ");
}

#[test]
fn csv_documents_hold_many_events_and_bad_ones_are_named() {
    let mut desk = Desk::new(&with_columns(&["t", "v"], b';'), &["t", "v"]);
    desk.payload("t;v\n1;2,5\n\n2;3\n3\n4;1e999\n5;6");
    assert_eq!(desk.values(), "1 '2,5'\n2 3\n5 6");
    assert_eq!(
        desk.reasons(RejectClass::Invalid),
        "t[0]@1 #2 fewer fields than columns\nt[0]@1 #3 field `v` is a number too large to be finite"
    );
    let mut desk = Desk::new(&stream("csv"), &["a"]);
    desk.payload("1732100000,5.5");
    desk.payload("a,b\n1,2\n");
    desk.payload("3,4\n");
    assert_eq!(desk.values(), "1\n3");
    assert!(desk.reasons(RejectClass::Undecodable).starts_with("t[0]@1 no header: the first record holds numbers"));
    let mut desk = Desk::new(&with_columns(&["a"], b','), &["a"]);
    desk.payload(format!("1{}", ",1".repeat(2_000)));
    assert_eq!(desk.reasons(RejectClass::Undecodable), "t[0]@1 more than 1024 columns");
}

#[test]
fn logfmt_is_read_with_its_quotes() {
    let fields = ["level", "msg", "status", "took", "cached", "http.path", "empty", "id"];
    let mut desk = Desk::new(&timed("logfmt", "ts"), &fields);
    desk.payload("ts=2026-11-21T05:13:59.5Z level=info msg=\"took \\\"long\\\"\\n\" status=200 took=0.25 cached http.path=/a?b=1 empty= id=6222021234567890123\n");
    desk.payload("ts=1795238039 level=error status=\"500\"\r\nts=1795238038 level=warn \"bad\"\nts=1795238037 took=3");
    insta::assert_snapshot!(desk.values(), @r#"
    'info' 'took "long"
    ' 200 0.25 true '/a?b=1' '' '6222021234567890123' '2026-11-21T05:13:59.5Z'
    'error' - '500' - - - - - 1795238039
    - - - 3 - - - - 1795238037
    "#);
    assert_eq!(desk.times(), [1_795_238_039_500, 1_795_238_039_000, 1_795_238_037_000]);
    assert_eq!(desk.reasons(RejectClass::Invalid), "t[0]@2 #1 a quote where a key was expected");
    for bad in ["just words here", "a=\"open", "=5", "  \n"] {
        desk.payload(bad);
    }
    insta::assert_snapshot!(desk.reasons(RejectClass::Undecodable), @r#"
    t[0]@3 no key=value in the line at byte 0, found `j`
    t[0]@4 a quote that is not closed at byte 2, found `"`
    t[0]@5 a value without a key at byte 0, found `=`
    t[0]@6 blank
    "#);
}

#[test]
fn syslog_of_rfc_5424_is_read() {
    let fields = [
        "severity",
        "facility",
        "hostname",
        "app_name",
        "procid",
        "msgid",
        "sd.exampleSDID@32473.iut",
        "sd.exampleSDID@32473.eventSource",
        "message",
        "level",
    ];
    let mut desk = Desk::new(&timed("syslog", "timestamp"), &fields);
    desk.payload("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \u{feff}'su root' failed for lonvick on /dev/pts/8");
    desk.payload("<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.");
    desk.payload(r#"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App\"l\]ication"][examplePriority@32473 class="high"]"#);
    desk.payload("131 <11>1 2026-11-21T05:13:59Z h app 1 - - framed");
    insta::assert_snapshot!(desk.values(), @r#"
    'crit' 'auth' 'mymachine.example.com' 'su' - 'ID47' - - ''su root' failed for lonvick on /dev/pts/8' 'fatal' '2003-10-11T22:14:15.003Z'
    'notice' 'local4' '192.0.2.1' 'myproc' '8710' - - - '%% It's time to make the do-nuts.' 'info' '2003-08-24T05:14:15.000003-07:00'
    'notice' 'local4' 'mymachine.example.com' 'evntslog' - 'ID47' 3 'App"l]ication' - 'info' '2003-10-11T22:14:15.003Z'
    'err' 'user' 'h' 'app' '1' - - - 'framed' 'error' '2026-11-21T05:13:59Z'
    "#);
    for bad in [
        "<192>1 - - - - - -",
        "<13>1 - host",
        "<13>1 - - - - - [a b=c]",
        "<13>1 - - - - - [a b=\"c\"",
        "<13>1 - - - - - -x",
        "no syslog at all",
        "<x>",
    ] {
        desk.payload(bad);
    }
    insta::assert_snapshot!(desk.reasons(RejectClass::Undecodable), @r#"
    t[0]@5 no priority from 0 to 191 in <…> at byte 1, found `1`
    t[0]@6 ends within the header at byte 12
    t[0]@7 expected =" behind a parameter's name at byte 20, found `=`
    t[0]@8 structured data that is not closed at byte 24
    t[0]@9 expected a space behind the structured data at byte 17, found `x`
    t[0]@10 no syslog: neither <priority> nor a time in front at byte 0, found `n`
    t[0]@11 no priority from 0 to 191 in <…> at byte 1, found `x`
    "#);
}

#[test]
fn older_syslog_is_read_as_well_as_it_can_be() {
    let mut desk = Desk::new(&stream("syslog"), &["severity", "timestamp", "hostname", "app_name", "procid", "message", "level"]);
    desk.payload("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8");
    desk.payload("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!");
    desk.payload("<14>just text");
    desk.payload("Nov 21 05:14:00 web-1 nginx[812]: ERROR upstream timed out");
    desk.payload("2026-11-21T05:14:00.123456+00:00 web-1 systemd[1]: Started.");
    desk.payload(b"<13>Feb  5 17:32:18 old m\xfcll: x");
    insta::assert_snapshot!(desk.values(), @r"
    'crit' 'Oct 11 22:14:15' 'mymachine' 'su' - ''su root' failed for lonvick on /dev/pts/8' 'fatal'
    'notice' 'Feb  5 17:32:18' '10.0.0.99' - - 'Use the BFG!' 'info'
    'info' - - - - 'just text' 'info'
    - 'Nov 21 05:14:00' 'web-1' 'nginx' '812' 'ERROR upstream timed out' 'error'
    - '2026-11-21T05:14:00.123456+00:00' 'web-1' 'systemd' '1' 'Started.' -
    'notice' 'Feb  5 17:32:18' 'old' 'm�ll' - 'x' 'info'
    ");
}

#[test]
fn plain_numbers_are_read_with_their_time() {
    let mut desk = Desk::new(&stream("number"), &["value"]);
    for payload in ["12.5", " -3e2\n", "+7 1732130047\r\n", ".5,1732130047123", "1\n2\n\n3"] {
        desk.payload(payload);
    }
    assert_eq!(desk.values(), "12.5\n-300\n7\n0.5\n1\n2\n3");
    let mut desk = Desk::new(&timed("number", "time"), &["value"]);
    desk.payload("12.5\u{3000}1732130047.5");
    desk.payload("12.5");
    assert_eq!(desk.times(), [1_732_130_047_500]);
    for bad in ["NaN", "inf", "12,5 x", "1 2 3", "on", "0x10", ""] {
        desk.payload(bad);
    }
    assert_eq!(desk.counts(), "1 0 0 1 0 / 7");
    assert!(desk.reasons(RejectClass::Undecodable).ends_with("t[0]@9 empty"));
    let mut desk = Desk::new(&stream("number"), &["value"]);
    desk.payload("1e999");
    assert_eq!(desk.reasons(RejectClass::Invalid), "t[0]@1 field `value` is a number too large to be finite");
}

/// Two value lists as collectd 5 writes them.
const COLLECTD: &str = r#"[{"values":[1901474177],"dstypes":["counter"],"dsnames":["value"],"time":1280959128,"interval":10,"host":"leeloo.octo.it","plugin":"cpu","plugin_instance":"0","type":"cpu","type_instance":"idle"},
{"values":[12.5,null],"dstypes":["derive","derive"],"dsnames":["rx","t\u0078"],"time":1280959128.687,"interval":10.000,"host":"leeloo.octo.it","plugin":"interface","plugin_instance":"eth0","type":"if_octets","type_instance":"","meta":{"network:received":true}}]"#;

#[test]
fn value_lists_of_collectd_are_taken_apart() {
    let fields =
        ["value", "dsname", "dstype", "host", "plugin", "plugin_instance", "type_instance", "meta.\"network:received\"", "values[0]"];
    let mut desk = Desk::new(&timed("collectd", "time"), &fields);
    desk.payload(COLLECTD);
    desk.payload(r#"{"values":[1,2],"time":1280959128}"#);
    insta::assert_snapshot!(desk.values(), @r"
    1901474177 'value' 'counter' 'leeloo.octo.it' 'cpu' '0' 'idle' - 1901474177 1280959128
    12.5 'rx' 'derive' 'leeloo.octo.it' 'interface' 'eth0' '' true 12.5 1280959128.687
    - 'tx' 'derive' 'leeloo.octo.it' 'interface' 'eth0' '' true 12.5 1280959128.687
    1 - - - - - - - 1 1280959128
    2 - - - - - - - 1 1280959128
    ");
    desk.payload(r#"[{"host":"x"},5,{"values":[],"time":1}]"#);
    desk.payload("[{\"values\":[1}]");
    desk.payload("5");
    assert_eq!(desk.counts(), "5 0 0 2 0 / 2");
    let shown = redacted(&stream("collectd"), &["host", "value"], COLLECTD);
    assert!(!shown.contains("leeloo") && !shown.contains("1901474177") && shown.contains("idle"), "{shown}");
}

#[test]
fn telegraf_comes_single_or_in_batches() {
    let fields = ["name", "tags.host", "fields.usage_idle", "fields.field_1"];
    let mut desk = Desk::new(&timed("telegraf", "timestamp"), &fields);
    desk.payload(r#"{"fields":{"field_1":30,"field_2":4,"field_N":59,"n_images":660},"name":"docker","tags":{"host":"raynor"},"timestamp":1458229140}"#);
    desk.payload(r#"{"metrics":[{"fields":{"usage_idle":99.5},"name":"cpu","tags":{"cpu":"cpu0","host":"a\tb"},"timestamp":1458229140},{"fields":{"usage_idle":98},"name":"cpu","tags":{"host":"b"},"timestamp":1458229150}]}"#);
    desk.payload(r#"{"name":"cpu","timestamp":1458229140}"#);
    desk.payload(r#"{"metrics":[{"name":"cpu"}]}"#);
    insta::assert_snapshot!(desk.values(), @r"
    'docker' 'raynor' - 30 1458229140
    'cpu' 'a	b' 99.5 - 1458229140
    'cpu' 'b' 98 - 1458229150
    ");
    assert_eq!(desk.counts(), "3 0 0 2 0 / 0");
    assert_eq!(desk.reasons(RejectClass::Invalid).lines().next(), Some("t[0]@3 no metric of Telegraf: it has no `fields`"));
    let batch = r#"{"metrics":[{"fields":{"v":1},"name":"cpu","tags":{"host":"secret"}}]}"#;
    assert!(!redacted(&stream("telegraf"), &["tags.host"], batch).contains("secret"));
}

#[test]
fn expositions_are_events() {
    let mut desk = Desk::new(&timed("prometheus", "time"), &["name", "value", "labels.code", "labels.path"]);
    desk.payload("# HELP x y\n# TYPE x counter\nx{code=\"200\",path=\"a\\\\b\\\"\"} 1027 1795238039000\nx{code=\"500\"} 3 1795238039000\nbroken{\ny NaN 1795238039000\n# EOF\n");
    assert_eq!(desk.values(), "'x' 1027 '200' 'a\\b\"' 1795238039000\n'x' 3 '500' - 1795238039000");
    assert_eq!(desk.reasons(RejectClass::Invalid), "t[0]@1 #2 a { that is not closed\nt[0]@1 #3 the value is not finite");
    assert_eq!(redacted(&stream("prometheus"), &["labels.user"], "a{user=\"me\",b=\"c\"} 1\n"), "a{user=\"[redacted]\",b=\"c\"} 1\n");
}

#[test]
fn texts_are_redacted_in_place() {
    assert_eq!(
        redacted(&stream("logfmt"), &["card"], "a=1 card=\"4 5\" card=6\nwords\nb=2"),
        "a=1 card=[redacted] card=[redacted]\n[redacted]\nb=2"
    );
    let message = r#"<13>1 2026-11-21T05:14:00Z host app - - [id user="me" n="1"] said"#;
    assert_eq!(
        redacted(&stream("syslog"), &["sd.id.user", "hostname", "message"], message),
        r#"<13>1 2026-11-21T05:14:00Z [redacted] app - - [id user="[redacted]" n="1"] [redacted]"#
    );
    assert_eq!(redacted(&stream("syslog"), &["severity"], message), "[redacted]");
    let csv = with_columns(&["a", "card"], b',');
    assert_eq!(redacted(&csv, &["card"], "a,card\n1,\"4,5\"\n\"x\"\"y\",6\n"), "a,card\n1,[redacted]\n\"x\"\"y\",[redacted]");
    assert_eq!(redacted(&csv, &["card"], "1,2,3"), "[redacted]");
    assert_eq!(redacted(&stream("number"), &["value"], "5"), "[redacted]");
}
