//! Places for values of one type whose addresses stay valid for ever, although their memory goes back to the system.
//!
//! A call that is open may keep the address of its slot for longer than the slot's shard is in use. So a place is never
//! unmapped and never used for anything else: after [`Pages::give_back`] it reads as zeros, until it is written again.

use std::marker::PhantomData;

use super::memory;
use super::sync::AtomicPtr;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes of the first chunk, and of the greatest: each is twice as long as the one before. Pages that nobody has
/// written to take no memory.
const FIRST: usize = 64 << 10;
const GREATEST: usize = 1 << 20;

/// The chunks that one shard's values lie in; used by the shard's writer, or by who puts the shard away.
pub(crate) struct Pages<T> {
    latest: AtomicPtr<Chunk>,
    holds: PhantomData<fn() -> T>,
}

struct Chunk {
    start: *mut u8,
    size: usize,
    /// Bytes in use; the latest chunk's grow.
    used: std::cell::Cell<usize>,
    older: *const Chunk,
}

impl<T> Pages<T> {
    pub(crate) fn new() -> Self {
        Self { latest: AtomicPtr::new(std::ptr::null_mut()), holds: PhantomData }
    }

    fn latest(&self) -> Option<&'static Chunk> {
        // SAFETY: null, or a chunk, and chunks live for ever.
        unsafe { self.latest.load(Relaxed).as_ref() }
    }

    /// A place for one more value, not initialised.
    pub(crate) fn place(&self) -> Option<*mut T> {
        let size = size_of::<T>();
        let chunk = match self.latest() {
            Some(chunk) if chunk.used.get() + size <= chunk.size => chunk,
            other => self.add_chunk(other)?,
        };
        let place = chunk.start.wrapping_add(chunk.used.get());
        chunk.used.set(chunk.used.get() + size);
        Some(place.cast())
    }

    fn add_chunk(&self, latest: Option<&'static Chunk>) -> Option<&'static Chunk> {
        const { assert!(size_of::<T>() <= FIRST && align_of::<T>() <= system::PAGE) };
        let size = latest.map_or(FIRST, |chunk| (2 * chunk.size).min(GREATEST));
        let older = latest.map_or(std::ptr::null(), std::ptr::from_ref);
        let chunk = memory::keep(Chunk { start: system::map(size)?, size, used: 0.into(), older })?;
        self.latest.store(std::ptr::from_ref(chunk).cast_mut(), Relaxed);
        Some(chunk)
    }

    /// Gives the memory of all places back to the system, where that can be; their addresses stay.
    ///
    /// # Safety
    /// Nobody writes to a place or expects to read there what was written.
    pub(crate) unsafe fn give_back(&self) {
        let mut next = self.latest();
        while let Some(chunk) = next {
            // SAFETY: mapped by `map` with this size; the caller's promise.
            unsafe { system::give_back(chunk.start, chunk.size) };
            // SAFETY: null, or a chunk, and chunks live for ever.
            next = unsafe { chunk.older.as_ref() };
        }
    }
}

/// Where the kernel's own interface is known.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"),
    not(any(loom, miri))
))]
mod system {
    use std::ffi::{c_int, c_void};

    /// The smallest page of any supported kernel: what is mapped is aligned at least to it.
    pub(super) const PAGE: usize = 4096;
    const READ_WRITE: c_int = 1 | 2;
    const PRIVATE_ANONYMOUS: c_int = 0x02 | 0x20;
    const DONTNEED: c_int = 4;

    unsafe extern "C" {
        fn mmap(place: *mut c_void, size: usize, access: c_int, flags: c_int, file: c_int, offset: i64) -> *mut c_void;
        fn madvise(place: *mut c_void, size: usize, advice: c_int) -> c_int;
    }

    /// Fresh memory.
    pub(super) fn map(size: usize) -> Option<*mut u8> {
        // SAFETY: a new mapping that touches no other.
        let place = unsafe { mmap(std::ptr::null_mut(), size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0) };
        (place.addr() != usize::MAX).then_some(place.cast())
    }

    /// Drops the contents.
    ///
    /// # Safety
    /// `place` came from [`map`] with this size, and nobody needs what is there.
    pub(super) unsafe fn give_back(place: *mut u8, size: usize) {
        // SAFETY: the caller's promise. Where it is refused the memory stays as it is, which is no less valid.
        unsafe { madvise(place.cast(), size, DONTNEED) };
    }
}

/// Elsewhere memory is kept for the next.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"),
    not(any(loom, miri))
)))]
mod system {
    use std::alloc::{GlobalAlloc, Layout, System};

    pub(super) const PAGE: usize = 4096;

    pub(super) fn map(size: usize) -> Option<*mut u8> {
        let layout = Layout::from_size_align(size, PAGE).ok()?;
        // SAFETY: the layout has a size.
        let place = unsafe { System.alloc_zeroed(layout) };
        (!place.is_null()).then_some(place)
    }

    /// # Safety
    /// None needed: nothing is done.
    pub(super) unsafe fn give_back(_place: *mut u8, _size: usize) {}
}
