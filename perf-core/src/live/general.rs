//! The longer way of a call: sampled probes, the call tree, and clocks that are not a register. One path serves them
//! all, since each is a branch or two beside a clock reading.
//!
//! A sampled probe times one call in N on average. The gap to the next timed call is drawn at random from `1..2N`,
//! independently of how long calls take, and a timed call weighs as much as the gap it ends: so the weights add up to
//! the calls, and every call is expected to be counted once (Horvitz and Thompson 1952).

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "calls pass through here, and nothing on their way may panic in any profile"
    )
)]

use std::mem::MaybeUninit;

use super::callsite::{Callsite, GENERAL, ID, Sampling, WATCHED};
use super::lane::{AtStart, Lane, Notes, Open};
use super::local::Local;
use super::ring::Kind;
use super::shard::Shard;
use super::slot::Slot;
use super::sync::MOST_TICKS;
use super::tree::{address, node_at};
use super::waiting::Watch;
use super::{clock, cost, entry, registry, slow, spans, timeline};
use crate::Guard;

/// Longest average gap that a probe under an overhead cap may choose.
const LONGEST_GAP: u64 = 1 << 20;

/// What a call in this lane keeps beside the rest.
#[derive(Clone, Copy)]
pub(crate) struct Extra {
    /// Calls that this one stands for, itself included; 0 where another will stand for it.
    weight: u64,
    /// Tree nodes as the slots keep them: the caller's, and this call's or 0.
    caller: u64,
    node: u64,
    /// The span that was opened for it, or 0.
    span: u64,
    watch: Watch,
}

/// Begins a call of a probe that goes this way, or the short way with its event recorded.
#[inline(never)]
pub(crate) fn start(site: &'static Callsite, word: u32) -> Guard {
    let local = Local::here();
    match local.known_slot(word & ID) {
        Some(slot) if word & (GENERAL | WATCHED) == 0 => Guard::new(Open::now(Lane::Recorded, local, slot)),
        Some(slot) => start_in(local, slot, site),
        None => entry::start(local, site),
    }
}

/// Begins a call that goes this way.
#[inline(always)]
pub(crate) fn start_in(local: &Local, slot: &'static Slot, site: &'static Callsite) -> Guard {
    let skipped = slot.untimed.get();
    if skipped.wrapping_add(1) >= slot.gap.get() {
        return start_due(local, slot, site);
    }
    slot.untimed.add(1);
    if registry::tree_is_on() {
        return start_timed(local, slot, site, 0);
    }
    Guard::new(Open {
        lane: Lane::Untimed,
        notes: Notes::now(),
        slot,
        loan: local.loan.get(),
        covered: local.covered.get(),
        heap: AtStart { nested: local.heap.nested() },
        started: 0,
        total: 0,
        extra: MaybeUninit::uninit(),
    })
}

/// Begins a call that is timed. Not inlined, so that one that is not needs few registers.
#[inline(never)]
fn start_due(local: &Local, slot: &'static Slot, site: &'static Callsite) -> Guard {
    start_timed(local, slot, site, weigh(slot, site.sampling))
}

/// Begins a call that is timed, or at least has its place in the tree.
#[inline(never)]
fn start_timed(local: &Local, slot: &'static Slot, site: &'static Callsite, weight: u64) -> Guard {
    let shard = slot.shard();
    let caller = shard.tree.current();
    let node = enter(shard, slot);
    let span = if weight == 0 { 0 } else { spans::enter(site) };
    let watch = if weight == 0 { Watch::none(local) } else { Watch::begin(local, slot) };
    Guard::new(Open {
        lane: Lane::General,
        notes: Notes::now(),
        slot,
        loan: local.loan.get(),
        covered: local.covered.get(),
        total: slot.total.get(),
        heap: AtStart { mark: local.heap.mark(slot) },
        extra: MaybeUninit::new(Extra { weight, caller, node, span, watch }),
        started: if weight == 0 { 0 } else { clock::now() },
    })
}

/// A signed time, so many times over, which stops where sums do.
fn weighted(own: u64, weight: u64) -> u64 {
    let weight = i64::try_from(weight).unwrap_or(i64::MAX);
    let most = MOST_TICKS.cast_signed();
    own.cast_signed().saturating_mul(weight).clamp(most.wrapping_neg(), most).cast_unsigned()
}

/// For how many calls a timed one stands; and draws when the next one is due.
#[inline]
fn weigh(slot: &Slot, sampling: Sampling) -> u64 {
    if matches!(sampling, Sampling::Every) {
        return 1; // the gap stays 0
    }
    let skipped = slot.untimed.take();
    slot.claimed.add(skipped);
    slot.gap.set(slot.shard().random_gap(average_gap(slot, sampling)));
    skipped.saturating_add(1)
}

/// N.
fn average_gap(slot: &Slot, sampling: Sampling) -> u64 {
    match sampling {
        Sampling::Every => 1,
        Sampling::OneIn(calls) => calls.get().into(),
        Sampling::Cap { ppm } => {
            // cost / (N * mean) <= cap, and mean = sum / weighed.
            let calls = u128::from(slot.weighed.get()).saturating_mul(1_000_000);
            let cost = u128::from(cost::ticks()).saturating_mul(calls);
            let time = u128::from(slot.sum.get()).saturating_mul(ppm.get().into());
            let gap = cost.div_ceil(time.max(1)).min(LONGEST_GAP.into());
            u64::try_from(gap).unwrap_or(LONGEST_GAP).max(1)
        }
    }
}

/// Makes the probe's node below the current one the current one; 0 where there is no tree, or no room in it.
#[inline]
pub(crate) fn enter(shard: &Shard, slot: &Slot) -> u64 {
    if !registry::tree_is_on() {
        return 0;
    }
    let caller = shard.tree.current();
    let mut node = slot.cached_node.get();
    if slot.cached_parent.get() != caller || node == 0 {
        let Some(found) = shard.tree.descend(slot.id) else {
            return 0;
        };
        node = address(found);
        slot.cached_parent.set(caller);
        slot.cached_node.set(node);
    }
    shard.tree.set_current(node);
    node
}

/// Whether another call stands for this one.
pub(crate) fn is_untimed(open: &Open) -> bool {
    match open.lane {
        Lane::Untimed => true,
        Lane::General => open.extra().weight == 0,
        Lane::Usual | Lane::Recorded | Lane::Stray => false,
    }
}

/// Ends a call that did not take the short way.
#[inline(never)]
pub(crate) fn finish(open: &Open) {
    if open.lane == Lane::Untimed {
        let (local, slot) = (Local::here(), open.slot);
        if !local.is_under(open.loan) {
            return entry::finish_untimed_elsewhere(local, open);
        }
        // Where no probe was met meanwhile there is nothing to forget, and no store for the next such call to wait for.
        if local.covered.get() != open.covered {
            local.covered.set(open.covered);
            local.heap.forget_callees(open.nested());
        }
        return open.count_outcome(slot);
    }
    finish_timed(open);
    if open.lane == Lane::General {
        let span = open.extra().span;
        if span != 0 {
            spans::exit(span);
        }
    }
}

#[inline(never)]
fn finish_timed(open: &Open) {
    let (local, slot) = (Local::here(), open.slot);
    let now = if is_untimed(open) { 0 } else { clock::now() };
    let ticks = now.wrapping_sub(open.started);
    let here = open.lane == Lane::General && local.is_under(open.loan);
    let Some(shard) = local.shard().filter(|_| here) else {
        return entry::finish_elsewhere(local, open, ticks);
    };
    let _storing = local.storing();
    store(open, local, slot, shard, ticks);
}

/// Counts a call in the slot that it began in.
#[inline(always)]
fn store(open: &Open, local: &Local, slot: &Slot, shard: &Shard, ticks: u64) {
    let (extra, mark) = (open.extra(), open.mark());
    let weight = extra.weight;
    let mut own = 0;
    if weight == 0 {
        // What its callees took is in the time of the call that stands for this one.
        local.covered.set(open.covered);
        extra.watch.forget(local);
    } else {
        let unusual = |ticks| slow::call(slot, open.started, open.covered, ticks);
        let ticks = slot.observe_weighted(ticks, weight, unusual);
        let callees = local.covered.get().wrapping_sub(open.covered);
        let all = ticks.saturating_mul(weight).min(MOST_TICKS);
        own = weighted(ticks.wrapping_sub(callees), weight);
        slot.sum.add_ticks(all);
        slot.own.add_signed_ticks(own);
        slot.total.raise(open.total.saturating_add(all).min(MOST_TICKS));
        slot.weighed.add(weight);
        slot.skipped.add(weight.wrapping_sub(1));
        slot.claimed.add(1u64.wrapping_sub(weight));
        let watching = extra.watch.end(local, slot, ticks, ticks.wrapping_sub(callees), weight);
        let cost = local.cost.get().saturating_add(watching).saturating_mul(weight);
        local.covered.set(open.covered.wrapping_add(all).wrapping_add(cost));
        timeline::record_if_on(local, Kind::Call, slot.id, open.started, ticks);
    }
    let heap = &local.heap;
    let change = (!heap.is_untouched(mark)).then(|| heap.close(mark, weight));
    if let Some(change) = &change
        && weight != 0
    {
        change.count_call(slot, mark);
    }
    if let Some(node) = node_at(extra.node) {
        node.count(1, own, change.as_ref().map_or((0, 0), |change| (change.own_allocs, change.own_bytes)));
    }
    shard.tree.set_current(extra.caller);
    open.count_outcome(slot);
}
