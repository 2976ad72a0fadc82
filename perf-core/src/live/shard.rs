//! A shard: everything one thread counts. It belongs to the registry; a thread (or a session on a thread) borrows it,
//! and is its only writer while it does. Shards are never freed: a shard that is given back is handed to the next
//! thread, and where there are more of them than can be of use, [`Shard::give_back`] leaves an empty shell.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::cap::Account;
use super::memory;
use super::pages::Pages;
use super::ring::Ring;
use super::slot::Slot;
use super::sync::{AtomicPtr, AtomicU32, Count};
use super::tree::Tree;

/// Slots of a new table.
const FIRST_SLOTS: u32 = if cfg!(loom) { 2 } else { 64 };

/// Slots by probe id. A reader may hold a table that has been replaced: then it misses newer slots.
struct Table {
    slots: *mut [AtomicPtr<Slot>],
    /// The table that this one replaced; all of them together are no longer than this one.
    older: AtomicPtr<Table>,
}

impl Table {
    fn length(&self) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "ids are 24 bits")]
        let length = self.slots.len() as u32;
        length
    }

    fn place(&self, id: u32) -> Option<&AtomicPtr<Slot>> {
        // SAFETY: made by `array` and freed with the table.
        unsafe { &*self.slots }.get(id as usize)
    }
}

pub(crate) struct Shard {
    table: AtomicPtr<Table>,
    /// The table of slots before they were given back: a slot that is made again is made in its old place.
    former: AtomicPtr<Table>,
    /// Memory of slots, whose places are for ever: a call that is open may keep one for longer than the shard is in
    /// use.
    slots: Pages,
    /// Memory of the cells that slots point to.
    cells: Pages,
    pub(crate) tree: Tree,
    /// The latest events of its thread, where they are kept; made once, by the writer.
    ring: AtomicPtr<Ring>,
    pub(super) account: Account,
    /// State of the generator of random gaps.
    random: Count,
    /// The shard that was made before it.
    pub(super) older: Option<&'static Shard>,
    /// The next shard in the registry's lists of unused ones; guarded by its lock.
    pub(super) next_idle: AtomicPtr<Shard>,
}

impl Shard {
    pub(crate) fn new(older: Option<&'static Self>) -> Self {
        Self {
            table: AtomicPtr::new(std::ptr::null_mut()),
            former: AtomicPtr::new(std::ptr::null_mut()),
            slots: Pages::new(),
            cells: Pages::new(),
            tree: Tree::new(),
            ring: AtomicPtr::new(std::ptr::null_mut()),
            account: Account::new(),
            random: Count::new(0),
            older,
            next_idle: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    fn current(&self) -> Option<&Table> {
        // SAFETY: null, or a table, which stays until `give_back`. Acquire pairs with the release in `grow`.
        unsafe { self.table.load(Acquire).as_ref() }
    }

    /// The array of slots and its length, which a thread keeps in its local state.
    pub(crate) fn table(&self) -> (*const AtomicPtr<Slot>, u32) {
        self.current().map_or((std::ptr::null(), 0), |table| (table.slots.cast_const().cast(), table.length()))
    }

    /// The slot of a probe, if this shard ever counted it; the writer, or a reader of the registry.
    pub(crate) fn slot(&self, id: u32) -> Option<&'static Slot> {
        // SAFETY: null, or a slot, which is valid at least until `give_back`. Acquire pairs with the release in `make_slot`.
        unsafe { self.current()?.place(id)?.load(Acquire).as_ref() }
    }

    /// The latest events of its thread, where they are kept.
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
        // Pairs with the acquire in `ring`.
        self.ring.store(std::ptr::from_ref(ring).cast_mut(), Release);
        Some(ring)
    }

    /// Room for `id`; only the writer. Readers go on with the table they have.
    pub(crate) fn grow(&self, id: u32) -> Option<()> {
        let old = self.current();
        let length = old.map_or(0, Table::length);
        if id < length {
            return Some(());
        }
        let wanted = (id + 1).next_power_of_two().max(FIRST_SLOTS);
        let mut index = 0;
        let slots = memory::array(wanted as usize, || {
            let slot = old.and_then(|old| old.place(index)).map_or(std::ptr::null_mut(), |place| place.load(Relaxed));
            index += 1;
            AtomicPtr::new(slot)
        })?;
        let older = AtomicPtr::new(old.map_or(std::ptr::null_mut(), |old| std::ptr::from_ref(old).cast_mut()));
        let Some(table) = memory::keep(Table { slots, older }) else {
            // SAFETY: made just now.
            unsafe { memory::free_array(slots) };
            return None;
        };
        // Complete before it is published: pairs with the acquire in `current`.
        self.table.store(std::ptr::from_ref(table).cast_mut(), Release);
        Some(())
    }

    /// The slot of a probe, made if need be; only the writer, after `grow`.
    pub(crate) fn make_slot(&self, id: u32) -> Option<&'static Slot> {
        if let Some(slot) = self.slot(id) {
            return Some(slot);
        }
        let place = self.current()?.place(id)?;
        // SAFETY: null, or a table, which only `give_back` frees.
        let former = unsafe { self.former.load(Relaxed).as_ref() }.and_then(|former| former.place(id));
        let slot = match former.map(|place| place.load(Relaxed)) {
            Some(slot) if !slot.is_null() => slot,
            _ => self.slots.place(1)?,
        };
        // SAFETY: a place for a slot, which nothing reaches but a call that began here before it was given back; and
        // such a call reads no more of it than the id, which is 0 or unchanged.
        unsafe { Slot::make(slot, id, self) };
        // Pairs with the acquire in `slot`.
        place.store(slot, Release);
        // SAFETY: just written; slots' places stay for ever.
        Some(unsafe { &*slot })
    }

    /// Cells of zero, for a slot of this shard; only the writer.
    pub(super) fn cells(&self, length: usize) -> Option<*mut AtomicU32> {
        let cells = self.cells.place::<AtomicU32>(length)?;
        for index in 0..length {
            // SAFETY: inside of the place.
            unsafe { cells.add(index).write(AtomicU32::new(0)) };
        }
        Some(cells)
    }

    /// All slots there are; as for [`Self::slot`].
    pub(crate) fn slots(&self) -> impl Iterator<Item = &'static Slot> {
        let length = self.current().map_or(0, Table::length);
        (0..length).filter_map(|id| self.slot(id))
    }

    /// Adds all that `other` counted; no thread writes to either or reads them.
    pub(super) fn absorb(&self, other: &Self, scratch: &mut Vec<(u16, u64)>) {
        for theirs in other.slots() {
            if let Some(mine) = self.grow(theirs.id).and_then(|()| self.make_slot(theirs.id)) {
                mine.absorb(theirs, scratch);
            }
        }
        self.tree.absorb(&other.tree);
    }

    /// Resets to zero, keeping its memory; as for [`Self::absorb`].
    pub(super) fn reset(&self) {
        self.slots().for_each(Slot::reset);
        self.tree.reset();
        self.account.reset();
    }

    /// Gives the memory back to the system, without what was counted in it; as for [`Self::absorb`]. The ring of its
    /// thread stays.
    pub(super) fn give_back(&self) {
        let Some(newest) = self.current() else {
            return;
        };
        // SAFETY: no thread writes or reads; a call that is still open reads a slot's id only, and 0 is no probe's.
        unsafe {
            self.slots().for_each(|slot| slot.free_wide());
            self.slots.empty();
            self.cells.free();
        }
        self.tree.free();
        // SAFETY: the newest table, of which no reference is used after this.
        unsafe { self.remember_places(std::ptr::from_ref(newest)) };
        self.table.store(std::ptr::null_mut(), Relaxed);
        self.random.set(0);
        self.account.reset();
    }

    /// Keeps one table, in which every slot has the place it ever had.
    ///
    /// # Safety
    /// `newest` is the newest table; it may be freed here, so no reference to it is used afterwards. It is no reference itself,
    /// since an argument that is one would have to stay valid to the end.
    unsafe fn remember_places(&self, newest: *const Table) {
        // SAFETY: the caller's promise.
        let newest = unsafe { &*newest };
        // SAFETY: null, or a table, which only this function frees.
        let former = unsafe { self.former.load(Relaxed).as_ref() };
        let longest = former.filter(|former| former.length() > newest.length()).unwrap_or(newest);
        for table in [former, Some(newest)].into_iter().flatten().filter(|table| !std::ptr::eq(*table, longest)) {
            for id in 0..table.length() {
                let slot = table.place(id).map_or(std::ptr::null_mut(), |place| place.load(Relaxed));
                if let Some(place) = longest.place(id).filter(|_| !slot.is_null()) {
                    place.store(slot, Relaxed);
                }
            }
        }
        self.former.store(std::ptr::from_ref(longest).cast_mut(), Relaxed);
        let mut spare = longest.older.swap(std::ptr::null_mut(), Relaxed).cast_const();
        if !std::ptr::eq(newest, longest) {
            spare = newest;
        } else if let Some(former) = former {
            // It has no older ones any more.
            former.older.store(spare.cast_mut(), Relaxed);
            spare = former;
        }
        // SAFETY: null, or a table that nothing refers to any more, since no thread reads or writes.
        while let Some(table) = unsafe { spare.as_ref() } {
            spare = table.older.load(Relaxed);
            // SAFETY: as above; made by `array` and `keep`.
            unsafe {
                memory::free_array(table.slots);
                memory::free(table);
            }
        }
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
