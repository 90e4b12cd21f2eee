//! Tests of the random cut tree: whatever is added and taken, it holds together and comes back from its parts.

use super::*;
use proptest::prelude::*;

/// Masses, boxes, parents and cuts fit together.
fn sound(tree: &CutTree) {
    if tree.root == NONE {
        assert!(tree.is_empty());
        return;
    }
    assert_eq!(tree.mass(tree.root) as usize, tree.len());
    let mut open = vec![(tree.root, NONE)];
    while let Some((node, parent)) = open.pop() {
        assert_eq!(tree.parent(node), parent);
        if node & LEAF != 0 {
            assert!(tree.mass(node) > 0);
            continue;
        }
        let branch = tree.branches[node as usize];
        let dim = branch.dim as usize;
        assert!(tree.ends(branch.left, dim).1 <= branch.cut && branch.cut < tree.ends(branch.right, dim).0, "{branch:?}");
        for dim in 0..tree.dims {
            let (a, b, own) = (tree.ends(branch.left, dim), tree.ends(branch.right, dim), tree.ends(node, dim));
            assert!((own.0 - a.0.min(b.0)).abs() <= 0.0 && (own.1 - a.1.max(b.1)).abs() <= 0.0);
        }
        assert_eq!(branch.mass, tree.mass(branch.left) + tree.mass(branch.right));
        open.push((branch.left, node));
        open.push((branch.right, node));
    }
}

#[test]
fn a_point_far_off_scores_high_and_names_its_dimension() {
    let mut random = Random::new(1);
    let mut tree = CutTree::new(2);
    for _ in 0..256 {
        let x = [random.normal(), random.normal()];
        tree.insert(&x, &[1.0, 1.0], &mut random);
    }
    sound(&tree);
    let mut parts = [0.0; 2];
    let far = tree.score(&[0.0, 40.0], &[1.0, 1.0], &mut parts);
    assert!(far > 5.0 && parts[1] > 0.9 * far, "{far} {parts:?}");
    assert!(tree.score(&[0.0, 0.1], &[1.0, 1.0], &mut []) < 1.5);
}

#[test]
fn points_all_alike_are_one_leaf() {
    let (mut tree, mut random) = (CutTree::new(1), Random::new(1));
    (0..100).for_each(|_| tree.insert(&[5.0], &[1.0], &mut random));
    assert_eq!((tree.len(), tree.leaves.len()), (100, 1));
    assert!((tree.score(&[5.0], &[1.0], &mut []) - 1.0).abs() < 1e-12);
    assert!((tree.score(&[6.0], &[1.0], &mut []) - 101f64.log2()).abs() < 1e-12);
    (0..100).for_each(|_| tree.remove(0));
    assert!(tree.is_empty() && tree.score(&[5.0], &[1.0], &mut []) <= 0.0);
}

proptest! {
    #[test]
    fn whatever_is_added_and_taken_it_holds_together(
        steps in prop::collection::vec((prop::array::uniform2(-5i32..5), prop::option::of(0usize..40)), 1..150), seed in any::<u64>(),
    ) {
        let (mut tree, mut random) = (CutTree::new(2), Random::new(seed));
        for (x, taken) in steps {
            match taken {
                Some(place) => tree.remove(place),
                None => tree.insert(&x.map(f64::from), &[1.0, 0.3], &mut random),
            }
            sound(&tree);
        }
        let parts = tree.save();
        let again = CutTree::restore(2, &parts).unwrap();
        sound(&again);
        prop_assert_eq!(again.save(), parts);
        for x in [[0.5, 0.5], [9.0, -9.0]] {
            prop_assert_eq!(tree.score(&x, &[1.0, 0.3], &mut []).to_bits(), again.score(&x, &[1.0, 0.3], &mut []).to_bits());
        }
    }

    #[test]
    fn parts_that_fit_no_tree_are_refused(shape in prop::collection::vec(-3i64..3, 0..6), members in prop::collection::vec(0u64..4, 0..5)) {
        let parts = Parts { shape, cuts: vec![0.0; 2], points: vec![0.0; 6], members };
        if let Some(tree) = CutTree::restore(2, &parts) {
            prop_assert_eq!(tree.save(), parts);
        }
    }
}
