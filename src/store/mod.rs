//! Ring buffers per series: raw and rolled up, bounded, with their gaps.

mod catalog;
mod day;
mod depth;
mod near;
mod range;
mod ring;
mod rollup;
mod series;
mod spread;
#[cfg(test)]
mod tests;
mod track;

pub use catalog::Store;
pub use series::{Bucket, SeriesInfo, SeriesSpec, StoreLimits};
