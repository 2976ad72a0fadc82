//! The counts of a worker that are visible at any moment.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Counts;

/// A value with cache lines of its own, so that its writer does not slow other threads.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

/// Counts that only grow.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    started: AtomicU64,
    completed: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Tally {
    pub(crate) fn started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn completed(&self, failed: bool) {
        self.completed.fetch_add(1, Ordering::Relaxed);
        if failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// The sum over all workers. Completions are read first, so that none is ahead of its start.
    pub(crate) fn sum(tallies: &[Apart<Self>]) -> Counts {
        let mut counts = Counts::default();
        for Apart(tally) in tallies {
            counts.failed += tally.failed.load(Ordering::Relaxed);
            counts.completed += tally.completed.load(Ordering::Relaxed);
            counts.started += tally.started.load(Ordering::Relaxed);
            counts.dropped += tally.dropped.load(Ordering::Relaxed);
        }
        counts.due = counts.started + counts.dropped;
        counts
    }
}
