//! A shard: everything one thread counts. It belongs to the registry; a thread (or a session on a thread) borrows it,
//! and is its only writer while it does. Shards are never freed: a shard that is given back is handed to the next.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::memory;
use super::ring::Ring;
use super::slot::Slot;
use super::sync::{AtomicPtr, AtomicU32, Count};
use super::tree::Tree;

/// Slots of a new table.
const FIRST_SLOTS: u32 = 64;

/// Slots by probe id.
type Table = AtomicPtr<Slot>;

pub(crate) struct Shard {
    table: AtomicPtr<Table>,
    length: AtomicU32,
    pub(crate) tree: Tree,
    /// What its thread did last, where that is kept; made once, by the writer.
    ring: AtomicPtr<Ring>,
    /// State of the generator of random gaps.
    random: Count,
    /// The registry's lists: of all shards, and of those nobody holds. Guarded by its lock.
    pub(super) next: AtomicPtr<Shard>,
    pub(super) next_free: AtomicPtr<Shard>,
}

impl Shard {
    pub(crate) fn new() -> Self {
        Self {
            table: AtomicPtr::new(std::ptr::null_mut()),
            length: AtomicU32::new(0),
            tree: Tree::new(),
            ring: AtomicPtr::new(std::ptr::null_mut()),
            random: Count::new(0),
            next: AtomicPtr::new(std::ptr::null_mut()),
            next_free: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    /// Where the slots are and how many there is room for: what a thread keeps at hand.
    pub(crate) fn table(&self) -> (*const Table, u32) {
        (self.table.load(Relaxed), self.length.load(Relaxed))
    }

    /// The slot of a probe, if this shard ever counted it; any thread that keeps `grow` from running.
    pub(crate) fn slot(&self, id: u32) -> Option<&'static Slot> {
        if id >= self.length.load(Relaxed) {
            return None;
        }
        let table = self.table.load(Relaxed);
        // SAFETY: the table has `length` entries; slots live for ever.
        unsafe { (*table.add(id as usize)).load(Acquire).as_ref() }
    }

    /// What its thread did last, where that is kept.
    pub(crate) fn ring(&self) -> Option<&'static Ring> {
        // SAFETY: null or a ring, which lives for ever. Acquire pairs with the release in `keep_ring`.
        unsafe { self.ring.load(Acquire).as_ref() }
    }

    /// Makes room for the last `length` events, if there is none; only the writer.
    pub(crate) fn keep_ring(&self, length: usize) -> Option<&'static Ring> {
        if let Some(ring) = self.ring() {
            return Some(ring);
        }
        let ring = memory::keep(Ring::new(length)?)?;
        self.ring.store(std::ptr::from_ref(ring).cast_mut(), Release);
        Some(ring)
    }

    /// Room for `id`; only the writer, under the registry's lock, so that no reader holds the old table.
    pub(crate) fn grow(&self, id: u32) -> Option<()> {
        let length = self.length.load(Relaxed);
        if id < length {
            return Some(());
        }
        let wanted = (id + 1).next_power_of_two().max(FIRST_SLOTS);
        let old = self.table.load(Relaxed);
        let mut index = 0;
        let table = memory::array(wanted as usize, || {
            let slot = if index < length {
                // SAFETY: inside the old table.
                unsafe { (*old.add(index as usize)).load(Relaxed) }
            } else {
                std::ptr::null_mut()
            };
            index += 1;
            AtomicPtr::new(slot)
        })?;
        self.table.store(table.cast(), Relaxed);
        self.length.store(wanted, Relaxed);
        if length > 0 {
            // SAFETY: made by `array` with this length; readers and the writer have let go of it (see above).
            unsafe {
                memory::free_array(std::ptr::slice_from_raw_parts_mut(old, length as usize));
            }
        }
        Some(())
    }

    /// The slot of a probe, made if need be; only the writer, after `grow`.
    pub(crate) fn make_slot(&self, id: u32) -> Option<&'static Slot> {
        if let Some(slot) = self.slot(id) {
            return Some(slot);
        }
        let slot = Slot::make(id, self)?;
        let table = self.table.load(Relaxed);
        // SAFETY: `grow` has made room for `id`. Release pairs with the acquire in `slot`.
        unsafe { (*table.add(id as usize)).store(std::ptr::from_ref(slot).cast_mut(), Release) };
        Some(slot)
    }

    /// All slots there are; as for [`Self::slot`].
    pub(crate) fn slots(&self) -> impl Iterator<Item = &'static Slot> {
        let length = self.length.load(Relaxed);
        (0..length).filter_map(|id| self.slot(id))
    }

    /// Adds all that `other` counted; nobody writes to either, and no reader is about.
    pub(super) fn absorb(&self, other: &Self, scratch: &mut Vec<(u16, u64)>) {
        for theirs in other.slots() {
            if self.grow(theirs.id).is_some()
                && let Some(mine) = self.make_slot(theirs.id)
            {
                mine.absorb(theirs, scratch);
            }
        }
        self.tree.absorb(&other.tree);
    }

    /// Back to zero, keeping its memory; as for [`Self::absorb`].
    pub(super) fn reset(&self) {
        self.slots().for_each(Slot::reset);
        self.tree.reset();
    }

    /// A random number in `1..2 * mean`, so that gaps average `mean`. Xorshift64* (Vigna 2016); only the writer.
    pub(crate) fn random_gap(&self, mean: u64) -> u64 {
        let mut state = self.random.get();
        if state == 0 {
            state = std::ptr::from_ref(self).expose_provenance() as u64 | 1;
        }
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.random.set(state);
        let random = u128::from(state.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let span = u128::from(mean).saturating_mul(2).saturating_sub(1);
        let drawn = random.saturating_mul(span) >> 64;
        u64::try_from(drawn).unwrap_or(u64::MAX).saturating_add(1)
    }
}
