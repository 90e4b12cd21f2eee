//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.

pub mod ddsketch;
pub mod hll;
pub mod sum;
