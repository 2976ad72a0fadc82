//! Memory of the library itself: never from the program's allocator (which may carry probes, hold locks or be counted)
//! nor from the system's (which may hold a lock that a signal handler interrupted), but from an arena of mapped pages,
//! see [`arena`]. Blocks that are no longer needed are reused or given back. Every request may be refused; callers then
//! leave a call uncounted and count the loss.

use std::alloc::Layout;

/// Puts `value` into a block that only [`free`] frees.
pub(crate) fn keep<T>(value: T) -> Option<&'static T> {
    let place = room(Layout::new::<T>())?.cast::<T>();
    // SAFETY: never freed, large enough, and nothing else refers to it.
    unsafe {
        place.write(value);
        Some(&*place)
    }
}

/// Frees what [`keep`] or [`zeroed`] made.
///
/// # Safety
/// `place` came from one of them, nothing refers to it any more, and it needs no drop.
pub(crate) unsafe fn free<T>(place: *const T) {
    // A pointer that comes from a reference may not be freed; the one that `room` exposed may.
    let place = std::ptr::with_exposed_provenance_mut(place.addr());
    // SAFETY: the caller's promise; same layout as in `keep`.
    unsafe { arena::free(place, Layout::new::<T>()) };
}

/// Room for a value, of zeros, that is never freed.
pub(crate) fn zeroed<T>() -> Option<*mut T> {
    let layout = Layout::new::<T>();
    let place = room(layout)?;
    // SAFETY: the room has this size.
    unsafe { place.write_bytes(0, layout.size()) };
    Some(place.cast())
}

/// An array, each element made by `make`. It stays until [`free_array`].
pub(crate) fn array<T>(length: usize, mut make: impl FnMut() -> T) -> Option<*mut [T]> {
    let place = room(Layout::array::<T>(length).ok()?)?.cast::<T>();
    for index in 0..length {
        // SAFETY: `index` is inside the array.
        unsafe { place.add(index).write(make()) };
    }
    Some(std::ptr::slice_from_raw_parts_mut(place, length))
}

/// Frees an array made by [`array`].
///
/// # Safety
/// `array` came from [`array`], nothing refers to it any more, and its elements need no drop.
pub(crate) unsafe fn free_array<T>(array: *mut [T]) {
    if let Ok(layout) = Layout::array::<T>(array.len()) {
        // SAFETY: the caller's promise; same layout as in `array`.
        unsafe { arena::free(array.cast(), layout) };
    }
}

fn room(layout: Layout) -> Option<*mut u8> {
    if layout.size() == 0 {
        return None;
    }
    let place = arena::alloc(layout);
    // Its provenance outlives references to it, which allow less: see `free`.
    place.expose_provenance();
    (!place.is_null()).then_some(place)
}

#[cfg(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd", target_vendor = "apple"),
    target_pointer_width = "64",
    not(any(target_arch = "mips64", target_arch = "mips64r6", miri, loom))
))]
mod arena;

/// For platforms whose kernel constants are not known, and for models and interpreters, which watch every block.
#[cfg(not(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd", target_vendor = "apple"),
    target_pointer_width = "64",
    not(any(target_arch = "mips64", target_arch = "mips64r6", miri, loom))
)))]
mod arena {
    use std::alloc::{GlobalAlloc, Layout, System};

    /// A block, or null. The layout has a size.
    pub(super) fn alloc(layout: Layout) -> *mut u8 {
        // SAFETY: the layout has a size.
        unsafe { System.alloc(layout) }
    }

    /// # Safety
    /// `place` came from [`alloc`] with this layout, and nothing refers to it any more.
    pub(super) unsafe fn free(place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}
