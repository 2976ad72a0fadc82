//! The latest events of a thread: a ring in which the oldest is overwritten. Its thread writes; any thread may read
//! meanwhile, and leaves out events that may have been overwritten during the read.

use std::cell::UnsafeCell;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::memory;
use super::sync::{AtomicU64, Own, fence};

/// Number of thread names that are kept with a ring, which threads use one after the other.
const NAMES: usize = 64;

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Call = 0,
    /// One poll of a future.
    Poll = 1,
    /// All of a future, from its first poll to its end.
    Task = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    pub(crate) id: u32,
    pub(crate) thread: u32,
    pub(crate) start: u64,
    pub(crate) ticks: u64,
}

struct Cells {
    start: AtomicU64,
    ticks: AtomicU64,
    /// Thread, kind and id: 32, 8 and 24 bits.
    tag: AtomicU64,
}

pub(crate) struct Ring {
    /// Events ever written.
    written: AtomicU64,
    /// One less than the length, which is a power of two.
    mask: u64,
    cells: *const Cells,
    /// Numbers and names of the threads that used it, the latest last; guarded by the registry's lock.
    names: UnsafeCell<Vec<(u32, String)>>,
}

// SAFETY: `cells` is an array of atomics that lives for ever; a lock guards `names`.
unsafe impl Sync for Ring {}
// SAFETY: as above.
unsafe impl Send for Ring {}

impl Ring {
    /// Room for `length` events, rounded up to a power of two.
    pub(crate) fn new(length: usize) -> Option<Self> {
        let length = length.max(2).checked_next_power_of_two()?;
        let cell = || Cells { start: AtomicU64::new(0), ticks: AtomicU64::new(0), tag: AtomicU64::new(0) };
        let cells = memory::array(length, cell)?;
        let names = UnsafeCell::new(Vec::new());
        Some(Self { written: AtomicU64::new(0), mask: (length as u64).wrapping_sub(1), cells: cells.cast(), names })
    }

    fn length(&self) -> u64 {
        self.mask.wrapping_add(1)
    }

    fn cells(&self, index: u64) -> &Cells {
        #[allow(clippy::cast_possible_truncation, reason = "below the length")]
        let place = (index & self.mask) as usize;
        // SAFETY: masked to the length of the array.
        unsafe { &*self.cells.add(place) }
    }

    /// Writes an event; only the ring's thread. `tag` comes from [`tag`].
    #[inline(always)]
    pub(crate) fn push(&self, tag: u64, start: u64, ticks: u64) {
        let index = self.written.own();
        // Pairs with the acquire fence in `read`: a reader that sees a word of this event sees `written` at `index` at
        // least.
        fence(Release);
        let cells = self.cells(index);
        cells.start.store(start, Relaxed);
        cells.ticks.store(ticks, Relaxed);
        cells.tag.store(tag, Relaxed);
        // Pairs with the acquire in `read`: a reader that sees this value of `written` sees the words.
        self.written.store(index.wrapping_add(1), Release);
    }

    fn event(&self, index: u64) -> Event {
        let cells = self.cells(index);
        let tag = cells.tag.load(Relaxed);
        #[allow(clippy::cast_possible_truncation, reason = "that is where they were put")]
        let (thread, id) = ((tag >> 32) as u32, tag as u32 & 0x00ff_ffff);
        let kind = match tag >> 24 & 0xff {
            0 => Kind::Call,
            1 => Kind::Poll,
            _ => Kind::Task,
        };
        Event { kind, id, thread, start: cells.start.load(Relaxed), ticks: cells.ticks.load(Relaxed) }
    }

    /// The last events, the latest first; only the ring's thread.
    pub(crate) fn latest(&self) -> impl Iterator<Item = Event> {
        let written = self.written.own();
        (written.saturating_sub(self.length())..written).rev().map(|index| self.event(index))
    }

    /// Appends the events of the ring, in the order of writing, and returns how many were overwritten; any thread.
    pub(crate) fn read(&self, into: &mut Vec<Event>) -> u64 {
        // Pairs with the release in `push`.
        let written = self.written.load(Acquire);
        let first = written.saturating_sub(self.length());
        let before = into.len();
        into.extend((first..written).map(|index| self.event(index)));
        // Pairs with the release fence in `push`: the value read below is no older than any word read above.
        fence(Acquire);
        // The writer may be at the event that comes a length after.
        let sure = self.written.load(Relaxed).saturating_add(1).saturating_sub(self.length()).max(first).min(written);
        #[allow(clippy::cast_possible_truncation, reason = "at most the length")]
        into.drain(before..before.saturating_add(sure.saturating_sub(first) as usize));
        sure
    }

    /// Remembers the name of the thread that writes from now on.
    ///
    /// # Safety
    /// The caller holds the registry's lock.
    pub(crate) unsafe fn belong_to(&self, number: u32, name: String) {
        // SAFETY: the caller's promise.
        let names = unsafe { &mut *self.names.get() };
        if names.len() == NAMES {
            names.remove(0);
        }
        names.push((number, name));
    }

    /// Numbers and names of the threads that used it, the latest last.
    ///
    /// # Safety
    /// The caller holds the registry's lock for as long as it uses them.
    pub(crate) unsafe fn names(&self) -> &[(u32, String)] {
        // SAFETY: the caller's promise.
        unsafe { &*self.names.get() }
    }
}

/// The word that [`Ring::push`] writes beside the times.
#[inline(always)]
pub(crate) fn tag(kind: Kind, id: u32, thread: u32) -> u64 {
    u64::from(thread) << 32 | (kind as u64) << 24 | u64::from(id)
}
