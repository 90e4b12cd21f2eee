//! Panes: one file per kind, one line here. A pane owns its scroll and selection and names its keys; the rest is `app`'s.

mod alerts;
mod anomalies;
mod anomaly_detail;
mod anomaly_table;
mod chart;
mod chart_data;
mod chart_tiles;
mod detail;
mod histogram;
mod host;
mod host_rows;
mod legend;
mod log;
mod notice;
pub(super) mod overview;
mod overview_alerts;
pub(super) mod overview_lines;
mod rejects;
#[cfg(test)]
mod screens;
mod series;
mod sources;
pub(super) mod spark;
#[cfg(test)]
mod stage;
pub(super) mod target;
#[cfg(test)]
mod wire;

use super::Kind;

/// Every kind of pane. A new pane is one file and one line here.
pub const PANES: &[&Kind] = &[
    &overview::KIND,
    &chart::KIND,
    &series::KIND,
    &histogram::KIND,
    &anomalies::KIND,
    &alerts::KIND,
    &host::KIND,
    &sources::KIND,
    &log::KIND,
];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    PANES.iter().copied().find(|k| k.name == name)
}
