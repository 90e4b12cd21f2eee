//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.

pub mod forest;
pub mod profile;
pub mod random;
pub mod rank;
pub mod welford;
pub mod window;
pub mod ddsketch;
pub mod hll;
pub mod sum;
