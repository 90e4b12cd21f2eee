//! Panes: one file per kind, one line here. A pane owns its scroll and selection and names its keys; the rest is `app`'s.

mod alerts;
mod anomalies;
mod anomaly_detail;
mod detail;
mod log;
mod overview;
mod overview_alerts;
mod overview_lines;

use super::Kind;

/// Every kind of pane. A new pane is one file and one line here.
pub const PANES: &[&Kind] = &[&overview::KIND, &anomalies::KIND, &alerts::KIND, &log::KIND];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    PANES.iter().copied().find(|k| k.name == name)
}
