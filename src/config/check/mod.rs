//! One file per kind of section: reads it, checks it, and answers what the other rooms take.

mod channels;
mod context;
mod detectors;
mod http;
mod metrics;
mod rules;
mod screen;
mod sources;
mod streams;

pub(super) use channels::channels;
pub(super) use context::Context;
pub(super) use detectors::detectors;
pub(super) use metrics::{MEASURES, metrics};
pub(super) use rules::rules;
pub(super) use screen::{limits, screen};
pub(super) use sources::{assign_topics, sources};
pub(super) use streams::streams;
