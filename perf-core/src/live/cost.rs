//! The cost of a probe, measured on this machine by this program: once, when the first probe registers, in some tenths
//! of a millisecond. Calls and polls cost differently, and both cost more while there is a call tree.
//!
//! One empty probe inside another is measured: in programs the probe before is rarely the same one, whose stores the
//! next would have to wait for.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Waker};

use super::callsite::{GENERAL, SAMPLED, TREE};
use super::lane::Open;
use super::local::{Local, Phase};
use super::shard::Shard;
use super::slot::Slot;
use super::{clock, memory, registry};
use crate::Probe;

/// Pairs of a batch, and batches: their median is the usual cost of a probe, even where a few are interrupted. An interpreter
/// has no usual cost.
const PAIRS: u32 = if cfg!(miri) { 1 } else { 32 };
const BATCHES: usize = if cfg!(miri) { 1 } else { 31 };

/// The cost of an empty probe, in ticks.
struct Cost {
    /// Ticks from the instruction before it to the instruction after it.
    whole: AtomicU64,
    /// The part of it that the probe measures itself.
    inside: AtomicU64,
}

impl Cost {
    const fn new() -> Self {
        Self { whole: AtomicU64::new(0), inside: AtomicU64::new(0) }
    }

    /// Measures pairs of probes of which the inner one counts into `inner`.
    fn measure(&self, inner: &Slot, mut pair: impl FnMut()) {
        let mut batches = [(0, 0); BATCHES];
        for batch in &mut batches {
            let (start, own) = (clock::now(), inner.own.get());
            (0..PAIRS).for_each(|_| pair());
            *batch = (clock::now().saturating_sub(start), inner.own.get().wrapping_sub(own));
        }
        batches.sort_unstable();
        let (whole, inside) = batches[BATCHES / 2];
        let whole = whole.div_ceil(2 * u64::from(PAIRS));
        self.whole.store(whole, Relaxed);
        self.inside.store((inside / u64::from(PAIRS)).min(whole), Relaxed);
    }

    fn outside(&self) -> u64 {
        self.whole.load(Relaxed).saturating_sub(self.inside.load(Relaxed))
    }
}

/// The costs of a call and of a poll: without a call tree, and with one.
static CALL: [Cost; 2] = [const { Cost::new() }; 2];
static POLL: [Cost; 2] = [const { Cost::new() }; 2];
/// The cost of a call of a sampled probe that is timed, and of one that is not; zeros while there is no such probe.
static DUE: Cost = Cost::new();
static PASSED: Cost = Cost::new();
/// The smallest step of the clock.
static STEP: AtomicU64 = AtomicU64::new(0);
/// Readings of the clock that are compared for it.
const STEPS: u32 = if cfg!(miri) { 10 } else { 1_000 };
/// Ticks of a reading of the thread's processor clock; the greatest number where there is none.
static READING: AtomicU64 = AtomicU64::new(u64::MAX);
/// Readings of it that are compared.
const READINGS: u32 = 8;

static OUTER: Probe = Probe::new("perf_core::calibration, outer");
static INNER: Probe = Probe::new("perf_core::calibration, inner");
/// The same two, sampled.
static OUTER_SAMPLED: Probe = Probe::new("perf_core::calibration, outer, sampled").overhead(1);
static INNER_SAMPLED: Probe = Probe::new("perf_core::calibration, inner, sampled").overhead(1);

/// The cost of calls or polls as they are counted now.
fn now(costs: &'static [Cost; 2]) -> &'static Cost {
    &costs[usize::from(registry::tree_is_on())]
}

/// Ticks of the probe of a call.
pub(crate) fn ticks() -> u64 {
    now(&CALL).whole.load(Relaxed)
}

/// Ticks of the probe of a call that sampling has chosen to be timed.
pub(crate) fn due() -> u64 {
    ticks().max(DUE.whole.load(Relaxed))
}

/// Ticks of the probe of a call that another one is timed for. With a tree it has a place to find, as a timed one.
pub(crate) fn passed() -> u64 {
    if registry::tree_is_on() { due() } else { PASSED.whole.load(Relaxed) }
}

/// Ticks that the probes of the calls that a timed one stands for add to their caller; `outside` is that of a call on the usual
/// path.
#[inline]
pub(crate) fn of_weight(outside: u64, weight: u64) -> u64 {
    let others = passed().saturating_mul(weight.saturating_sub(1));
    outside.max(DUE.outside()).saturating_add(others)
}

/// Ticks of so many timed and untimed calls, or of so many polls where there are any, that their probes took for
/// themselves.
pub(crate) fn taken(timed: u64, untimed: u64, polls: u64) -> u64 {
    if polls > 0 {
        return timed.max(polls).saturating_mul(now(&POLL).whole.load(Relaxed));
    }
    let each = if untimed > 0 { due() } else { ticks() };
    timed.saturating_mul(each).saturating_add(untimed.saturating_mul(passed()))
}

/// Ticks that so many calls, or polls where there are any, measured and that would be there if they had done nothing.
pub(crate) fn measured_of_nothing(calls: u64, polls: u64) -> u64 {
    let (entries, each) = if polls > 0 { (polls, now(&POLL)) } else { (calls, now(&CALL)) };
    entries.saturating_mul(each.inside.load(Relaxed))
}

/// Ticks that an empty probe measures, or a step of the clock: shorter times than this say little.
pub(crate) fn resolution() -> u64 {
    now(&CALL).inside.load(Relaxed).max(STEP.load(Relaxed))
}

/// Ticks that the probe of a call adds to its caller beyond what it measures itself.
pub(crate) fn outside() -> u64 {
    now(&CALL).outside()
}

/// The same of a poll.
pub(crate) fn outside_poll() -> u64 {
    now(&POLL).outside()
}

/// Ticks of a reading of the thread's processor clock; so many that it is never worth it where there is none.
pub(crate) fn reading() -> u64 {
    READING.load(Relaxed)
}

/// Whether the system reports the time that a thread spends on processors.
pub(crate) fn waiting_is_told() -> bool {
    reading() != u64::MAX
}

/// Measures empty probes in a shard that no reader reads, on the paths that calls and polls will take. The thread is in
/// [`Phase::InLibrary`], but for the probes themselves. No other thread counts yet, nor has the tree been switched.
pub(crate) fn calibrate(local: &Local) -> Option<()> {
    READING.store(shortest_reading().unwrap_or(u64::MAX), Relaxed);
    STEP.store(smallest_step(), Relaxed);
    in_a_shard(local, |_, inner| {
        for tree in [false, true] {
            registry::with_tree(tree, || {
                set_words([&OUTER, &INNER], if tree { TREE } else { 0 });
                CALL[usize::from(tree)].measure(inner, empty_calls);
                POLL[usize::from(tree)].measure(inner, empty_polls);
            });
        }
    })
}

/// Measures the calls of sampled probes, once: when the first of them registers, or the program is put under a cap.
/// The thread is in [`Phase::InLibrary`], but for the probes themselves.
pub(crate) fn prepare_sampled(local: &Local) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = in_a_shard(local, |outer, inner| {
            set_words([&OUTER_SAMPLED, &INNER_SAMPLED], SAMPLED);
            let gaps = |gap| {
                for slot in [outer, inner] {
                    slot.left.set(gap);
                    slot.series.set(0);
                }
            };
            DUE.measure(inner, || {
                gaps(0);
                empty_sampled_calls();
            });
            gaps(u64::MAX >> 1);
            PASSED.measure(inner, empty_sampled_calls);
        });
    });
}

/// Runs `measure` with the slots of two probes, in a shard that no reader reads and that this thread counts into meanwhile.
fn in_a_shard(local: &Local, measure: impl FnOnce(&'static Slot, &'static Slot)) -> Option<()> {
    let (shard, outer, inner) = shard_of_two()?;
    let before = (local.shard(), local.child_ticks.get(), local.waited.get());
    local.use_shard(Some(shard));
    local.enter_phase(Phase::Alive);
    measure(outer, inner);
    local.enter_phase(Phase::InLibrary);
    local.use_shard(before.0);
    local.child_ticks.set(before.1);
    local.waited.set(before.2);
    Some(())
}

/// Not inlined: what it takes of the stack is free again while the probes run.
#[inline(never)]
fn shard_of_two() -> Option<(&'static Shard, &'static Slot, &'static Slot)> {
    let shard = memory::keep(Shard::new(None))?;
    shard.grow(1)?;
    Some((shard, shard.make_slot(0)?, shard.make_slot(1)?))
}

/// Some counters run in steps of many ticks.
fn smallest_step() -> u64 {
    let mut last = clock::now();
    let steps = (0..STEPS).map(|_| {
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

/// Sets the words, so that calls take the path that those of other probes will.
fn set_words(probes: [&Probe; 2], flags: u32) {
    let clock = if clock::is_counter() { 0 } else { GENERAL };
    for (id, probe) in (0..).zip(probes) {
        probe.site.set_word(id | clock | flags);
    }
}

fn empty_calls() {
    empty_in_another(&INNER, &OUTER);
}

fn empty_sampled_calls() {
    empty_in_another(&INNER_SAMPLED, &OUTER_SAMPLED);
}

/// As an annotated function does it.
#[inline(always)]
fn empty_in_another(inner: &'static Probe, outer: &'static Probe) {
    let around = Open::begin(&outer.site);
    Open::begin(&inner.site).end();
    around.end();
}

/// Futures that are ready at once.
fn empty_polls() {
    let future = std::pin::pin!(OUTER.wrap(INNER.wrap(std::future::ready(()))));
    let _ = future.poll(&mut Context::from_waker(Waker::noop()));
}
