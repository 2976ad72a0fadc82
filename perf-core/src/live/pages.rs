//! Memory that a shard gives back as a whole: to the system, where that is possible.

use std::alloc::Layout;
use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;

use super::memory;
use super::sync::AtomicPtr;

/// Bytes of the first chunk, and of the greatest: each is twice as long as the one before. Pages that were never
/// written to take no memory.
const FIRST: usize = 64 << 10;
const GREATEST: usize = 1 << 20;

/// The chunks that one shard's values lie in; used by the shard's writer, or by the thread that puts the shard away.
pub(crate) struct Pages {
    latest: AtomicPtr<Chunk>,
}

struct Chunk {
    start: *mut u8,
    size: usize,
    /// Bytes in use; the latest chunk's grow.
    used: Cell<usize>,
    older: *const Chunk,
}

impl Pages {
    pub(crate) fn new() -> Self {
        Self { latest: AtomicPtr::new(std::ptr::null_mut()) }
    }

    fn latest(&self) -> Option<&Chunk> {
        // SAFETY: null, or a chunk, which stays until `free`.
        unsafe { self.latest.load(Relaxed).as_ref() }
    }

    /// A place for one more value of type `T`, or for an array of them; not initialised.
    pub(crate) fn place<T>(&self, length: usize) -> Option<*mut T> {
        const { assert!(align_of::<T>() <= system::PAGE) };
        let layout = Layout::array::<T>(length).ok().filter(|layout| layout.size() <= FIRST)?;
        let room = |chunk: &Chunk| {
            let from = chunk.used.get().next_multiple_of(layout.align());
            let to = from + layout.size();
            (to <= chunk.size).then(|| {
                chunk.used.set(to);
                chunk.start.wrapping_add(from).cast()
            })
        };
        self.latest().and_then(room).or_else(|| room(self.add_chunk()?))
    }

    fn add_chunk(&self) -> Option<&Chunk> {
        let latest = self.latest();
        let size = latest.map_or(FIRST, |chunk| (2 * chunk.size).min(GREATEST));
        let older = latest.map_or(std::ptr::null(), std::ptr::from_ref);
        let start = system::map(size)?;
        let Some(chunk) = memory::keep(Chunk { start, size, used: Cell::new(0), older }) else {
            // SAFETY: mapped just now.
            unsafe { system::unmap(start, size) };
            return None;
        };
        self.latest.store(std::ptr::from_ref(chunk).cast_mut(), Relaxed);
        Some(chunk)
    }

    /// Gives the memory of all places back to the system, where that is possible. Their addresses stay: they read as
    /// zeros, or as before, until they are written again, and are never used for anything else.
    ///
    /// # Safety
    /// No thread writes to a place, or relies on what was written there.
    pub(crate) unsafe fn empty(&self) {
        let mut next = self.latest();
        while let Some(chunk) = next {
            // SAFETY: mapped by `map` with this size; the caller's promise.
            unsafe { system::empty(chunk.start, chunk.size) };
            // SAFETY: null, or a chunk, as in `latest`.
            next = unsafe { chunk.older.as_ref() };
        }
    }

    /// Gives back the memory of all places, and the places.
    ///
    /// # Safety
    /// Nothing refers to a place any more.
    pub(crate) unsafe fn free(&self) {
        let mut next = self.latest.swap(std::ptr::null_mut(), Relaxed).cast_const();
        // SAFETY: null, or a chunk, as in `latest`.
        while let Some(chunk) = unsafe { next.as_ref() } {
            let older = chunk.older;
            // SAFETY: mapped by `map`, and made by `keep`; the caller's promise.
            unsafe {
                system::unmap(chunk.start, chunk.size);
                memory::free(next);
            }
            next = older;
        }
    }
}

/// For platforms whose kernel interface is known.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"),
    not(any(loom, miri))
))]
pub(super) mod system {
    use std::ffi::{c_int, c_void};

    /// The smallest page of any supported kernel: mappings are aligned at least to it.
    pub(super) const PAGE: usize = 4096;
    const READ_WRITE: c_int = 1 | 2;
    const PRIVATE_ANONYMOUS: c_int = 0x02 | 0x20;
    const DONTNEED: c_int = 4;

    unsafe extern "C" {
        fn mmap(place: *mut c_void, size: usize, access: c_int, flags: c_int, file: c_int, offset: i64) -> *mut c_void;
        fn munmap(place: *mut c_void, size: usize) -> c_int;
        fn madvise(place: *mut c_void, size: usize, advice: c_int) -> c_int;
    }

    /// Fresh memory, of zeros.
    pub(in super::super) fn map_zeros(size: usize) -> Option<*mut u8> {
        map(size)
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
    /// `place` came from [`map`] with this size, and its contents are not needed any more.
    pub(super) unsafe fn empty(place: *mut u8, size: usize) {
        // SAFETY: the caller's promise. Where it is refused the memory stays as it is, which is no less valid.
        unsafe { madvise(place.cast(), size, DONTNEED) };
    }

    /// # Safety
    /// `place` came from [`map`] or [`map_zeros`] with this size, and nothing refers to it any more.
    pub(in super::super) unsafe fn unmap(place: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe { munmap(place.cast(), size) };
    }
}

/// Elsewhere the contents are kept with their addresses.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"),
    not(any(loom, miri))
)))]
pub(super) mod system {
    use std::alloc::{GlobalAlloc, Layout, System};

    pub(super) const PAGE: usize = 4096;

    fn layout(size: usize) -> Option<Layout> {
        Layout::from_size_align(size, PAGE).ok()
    }

    pub(in super::super) fn map_zeros(size: usize) -> Option<*mut u8> {
        // SAFETY: the layout has a size.
        let place = unsafe { System.alloc_zeroed(layout(size)?) };
        (!place.is_null()).then_some(place)
    }

    pub(super) fn map(size: usize) -> Option<*mut u8> {
        // SAFETY: the layout has a size.
        let place = unsafe { System.alloc(layout(size)?) };
        (!place.is_null()).then_some(place)
    }

    /// # Safety
    /// None needed: nothing is done.
    pub(super) unsafe fn empty(_place: *mut u8, _size: usize) {}

    /// # Safety
    /// `place` came from [`map`] or [`map_zeros`] with this size, and nothing refers to it any more.
    pub(in super::super) unsafe fn unmap(place: *mut u8, size: usize) {
        if let Some(layout) = layout(size) {
            // SAFETY: the caller's promise; same layout as in `map`.
            unsafe { System.dealloc(place, layout) };
        }
    }
}
