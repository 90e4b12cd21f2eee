//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.

pub mod cusum;
pub mod ddsketch;
pub mod forest;
pub mod hinge;
pub mod hll;
pub mod period;
pub mod profile;
pub mod random;
pub mod rank;
pub mod season;
pub mod steady;
pub mod sum;
pub mod timeline;
pub mod welford;
pub mod wheel;
pub mod window;
