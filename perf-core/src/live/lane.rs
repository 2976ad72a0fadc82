//! The way of one call: [`start`] and [`finish`] around it. This is the hot path; it fits on a screen, and what does
//! not happen to nearly every call is elsewhere: [`super::entry`] for the first call of a probe on a thread,
//! [`super::general`] for sampling, the call tree and clocks that are not a register.
//!
//! The counter is read last at the start and first at the end. On the processors this was measured on, a reading
//! waits for the work before it, so what counts is the chain from the difference to the cell, and that is an `or`, a
//! count of leading zeros, a shift and an increment.

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

use std::cell::Cell;
use std::mem::MaybeUninit;

use super::callsite::Callsite;
use super::general::Extra;
use super::heap::{Mark, Nested};
use super::local::Local;
use super::ring::Kind;
use super::slot::Slot;
use super::{clock, entry, slow, timeline};
use crate::Guard;

/// How a call is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// The short way.
    Usual,
    /// The short way, and into the thread's ring.
    Recorded,
    /// By [`general`].
    General,
    /// Counted already; another call is timed for it.
    Untimed,
    /// By a thread that has no shard any more.
    Stray,
}

/// What is known of a call under way.
pub(crate) struct Open {
    pub(crate) lane: Lane,
    pub(crate) notes: Cell<Notes>,
    pub(crate) slot: &'static Slot,
    /// Of the thread at the start: see [`Local::loan`].
    pub(crate) loan: u64,
    pub(crate) started: u64,
    /// Of the thread and of the slot at the start: see [`Local::covered`] and [`Slot::total`].
    pub(crate) covered: u64,
    pub(crate) total: u64,
    pub(crate) heap: AtStart,
    /// In lane `General`.
    pub(crate) extra: MaybeUninit<Extra>,
}

/// The heap of the thread at the start: no lane needs both, and a guard is small.
#[derive(Clone, Copy)]
pub(crate) union AtStart {
    /// In the timed lanes.
    pub(crate) mark: Mark,
    /// In lane `Untimed`.
    pub(crate) nested: Nested,
}

/// What a call says about itself.
#[derive(Clone, Copy)]
pub(crate) struct Notes {
    /// It began while its thread was unwinding, so that it is not the one that panicked.
    pub(crate) unwinding: bool,
    pub(crate) failed: bool,
}

impl Notes {
    #[inline(always)]
    pub(crate) fn now() -> Cell<Self> {
        Cell::new(Self { unwinding: std::thread::panicking(), failed: false })
    }
}

impl Open {
    /// A call of the probe in `slot`, timed by the processor's counter from now on. Every field is written where the
    /// caller wants it, and the time is read last.
    #[inline(always)]
    pub(crate) fn now(lane: Lane, local: &Local, slot: &'static Slot) -> Self {
        Self {
            lane,
            notes: Notes::now(),
            slot,
            loan: local.loan.get(),
            covered: local.covered.get(),
            total: slot.total.get(),
            heap: AtStart { mark: local.heap.mark(slot) },
            extra: MaybeUninit::uninit(),
            started: clock::counter(),
        }
    }

    #[inline(always)]
    pub(crate) fn mark(&self) -> &Mark {
        debug_assert!(self.lane != Lane::Untimed);
        // SAFETY: set in all lanes but that one.
        unsafe { &self.heap.mark }
    }

    #[inline(always)]
    pub(crate) fn nested(&self) -> &Nested {
        debug_assert!(self.lane == Lane::Untimed);
        // SAFETY: set in that lane.
        unsafe { &self.heap.nested }
    }

    #[inline(always)]
    pub(crate) fn extra(&self) -> &Extra {
        debug_assert!(self.lane == Lane::General);
        // SAFETY: set in that lane.
        unsafe { self.extra.assume_init_ref() }
    }

    /// Marks the call as failed.
    pub(crate) fn fail(&self) {
        let notes = self.notes.get();
        self.notes.set(Notes { failed: true, ..notes });
    }

    /// Whether the call, which ends now, does so by a panic of its own.
    #[inline(always)]
    fn panics(&self) -> bool {
        std::thread::panicking() && !self.notes.get().unwinding
    }

    /// Whether there is something for [`Self::count_outcome`] to count.
    pub(crate) fn has_outcome(&self) -> bool {
        self.notes.get().failed || self.panics()
    }

    /// Errors and panics, once the call has ended.
    #[inline(always)]
    pub(crate) fn count_outcome(&self, slot: &Slot) {
        if self.notes.get().failed {
            slot.errors.add(1);
        }
        if self.panics() {
            slot.panics.add(1);
        }
    }
}

/// Begins a call of a probe that is neither sampled nor switched off.
#[inline(never)]
pub(crate) fn start(site: &'static Callsite, word: u32) -> Guard {
    let local = Local::here();
    match local.usual_slot(word) {
        Some(slot) => Guard::new(Open::now(Lane::Usual, local, slot)),
        None => entry::start(local, site),
    }
}

/// Ends a call in lane `Usual`.
#[inline(never)]
pub(crate) fn finish(open: &Open) {
    settle(Local::here(), open, clock::counter());
}

/// Ends a call in lane `Recorded`.
#[inline(never)]
pub(crate) fn finish_recorded(open: &Open) {
    let now = clock::counter();
    let local = Local::here();
    settle(local, open, now);
    timeline::record(local, Kind::Call, open.slot.id, open.started, now.saturating_sub(open.started));
}

#[inline(always)]
fn settle(local: &Local, open: &Open, now: u64) {
    let slot = open.slot;
    let ticks = now.wrapping_sub(open.started);
    if !local.is_under(open.loan) {
        return entry::finish_elsewhere(local, open, ticks);
    }
    let _storing = local.storing();
    let ticks = slot.observe(ticks, |ticks| slow::call(slot, open.started, open.covered, ticks));
    let callees = local.covered.get().wrapping_sub(open.covered);
    // Plain additions: time that has passed on this thread, see `sync`.
    slot.count_time(ticks, ticks.wrapping_sub(callees));
    slot.total.raise(open.total.wrapping_add(ticks));
    local.covered.set(open.covered.wrapping_add(ticks).wrapping_add(local.cost.get()));
    let mark = open.mark();
    if !local.heap.is_untouched(mark) {
        settle_heap(slot, mark);
    }
    open.count_outcome(slot);
}

/// What a call has allocated. By itself, so that one that has not allocated needs fewer registers.
#[inline(never)]
fn settle_heap(slot: &Slot, mark: &Mark) {
    Local::here().heap.close(mark, 1).count_call(slot, mark);
}

/// Adds items and bytes to what the call's probe has worked on.
pub(crate) fn count_units(open: &Open, items: u64, bytes: u64) {
    let count = |slot: &Slot| {
        slot.count_units(items, bytes);
    };
    let (local, slot) = (Local::here(), open.slot);
    if local.is_under(open.loan) {
        count(slot);
    } else {
        entry::record_elsewhere(local, slot.id, count);
    }
}
