//! Medians and quantiles of numbers held in memory.
//!
//! For lists of some thousand numbers that are there anyway, such as a forest's history; streams
//! without end meet the sketches instead.

/// The number at place `rank` (from 0) of the sorted list; the list is reordered. `None` past its end.
pub fn at_rank(numbers: &mut [f64], rank: usize) -> Option<f64> {
    (rank < numbers.len()).then(|| *numbers.select_nth_unstable_by(rank, f64::total_cmp).1)
}

/// The `q`-quantile, between two numbers in proportion (type 7, as R and NumPy give it); the list is reordered.
pub fn quantile(numbers: &mut [f64], q: f64) -> Option<f64> {
    let last = numbers.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let (below, share) = (place.floor() as usize, place.fract());
    let low = at_rank(numbers, below)?;
    if share <= 0.0 {
        return Some(low);
    }
    let high = numbers[below + 1..].iter().copied().min_by(f64::total_cmp)?;
    Some(low * (1.0 - share) + high * share)
}

/// The median; the list is reordered.
pub fn median(numbers: &mut [f64]) -> Option<f64> {
    quantile(numbers, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        let numbers = || [7.0, 1.0, 3.0, 2.0];
        for (q, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.9, 5.8), (1.0, 7.0)] {
            let found = quantile(&mut numbers(), q).unwrap();
            assert!((found - expected).abs() < 1e-12, "{q}: {found}");
        }
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [4.0]), Some(4.0));
    }
}
