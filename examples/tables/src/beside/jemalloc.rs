//! jemalloc beside ours: `PerfAlloc` over jemalloc, its counters of the thread, and its statistics in the monitor.

use perf_exporters::monitor::{self, Jemalloc};
use tikv_jemalloc_ctl::{Result, epoch, stats, thread};

use super::{Figure, Workload, counted};

/// Has the monitor ask jemalloc.
pub fn watch() {
    monitor::watch_jemalloc(|| read().ok());
}

/// The statistics of the process, of now.
///
/// # Errors
/// jemalloc was built without statistics.
pub fn read() -> Result<Jemalloc> {
    // Figures are those of the last epoch.
    epoch::advance()?;
    let mut figures = Jemalloc::default();
    figures.allocated = stats::allocated::read()? as u64;
    figures.active = stats::active::read()? as u64;
    figures.resident = stats::resident::read()? as u64;
    figures.retained = stats::retained::read()? as u64;
    Ok(figures)
}

/// Runs a workload; `PerfAlloc<Jemalloc>` must be the global allocator.
///
/// # Errors
/// jemalloc was built without statistics.
#[allow(clippy::cast_possible_wrap, reason = "megabytes")]
pub fn compare(workload: Workload) -> Result<Vec<Figure>> {
    let (allocated, freed) = (thread::allocatedp::read()?, thread::deallocatedp::read()?);
    let (before, after, ours, left) = counted(workload, || (allocated.get(), freed.get()));
    drop(left);
    let (allocated, freed) = (after.0 - before.0, after.1 - before.1);
    // Powers of two are size classes, so there is nothing to round there.
    let (live, total) = match workload {
        Workload::Blocks => ("", ""),
        Workload::Rows => {
            ("jemalloc rounds up to size classes", "the same; and it counts a reallocation whole, ours its growth")
        }
    };
    Ok(vec![
        Figure { name: "live bytes", theirs: allocated as i64 - freed as i64, ours: ours.net, differs: live },
        Figure { name: "allocated bytes", theirs: allocated as i64, ours: ours.bytes as i64, differs: total },
    ])
}
