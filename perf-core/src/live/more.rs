//! The path of a call with more to count than its time: allocations, a place in the call tree, an event in the thread's
//! ring, an error; a time that is an outlier; calls of one probe inside another.

use std::mem::MaybeUninit;

use super::callsite::{Callsite, GENERAL, ID, RECORDED, SAMPLED, TREE, WATCHED};
use super::local::Local;
use super::open::{Open, Tag};
use super::ring::Kind;
use super::slot::Slot;
use super::sync::{add_one, add_to};
use super::tree::Place;
use super::{clock, entry, general, slow, timeline};

/// Begins a call whose allocations are counted, and which has nothing else special to it. A
/// function of its own, as those below, so that the usual call saves fewer registers: the mark takes many.
#[inline(never)]
pub(crate) fn start_counting(open: &mut Open, _: &'static Callsite, slot: &'static Slot, local: &'static Local) {
    open.begin_known::<true>(Tag::under(local.loan.get()), local, slot, MaybeUninit::uninit());
}

/// Begins a call that another one is timed for.
#[inline(never)]
pub(crate) fn start_untimed(open: &mut Open, _: &'static Callsite, slot: &'static Slot, local: &'static Local) {
    open.begin_untimed(local, slot);
}

/// Begins a call with a place in the tree or in the ring.
#[inline(never)]
pub(crate) fn start_known(open: &mut Open, site: &'static Callsite, word: u32, local: &'static Local) {
    let Some(slot) = local.known_slot(word & !(TREE | RECORDED)) else {
        return start(open, site);
    };
    if local.counts.get() {
        return enter_counting(open, site, word, local, slot);
    }
    enter::<false>(open, site, word, local, slot);
}

/// The same where allocations are counted.
#[inline(never)]
fn enter_counting(open: &mut Open, site: &'static Callsite, word: u32, local: &'static Local, slot: &'static Slot) {
    enter::<true>(open, site, word, local, slot);
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn enter<const HEAP: bool>(
    open: &mut Open,
    site: &'static Callsite,
    word: u32,
    local: &'static Local,
    slot: &'static Slot,
) {
    let mut tag = Tag::under(local.loan.get());
    let mut place = MaybeUninit::uninit();
    if word & TREE != 0 {
        tag = tag.and(Tag::TREE);
        let Some(again) = Place::enter_again(&slot.shard().tree, slot) else {
            return start(open, site);
        };
        place.write(again);
    }
    if word & RECORDED != 0 {
        tag = tag.and(Tag::RING);
    }
    open.begin_known::<HEAP>(tag, local, slot, place);
}

/// Ends such a call, where there is nothing more to count; or a usual call that is counted already, where a panic may end
/// it.
#[inline(never)]
pub(crate) fn finish_known(open: &Open, now: u64) {
    let (local, tag) = (open.local(), open.tag());
    let usual = Tag::under(local.loan.get());
    if tag.without(Tag::TREE.and(Tag::HEAP).and(Tag::RING)) != usual {
        return finish(open, now);
    }
    if tag != usual {
        let slot = open.slot();
        let ticks = now.wrapping_sub(open.started());
        // SAFETY: under the loan that the call began under, this thread writes to its slot.
        let Some((cells, position)) = (unsafe { slot.usual_cell(ticks) }) else {
            return finish(open, now);
        };
        // SAFETY: as above.
        if unsafe { slot.total.own_plainly() } != open.total() {
            return finish(open, now);
        }
        let storing = local.storing();
        // SAFETY: there is such a cell: see `usual_cell`.
        unsafe { add_one(cells, position) };
        add_to!(slot, Slot, total, ticks);
        let reached = open.child_ticks().wrapping_add(ticks);
        let own = reached.wrapping_sub(local.child_ticks.get());
        add_to!(slot, Slot, own, own);
        local.child_ticks.set(reached.wrapping_add(local.cost.get()));
        if tag.has(Tag::TREE) {
            let place = open.place();
            // SAFETY: under the loan that the call began under.
            if let Some(node) = unsafe { place.node() } {
                node.count_usual(own);
            }
            place.restore(&slot.shard().tree);
        }
        drop(storing);
        if tag.has(Tag::HEAP) && !local.heap.is_untouched(open.mark()) {
            return count_heap_and_the_rest(open, ticks);
        }
        if tag.has(Tag::RING) {
            return record(open, ticks);
        }
        // As in `lane::finish`.
        if !std::thread::panicking() {
            return;
        }
    }
    count_panic(open);
}

/// A function of its own, so that a call that has not allocated needs fewer registers.
#[inline(never)]
fn count_heap_and_the_rest(open: &Open, ticks: u64) {
    let local = open.local();
    let storing = local.storing();
    count_heap(local, open);
    drop(storing);
    if open.tag().has(Tag::RING) {
        return record(open, ticks);
    }
    if std::thread::panicking() {
        count_panic(open);
    }
}

/// The last part of a call: a function of its own for the same reason.
#[inline(never)]
fn record(open: &Open, ticks: u64) {
    timeline::record(open.local(), Kind::Call, open.slot().id, open.started(), ticks);
    if std::thread::panicking() {
        count_panic(open);
    }
}

/// Counts the allocations of a call that stands for itself alone.
#[cfg_attr(not(debug_assertions), inline(always))]
fn count_heap(local: &Local, open: &Open) {
    let (slot, mark, tag) = (open.slot(), open.mark(), open.tag());
    let change = local.heap.close_one(mark);
    change.count_call(slot, mark);
    if tag.has(Tag::TREE) {
        // SAFETY: as where the call is counted, which is under the loan that it began under.
        if let Some(node) = unsafe { open.place().node() } {
            node.count_heap(change.own_allocs, change.own_bytes);
        }
    }
}

/// Begins a call for which the usual path is not enough.
#[inline(never)]
pub(crate) fn start(open: &mut Open, site: &'static Callsite) {
    let (local, word) = (Local::here(), site.word());
    let Some(slot) = local.known_slot(word & ID) else {
        return entry::start(open, local, site);
    };
    if word & (GENERAL | WATCHED | SAMPLED) != 0 {
        return general::start_in(open, local, slot, site);
    }
    let mut tag = Tag::under(local.loan.get());
    if local.counts.get() {
        tag = tag.and(Tag::HEAP);
    }
    if word & RECORDED != 0 {
        tag = tag.and(Tag::RING);
    }
    let mut place = MaybeUninit::uninit();
    if word & TREE != 0 {
        tag = tag.and(Tag::TREE);
        place.write(Place::enter(&slot.shard().tree, slot));
    }
    open.begin_timed(tag, local, slot, (place, MaybeUninit::uninit()), clock::counter);
}

/// Ends a call that is timed, `counter` being the processor's counter at its end.
#[inline(never)]
pub(crate) fn finish(open: &Open, counter: u64) {
    let local = open.local();
    let tag = open.tag();
    if tag.has(Tag::GENERAL.and(Tag::STRAY)) {
        return general::finish(open, counter);
    }
    let ticks = counter.wrapping_sub(open.started());
    if !local.is_under(tag.loan()) {
        return entry::finish_elsewhere(local, open, ticks);
    }
    let slot = open.slot();
    let _storing = local.storing();
    let ticks = slot.observe(ticks, |ticks| slow::call(slot, open.started(), open.child_ticks(), ticks));
    let own = ticks.wrapping_sub(local.child_ticks.get().wrapping_sub(open.child_ticks()));
    // A plain addition: time that has passed on this thread, see `sync`.
    add_to!(slot, Slot, own, own);
    slot.count_inclusive(open.total(), ticks);
    local.child_ticks.set(open.child_ticks().wrapping_add(ticks).wrapping_add(local.cost.get()));
    if tag.has(Tag::TREE) {
        let place = open.place();
        // SAFETY: under the loan that the call began under.
        if let Some(node) = unsafe { place.node() } {
            node.count_usual(own);
        }
        place.restore(&slot.shard().tree);
    }
    if tag.has(Tag::HEAP) && !local.heap.is_untouched(open.mark()) {
        count_heap(local, open);
    }
    open.count_outcome(slot);
    if tag.has(Tag::RING) {
        timeline::record(local, Kind::Call, slot.id, open.started(), ticks);
    }
}

/// Counts the panic that may end a call that is counted already.
#[cold]
#[inline(never)]
fn count_panic(open: &Open) {
    let _storing = open.local().storing();
    open.count_outcome(open.slot());
}
