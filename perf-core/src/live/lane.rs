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

use super::callsite::{Callsite, OFF, SAMPLED};
use super::frame::{Frame, Tag};
use super::local::{FRAMELESS, Local};
use super::shadow::ShadowStack;
use super::sign::{Signed, Unsigned};
use super::slot::Slot;
use super::sync::{add_one, add_to};
use super::{clock, entry, general, highest_bit, more, placed};

/// An open call that ends by [`end`] or [`unwind`]: the address of its frame, or null where it is not counted.
///
/// A call that another one is timed for needs no more at its end than what callees had taken when it began, which is put back.
/// So it has no frame where nothing else is to be put back: the word is that number then, the highest bit set, which no address has.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Open(*const Frame);

impl Open {
    const NONE: Self = Self(std::ptr::null());

    /// Begins a call, unless its probe is switched off.
    #[inline]
    pub(crate) fn begin(site: &'static Callsite) -> Self {
        let word = site.word();
        if word & OFF == 0 { start_closed(site, word as usize) } else { Self::NONE }
    }

    /// Ends a call that returns.
    #[inline]
    pub(crate) fn end(self) {
        if self.is_counted() {
            end(self);
        }
    }

    #[inline(always)]
    fn framed(frame: Option<&'static Frame>) -> Self {
        Self(frame.map_or(std::ptr::null(), std::ptr::from_ref))
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "there are such calls where a word has 64 bits")]
    fn frameless(local: &Local) -> Self {
        Self(std::ptr::without_provenance(highest_bit::set(local.child_ticks.get()) as usize))
    }

    /// Whether the call is counted.
    #[inline(always)]
    pub(crate) fn is_counted(self) -> bool {
        !self.0.is_null()
    }

    #[inline(always)]
    fn is_frameless(self) -> bool {
        self.0.addr() as u64 & FRAMELESS != 0
    }

    /// The frame of a call that is counted and has one.
    ///
    /// # Safety
    /// It [is counted](Self::is_counted), and not [without a frame](Self::is_frameless).
    #[inline(always)]
    unsafe fn frame(self) -> &'static Frame {
        // SAFETY: a frame that a start has returned, which is in use until its call ends.
        unsafe { &*self.0 }
    }

    /// The frame of a call that is counted, or the slot that takes what the call counts without one.
    fn either(self, framed: impl FnOnce(&'static Frame), site: &'static Callsite, frameless: impl FnOnce(&Slot)) {
        if self.is_frameless() {
            entry::write_known(site, frameless);
        } else {
            // SAFETY: as just seen; only calls that are counted come here.
            framed(unsafe { self.frame() });
        }
    }
}

/// Begins a call of a probe that is not switched off; `word` is the callsite's. None where the call is not counted. The call
/// may leave early, see [`finish`].
#[inline(never)]
pub(crate) fn start(site: &'static Callsite, word: usize) -> Option<&'static Frame> {
    let open = start_as::<true>(site, word);
    // SAFETY: it has a frame, where it is counted.
    unsafe { open.0.as_ref() }
}

/// The same of a call that ends by [`end`] or [`unwind`], which says how it left: nobody asks whether it began while its
/// thread was unwinding.
#[inline(never)]
pub(crate) fn start_closed(site: &'static Callsite, word: usize) -> Open {
    start_as::<false>(site, word)
}

/// `ASKS`: whether the thread unwinds. Such a call has a frame.
#[inline(always)]
fn start_as<const ASKS: bool>(site: &'static Callsite, word: usize) -> Open {
    let local = Local::known();
    if local.has_place(word) {
        // SAFETY: as just seen.
        let Some(slot) = (unsafe { local.slot(word) }) else {
            return Open::framed(more::start(site));
        };
        let Some(frame) = local.frames.push() else {
            return Open::framed(more::start_beyond(local, slot));
        };
        if ASKS {
            return Open::framed(begin(frame, slot, local));
        }
        frame.begin_usual(local, slot);
        return Open::framed(frame.time::<false>());
    }
    let sampled = word.wrapping_sub(SAMPLED as usize);
    if !ASKS && local.has_frameless(sampled) {
        // SAFETY: as just seen.
        if let Some(slot) = unsafe { local.slot(sampled) } {
            if general::passes_by(local, slot) {
                return Open::frameless(local);
            }
        }
        return Open::framed(more::start(site));
    }
    let placed = placed::index(word);
    if local.has_place_anew(placed) {
        // SAFETY: as just seen.
        return Open::framed(unsafe { placed::start::<ASKS>(site, placed, local) });
    }
    if local.has_place_anew(sampled) {
        // SAFETY: as just seen.
        if let Some(slot) = unsafe { local.slot(sampled) } {
            if general::passes_by(local, slot) {
                let Some(frame) = local.frames.push() else {
                    return Open::framed(more::start_untimed(slot, local));
                };
                if ASKS {
                    return Open::framed(more::begin_untimed(frame, slot, local));
                }
                frame.set(Tag::UNTIMED);
                frame.begin_untimed(local, slot);
                return Open::framed(Some(frame));
            }
        }
        return Open::framed(more::start(site));
    }
    #[allow(clippy::cast_possible_truncation, reason = "it was 32 bits long")]
    let word = word as u32;
    Open::framed(more::start_known::<ASKS>(site, word, local))
}

/// Fills in the frame of a usual call that asks. A function of its own: what is an argument is saved where that is needed, on
/// the rare way only.
#[inline(never)]
pub(super) fn begin(frame: &'static Frame, slot: &'static Slot, local: &'static Local) -> Option<&'static Frame> {
    frame.begin_usual(local, slot);
    frame.time::<true>()
}

/// Ends a call that returns.
///
/// This and what it goes on with are `extern "C"` functions, which do not unwind: a function under a probe needs no code for
/// a panic in them.
#[inline(never)]
pub(crate) extern "C" fn end(open: Open) {
    let local = Local::known();
    // A call without a frame in which no probe was called: there is nothing to put back, and no store for the next such call to wait
    // for. No frame has this address: the sum has the highest bit, but where sums that were weighed have come past it.
    if open.0.addr() as u64 == local.child_ticks.get() {
        return;
    }
    if !local.frames.is_top(open.0) {
        return end_otherwise(open, local);
    }
    // SAFETY: it is that of the call that began last.
    let frame = unsafe { open.frame() };
    let (tag, usual) = (frame.tag(), local.tag.get());
    if tag != usual {
        if tag == usual.and(Tag::HEAP) {
            return more::finish_allocating(frame, local);
        }
        return placed::finish(frame, local);
    }
    match count_usual(frame, local, |_| ()) {
        Ok(_) => ShadowStack::pop(local),
        Err(ticks) => more::finish(frame, ticks),
    }
}

/// Ends a call that is not the one that has begun last; or puts back what callees had taken when one without a frame began: their time
/// is in that of the call that stands for it.
#[inline(never)]
extern "C" fn end_otherwise(open: Open, local: &'static Local) {
    if !open.is_frameless() {
        // SAFETY: as just seen, of a call that is counted.
        return more::finish_special(unsafe { open.frame() });
    }
    let now = local.child_ticks.get();
    // What has been added is less than half of what a word holds, so its sign tells what the highest bit was.
    let added = (now.wrapping_sub(open.0.addr() as u64) << 1).signed() >> 1;
    local.child_ticks.set(now.wrapping_sub(added.unsigned()));
}

/// Ends a call that leaves by no return of its own, by a panic therefore.
#[cold]
#[inline(never)]
pub(crate) extern "C" fn unwind(open: Open, site: &'static Callsite) {
    // Not where a macro that is named like one of the standard library's hides a `return`.
    if std::thread::panicking() {
        open.either(|frame| frame.set(Tag::PANICKED), site, |slot| slot.panics.add(1));
    }
    end(open);
}

/// Marks a call that ends now as failed.
#[cold]
#[inline(never)]
pub(crate) extern "C" fn fail(open: Open, site: &'static Callsite) {
    open.either(Frame::fail, site, |slot| slot.errors.add(1));
}

/// [`count_units`] of a call that has begun just now.
#[inline(never)]
pub(crate) fn count_units_of(open: Open, site: &'static Callsite, items: u64, bytes: u64) {
    let frameless = |slot: &Slot| {
        slot.count_units(items, bytes);
    };
    open.either(|frame| count_units(frame, items, bytes), site, frameless);
}

/// Ends a call in any way: whether it panics is asked.
#[inline(never)]
pub(crate) fn finish(frame: &'static Frame) {
    let local = frame.local();
    if frame.tag() == local.tag.get() && local.frames.is_top(frame) {
        if let Err(ticks) = count_usual(frame, local, |_| ()) {
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

/// Counts a call that ends now, its self time by `more` as well, and returns its slot and its time; where that takes the slow path, the
/// time as an error.
#[inline(always)]
pub(super) fn count_usual(frame: &Frame, local: &Local, more: impl FnOnce(u64)) -> Result<(&'static Slot, u64), u64> {
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
    let own = reached.wrapping_sub(local.child_ticks.get());
    add_to!(slot, Slot, own, own);
    local.child_ticks.set(reached.wrapping_add(local.cost.get()));
    more(own);
    Ok((slot, ticks))
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
