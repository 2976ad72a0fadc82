//! What a probe costs, measured on this machine by this program: once, when the first probe registers, in about a
//! tenth of a millisecond.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::callsite::{Callsite, Name};
use super::lane;
use super::local::Local;
use super::shard::Shard;
use super::slot::Slot;
use super::{clock, general, memory};
use crate::Guard;

/// Calls of a batch, and batches: the least of them has met no interruption.
const CALLS: u32 = 32;
const BATCHES: u32 = 64;

/// Ticks from the call before a probe to the call after it.
static WHOLE: AtomicU64 = AtomicU64::new(0);
/// Ticks that an empty probe measures.
static INSIDE: AtomicU64 = AtomicU64::new(0);

static EMPTY: Callsite = Callsite::new(Name::Given("perf_core::calibration"));

/// Ticks of a whole probe.
pub(crate) fn ticks() -> u64 {
    WHOLE.load(Relaxed)
}

/// Ticks that an empty probe measures: shorter times than this say little.
pub(crate) fn resolution() -> u64 {
    INSIDE.load(Relaxed)
}

/// Ticks that a probe adds to its caller beyond what it measures itself.
pub(crate) fn outside() -> u64 {
    ticks().saturating_sub(resolution())
}

/// Measures an empty probe in a shard that nobody reads, by the lane that calls will take.
pub(crate) fn calibrate(local: &Local) -> Option<()> {
    let shard = memory::keep(Shard::new())?;
    shard.grow(0)?;
    let slot = shard.make_slot(0)?;
    let before = (local.shard(), local.covered.get());
    local.use_shard(Some(shard));
    let mut least = u64::MAX;
    for _ in 0..BATCHES {
        let start = clock::now();
        for _ in 0..CALLS {
            drop(empty_call(local, shard, slot));
        }
        least = least.min(clock::now().saturating_sub(start));
    }
    local.use_shard(before.0);
    local.covered.set(before.1);
    WHOLE.store(least.div_ceil(CALLS.into()), Relaxed);
    INSIDE.store(slot.extremes().map_or(0, |(least, _)| least), Relaxed);
    Some(())
}

fn empty_call(local: &Local, shard: &'static Shard, slot: &'static Slot) -> Guard {
    if clock::is_counter() {
        lane::start(&EMPTY, 0)
    } else {
        general::start_in(local, shard, slot, &EMPTY)
    }
}
