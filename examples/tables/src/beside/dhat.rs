//! dhat beside ours: `PerfAlloc` over dhat's allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use dhat::HeapStats;
use perf_core::PerfAlloc;

use super::{Figure, Workload, counted};

/// Both. dhat keeps tables of its own in the program's heap; what it allocates for them, while it is asked for memory, is its own and goes
/// past both.
#[derive(Debug)]
pub struct Both(PerfAlloc<dhat::Alloc>);

impl Both {
    /// For `#[global_allocator]`.
    #[must_use]
    pub const fn new() -> Self {
        Self(PerfAlloc::new(dhat::Alloc))
    }
}

impl Default for Both {
    fn default() -> Self {
        Self::new()
    }
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs one or the other, which are allocators of the same heap.
fn outermost<T>(counted: impl FnOnce() -> T, past: impl FnOnce() -> T) -> T {
    // A thread that ends has no such variable any more, and is not measured.
    if INSIDE.try_with(|inside| inside.replace(true)).unwrap_or(true) {
        return past();
    }
    let done = counted();
    let _ = INSIDE.try_with(|inside| inside.set(false));
    done
}

// SAFETY: every method forwards its arguments to `System`, or to dhat's allocator, which forwards them to `System`; so a block may come
// from one and go to the other.
unsafe impl GlobalAlloc for Both {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the inner methods'.
        outermost(|| unsafe { self.0.alloc(layout) }, || unsafe { System.alloc(layout) })
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as for `alloc`.
        outermost(|| unsafe { self.0.dealloc(place, layout) }, || unsafe { System.dealloc(place, layout) });
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for `alloc`.
        outermost(|| unsafe { self.0.alloc_zeroed(layout) }, || unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as for `alloc`.
        let past = || unsafe { System.realloc(place, layout, new_size) };
        // SAFETY: as for `alloc`.
        outermost(|| unsafe { self.0.realloc(place, layout, new_size) }, past)
    }
}

/// Runs a workload; [`Both`] must be the global allocator.
#[must_use]
#[allow(clippy::cast_possible_wrap, reason = "megabytes")]
pub fn compare(workload: Workload) -> Vec<Figure> {
    let profiler = dhat::Profiler::builder().testing().build();
    let (before, after, ours, left) = counted(workload, HeapStats::get);
    drop((left, profiler));
    let total = if workload == Workload::Blocks { "" } else { "dhat counts a reallocation whole, ours its growth" };
    let figure = |name, theirs, ours, differs| Figure { name, theirs, ours, differs };
    vec![
        figure("allocations", (after.total_blocks - before.total_blocks) as i64, ours.allocs as i64, ""),
        figure("live bytes", after.curr_bytes as i64 - before.curr_bytes as i64, ours.net, ""),
        figure("peak bytes", after.max_bytes as i64 - before.curr_bytes as i64, ours.peak as i64, ""),
        figure("allocated bytes", (after.total_bytes - before.total_bytes) as i64, ours.bytes as i64, total),
    ]
}
