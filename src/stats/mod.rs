//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.

pub mod ddsketch;
pub mod forest;
pub mod hll;
pub mod log;
pub mod ordered;
pub mod profile;
pub mod random;
pub mod rank;
pub mod sum;
pub mod welford;
pub mod window;
