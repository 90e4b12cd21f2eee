//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.

pub mod ddsketch;
pub mod forest;
pub mod hll;
pub mod profile;
pub mod random;
pub mod rank;
pub mod sum;
pub mod transitions;
pub mod welford;
pub mod window;
