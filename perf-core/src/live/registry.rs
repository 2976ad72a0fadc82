//! The registry: all callsites and all shards.
//!
//! There are two locks. The *state* is locked for a moment, when a callsite, a thread or a session comes or goes; a
//! callsite does so once in a program's life, a thread twice in its own. The *content* is locked while shards are read,
//! or merged and emptied. A thread that needs both takes the content first; registration takes the state alone, so that
//! a reader, however long it reads, does not delay it. Shards that threads and sessions leave meanwhile wait in a list,
//! and are merged by the holder of the content: see [`Registry::settle`].
//!
//! The lists are threaded through what they list, so the registry allocates nothing from the program; references that
//! it hands out stay valid for ever.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use super::callsite::{Callsite, GENERAL, ID, OFF, RECORDED, TREE, UNREGISTERED};
use super::shard::Shard;
use super::site::{Names, Site};
use super::slot::Slot;
use super::sync::{Mutex, MutexGuard, const_unless_loom};
use super::{cap, memory, object};

/// Number of ended threads' shards that are kept as they are for the next threads, or as many as there are threads; and
/// of empty ones that keep their memory. Shards beyond that are merged and give their memory back.
const KEPT: usize = 8;

/// Number of shards that may wait to be merged while the content is locked; a thread that leaves more waits as well.
const BACKLOG: usize = 16;

pub(crate) struct Registry {
    state: Mutex<State>,
    content: Mutex<Content>,
}

/// The data that the lock of the content guards, beside the shards' content.
pub(crate) struct Content {
    /// The counts of sessions that are over and of threads that have ended.
    rest: Option<&'static Shard>,
}

/// All callsites and shards, in lists that only grow, so that a reader with a copy of this can follow them without a
/// lock.
#[derive(Clone, Copy)]
pub(crate) struct Lists {
    last_site: Option<&'static Site>,
    last_shard: Option<&'static Shard>,
    names: u32,
    pub(crate) threads: usize,
}

/// The data that the lock of the state guards.
pub(crate) struct State {
    pub(crate) lists: Lists,
    names: Names,
    /// Shards that threads gave back; they go on counting for the next threads.
    free: Idle,
    /// Empty shards, with their memory.
    clean: Idle,
    /// Empty shards, without it.
    bare: Idle,
    /// Shards given back, to be added to the rest.
    left: Idle,
    /// Counts for threads that have ended; the holder of this lock is its writer.
    orphans: Option<&'static Shard>,
    flags: u32,
    /// Whether the clock is no register: then all calls take the general lane.
    clock_is_call: bool,
}

/// Shards that no thread or session uses.
struct Idle {
    first: *const Shard,
    length: usize,
}

/// The registry of this process.
#[cfg(not(loom))]
pub(crate) static REGISTRY: Registry = Registry::new();

// SAFETY: the pointers are to sites, to shards and to chains of sites. Sites and shards live for ever and are `Sync`;
// chains are reached under the lock only.
unsafe impl Send for State {}

static TREE_IS_ON: AtomicBool = AtomicBool::new(false);
/// Whether calls open spans.
static SPANS: AtomicBool = AtomicBool::new(false);
/// Events that a thread keeps; 0 while there is no timeline.
static TIMELINE: AtomicUsize = AtomicUsize::new(0);

#[inline]
pub(crate) fn tree_is_on() -> bool {
    TREE_IS_ON.load(Relaxed)
}

/// Runs `work` as if the tree were switched so; only while no other thread counts or switches.
pub(super) fn with_tree(on: bool, work: impl FnOnce()) {
    let before = TREE_IS_ON.swap(on, Relaxed);
    work();
    TREE_IS_ON.store(before, Relaxed);
}

#[inline]
pub(crate) fn spans_are_on() -> bool {
    SPANS.load(Relaxed)
}

/// Events that a thread keeps; 0 while there is no timeline.
#[inline]
pub(crate) fn timeline() -> usize {
    TIMELINE.load(Relaxed)
}

impl Idle {
    const fn new() -> Self {
        Self { first: std::ptr::null(), length: 0 }
    }

    fn push(&mut self, shard: &'static Shard) {
        shard.next_idle.store(self.first.cast_mut(), Relaxed);
        self.first = shard;
        self.length += 1;
    }

    fn pop(&mut self) -> Option<&'static Shard> {
        // SAFETY: null or a shard, which lives for ever.
        let shard: &'static Shard = unsafe { self.first.as_ref()? };
        self.first = shard.next_idle.load(Relaxed);
        self.length -= 1;
        Some(shard)
    }
}

impl Content {
    /// In the child of a fork: the counts are the parent's.
    #[cfg_attr(any(not(unix), miri, loom), allow(dead_code, reason = "there is no fork"))]
    pub(super) fn forget(&mut self) {
        self.rest = None;
    }
}

impl Registry {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Self {
                state: Mutex::new(State {
                    lists: Lists {
                        last_site: None,
                        last_shard: None,
                        names: 0,
                        threads: 0,
                    },
                    names: Names::new(),
                    free: Idle::new(),
                    clean: Idle::new(),
                    bare: Idle::new(),
                    left: Idle::new(),
                    orphans: None,
                    flags: 0,
                    clock_is_call: false,
                }),
                content: Mutex::new(Content { rest: None }),
            }
        }
    }

    /// Locks the state, which is reached no other way. Callers are in [`super::local::Phase::InLibrary`], so that no
    /// probe comes here again.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing here panics with the lock held; if it did, counters would still be counters.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Locks the content of all shards: only their writers change it meanwhile.
    pub(super) fn lock_content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Reads shards; callsites, threads and sessions may come and go meanwhile.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Lists) -> R) -> R {
        let content = self.lock_content();
        let lists = self.lock().lists;
        let result = read(&lists);
        drop(content);
        self.settle();
        result
    }

    /// Gives a callsite its id, if it has none yet, and returns its word. Callsites of one name have one id.
    pub(crate) fn register(&self, callsite: &'static Callsite) -> u32 {
        if callsite.word() == UNREGISTERED {
            let name = callsite.resolve_name();
            let mut state = self.lock();
            // Another thread may have registered it meanwhile, under this lock.
            if callsite.word() == UNREGISTERED {
                state.add_site(callsite, name);
            }
        }
        callsite.word()
    }

    /// Merges the shards that were left. Called, with neither lock held, by a thread that has left a shard or has held
    /// the content: where the content is locked, its holder is left to merge, unless too many shards wait already.
    pub(crate) fn settle(&self) {
        let left = self.lock().left.length;
        let content = match left {
            0 => return,
            1..=BACKLOG => self.content.try_lock().ok(),
            _ => Some(self.lock_content()),
        };
        let Some(mut content) = content else {
            return;
        };
        // Other threads may go on leaving shards meanwhile: the loop is bounded, so that this one does not merge for
        // ever.
        for _ in 0..4 * BACKLOG {
            let Some(shard) = self.take_left() else {
                return;
            };
            self.put_away(&mut content, shard);
        }
    }

    fn take_left(&self) -> Option<&'static Shard> {
        self.lock().left.pop()
    }

    /// Adds the counts of `shard` to the process totals; the shard is then free for another thread or session.
    fn put_away(&self, content: &mut Content, shard: &'static Shard) {
        if content.rest.is_none() {
            content.rest = self.lock().make_shard();
        }
        let Some(rest) = content.rest else {
            return; // out of memory: the shard stays in the list of all with what it has
        };
        rest.absorb(shard, &mut Vec::new());
        if self.lock().clean.length < KEPT {
            shard.reset();
            self.lock().clean.push(shard);
        } else {
            shard.give_back();
            self.lock().bare.push(shard);
        }
    }
}

impl State {
    fn add_site(&mut self, callsite: &'static Callsite, name: &'static str) {
        let namesake = self.names.find(name);
        let id = namesake.map_or(self.names.held() + 1, |namesake| namesake.id);
        if id >= ID {
            return; // sixteen million names: the rest go uncounted, each call as lost
        }
        let site = Site::of(callsite, name);
        let name = namesake.map_or(site.name, |namesake| namesake.name);
        let Some(site) = memory::keep(site.numbered(id, name, self.lists.last_site)) else {
            return;
        };
        if namesake.is_none() && self.names.insert(site).is_none() {
            return; // out of memory, as above
        }
        self.lists.names = self.names.held();
        self.lists.last_site = Some(site);
        callsite.set_site(site);
        callsite.set_word(self.word(site));
    }

    fn word(&self, site: &Site) -> u32 {
        let bits = [(self.clock_is_call || spans_are_on(), GENERAL), (tree_is_on(), TREE), (timeline() > 0, RECORDED)];
        bits.iter().filter(|bit| bit.0).fold(site.id | self.flags | site.sampled(), |word, bit| word | bit.1)
    }

    fn rewrite_words(&self) {
        let rewrite = |site: &'static Site| {
            // SAFETY: a callsite that stays, or one that `each_present` has found in its place.
            unsafe { &*site.callsite }.set_word(self.word(site));
        };
        self.lists.sites().filter(|site| !site.transient).for_each(rewrite);
        object::each_present(&self.lists.sites().filter(|site| site.transient), rewrite);
    }

    /// Switches recording on or off for every callsite.
    pub(crate) fn set_recording(&mut self, on: bool) {
        self.flags = if on { 0 } else { OFF };
        self.rewrite_words();
    }

    /// Records that only the general lane reads the clock.
    pub(crate) fn set_clock_is_call(&mut self) {
        self.clock_is_call = true;
        self.rewrite_words();
    }

    /// Switches the call tree.
    pub(crate) fn set_tree(&mut self, on: bool) {
        TREE_IS_ON.store(on, Relaxed);
        self.rewrite_words();
    }

    /// Sets the cap of the probes that do not say otherwise, in parts per million; 0 is none.
    pub(crate) fn set_overhead(&mut self, ppm: u32) {
        cap::set(ppm);
        self.rewrite_words();
    }

    /// Switches spans.
    pub(crate) fn set_spans(&mut self, on: bool) {
        SPANS.store(on, Relaxed);
        self.rewrite_words();
    }

    /// Switches the timeline; every thread keeps so many events, or none.
    pub(crate) fn set_timeline(&mut self, events: usize) {
        TIMELINE.store(events, Relaxed);
        self.rewrite_words();
    }

    fn make_shard(&mut self) -> Option<&'static Shard> {
        let shard = memory::keep(Shard::new(self.lists.last_shard))?;
        self.lists.last_shard = Some(shard);
        Some(shard)
    }

    /// In the child of a fork: all shards are the parent's, and no page of them is to be copied.
    #[cfg_attr(any(not(unix), miri, loom), allow(dead_code, reason = "there is no fork"))]
    pub(super) fn forget_shards(&mut self) {
        self.lists.last_shard = None;
        self.lists.threads = 0;
        for idle in [&mut self.free, &mut self.clean, &mut self.bare, &mut self.left] {
            *idle = Idle::new();
        }
        self.orphans = None;
    }

    /// Number of shards that are kept for the next threads.
    fn kept(&self) -> usize {
        self.lists.threads.max(KEPT)
    }

    /// A shard for a new thread: one that an ended thread or session left, which goes on from there, or an empty one.
    pub(crate) fn adopt(&mut self) -> Option<&'static Shard> {
        let left = self.free.pop().or_else(|| self.left.pop()).or_else(|| self.bare.pop()).or_else(|| self.clean.pop());
        let shard = left.or_else(|| self.make_shard())?;
        self.lists.threads += 1;
        Some(shard)
    }

    /// A thread has ended. The lock hands its last stores to the next holder; [`Registry::settle`] is called
    /// afterwards.
    pub(crate) fn release(&mut self, shard: &'static Shard) {
        self.lists.threads -= 1;
        shard.tree.set_current(None);
        // The latest is the last to be emptied: calls of a thread that is about to end may still be open in it.
        // With every thread that ends, one more is free and one fewer may be.
        for _ in 0..2 {
            let spare = if self.free.length >= self.kept() { self.free.pop() } else { None };
            if let Some(spare) = spare {
                self.left.push(spare);
            }
        }
        self.free.push(shard);
    }

    /// An empty shard for a session.
    pub(crate) fn adopt_clean(&mut self) -> Option<&'static Shard> {
        let left = self.clean.pop().or_else(|| self.bare.pop());
        left.or_else(|| self.make_shard())
    }

    /// The last session that counted into `shard` is over; [`Registry::settle`] is called afterwards.
    pub(crate) fn retire(&mut self, shard: &'static Shard) {
        self.left.push(shard);
    }

    /// The slot of a probe in the shard that the holder of the lock writes.
    pub(crate) fn slot_of_orphans(&mut self, id: u32) -> Option<&'static Slot> {
        if id == 0 {
            return None;
        }
        if self.orphans.is_none() {
            self.orphans = self.make_shard();
        }
        let orphans = self.orphans?;
        orphans.grow(id)?;
        orphans.make_slot(id)
    }
}

impl Lists {
    /// All callsites, latest first.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &'static Site> + Clone + use<> {
        std::iter::successors(self.last_site, |site| site.older)
    }

    /// The greatest id.
    pub(crate) fn names(&self) -> u32 {
        self.names
    }

    /// All shards, in use or not.
    pub(crate) fn shards(&self) -> impl Iterator<Item = &'static Shard> + use<> {
        std::iter::successors(self.last_shard, |shard| shard.older)
    }
}
