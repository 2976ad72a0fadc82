//! Who there is: all callsites, all shards. Everything here takes one lock, and nothing here is hot: a callsite comes
//! once in a program's life, a thread twice in its own.
//!
//! The lists are threaded through what they list, so the registry allocates nothing; what it hands out lives for ever.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use super::callsite::{Callsite, GENERAL, ID, OFF, RECORDED, Sampling, UNREGISTERED};
use super::memory;
use super::shard::Shard;
use super::slot::Slot;
use super::sync::{AtomicPtr, Mutex, MutexGuard, const_unless_loom};

/// Chains that callsites are looked up in by name.
const CHAINS: usize = 512;

pub(crate) struct Registry {
    state: Mutex<State>,
}

/// What the lock guards.
pub(crate) struct State {
    chains: [*const Callsite; CHAINS],
    last_site: *const Callsite,
    /// Ids given out: every name has one.
    names: u32,
    last_shard: *const Shard,
    /// Given back by threads; goes on counting for the next.
    free: *const Shard,
    /// Given back by sessions, and empty.
    clean: *const Shard,
    /// Counts for sessions that are over and threads that have ended; its writer is whoever holds the lock.
    rest: Option<&'static Shard>,
    flags: u32,
    /// The clock is no register: the general lane is for all calls.
    clock_is_call: bool,
    pub(crate) threads: usize,
}

/// The one of this process.
#[cfg(not(loom))]
pub(crate) static REGISTRY: Registry = Registry::new();

// SAFETY: the pointers are to callsites and shards, which live for ever and are `Sync`.
unsafe impl Send for State {}

/// Calls that could not be counted.
static LOST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
static TREE: AtomicBool = AtomicBool::new(false);
/// Whether calls open spans.
static SPANS: AtomicBool = AtomicBool::new(false);
/// Events that a thread keeps; 0 while there is no timeline.
static TIMELINE: AtomicUsize = AtomicUsize::new(0);

/// Adds calls that are in no shard.
#[cold]
pub(crate) fn count_lost(calls: u64) {
    LOST.fetch_add(calls, Relaxed);
}

pub(crate) fn lost() -> u64 {
    LOST.load(Relaxed)
}

#[inline]
pub(crate) fn tree_is_on() -> bool {
    TREE.load(Relaxed)
}

/// Runs `work` as if the tree were switched so; only while nobody else counts or switches.
pub(super) fn with_tree(on: bool, work: impl FnOnce()) {
    let before = TREE.swap(on, Relaxed);
    work();
    TREE.store(before, Relaxed);
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

impl Registry {
    const_unless_loom! {
        pub(crate) fn new() -> Self {
            Self {
                state: Mutex::new(State {
                    chains: [std::ptr::null(); CHAINS],
                    last_site: std::ptr::null(),
                    names: 0,
                    last_shard: std::ptr::null(),
                    free: std::ptr::null(),
                    clean: std::ptr::null(),
                    rest: None,
                    flags: 0,
                    clock_is_call: false,
                    threads: 0,
                }),
            }
        }
    }

    /// The only way in. Callers are in [`super::local::Phase::Busy`], so that no probe comes here again.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing here panics with the lock held; if it did, counters would still be counters.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Gives a callsite its id, if it has none yet, and returns its word. Callsites of one name have one id.
    pub(crate) fn register(&self, site: &'static Callsite) -> u32 {
        let name = site.name();
        let mut state = self.lock();
        // Whoever came first has done it all under this lock.
        if site.word() == UNREGISTERED {
            state.add_site(site, name);
        }
        site.word()
    }
}

impl State {
    fn add_site(&mut self, site: &'static Callsite, name: &str) {
        let chain = hash(name) % CHAINS;
        let namesake = follow(self.chains[chain], |site| &site.same_hash).find(|known| known.name() == name);
        let id = if let Some(known) = namesake {
            known.word() & ID
        } else {
            let id = self.names;
            if id >= ID {
                return; // sixteen million names: the rest go uncounted, each call as lost
            }
            self.names += 1;
            site.same_hash.store(self.chains[chain].cast_mut(), Relaxed);
            self.chains[chain] = site;
            id
        };
        site.next.store(self.last_site.cast_mut(), Relaxed);
        self.last_site = site;
        site.set_word(self.word(site, id));
    }

    fn word(&self, site: &Callsite, id: u32) -> u32 {
        let sampled = !matches!(site.sampling, Sampling::Every);
        let general = sampled || self.clock_is_call || spans_are_on() || tree_is_on();
        let general = if general { GENERAL } else { 0 };
        let recorded = if timeline() > 0 { RECORDED } else { 0 };
        id | general | recorded | self.flags
    }

    fn rewrite_words(&self) {
        for site in self.sites() {
            site.set_word(self.word(site, site.word() & ID));
        }
    }

    /// All callsites, latest first.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &'static Callsite> + use<> {
        follow(self.last_site, |site| &site.next)
    }

    /// How many ids there are.
    pub(crate) fn names(&self) -> u32 {
        self.names
    }

    /// All shards, whoever holds them.
    pub(crate) fn shards(&self) -> impl Iterator<Item = &'static Shard> + use<> {
        follow(self.last_shard, |shard| &shard.next)
    }

    /// Switches recording on or off for every callsite.
    pub(crate) fn set_recording(&mut self, on: bool) {
        self.flags = if on { 0 } else { OFF };
        self.rewrite_words();
    }

    /// The clock is one that only the general lane reads.
    pub(crate) fn set_clock_is_call(&mut self) {
        self.clock_is_call = true;
        self.rewrite_words();
    }

    /// Switches the call tree.
    pub(crate) fn set_tree(&mut self, on: bool) {
        TREE.store(on, Relaxed);
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
        let shard = memory::keep(Shard::new())?;
        shard.next.store(self.last_shard.cast_mut(), Relaxed);
        self.last_shard = shard;
        Some(shard)
    }

    /// A shard for a new thread: one that an ended thread left, which goes on from there, or a new one.
    pub(crate) fn adopt(&mut self) -> Option<&'static Shard> {
        let shard = match pop(&mut self.free) {
            Some(left) => left,
            None => self.make_shard()?,
        };
        self.threads += 1;
        Some(shard)
    }

    /// A thread has ended. The lock hands its last stores to the next holder.
    pub(crate) fn release(&mut self, shard: &'static Shard) {
        self.threads -= 1;
        shard.tree.set_current(0);
        push(&mut self.free, shard);
    }

    /// An empty shard for a session.
    pub(crate) fn adopt_clean(&mut self) -> Option<&'static Shard> {
        match pop(&mut self.clean) {
            Some(left) => Some(left),
            None => self.make_shard(),
        }
    }

    /// The last session that counted into `shard` is over: the process totals keep what it saw.
    pub(crate) fn retire(&mut self, shard: &'static Shard) {
        let Some(rest) = self.rest() else {
            return; // out of memory: the shard stays in the list with what it has
        };
        rest.absorb(shard, &mut Vec::new());
        shard.reset();
        push(&mut self.clean, shard);
    }

    /// The slot of a probe in the shard that whoever holds the lock writes.
    pub(crate) fn slot_of_rest(&mut self, id: u32) -> Option<&'static Slot> {
        let rest = self.rest()?;
        rest.grow(id)?;
        rest.make_slot(id)
    }

    /// The shard that whoever holds the lock writes.
    fn rest(&mut self) -> Option<&'static Shard> {
        if self.rest.is_none() {
            self.rest = self.make_shard();
        }
        self.rest
    }
}

fn push(list: &mut *const Shard, shard: &'static Shard) {
    shard.next_free.store(list.cast_mut(), Relaxed);
    *list = shard;
}

fn pop(list: &mut *const Shard) -> Option<&'static Shard> {
    // SAFETY: null or a shard, which lives for ever.
    let shard: &'static Shard = unsafe { list.as_ref()? };
    *list = shard.next_free.load(Relaxed);
    Some(shard)
}

/// The elements of a list from `first` on.
fn follow<T: 'static>(first: *const T, next: fn(&T) -> &AtomicPtr<T>) -> impl Iterator<Item = &'static T> {
    let mut place = first;
    std::iter::from_fn(move || {
        // SAFETY: null or an element, and elements live for ever.
        let element: &'static T = unsafe { place.as_ref()? };
        place = next(element).load(Relaxed);
        Some(element)
    })
}

/// FNV-1a.
fn hash(name: &str) -> usize {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    #[allow(clippy::cast_possible_truncation, reason = "a hash")]
    let hash = hash as usize;
    hash
}
