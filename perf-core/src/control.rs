//! Reading and switching the whole process.

#[cfg(feature = "enabled")]
use crate::live::{self, collect, entry, local::Local, registry::REGISTRY};
use crate::{Snapshot, Timeline};

/// What all probes of the process have counted so far, while they go on counting.
#[must_use]
pub fn snapshot() -> Snapshot {
    #[cfg(feature = "enabled")]
    let snapshot = collect::process();
    #[cfg(not(feature = "enabled"))]
    let snapshot = Snapshot::default();
    snapshot
}

/// Whether the library was built in: feature `enabled`.
#[must_use]
pub const fn is_enabled() -> bool {
    cfg!(feature = "enabled")
}

/// Live heap bytes of the process, where [`PerfAlloc`](crate::PerfAlloc) is its allocator. Cheap enough to be asked for
/// often; of each thread other than this one, the last 16 KiB of change may be missing.
#[must_use]
pub fn live_bytes() -> Option<i64> {
    #[cfg(feature = "enabled")]
    let live = live::heap::is_tracking().then(live::heap::process_live);
    #[cfg(not(feature = "enabled"))]
    let live = None;
    live
}

/// Switches recording on (the initial state) or off. While it is off, a probe costs one load and a branch. Calls under
/// way are still counted.
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn set_recording(on: bool) {
    #[cfg(feature = "enabled")]
    {
        entry::prepared();
        Local::here().busily(|_| REGISTRY.lock().set_recording(on));
    }
}

/// Switches the call tree on or off (the initial state). It costs every call a few nanoseconds more.
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn set_call_tree(on: bool) {
    #[cfg(feature = "enabled")]
    {
        entry::prepared();
        Local::here().busily(|_| REGISTRY.lock().set_tree(on));
    }
}

/// Lets every thread remember its last `events` calls (rounded up to a power of two), or none (0, the initial state). It
/// costs a call about a nanosecond more, and a thread 24 bytes for each event, which it keeps: a thread that has room for
/// its events already keeps the room it has.
#[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
pub fn set_timeline(events: usize) {
    #[cfg(feature = "enabled")]
    {
        entry::prepared();
        Local::here().busily(|_| REGISTRY.lock().set_timeline(events));
    }
}

/// What every thread did last, since [`set_timeline`] was called.
#[must_use]
pub fn timeline() -> Timeline {
    #[cfg(feature = "enabled")]
    let timeline = live::timeline::collect();
    #[cfg(not(feature = "enabled"))]
    let timeline = Timeline::empty();
    timeline
}
