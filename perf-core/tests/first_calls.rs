//! First calls take no memory of the program's allocator: of a probe, a thread, a probe on a thread. Sessions and names
//! that the compiler gives take a few allocations each, as stated in docs/performance.md.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use perf_core::{Probe, Session, perf_probe};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations of this thread in some work.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

static FIRST: Probe = Probe::new("first_calls::first");
static SAMPLED: Probe = Probe::new("first_calls::sampled").sample(10);

struct Named(u64);

impl Named {
    #[perf_probe]
    fn method(&self) -> u64 {
        self.0
    }
}

#[test]
fn first_calls_allocate_what_is_stated() {
    let probes: Vec<&'static Probe> =
        (0..300).map(|index| &*Box::leak(Box::new(Probe::new(format!("first_calls::{index}").leak())))).collect();
    assert_eq!(allocations(|| drop(FIRST.start())), 0, "of the program");
    assert_eq!(allocations(|| drop(SAMPLED.start())), 0, "of the first sampled probe");
    assert_eq!(allocations(|| probes.iter().for_each(|probe| drop(probe.start()))), 0, "of probes");
    std::thread::spawn(move || {
        assert_eq!(allocations(|| drop(FIRST.start())), 0, "of a thread");
        assert_eq!(allocations(|| probes.iter().for_each(|probe| drop(probe.start()))), 0, "of probes on a thread");
    })
    .join()
    .unwrap();
    let named = allocations(|| assert_eq!(Named(3).method(), 3));
    assert!((1..=8).contains(&named), "a name that the compiler gives is put together: {named}");
    let session = || Session::new().run(|| drop(FIRST.start()));
    session();
    assert!(allocations(session) <= 8, "of a session: {}", allocations(session));
    assert_eq!(allocations(|| perf_core::set_overhead(10_000)), 0, "of a cap");
}
