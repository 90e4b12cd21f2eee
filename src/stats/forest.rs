//! The isolation forest over points at rest (Liu, Ting, Zhou 2008): odd points are cut off by few
//! random cuts.
//!
//! It agrees with scikit-learn's: a random feature among those that vary, a cut drawn evenly
//! between its ends in the node, height at most ⌈log₂ sample⌉, sampling without replacement, and
//! the score 2^(−mean depth / c(sample)). The detector `isolation-forest` meets it, which adds
//! history, refits and the limit.
//!
//! Nodes of all trees lie in one list; a leaf points to itself, so that a walk takes the same
//! number of steps on every way down, without a branch to guess, several trees at a time. Depths
//! are whole numbers of 2⁻¹⁶, so that sums do not depend on the order in which they are made, and
//! limits compare exactly.

use super::profile::Profile;
use super::random::Random;

/// Most trees of a forest: the sum of their depths still fits 32 bits.
pub const TREES_MAX: usize = 1_000;
/// Largest sample of a tree: its deepest path, 12 cuts and c(4096) ≈ 16 more, still fits 32 bits a thousand times.
pub const SAMPLE_MAX: usize = 4_096;
/// One cut, in the unit of depths.
pub const CUT: u32 = 1 << 16;
/// Trees walked at a time: enough to hide how long one step waits for memory.
const LANES: usize = 8;
/// The sum of depths of what cannot be judged: usual beyond all doubt.
const UNJUDGED: u32 = u32::MAX;
/// A leaf's `cut`: no number, so that no value lies above it, with the depth in the low half.
const LEAF: u64 = 0x7ff8_0000_0000_0000;
/// Euler's constant γ.
const GAMMA: f64 = 0.577_215_664_901_532_9;

/// The mean depth c(n) at which n points are told apart, when nothing more is known of them.
pub fn usual_depth(n: usize) -> f64 {
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = n as f64;
            2.0 * ((n - 1.0).ln() + GAMMA) - 2.0 * (n - 1.0) / n
        }
    }
}

/// The score of a point: from the sum of its depths over `trees` trees of samples of usual depth `usual`.
pub fn score_of(sum: u32, trees: usize, usual: f64) -> f64 {
    let mean = f64::from(sum) / (f64::from(CUT) * trees.max(1) as f64);
    (-mean / usual.max(f64::MIN_POSITIVE)).exp2()
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// The bits of the number to compare with; for a leaf [`LEAF`] with its depth.
    cut: u64,
    /// Where to go when not above the cut; the next place when above. A leaf's own place for a leaf.
    child: u32,
    /// Which number of the point to compare.
    feature: u32,
}

impl Node {
    fn is_leaf(self) -> bool {
        self.cut & LEAF == LEAF
    }

    fn depth(self) -> u32 {
        self.cut as u32
    }
}

/// A fitted forest.
#[derive(Clone, Debug)]
pub struct Forest {
    dims: usize,
    nodes: Vec<Node>,
    roots: Vec<u32>,
    height: u32,
    usual: f64,
}

impl Forest {
    /// Fits `trees` trees, each to `sample` of the points, drawn by `seed`.
    ///
    /// `points` holds `dims` numbers for each point, one point after the other. Points with a
    /// number that is not finite are left out. `trees` and `sample` are held within
    /// [`TREES_MAX`] and [`SAMPLE_MAX`]. The same arguments give the same forest.
    pub fn fit(points: &[f64], dims: usize, trees: usize, sample: usize, seed: u64) -> Self {
        let dims = dims.max(1);
        let finite: Vec<f64> =
            points.chunks_exact(dims).filter(|p| p.iter().all(|x| x.is_finite())).flatten().map(|x| x.clamp(-1e300, 1e300)).collect();
        let n = finite.len() / dims;
        let sample = sample.clamp(1, SAMPLE_MAX).min(n.max(1));
        let height = sample.next_power_of_two().trailing_zeros().max(1);
        let mut grower = Grower {
            points: &finite,
            dims,
            height,
            random: Random::new(seed),
            order: (0..n as u32).collect(),
            features: (0..dims as u32).collect(),
            nodes: Vec::new(),
            waiting: Vec::new(),
        };
        let roots = (0..trees.clamp(1, TREES_MAX)).map(|_| grower.tree(sample)).collect();
        let mut nodes = grower.nodes;
        nodes.shrink_to_fit();
        Self { dims, nodes, roots, height, usual: usual_depth(sample).max(1.0) }
    }

    /// How odd the point is, from 0 to 1; about one half is neither odd nor usual.
    pub fn score(&self, point: &[f64]) -> f64 {
        self.score_of(self.depth(point))
    }

    /// The score that belongs to a sum of depths.
    pub fn score_of(&self, sum: u32) -> f64 {
        score_of(sum, self.roots.len(), self.usual)
    }

    /// The sum of the point's depths over all trees, in [`CUT`]s: the smaller, the odder. A point
    /// with too few numbers cannot be judged and is usual.
    pub fn depth(&self, point: &[f64]) -> u32 {
        let Some(point) = point.get(..self.dims) else { return UNJUDGED };
        let mut sum = 0;
        let groups = self.roots.chunks_exact(LANES);
        for &root in groups.remainder() {
            sum += self.walk([root], [point]);
        }
        for group in groups {
            let mut at = [0; LANES];
            at.copy_from_slice(group);
            sum += self.walk(at, [point; LANES]);
        }
        sum
    }

    /// [`Forest::depth`] of many points one after the other, tree by tree: a tree stays in the nearest cache.
    pub fn depths(&self, points: &[f64]) -> Vec<u32> {
        let rows: Vec<&[f64]> = points.chunks_exact(self.dims).collect();
        let mut sums = vec![0; rows.len()];
        for &root in &self.roots {
            for (sums, rows) in sums.chunks_mut(LANES).zip(rows.chunks(LANES)) {
                let mut lanes = [rows[0]; LANES];
                lanes[..rows.len()].copy_from_slice(rows);
                let ends = self.descend([root; LANES], lanes);
                for (sum, end) in sums.iter_mut().zip(ends) {
                    *sum += self.nodes[end as usize].depth();
                }
            }
        }
        sums
    }

    fn walk<const N: usize>(&self, at: [u32; N], points: [&[f64]; N]) -> u32 {
        self.descend(at, points).iter().map(|&end| self.nodes[end as usize].depth()).sum()
    }

    #[inline]
    fn descend<const N: usize>(&self, mut at: [u32; N], points: [&[f64]; N]) -> [u32; N] {
        for _ in 0..self.height {
            for (at, point) in at.iter_mut().zip(points) {
                let node = self.nodes[*at as usize];
                let above = point[node.feature as usize] > f64::from_bits(node.cut);
                *at = node.child + u32::from(above);
            }
        }
        at
    }

    /// For points of one number: the same scores as a list of steps, much faster to look up.
    pub fn profile(&self) -> Option<Profile> {
        if self.dims != 1 {
            return None;
        }
        let mut steps = Vec::with_capacity(self.nodes.len() / 2);
        let mut first = 0u32;
        let mut open = Vec::new();
        for &root in &self.roots {
            let mut last: Option<u32> = None;
            let mut cut = f64::NEG_INFINITY;
            open.clear();
            open.push((root, f64::NEG_INFINITY));
            while let Some((at, from)) = open.pop() {
                let node = self.nodes[at as usize];
                if from > cut {
                    cut = from;
                }
                if node.is_leaf() {
                    match last {
                        None => first += node.depth(),
                        Some(last) => steps.push((cut, i64::from(node.depth()) - i64::from(last))),
                    }
                    last = Some(node.depth());
                } else {
                    open.push((node.child + 1, f64::from_bits(node.cut)));
                    open.push((node.child, from));
                }
            }
        }
        Some(Profile::new(first, steps, self.roots.len(), self.usual))
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>() + self.roots.capacity() * size_of::<u32>()
    }
}

/// Grows trees, with the memory they share.
struct Grower<'a> {
    points: &'a [f64],
    dims: usize,
    height: u32,
    random: Random,
    /// All points in an order that each draw shuffles further.
    order: Vec<u32>,
    features: Vec<u32>,
    nodes: Vec<Node>,
    /// Nodes still to be cut: place, first and last member, depth.
    waiting: Vec<(u32, usize, usize, u32)>,
}

impl Grower<'_> {
    /// Grows one tree from `sample` points and gives its root.
    fn tree(&mut self, sample: usize) -> u32 {
        let sample = sample.min(self.order.len());
        for i in 0..sample {
            let other = i + self.random.below((self.order.len() - i) as u64) as usize;
            self.order.swap(i, other);
        }
        let root = self.add();
        self.waiting.push((root, 0, sample, 0));
        while let Some((at, from, to, depth)) = self.waiting.pop() {
            let cut = if depth < self.height && to - from > 1 { self.choose(from, to) } else { None };
            let Some((feature, cut)) = cut else {
                let below = (usual_depth(to - from) * f64::from(CUT)).round() as u32;
                self.nodes[at as usize] = Node { cut: LEAF | u64::from(depth * CUT + below), child: at, feature: 0 };
                continue;
            };
            let middle = self.part(from, to, feature, cut);
            let child = self.add();
            self.add();
            self.nodes[at as usize] = Node { cut: cut.to_bits(), child, feature };
            self.waiting.push((child + 1, middle, to, depth + 1));
            self.waiting.push((child, from, middle, depth + 1));
        }
        root
    }

    fn add(&mut self) -> u32 {
        self.nodes.push(Node { cut: LEAF, child: 0, feature: 0 });
        self.nodes.len() as u32 - 1
    }

    fn value(&self, member: usize, feature: u32) -> f64 {
        self.points[self.order[member] as usize * self.dims + feature as usize]
    }

    /// A random feature that varies among the members, and a random cut that parts them; `None` where none varies.
    fn choose(&mut self, from: usize, to: usize) -> Option<(u32, f64)> {
        for left in (1..=self.dims).rev() {
            let drawn = self.random.below(left as u64) as usize;
            let feature = self.features[drawn];
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for member in from..to {
                let x = self.value(member, feature);
                low = if x < low { x } else { low };
                high = if x > high { x } else { high };
            }
            if low < high {
                let cut = low + self.random.unit() * (high - low);
                return Some((feature, if cut < high { cut } else { low }));
            }
            self.features.swap(drawn, left - 1);
        }
        None
    }

    /// Sorts the members into those not above the cut and those above, and gives the place of the first above.
    fn part(&mut self, from: usize, to: usize, feature: u32, cut: f64) -> usize {
        let mut middle = from;
        for member in from..to {
            let below = self.value(member, feature) <= cut;
            self.order.swap(member, middle);
            middle += usize::from(below);
        }
        middle
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cloud(n: usize, dims: usize, seed: u64) -> Vec<f64> {
        let mut random = Random::new(seed);
        (0..n * dims).map(|_| random.normal()).collect()
    }

    #[test]
    fn usual_depths_are_those_of_the_paper() {
        assert!(usual_depth(1).abs() < 1e-12);
        assert!((usual_depth(2) - 1.0).abs() < 1e-12);
        assert!((usual_depth(256) - 10.244_77).abs() < 1e-4, "{}", usual_depth(256));
    }

    #[test]
    fn far_points_score_high_and_central_ones_low() {
        let forest = Forest::fit(&cloud(1000, 2, 1), 2, 100, 256, 42);
        assert!(forest.score(&[6.0, -6.0]) > 0.7, "{}", forest.score(&[6.0, -6.0]));
        assert!(forest.score(&[0.0, 0.0]) < 0.42, "{}", forest.score(&[0.0, 0.0]));
        assert!(forest.score(&[0.0]) < 1e-9, "too few numbers");
    }

    #[test]
    fn points_all_alike_score_one_half() {
        let forest = Forest::fit(&[5.0; 300], 1, 10, 256, 1);
        assert!((forest.score(&[5.0]) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn nothing_to_fit_to_scores_all_the_same() {
        let forest = Forest::fit(&[f64::NAN, f64::INFINITY], 1, 3, 256, 1);
        let scores = [forest.score(&[0.0]), forest.score(&[f64::MAX]), forest.score(&[f64::NAN])];
        assert!(scores.iter().all(|s| (0.0..=1.0).contains(s) && (s - scores[0]).abs() < 1e-12), "{scores:?}");
    }

    proptest! {
        #[test]
        fn the_profile_and_the_trees_agree_bit_for_bit(
            points in prop::collection::vec(-100i32..100, 1..300), seed in any::<u64>(), probes in prop::collection::vec(-150f64..150.0, 20),
        ) {
            let points: Vec<f64> = points.into_iter().map(|x| f64::from(x) * 0.25).collect();
            let forest = Forest::fit(&points, 1, 20, 64, seed);
            let profile = forest.profile().unwrap();
            for &x in probes.iter().chain(&points) {
                prop_assert_eq!(forest.depth(&[x]), profile.depth(x));
            }
            let one_by_one: Vec<u32> = points.iter().map(|x| forest.depth(&[*x])).collect();
            prop_assert_eq!(forest.depths(&points), one_by_one);
        }

        #[test]
        fn scores_of_any_numbers_are_finite_and_within_bounds(
            points in prop::collection::vec(prop::num::f64::ANY, 2..80), probe in prop::array::uniform2(prop::num::f64::ANY),
        ) {
            let forest = Forest::fit(&points, 2, 5, 16, 9);
            let score = forest.score(&probe);
            prop_assert!((0.0..=1.0).contains(&score), "{}", score);
        }

        #[test]
        fn doubling_every_number_changes_no_score(points in prop::collection::vec(-1e6f64..1e6, 2..100), seed in any::<u64>()) {
            let doubled: Vec<f64> = points.iter().map(|x| x * 2.0).collect();
            let (a, b) = (Forest::fit(&points, 1, 10, 64, seed), Forest::fit(&doubled, 1, 10, 64, seed));
            prop_assert_eq!(a.depths(&points), b.depths(&doubled));
        }

        #[test]
        fn shifting_every_number_changes_no_score(points in prop::collection::vec(-1000i32..1000, 2..100), seed in any::<u64>()) {
            let plain: Vec<f64> = points.iter().map(|&x| f64::from(x)).collect();
            let shifted: Vec<f64> = plain.iter().map(|x| x + 4096.0).collect();
            let (a, b) = (Forest::fit(&plain, 1, 10, 64, seed), Forest::fit(&shifted, 1, 10, 64, seed));
            prop_assert_eq!(a.depths(&plain), b.depths(&shifted));
        }
    }
}
