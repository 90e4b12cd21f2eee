//! Detectors: they score observations and explain themselves; rules decide what rings.

mod kind;
mod table;

pub use kind::{Kind, Param, ParamValue, Params};
pub use table::{AnomalyTable, DetectorOn, DetectorSpec};

/// Every kind of detector, by name. A new detector is one file and one line here.
pub const KINDS: &[&Kind] = &[];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.name == name)
}
