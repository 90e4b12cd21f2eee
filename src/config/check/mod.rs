//! One file per kind of section: reads it, checks it, and answers what the other rooms take.

mod channels;
mod context;
mod detectors;
mod http;
mod keys;
mod metrics;
mod rules;
mod screen;
mod sources;
mod state;
mod streams;

pub(super) use channels::channels;
pub(super) use context::Context;
pub(super) use detectors::detectors;
use keys::keys;
pub(super) use metrics::{MEASURES, metrics};
pub(super) use rules::rules;
pub(super) use screen::{limits, screen};
pub(super) use sources::{assign_topics, sources};
pub(super) use state::state;
pub(super) use streams::streams;
