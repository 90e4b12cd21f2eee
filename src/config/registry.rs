//! What other rooms offer by name: formats, kinds of detectors, channels and panes, themes, metrics of
//! the host and of probes, and the expression language. All that `config` asks of them stands here.

use crate::decode::{FORMATS, Schema};
use crate::model::Millis;
use crate::ui::{Theme, panes};
use crate::{detect, expr, notify};

/// A pane as the checks need to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaneKind {
    /// Its name.
    pub(super) name: &'static str,
    /// What its argument means; empty: it takes none.
    pub(super) argument: &'static str,
}

/// Every kind of pane.
pub(super) fn panes() -> Vec<PaneKind> {
    panes::PANES.iter().map(|k| PaneKind { name: k.name, argument: k.argument }).collect()
}

/// Every format.
pub(super) fn formats() -> Vec<&'static str> {
    FORMATS.iter().map(|f| f.name).collect()
}

/// Every theme.
pub(super) fn themes() -> Vec<String> {
    Theme::names().map(str::to_owned).collect()
}

/// Every kind of detector.
pub(super) fn detectors() -> Vec<&'static detect::Kind> {
    detect::KINDS.to_vec()
}

/// What the kind of detector called `name` judges.
pub(super) fn sees(name: &str) -> Option<detect::Sees> {
    detect::kind(name).map(|k| k.sees)
}

/// Every kind of channel: name and default of `min_interval`.
pub(super) fn channels() -> Vec<(&'static str, Millis)> {
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
pub(super) const PROBE_METRICS: &[&str] =
    &["probe.dns", "probe.tls", "probe.tls.expiry", "probe.connect", "probe.first_byte", "probe.duration", "probe.status_code", "probe.up"];

/// Metrics a scrape delivers of itself, beside those of its exporter.
pub(super) const SCRAPE_METRICS: &[&str] = &["scrape.up", "scrape.duration", "scrape.samples", "scrape.skipped"];

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

/// Reads an expression and answers the names (field paths or series) it speaks of.
pub(super) fn expression(text: &str) -> Result<Vec<String>, ExprFault> {
    let fault = |e: expr::ExprError| ExprFault { at: e.at, len: e.len, message: e.message, hint: e.hint.unwrap_or_default() };
    expr::parse(text).map(|e| e.names()).map_err(fault)
}

/// Checks a field path; answers the byte where it goes wrong, and what is wrong there.
pub(super) fn path(text: &str) -> Result<(), (usize, String)> {
    Schema::new().field(text).map(|_| ()).map_err(|e| (e.at, e.message.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_streams_write_them() {
        for good in ["a", "a.b", "readings[0].v", "a[0][1]", "\"a.b\".c", "@key", "@header.trace-id", "名.字", "k8s/pod", "\"@timestamp\""]
        {
            assert_eq!(path(good), Ok(()), "{good}");
        }
        for bad in ["", ".", "a.", "a..b", "a[", "a[x]", "a[]", "\"a", "a[0]b", "@", "@offsets", "@header."] {
            assert!(path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_registry_has_its_entries() {
        let names: Vec<&str> = panes().iter().map(|p| p.name).collect();
        for kind in ["overview", "chart", "series", "histogram", "anomalies", "alerts", "host", "sources", "log"] {
            assert!(names.contains(&kind), "{kind}");
        }
        assert!(formats().contains(&"json") && themes().contains(&"dark".to_owned()));
        assert!(detectors().iter().any(|k| k.name == "sigma") && channels().iter().any(|(n, _)| *n == "bell"));
    }
}
