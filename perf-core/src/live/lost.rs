//! Calls that are in no shard.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static LOST: AtomicU64 = AtomicU64::new(0);

/// Adds calls that could not be counted.
#[cold]
pub(crate) fn count_lost(calls: u64) {
    LOST.fetch_add(calls, Relaxed);
}

/// Resets the count in the child of a fork.
#[cfg_attr(any(not(unix), miri, loom), allow(dead_code, reason = "there is no fork"))]
pub(super) fn forget_lost() {
    LOST.store(0, Relaxed);
}

pub(crate) fn lost() -> u64 {
    LOST.load(Relaxed)
}
