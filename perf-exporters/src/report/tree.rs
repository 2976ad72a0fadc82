//! The call tree: callers and callees, how often and for how long.

use std::collections::HashMap;
use std::fmt;
use std::mem;

use serde::{Deserialize, Deserializer, Serialize, de};

/// One path to a probe: the same probe called from elsewhere is another node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TreeNode {
    /// Name of the probe; empty for the root.
    pub probe: String,
    /// Index of the caller's node, less than the own one; the root names itself.
    pub parent: usize,
    /// Calls on this path.
    pub calls: u64,
    /// Time in them, with what they called.
    pub total_ns: u64,
    /// Time in them, without what they called.
    pub self_ns: u64,
    /// Allocations, with those of what was called.
    pub allocs: u64,
    /// Bytes allocated, with those of what was called.
    pub alloc_bytes: u64,
    /// Allocations, without those of what was called.
    pub self_allocs: u64,
    /// Bytes allocated, without those of what was called.
    pub self_alloc_bytes: u64,
}

impl TreeNode {
    /// A node of this probe under that parent, with nothing counted.
    ///
    /// ```
    /// # use perf_exporters::report::TreeNode;
    /// assert_eq!(TreeNode::new("parse", 0).parent, 0);
    /// ```
    #[must_use]
    pub fn new(probe: impl Into<String>, parent: usize) -> Self {
        Self { probe: probe.into(), parent, ..Self::default() }
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.calls, other.calls),
            (&mut self.total_ns, other.total_ns),
            (&mut self.self_ns, other.self_ns),
            (&mut self.allocs, other.allocs),
            (&mut self.alloc_bytes, other.alloc_bytes),
            (&mut self.self_allocs, other.self_allocs),
            (&mut self.self_alloc_bytes, other.self_alloc_bytes),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// Nodes, root first, every parent before its children, children of one parent ordered by name.
///
/// ```
/// use perf_exporters::report::{CallTree, TreeNode};
///
/// let tree: CallTree = [TreeNode::new("", 0), TreeNode::new("main", 0), TreeNode::new("parse", 1)].into_iter().collect();
/// assert_eq!(tree.nodes()[2].probe, "parse");
/// assert_eq!(tree.children(), [vec![1], vec![2], vec![]]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CallTree {
    nodes: Vec<TreeNode>,
}

impl CallTree {
    /// All nodes; none where no tree was recorded.
    #[must_use]
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// For each node the indices of its children.
    #[must_use]
    pub fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![Vec::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().skip(1) {
            children[node.parent].push(at);
        }
        children
    }

    /// Adds another tree, node by node on the same paths.
    pub fn merge(&mut self, other: &Self) {
        if !other.nodes.is_empty() {
            *self = Self::joined([mem::take(&mut self.nodes), other.nodes.clone()]);
        }
    }

    /// Nodes on the same path become one, in any order.
    fn joined<const N: usize>(trees: [Vec<TreeNode>; N]) -> Self {
        let mut nodes: Vec<TreeNode> = Vec::new();
        let mut known: HashMap<(usize, String), usize> = HashMap::new();
        for tree in trees {
            let mut here: Vec<usize> = Vec::with_capacity(tree.len());
            for (at, mut node) in tree.into_iter().enumerate() {
                // A parent that does not come before its child cannot be a caller of it: the root stands in.
                let parent = if at == 0 { 0 } else { here.get(node.parent).copied().unwrap_or(0) };
                let way = (if at == 0 { usize::MAX } else { parent }, node.probe.clone());
                let to = *known.entry(way).or_insert(nodes.len());
                here.push(to);
                if let Some(same) = nodes.get_mut(to) {
                    same.add(&node);
                } else {
                    node.parent = parent;
                    nodes.push(node);
                }
            }
        }
        Self { nodes }.ordered()
    }

    /// The same nodes, children after their parent and by name.
    fn ordered(mut self) -> Self {
        let mut children = self.children();
        let mut order: Vec<TreeNode> = Vec::with_capacity(self.nodes.len());
        let mut waiting: Vec<(usize, usize)> = if self.nodes.is_empty() { vec![] } else { vec![(0, 0)] };
        while let Some((at, parent)) = waiting.pop() {
            let new = order.len();
            let mut below = mem::take(&mut children[at]);
            below.sort_unstable_by(|a, b| self.nodes[*b].probe.cmp(&self.nodes[*a].probe));
            waiting.extend(below.into_iter().map(|child| (child, new)));
            order.push(TreeNode { parent, ..mem::take(&mut self.nodes[at]) });
        }
        Self { nodes: order }
    }
}

impl FromIterator<TreeNode> for CallTree {
    /// A tree from nodes of which the first is the root and every other one follows its parent.
    fn from_iter<I: IntoIterator<Item = TreeNode>>(nodes: I) -> Self {
        Self::joined([nodes.into_iter().collect()])
    }
}

impl<'de> Deserialize<'de> for CallTree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::checked(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A node that was read and whose parent does not come before it.
#[derive(Debug)]
struct BadParent {
    at: usize,
    parent: usize,
}

impl fmt::Display for BadParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} of the call tree has parent {}, which is not before it", self.at, self.parent)
    }
}

impl CallTree {
    /// Nodes as they are, if every parent comes before its children.
    fn checked(nodes: Vec<TreeNode>) -> Result<Self, BadParent> {
        let bad = |(at, node): (usize, &TreeNode)| {
            (node.parent >= at.max(1)).then_some(BadParent { at, parent: node.parent })
        };
        match nodes.iter().enumerate().find_map(bad) {
            Some(bad) => Err(bad),
            None => Ok(Self { nodes }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(nodes: &[(&str, usize)]) -> CallTree {
        let node = |&(name, parent)| TreeNode { calls: 1, ..TreeNode::new(name, parent) };
        nodes.iter().map(node).collect()
    }

    #[test]
    fn the_same_way_is_one_node_and_another_way_another() {
        let mut a = tree(&[("", 0), ("b", 0), ("x", 1)]);
        a.merge(&tree(&[("", 0), ("a", 0), ("x", 1), ("b", 0), ("x", 3)]));
        let shown: Vec<_> = a.nodes().iter().map(|n| (n.probe.as_str(), n.parent, n.calls)).collect();
        assert_eq!(shown, [("", 0, 2), ("a", 0, 1), ("x", 1, 1), ("b", 0, 2), ("x", 3, 2)]);
    }

    #[test]
    fn a_tree_may_be_deeper_than_any_stack() {
        let deep: Vec<_> = (0..200_000_usize).map(|at| ("f", at.saturating_sub(1))).collect();
        let mut deep = tree(&deep);
        deep.merge(&deep.clone());
        assert_eq!(deep.nodes().len(), 200_000);
        assert_eq!(deep.nodes()[199_999].calls, 2);
    }

    #[test]
    fn a_root_that_is_named_like_its_child_is_not_its_child() {
        assert_eq!(tree(&[("f", 0), ("f", 0)]).nodes().len(), 2);
    }

    #[test]
    fn parents_must_come_first() {
        for bad in [vec![1], vec![0, 1], vec![0, 0, 7]] {
            let nodes: Vec<_> = bad.iter().map(|parent| TreeNode::new("f", *parent)).collect();
            assert!(CallTree::checked(nodes).is_err(), "{bad:?}");
        }
    }
}
