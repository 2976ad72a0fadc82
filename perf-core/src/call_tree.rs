//! The call tree as a value: callers and callees.

use std::collections::HashMap;
use std::time::Duration;

/// The call tree of a snapshot: node 0 is the root, parents come before their children.
///
/// A recursion counts at the node where it began. Empty unless [`set_call_tree`](crate::set_call_tree) was on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTree {
    nodes: Vec<TreeNode>,
}

/// A probe below the chain of its callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    /// Name of the probe; empty for the root.
    pub name: String,
    /// Index of the caller's node; the root's own is 0.
    pub parent: usize,
    /// Calls that ended here.
    pub calls: u64,
    /// Time spent here and below.
    pub total: Duration,
    /// Time spent here.
    pub self_time: Duration,
    /// Allocations made here and below.
    pub allocs: u64,
    /// Bytes of these.
    pub alloc_bytes: u64,
    /// Allocations made here.
    pub self_allocs: u64,
    /// Bytes of these.
    pub self_alloc_bytes: u64,
}

impl CallTree {
    /// All nodes, the root first.
    #[must_use]
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// The calls after `earlier`.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        self.combine(earlier, u64::saturating_sub, Duration::saturating_sub)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        *self = self.combine(other, u64::saturating_add, Duration::saturating_add);
    }

    /// Both trees, node by node; a node that one lacks is zero there.
    fn combine(&self, other: &Self, count: fn(u64, u64) -> u64, time: fn(Duration, Duration) -> Duration) -> Self {
        let mut builder = TreeBuilder::new();
        let mut places: HashMap<(usize, &str), usize> = HashMap::new();
        for (tree, second) in [(self, false), (other, true)] {
            let mut moved = vec![0; tree.nodes.len()];
            for (index, node) in tree.nodes.iter().enumerate().skip(1) {
                let parent = moved[node.parent];
                moved[index] = *places
                    .entry((parent, &node.name))
                    .or_insert_with(|| builder.add(parent, &node.name, 0, Duration::ZERO, 0, 0));
            }
            for (node, &place) in tree.nodes.iter().zip(&moved).skip(1) {
                let sum = &mut builder.nodes[place];
                if second {
                    sum.calls = count(sum.calls, node.calls);
                    sum.self_time = time(sum.self_time, node.self_time);
                    sum.self_allocs = count(sum.self_allocs, node.self_allocs);
                    sum.self_alloc_bytes = count(sum.self_alloc_bytes, node.self_alloc_bytes);
                } else {
                    let parent = sum.parent;
                    *sum = TreeNode { parent, ..node.clone() };
                }
            }
        }
        builder.finish()
    }
}

impl Default for CallTree {
    fn default() -> Self {
        TreeBuilder::new().finish()
    }
}

/// Grows a tree downwards from the root.
pub(crate) struct TreeBuilder {
    nodes: Vec<TreeNode>,
}

impl TreeBuilder {
    pub(crate) fn new() -> Self {
        let mut new = Self { nodes: Vec::new() };
        new.add(0, "", 0, Duration::ZERO, 0, 0);
        new
    }

    /// Adds a node with its own sums, and returns its index.
    pub(crate) fn add(
        &mut self,
        parent: usize,
        name: &str,
        calls: u64,
        self_time: Duration,
        self_allocs: u64,
        self_alloc_bytes: u64,
    ) -> usize {
        self.nodes.push(TreeNode {
            name: name.to_owned(),
            parent,
            calls,
            total: Duration::ZERO,
            self_time,
            allocs: 0,
            alloc_bytes: 0,
            self_allocs,
            self_alloc_bytes,
        });
        self.nodes.len() - 1
    }

    /// Adds up subtrees and leaves out those in which nothing happened.
    pub(crate) fn finish(mut self) -> CallTree {
        let mut used = vec![false; self.nodes.len()];
        for node in &mut self.nodes {
            node.total = node.self_time;
            node.allocs = node.self_allocs;
            node.alloc_bytes = node.self_alloc_bytes;
        }
        for index in (1..self.nodes.len()).rev() {
            let node = &self.nodes[index];
            used[index] |= node.calls > 0 || !node.total.is_zero() || node.allocs > 0;
            let (parent, total) = (node.parent, node.total);
            let (allocs, bytes) = (node.allocs, node.alloc_bytes);
            used[parent] |= used[index];
            let above = &mut self.nodes[parent];
            above.total = above.total.saturating_add(total);
            above.allocs = above.allocs.saturating_add(allocs);
            above.alloc_bytes = above.alloc_bytes.saturating_add(bytes);
        }
        used[0] = true;
        let mut moved = Vec::with_capacity(used.len());
        let mut kept = 0;
        for &keep in &used {
            moved.push(kept);
            kept += usize::from(keep);
        }
        let nodes = self.nodes.into_iter().zip(used).filter(|(_, keep)| *keep);
        CallTree { nodes: nodes.map(|(node, _)| TreeNode { parent: moved[node.parent], ..node }).collect() }
    }
}
