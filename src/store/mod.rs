//! Ring buffers per series: raw and rolled up, bounded, with their gaps.

mod series;

pub use series::{Bucket, SeriesInfo, SeriesSpec, Store, StoreLimits};
