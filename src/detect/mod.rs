//! Detectors: they score observations and explain themselves; rules decide what rings.

mod change_point;
mod explain;
mod isolation_forest;
mod kind;
mod known;
mod members;
mod new_value;
mod peers;
mod score;
mod seasonal;
mod sigma;
mod state;
mod table;
mod threshold;
mod vote;

pub use crate::stats::forest::Forest;
pub use explain::{Told, band, moment, why};
pub use kind::{Kind, Param, ParamValue, Params, Sees};
pub use table::{AnomalyTable, DetectorOn, DetectorSpec};

/// Every kind of detector, by name. A new detector is one file and one line here.
pub const KINDS: &[&Kind] = &[&threshold::KIND, &sigma::KIND, &isolation_forest::KIND, &seasonal::KIND, &change_point::KIND, &new_value::KIND, &peers::KIND, &vote::KIND];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.name == name)
}
