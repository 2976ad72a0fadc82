//! jemalloc counts what we count, and the monitor reads its statistics. One test, since these are of the process.

use perf_core::PerfAlloc;
use perf_exporters::monitor::{Monitor, Options};
use perf_exporters::report::Reading;
use tables::beside::Workload;
use tables::beside::jemalloc::{compare, read, watch};
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOC: PerfAlloc<Jemalloc> = PerfAlloc::new(Jemalloc);

/// Larger than anything that the test harness does meanwhile.
const HELD: usize = 64 << 20;

#[test]
fn the_same_run_has_the_same_counts_and_the_monitor_sees_it() {
    for figure in compare(Workload::Blocks).unwrap() {
        assert_eq!(figure.theirs, figure.ours, "{figure}");
        assert!(figure.ours > 0, "{figure}");
    }
    for figure in compare(Workload::Rows).unwrap() {
        assert!(figure.theirs >= figure.ours, "{figure}");
    }

    watch();
    let monitor = Monitor::start(&Options::default()).unwrap();
    let last = || -> Reading { *monitor.track().readings.last().unwrap() };
    let before = last();
    let held = vec![1_u8; HELD];
    let after = last();
    let grown = |of: fn(&Reading) -> Option<u64>| of(&after).unwrap() - of(&before).unwrap();
    assert!(grown(|one| one.jemalloc_allocated_bytes) >= HELD as u64);
    assert!(grown(|one| one.jemalloc_active_bytes) >= HELD as u64);
    assert!(after.jemalloc_allocated_bytes <= after.jemalloc_active_bytes, "{after:?}");
    assert!(after.jemalloc_active_bytes <= after.jemalloc_resident_bytes, "{after:?}");
    // What jemalloc allocated is what the program asked for, rounded up, and what it asked for before ours counted.
    let live = u64::try_from(perf_core::live_bytes().unwrap()).unwrap();
    assert!(live >= HELD as u64 && read().unwrap().allocated >= live);
    let track = monitor.track();
    assert!(track.why_absent("jemalloc_allocated_bytes").is_none(), "{:?}", track.absent);
    drop(held);
    assert!(last().jemalloc_allocated_bytes < after.jemalloc_allocated_bytes);
}
