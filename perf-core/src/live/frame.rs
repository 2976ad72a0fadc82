//! The frame of an open call: what its start notes for its end. A guard is the address of one.

use std::cell::Cell;

use super::clock;
use super::general::Sampled;
use super::heap::{Change, Heap, Mark, Start, Sums};
use super::local::Local;
use super::slot::Slot;
use super::tree::Place;

/// One word with the loan that a call is under, see [`Local::loan`], how its end is counted, and its flags. The usual
/// call's word is the loan alone, so that one comparison at its end shows that there is nothing else to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(u64);

impl Tag {
    /// A mark of the heap is there.
    pub(crate) const HEAP: Self = Self(1 << 0);
    /// The sums of the mark are noted, too, and those of all frames below: see [`super::shadow::ShadowStack::note_sums`].
    pub(crate) const NOTED: Self = Self(1 << 1);
    /// The call goes into the thread's ring.
    pub(crate) const RING: Self = Self(1 << 2);
    /// It has a place in the call tree: [`Frame::place`] is there.
    pub(crate) const TREE: Self = Self(1 << 3);
    /// It is counted by [`super::general`]: [`Frame::place`] and [`Frame::sampled`] are there.
    pub(crate) const GENERAL: Self = Self(1 << 4);
    /// It is counted by a thread that has no shard any more.
    pub(crate) const STRAY: Self = Self(1 << 5);
    /// The call is marked as failed.
    pub(crate) const FAILED: Self = Self(1 << 8);
    /// It leaves by a panic.
    pub(crate) const PANICKED: Self = Self(1 << 6);
    /// It began while its thread was unwinding: that this goes on at its end is no panic of the call.
    pub(crate) const UNWINDING: Self = Self(1 << 9);
    /// The call has ended out of order: see [`super::shadow`].
    pub(crate) const ENDED: Self = Self(1 << 10);
    /// The frame below is that of such a call.
    pub(crate) const ABOVE_ENDED: Self = Self(1 << 11);
    /// Another call is timed for this one.
    pub(crate) const UNTIMED: Self = Self(1 << 7);

    /// The tag of a usual call under this loan.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn under(loan: u64) -> Self {
        Self(loan << 32)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn without(self, part: Self) -> Self {
        Self(self.0 & !part.0)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn has(self, part: Self) -> bool {
        self.0 & part.0 != 0
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn loan(self) -> u64 {
        self.0 >> 32
    }

    pub(crate) const fn with_loan(self, loan: u64) -> Self {
        Self(self.flags() as u64 | loan << 32)
    }

    /// All of the tag but the loan.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    const fn flags(self) -> u32 {
        self.0 as u32
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    const fn is_timed(self) -> bool {
        !self.has(Self::UNTIMED)
    }
}

/// The state of an open call: a place on its thread's [`ShadowStack`](super::shadow::ShadowStack). Its memory is zeros before the
/// first call in it, which is valid for all of its fields, and afterwards holds an earlier call's values. So nothing in it
/// is undefined, also where a signal handler comes between the stores of a start.
pub(crate) struct Frame {
    tag: Cell<Tag>,
    /// The local state of the thread whose frame it is: in a dynamic library each access to it would take a call.
    /// A pointer, as an earlier thread's may be there.
    local: Cell<*const Local>,
    slot: Cell<*const Slot>,
    /// [`Local::child_ticks`] at the start.
    child_ticks: Cell<u64>,
    started: Cell<u64>,
    /// [`Slot::total`] at the start.
    total: Cell<u64>,
    /// Set with [`Tag::TREE`] or [`Tag::GENERAL`].
    place: Cell<Place>,
    /// Set with [`Tag::GENERAL`].
    sampled: Cell<Sampled>,
    /// Set when something is first allocated or freed in the call: see [`Frame::has_mark`].
    heap: Cell<Start>,
    /// Set with [`Tag::NOTED`], and for a frame that is in no array.
    sums: Cell<Sums>,
}

/// Beginnings are inlined in optimized builds: each writes the parts that its calls have, and no other.
impl Frame {
    /// Before it is used: makes it one of the thread's, with the tag of a usual call.
    pub(crate) fn prepare(&self, local: &'static Local) {
        self.local.set(local);
        self.reset(local.tag.get());
    }

    /// After its use by a call that is not usual: gives it the tag of a usual call.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn reset(&self, tag: Tag) {
        self.tag.set(tag);
    }

    /// Ends a start: the time is read last, and before it whether the thread unwinds, where that is asked. No memory but the call's is accessed
    /// after that question, and what follows it where the thread unwinds is a function of its own: so the compiler saves
    /// registers on the rare way only.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn time<const ASKS: bool>(&'static self) -> Option<&'static Self> {
        if ASKS && std::thread::panicking() {
            return self.time_unwinding();
        }
        self.started.set(clock::counter());
        Some(self)
    }

    /// The same of a call that is not timed.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn leave_untimed(&'static self) -> Option<&'static Self> {
        if std::thread::panicking() {
            return self.time_unwinding();
        }
        Some(self)
    }

    /// The same where the thread unwinds.
    #[cold]
    #[inline(never)]
    #[allow(clippy::unnecessary_wraps, reason = "the same type, so that it is gone on with by a jump")]
    fn time_unwinding(&'static self) -> Option<&'static Self> {
        self.set(Tag::UNWINDING);
        self.started.set(clock::counter());
        // Where the compiler knew the value, it would not go on by a jump.
        Some(std::hint::black_box(self))
    }

    /// Begins a usual call, which the caller [times](Self::time). The tag is there already.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_usual(&self, local: &'static Local, slot: &'static Slot) {
        self.begin_untimed(local, slot);
        self.total.set(slot.total.own());
    }

    /// Begins a call that is timed, with what its tag says it has.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_timed(
        &self,
        parts: Tag,
        local: &'static Local,
        slot: &'static Slot,
        (place, sampled): (Option<Place>, Option<Sampled>),
        now: impl FnOnce() -> u64,
    ) {
        self.set(parts);
        self.begin_usual(local, slot);
        if let Some(place) = place {
            self.set_place(place);
        }
        if let Some(sampled) = sampled {
            self.sampled.set(sampled);
        }
        if std::thread::panicking() {
            self.set(Tag::UNWINDING);
        }
        self.started.set(now());
    }

    /// Begins a call that another one is timed for; its tag says so.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_untimed(&self, local: &'static Local, slot: &'static Slot) {
        self.slot.set(slot);
        self.child_ticks.set(local.child_ticks.get());
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn set_place(&self, place: Place) {
        self.place.set(place);
    }

    /// Begins what the call's allocations are counted from.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn start_heap(&self, heap: &Heap) {
        self.heap.set(heap.start());
        self.set(Tag::HEAP);
    }

    /// Notes the sums that the end of a call changes. The slot may be that of an earlier call, where a start is interrupted by
    /// a signal handler.
    pub(crate) fn note_sums(&self, heap: &Heap) {
        // SAFETY: null or a slot, whose memory stays for ever.
        self.sums.set(heap.sums(unsafe { self.slot.get().as_ref() }));
        self.set(Tag::NOTED);
    }

    /// Sets all of the mark, of a frame that is in no array.
    pub(crate) fn set_mark(&self, mark: Mark) {
        self.heap.set(mark.start);
        self.sums.set(mark.sums);
        self.set(Tag::HEAP);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn tag(&self) -> Tag {
        self.tag.get()
    }

    /// Whether the call is timed: else another one is, for this one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_timed(&self) -> bool {
        self.tag().is_timed()
    }

    /// The calling thread's, since guards do not leave their thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn local(&self) -> &'static Local {
        // SAFETY: it is set before the frame is used, see `prepare`.
        unsafe { &*self.local.get() }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn slot(&self) -> &'static Slot {
        // SAFETY: every start sets it, and only guards of calls that have begun lead here.
        unsafe { &*self.slot.get() }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn child_ticks(&self) -> u64 {
        self.child_ticks.get()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn started(&self) -> u64 {
        debug_assert!(self.is_timed() || self.tag().has(Tag::GENERAL));
        self.started.get()
    }

    /// [`Slot::total`] at the start.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn total(&self) -> u64 {
        self.total.get()
    }

    /// Whether there is a mark of the heap: something may have been allocated or freed in the call.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn has_mark(&self) -> bool {
        self.tag().has(Tag::HEAP)
    }

    /// The mark, of a call that [has](Self::has_mark) one. From now on the sums of all open calls are noted.
    pub(crate) fn mark(&self) -> Mark {
        self.local().note_sums();
        Mark { start: self.heap.get(), sums: self.sums.get() }
    }

    /// The first half of the mark.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn heap(&self) -> &Cell<Start> {
        &self.heap
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn place(&self) -> Place {
        debug_assert!(self.tag().has(Tag::TREE.and(Tag::GENERAL)));
        self.place.get()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn sampled(&self) -> Sampled {
        debug_assert!(self.tag().has(Tag::GENERAL));
        self.sampled.get()
    }

    /// Whether another call stands for this one, which is counted already. The call is on the path of [`super::general`], or
    /// timed.
    pub(crate) fn is_stood_for(&self) -> bool {
        self.tag().has(Tag::GENERAL) && self.sampled().weight == 0
    }

    /// Closes the call's heap mark, as one that stands for `weight` calls; returns the change since the start, if any.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn close_heap(&self, local: &Local, weight: u64) -> Option<Change> {
        if !self.has_mark() {
            return None;
        }
        let mark = self.mark();
        (!local.heap.is_untouched(&mark)).then(|| local.heap.close(&mark, weight))
    }

    /// Takes from the tag.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn unset(&self, part: Tag) {
        self.tag.set(self.tag().without(part));
    }

    /// Adds to the tag. What a signal handler has added meanwhile stays.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn set(&self, more: Tag) {
        self.tag.set(self.tag().and(more));
    }

    /// Marks the call as failed.
    pub(crate) fn fail(&self) {
        self.set(Tag::FAILED);
    }

    /// Whether the call, which leaves now in a way that nothing tells, does so by a panic of its own.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn panics(&self) -> bool {
        std::thread::panicking() && !self.tag().has(Tag::UNWINDING)
    }

    /// Whether there is something for [`Self::count_outcome`] to count.
    pub(crate) fn has_outcome(&self) -> bool {
        self.tag().has(Tag::FAILED.and(Tag::PANICKED))
    }

    /// Errors and panics, once the call has ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn count_outcome(&self, slot: &Slot) {
        if self.tag().has(Tag::FAILED) {
            slot.errors.add(1);
        }
        if self.tag().has(Tag::PANICKED) {
            slot.panics.add(1);
        }
    }
}
