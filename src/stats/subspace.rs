//! The usual forms of a window of numbers: its few main directions, learned one window at a time
//! (candid covariance-free incremental PCA: Weng, Zhang, Hwang 2003).
//!
//! A window is seen from the mean of all but its newest number, so that its level does not count.
//! What the directions leave over of it is what is odd about its form; and since what is left over
//! of the newest number grows in proportion to that number, where it was expected can be told
//! exactly. The detector `shape` meets it.

/// Longest window: the cost of a step grows with it.
pub const WIDTH_MAX: usize = 256;
/// Most directions.
pub const RANK_MAX: usize = 8;
/// Larger numbers are taken as this: the directions hold squares, whose squares must not overflow.
pub const LARGEST: f64 = 1e60;
/// Below this the newest number hardly shows in what is left over, and is expected where the last one was.
const VISIBLE: f64 = 0.05;
/// Forms of the past weigh less than their number says, so that the first guesses are forgotten.
const AMNESIA: f64 = 2.0;

/// The main directions of the windows seen.
#[derive(Clone, Debug)]
pub struct Subspace {
    width: usize,
    memory: f64,
    /// Windows learned.
    seen: u64,
    /// One direction after the other; each as long as the variance along it.
    directions: Vec<f64>,
    /// 1 / length² of each; 0 where there is none.
    inverse: Vec<f64>,
    /// How much of the newest number is left over.
    visible: f64,
}

impl Subspace {
    /// Of windows of `width` numbers, with `rank` directions, which fade over `memory` windows.
    pub fn new(width: usize, rank: usize, memory: f64) -> Self {
        let (width, rank) = (width.clamp(2, WIDTH_MAX), rank.clamp(1, RANK_MAX));
        Self { width, memory, seen: 0, directions: vec![0.0; width * rank], inverse: vec![0.0; rank], visible: 1.0 }
    }

    /// The window seen from the mean of all but its newest number.
    fn centred(&self, window: &[f64], out: &mut [f64; WIDTH_MAX]) {
        let before = &window[..self.width - 1];
        let mean = before.iter().sum::<f64>() / before.len() as f64;
        out.iter_mut().zip(window).for_each(|(out, x)| *out = x - mean);
    }

    /// Takes the part along each direction out of `u`.
    fn deflate(&self, u: &mut [f64]) {
        for (direction, &inverse) in self.directions.chunks_exact(self.width).zip(&self.inverse) {
            take_out(direction, inverse, u);
        }
    }

    /// Where the newest number of a full window was expected by its form.
    pub fn expected(&self, window: &[f64]) -> f64 {
        let Some(&[before, newest]) = window.last_chunk::<2>() else { return 0.0 };
        if window.len() != self.width || self.visible < VISIBLE {
            return before;
        }
        let mut u = [0.0; WIDTH_MAX];
        self.centred(window, &mut u);
        self.deflate(&mut u[..self.width]);
        newest - u[self.width - 1] / self.visible
    }

    /// Learns a full window; `weight` from 0 to 1 says how far it is to be trusted.
    pub fn learn(&mut self, window: &[f64], weight: f64) {
        if window.len() != self.width {
            return;
        }
        let mut u = [0.0; WIDTH_MAX];
        self.centred(window, &mut u);
        let u = &mut u[..self.width];
        self.seen += 1;
        let share = ((1.0 + AMNESIA) / (self.seen as f64 + AMNESIA)).max(1.0 / self.memory) * weight.clamp(0.0, 1.0);
        for (direction, inverse) in self.directions.chunks_exact_mut(self.width).zip(&mut self.inverse) {
            if *inverse > 0.0 {
                let along = dot(direction, u) * inverse.sqrt() * share;
                direction.iter_mut().zip(u.iter()).for_each(|(v, u)| *v = (1.0 - share) * *v + along * u);
            } else {
                let length = dot(u, u).sqrt();
                direction.iter_mut().zip(u.iter()).for_each(|(v, u)| *v = length * u);
            }
            let square = dot(direction, direction);
            *inverse = if square > f64::MIN_POSITIVE { 1.0 / square } else { 0.0 };
            *inverse = if inverse.is_finite() { *inverse } else { 0.0 };
            take_out(direction, *inverse, u);
        }
        let mut newest = [0.0; WIDTH_MAX];
        newest[self.width - 1] = 1.0;
        self.deflate(&mut newest[..self.width]);
        self.visible = newest[self.width - 1];
    }

    /// All it knows: windows learned, then the directions and what of the newest number is left over.
    pub fn save(&self) -> (u64, Vec<f64>) {
        (self.seen, self.directions.iter().chain(&self.inverse).copied().chain([self.visible]).collect())
    }

    /// The subspace that gave this to [`Subspace::save`]; `None` where none can have.
    pub fn restore(mut self, seen: u64, numbers: &[f64]) -> Option<Self> {
        let (directions, inverse) = (self.directions.len(), self.inverse.len());
        if numbers.len() != directions + inverse + 1 || !numbers.iter().all(|x| x.is_finite()) {
            return None;
        }
        self.seen = seen;
        self.directions.copy_from_slice(&numbers[..directions]);
        self.inverse.copy_from_slice(&numbers[directions..directions + inverse]);
        self.visible = numbers[directions + inverse];
        Some(self)
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        (self.directions.capacity() + self.inverse.capacity()) * size_of::<f64>()
    }
}

fn take_out(direction: &[f64], inverse: f64, u: &mut [f64]) {
    let along = dot(direction, u) * inverse;
    u.iter_mut().zip(direction).for_each(|(u, v)| *u -= along * v);
}

/// Summed in four lanes: as fast as the processor can, in the same order on each.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(a, b)| a * b).sum();
    let mut lanes = [0.0; 4];
    for (a, b) in a4.zip(b4) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(from: usize, width: usize) -> Vec<f64> {
        (from..from + width).map(|i| 100.0 + 10.0 * (i as f64 * 0.3).sin()).collect()
    }

    #[test]
    fn a_wave_is_foretold_after_some_periods() {
        let mut space = Subspace::new(24, 4, 1_000.0);
        (0..2_000).for_each(|i| space.learn(&wave(i, 24), 1.0));
        for i in 2_000..2_050 {
            let mut window = wave(i, 24);
            let expected = space.expected(&window);
            assert!((expected - window[23]).abs() < 0.2, "{expected} {}", window[23]);
            // What is expected does not depend on what came.
            window[23] = 5_000.0;
            assert!((space.expected(&window) - expected).abs() < 1e-6 * 5_000.0);
        }
    }

    #[test]
    fn any_numbers_leave_finite_directions() {
        let mut space = Subspace::new(8, 3, 100.0);
        for i in 0..10_000usize {
            let window: Vec<f64> = (0..8).map(|j| if (i + j) % 3 == 0 { LARGEST } else { -LARGEST }).collect();
            space.learn(&window, 1.0);
            assert!(space.expected(&window).is_finite());
        }
        (0..100).for_each(|_| space.learn(&[5.0; 8], 1.0));
        let (seen, numbers) = space.save();
        let again = Subspace::new(8, 3, 100.0).restore(seen, &numbers).unwrap();
        assert_eq!(again.save(), space.save());
        assert!(Subspace::new(8, 2, 100.0).restore(seen, &numbers).is_none());
    }
}
