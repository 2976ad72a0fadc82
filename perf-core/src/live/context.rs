//! The callers of work that continues on another thread: the chain of probes around a place, and the path down the same
//! chain in the tree of the shard that continues it. Nodes have one writer, so a call cannot count at another thread's
//! node; but the probes on the path to it can be followed.

use std::sync::Arc;

use super::local::{Local, Phase, uncounted};
use super::shard::Shard;
use super::tree::{NodeRef, ROOT};
use super::{entry, registry};

/// Probes on the path to a node, outermost first. `None` where there was no memory, or the library itself was at work.
#[derive(Clone)]
pub(crate) struct Callers(Option<Arc<[u32]>>);

impl Drop for Callers {
    fn drop(&mut self) {
        let probes = self.0.take();
        uncounted(|| drop(probes));
    }
}

impl Callers {
    /// The chain of the innermost open call on this thread.
    pub(crate) fn current() -> Self {
        let local = Local::here();
        let probes = local.in_library_uncounted(|_| {
            // SAFETY: of the shard that is in use now.
            let mut node = local.shard().and_then(|shard| shard.tree.current()).map(|node| unsafe { node.get() });
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

    /// Makes them the callers of the next calls on this thread.
    pub(crate) fn enter(&self) -> Option<Entered> {
        let probes = self.0.as_deref().filter(|_| registry::tree_is_on())?;
        entry::prepared();
        let local = Local::here();
        let entered = local.in_library_uncounted(|phase| {
            if local.shard().is_none() && (phase == Phase::Exited || !entry::take_shard(local)?) {
                return None;
            }
            let shard = local.shard()?;
            let before = shard.tree.current();
            shard.tree.set_current(None);
            for probe in probes {
                // Where the tree has no room, the calls that follow count at the last caller that has a node.
                let Some(node) = shard.tree.descend(*probe) else { break };
                shard.tree.set_current(Some(NodeRef::to(node)));
            }
            Some(Entered { shard, loan: local.loan(), before })
        });
        entered.flatten()
    }
}

/// The place in the tree to restore after [`Callers::enter`], on the same thread.
pub(crate) struct Entered {
    shard: &'static Shard,
    /// See [`Local::loan`].
    loan: u64,
    before: Option<NodeRef>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let local = Local::here();
        // Under another loan the shard may be another thread's, and the nodes gone: a session that has been left since
        // starts without callers anyway.
        let is_home = || local.home.get().is_some() && local.home_loan.get() == self.loan;
        if local.is_under(self.loan) || is_home() {
            self.shard.tree.set_current(self.before);
        }
    }
}
