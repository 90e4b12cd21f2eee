//! A random cut tree (Guha, Mishra, Roy, Schrijvers 2016): points parted by random cuts, to which
//! points are added and from which they are taken at any time.
//!
//! A cut falls on a dimension as likely as that dimension is wide, so that a tree with a point
//! added or taken is as likely as one grown with or without it from the start. Widths are weighed,
//! because numbers of different units have no common width. The detector `random-cut-forest` meets
//! it; a tree holds at most the members it was made for.

use super::random::Random;

/// Most members of a tree: its deepest path is as long.
pub const MEMBERS_MAX: usize = 1_024;
/// No node.
const NONE: u32 = u32::MAX;
/// The tag of a leaf in a node's number.
const LEAF: u32 = 1 << 31;

#[derive(Clone, Copy, Debug)]
struct Branch {
    /// Up to here to the left.
    cut: f64,
    dim: u32,
    parent: u32,
    left: u32,
    right: u32,
    mass: u32,
}

#[derive(Clone, Copy, Debug)]
struct Leaf {
    parent: u32,
    mass: u32,
}

/// One tree. Nodes lie in two lists, with free places that are used again.
#[derive(Clone, Debug)]
pub struct CutTree {
    dims: usize,
    root: u32,
    branches: Vec<Branch>,
    /// For each branch the low and the high end of each dimension.
    boxes: Vec<f64>,
    leaves: Vec<Leaf>,
    /// For each leaf its point.
    points: Vec<f64>,
    free_branches: Vec<u32>,
    free_leaves: Vec<u32>,
    /// The leaf of each member.
    members: Vec<u32>,
}

/// What a tree is made of, as it is saved: nodes from the root on, left before right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// For a branch its dimension, for a leaf −1 − its number of members.
    pub shape: Vec<i64>,
    /// The cuts of the branches, in that order.
    pub cuts: Vec<f64>,
    /// The points of the leaves, in that order.
    pub points: Vec<f64>,
    /// For each member the place of its leaf, in that order.
    pub members: Vec<u64>,
}

impl CutTree {
    /// An empty tree of points of `dims` numbers.
    pub fn new(dims: usize) -> Self {
        Self {
            dims: dims.max(1),
            root: NONE,
            branches: Vec::new(),
            boxes: Vec::new(),
            leaves: Vec::new(),
            points: Vec::new(),
            free_branches: Vec::new(),
            free_leaves: Vec::new(),
            members: Vec::new(),
        }
    }

    /// How many members it holds.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The points of its members.
    pub fn points(&self) -> impl Iterator<Item = &[f64]> {
        self.members.iter().map(|leaf| self.point(*leaf))
    }

    fn point(&self, leaf: u32) -> &[f64] {
        let at = (leaf & !LEAF) as usize * self.dims;
        &self.points[at..at + self.dims]
    }

    /// The low and high end of a node in one dimension.
    #[inline]
    fn ends(&self, node: u32, dim: usize) -> (f64, f64) {
        if node & LEAF != 0 {
            let x = self.points[(node & !LEAF) as usize * self.dims + dim];
            return (x, x);
        }
        let at = (node as usize * self.dims + dim) * 2;
        (self.boxes[at], self.boxes[at + 1])
    }

    fn mass(&self, node: u32) -> u32 {
        if node & LEAF != 0 { self.leaves[(node & !LEAF) as usize].mass } else { self.branches[node as usize].mass }
    }

    fn parent(&self, node: u32) -> u32 {
        if node & LEAF != 0 { self.leaves[(node & !LEAF) as usize].parent } else { self.branches[node as usize].parent }
    }

    fn set_parent(&mut self, node: u32, parent: u32) {
        if node & LEAF != 0 {
            self.leaves[(node & !LEAF) as usize].parent = parent;
        } else {
            self.branches[node as usize].parent = parent;
        }
    }

    /// The weighed width of a node with `x` in it, and how much of that `x` adds.
    fn widths(&self, node: u32, x: &[f64], weights: &[f64]) -> (f64, f64) {
        let (mut total, mut gap) = (0.0, 0.0);
        for (dim, (&x, &weight)) in x.iter().zip(weights).enumerate() {
            let (low, high) = self.ends(node, dim);
            let out = (x - high).max(low - x).max(0.0);
            gap += out * weight;
            total += (high - low + out) * weight;
        }
        (total, gap)
    }

    /// Adds a point as one more member; beyond [`MEMBERS_MAX`] nothing happens.
    pub fn insert(&mut self, x: &[f64], weights: &[f64], random: &mut Random) {
        if x.len() != self.dims || self.members.len() >= MEMBERS_MAX {
            return;
        }
        if self.root == NONE {
            self.root = self.add_leaf(x, NONE);
            self.members.push(self.root);
            return;
        }
        let mut node = self.root;
        let leaf = loop {
            let (total, gap) = self.widths(node, x, weights);
            if gap > 0.0
                && let Some((dim, cut)) = self.draw(node, x, weights, total, random)
            {
                break self.part(node, x, dim, cut);
            }
            if node & LEAF != 0 {
                self.leaves[(node & !LEAF) as usize].mass += 1;
                break node;
            }
            let branch = self.branches[node as usize];
            node = if x[branch.dim as usize] <= branch.cut { branch.left } else { branch.right };
        };
        self.members.push(leaf);
        self.refresh(self.parent(leaf));
    }

    /// A random cut through a node with `x` in it; `None` where it does not part the two.
    fn draw(&self, node: u32, x: &[f64], weights: &[f64], total: f64, random: &mut Random) -> Option<(usize, f64)> {
        let mut left = random.unit() * total;
        for (dim, (&x, &weight)) in x.iter().zip(weights).enumerate() {
            let (low, high) = self.ends(node, dim);
            let (from, to) = (low.min(x), high.max(x));
            let width = (to - from) * weight;
            if left < width {
                let cut = from + left / weight;
                let cut = if cut < to { cut } else { from };
                return ((x < low && cut < low) || (x > high && cut >= high)).then_some((dim, cut));
            }
            left -= width;
        }
        None
    }

    /// Puts a branch with a new leaf for `x` in the place of a node.
    fn part(&mut self, node: u32, x: &[f64], dim: usize, cut: f64) -> u32 {
        let parent = self.parent(node);
        let leaf = self.add_leaf(x, NONE);
        let (left, right) = if x[dim] <= cut { (leaf, node) } else { (node, leaf) };
        let branch = Branch { cut, dim: dim as u32, parent, left, right, mass: 0 };
        let place = if let Some(place) = self.free_branches.pop() {
            self.branches[place as usize] = branch;
            place
        } else {
            self.branches.push(branch);
            self.boxes.resize(self.branches.len() * self.dims * 2, 0.0);
            self.branches.len() as u32 - 1
        };
        self.set_parent(node, place);
        self.set_parent(leaf, place);
        self.replace(parent, node, place);
        leaf
    }

    fn add_leaf(&mut self, x: &[f64], parent: u32) -> u32 {
        let leaf = Leaf { parent, mass: 1 };
        let place = if let Some(place) = self.free_leaves.pop() {
            self.leaves[place as usize] = leaf;
            place
        } else {
            self.leaves.push(leaf);
            self.points.resize(self.leaves.len() * self.dims, 0.0);
            self.leaves.len() as u32 - 1
        };
        let at = place as usize * self.dims;
        self.points[at..at + self.dims].copy_from_slice(x);
        place | LEAF
    }

    /// Makes `new` the child of `parent` that `old` was, or the root.
    fn replace(&mut self, parent: u32, old: u32, new: u32) {
        if parent == NONE {
            self.root = new;
        } else {
            let branch = &mut self.branches[parent as usize];
            if branch.left == old { branch.left = new } else { branch.right = new }
        }
    }

    /// Takes away the member at `place`, whose place the last one takes.
    pub fn remove(&mut self, place: usize) {
        if place >= self.members.len() {
            return;
        }
        let leaf = self.members.swap_remove(place);
        let held = &mut self.leaves[(leaf & !LEAF) as usize];
        let parent = held.parent;
        if held.mass > 1 {
            held.mass -= 1;
            self.refresh(parent);
            return;
        }
        self.free_leaves.push(leaf & !LEAF);
        if parent == NONE {
            self.root = NONE;
            return;
        }
        let branch = self.branches[parent as usize];
        let sibling = if branch.left == leaf { branch.right } else { branch.left };
        self.set_parent(sibling, branch.parent);
        self.replace(branch.parent, parent, sibling);
        self.free_branches.push(parent);
        self.refresh(branch.parent);
    }

    /// Sums up and spans the children of a branch, and so on up to the root.
    fn refresh(&mut self, mut node: u32) {
        while node != NONE {
            let Branch { left, right, parent, .. } = self.branches[node as usize];
            self.branches[node as usize].mass = self.mass(left) + self.mass(right);
            for dim in 0..self.dims {
                let (a, b) = (self.ends(left, dim), self.ends(right, dim));
                let at = (node as usize * self.dims + dim) * 2;
                self.boxes[at] = a.0.min(b.0);
                self.boxes[at + 1] = a.1.max(b.1);
            }
            node = parent;
        }
    }

    /// How odd `x` is: the mean of 1 / (cuts that lie above it), were it added; usual points of a
    /// tree of any size get about 1, a point that the first cut would part gets log₂(members + 1).
    ///
    /// `parts`, one number for each dimension or none, is told how much each carries of it.
    pub fn score(&self, x: &[f64], weights: &[f64], parts: &mut [f64]) -> f64 {
        if self.root == NONE || x.len() != self.dims {
            return 0.0;
        }
        let full = (f64::from(self.mass(self.root)) + 1.0).log2();
        let (mut node, mut depth, mut left, mut score) = (self.root, 0.0, full, 0.0);
        loop {
            let (total, gap) = self.widths(node, x, weights);
            let parted = if total > 0.0 { left * (gap / total) } else { 0.0 };
            if gap > 0.0 {
                score += parted / (depth + 1.0);
                for (dim, part) in parts.iter_mut().enumerate() {
                    let (low, high) = self.ends(node, dim);
                    *part += parted / (depth + 1.0) * ((x[dim] - high).max(low - x[dim]).max(0.0) * weights[dim] / gap);
                }
                left -= parted;
            }
            if node & LEAF != 0 {
                return score + left / (depth + (f64::from(self.mass(node)) + 1.0).log2());
            }
            let branch = &self.branches[node as usize];
            node = if x[branch.dim as usize] <= branch.cut { branch.left } else { branch.right };
            depth += 1.0;
        }
    }

    /// Bytes of memory behind it.
    pub fn memory(&self) -> usize {
        let numbers = (self.boxes.capacity() + self.points.capacity()) * size_of::<f64>();
        let places = (self.free_branches.capacity() + self.free_leaves.capacity() + self.members.capacity()) * size_of::<u32>();
        numbers + places + self.branches.capacity() * size_of::<Branch>() + self.leaves.capacity() * size_of::<Leaf>()
    }

    /// All it is.
    pub fn save(&self) -> Parts {
        let mut parts = Parts::default();
        let mut order = vec![0u64; self.leaves.len()];
        let mut open = if self.root == NONE { Vec::new() } else { vec![self.root] };
        let mut leaves = 0;
        while let Some(node) = open.pop() {
            if node & LEAF != 0 {
                order[(node & !LEAF) as usize] = leaves;
                leaves += 1;
                parts.shape.push(-1 - i64::from(self.mass(node)));
                parts.points.extend_from_slice(self.point(node));
            } else {
                let branch = self.branches[node as usize];
                parts.shape.push(i64::from(branch.dim));
                parts.cuts.push(branch.cut);
                open.push(branch.right);
                open.push(branch.left);
            }
        }
        parts.members = self.members.iter().map(|leaf| order[(leaf & !LEAF) as usize]).collect();
        parts
    }

    /// The tree that gave these; `None` where none can have.
    pub fn restore(dims: usize, parts: &Parts) -> Option<Self> {
        let mut tree = Self::new(dims);
        let (mut cuts, mut points) = (parts.cuts.iter(), parts.points.chunks_exact(tree.dims));
        let mut counts = Vec::new();
        // Branches that wait for a child: their place, and whether the left one is there.
        let mut open: Vec<(u32, bool)> = Vec::new();
        for (i, &what) in parts.shape.iter().enumerate() {
            if i > 0 && open.is_empty() {
                return None;
            }
            let parent = open.last().map_or(NONE, |last| last.0);
            let node = if what < 0 {
                let leaf = tree.add_leaf(points.next()?, parent);
                tree.leaves.last_mut()?.mass = 0;
                counts.push(u32::try_from(-1 - what).ok()?);
                leaf
            } else {
                let dim = u32::try_from(what).ok().filter(|dim| (*dim as usize) < tree.dims)?;
                tree.branches.push(Branch { cut: *cuts.next()?, dim, parent, left: NONE, right: NONE, mass: 0 });
                tree.branches.len() as u32 - 1
            };
            match open.last_mut() {
                None => tree.root = node,
                Some((parent, left @ false)) => {
                    tree.branches[*parent as usize].left = node;
                    *left = true;
                }
                Some((parent, true)) => {
                    tree.branches[*parent as usize].right = node;
                    open.pop();
                }
            }
            if what >= 0 {
                open.push((node, false));
            }
        }
        for &leaf in &parts.members {
            tree.leaves.get_mut(usize::try_from(leaf).ok()?)?.mass += 1;
            tree.members.push(leaf as u32 | LEAF);
        }
        let whole = open.is_empty() && cuts.next().is_none() && points.next().is_none() && points.remainder().is_empty();
        let counted = tree.leaves.iter().zip(&counts).all(|(leaf, count)| leaf.mass == *count && *count > 0);
        if !whole || !counted || tree.members.len() > MEMBERS_MAX {
            return None;
        }
        tree.boxes.resize(tree.branches.len() * tree.dims * 2, 0.0);
        // Children come after their branch, so that from the last on each finds its children spanned.
        for node in (0..tree.branches.len() as u32).rev() {
            let parent = std::mem::replace(&mut tree.branches[node as usize].parent, NONE);
            tree.refresh(node);
            tree.branches[node as usize].parent = parent;
        }
        Some(tree)
    }
}

#[cfg(test)]
#[path = "cut_tree_tests.rs"]
mod tests;
