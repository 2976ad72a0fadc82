//! Blocks of mapped pages. It takes no lock and is in no inconsistent state between two instructions, so a signal
//! handler may call it regardless of the code that it interrupted, this module included.

use std::alloc::Layout;
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize};

/// Sizes and places of blocks are multiples of it: a line of the cache, so that no two threads write to one.
const LINE: usize = 64;
/// Bytes that the kernel is asked for at a time.
const CHUNK: usize = 1 << 20;
/// Larger blocks are mapped by themselves.
const LARGEST: usize = CHUNK >> 2;
/// Up to here there are free lists for every multiple of a line, and then for powers of two.
const FINE: usize = 4096;
const CLASSES: usize = FINE / LINE + (LARGEST / FINE).ilog2() as usize + 1;

const _: () = assert!(size_of::<Chunk>() <= LINE);

/// The header of a chunk.
struct Chunk {
    /// Bytes that are given out, or were asked for in vain.
    used: AtomicUsize,
}

/// A free block.
struct Free {
    next: AtomicPtr<Free>,
}

static CURRENT: AtomicPtr<Chunk> = AtomicPtr::new(null_mut());
static FREE: [AtomicPtr<Free>; CLASSES] = [const { AtomicPtr::new(null_mut()) }; CLASSES];

// These are in the C library that `std` links, and these numbers the same on all processors but those left out above.
unsafe extern "C" {
    fn mmap(place: *mut c_void, length: usize, protection: c_int, flags: c_int, file: c_int, from: i64) -> *mut c_void;
    fn munmap(place: *mut c_void, length: usize) -> c_int;
}
const READ_WRITE: c_int = 1 | 2;
const PRIVATE: c_int = 2;
const ANONYMOUS: c_int = if cfg!(any(target_os = "linux", target_os = "android")) { 0x20 } else { 0x1000 };

fn map(length: usize) -> *mut u8 {
    // SAFETY: asks for new pages, at any place.
    let place = unsafe { mmap(null_mut(), length, READ_WRITE, PRIVATE | ANONYMOUS, -1, 0) };
    if place.addr() == usize::MAX { null_mut() } else { place.cast() }
}

/// Size of the blocks that serve such a request, and the list of those that are free; `None`: pages of its own.
fn class(layout: Layout) -> Option<(usize, &'static AtomicPtr<Free>)> {
    if layout.size() > LARGEST || layout.align() > LINE {
        return None;
    }
    let (size, index) = if layout.size() <= FINE {
        let size = layout.size().next_multiple_of(LINE);
        (size, (size / LINE).checked_sub(1)?)
    } else {
        let size = layout.size().next_power_of_two();
        let doublings = (size / FINE).checked_ilog2()? as usize;
        (size, (FINE / LINE).saturating_add(doublings).checked_sub(1)?)
    };
    Some((size, FREE.get(index)?))
}

/// A block, or null.
pub(super) fn alloc(layout: Layout) -> *mut u8 {
    match class(layout) {
        Some((size, free)) => used_before(free).unwrap_or_else(|| bump(size)),
        None => map(layout.size()),
    }
}

/// Takes the first block of a list. The whole list is taken and the rest put back: a list that others only push to,
/// or take whole, needs no versions.
fn used_before(list: &AtomicPtr<Free>) -> Option<*mut u8> {
    // Pairs with the releases in `push` and below.
    let first = list.swap(null_mut(), Acquire);
    // SAFETY: null or a free block, which is this thread's alone now.
    let rest = unsafe { first.as_ref()? }.next.load(Relaxed);
    if !rest.is_null() && list.compare_exchange(null_mut(), rest, Release, Relaxed).is_err() {
        // A block was freed meanwhile: it goes behind the others.
        let mut tail = rest;
        loop {
            // SAFETY: a block of the list, as above.
            let next = unsafe { (*tail).next.load(Relaxed) };
            if next.is_null() {
                break;
            }
            tail = next;
        }
        push(list, rest, tail);
    }
    Some(first.cast())
}

/// Puts a chain of free blocks, from `first` to `tail`, before the others.
fn push(list: &AtomicPtr<Free>, first: *mut Free, tail: *mut Free) {
    let mut head = list.load(Relaxed);
    loop {
        // SAFETY: a block of the chain, which is this thread's alone until the exchange.
        unsafe { (*tail).next.store(head, Relaxed) };
        // Pairs with the acquire in `used_before`: a thread that takes a block sees the writes to it.
        match list.compare_exchange_weak(head, first, Release, Relaxed) {
            Ok(_) => return,
            Err(now) => head = now,
        }
    }
}

/// A block from the chunk in use, or from the next one.
fn bump(size: usize) -> *mut u8 {
    loop {
        // Pairs with the release below: a thread that sees a chunk sees its header.
        let chunk = CURRENT.load(Acquire);
        // SAFETY: null or a chunk, which is never unmapped once it is here.
        if let Some(here) = unsafe { chunk.as_ref() } {
            let place = here.used.fetch_add(size, Relaxed);
            if place.saturating_add(size) <= CHUNK {
                // SAFETY: inside of the chunk.
                return unsafe { chunk.cast::<u8>().add(place) };
            }
        }
        #[allow(clippy::cast_ptr_alignment, reason = "pages are aligned")]
        let next = map(CHUNK).cast::<Chunk>();
        if next.is_null() {
            return null_mut();
        }
        // SAFETY: new pages, of zeros, which is a chunk in which nothing is given out.
        unsafe { (*next).used.store(LINE, Relaxed) };
        if CURRENT.compare_exchange(chunk, next, Release, Relaxed).is_err() {
            // SAFETY: no other thread has seen it; another one was quicker.
            unsafe { munmap(next.cast(), CHUNK) };
        }
    }
}

/// # Safety
/// `place` came from [`alloc`] with this layout, and nothing refers to it any more.
pub(super) unsafe fn free(place: *mut u8, layout: Layout) {
    if let Some((_, list)) = class(layout) {
        #[allow(clippy::cast_ptr_alignment, reason = "blocks are aligned to a line")]
        let block = place.cast::<Free>();
        // SAFETY: a block is at least a line, and aligned to one.
        unsafe { block.write(Free { next: AtomicPtr::new(null_mut()) }) };
        push(list, block, block);
    } else {
        // SAFETY: mapped by itself in `alloc`.
        unsafe { munmap(place.cast(), layout.size()) };
    }
}

#[cfg(test)]
#[allow(clippy::cast_ptr_alignment, reason = "blocks are aligned to a line")]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn blocks_are_apart_and_come_again() {
        let layout = |size| Layout::from_size_align(size, 8).unwrap();
        let sizes = [1, 64, 65, 1000, FINE, FINE + 1, LARGEST - 1, LARGEST, LARGEST + 1, CHUNK + 5];
        for size in sizes {
            let blocks: Vec<_> = (0..5).map(|_| alloc(layout(size))).collect();
            for (index, &block) in blocks.iter().enumerate() {
                assert_eq!(block.addr() % LINE, 0);
                // SAFETY: a block of this size.
                unsafe { block.write_bytes(u8::try_from(index).unwrap(), size) };
            }
            for (index, &block) in blocks.iter().enumerate() {
                // SAFETY: as above.
                let bytes = unsafe { std::slice::from_raw_parts(block, size) };
                assert!(bytes.iter().all(|&byte| usize::from(byte) == index), "{size}: blocks overlap");
            }
            for &block in &blocks {
                // SAFETY: from `alloc`, and not used below.
                unsafe { free(block, layout(size)) };
            }
        }
    }

    /// Uses a size that nothing else in this process asks for.
    #[test]
    fn many_threads_share_the_free_lists() {
        const SIZE: usize = 61 * LINE;
        let layout = Layout::from_size_align(SIZE, 8).unwrap();
        let blocks: HashSet<usize> = std::thread::scope(|scope| {
            let work = || {
                let mut seen = HashSet::new();
                let rounds = if cfg!(miri) { 40 } else { 2000 };
                for round in 0..rounds {
                    let held: Vec<_> = (0..=round % 3).map(|_| alloc(layout)).collect();
                    for &block in &held {
                        seen.insert(block.addr());
                        // SAFETY: this thread's alone until it is freed.
                        unsafe { block.cast::<usize>().add(1).write(block.addr() ^ round) };
                    }
                    for &block in &held {
                        // SAFETY: as above.
                        assert_eq!(unsafe { block.cast::<usize>().add(1).read() }, block.addr() ^ round);
                        // SAFETY: from `alloc`.
                        unsafe { free(block, layout) };
                    }
                }
                seen
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        // A thread that finds a list taken by another takes a new block: that is rare, and each block comes to the
        // list.
        assert!(blocks.len() < 2000, "{} blocks for at most 12 at a time", blocks.len());
    }
}
