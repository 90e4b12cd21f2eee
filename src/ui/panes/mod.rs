//! The panes, each a file and a line in the registry.

mod chart;
mod chart_data;
mod histogram;
mod host;
mod host_rows;
mod legend;
mod notice;
mod rejects;
#[cfg(test)]
mod screens;
mod series;
mod sources;
#[cfg(test)]
mod stage;
mod target;
#[cfg(test)]
mod wire;

use super::Kind;

/// Every kind of pane, by name.
pub const PANES: &[&Kind] = &[&chart::KIND, &series::KIND, &histogram::KIND, &host::KIND, &sources::KIND];
//! Panes: one file per kind, one line here. A pane owns its scroll and selection and names its keys; the rest is `app`'s.

mod alerts;
mod anomalies;
mod anomaly_detail;
mod log;
mod overview;
mod overview_lines;

use super::Kind;

/// Every kind of pane. A new pane is one file and one line here.
pub const PANES: &[&Kind] = &[&overview::KIND, &anomalies::KIND, &alerts::KIND, &log::KIND];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    PANES.iter().copied().find(|k| k.name == name)
}
