//! Numbers in, numbers out: sums, moments, quantiles, sketches, random numbers.
