//! A probe inside the program's own allocator: the library, in all that it does for a call, must not come back here, wait
//! for itself or take the lock twice.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;

use perf_core::{PerfAlloc, Probe, Session, perf_probe, snapshot};

static ALLOCATE: Probe = Probe::new("allocator::allocate");
static RELEASE: Probe = Probe::new("allocator::release");

/// Measures itself, while it holds a lock that is not reentrant.
struct Measured(Mutex<()>);

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Measured {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _lock = self.0.lock().unwrap();
        let _call = ALLOCATE.start();
        // SAFETY: the caller's promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        let _lock = self.0.lock().unwrap();
        let _call = RELEASE.start();
        // SAFETY: the caller's promises.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOC: PerfAlloc<Measured> = PerfAlloc::new(Measured(Mutex::new(())));

#[perf_probe(name = "allocator::work")]
fn work(size: usize) -> usize {
    let list: Vec<usize> = (0..size).collect();
    list.into_iter().map(|number| number.to_string().len()).sum()
}

#[test]
fn an_allocator_may_carry_probes() {
    let calls = |name: &str| snapshot().get(name).map_or(0, perf_core::ProbeStats::calls);
    let session = Session::new();
    let before = (calls("allocator::allocate"), calls("allocator::release"));
    session.run(|| {
        for size in 0..100 {
            work(size);
        }
    });
    let seen = session.snapshot();
    let (work, allocate) = (seen.get("allocator::work").unwrap(), seen.get("allocator::allocate").unwrap());
    assert_eq!(work.calls(), 100);
    assert_eq!(work.allocs(), allocate.calls(), "every allocation passed the probe in the allocator");
    assert_eq!(allocate.calls(), (0..100).map(|size| size + u64::from(size > 0)).sum::<u64>());
    assert!(calls("allocator::allocate") > before.0 && calls("allocator::release") > before.1);
    std::thread::spawn(|| work_on_a_new_thread(10)).join().unwrap();
}

#[perf_probe(name = "allocator::elsewhere")]
fn work_on_a_new_thread(size: usize) {
    work(size);
}
