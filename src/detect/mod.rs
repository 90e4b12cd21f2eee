//! Detectors: they score observations and explain themselves; rules decide what rings.

mod absence;
mod ewma;
mod explain;
mod flat_line;
mod isolation_forest;
mod judgement;
mod kind;
mod limit;
mod mad;
mod rate_of_change;
mod novelty;
mod novelty_core;
mod score;
#[cfg(test)]
mod sentences_tests;
mod random_cut_forest;
mod shape;
mod sigma;
mod state;
mod table;
mod threshold;

pub use crate::stats::forest::Forest;
pub use explain::{Told, band, moment, why};
pub use judgement::{Earlier, JUDGEMENT_LINE_MAX, Judgement, Judgements, Opinion, subject_name};
pub use kind::{Kind, Param, ParamValue, Params, Sees};
pub use table::{AnomalyTable, DetectorOn, DetectorSpec};

/// Every kind of detector, by name. A new detector is one file and one line here.
pub const KINDS: &[&Kind] = &[
    &threshold::KIND,
    &sigma::KIND,
    &mad::KIND,
    &ewma::KIND,
    &rate_of_change::KIND,
    &absence::KIND,
    &flat_line::KIND,
    &isolation_forest::KIND,
    &random_cut_forest::KIND,
    &shape::KIND,
    &novelty::KIND,
];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.name == name)
}
