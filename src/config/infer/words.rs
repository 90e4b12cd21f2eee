//! What field names tell: a name is split into its words, and some words say what a field is.

/// Names of times, surest first.
const TIME_NAMES: [&str; 14] = [
    "event_time",
    "timestamp",
    "@timestamp",
    "ts",
    "time",
    "t",
    "timestamp_ms",
    "ts_ms",
    "created_at",
    "occurred_at",
    "datetime",
    "date",
    "when",
    "event_timestamp",
];

/// The words of a name in lower case: `eventTime`, `event-time` and `event_time` are the same.
pub(super) fn words(path: &str) -> Vec<String> {
    let name = path.trim_end_matches('"');
    let last = name.rsplit(['.', '"']).next().unwrap_or(name);
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before_upper = true;
    for c in last.chars() {
        let cut = !c.is_alphanumeric();
        if (cut || (c.is_uppercase() && !before_upper)) && !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if !cut {
            word.extend(c.to_lowercase());
        }
        before_upper = c.is_uppercase();
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

fn has(path: &str, known: &[&str]) -> bool {
    words(path).iter().any(|w| known.contains(&w.as_str()))
}

fn ends(path: &str, known: &[&str]) -> bool {
    words(path).last().is_some_and(|w| known.contains(&w.as_str()))
}

/// How sure a name is that of a time: 0 not at all, 100 surely.
pub(super) fn time_rank(path: &str) -> u32 {
    let joined = words(path).join("_");
    let top = TIME_NAMES.iter().map(|n| words(n).join("_")).position(|n| n == joined);
    match top {
        Some(at) => 100 - at as u32,
        None if ends(path, &["at", "ts", "timestamp", "datetime", "date"]) => 40,
        None if has(path, &["timestamp", "time", "ts", "date"]) && !is_length(path) => 30,
        None => 0,
    }
}

/// Whether a name is that of a length of time, which is a number like any other.
fn is_length(path: &str) -> bool {
    has(path, &["response", "elapsed", "processing", "cpu", "wait", "up", "run", "total", "load", "duration", "latency", "taken"])
}

/// Whether a name is that of an identity: a label where there are few, nothing where there are many.
pub(super) fn is_id(path: &str) -> bool {
    const IDS: [&str; 12] = ["id", "ids", "uuid", "guid", "key", "no", "nr", "number", "hash", "serial", "imei", "mac"];
    let words = words(path);
    ends(path, &IDS)
        || words.len() == 1
            && words[0].len() > 3
            && words[0].ends_with("id")
            && !matches!(
                words[0].as_str(),
                "paid" | "valid" | "humid" | "grid" | "avoid" | "acid" | "covid" | "fluid" | "rapid" | "solid" | "void"
            )
}

/// Whether a name is that of a place in a sequence or a version.
pub(super) fn is_sequence(path: &str) -> bool {
    has(
        path,
        &[
            "seq",
            "sequence",
            "offset",
            "version",
            "ver",
            "revision",
            "index",
            "idx",
            "schema",
            "specversion",
            "port",
            "partition",
            "batch",
            "page",
            "line",
        ],
    )
}

/// Whether a small whole number under this name is a word in disguise.
pub(super) fn is_code(path: &str) -> bool {
    has(path, &["status", "code", "level", "severity", "priority", "type", "kind", "channel", "class", "category", "zone", "flag", "state"])
}

/// Whether a name is that of a thing that is watched: the best label there is.
pub(super) fn is_entity(path: &str) -> bool {
    const THINGS: [&str; 29] = [
        "series",
        "sensor",
        "device",
        "host",
        "hostname",
        "node",
        "instance",
        "machine",
        "server",
        "service",
        "region",
        "site",
        "plant",
        "location",
        "provider",
        "symbol",
        "city",
        "station",
        "vehicle",
        "meter",
        "pod",
        "cluster",
        "source",
        "store",
        "shop",
        "warehouse",
        "country",
        "tenant",
        "zone",
    ];
    has(path, &THINGS)
}

/// Whether a name is that of a value people watch.
pub(super) fn is_value(path: &str) -> bool {
    const VALUES: [&str; 26] = [
        "value",
        "amount",
        "price",
        "total",
        "latency",
        "duration",
        "temperature",
        "temp",
        "humidity",
        "pressure",
        "speed",
        "cpu",
        "memory",
        "load",
        "usage",
        "bytes",
        "count",
        "size",
        "rate",
        "level",
        "power",
        "voltage",
        "current",
        "score",
        "ms",
        "quantity",
    ];
    has(path, &VALUES)
}

/// A unit a name ends with, in the form the rest of the program uses.
pub(super) fn unit(path: &str) -> &'static str {
    match words(path).last().map_or("", String::as_str) {
        "ms" | "millis" | "milliseconds" => "ms",
        "us" | "micros" | "microseconds" => "us",
        "ns" | "nanos" | "nanoseconds" => "ns",
        "sec" | "secs" | "seconds" => "s",
        "bytes" => "By",
        "percent" | "pct" => "%",
        "celsius" => "Cel",
        "usd" => "USD",
        "eur" => "EUR",
        "cny" | "rmb" => "CNY",
        "rub" => "RUB",
        "volts" => "V",
        "watts" => "W",
        _ => "",
    }
}

/// Whether a name is that of a machine of which there are many alike, that share one load.
pub(super) fn is_machine(path: &str) -> bool {
    const MACHINES: [&str; 13] =
        ["host", "hostname", "node", "instance", "machine", "server", "pod", "container", "worker", "replica", "broker", "shard", "vm"];
    has(path, &MACHINES)
}

/// Whether a value of a state says that something failed.
pub(super) fn is_failure(value: &str) -> bool {
    const FAILURES: [&str; 14] = [
        "failed",
        "failure",
        "fail",
        "error",
        "errored",
        "fault",
        "declined",
        "rejected",
        "timeout",
        "timed_out",
        "denied",
        "critical",
        "fatal",
        "down",
    ];
    FAILURES.contains(&value.to_lowercase().as_str())
}

/// Whether these are the codes HTTP answers with.
pub(super) fn is_http_status(path: &str, values: &[String]) -> bool {
    let code = |v: &String| v.parse::<u16>().is_ok_and(|c| (100..600).contains(&c));
    has(path, &["status", "code"]) && values.iter().all(code) && values.iter().any(|v| v.starts_with('2'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_into_words_however_they_are_written() {
        for name in ["event_time", "eventTime", "event-time", "EventTime", "meta.event_time", "a.\"event time\""] {
            assert_eq!(words(name), ["event", "time"], "{name}");
        }
        assert_eq!(words("orderID"), ["order", "id"]);
    }

    #[test]
    fn names_tell_times_ids_and_things_apart() {
        assert!(time_rank("timestamp") > time_rank("created_at"));
        assert!(time_rank("eventTime") > time_rank("updated_at") && time_rank("updated_at") > 0);
        assert_eq!((time_rank("response_time"), time_rank("status"), time_rank("amount")), (0, 0, 0));
        assert!(is_id("sensor_id") && is_id("userId") && is_id("orderid") && !is_id("humid") && !is_id("amount"));
        assert!(is_entity("sensor_id") && is_code("status") && is_sequence("seq"));
        assert_eq!((unit("latency_ms"), unit("price")), ("ms", ""));
    }
}
