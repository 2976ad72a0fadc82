//! Memory of the library itself: straight from the system, so that it never passes through the program's own allocator
//! (which may carry probes, hold locks or be counted). What is no longer needed is used again or given back.
//! Every request may be refused; callers then leave a call uncounted and count the loss.

use std::alloc::{GlobalAlloc, Layout, System};

/// Puts `value` somewhere that is never freed, but by [`free`].
pub(crate) fn keep<T>(value: T) -> Option<&'static T> {
    let mut value = Some(value);
    let place = array(1, || value.take().expect("made once"))?;
    // SAFETY: initialised, and nothing else refers to it.
    Some(unsafe { &*place.cast() })
}

/// Frees what [`keep`] made.
///
/// # Safety
/// `place` came from [`keep`], nobody refers to it any more, and it needs no drop.
pub(crate) unsafe fn free<T>(place: *const T) {
    // SAFETY: the caller's promise; `keep` makes arrays of one.
    unsafe { free_array(std::ptr::slice_from_raw_parts_mut(place.cast_mut(), 1)) }
}

/// An array from the system allocator, each element made by `make`. It stays until [`free_array`].
pub(crate) fn array<T>(length: usize, mut make: impl FnMut() -> T) -> Option<*mut [T]> {
    let layout = Layout::array::<T>(length).ok()?;
    if layout.size() == 0 {
        return None;
    }
    // SAFETY: the layout has a size.
    let place = unsafe { System.alloc(layout) }.cast::<T>();
    if place.is_null() {
        return None;
    }
    for index in 0..length {
        // SAFETY: `index` is inside the array.
        unsafe { place.add(index).write(make()) };
    }
    Some(std::ptr::slice_from_raw_parts_mut(place, length))
}

/// Frees an array made by [`array`].
///
/// # Safety
/// `array` came from [`array`], nobody refers to it any more, and its elements need no drop.
pub(crate) unsafe fn free_array<T>(array: *mut [T]) {
    let Ok(layout) = Layout::array::<T>(array.len()) else {
        return;
    };
    // SAFETY: the caller's promise; same allocator and layout as in `array`.
    unsafe { System.dealloc(array.cast(), layout) };
}
