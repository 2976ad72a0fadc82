//! What a probe costs, measured on this machine by this program: once, when the first probe registers, in about a
//! tenth of a millisecond.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::callsite::{Callsite, Name};
use super::lane;
use super::local::{Local, Phase};
use super::shard::Shard;
use super::slot::Slot;
use super::{clock, general, memory};
use crate::Guard;

/// Calls of a batch, and batches: the least of them has met no interruption.
const CALLS: u32 = 32;
const BATCHES: u32 = 64;

/// Ticks from the call before a probe to the call after it.
static WHOLE: AtomicU64 = AtomicU64::new(0);
/// Ticks of that inside of what an empty probe measures.
static INSIDE: AtomicU64 = AtomicU64::new(0);
/// The smallest step of the clock.
static STEP: AtomicU64 = AtomicU64::new(0);
/// Ticks of a reading of the thread's processor clock; the greatest number where there is none.
static READING: AtomicU64 = AtomicU64::new(u64::MAX);
/// Readings of it that are compared.
const READINGS: u32 = 8;

static EMPTY: Callsite = Callsite::new(Name::Given("perf_core::calibration"));

/// Ticks of a whole probe.
pub(crate) fn ticks() -> u64 {
    WHOLE.load(Relaxed)
}

/// Ticks that an empty probe measures, or a step of the clock: shorter times than this say little.
pub(crate) fn resolution() -> u64 {
    inside().max(STEP.load(Relaxed))
}

/// Ticks that an empty probe measures.
pub(crate) fn inside() -> u64 {
    INSIDE.load(Relaxed)
}

/// Ticks that a probe adds to its caller beyond what it measures itself.
pub(crate) fn outside() -> u64 {
    ticks().saturating_sub(inside())
}

/// Ticks of a reading of the thread's processor clock; so many that it is never worth it where there is none.
pub(crate) fn reading() -> u64 {
    READING.load(Relaxed)
}

/// Whether the system tells what a thread spends on processors.
pub(crate) fn waiting_is_told() -> bool {
    reading() != u64::MAX
}

/// Measures an empty probe in a shard that nobody reads, by the lane that calls will take. The thread is in
/// [`Phase::Busy`], but for the probe itself.
pub(crate) fn calibrate(local: &Local) -> Option<()> {
    let shard = memory::keep(Shard::new(None))?;
    shard.grow(0)?;
    let slot = shard.make_slot(0)?;
    let before = (local.shard(), local.covered.get());
    local.use_shard(Some(shard));
    local.enter_phase(Phase::Alive);
    let mut best = (u64::MAX, 0);
    for _ in 0..BATCHES {
        let (start, sum) = (clock::now(), slot.sum.get());
        for _ in 0..CALLS {
            drop(empty_call(local, slot));
        }
        let whole = clock::now().saturating_sub(start);
        if whole < best.0 {
            best = (whole, slot.sum.get() - sum);
        }
    }
    local.enter_phase(Phase::Busy);
    local.use_shard(before.0);
    local.covered.set(before.1);
    WHOLE.store(best.0.div_ceil(CALLS.into()), Relaxed);
    INSIDE.store(best.1 / u64::from(CALLS), Relaxed);
    STEP.store(smallest_step(), Relaxed);
    READING.store(shortest_reading().unwrap_or(u64::MAX), Relaxed);
    Some(())
}

/// Some counters run in steps of many ticks.
fn smallest_step() -> u64 {
    let mut last = clock::now();
    let steps = (0..CALLS * BATCHES).map(|_| {
        let now = clock::now();
        now.saturating_sub(std::mem::replace(&mut last, now))
    });
    steps.filter(|&step| step > 0).min().unwrap_or(0)
}

fn shortest_reading() -> Option<u64> {
    let mut shortest = None;
    for _ in 0..READINGS {
        let start = clock::now();
        clock::thread_processor_nanos()?;
        let taken = clock::now().saturating_sub(start);
        shortest = Some(shortest.map_or(taken, |least: u64| least.min(taken)));
    }
    shortest
}

fn empty_call(local: &Local, slot: &'static Slot) -> Guard {
    if clock::is_counter() { lane::start(&EMPTY, 0) } else { general::start_in(local, slot, &EMPTY) }
}
