//! The call tree of one shard: callers and callees, the number of calls, and their cost.
//!
//! A node is a probe below the chain of its callers. A probe that is already among them is not entered again: a
//! recursive call counts at the node where the recursion began, so the tree is no deeper than there are probes and a
//! recursion of any depth needs no memory. The sums of a node are its own; totals are sums over subtrees, made later.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use std::ptr::NonNull;

use super::memory;
use super::slot::Slot;
use super::sync::{AtomicPtr, Count, Own, add_to, undisturbed};

/// Nodes of one shard; calls that would need one more are counted at their caller's node.
const MOST_NODES: u64 = 1 << 16;

/// The root has this in place of a probe.
pub(crate) const ROOT: u32 = u32::MAX;

pub(crate) struct Node {
    pub(crate) probe: u32,
    parent: Option<&'static Node>,
    first_child: AtomicPtr<Node>,
    next: AtomicPtr<Node>,
    pub(crate) calls: Count,
    /// Ticks in this node and in none below it, wrapping like a slot's.
    pub(crate) own: Count,
    pub(crate) own_allocs: Count,
    pub(crate) own_alloc_bytes: Count,
}

impl Node {
    fn new(probe: u32, parent: Option<&'static Node>) -> Self {
        Self {
            probe,
            parent,
            first_child: AtomicPtr::new(std::ptr::null_mut()),
            next: AtomicPtr::new(std::ptr::null_mut()),
            calls: Count::new(0),
            own: Count::new(0),
            own_allocs: Count::new(0),
            own_alloc_bytes: Count::new(0),
        }
    }

    /// The caller's node; none of the root.
    pub(crate) fn parent(&self) -> Option<&'static Self> {
        self.parent
    }

    /// Children, newest first; any thread.
    pub(crate) fn children(&self) -> impl Iterator<Item = &'static Node> {
        let mut next = Self::at(&self.first_child);
        std::iter::from_fn(move || {
            let node = next?;
            next = Self::at(&node.next);
            Some(node)
        })
    }

    fn at(link: &AtomicPtr<Node>) -> Option<&'static Node> {
        // Pairs with the release in `grow`.
        // SAFETY: nodes come from `keep` and stay until `free`, which keeps readers away.
        unsafe { link.load(Acquire).as_ref() }
    }

    /// Enters every node below this one, callers first, and leaves it after the nodes below it; where `enter` returns
    /// false, the nodes below are skipped. A tree is as deep as there are probes, so the links are followed in a loop:
    /// a recursion would end where the stack does.
    fn walk(&'static self, mut enter: impl FnMut(&'static Node) -> bool, mut leave: impl FnMut()) {
        let mut above = self;
        let mut next = Self::at(&self.first_child);
        loop {
            if let Some(node) = next {
                if enter(node) {
                    above = node;
                    next = Self::at(&node.first_child);
                } else {
                    next = Self::at(&node.next);
                }
            } else if std::ptr::eq(above, self) {
                return;
            } else {
                leave();
                next = Self::at(&above.next);
                above = above.parent.unwrap_or(self);
            }
        }
    }

    /// The sums, all signed but the first.
    pub(crate) fn sums(&self) -> [&Count; 4] {
        [&self.calls, &self.own, &self.own_allocs, &self.own_alloc_bytes]
    }

    /// Adds a call that was timed as it passed, see [`super::sync`]. The writer only.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn count_usual(&self, own: u64) {
        add_to!(self, Node, calls, 1);
        add_to!(self, Node, own, own);
    }

    /// Adds to the sums of allocations. The writer only.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn count_heap(&self, allocs: u64, bytes: u64) {
        self.own_allocs.add_signed(allocs);
        self.own_alloc_bytes.add_signed(bytes);
    }

    /// Adds to the sums: calls, ticks, allocations and bytes. The writer only.
    #[inline]
    pub(crate) fn count(&self, calls: u64, own: u64, (allocs, bytes): (u64, u64)) {
        self.calls.add(calls);
        self.own.add_signed_ticks(own);
        self.count_heap(allocs, bytes);
    }
}

/// Owned by a shard; `current` and all counts have that shard's one writer.
pub(crate) struct Tree {
    root: AtomicPtr<Node>,
    /// The node that the innermost open call counts at; null before the first.
    current: NodeCell,
    nodes: Count,
    /// Calls that found no room for a node.
    pub(crate) dropped: Count,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self {
            root: AtomicPtr::new(std::ptr::null_mut()),
            current: NodeCell::new(),
            nodes: Count::new(0),
            dropped: Count::new(0),
        }
    }

    /// The root, if anything was ever counted here; any thread.
    pub(crate) fn root(&self) -> Option<&'static Node> {
        // Pairs with the release in `plant`.
        // SAFETY: nodes come from `keep` and stay until `free`, which keeps readers away.
        unsafe { self.root.load(Acquire).as_ref() }
    }

    /// The node that the innermost open call counts at; none before the first. The writer only.
    pub(crate) fn current(&self) -> Option<NodeRef> {
        self.current.get()
    }

    pub(crate) fn set_current(&self, node: Option<NodeRef>) {
        self.current.set(node);
    }

    /// The node of `probe` below the current one.
    #[cold]
    #[inline(never)]
    pub(crate) fn descend(&self, probe: u32) -> Option<&'static Node> {
        undisturbed(|| self.descend_alone(probe))
    }

    fn descend_alone(&self, probe: u32) -> Option<&'static Node> {
        let parent = match self.current() {
            // SAFETY: of this tree, which is in use.
            Some(node) => unsafe { node.get() },
            None => self.plant()?,
        };
        if let Some(known) = parent.children().find(|child| child.probe == probe) {
            return Some(known);
        }
        let mut caller = Some(parent);
        while let Some(node) = caller {
            if node.probe == probe {
                return Some(node);
            }
            caller = node.parent;
        }
        self.grow(parent, probe)
    }

    fn plant(&self) -> Option<&'static Node> {
        if let Some(root) = self.root() {
            return Some(root);
        }
        let root = memory::keep(Node::new(ROOT, None))?;
        // Pairs with the acquire in `root`.
        self.root.store(std::ptr::from_ref(root).cast_mut(), Release);
        Some(root)
    }

    fn grow(&self, parent: &'static Node, probe: u32) -> Option<&'static Node> {
        if self.nodes.get() >= MOST_NODES {
            self.dropped.add(1);
            return None;
        }
        let node = memory::keep(Node::new(probe, Some(parent)))?;
        self.nodes.add(1);
        // Linked before it is published: pairs with the acquires in `children`.
        node.next.store(parent.first_child.own(), Relaxed);
        let place = std::ptr::from_ref(node).cast_mut();
        parent.first_child.store(place, Release);
        Some(node)
    }

    /// Adds all that `other` counted; no thread writes to either.
    pub(crate) fn absorb(&self, other: &Self) {
        self.dropped.add(other.dropped.get());
        let Some(theirs) = other.root() else {
            return;
        };
        self.set_current(None);
        let enter = |node: &'static Node| {
            let Some(mine) = self.descend(node.probe) else {
                return false;
            };
            let [calls, own, allocs, bytes] = node.sums().map(Count::get);
            mine.count(calls, own, (allocs, bytes));
            self.set_current(Some(NodeRef::to(mine)));
            true
        };
        let leave = || {
            // The path to a node is the same in both trees, and so is its caller.
            // SAFETY: of this tree, which is in use.
            let caller = self.current().and_then(|node| unsafe { node.get() }.parent);
            self.set_current(caller.map(NodeRef::to));
        };
        theirs.walk(enter, leave);
    }

    /// Frees all nodes; no thread writes or reads.
    pub(crate) fn free(&self) {
        self.set_current(None);
        self.dropped.set(0);
        self.nodes.set(0);
        let mut next = self.root.swap(std::ptr::null_mut(), Relaxed);
        // SAFETY: null, or a node from `keep`, which is freed only here, once.
        while let Some(node) = unsafe { next.as_ref() } {
            // Children go to the front of the nodes still to be freed.
            let mut last = &node.first_child;
            // SAFETY: as above.
            while let Some(child) = unsafe { last.load(Relaxed).as_ref() } {
                last = &child.next;
            }
            last.store(node.next.load(Relaxed), Relaxed);
            let rest = node.first_child.load(Relaxed);
            // SAFETY: as above; nothing refers to nodes of a tree that no thread reads or writes.
            unsafe { memory::free(next) };
            next = rest;
        }
    }

    /// Resets to zero, keeping the nodes; no thread writes or reads.
    pub(crate) fn reset(&self) {
        self.set_current(None);
        self.dropped.set(0);
        let Some(root) = self.root() else {
            return;
        };
        let clear = |node: &Node| {
            for count in node.sums() {
                count.set(0);
            }
            true
        };
        clear(root);
        root.walk(clear, || ());
    }
}

/// A node as guards and slots keep it, also after its tree was freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct NodeRef(NonNull<Node>);

// SAFETY: a node is `Sync`, and the caller of `get` promises that it is valid.
unsafe impl Send for NodeRef {}
// SAFETY: as above.
unsafe impl Sync for NodeRef {}

impl NodeRef {
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn to(node: &'static Node) -> Self {
        Self(NonNull::from(node))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn address(node: Option<Self>) -> *mut Node {
        node.map_or(std::ptr::null_mut(), |node| node.0.as_ptr())
    }

    /// # Safety
    /// The tree was not freed since: its shard is in use, under the loan under which the caller came by this.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn get(self) -> &'static Node {
        // SAFETY: the caller's promise.
        unsafe { self.0.as_ref() }
    }
}

/// A cell for a node, or none, that only the writer of its shard reads or writes.
pub(crate) struct NodeCell(AtomicPtr<Node>);

impl NodeCell {
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn get(&self) -> Option<NodeRef> {
        NonNull::new(self.0.own()).map(NodeRef)
    }

    /// A cell that contains neither a node nor none.
    pub(crate) fn unlike_any() -> Self {
        Self(AtomicPtr::new(NonNull::dangling().as_ptr()))
    }

    pub(crate) fn set_unlike_any(&self) {
        self.0.store(NonNull::dangling().as_ptr(), Relaxed);
    }

    /// Whether it contains this node.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is(&self, node: Option<NodeRef>) -> bool {
        std::ptr::eq(self.0.own(), NodeRef::address(node))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn set(&self, node: Option<NodeRef>) {
        self.0.store(NodeRef::address(node), Relaxed);
    }
}

/// The place of a call in the tree.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    caller: Option<NodeRef>,
    /// None where there is no tree, or no room in it.
    node: Option<NodeRef>,
}

impl Place {
    /// Makes the probe's node below the current one the current one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn enter(tree: &Tree, slot: &Slot) -> Self {
        let caller = tree.current();
        let mut node = slot.cached_node.get();
        if !slot.cached_parent.is(caller) || node.is_none() {
            node = Self::find(tree, slot, caller);
        }
        if node.is_some() {
            tree.set_current(node);
        }
        Self { caller, node }
    }

    /// The same place where the probe was last called from there, and has a node there. It is not made the current one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn again(tree: &Tree, slot: &Slot) -> Option<Self> {
        let caller = tree.current();
        if !slot.cached_parent.is(caller) {
            return None;
        }
        let node = slot.cached_node.get();
        debug_assert!(node.is_some(), "both are set together, and no caller is the one of a new slot");
        Some(Self { caller, node })
    }

    /// Makes the call's node the current one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn make_current(&self, tree: &Tree) {
        tree.set_current(self.node);
    }

    #[cold]
    #[inline(never)]
    fn find(tree: &Tree, slot: &Slot, caller: Option<NodeRef>) -> Option<NodeRef> {
        let node = NodeRef::to(tree.descend(slot.id)?);
        // A signal handler that calls the probe elsewhere would leave one of the two.
        undisturbed(|| {
            slot.cached_parent.set(caller);
            slot.cached_node.set(Some(node));
        });
        Some(node)
    }

    /// The place of a call that is in no tree, while there is one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn none(tree: &Tree) -> Self {
        Self { caller: tree.current(), node: None }
    }

    /// Makes the caller's node the current one again.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn restore(&self, tree: &Tree) {
        tree.set_current(self.caller);
    }

    /// The call's node, where it is known to have one.
    ///
    /// # Safety
    /// It has one; and as for [`NodeRef::get`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn known_node(&self) -> &'static Node {
        debug_assert!(self.node.is_some());
        // SAFETY: the caller's promise.
        unsafe { self.node.unwrap_unchecked().get() }
    }

    /// Whether the call has a node.
    pub(crate) fn has_node(&self) -> bool {
        self.node.is_some()
    }

    /// The call's node, if it has one.
    ///
    /// # Safety
    /// As for [`NodeRef::get`].
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn node(&self) -> Option<&'static Node> {
        // SAFETY: the caller's promise.
        self.node.map(|node| unsafe { node.get() })
    }
}
