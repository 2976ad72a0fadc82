//! The path of a call with more to count than its time: allocations, a place in the call tree, an event in the thread's
//! ring, an error; a time that is an outlier; calls of one probe inside another.

use super::callsite::{Callsite, GENERAL, ID, RECORDED, SAMPLED, TREE, WATCHED};
use super::frame::{Frame, Tag};
use super::local::Local;
use super::ring::Kind;
use super::shadow::ShadowStack;
use super::slot::Slot;
use super::sync::add_to;
use super::tree::Place;
use super::{clock, entry, general, lane, slow, timeline};

/// Begins a call that another one is timed for, and which is counted already.
#[inline(never)]
pub(crate) fn begin_untimed(
    frame: &'static Frame,
    slot: &'static Slot,
    local: &'static Local,
) -> Option<&'static Frame> {
    frame.set(Tag::UNTIMED);
    frame.begin_untimed(local, slot);
    frame.leave_untimed()
}

/// The same where there may be no frame that is prepared.
#[inline(never)]
pub(crate) fn start_untimed(slot: &'static Slot, local: &'static Local) -> Option<&'static Frame> {
    let frame = local.take_frame(slot)?;
    begin_untimed(frame, slot, local)
}

/// Begins a usual call where there is no frame that is prepared.
#[cold]
#[inline(never)]
pub(crate) fn start_beyond(local: &'static Local, slot: &'static Slot) -> Option<&'static Frame> {
    let frame = local.take_frame_or_lose(slot)?;
    frame.begin_usual(local, slot);
    frame.time::<true>()
}

/// Begins a call with a place in the tree or in the ring.
#[inline(never)]
pub(crate) fn start_known<const ASKS: bool>(
    site: &'static Callsite,
    word: u32,
    local: &'static Local,
) -> Option<&'static Frame> {
    let Some(slot) = local.known_slot(word & !(TREE | RECORDED)) else {
        return start(site);
    };
    let mut place = None;
    if word & TREE != 0 {
        place = Place::again(&slot.shard().tree, slot);
        if place.is_none() {
            return start(site);
        }
    }
    let Some(frame) = local.frames.push() else {
        return start(site);
    };
    if let Some(place) = place {
        frame.set(Tag::TREE);
        place.make_current(&slot.shard().tree);
        frame.set_place(place);
    }
    if word & RECORDED != 0 {
        frame.set(Tag::RING);
    }
    frame.begin_usual(local, slot);
    if ASKS { time(frame) } else { frame.time::<false>() }
}

/// A function of its own, as that of usual calls.
#[inline(never)]
fn time(frame: &'static Frame) -> Option<&'static Frame> {
    frame.time::<true>()
}

/// [`finish_special`] of a call that leaves in any way; or counts the panic that ends a usual one.
#[inline(never)]
pub(crate) fn finish_special_asking(frame: &'static Frame) {
    if std::thread::panicking() {
        return panicked(frame);
    }
    finish_special(frame);
}

/// The same where the thread unwinds.
#[cold]
#[inline(never)]
fn panicked(frame: &'static Frame) {
    if !frame.panics() {
        return finish_special(frame);
    }
    let local = frame.local();
    if local.frames.is_popped(frame) {
        let _storing = local.storing();
        return frame.slot().panics.add(1);
    }
    frame.set(Tag::PANICKED);
    finish_special(frame);
}

/// [`finish`] of a call that leaves in any way.
#[inline(never)]
pub(crate) fn finish_asking(frame: &'static Frame, ticks: u64) {
    if frame.panics() {
        frame.set(Tag::PANICKED);
    }
    finish(frame, ticks);
}

/// Ends a call that is not a usual one.
#[inline(never)]
pub(crate) extern "C" fn finish_special(frame: &'static Frame) {
    let local = frame.local();
    if frame.tag() == local.tag.get().and(Tag::HEAP) && local.frames.is_top(frame) {
        return finish_allocating(frame, local);
    }
    finish_other(frame);
}

/// Ends the call that began last, in which something was allocated or freed, and which is usual otherwise.
#[inline(never)]
pub(super) extern "C" fn finish_allocating(frame: &'static Frame, local: &'static Local) {
    let slot = match lane::count_usual(frame, local, |_| ()) {
        Ok((slot, _)) => slot,
        Err(ticks) => return finish(frame, ticks),
    };
    let storing = local.storing();
    let counted = close_usual(frame, local, slot);
    drop(storing);
    if counted.is_none() {
        return count_heap_and_end(frame);
    }
    // A signal handler may have noted the sums meanwhile.
    frame.unset(Tag::HEAP.and(Tag::NOTED));
    ShadowStack::pop_marked(local);
}

/// The same where there is more to it than allocations.
#[inline(never)]
pub(super) extern "C" fn finish_other(frame: &'static Frame) {
    if frame.is_timed() {
        finish_known(frame);
    } else {
        general::finish_untimed(frame);
    }
}

/// Ends a call that is timed, where there is nothing more to it than allocations, a place in the tree or one in the ring.
#[inline(never)]
extern "C" fn finish_known(frame: &'static Frame) {
    let (local, tag) = (frame.local(), frame.tag());
    let usual = local.tag.get();
    if tag.without(Tag::TREE.and(Tag::RING).and(Tag::HEAP).and(Tag::NOTED)) == usual && local.frames.is_top(frame) {
        let in_tree = |own| {
            if tag.has(Tag::TREE) {
                let place = frame.place();
                // SAFETY: under the loan that the call began under. A call with this tag has a node.
                unsafe { place.known_node() }.count_usual(own);
                place.restore(&frame.slot().shard().tree);
            }
        };
        let ticks = match lane::count_usual(frame, local, in_tree) {
            Ok((_, ticks)) => ticks,
            Err(ticks) => return finish(frame, ticks),
        };
        if tag.has(Tag::HEAP.and(Tag::RING)) {
            return count_the_rest(frame, ticks);
        }
        frame.reset(usual);
        return ShadowStack::pop(local);
    }
    finish(frame, clock::counter().wrapping_sub(frame.started()));
}

/// The end of a call that is counted. Its frame was the top one, and is still where signal handlers end their calls.
#[inline(always)]
fn end(frame: &'static Frame) {
    let local = frame.local();
    if !local.frames.is_top(frame) {
        return local.release(frame);
    }
    frame.reset(local.tag.get());
    ShadowStack::pop(local);
    local.frames.forget_marks();
}

/// Ends a call whose time is counted. A function of its own, so that a call that has not allocated needs fewer registers.
#[inline(never)]
extern "C" fn count_the_rest(frame: &'static Frame, ticks: u64) {
    let tag = frame.tag();
    if tag.has(Tag::RING) {
        return if tag.has(Tag::HEAP) { count_heap_and_record(frame, ticks) } else { record(frame, ticks) };
    }
    count_heap_and_end(frame);
}

/// Counts the allocations of the call with the top frame, if nothing is special about them, and returns them. Its sums are not
/// noted: no call has ended in it that allocated.
#[cfg_attr(not(debug_assertions), inline(always))]
fn close_usual(frame: &Frame, local: &Local, slot: &Slot) -> Option<(u64, u64)> {
    // SAFETY: the top frame.
    if !unsafe { local.frames.is_next_to_noted(frame) } {
        return None;
    }
    // SAFETY: under the loan that the call began under.
    unsafe { local.heap.close_usual(frame.heap(), slot) }
}

/// The end of such a call without an event in the ring, in any case.
#[inline(never)]
extern "C" fn count_heap_and_end(frame: &'static Frame) {
    let local = frame.local();
    let mut counted = None;
    if !frame.tag().has(Tag::NOTED) {
        local.note_sums_below_top();
        let _storing = local.storing();
        counted = close_usual(frame, local, frame.slot());
        if let Some(own) = counted {
            count_own_in_tree(frame, own);
        }
    }
    if counted.is_none() {
        settle_heap(frame);
    }
    end(frame);
}

#[inline(never)]
extern "C" fn count_heap_and_record(frame: &'static Frame, ticks: u64) {
    settle_heap(frame);
    record(frame, ticks);
}

/// Counts the allocations of a call with a mark that stands for itself alone.
fn settle_heap(frame: &Frame) {
    let (local, mark) = (frame.local(), frame.mark());
    if local.heap.is_untouched(&mark) {
        return;
    }
    let _storing = local.storing();
    let change = local.heap.close(&mark, 1);
    change.count_call(frame.slot(), &mark);
    count_own_in_tree(frame, (change.own_allocs, change.own_bytes));
}

/// The last part of a call: a function of its own for the same reason.
#[inline(never)]
extern "C" fn record(frame: &'static Frame, ticks: u64) {
    timeline::record(frame.local(), Kind::Call, frame.slot().id, frame.started(), ticks);
    end(frame);
}

/// Counts them at the place of the call in the tree, if it has one.
#[cfg_attr(not(debug_assertions), inline(always))]
fn count_own_in_tree(frame: &Frame, (allocs, bytes): (u64, u64)) {
    if !frame.tag().has(Tag::TREE) {
        return;
    }
    // SAFETY: as where the call is counted, which is under the loan that it began under.
    if let Some(node) = unsafe { frame.place().node() } {
        node.count_heap(allocs, bytes);
    }
}

/// Begins a call for which the usual path is not enough.
#[inline(never)]
pub(crate) fn start(site: &'static Callsite) -> Option<&'static Frame> {
    let (local, word) = (Local::here(), site.word());
    let Some(slot) = local.known_slot(word & ID) else {
        return entry::start(local, site);
    };
    if word & (GENERAL | WATCHED | SAMPLED) != 0 {
        return general::start_in(local, slot, site);
    }
    let frame = local.take_frame_or_lose(slot)?;
    let (mut parts, mut place) = (Tag::under(0), None);
    if word & RECORDED != 0 {
        parts = parts.and(Tag::RING);
    }
    if word & TREE != 0 {
        place = Some(Place::enter(&slot.shard().tree, slot)).filter(Place::has_node);
        if place.is_some() {
            parts = parts.and(Tag::TREE);
        }
    }
    frame.begin_timed(parts, local, slot, (place, None), clock::counter);
    Some(frame)
}

/// Ends a call that is timed, `ticks` being how far the processor's counter has come since its start.
#[inline(never)]
pub(crate) extern "C" fn finish(frame: &'static Frame, ticks: u64) {
    if frame.tag().has(Tag::GENERAL.and(Tag::STRAY)) {
        return general::finish(frame, frame.started().wrapping_add(ticks));
    }
    count(frame, ticks);
    frame.local().release(frame);
}

fn count(frame: &Frame, ticks: u64) {
    let (local, tag) = (frame.local(), frame.tag());
    if !local.is_under(tag.loan()) {
        return entry::finish_elsewhere(local, frame, ticks);
    }
    let slot = frame.slot();
    let _storing = local.storing();
    let ticks = slot.observe(ticks, |ticks| slow::call(slot, frame.started(), frame.child_ticks(), ticks));
    let own = ticks.wrapping_sub(local.child_ticks.get().wrapping_sub(frame.child_ticks()));
    // A plain addition: time that has passed on this thread, see `sync`.
    add_to!(slot, Slot, own, own);
    slot.count_inclusive(frame.total(), ticks);
    local.child_ticks.set(frame.child_ticks().wrapping_add(ticks).wrapping_add(local.cost.get()));
    if tag.has(Tag::TREE) {
        let place = frame.place();
        // SAFETY: under the loan that the call began under.
        if let Some(node) = unsafe { place.node() } {
            node.count_usual(own);
        }
        place.restore(&slot.shard().tree);
    }
    if frame.has_mark() {
        settle_heap(frame);
    }
    frame.count_outcome(slot);
    if tag.has(Tag::RING) {
        timeline::record(local, Kind::Call, slot.id, frame.started(), ticks);
    }
}
