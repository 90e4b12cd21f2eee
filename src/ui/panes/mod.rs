//! Panes: one file per kind, one line here. A pane owns its scroll and selection and names its keys; the rest is `app`'s.

mod alerts;
mod anomalies;
mod anomaly_chart;
mod anomaly_detail;
mod anomaly_table;
mod before;
mod chart;
mod chart_data;
mod chart_over;
mod chart_tiles;
mod copies;
mod crosshair;
mod detail;
mod detectors;
mod heatmap;
mod histogram;
mod host;
mod host_rows;
mod learning;
mod legend;
mod log;
mod marks;
mod multiples;
mod notice;
pub(super) mod overview;
mod overview_alerts;
pub(super) mod overview_lines;
mod ranked;
mod reading;
mod rejects;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod screens_charts;
mod series;
mod sources;
pub(super) mod spark;
#[cfg(test)]
mod stage;
mod summary;
pub(super) mod target;
#[cfg(test)]
mod tongues;
mod top;
#[cfg(test)]
mod wire;

use super::Kind;
pub use anomaly_table::judged;

/// Every kind of pane. A new pane is one file and one line here.
pub const PANES: &[&Kind] = &[
    &overview::KIND,
    &chart::KIND,
    &series::KIND,
    &histogram::KIND,
    &multiples::KIND,
    &heatmap::KIND,
    &top::KIND,
    &anomalies::KIND,
    &alerts::KIND,
    &host::KIND,
    &sources::KIND,
    &log::KIND,
    &marks::KIND,
    &detectors::KIND,
];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    PANES.iter().copied().find(|k| k.name == name)
}
