//! What reading a record costs, form by form.
//!
//! `cargo bench --bench decode`. Each form holds the same reading of a sensor; one field of it and
//! its time are taken, as a metric does. The throughput is in records.

use bellwether::decode::{Fate, FormatName, Reader, RejectRing, Schema, StreamSpec, TimeSource, TopicPattern, format};
use bellwether::model::{RecordRef, SourceId, Timestamp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;

/// A record of each form, and the field that is taken of it.
const FORMS: [(&str, &str, &str); 8] = [
    ("json", "temp", r#"{"ts":"2026-01-31T08:00:00.250Z","sensor":"s-17","temp":21.375,"state":"ok"}"#),
    ("csv", "temp", "2026-01-31T08:00:00.250Z,s-17,21.375,ok"),
    ("logfmt", "temp", r#"ts=2026-01-31T08:00:00.250Z sensor=s-17 temp=21.375 state=ok msg="measured as planned""#),
    ("syslog", "severity", "<14>1 2026-01-31T08:00:00.250Z s-17 sensord 812 T1 - temp 21.375 measured as planned"),
    ("number", "value", "21.375"),
    (
        "collectd",
        "value",
        r#"[{"values":[21.375],"dstypes":["gauge"],"dsnames":["value"],"time":1769846400.250,"interval":10.0,"host":"s-17","plugin":"sensors","plugin_instance":"","type":"temperature","type_instance":""}]"#,
    ),
    ("telegraf", "fields.temp", r#"{"fields":{"temp":21.375},"name":"sensor","tags":{"host":"s-17"},"timestamp":1769846400}"#),
    ("prometheus", "value", "temp_celsius{sensor=\"s-17\",state=\"ok\"} 21.375 1769846400250"),
];

fn reader(name: FormatName, field: &str) -> Reader {
    let mut schema = Schema::new();
    schema.field(field).expect("a path");
    let columns = ["ts", "sensor", "temp", "state"].map(Arc::from).to_vec();
    let spec = StreamSpec {
        format: name,
        columns: if name == "csv" { columns } else { Vec::new() },
        time: TimeSource::Record,
        ..StreamSpec::new("bench", TopicPattern::Name("bench".into()))
    };
    Reader::new(&spec, schema).expect("a stream")
}

fn forms(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    let topic: Arc<str> = "bench".into();
    for (name, field, payload) in FORMS {
        let known = format(name).expect("a form");
        let mut reader = reader(known.name, field);
        let mut rejects = RejectRing::new();
        let mut offset = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                offset += 1;
                let record = RecordRef::plain(SourceId(0), &topic, 0, offset, Some(payload.as_bytes()));
                reader.read(&record, Timestamp::default(), &mut rejects, &mut |event| {
                    black_box(event);
                    Fate::Accepted
                });
            });
        });
        assert!(reader.counters().undecodable == 0, "{name} is not read");
    }
    group.finish();
}

criterion_group!(benches, forms);
criterion_main!(benches);
