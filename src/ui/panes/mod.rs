//! The panes, each a file and a line in the registry.

mod chart;
mod chart_data;
mod legend;
mod notice;
#[cfg(test)]
mod stage;
mod target;

use super::Kind;

/// Every kind of pane, by name.
pub const PANES: &[&Kind] = &[&chart::KIND];
