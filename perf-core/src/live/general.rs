//! The longer path of a call: sampled probes, the call tree, and clocks that are not a register. One path serves them
//! all, since each is a branch or two beside a clock reading.
//!
//! A sampled probe times one call in N on average, at random, and a timed call weighs as much as the calls that it stands
//! for: [`super::series`] says which.
//!
//! What a probe does before the time that it measures comes before the reading of the counter: between it and the caller
//! there is nothing to do and nothing to be copied.

use super::callsite::{Callsite, SAMPLED};
use super::frame::{Frame, Tag};
use super::local::Local;
use super::ring::Kind;
use super::shadow::ShadowStack;
use super::shard::Shard;
use super::sign::{Signed, Unsigned};
use super::slot::Slot;
use super::sync::MOST_TICKS;
use super::tree::Place;
use super::waiting::Watch;
use super::{cap, clock, cost, entry, more, registry, series, slow, spans, timeline};

/// The additional state of a call on this path.
#[derive(Clone, Copy)]
pub(crate) struct Sampled {
    /// Calls that this one stands for, itself included; 0 where another will stand for it.
    pub(super) weight: u64,
    /// The span that was opened for it, or 0.
    span: u64,
    watch: Watch,
}

/// Counts a call that another one is timed for, unless this one is due to be timed. The slot is of the shard that this
/// thread writes to.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn passes_by(local: &Local, slot: &Slot) -> bool {
    let _storing = local.storing();
    // SAFETY: this thread is the writer of a slot of its shard.
    unsafe { slot.passes_by() }
}

/// Begins a call on this path.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn start_in(local: &'static Local, slot: &'static Slot, site: &'static Callsite) -> Option<&'static Frame> {
    if site.word() & SAMPLED == 0 || !passes_by(local, slot) {
        return start_due(local, slot, site);
    }
    if registry::tree_is_on() {
        return start_placed(local, slot);
    }
    more::start_untimed(slot, local)
}

/// Begins a call that is timed. Not inlined, so that a call that is not timed needs few registers.
#[inline(never)]
fn start_due(local: &'static Local, slot: &'static Slot, site: &'static Callsite) -> Option<&'static Frame> {
    if cap::is_capped(site.sampling) {
        slot.began.set(clock::now());
    }
    let storing = local.storing();
    let weight = series::weigh(slot, site.sampling);
    drop(storing);
    start_timed(local, slot, site, weight)
}

/// Begins a call that is not timed, and has its place in the tree all the same.
#[inline(never)]
fn start_placed(local: &'static Local, slot: &'static Slot) -> Option<&'static Frame> {
    let frame = local.take_frame(slot)?;
    let tag = Tag::GENERAL.and(Tag::UNTIMED);
    let sampled = Sampled { weight: 0, span: 0, watch: Watch::none(local) };
    let parts = (Some(enter(slot.shard(), slot)), Some(sampled));
    frame.begin_timed(tag, local, slot, parts, || 0);
    Some(frame)
}

/// Begins a call that is timed, and stands for so many. The counter is read last.
#[inline(never)]
fn start_timed(
    local: &'static Local,
    slot: &'static Slot,
    site: &'static Callsite,
    weight: u64,
) -> Option<&'static Frame> {
    let frame = local.take_frame_or_lose(slot)?;
    let place = enter(slot.shard(), slot);
    let (span, watch) =
        if weight == 0 { (0, Watch::none(local)) } else { (spans::enter(site), Watch::begin(local, slot)) };
    let sampled = Sampled { weight, span, watch };
    frame.begin_timed(Tag::GENERAL, local, slot, (Some(place), Some(sampled)), clock::now);
    Some(frame)
}

/// A signed time multiplied by `weight`, which stops where sums do.
fn weighted(own: u64, weight: u64) -> u64 {
    let weight = i64::try_from(weight).unwrap_or(i64::MAX);
    let most = MOST_TICKS.signed();
    own.signed().saturating_mul(weight).clamp(most.wrapping_neg(), most).unsigned()
}

/// Makes the probe's node below the current one the current one, if there is a tree.
#[inline]
pub(crate) fn enter(shard: &Shard, slot: &Slot) -> Place {
    if registry::tree_is_on() { Place::enter(&shard.tree, slot) } else { Place::none(&shard.tree) }
}

/// Ends a call that another one is timed for.
#[inline(never)]
pub(crate) extern "C" fn finish_untimed(frame: &'static Frame) {
    let local = frame.local();
    // Where no probe was called meanwhile there is nothing to forget, and no store for the next such call to wait for.
    let usual = local.tag.get();
    if frame.tag() == usual.and(Tag::UNTIMED)
        && local.child_ticks.get() == frame.child_ticks()
        && local.frames.is_top(frame)
    {
        frame.reset(usual);
        return ShadowStack::pop(local);
    }
    finish_untimed_slowly(frame);
}

#[inline(never)]
extern "C" fn finish_untimed_slowly(frame: &'static Frame) {
    count_untimed(frame);
    frame.local().release(frame);
}

fn count_untimed(frame: &Frame) {
    let (local, tag) = (frame.local(), frame.tag());
    if tag.has(Tag::GENERAL) {
        return count_at(frame, 0);
    }
    if !local.is_under(tag.loan()) {
        return entry::finish_untimed_elsewhere(local, frame);
    }
    let _storing = local.storing();
    forget_callees(local, frame);
    frame.count_outcome(frame.slot());
}

/// Forgets the time and allocations of an untimed call's callees: they are in the call that stands for it.
pub(super) fn forget_callees(local: &Local, frame: &Frame) {
    local.child_ticks.set(frame.child_ticks());
    if frame.has_mark() {
        local.heap.forget_callees(&frame.mark());
    }
}

/// Ends a call that is timed and on this path, `counter` being the processor's counter at its end.
#[inline(never)]
pub(crate) extern "C" fn finish(frame: &'static Frame, counter: u64) {
    count_at(frame, clock::at(counter));
    let span = if frame.tag().has(Tag::GENERAL) { frame.sampled().span } else { 0 };
    frame.local().release(frame);
    if span != 0 {
        spans::exit(span);
    }
}

#[inline(never)]
fn count_at(frame: &Frame, now: u64) {
    let (local, slot) = (frame.local(), frame.slot());
    let ticks = now.wrapping_sub(frame.started());
    let here = frame.tag().has(Tag::GENERAL) && local.is_under(frame.tag().loan());
    let Some(shard) = local.shard().filter(|_| here) else {
        return entry::finish_elsewhere(local, frame, ticks);
    };
    let _storing = local.storing();
    store(frame, local, slot, shard, ticks);
}

/// Counts a call in the slot that it began in.
#[cfg_attr(not(debug_assertions), inline(always))]
fn store(frame: &Frame, local: &Local, slot: &Slot, shard: &Shard, ticks: u64) {
    let Sampled { weight, watch, .. } = frame.sampled();
    let (mut own, mut watching) = (0, 0);
    if weight == 0 {
        // The time of its callees is in that of the call that stands for this one.
        local.child_ticks.set(frame.child_ticks());
        watch.forget(local);
    } else {
        let outlier = |ticks| slow::call(slot, frame.started(), frame.child_ticks(), ticks);
        let ticks = slot.observe_weighted(ticks, weight, outlier);
        let callees = local.child_ticks.get().wrapping_sub(frame.child_ticks());
        let all = ticks.saturating_mul(weight).min(MOST_TICKS);
        own = weighted(ticks.wrapping_sub(callees), weight);
        slot.own.add_signed_ticks(own);
        slot.count_inclusive(frame.total(), all);
        slot.weighed.add(weight);
        slot.skipped.add(weight.wrapping_sub(1));
        slot.claimed.add(1u64.wrapping_sub(weight));
        let waiting = slot.watched.waiting.own();
        watching = watch.end(local, slot, ticks, ticks.wrapping_sub(callees), weight);
        let waiting = slot.watched.waiting.own().wrapping_sub(waiting);
        shard.account.count(slot, own.wrapping_sub(waiting));
        let cost = cost::of_weight(local.cost.get(), weight).saturating_add(watching.saturating_mul(weight));
        local.child_ticks.set(frame.child_ticks().wrapping_add(all).wrapping_add(cost));
        timeline::record_if_on(local, Kind::Call, slot.id, frame.started(), ticks);
    }
    let change = frame.close_heap(local, weight);
    if let Some(change) = change.as_ref().filter(|_| weight != 0) {
        change.count_call(slot, &frame.mark());
    }
    // SAFETY: under the loan that the call began under.
    if let Some(node) = unsafe { frame.place().node() } {
        node.count(1, own, change.as_ref().map_or((0, 0), |change| (change.own_allocs, change.own_bytes)));
    }
    frame.place().restore(&shard.tree);
    frame.count_outcome(slot);
    if !frame.tag().has(Tag::UNTIMED) && slot.site().is_some_and(|site| cap::is_capped(site.sampling)) {
        // A call of the same probe inside this one has begun since.
        let before = frame.started().saturating_sub(slot.began.own());
        cap::spend(slot, before, clock::now().wrapping_sub(frame.started()).wrapping_sub(ticks), watching);
    }
}
