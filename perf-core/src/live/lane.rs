//! The path of one call: [`start`] and [`finish`] around it. This is the hot path; it fits on a screen, and work that
//! only some calls need is elsewhere: [`super::more`] for allocations, the call tree, the timeline and outliers,
//! [`super::general`] for sampled calls that are timed and for clocks that are not a register, [`super::entry`] for the
//! first call of a probe on a thread.
//!
//! The counter is read last at the start and first at the end. On the processors this was measured on, a reading waits
//! for the work before it, so the cost is the chain from the difference to the cell: an `or`, a search for the highest
//! bit, a shift and an increment.
//!
//! Start and end save no register: they call nothing but as their last act, except to find out which thread unwinds
//! where some thread does. The state of a call is a frame of the thread's shadow stack (see [`super::shadow`]), the
//! thread-local is found without a call (see [`super::here`]), and functions that a path goes on with have their arguments in
//! the same places.

use super::callsite::{Callsite, SAMPLED, WATCHED};
use super::frame::{Frame, Tag};
use super::local::Local;
use super::shadow::ShadowStack;
use super::slot::Slot;
use super::sync::{add_one, add_to};
use super::{clock, entry, general, more};

/// Begins a call of a probe that is not switched off; `word` is the callsite's. None where the call is not counted. The call
/// may leave early, see [`finish`].
#[inline(never)]
pub(crate) fn start(site: &'static Callsite, word: usize) -> Option<&'static Frame> {
    start_as::<true>(site, word)
}

/// The same of a call that ends by [`end`] or [`unwind`], which says how it left: nobody asks whether it began while its
/// thread was unwinding.
#[inline(never)]
pub(crate) fn start_closed(site: &'static Callsite, word: usize) -> Option<&'static Frame> {
    start_as::<false>(site, word)
}

/// `ASKS`: whether the thread unwinds.
#[inline(always)]
fn start_as<const ASKS: bool>(site: &'static Callsite, word: usize) -> Option<&'static Frame> {
    let local = Local::known();
    if local.has_place(word) {
        // SAFETY: as just seen.
        let Some(slot) = (unsafe { local.slot(word) }) else {
            return more::start(site);
        };
        let Some(frame) = local.frames.push() else {
            return more::start_beyond(local, slot);
        };
        if ASKS {
            return begin(frame, slot, local);
        }
        frame.begin_usual(local, slot);
        return frame.time::<false>();
    }
    #[allow(clippy::cast_possible_truncation, reason = "it was 32 bits long")]
    let word = word as u32;
    // Whether its timed calls are watched does not matter to the others.
    if let Some(slot) = local.known_slot((word ^ SAMPLED) & !WATCHED) {
        if general::passes_by(local, slot) {
            let Some(frame) = local.frames.push() else {
                return more::start_untimed(slot, local);
            };
            if ASKS {
                return more::begin_untimed(frame, slot, local);
            }
            frame.set(Tag::UNTIMED);
            frame.begin_untimed(local, slot);
            return Some(frame);
        }
        return more::start(site);
    }
    more::start_known::<ASKS>(site, word, local)
}

/// Fills in the frame of a usual call that asks. A function of its own: what is an argument is saved where that is needed, on
/// the rare way only.
#[inline(never)]
fn begin(frame: &'static Frame, slot: &'static Slot, local: &'static Local) -> Option<&'static Frame> {
    frame.begin_usual(local, slot);
    frame.time::<true>()
}

/// Ends a call that returns.
///
/// This and what it goes on with are `extern "C"` functions, which do not unwind: a function under a probe needs no code for
/// a panic in them.
#[inline(never)]
pub(crate) extern "C" fn end(frame: &'static Frame) {
    let local = frame.local();
    if frame.tag() == local.tag.get() && local.frames.is_top(frame) {
        match count_usual(frame, local) {
            Ok(()) => return ShadowStack::pop(local),
            Err(ticks) => return more::finish(frame, ticks),
        }
    }
    more::finish_special(frame);
}

/// Ends a call that leaves by no return of its own, by a panic therefore.
#[cold]
#[inline(never)]
pub(crate) extern "C" fn unwind(frame: &'static Frame) {
    // Not where a macro that is named like one of the standard library's hides a `return`.
    if std::thread::panicking() {
        frame.set(Tag::PANICKED);
    }
    more::finish_special(frame);
}

/// Ends a call in any way: whether it panics is asked.
#[inline(never)]
pub(crate) fn finish(frame: &'static Frame) {
    let local = frame.local();
    if frame.tag() == local.tag.get() && local.frames.is_top(frame) {
        if let Err(ticks) = count_usual(frame, local) {
            return more::finish_asking(frame, ticks);
        }
        ShadowStack::pop(local);
        // The last question, as at the start. What follows where the thread unwinds is what follows the first one, with
        // the same argument: that keeps it out of a register to be saved.
        if !std::thread::panicking() {
            return;
        }
    }
    more::finish_special_asking(frame);
}

/// Counts a call that ends now; where its time takes the slow path, that is returned.
#[inline(always)]
fn count_usual(frame: &Frame, local: &Local) -> Result<(), u64> {
    let ticks = clock::counter().wrapping_sub(frame.started());
    let slot = frame.slot();
    // SAFETY: under the loan that the call began under, this thread writes to its slot.
    let Some((cells, position)) = (unsafe { slot.usual_cell(ticks) }) else {
        return Err(ticks);
    };
    // No call of the same probe has ended meanwhile.
    // SAFETY: as above.
    if unsafe { slot.total.own_plainly() } != frame.total() {
        return Err(ticks);
    }
    let _storing = local.storing();
    // SAFETY: there is such a cell: see `usual_cell`.
    unsafe { add_one(cells, position) };
    // Plain additions: time that has passed on this thread, see `sync`.
    add_to!(slot, Slot, total, ticks);
    // The thread's sum at the end, had nothing been called: callees have brought it as far as it differs from that.
    let reached = frame.child_ticks().wrapping_add(ticks);
    add_to!(slot, Slot, own, reached.wrapping_sub(local.child_ticks.get()));
    local.child_ticks.set(reached.wrapping_add(local.cost.get()));
    Ok(())
}

/// Adds to the items and bytes that the call's probe has worked on.
pub(crate) fn count_units(frame: &Frame, items: u64, bytes: u64) {
    let count = |slot: &Slot| {
        slot.count_units(items, bytes);
    };
    let (local, slot) = (frame.local(), frame.slot());
    if local.is_under(frame.tag().loan()) {
        let _storing = local.storing();
        count(slot);
    } else {
        entry::record_elsewhere(local, slot.id, count);
    }
}
