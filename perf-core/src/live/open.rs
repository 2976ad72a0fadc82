//! The state that a guard keeps of an open call. Guards are moved, and dropped in any order or never: nothing refers to
//! one.

use std::cell::Cell;
use std::mem::MaybeUninit;

use super::clock;
use super::general::Sampled;
use super::heap::{Change, Mark, Nested};
use super::local::Local;
use super::slot::Slot;
use super::tree::Place;

/// One word with the loan that a call is under, see [`Local::loan`], how its end is counted, and its flags. The usual
/// call's word is the loan alone, so that one comparison at its end shows that there is nothing else to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag(u64);

/// Which function ends a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The one that reads the counter first.
    Timed,
    /// None: the call is not counted.
    Off,
    /// The one that does not read it: another call is timed for this one.
    Untimed,
}

impl Tag {
    /// [`Open::mark`] is there.
    pub(crate) const HEAP: Self = Self(1 << 32);
    /// The call goes into the thread's ring.
    pub(crate) const RING: Self = Self(1 << 33);
    /// It has a place in the call tree: [`Open::place`] is there.
    pub(crate) const TREE: Self = Self(1 << 34);
    /// It is counted by [`super::general`]: [`Open::place`] and [`Open::sampled`] are there.
    pub(crate) const GENERAL: Self = Self(1 << 35);
    /// It is counted by a thread that has no shard any more.
    pub(crate) const STRAY: Self = Self(1 << 36);
    /// The call is marked as failed.
    pub(crate) const FAILED: Self = Self(1 << 40);
    /// It began while its thread was unwinding, so that it is not the one that panicked.
    pub(crate) const UNWINDING: Self = Self(1 << 41);
    /// Class `Untimed`.
    pub(crate) const UNTIMED: Self = Self(1 << 63);
    /// Class `Off`: all of the tag.
    const OFF: Self = Self(u64::MAX);

    /// The tag of a usual call under this loan.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn under(loan: u64) -> Self {
        Self(loan)
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
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    pub(crate) const fn loan(self) -> u64 {
        self.0 as u32 as u64
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    const fn is_timed(self) -> bool {
        self.0 >> 63 == 0
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    const fn class(self) -> Class {
        if self.is_timed() {
            Class::Timed
        } else if self.0 == Self::OFF.0 {
            Class::Off
        } else {
            Class::Untimed
        }
    }
}

pub(crate) struct Open {
    tag: Cell<Tag>,
    /// The call's thread and slot; unset in class `Off`.
    of: MaybeUninit<Of>,
    /// Unset in class `Off`.
    start: MaybeUninit<AtStart>,
    /// Set with [`Tag::HEAP`].
    heap: MaybeUninit<Mark>,
    /// Set with [`Tag::TREE`] or [`Tag::GENERAL`].
    place: MaybeUninit<Place>,
    /// Set with [`Tag::GENERAL`].
    sampled: MaybeUninit<Sampled>,
}

#[derive(Clone, Copy)]
struct Of {
    /// The thread's local state: a guard does not leave its thread, and in a dynamic library each access would take a
    /// call.
    local: &'static Local,
    slot: &'static Slot,
    /// [`Local::child_ticks`] at the start.
    child_ticks: u64,
}

#[derive(Clone, Copy)]
struct Times {
    started: u64,
    /// [`Slot::total`] at the start.
    total: u64,
}

/// What a call notes of its start beside [`Of`]: no call needs both fields. They are of one size, so that neither leaves a
/// part of the guard to be filled with zeros.
#[derive(Clone, Copy)]
union AtStart {
    times: Times,
    /// In calls made by [`Open::untimed`].
    nested: Nested,
}

/// Beginnings are inlined in optimized builds: each writes the parts that its calls have, and no other.
impl Open {
    /// A call that is not counted.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn off() -> Self {
        Self::tagged(Tag::OFF)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    const fn tagged(tag: Tag) -> Self {
        Self {
            tag: Cell::new(tag),
            of: MaybeUninit::uninit(),
            start: MaybeUninit::uninit(),
            heap: MaybeUninit::uninit(),
            place: MaybeUninit::uninit(),
            sampled: MaybeUninit::uninit(),
        }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn begin(&mut self, tag: Tag, local: &'static Local, slot: &'static Slot) {
        self.tag.set(tag);
        self.of.write(Of { local, slot, child_ticks: local.child_ticks.get() });
    }

    /// Marks the call, which begins now, where its thread unwinds. The question is the last but for the counter, and no
    /// memory but the call's is accessed after it: so the compiler saves registers on the rare way through it only.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn note_unwinding(&self) {
        if std::thread::panicking() {
            // SAFETY: reads a field of this value. A value that was just written would be kept in a register until here.
            let tag = unsafe { self.tag.as_ptr().read_volatile() };
            self.tag.set(tag.and(Tag::UNWINDING));
        }
    }

    /// Ends a start: the time is read last.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn begin_times(&mut self, total: u64, now: impl FnOnce() -> u64) {
        // SAFETY: places of fields of a value that is there, initialized or not.
        let (total_place, started_place) = unsafe {
            let times = &raw mut (*self.start.as_mut_ptr()).times;
            (&raw mut (*times).total, &raw mut (*times).started)
        };
        // SAFETY: as just said.
        unsafe { total_place.write(total) };
        self.note_unwinding();
        // SAFETY: as just said.
        unsafe { started_place.write(now()) };
    }

    /// Begins a call of the probe in `slot` and nothing else, timed by the processor's counter from now on.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_usual(&mut self, local: &'static Local, slot: &'static Slot) {
        self.begin(Tag::under(local.loan.get()), local, slot);
        self.begin_times(slot.total.own(), clock::counter);
    }

    /// The same with the place in the tree and in the ring that the tag says, and a mark of the heap where allocations are
    /// counted.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_known<const HEAP: bool>(
        &mut self,
        tag: Tag,
        local: &'static Local,
        slot: &'static Slot,
        place: MaybeUninit<Place>,
    ) {
        self.begin(if HEAP { tag.and(Tag::HEAP) } else { tag }, local, slot);
        self.place = place;
        if HEAP {
            self.heap.write(local.heap.mark(slot));
        }
        self.begin_times(slot.total.own(), clock::counter);
    }

    /// The same with what the tag says it has: with [`Tag::HEAP`] a mark is taken.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_timed(
        &mut self,
        tag: Tag,
        local: &'static Local,
        slot: &'static Slot,
        (place, sampled): (MaybeUninit<Place>, MaybeUninit<Sampled>),
        now: impl FnOnce() -> u64,
    ) {
        self.begin(tag, local, slot);
        (self.place, self.sampled) = (place, sampled);
        if tag.has(Tag::HEAP) {
            self.heap.write(local.heap.mark(slot));
        }
        self.begin_times(slot.total.own(), now);
    }

    /// Begins a call that another one is timed for.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_untimed(&mut self, local: &'static Local, slot: &'static Slot) {
        self.begin(Tag::under(local.loan.get()).and(Tag::UNTIMED), local, slot);
        self.start.write(AtStart { nested: local.heap.nested() });
        self.note_unwinding();
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn tag(&self) -> Tag {
        self.tag.get()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn class(&self) -> Class {
        self.tag().class()
    }

    /// Whether it is not of class `Off`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_counted(&self) -> bool {
        self.tag() != Tag::OFF
    }

    /// Whether it is of class `Timed`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn is_timed(&self) -> bool {
        self.tag().is_timed()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn of(&self) -> &Of {
        debug_assert!(self.class() != Class::Off);
        // SAFETY: set in all classes but that one, and nothing changes the class.
        unsafe { self.of.assume_init_ref() }
    }

    /// The calling thread's, since guards do not leave their thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn local(&self) -> &'static Local {
        self.of().local
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn slot(&self) -> &'static Slot {
        self.of().slot
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn child_ticks(&self) -> u64 {
        self.of().child_ticks
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn times(&self) -> &Times {
        debug_assert!(!self.is_light());
        // SAFETY: set in all calls but those.
        unsafe { &self.start.assume_init_ref().times }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn started(&self) -> u64 {
        self.times().started
    }

    /// [`Slot::total`] at the start.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn total(&self) -> u64 {
        self.times().total
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn mark(&self) -> &Mark {
        debug_assert!(self.tag().has(Tag::HEAP));
        // SAFETY: set with that part.
        unsafe { self.heap.assume_init_ref() }
    }

    /// The allocations that callees had made at the start.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn nested(&self) -> &Nested {
        debug_assert!(self.is_light());
        // SAFETY: set in those calls.
        unsafe { &self.start.assume_init_ref().nested }
    }

    /// Made by [`Self::untimed`], or not counted.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn is_light(&self) -> bool {
        self.class() != Class::Timed && !self.tag().has(Tag::GENERAL)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn place(&self) -> &Place {
        debug_assert!(self.tag().has(Tag::TREE.and(Tag::GENERAL)));
        // SAFETY: set with either part.
        unsafe { self.place.assume_init_ref() }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn sampled(&self) -> &Sampled {
        debug_assert!(self.tag().has(Tag::GENERAL));
        // SAFETY: set with that part.
        unsafe { self.sampled.assume_init_ref() }
    }

    /// Whether another call stands for this one, which is counted already. The call is on the path of [`super::general`], or
    /// timed.
    pub(crate) fn is_stood_for(&self) -> bool {
        self.tag().has(Tag::GENERAL) && self.sampled().weight == 0
    }

    /// Closes the call's heap mark, as one that stands for `weight` calls; returns the change since the start, if any.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn close_heap(&self, local: &Local, weight: u64) -> Option<Change> {
        if !self.tag().has(Tag::HEAP) || local.heap.is_untouched(self.mark()) {
            return None;
        }
        Some(local.heap.close(self.mark(), weight))
    }

    /// Marks the call as failed.
    pub(crate) fn fail(&self) {
        self.tag.set(self.tag().and(Tag::FAILED));
    }

    /// Whether the call, which ends now, does so by a panic of its own.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn panics(&self) -> bool {
        std::thread::panicking() && !self.tag().has(Tag::UNWINDING)
    }

    /// Whether there is something for [`Self::count_outcome`] to count.
    pub(crate) fn has_outcome(&self) -> bool {
        self.tag().has(Tag::FAILED) || self.panics()
    }

    /// Errors and panics, once the call has ended.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn count_outcome(&self, slot: &Slot) {
        if self.tag().has(Tag::FAILED) {
            slot.errors.add(1);
        }
        if self.panics() {
            slot.panics.add(1);
        }
    }
}
