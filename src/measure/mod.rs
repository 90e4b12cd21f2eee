//! From events to samples: metric definitions, open windows, watermarks.

mod adopt;
mod bank;
mod clock;
mod group;
mod meter;
mod part;
mod place;
mod roster;
mod spec;
#[cfg(test)]
mod tests;

pub use group::{OTHER, label_text};
pub use meter::{Condition, Measured, Meter, MeterLimits, MetricDef};
pub use place::{Place, Slot};
pub use spec::{Measure, MetricSpec};
