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
