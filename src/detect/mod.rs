//! Detectors: they score observations and explain themselves; rules decide what rings.

mod absence;
mod auto;
mod auto_course;
mod auto_history;
mod auto_hours;
mod auto_local;
mod auto_nature;
mod auto_pace;
mod auto_sequence;
mod auto_track;
mod calibration;
mod change_point;
mod ewma;
mod explain;
mod flat_line;
mod forms;
mod isolation_forest;
mod judgement;
mod kind;
mod known;
mod limit;
mod mad;
mod members;
mod new_value;
mod novelty;
mod novelty_core;
mod past;
mod peers;
mod random_cut_forest;
mod rate_of_change;
mod score;
mod seasonal;
#[cfg(test)]
mod sentences_tests;
mod shape;
mod sigma;
mod state;
mod table;
mod threshold;
mod vote;

pub use crate::stats::forest::Forest;
pub use calibration::{Calibration, LOWEST, cold, follows, odds, score as score_of_odds};
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
    &seasonal::KIND,
    &change_point::KIND,
    &new_value::KIND,
    &peers::KIND,
    &vote::KIND,
    &random_cut_forest::KIND,
    &shape::KIND,
    &novelty::KIND,
    &auto::KIND,
];

/// The kind called `name`.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.name == name)
}
