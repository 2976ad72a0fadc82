//! Reading and switching the whole process.

use crate::Snapshot;
#[cfg(feature = "enabled")]
use crate::live::{clock, collect, entry, local::Local, registry::REGISTRY};

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
        let always_general = !clock::is_counter();
        Local::here().busily(|_| REGISTRY.lock().set_tree(on, always_general));
    }
}
