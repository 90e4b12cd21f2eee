//! Detectors: they score observations and explain themselves; rules decide what rings.

mod calibration;
mod explain;
mod isolation_forest;
mod judgement;
mod kind;
mod score;
mod sigma;
mod state;
mod table;
mod threshold;

pub use crate::stats::forest::Forest;
pub use calibration::{Calibration, follows, odds, score as score_of_odds};
pub use explain::{Told, band, moment, why};
pub use judgement::{Earlier, JUDGEMENT_LINE_MAX, Judgement, Judgements, Opinion, subject_name};
pub use kind::{Kind, Param, ParamValue, Params, Sees};
pub use table::{AnomalyTable, DetectorOn, DetectorSpec};

/// Every kind of detector, by name. A new detector is one file and one line here.
pub const KINDS: &[&Kind] = &[&threshold::KIND, &sigma::KIND, &isolation_forest::KIND];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.name == name)
}
