//! Which nodes of a call tree are drawn.

use crate::report::{CallTree, TreeNode};

/// Nodes of a page. More could not be told apart, and each costs the browser.
const MOST: usize = 4_000;
/// Levels of a page.
const DEEPEST: usize = 200;

/// Nodes with their parents' new places, and how many are left out.
pub(super) struct Pruned<'a> {
    pub(super) nodes: Vec<(&'a TreeNode, usize)>,
    pub(super) hidden: usize,
}

/// All nodes; where there are too many, those with the greatest part of time or bytes, each with its callers.
pub(super) fn pruned(tree: &CallTree) -> Pruned<'_> {
    let nodes = tree.nodes();
    let mut least = 0.0;
    loop {
        let kept = kept(nodes, least);
        if kept.len() <= MOST {
            return Pruned { hidden: nodes.len() - kept.len(), nodes: kept };
        }
        least = if least > 0.0 { least * 2.0 } else { 1e-6 };
    }
}

fn kept(nodes: &[TreeNode], least: f64) -> Vec<(&TreeNode, usize)> {
    let tops = || nodes.iter().skip(1).filter(|node| node.parent == 0);
    let whole = |of: fn(&TreeNode) -> u64| tops().map(of).fold(0, u64::saturating_add).max(1) as f64;
    let (time, bytes) = (whole(|node| node.total_ns), whole(|node| node.alloc_bytes));
    // New place and level of every node that is kept.
    let mut places: Vec<Option<(usize, usize)>> = Vec::with_capacity(nodes.len());
    let mut kept: Vec<(&TreeNode, usize)> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let share = (node.total_ns as f64 / time).max(node.alloc_bytes as f64 / bytes);
        let place = match places.get(node.parent).copied().flatten() {
            _ if at == 0 => Some((0, 0)),
            Some((parent, level)) if level < DEEPEST && share >= least => {
                kept.push((node, parent));
                Some((kept.len() - 1, level + 1))
            }
            _ => None,
        };
        if at == 0 {
            kept.push((node, 0));
        }
        places.push(place);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(nodes: impl IntoIterator<Item = (usize, u64)>) -> CallTree {
        let node = |(at, (parent, total_ns)): (usize, (usize, u64))| TreeNode {
            total_ns,
            ..TreeNode::new(format!("f{at}"), parent)
        };
        nodes.into_iter().enumerate().map(node).collect()
    }

    #[test]
    fn a_small_tree_is_whole() {
        let tree = tree([(0, 0), (0, 5), (1, 0), (0, 0)]);
        let Pruned { nodes, hidden } = pruned(&tree);
        assert_eq!((nodes.len(), hidden), (4, 0));
        assert!(nodes.iter().zip(tree.nodes()).all(|((kept, parent), node)| *kept == node && *parent == node.parent));
    }

    #[test]
    fn of_a_great_one_the_greatest_stay() {
        let many = 20_000_usize;
        let tree = tree(std::iter::once((0, 0)).chain((1..many).map(|at| (at / 4, 1 + 1_000_000 / at as u64))));
        let Pruned { nodes, hidden } = pruned(&tree);
        assert!(nodes.len() <= MOST && nodes.len() > MOST / 4, "{}", nodes.len());
        assert_eq!(nodes.len() + hidden, many);
        assert!(nodes.iter().enumerate().skip(1).all(|(at, (_, parent))| *parent < at));
        assert!(nodes.iter().any(|(node, _)| node.probe == "f1"));
    }

    #[test]
    fn depth_ends_somewhere() {
        let tree = tree((0..5_000_usize).map(|at| (at.saturating_sub(1), 7)));
        assert_eq!(pruned(&tree).nodes.len(), DEEPEST + 1);
        assert!(pruned(&CallTree::default()).nodes.is_empty());
    }
}
