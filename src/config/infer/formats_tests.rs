//! Topics of other forms than JSON are recognised, and what is written for them loads without a word.

use super::{InferContext, SampleRecord, TopicSample, infer};
use crate::config::{Overrides, load};
use crate::decode::TimeSource;
use crate::model::Timestamp;

fn inferred(payload: impl Fn(i64) -> String) -> String {
    let record = |i: i64| SampleRecord {
        payload: Some(payload(i).into_bytes()),
        time: Some(Timestamp::from_millis(1_732_100_000_000 + i * 100)),
        ..SampleRecord::default()
    };
    let topic = TopicSample { topic: "t".to_owned(), partitions: 1, records: (0..100).map(record).collect(), ..TopicSample::default() };
    let text = infer(&[topic], &InferContext::default());
    let loaded = load(&text, "inferred.toml", &Overrides::default()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(loaded.warnings.is_empty(), "{}\n{text}", loaded.warnings);
    let stream = &loaded.plan.streams[0];
    let time = if let TimeSource::Field { path, .. } = &stream.time { path.to_string() } else { "record".to_owned() };
    let columns: Vec<&str> = stream.columns.iter().map(AsRef::as_ref).collect();
    let fields: Vec<String> = loaded
        .plan
        .metrics
        .iter()
        .filter_map(|m| {
            let by: Vec<&str> = m.by.iter().map(AsRef::as_ref).collect();
            Some(format!("{}/{}", m.field.as_ref()?, by.join(",")))
        })
        .collect();
    format!("{} time={time} {} {}", stream.format, columns.join(","), fields.join(" "))
}

#[test]
fn forms_are_recognised_where_they_are_clear() {
    let at = |i: i64| 1_732_100_000 + i / 10;
    let value = |i: i64| 20.5 + (i * 7 % 13) as f64 / 4.0;
    let host = |i: i64| ["web-1", "web-2", "db"][(i % 3) as usize];
    let said = [
        inferred(|i| format!("{}", value(i))),
        inferred(|i| format!("{} {}", value(i), at(i))),
        inferred(|i| format!("ts={} level=info host={} msg=\"request done\" took={}", at(i), host(i), value(i))),
        inferred(|i| format!("<14>1 2024-11-20T10:53:2{}Z {} app 1 - - done", i % 10, host(i))),
        inferred(|i| format!("<30>Nov 20 10:53:20 {} nginx[7]: GET / {}", host(i), i)),
        inferred(|i| format!("# TYPE temp gauge\ntemp{{host=\"{}\"}} {}\n", host(i), value(i))),
        inferred(|i| if i == 0 { "time,host,temp".to_owned() } else { format!("{},{},{}", at(i), host(i), value(i)) }),
        inferred(|i| format!("{};{}", host(i), value(i))),
        inferred(|i| {
            format!(
                r#"[{{"values":[{}],"dstypes":["gauge"],"dsnames":["value"],"time":{}.5,"interval":10,"host":"{}","plugin":"load","plugin_instance":"","type":"load","type_instance":""}}]"#,
                value(i),
                at(i),
                host(i)
            )
        }),
        inferred(|i| {
            format!(
                r#"{{"metrics":[{{"fields":{{"usage":{}}},"name":"cpu","tags":{{"host":"{}"}},"timestamp":{}}}]}}"#,
                value(i),
                host(i),
                at(i)
            )
        }),
        inferred(|i| format!("2026-11-21 05:14:00 ERROR payment {i} failed, as so often")),
        inferred(|_| "Dear reader, this is = prose".to_owned()),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

/// The metrics that are written for these payloads: name, field, labels and filter.
fn metrics_of(payload: impl Fn(i64) -> String) -> Vec<String> {
    let record = |i: i64| SampleRecord {
        payload: Some(payload(i).into_bytes()),
        time: Some(Timestamp::from_millis(1_732_100_000_000 + i * 1_000)),
        ..SampleRecord::default()
    };
    let topic = TopicSample { topic: "t".to_owned(), partitions: 1, records: (0..20).map(record).collect(), ..TopicSample::default() };
    let text = infer(&[topic], &InferContext::default());
    let loaded = load(&text, "inferred.toml", &Overrides::default()).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert!(loaded.warnings.is_empty(), "{}\n{text}", loaded.warnings);
    let named = loaded.plan.metrics.iter().filter(|m| m.field.is_some());
    named.map(|m| format!("{} [{}] {}", m.name, m.by.join(","), m.filter.as_deref().unwrap_or(""))).collect()
}

#[test]
fn values_that_say_what_they_are_are_never_thrown_together() {
    let list = |plugin: &str, kind: &str, instance: i64, value: i64| {
        format!(
            r#"{{"values":[{value}],"dstypes":["gauge"],"dsnames":["value"],"time":1732100000,"interval":10,"host":"h","plugin":"{plugin}","plugin_instance":"{instance}","type":"{kind}","type_instance":""}}"#
        )
    };
    let found = metrics_of(|i| {
        let lists = [
            list("cpu", "percent", 0, i % 7),
            list("cpu", "percent", 1, i % 3),
            list("memory", "memory", 0, i * 5 % 9),
            list("irq", "irq", 0, i),
        ];
        format!("[{}]", lists.join(","))
    });
    assert_eq!(
        found,
        [
            "t.cpu.percent [host,plugin_instance] plugin == 'cpu' and type == 'percent'",
            "t.memory [host] plugin == 'memory' and type == 'memory'"
        ]
    );
    let found = metrics_of(|i| {
        let (on, off) = (i % 5, i % 3);
        format!("# TYPE temp gauge\ntemp{{room=\"a\"}} {on}\ntemp{{room=\"b\"}} {off}\nseen_total{{room=\"a\"}} {i}\nload {}.5\n", i % 2)
    });
    assert_eq!(found, ["t.load [] name == 'load'", "t.temp [labels.room] name == 'temp'"]);
    let found = metrics_of(|i| {
        let metric = |name: &str, tags: &str, fields: &str| {
            format!(r#"{{"name":"{name}","tags":{{{tags}}},"fields":{{{fields}}},"timestamp":1732100000}}"#)
        };
        let cpu = metric("cpu", &format!(r#""host":"h","cpu":"cpu{}""#, i % 2), &format!(r#""user":{},"idle":{}"#, i % 7, i % 4));
        let mem = metric("mem", r#""host":"h""#, &format!(r#""free":{}"#, i % 6));
        format!(r#"{{"metrics":[{cpu},{mem}]}}"#)
    });
    assert_eq!(
        found,
        [
            "t.cpu.idle [tags.cpu,tags.host] name == 'cpu'",
            "t.cpu.user [tags.cpu,tags.host] name == 'cpu'",
            "t.mem.free [tags.host] name == 'mem'"
        ]
    );
}
