//! The panes, each a file and a line in the registry.

use super::Kind;

/// Every kind of pane, by name.
pub const PANES: &[&Kind] = &[];
