//! Sessions: counts of the calls between entering and leaving, on this thread and on those that the session was carried
//! to, and of no others.
//!
//! Entering swaps the thread's shard for an empty one. That shard counts for the session and for every session that
//! encloses it; when the last of them is gone, the process totals take over its counts.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::local::{Local, uncounted};
use super::registry::{REGISTRY, State};
use super::shard::Shard;
use super::{cost, fork};

/// A session, shared by its handles, guards and futures.
#[derive(Debug)]
pub(crate) struct Core {
    id: u64,
    holds: Mutex<Vec<Arc<Hold>>>,
}

/// A shard on loan from the registry.
struct Hold {
    shard: &'static Shard,
    /// The sessions it counts for, innermost first.
    chain: Vec<u64>,
    /// Whether a thread writes to it.
    taken: AtomicBool,
    /// [`fork::generation`] of the process that it is in: a child has only copies of its parent's.
    generation: u32,
}

impl Hold {
    fn is_of_this_process(&self) -> bool {
        self.generation == fork::generation()
    }
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let shard = self.shard;
        if self.is_of_this_process() {
            // Where the library is already at work the shard keeps its counts: they are read, but the shard is not used
            // again.
            Local::here().in_library_uncounted(|_| {
                REGISTRY.lock().retire(shard);
                REGISTRY.settle();
            });
        }
    }
}

/// A session entered on a thread: a stack threaded through [`Local::entries`]. Pointers to one are those that
/// `Box::into_raw` gave, so that the box can be made again of each.
pub(crate) struct Entry {
    outer: *mut Entry,
    core: Arc<Core>,
    /// Changed in the child of a fork only.
    hold: RefCell<Arc<Hold>>,
    /// Whether this entry took `hold`, rather than being inside the same session already.
    took: bool,
    /// See [`Local::loan`]. Changed in the child of a fork only.
    loan: Cell<u64>,
    /// Whether its guard is dropped; the entry stays until the entries above it are gone too.
    left: Cell<bool>,
}

impl Entry {
    /// The shard that its thread counts into; none in the child of a fork, until [`resume`].
    fn shard(&self) -> Option<&'static Shard> {
        let hold = self.hold.borrow();
        hold.is_of_this_process().then_some(hold.shard)
    }
}

/// A reference to a session whose memory is never counted as the program's, neither when it is made nor when it is
/// dropped.
#[derive(Debug)]
pub(crate) struct Shared(ManuallyDrop<Arc<Core>>);

impl Shared {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Relaxed);
        let core = uncounted(|| Arc::new(Core { id, holds: Mutex::new(Vec::new()) }));
        Self(ManuallyDrop::new(core))
    }
}

impl Clone for Shared {
    fn clone(&self) -> Self {
        Self(ManuallyDrop::new(Arc::clone(&self.0)))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: taken here only, and not used after `drop`.
        let core = unsafe { ManuallyDrop::take(&mut self.0) };
        uncounted(|| drop(core));
    }
}

impl Deref for Shared {
    type Target = Arc<Core>;

    fn deref(&self) -> &Arc<Core> {
        &self.0
    }
}

impl Core {
    /// The registry's lock is held, so that none of these is locked where a process forks.
    fn holds(&self, _state: &State) -> MutexGuard<'_, Vec<Arc<Hold>>> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shards that count for this session. In the child of a fork, these are the child's.
    pub(crate) fn shards(&self) -> Vec<&'static Shard> {
        let state = REGISTRY.lock();
        let holds = self.holds(&state);
        holds.iter().filter(|hold| hold.is_of_this_process()).map(|hold| hold.shard).collect()
    }

    /// A shard for this thread to write to, as part of the sessions that it is in already.
    fn take(&self, around: &[&Entry]) -> Option<Arc<Hold>> {
        let mut chain = vec![self.id];
        chain.extend(around.first().iter().flat_map(|inner| inner.hold.borrow().chain.clone()));
        let mut state = REGISTRY.lock();
        let known = self.holds(&state);
        let idle = known.iter().filter(|hold| hold.is_of_this_process() && hold.chain == chain);
        // Pairs with the release in `leave`: the next writer goes on from the last one's counts.
        if let Some(hold) = idle.into_iter().find(|hold| !hold.taken.swap(true, Acquire)) {
            return Some(Arc::clone(hold));
        }
        drop(known);
        let shard = state.adopt_clean()?;
        let hold = Arc::new(Hold { shard, chain, taken: AtomicBool::new(true), generation: fork::generation() });
        self.holds(&state).push(Arc::clone(&hold));
        let mut told = vec![self.id];
        for entry in around {
            if hold.chain.contains(&entry.core.id) && !told.contains(&entry.core.id) {
                told.push(entry.core.id);
                entry.core.holds(&state).push(Arc::clone(&hold));
            }
        }
        Some(hold)
    }
}

/// The entries of a thread that still count, innermost first.
fn stack(local: &Local) -> Vec<&Entry> {
    let mut stack = Vec::new();
    let mut place = local.entries.get();
    // SAFETY: entries are on the heap and are freed by `leave` on this thread only, when they are taken off the list.
    while let Some(entry) = unsafe { place.as_ref() } {
        stack.push(entry);
        place = entry.outer;
    }
    stack
}

/// In the child of a fork: continues the sessions that its one thread is in, each with a shard of the child's. False
/// where it is in none, or counts into one already.
pub(crate) fn resume(local: &Local) -> bool {
    let stack = stack(local);
    if local.shard().is_some() || stack.is_empty() {
        return false;
    }
    // From the outermost to the innermost: the chain of each continues that of the one around it.
    for (index, entry) in stack.iter().enumerate().rev() {
        let around = &stack[index + 1..];
        let hold = match around.first() {
            Some(outer) if !entry.took => Some(Arc::clone(&outer.hold.borrow())),
            _ => entry.core.take(around),
        };
        let Some(hold) = hold else {
            return false;
        };
        *entry.hold.borrow_mut() = hold;
        local.begin_loan();
        entry.loan.set(local.loan());
    }
    let shard = stack[0].hold.borrow().shard;
    shard.tree.set_current(None);
    local.use_shard(Some(shard));
    true
}

/// Enters a session on this thread; `None` where the library is already at work or memory is short.
pub(crate) fn enter(core: &Arc<Core>) -> Option<*mut Entry> {
    super::entry::prepared();
    let local = Local::here();
    local
        .in_library_uncounted(|_| {
            resume(local);
            let around = stack(local);
            let inner = around.first();
            let inside = inner.filter(|inner| inner.hold.borrow().chain.contains(&core.id));
            let hold = match inside {
                Some(inner) => Arc::clone(&inner.hold.borrow()),
                None => core.take(&around)?,
            };
            let took = inside.is_none();
            if took {
                hold.shard.tree.set_current(None);
                local.use_shard(Some(hold.shard));
                local.begin_loan();
            }
            local.cost.set(cost::outside());
            let entry = Box::into_raw(Box::new(Entry {
                outer: local.entries.get(),
                core: Arc::clone(core),
                hold: RefCell::new(hold),
                took,
                loan: Cell::new(local.loan()),
                left: Cell::new(false),
            }));
            local.entries.set(entry);
            Some(entry)
        })
        .flatten()
}

/// Leaves the session that [`enter`] entered, on the same thread.
pub(crate) fn leave(entry: *mut Entry) {
    let local = Local::here();
    // SAFETY: from `enter` on this thread, and its guard leaves once.
    unsafe { &*entry }.left.set(true);
    let mut gone = Vec::new();
    local.in_library_uncounted(|_| {
        let mut top = local.entries.get();
        // SAFETY: as in `stack`.
        while let Some(entry) = unsafe { top.as_ref() }.filter(|entry| entry.left.get()) {
            local.entries.set(entry.outer);
            if entry.took {
                // Pairs with the acquire in `take`.
                entry.hold.borrow().taken.store(false, Release);
            }
            // SAFETY: the pointer that `Box::into_raw` gave in `enter`. It is off the list, and its guard is gone, so
            // nothing reaches it any more.
            gone.push(unsafe { Box::from_raw(top) });
            top = local.entries.get();
        }
        // SAFETY: as in `stack`.
        let now = unsafe { top.as_ref() };
        local.use_shard(now.map_or(local.home.get(), Entry::shard));
        local.set_loan(now.map_or(local.home_loan.get(), |entry| entry.loan.get()));
    });
    // Dropped outside, since the last reference to a session gives its shards back.
    uncounted(|| drop(gone));
}
