//! Blocks of memory of one size that a thread takes and gives back, the last one first. It keeps a few for the next time.
//!
//! A call in a signal handler gives back all that it takes before the interrupted code goes on, so it leaves the list as it
//! was, or with a block less than it could have.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use super::{entry, memory};

/// Blocks that a thread keeps of each kind.
const KEPT: u32 = 32;

pub(crate) struct Pool<T> {
    /// The block that was given back last, or null.
    first: Cell<*mut Block<T>>,
    /// Further blocks that may be kept. None before the thread's end is sure to be seen, and none after it.
    room: Cell<u32>,
    is_open: Cell<bool>,
}

#[repr(C)]
struct Block<T> {
    value: MaybeUninit<T>,
    /// The one below it in the pool.
    next: *mut Self,
}

impl<T> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self { first: Cell::new(null_mut()), room: Cell::new(0), is_open: Cell::new(false) }
    }

    /// A place for a value, which nothing else refers to; null where there is no memory.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn take(&self) -> *mut T {
        let block = self.first.get();
        if block.is_null() {
            return self.make();
        }
        // SAFETY: a block of the pool, which this thread alone uses.
        self.first.set(unsafe { (*block).next });
        self.room.set(self.room.get().wrapping_add(1));
        block.cast()
    }

    #[cold]
    #[inline(never)]
    fn make(&self) -> *mut T {
        if !self.is_open.get() && entry::arrange_return() {
            self.is_open.set(true);
            self.room.set(KEPT);
        }
        memory::zeroed::<Block<T>>().map_or(null_mut(), <*mut Block<T>>::cast)
    }

    /// Gives a place back.
    ///
    /// # Safety
    /// It is from [`Self::take`], perhaps of another thread, nothing refers to it any more, and what is in it needs no drop.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) unsafe fn give(&self, place: *mut T) {
        let block = place.cast::<Block<T>>();
        if self.room.get() == 0 {
            // SAFETY: the caller's promise.
            return unsafe { free(block) };
        }
        self.room.set(self.room.get().wrapping_sub(1));
        // SAFETY: the caller's promise: it begins with the value, see `make`.
        unsafe { (*block).next = self.first.get() };
        self.first.set(block);
    }

    /// The thread ends: the blocks are free, and so is each that is given back from now on.
    pub(crate) fn leave(&self) {
        self.room.set(0);
        while !self.first.get().is_null() {
            let block = self.first.get();
            // SAFETY: a block of the pool, which this thread alone uses.
            self.first.set(unsafe { (*block).next });
            // SAFETY: it was, and is in it no longer.
            unsafe { free(block) };
        }
    }
}

/// # Safety
/// The block is from [`memory::zeroed`], and nothing refers to it any more.
#[cold]
#[inline(never)]
unsafe fn free<T>(block: *mut Block<T>) {
    // SAFETY: the caller's promise.
    unsafe { memory::free(block) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_used_again_and_few_are_kept() {
        std::thread::spawn(|| {
            let pool = Pool::<[u64; 4]>::new();
            let taken: Vec<_> = (0..KEPT + 8).map(|_| pool.take()).collect();
            assert!(taken.iter().all(|place| !place.is_null()));
            // SAFETY: from this pool, and not used.
            taken.iter().for_each(|&place| unsafe { pool.give(place) });
            assert_eq!(pool.room.get(), 0);
            let kept: Vec<_> = (0..KEPT).map(|_| pool.take()).collect();
            assert!(kept.iter().rev().eq(taken.iter().take(KEPT as usize)), "the last one first");
            assert_eq!((pool.room.get(), pool.first.get()), (KEPT, null_mut()));
            // SAFETY: as above.
            kept.iter().for_each(|&place| unsafe { pool.give(place) });
            pool.leave();
            assert_eq!((pool.room.get(), pool.first.get()), (0, null_mut()), "nothing is kept past the end");
            let late = pool.take();
            // SAFETY: as above.
            unsafe { pool.give(late) };
            assert!(pool.first.get().is_null());
        })
        .join()
        .unwrap();
    }
}
