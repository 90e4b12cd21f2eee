//! Whether a change came at once or step by step: which of the two explains the last numbers better.
//!
//! The sums of `cusum` say that something changed; it asks here what.

/// Numbers looked at: a change slower than this many samples is over before it is told.
pub const LAST: usize = 128;
/// Numbers that a slope needs: three are a slope for anybody.
const FEW: usize = 12;

/// The last numbers, in deviations from the level before.
#[derive(Clone, Debug)]
pub struct Last {
    numbers: [f32; LAST],
    /// Where the next is written.
    next: usize,
}

impl Default for Last {
    fn default() -> Self {
        Self { numbers: [0.0; LAST], next: 0 }
    }
}

impl Last {
    /// Takes in a number that was cut to a few deviations.
    pub fn push(&mut self, z: f64) {
        self.numbers[self.next] = z as f32;
        self.next = (self.next + 1) % LAST;
    }

    /// Whether a line that leaves the level at its best moment explains more than a step at its own.
    ///
    /// Both are least squares from that moment on; what they explain is summed from the newest
    /// number backward.
    pub fn slopes(&self) -> bool {
        let (mut sum, mut weighted, mut squares) = (0.0, 0.0, 0.0);
        let (mut step, mut slope) = (0.0f64, 0.0f64);
        for n in 1..=LAST {
            let z = f64::from(self.numbers[(self.next + LAST - n) % LAST]);
            sum += z;
            // Moving the begin one back adds one to the place of each.
            weighted += sum;
            squares += (n * n) as f64;
            step = step.max(sum * sum / n as f64);
            if n >= FEW {
                slope = slope.max(weighted * weighted / squares);
            }
        }
        slope > step
    }

    /// The numbers, the oldest first.
    pub fn save(&self) -> impl Iterator<Item = f64> + '_ {
        (0..LAST).map(|i| f64::from(self.numbers[(self.next + i) % LAST]))
    }

    /// What [`Last::save`] gave; `None` where there are too few or too many.
    pub fn restore(numbers: &[f64]) -> Option<Self> {
        let mut last = Self::default();
        (numbers.len() == LAST).then(|| numbers.iter().for_each(|z| last.push(*z)))?;
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_and_a_slope_are_told_apart() {
        for n in [7, 20, 60, 100] {
            let (mut step, mut slope) = (Last::default(), Last::default());
            for i in 0..300 {
                let since = f64::from((i - 300 + n).max(0));
                step.push(if since > 0.0 { 2.0 } else { 0.0 });
                slope.push(3.0 * since / f64::from(n));
            }
            assert!(!step.slopes(), "{n}");
            assert!(n < 12 || slope.slopes(), "{n}");
        }
    }
}
