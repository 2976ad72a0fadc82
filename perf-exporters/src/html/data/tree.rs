//! The call tree as rows of numbers.

use serde::Serialize;

use super::names::Names;
use crate::html::prune::{Pruned, pruned};
use crate::report::CallTree;

#[derive(Serialize)]
pub(super) struct Tree {
    /// Name, parent, calls, total, self, allocations, bytes, own allocations, own bytes.
    rows: Vec<[u64; 9]>,
    hidden: usize,
}

impl Tree {
    pub(super) fn new<'a>(tree: &'a CallTree, names: &mut Names<'a>) -> Self {
        let Pruned { nodes, hidden } = pruned(tree);
        let row = |(node, parent): (&'a crate::report::TreeNode, usize)| {
            [
                names.place(&node.probe),
                parent as u64,
                node.calls,
                node.total_ns,
                node.self_ns,
                node.allocs,
                node.alloc_bytes,
                node.self_allocs,
                node.self_alloc_bytes,
            ]
        };
        Self { rows: nodes.into_iter().map(row).collect(), hidden }
    }
}
