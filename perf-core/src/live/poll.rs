//! Counting of a future: wall time from the first poll to the end, busy time and allocations poll by poll, on the
//! thread that polls. Between polls no thread keeps any of its state.

use std::mem::ManuallyDrop;
use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;

use super::callsite::Callsite;
use super::entry::{self, Found};
use super::future_state::FutureState;
use super::heap::Mark;
use super::local::{Local, STRAY};
use super::lost::count_lost;
use super::ring::Kind;
use super::shard::Shard;
use super::slot::Slot;
use super::tree::Place;
use super::waiting::{self, Watch};
use super::{clock, cost, general, slow, timeline};

/// How a future ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Ready,
    Failed,
    Panicked,
    Cancelled,
}

impl FutureState {
    /// Ends the call between stretches, if it has begun and not ended: a future that is dropped then was cancelled.
    #[inline(never)]
    pub(crate) fn end(&self, site: &'static Callsite, end: End) {
        let Some(since) = self.finish() else {
            return;
        };
        let wall = clock::now().wrapping_sub(since);
        entry::write(site, |slot| {
            let outermost = slot.polls_around(Local::here().loan()) == 0;
            end_call(self, slot, since, wall, outermost, end);
        });
    }
}

/// What a measured future holds of its call. The rest lies in a place of the library's, which the future takes at its first
/// poll: so there is little to move with it, and little in each level of a recursion.
pub(crate) struct FutureCall {
    site: &'static Callsite,
    /// The call's state; null before the first poll.
    state: AtomicPtr<FutureState>,
    /// Not counted yet: the first poll counts them.
    pub(crate) items: u64,
    pub(crate) bytes: u64,
}

impl FutureCall {
    pub(crate) const fn new(site: &'static Callsite) -> Self {
        Self { site, state: AtomicPtr::new(null_mut()), items: 0, bytes: 0 }
    }

    fn state(&mut self) -> Option<&FutureState> {
        // SAFETY: null or the state, which stays until the future is dropped, and is shared: it has cells only.
        unsafe { self.state.get_mut().as_ref() }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn state_or_new(&mut self, local: &Local) -> Option<&FutureState> {
        if self.state.get_mut().is_null() {
            let place = local.futures.take();
            if place.is_null() {
                return None;
            }
            // SAFETY: a place for it, which nothing refers to yet.
            unsafe { place.write(FutureState::new()) };
            *self.state.get_mut() = place;
        }
        self.state()
    }

    /// The call is cancelled if it has not ended.
    #[inline(never)]
    fn end(&mut self) {
        let site = self.site;
        if let Some(state) = self.state() {
            state.end(site, End::Cancelled);
        }
        let place = std::mem::replace(self.state.get_mut(), null_mut());
        // SAFETY: the state, which nothing refers to: no poll is open where its future is dropped.
        unsafe {
            place.drop_in_place();
            Local::here().futures.give(place);
        }
    }
}

impl Drop for FutureCall {
    #[inline]
    fn drop(&mut self) {
        if !self.state.get_mut().is_null() {
            self.end();
        }
    }
}

/// A poll of a future, also where it unwinds: a word in the frame that polls. Null where the poll is not counted.
pub(crate) struct OpenPoll(*mut Polling);

/// What the start of a poll notes for its end.
pub(crate) struct Polling {
    future_state: *const FutureState,
    /// The future around this one, if there is one.
    outer: *const FutureState,
    visit: Visit,
}

impl OpenPoll {
    /// Not inlined, like all of this: every future would have a copy, and its frame would be there while the future is polled.
    #[inline(never)]
    pub(crate) fn begin(call: &mut FutureCall) -> Self {
        let (items, bytes) = (std::mem::take(&mut call.items), std::mem::take(&mut call.bytes));
        if items | bytes != 0 {
            entry::count_units(call.site, items, bytes);
        }
        Self(Self::polling(call, Local::here()).unwrap_or(null_mut()))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn polling(call: &mut FutureCall, local: &Local) -> Option<*mut Polling> {
        let site = call.site;
        let found = entry::find(local, site);
        if matches!(found, Found::Off) {
            // Switched off, or lost: a call that has begun is abandoned.
            call.state()?.finish();
            return None;
        }
        let place = local.polls.take();
        let Some(future_state) = call.state_or_new(local).filter(|_| !place.is_null()) else {
            count_lost(1);
            return None;
        };
        future_state.enter_span(site);
        let outer = local.future_state.replace(future_state);
        let visit = Visit::begin_where(future_state, &found)?;
        // SAFETY: a place for it, which nothing refers to.
        unsafe { place.write(Polling { future_state, outer, visit }) };
        Some(place)
    }

    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        !self.0.is_null()
    }

    /// The poll returns; `end` where the future has ended.
    #[inline]
    pub(crate) fn end(self, end: Option<End>) {
        let poll = ManuallyDrop::new(self);
        if poll.is_counted() {
            Self::leave(poll.0, end);
        }
    }

    #[inline(never)]
    fn leave(place: *mut Polling, end: Option<End>) {
        let (now, local) = (clock::now(), Local::here());
        // SAFETY: as `begin` has made it.
        let Polling { future_state, outer, visit } = unsafe { &*place };
        local.future_state.set(*outer);
        // SAFETY: it stays until its future is dropped, which is still being polled.
        let future_state = unsafe { &**future_state };
        visit.end(future_state, now, end);
        future_state.exit_span();
        // SAFETY: from a pool, and not used any more.
        unsafe { local.polls.give(place) };
    }
}

impl Drop for OpenPoll {
    #[cold]
    fn drop(&mut self) {
        // SAFETY: null, or as `begin` has made it.
        if let Some(polling) = unsafe { self.0.as_ref() } {
            // The poll unwinds.
            Self::leave(self.0, (!polling.visit.unwinding).then_some(End::Panicked));
        }
    }
}

/// A stretch of a call on one thread: a poll.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    shard: &'static Shard,
    slot: &'static Slot,
    /// See [`Local::loan`].
    loan: u64,
    unwinding: bool,
    /// Stretches of the same probe around this one: a recursion through boxed futures.
    around: u64,
    place: Place,
    child_ticks: u64,
    mark: Mark,
    watch: Watch,
    started: u64,
}

impl Visit {
    /// Begins the stretch where the probe's calls are counted; `None` where they are not.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn begin_where(future_state: &FutureState, found: &Found) -> Option<Self> {
        match *found {
            Found::Here(shard, slot) => Some(Self::begin(future_state, shard, slot)),
            Found::Orphan(slot) => Some(Self::begin_orphan(future_state, slot)),
            Found::Off => None,
        }
    }

    /// Begins a stretch on a thread past its end: all of it is counted when it is over.
    #[cold]
    fn begin_orphan(future_state: &FutureState, slot: &'static Slot) -> Self {
        let local = Local::here();
        let (child_ticks, mark, watch) = (local.child_ticks.get(), local.mark_heap(slot), Watch::none(local));
        let (unwinding, started) = (std::thread::panicking(), clock::now());
        future_state.start(started);
        let shard = slot.shard();
        let place = Place::none(&shard.tree);
        Self { shard, slot, loan: STRAY, unwinding, around: 0, place, child_ticks, mark, watch, started }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn begin(future_state: &FutureState, shard: &'static Shard, slot: &'static Slot) -> Self {
        let local = Local::here();
        let loan = local.loan();
        let around = slot.polls_around(loan);
        slot.set_polls_around(loan, around.wrapping_add(1));
        let place = general::enter(shard, slot);
        let (child_ticks, mark) = (local.child_ticks.get(), local.mark_heap(slot));
        let watch = Watch::begin(local, slot);
        let started = clock::now();
        future_state.start(started);
        let unwinding = std::thread::panicking();
        Self { shard, slot, loan, unwinding, around, place, child_ticks, mark, watch, started }
    }

    /// Ends the stretch, and the call if `end` is given; on the thread that the stretch began on.
    #[inline]
    pub(crate) fn end(&self, future_state: &FutureState, now: u64, end: Option<End>) {
        let local = Local::here();
        if !local.is_under(self.loan) {
            return self.end_elsewhere(local, future_state, now, end);
        }
        let _storing = local.storing();
        self.store(local, future_state, now, end);
    }

    /// Counts the stretch in the slot that it began in.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn store(&self, local: &Local, future_state: &FutureState, now: u64, end: Option<End>) {
        let Self { slot, shard, .. } = *self;
        let outermost = self.around == 0;
        slot.set_polls_around(self.loan, self.around);
        slot.polls.add(1);
        let ticks = now.checked_sub(self.started).unwrap_or_else(|| {
            slot.backward.add(1);
            0
        });
        let callees = local.child_ticks.get().wrapping_sub(self.child_ticks);
        let own = ticks.wrapping_sub(callees);
        slot.own.add_signed_ticks(own);
        future_state.count_poll(ticks, callees);
        // Adds callees that are plain calls: futures have already added themselves.
        timeline::callees_since(local, self.started, |event| {
            if event.kind == Kind::Call {
                future_state.count_callee(event.id, event.ticks, 0);
            }
        });
        timeline::record_if_on(local, Kind::Poll, slot.id, self.started, ticks);
        if outermost {
            slot.busy.add_ticks(ticks);
        }
        let watching = self.watch.end(local, slot, ticks, own, 1);
        waiting::consider_poll(slot, ticks);
        let child_ticks = self.child_ticks.wrapping_add(ticks).wrapping_add(watching);
        local.child_ticks.set(child_ticks.wrapping_add(cost::outside_poll()));
        self.settle_heap(local, future_state, outermost);
        // SAFETY: under the loan that the stretch began under.
        if let Some(node) = unsafe { self.place.node() } {
            node.count(end.is_some().into(), own, (0, 0));
        }
        self.place.restore(&shard.tree);
        if let Some(end) = end {
            if let Some(since) = future_state.finish() {
                end_call(future_state, slot, since, now.wrapping_sub(since), outermost, end);
            }
        }
    }

    /// Ends a stretch that outlives the session it began in.
    #[cold]
    #[inline(never)]
    fn end_elsewhere(&self, local: &Local, future_state: &FutureState, now: u64, end: Option<End>) {
        let ticks = now.saturating_sub(self.started);
        let callees = local.child_ticks.get().wrapping_sub(self.child_ticks);
        let child_ticks = self.child_ticks.wrapping_add(ticks);
        local.child_ticks.set(child_ticks.wrapping_add(local.cost.get()));
        local.note_sums();
        let change = local.heap.close(&self.mark, 1);
        let peak = future_state.count_heap(&change);
        future_state.count_poll(ticks, callees);
        let outermost = self.around == 0;
        let ended = end.and_then(|end| Some((end, future_state.finish()?)));
        entry::record_elsewhere(local, self.slot.id, |slot| {
            slot.polls.add(1);
            slot.own.add_signed_ticks(ticks.wrapping_sub(callees));
            change.count_own(slot);
            slot.peak.raise(peak);
            if outermost {
                slot.busy.add_ticks(ticks);
                change.add_inclusive(slot);
            }
            if let Some((end, since)) = ended {
                end_call(future_state, slot, since, now.wrapping_sub(since), outermost, end);
            }
        });
    }

    fn settle_heap(&self, local: &Local, future_state: &FutureState, outermost: bool) {
        if local.heap.is_untouched(&self.mark) {
            return;
        }
        local.note_sums();
        let change = local.heap.close(&self.mark, 1);
        change.count_own(self.slot);
        if outermost {
            change.add_inclusive(self.slot);
        }
        // SAFETY: as in `store`.
        if let Some(node) = unsafe { self.place.node() } {
            node.count(0, 0, (change.own_allocs, change.own_bytes));
        }
        let peak = future_state.count_heap(&change);
        self.slot.peak.raise(peak);
    }
}

fn end_call(future_state: &FutureState, slot: &Slot, since: u64, wall: u64, outermost: bool, end: End) {
    let local = Local::here();
    let wall = slot.observe(wall, |wall| slow::future_state(local, slot, future_state, since, wall));
    slot.again.add_ticks(wall);
    slot.weighed.add(1);
    if outermost {
        slot.wall.add_ticks(wall);
    }
    match end {
        End::Ready => {}
        End::Failed => slot.errors.add(1),
        End::Panicked => slot.panics.add(1),
        End::Cancelled => slot.cancelled.add(1),
    }
    // SAFETY: null, or the future_state of a poll further up on this thread's stack, which holds it until it is over.
    if let Some(around) = unsafe { local.future_state.get().as_ref() } {
        let busy = future_state.busy();
        around.count_callee(slot.id, busy, wall.saturating_sub(busy));
    }
    timeline::record_if_on(local, Kind::Task, slot.id, since, wall);
}
