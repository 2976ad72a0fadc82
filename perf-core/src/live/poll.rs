//! The way of a future: wall time from the first poll to the end, busy time and allocations poll by poll, on whichever
//! thread polls. Between polls nothing of it is on any thread.

use std::task::Poll;

use super::callsite::Callsite;
use super::entry::{self, Found};
use super::heap::Mark;
use super::journey::Journey;
use super::local::Local;
use super::ring::Kind;
use super::shard::Shard;
use super::slot::Slot;
use super::tree::node_at;
use super::{clock, general, slow, timeline};

/// How a future ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Ready,
    Failed,
    Panicked,
    Cancelled,
}

impl Journey {
    /// Polls once; `failed` judges the output.
    pub(crate) fn poll<T>(
        &self,
        site: &'static Callsite,
        poll: impl FnOnce() -> Poll<T>,
        failed: impl FnOnce(&T) -> bool,
    ) -> Poll<T> {
        let Some(visit) = Visit::begin(self, site) else {
            return poll();
        };
        let outcome = poll();
        visit.end(match &outcome {
            Poll::Pending => None,
            Poll::Ready(value) if failed(value) => Some(End::Failed),
            Poll::Ready(_) => Some(End::Ready),
        });
        outcome
    }

    /// The future is dropped; one that was polled and has not ended was cancelled.
    #[inline(never)]
    pub(crate) fn abandon(&self, site: &'static Callsite) {
        let Some(since) = self.finish() else {
            return;
        };
        let wall = clock::now().wrapping_sub(since);
        entry::write(site, |slot| end_call(self, slot, since, wall, slot.polling.get() == 0, End::Cancelled));
    }
}

/// One poll, also where it unwinds.
struct Visit<'a> {
    journey: &'a Journey,
    /// The future around this one, if there is one.
    outer: *const Journey,
    shard: &'static Shard,
    slot: &'static Slot,
    unwinding: bool,
    /// Polls of the same probe around this one: a recursion through boxed futures.
    around: u64,
    caller: u64,
    node: u64,
    covered: u64,
    mark: Mark,
    started: u64,
}

impl<'a> Visit<'a> {
    /// Not inlined, like all of this that does not depend on the future's type: every future would have a copy.
    #[inline(never)]
    fn begin(journey: &'a Journey, site: &'static Callsite) -> Option<Self> {
        let Found::Here(shard, slot) = entry::find(Local::here(), site) else {
            // Off, lost, or on a thread past its end: what was begun is given up.
            journey.finish();
            return None;
        };
        let around = slot.polling.get();
        slot.polling.set(around + 1);
        let caller = shard.tree.current();
        let node = general::enter(shard, slot);
        let local = Local::here();
        let (covered, mark) = (local.covered.get(), local.heap.mark(slot));
        let outer = local.journey.replace(journey);
        let started = clock::now();
        journey.start(started);
        Some(Self {
            journey,
            outer,
            shard,
            slot,
            unwinding: std::thread::panicking(),
            around,
            caller,
            node,
            covered,
            mark,
            started,
        })
    }

    fn end(mut self, end: Option<End>) {
        self.leave(end);
        std::mem::forget(self);
    }

    #[inline(never)]
    fn leave(&mut self, end: Option<End>) {
        let now = clock::now();
        let Self { slot, shard, .. } = *self;
        let outermost = self.around == 0;
        slot.polling.set(self.around);
        slot.polls.add(1);
        let ticks = now.checked_sub(self.started).unwrap_or_else(|| {
            slot.backward.add(1);
            0
        });
        let local = Local::here();
        local.journey.set(self.outer);
        let callees = local.covered.get().wrapping_sub(self.covered);
        let own = ticks.wrapping_sub(callees);
        slot.own.add(own);
        self.journey.count_poll(ticks, callees);
        // What it called without waiting; futures have told it themselves.
        timeline::callees_since(local, self.started, |event| {
            if event.kind == Kind::Call {
                self.journey.count_callee(event.id, event.ticks, 0);
            }
        });
        timeline::record_if_on(local, Kind::Poll, slot.id, self.started, ticks);
        if outermost {
            slot.busy.add(ticks);
        }
        let covered = self.covered.wrapping_add(ticks);
        local.covered.set(covered.wrapping_add(local.cost.get()));
        self.settle_heap(local, outermost);
        if let Some(node) = node_at(self.node) {
            node.own.add(own);
            node.calls.add(end.is_some().into());
        }
        shard.tree.set_current(self.caller);
        if let Some(end) = end
            && let Some(since) = self.journey.finish()
        {
            end_call(self.journey, slot, since, now.wrapping_sub(since), outermost, end);
        }
    }

    fn settle_heap(&mut self, local: &Local, outermost: bool) {
        if local.heap.is_untouched(&self.mark) {
            return;
        }
        let change = local.heap.close(&self.mark, 1);
        change.count_own(self.slot);
        if outermost {
            change.add_inclusive(self.slot);
        }
        if let Some(node) = node_at(self.node) {
            node.own_allocs.add(change.own_allocs);
            node.own_alloc_bytes.add(change.own_bytes);
        }
        let peak = self.journey.count_heap(&change);
        self.slot.peak.set(self.slot.peak.get().max(peak));
    }
}

impl Drop for Visit<'_> {
    /// Only where the poll unwinds: [`Visit::end`] forgets the rest.
    fn drop(&mut self) {
        self.leave((!self.unwinding).then_some(End::Panicked));
    }
}

fn end_call(journey: &Journey, slot: &Slot, since: u64, wall: u64, outermost: bool, end: End) {
    let local = Local::here();
    let wall = slot.observe(wall, |wall| slow::journey(local, slot, journey, since, wall));
    slot.sum.add(wall);
    slot.weighed.add(1);
    if outermost {
        slot.wall.add(wall);
    }
    match end {
        End::Ready => {}
        End::Failed => slot.errors.add(1),
        End::Panicked => slot.panics.add(1),
        End::Cancelled => slot.cancelled.add(1),
    }
    // SAFETY: null, or the journey of a poll further up on this thread's stack, which holds it until it is over.
    if let Some(around) = unsafe { local.journey.get().as_ref() } {
        let busy = journey.busy();
        around.count_callee(slot.id, busy, wall.saturating_sub(busy));
    }
    timeline::record_if_on(local, Kind::Task, slot.id, since, wall);
}
