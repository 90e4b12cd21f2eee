//! Configuration: reading, checking, inferring one from live data.

mod loaded;

pub use loaded::Loaded;
