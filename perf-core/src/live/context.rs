//! The callers of work that goes on elsewhere: the chain of probes around a place, and the way down the same chain in the
//! tree of whichever shard continues it. Nodes have one writer, so another thread's node cannot be counted at; the probes on
//! the way to it can be followed.

use std::sync::Arc;

use super::heap::uncounted;
use super::local::{Local, Phase};
use super::shard::Shard;
use super::tree::{ROOT, address, node_at};
use super::{entry, registry};

/// Probes on the way to a node, outermost first. `None` where there was no memory, or the library itself was at work.
#[derive(Clone)]
pub(crate) struct Callers(Option<Arc<[u32]>>);

impl Drop for Callers {
    fn drop(&mut self) {
        let probes = self.0.take();
        uncounted(|| drop(probes));
    }
}

impl Callers {
    /// Those of the innermost open call on this thread.
    pub(crate) fn current() -> Self {
        let local = Local::here();
        let probes = local.busily(|_| {
            let mut node = local.shard().and_then(|shard| node_at(shard.tree.current()));
            let mut probes = Vec::new();
            while let Some(caller) = node.filter(|node| node.probe != ROOT) {
                probes.push(caller.probe);
                node = caller.parent();
            }
            probes.reverse();
            probes.into()
        });
        Self(probes)
    }

    /// Makes them the callers of what this thread calls next.
    pub(crate) fn enter(&self) -> Option<Entered> {
        let probes = self.0.as_deref().filter(|_| registry::tree_is_on())?;
        entry::prepared();
        let local = Local::here();
        let entered = local.busily(|phase| {
            if local.shard().is_none() && (phase == Phase::Exited || !entry::move_in(local)?) {
                return None;
            }
            let shard = local.shard()?;
            let before = shard.tree.current();
            shard.tree.set_current(0);
            for probe in probes {
                // Where the tree has no room, what follows counts at the last caller that has a node.
                let Some(node) = shard.tree.descend(*probe) else { break };
                shard.tree.set_current(address(node));
            }
            Some(Entered { shard, before })
        });
        entered.flatten()
    }
}

/// What [`Callers::enter`] has to give back, on the same thread.
pub(crate) struct Entered {
    shard: &'static Shard,
    before: u64,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let local = Local::here();
        let is = |other: Option<&'static Shard>| other.is_some_and(|other| std::ptr::eq(other, self.shard));
        // Another shard's writer is another thread: a session that has been left since starts without callers anyway.
        if is(local.shard()) || is(local.home.get()) {
            self.shard.tree.set_current(self.before);
        }
    }
}
