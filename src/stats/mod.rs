//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.

pub mod axis;
pub mod cut_tree;
pub mod ddsketch;
pub mod decay;
pub mod forest;
pub mod hll;
pub mod lengths;
pub mod order;
pub mod pace;
pub mod profile;
pub mod random;
pub mod rank;
pub mod subspace;
pub mod sum;
pub mod tail;
pub mod transitions;
pub mod welford;
pub mod window;
