//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.

pub mod axis;
pub mod cusum;
pub mod cut_tree;
pub mod ddsketch;
pub mod decay;
pub mod forest;
pub mod hinge;
pub mod hll;
pub mod lengths;
pub mod order;
pub mod pace;
pub mod period;
pub mod profile;
pub mod random;
pub mod rank;
pub mod season;
pub mod steady;
pub mod subspace;
pub mod sum;
pub mod tail;
pub mod timeline;
pub mod transitions;
pub mod welford;
pub mod wheel;
pub mod window;
