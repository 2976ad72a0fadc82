//! The allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};

#[cfg(feature = "enabled")]
use crate::live::local::Local;

/// Wraps the program's allocator and counts its allocations per thread. Probes take differences.
///
/// All four methods go straight to the inner allocator's own. Counting is a few additions to thread-local integers: no
/// lock, no allocation, no registration, no panic. Without feature `enabled` nothing is counted.
///
/// ```
/// use perf_core::PerfAlloc;
/// use std::alloc::System;
///
/// // Any allocator: `static ALLOC: PerfAlloc<Jemalloc> = PerfAlloc::new(Jemalloc);`
/// #[global_allocator]
/// static ALLOC: PerfAlloc = PerfAlloc::new(System);
///
/// assert_eq!(vec![1, 2, 3].len(), 3);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PerfAlloc<A = System> {
    inner: A,
}

impl<A> PerfAlloc<A> {
    /// Wraps `inner`.
    ///
    /// ```
    /// use perf_core::PerfAlloc;
    /// use std::alloc::System;
    ///
    /// #[global_allocator]
    /// static ALLOC: PerfAlloc = PerfAlloc::new(System);
    ///
    /// assert_eq!(perf_core::live_bytes().is_some(), perf_core::is_enabled());
    /// ```
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

// SAFETY: every method forwards to the inner allocator with the same arguments and returns what it returned; counting
// touches thread-local integers only.
unsafe impl<A: GlobalAlloc> GlobalAlloc for PerfAlloc<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the inner method's.
        let place = unsafe { self.inner.alloc(layout) };
        #[cfg(feature = "enabled")]
        if !place.is_null() {
            Local::here().allocated(layout.size());
        }
        place
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        let place = unsafe { self.inner.alloc_zeroed(layout) };
        #[cfg(feature = "enabled")]
        if !place.is_null() {
            Local::here().allocated(layout.size());
        }
        place
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        #[cfg(feature = "enabled")]
        Local::here().freed(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { self.inner.dealloc(place, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as for `alloc`.
        let place = unsafe { self.inner.realloc(place, layout, new_size) };
        #[cfg(feature = "enabled")]
        if !place.is_null() {
            Local::here().reallocated(layout.size(), new_size);
        }
        place
    }
}
