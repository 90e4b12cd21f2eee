//! From an exporter's answer to readings: which metrics are taken, counters as rates, limits.

use super::spec::ScrapeSpec;
use crate::decode::{Exposed, ExposedSample, exposed_line};
use crate::model::Reading;
use std::collections::HashMap;
use std::sync::Arc;

/// Longest line read: labels of real exporters take some hundred bytes.
pub(super) const LINE_LIMIT: usize = 64 * 1024;
/// Most labels of a series; Prometheus users rarely have ten.
const LABEL_LIMIT: usize = 32;
/// The label that says which scrape a series came from.
const LABEL: &str = "scrape";

/// A series as it was in the answer before.
#[derive(Debug)]
struct Known {
    name: Arc<str>,
    labels: Vec<(Arc<str>, Arc<str>)>,
    value: f64,
}

/// What came of an answer.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// The readings.
    pub(super) readings: Vec<Reading>,
    /// Samples that were wanted and read, whether or not they give a reading yet.
    pub(super) samples: usize,
    /// Lines that could not be read, values that are not finite, series beyond the limit.
    pub(super) skipped: usize,
    /// The first line that could not be read, and why.
    pub(super) fault: Option<String>,
    /// Whether there were more series than `max_series`.
    pub(super) full: bool,
}

/// How a metric's values are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    /// A bucket of a histogram: also counted upwards.
    Bucket,
    /// When a counter was made: of no use here.
    Created,
}

/// What is remembered from answer to answer. It holds the series of the last answer and no others, so
/// it never holds more than `max_series`.
#[derive(Debug)]
pub(super) struct Metrics {
    scrape: Arc<str>,
    spec: ScrapeSpec,
    known: HashMap<Box<str>, Known>,
}

impl Metrics {
    /// Of the scrape called `scrape`.
    pub(super) fn new(scrape: Arc<str>, spec: ScrapeSpec) -> Self {
        Self { scrape, spec, known: HashMap::new() }
    }

    /// Reads an answer that came `seconds` after the one before; `None`: there is none before.
    pub(super) fn take(&mut self, text: &str, seconds: Option<f64>) -> Taken {
        let mut taken = Taken::default();
        let mut now: HashMap<Box<str>, Known> = HashMap::with_capacity(self.known.len());
        let (mut family, mut kind) = ("", "");
        for (nth, line) in text.lines().enumerate() {
            if line.len() > LINE_LIMIT {
                taken.wrong(nth, "longer than 64 KiB");
                continue;
            }
            match exposed_line(line) {
                Err(why) => taken.wrong(nth, why),
                Ok(Exposed::Other) => {}
                Ok(Exposed::Kind { name, kind: word }) => (family, kind) = (name, word),
                Ok(Exposed::Sample(sample)) => {
                    let kind = kind_of(sample.name, family, kind);
                    if self.wants(sample.name, kind) {
                        self.sample(&sample, kind, seconds, &mut now, &mut taken);
                    }
                }
            }
        }
        self.known = now;
        taken
    }

    fn wants(&self, name: &str, kind: Kind) -> bool {
        let fits = |patterns: &[String]| patterns.iter().any(|p| wildcard(p, name));
        kind != Kind::Created
            && (kind != Kind::Bucket || self.spec.buckets)
            && (self.spec.metrics.is_empty() || fits(&self.spec.metrics))
            && !fits(&self.spec.exclude)
    }

    fn sample(
        &mut self,
        sample: &ExposedSample<'_>,
        kind: Kind,
        seconds: Option<f64>,
        now: &mut HashMap<Box<str>, Known>,
        taken: &mut Taken,
    ) {
        taken.samples += 1;
        if !sample.value.is_finite() {
            taken.skipped += 1;
            return;
        }
        if now.len() >= self.spec.max_series {
            taken.skipped += 1;
            taken.full = true;
            return;
        }
        let key = key(sample);
        let before = self.known.remove(&*key);
        let last = before.as_ref().map(|k| k.value);
        let mut series = before.unwrap_or_else(|| self.series(sample));
        series.value = sample.value;
        let counts = matches!(kind, Kind::Counter | Kind::Bucket) && !self.spec.raw_counters;
        let value = if counts { rate(last, sample.value, seconds) } else { Some(sample.value) };
        if let Some(value) = value {
            let (name, labels) = (Arc::clone(&series.name), series.labels.clone());
            taken.readings.push(Reading { name, labels, value, unit: unit(sample.name, counts) });
        }
        now.insert(key, series);
    }

    fn series(&self, sample: &ExposedSample<'_>) -> Known {
        let own = sample.labels.iter().filter(|(name, _)| *name != LABEL).take(LABEL_LIMIT);
        let mut labels: Vec<(Arc<str>, Arc<str>)> = own.map(|(name, value)| ((*name).into(), value.as_str().into())).collect();
        labels.push((LABEL.into(), Arc::clone(&self.scrape)));
        Known { name: sample.name.into(), labels, value: sample.value }
    }
}

impl Taken {
    fn wrong(&mut self, nth: usize, why: &str) {
        self.skipped += 1;
        self.fault.get_or_insert_with(|| format!("line {}: {why}", nth + 1));
    }
}

fn key(sample: &ExposedSample<'_>) -> Box<str> {
    let mut key = String::with_capacity(sample.name.len() + sample.labels.len() * 24);
    key.push_str(sample.name);
    for (name, value) in &sample.labels {
        // Signs that stand in no label part them.
        key.extend(["\u{1}", name, "\u{2}", value]);
    }
    key.into_boxed_str()
}

/// What a counter grew by in a second. One that became smaller was reset, and has counted from zero since.
fn rate(last: Option<f64>, value: f64, seconds: Option<f64>) -> Option<f64> {
    let (last, seconds) = (last?, seconds.filter(|s| *s > 0.0)?);
    let grown = if value < last { value } else { value - last };
    Some(grown / seconds)
}

/// How the values of `name` are meant, by the `# TYPE` in front of it, else by its name.
fn kind_of(name: &str, family: &str, kind: &str) -> Kind {
    let Some(suffix) = name.strip_prefix(family).filter(|_| !family.is_empty()) else {
        return if name.ends_with("_total") { Kind::Counter } else { Kind::Gauge };
    };
    match (kind, suffix) {
        ("counter" | "histogram" | "summary", "_created") => Kind::Created,
        ("counter", "" | "_total") | ("histogram" | "summary", "_sum" | "_count") => Kind::Counter,
        ("histogram" | "gaugehistogram", "_bucket") => Kind::Bucket,
        ("untyped" | "unknown", _) if name.ends_with("_total") => Kind::Counter,
        _ => Kind::Gauge,
    }
}

/// The unit that a name says by its end, as Prometheus asks for (base units in the name).
fn unit(name: &str, rate: bool) -> &'static str {
    let base = name.strip_suffix("_total").unwrap_or(name);
    let moment = base.ends_with("time_seconds") || base.ends_with("timestamp_seconds");
    match (base.rsplit('_').next().unwrap_or_default(), rate) {
        ("bytes", false) => "By",
        ("bytes", true) => "By/s",
        ("seconds", false) if !moment => "s",
        ("celsius", false) => "Cel",
        ("ratio", false) => "1",
        _ => "",
    }
}

/// Whether `text` is of the form `pattern`, in which `*` stands for any signs.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn metrics(spec: ScrapeSpec) -> Metrics {
        Metrics::new("node".into(), ScrapeSpec { max_series: if spec.max_series == 0 { 100 } else { spec.max_series }, ..spec })
    }

    fn shown(taken: &Taken) -> String {
        let one = |r: &Reading| {
            let labels: Vec<String> = r.labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
            format!("{}{{{}}} {} {}", r.name, labels.join(","), r.value, r.unit).trim_end().to_owned()
        };
        taken.readings.iter().map(one).collect::<Vec<_>>().join("\n")
    }

    const FIRST: &str = "# HELP node_cpu_seconds_total x\n# TYPE node_cpu_seconds_total counter\nnode_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 100\n\
        # TYPE node_load1 gauge\nnode_load1 0.5\n# TYPE node_memory_free_bytes gauge\nnode_memory_free_bytes 1e9\n\
        # TYPE req histogram\nreq_bucket{le=\"0.1\"} 1\nreq_bucket{le=\"+Inf\"} 2\nreq_sum 10\nreq_count 2\n\
        # TYPE q summary\nq{quantile=\"0.5\"} NaN\nq_sum 1\nq_count 1\nsent_bytes_total 5\n";

    #[test]
    fn counters_become_rates_from_the_second_answer_on() {
        let mut m = metrics(ScrapeSpec::default());
        let taken = m.take(FIRST, None);
        assert_eq!(shown(&taken), "node_load1{scrape=node} 0.5\nnode_memory_free_bytes{scrape=node} 1000000000 By");
        assert_eq!((taken.samples, taken.skipped, taken.fault), (9, 1, None));
        let second = FIRST.replace("} 100", "} 110").replace("req_sum 10", "req_sum 4").replace("total 5", "total 25");
        insta::assert_snapshot!(shown(&m.take(&second, Some(10.0))), @r"
        node_cpu_seconds_total{cpu=0,mode=idle,scrape=node} 1
        node_load1{scrape=node} 0.5
        node_memory_free_bytes{scrape=node} 1000000000 By
        req_sum{scrape=node} 0.4
        req_count{scrape=node} 0
        q_sum{scrape=node} 0
        q_count{scrape=node} 0
        sent_bytes_total{scrape=node} 2 By/s
        ");
        m.take("", Some(10.0));
        assert_eq!(shown(&m.take("# TYPE a counter\na 5\n", Some(10.0))), "", "what was not in the last answer begins anew");
    }

    #[test]
    fn what_is_wanted_is_said_by_patterns_and_options() {
        let spec = ScrapeSpec {
            metrics: vec!["node_*".to_owned(), "req*".to_owned()],
            exclude: vec!["*_free_*".to_owned()],
            raw_counters: true,
            buckets: true,
            ..ScrapeSpec::default()
        };
        insta::assert_snapshot!(shown(&metrics(spec).take(FIRST, None)), @r"
        node_cpu_seconds_total{cpu=0,mode=idle,scrape=node} 100 s
        node_load1{scrape=node} 0.5
        req_bucket{le=0.1,scrape=node} 1
        req_bucket{le=+Inf,scrape=node} 2
        req_sum{scrape=node} 10
        req_count{scrape=node} 2
        ");
    }

    #[test]
    fn openmetrics_is_told_by_its_types() {
        let text = "# TYPE foo counter\nfoo_total 17.0 1520879607.789 # {trace_id=\"x\"} 1\nfoo_created 1520430000.123\n# TYPE bar gauge\nbar{scrape=\"theirs\"} 1\n# EOF\n";
        let mut m = metrics(ScrapeSpec::default());
        m.take(text, None);
        assert_eq!(shown(&m.take(&text.replace("17.0", "37"), Some(10.0))), "foo_total{scrape=node} 2\nbar{scrape=node} 1");
    }

    #[test]
    fn limits_hold_and_are_told() {
        let text = (0..10).map(|i| format!("m{{i=\"{i}\"}} 1")).collect::<Vec<_>>().join("\n");
        let mut m = metrics(ScrapeSpec { max_series: 3, ..ScrapeSpec::default() });
        let taken = m.take(&text, None);
        assert_eq!((taken.readings.len(), taken.samples, taken.skipped, taken.full), (3, 10, 7, true));
        assert_eq!(m.known.len(), 3);
        let taken = m.take(&format!("ok 1\n<html>\nbad\nx{{y=\"{}\"}} 1\n", "z".repeat(LINE_LIMIT)), None);
        assert_eq!((taken.skipped, taken.fault.as_deref(), taken.readings.len()), (3, Some("line 2: no name of a metric"), 1));
        let many = (0..100).map(|i| format!("l{i}=\"v\"")).collect::<Vec<_>>().join(",");
        assert_eq!(m.take(&format!("x{{{many}}} 1"), None).readings[0].labels.len(), LABEL_LIMIT + 1);
    }

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, text, fits) in [
            ("node_*", "node_load1", true),
            ("node_*", "nodeload", false),
            ("*_total", "a_total", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*a", "a", false),
            ("up", "up", true),
            ("up", "upper", false),
            ("*", "", true),
        ] {
            assert_eq!(wildcard(pattern, text), fits, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_rates_are_never_negative(text in "([a_ {}=\"#1-9TYPE.]{0,12}\n|a 1\n|a 5\n|# TYPE a counter\n){0,12}") {
            let mut m = metrics(ScrapeSpec::default());
            m.take(&text, None);
            let taken = m.take("# TYPE a counter\na 2\n", Some(1.0));
            prop_assert!(taken.readings.iter().all(|r| r.value >= 0.0));
        }
    }
}
