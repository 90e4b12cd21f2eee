//! What other rooms offer by name: formats, kinds of detectors, channels and panes, themes, metrics of
//! the host and of probes, and the expression language. All that `config` asks of them stands here.

use crate::detect;
use crate::notify;

/// A pane as the checks need to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaneKind {
    /// Its name.
    pub(super) name: &'static str,
    /// What its argument means; empty: it takes none.
    pub(super) argument: &'static str,
}

/// STAND-IN until the rooms are joined: `crate::ui::panes`.
const PANES: &[PaneKind] = &[
    PaneKind { name: "overview", argument: "" },
    PaneKind { name: "chart", argument: "metrics, separated by commas" },
    PaneKind { name: "series", argument: "a metric" },
    PaneKind { name: "histogram", argument: "a metric" },
    PaneKind { name: "anomalies", argument: "a detector" },
    PaneKind { name: "alerts", argument: "" },
    PaneKind { name: "host", argument: "" },
    PaneKind { name: "sources", argument: "" },
    PaneKind { name: "log", argument: "" },
];

/// Every kind of pane.
pub(super) fn panes() -> Vec<PaneKind> {
    PANES.to_vec()
}

/// Every format. STAND-IN until the rooms are joined: `crate::decode::FORMATS`.
pub(super) fn formats() -> Vec<&'static str> {
    vec!["json", "kcat", "cloudevents", "line"]
}

/// Every theme. STAND-IN until the rooms are joined.
pub(super) fn themes() -> Vec<String> {
    vec!["dark".to_owned(), "light".to_owned()]
}

/// Every kind of detector.
pub(super) fn detectors() -> Vec<&'static detect::Kind> {
    if detect::KINDS.is_empty() { stand_in::DETECTORS.to_vec() } else { detect::KINDS.to_vec() }
}

/// Every kind of channel: name and default of `min_interval`.
pub(super) fn channels() -> Vec<(&'static str, crate::model::Millis)> {
    if notify::KINDS.is_empty() {
        return ["bell", "desktop"].into_iter().map(|name| (name, crate::model::Millis::from_secs(1))).collect();
    }
    notify::KINDS.iter().map(|k| (k.name, k.min_interval)).collect()
}

/// Metrics the host source delivers (OpenTelemetry names).
pub(super) const HOST_METRICS: &[&str] = &[
    "system.cpu.utilization",
    "system.cpu.load_average.1m",
    "system.cpu.load_average.5m",
    "system.cpu.load_average.15m",
    "system.memory.usage",
    "system.memory.utilization",
    "system.paging.usage",
    "system.paging.utilization",
    "system.filesystem.usage",
    "system.filesystem.utilization",
    "system.disk.io",
    "system.network.io",
    "hw.temperature",
    "system.uptime",
];

/// Metrics a probe delivers.
pub(super) const PROBE_METRICS: &[&str] = &["probe.connect", "probe.first_byte", "probe.duration", "probe.status_code", "probe.up"];

/// A fault in an expression: where in its text, and what.
#[derive(Clone, Debug)]
pub(super) struct ExprFault {
    /// The first byte of the offending part.
    pub(super) at: usize,
    /// Its length in bytes.
    pub(super) len: usize,
    /// What is wrong.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: String,
}

/// Reads an expression and answers the names (fields or metrics) it speaks of.
///
/// STAND-IN until the rooms are joined: `crate::expr::parse`.
pub(super) fn expression(text: &str) -> Result<Vec<String>, ExprFault> {
    stand_in::expression(text)
}

/// Checks a field path; answers what is wrong with it.
pub(super) fn path(text: &str) -> Result<(), String> {
    if let Some(part) = text.strip_prefix('@') {
        let known = matches!(part, "key" | "topic" | "partition") || part.strip_prefix("header.").is_some_and(|h| !h.is_empty());
        return if known { Ok(()) } else { Err("parts of a record are @key, @topic, @partition and @header.NAME".to_owned()) };
    }
    plain_path(text)
}

/// Walks `name.name[0]."quoted name"`.
fn plain_path(text: &str) -> Result<(), String> {
    let mut rest = text;
    loop {
        rest = if let Some(inner) = rest.strip_prefix('"') {
            let end = inner.find('"').ok_or("a quote is not closed")?;
            &inner[end + 1..]
        } else {
            let end = rest.find(['.', '[', '"']).unwrap_or(rest.len());
            if end == 0 && !rest.starts_with('[') {
                return Err("a name between dots is empty".to_owned());
            }
            &rest[end..]
        };
        while let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').ok_or("a bracket is not closed")?;
            if end == 0 || !inner[..end].bytes().all(|b| b.is_ascii_digit()) {
                return Err("a place in brackets must be a number".to_owned());
            }
            rest = &inner[end + 1..];
        }
        match rest.strip_prefix('.') {
            Some(next) => rest = next,
            None if rest.is_empty() => return Ok(()),
            None => return Err(format!("{rest:?} follows without a dot")),
        }
    }
}

/// Kept only until the rooms are joined.
mod stand_in {
    use super::ExprFault;
    use crate::detect::{Kind, Param, Params};
    use crate::model::{Detector, Observation, StateError, Timestamp, Verdict};

    struct Nothing;

    impl Detector for Nothing {
        fn judge(&mut self, _: Timestamp, _: &Observation<'_>) -> Verdict {
            Verdict::Learning { seen: 0, needed: 0 }
        }
        fn learn(&mut self, _: Timestamp, _: &Observation<'_>) {}
        fn save(&self) -> serde_json::Value {
            serde_json::Value::Null
        }
        fn restore(&mut self, _: &serde_json::Value) -> Result<(), StateError> {
            Ok(())
        }
        fn memory(&self) -> usize {
            0
        }
    }

    const fn param(name: &'static str, default: &'static str, min: f64, max: f64) -> Param {
        Param { name, doc: "", default, min, max, words: &[], required: false }
    }
    const SIDE: Param =
        Param { name: "side", doc: "", default: "both", min: 0.0, max: 0.0, words: &["both", "above", "below"], required: false };
    const INF: f64 = f64::INFINITY;

    fn build(_: &Params, _: u64) -> Box<dyn Detector> {
        Box::new(Nothing)
    }
    fn check(_: &Params) -> Vec<(&'static str, String, String)> {
        Vec::new()
    }

    pub(super) static DETECTORS: &[&Kind] = &[
        &Kind {
            name: "threshold",
            summary: "",
            source: "",
            params: &[
                param("above", "", -INF, INF),
                param("below", "", -INF, INF),
                param("clear_above", "", -INF, INF),
                param("clear_below", "", -INF, INF),
            ],
            check,
            build,
            keys_max: 0,
        },
        &Kind {
            name: "sigma",
            summary: "",
            source: "",
            params: &[param("k", "3", 0.01, 1e6), SIDE, param("window", "0", 0.0, 1e6), param("min", "30", 2.0, 1e6)],
            check,
            build,
            keys_max: 0,
        },
        &Kind {
            name: "isolation-forest",
            summary: "",
            source: "",
            params: &[
                param("contamination", "0.1", 0.0, 0.5),
                param("trees", "100", 1.0, 1000.0),
                param("sample", "256", 2.0, 4096.0),
                param("seed", "0", 0.0, 1e15),
            ],
            check,
            build,
            keys_max: 100,
        },
    ];

    /// Quotes and brackets must close; names are what is neither quoted, nor a number, nor a word of the language.
    pub(super) fn expression(text: &str) -> Result<Vec<String>, ExprFault> {
        let mut names = Vec::new();
        let (mut rest, mut at, mut open) = (text, 0, Vec::new());
        let fault = |at: usize, len: usize, message: &str| ExprFault { at, len, message: message.to_owned(), hint: String::new() };
        if text.trim().is_empty() {
            return Err(fault(0, text.len(), "the expression is empty"));
        }
        while let Some(c) = rest.chars().next() {
            let mut len = c.len_utf8();
            match c {
                '\'' | '"' => len += rest[1..].find(c).ok_or_else(|| fault(at, rest.len(), "the quote is not closed"))? + 1,
                '(' | '[' => open.push(at),
                ')' | ']' => {
                    open.pop().ok_or_else(|| fault(at, 1, "nothing was opened here"))?;
                }
                c if c.is_alphanumeric() || matches!(c, '_' | '@') => {
                    len = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '@'))).unwrap_or(rest.len());
                    let word = &rest[..len];
                    let keyword = ["and", "or", "not", "in", "true", "false", "null"].contains(&word);
                    if !keyword && !c.is_ascii_digit() && !rest[len..].starts_with('(') {
                        names.push(word.to_owned());
                    }
                }
                _ => {}
            }
            at += len;
            rest = &rest[len..];
        }
        open.pop().map_or(Ok(names), |at| Err(fault(at, 1, "the bracket is not closed")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_streams_write_them() {
        for good in ["a", "a.b", "readings[0].v", "a[0][1]", "\"a.b\".c", "[0].v", "@key", "@header.trace-id", "名.字", "k8s/pod"] {
            assert_eq!(path(good), Ok(()), "{good}");
        }
        for bad in ["", ".", "a.", "a..b", "a[", "a[x]", "a[]", "\"a", "a[0]b", "@", "@offsets", "@header."] {
            assert!(path(bad).is_err(), "{bad:?}");
        }
    }
}
