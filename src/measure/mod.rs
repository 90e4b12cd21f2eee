//! From events to samples: metric definitions, open windows, watermarks.

mod spec;

pub use spec::{Measure, MetricSpec};
