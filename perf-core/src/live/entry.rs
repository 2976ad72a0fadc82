//! The slow paths of a call: the first call of a program, of a callsite, of a thread, of a callsite on a thread; calls
//! on threads that are past their end; guards that outlive the session they began in.

use std::sync::Once;

use super::callsite::{Callsite, ID, OFF, SAMPLED, UNREGISTERED};
use super::frame::{Frame, Tag};
use super::local::{ENDED, Local, Phase, STRAY};
use super::lost::count_lost;
use super::registry::REGISTRY;
use super::shard::Shard;
use super::slot::{EMPTY, Slot};
use super::{clock, cost, fork, general, object, sessions, slow};

/// Where a probe's calls are counted.
pub(crate) enum Found {
    Here(&'static Shard, &'static Slot),
    /// In the registry's own shard, under its lock: the thread has given back its shard.
    Orphan(&'static Slot),
    /// Nowhere.
    Off,
}

/// Finds the slot of a probe, making all that is missing.
pub(crate) fn find(local: &Local, site: &'static Callsite) -> Found {
    let word = site.word();
    if word & OFF != 0 {
        // An unregistered word has this bit clear.
        return Found::Off;
    }
    match (local.shard(), local.known_slot(word & ID)) {
        (Some(shard), Some(slot)) => Found::Here(shard, slot),
        _ => first_time(local, site),
    }
}

/// Begins a call that is not the usual case.
#[cold]
#[inline(never)]
pub(crate) fn start(local: &'static Local, site: &'static Callsite) -> Option<&'static Frame> {
    let found = find(local, site);
    begin(local, site, &found)
}

/// A function of its own, so that its stack frame is not there while a thread makes its shard.
#[inline(never)]
fn begin(local: &'static Local, site: &'static Callsite, found: &Found) -> Option<&'static Frame> {
    match *found {
        Found::Off => None,
        // The usual path has found no slot: this call is slow already, so it is watched.
        Found::Here(_, slot) => general::start_in(local, slot, site),
        Found::Orphan(slot) => {
            let frame = local.take_frame_or_lose(slot)?;
            frame.reset(frame.tag().with_loan(STRAY));
            frame.begin_timed(Tag::STRAY, local, slot, (None, None), clock::now);
            Some(frame)
        }
    }
}

#[cold]
#[inline(never)]
fn first_time(local: &Local, site: &'static Callsite) -> Found {
    let found = local.in_library_uncounted(|phase| {
        prepare(local);
        let word = REGISTRY.register(site);
        if word & OFF != 0 {
            return Some(Found::Off);
        }
        if word == UNREGISTERED {
            return None;
        }
        if word & SAMPLED != 0 {
            cost::prepare_sampled(local);
        }
        let has_no_shard = local.shard().is_none() && !sessions::resume(local);
        if has_no_shard && (phase == Phase::Exited || !take_shard(local)?) {
            let slot = REGISTRY.lock().slot_of_orphans(word & ID)?;
            return Some(Found::Orphan(slot));
        }
        let shard = local.shard()?;
        shard.grow(word & ID)?;
        let slot = shard.make_slot(word & ID)?;
        // The slot outlives a library that is unloaded.
        if site.site().is_some_and(|known| !known.transient) {
            slot.set_site(site);
        }
        local.use_shard(Some(shard));
        Some(Found::Here(shard, slot))
    });
    found.flatten().unwrap_or_else(|| {
        count_lost(1);
        Found::Off
    })
}

/// Work of the program's first call: chooses the clock, and measures the cost of a probe.
fn prepare(local: &Local) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        fork::prepare();
        object::prepare();
        if !clock::is_counter() {
            REGISTRY.lock().set_clock_is_call();
        }
        let _ = cost::calibrate(local);
    });
    local.cost.set(cost::outside());
}

/// Makes sure that the clock is chosen and the cost of a probe known.
pub(crate) fn prepared() {
    let local = Local::here();
    local.in_library_uncounted(|_| prepare(local));
}

/// Makes the thread give back at its end what it has of the library. False where it is past its end.
pub(crate) fn arrange_return() -> bool {
    struct GiveBack;
    impl Drop for GiveBack {
        fn drop(&mut self) {
            let local = Local::here();
            local.heap.report_at_once();
            // A probe in a signal handler must not find the lock held by this thread.
            local.enter_phase(Phase::InLibrary);
            local.use_shard(None);
            local.set_loan(ENDED);
            local.ring.set(None);
            local.frames.leave();
            local.polls.leave();
            local.futures.leave();
            if let Some(home) = local.home.take() {
                REGISTRY.lock().release(home);
                REGISTRY.settle();
            }
            local.enter_phase(Phase::Exited);
        }
    }
    thread_local! {
        static GIVE_BACK: GiveBack = const { GiveBack };
    }
    // The first access makes the thread drop it at its end.
    GIVE_BACK.try_with(|_| ()).is_ok()
}

/// Gives a thread its shard, and arranges for the shard to be given back. `Some(false)`: the thread is past its end.
pub(crate) fn take_shard(local: &Local) -> Option<bool> {
    if !arrange_return() {
        return Some(false);
    }
    let home = match local.home.get() {
        Some(home) => home,
        None => REGISTRY.lock().adopt()?,
    };
    local.home.set(Some(home));
    local.use_shard(Some(home));
    Some(true)
}

/// Ends a call away from the shard it began in: the thread has left that shard, or never had one.
#[cold]
#[inline(never)]
pub(crate) fn finish_elsewhere(local: &Local, frame: &Frame, ticks: u64) {
    if frame.is_stood_for() {
        local.child_ticks.set(frame.child_ticks());
        frame.close_heap(local, 0);
        return count_outcome_elsewhere(local, frame);
    }
    let callees = local.child_ticks.get().wrapping_sub(frame.child_ticks());
    // A clock that stepped back is seen by `count_call_alone`.
    let child_ticks = if ticks < EMPTY { ticks.saturating_add(local.cost.get()) } else { 0 };
    local.child_ticks.set(frame.child_ticks().wrapping_add(child_ticks));
    let change = frame.close_heap(local, 1);
    record_elsewhere(local, frame.slot().id, |slot| {
        slot.count_call_alone(ticks, callees, |ticks| slow::alone(local, ticks));
        if let Some(change) = change {
            change.count_alone(slot);
        }
        frame.count_outcome(slot);
    });
}

/// The same for a call that another one is timed for.
#[cold]
#[inline(never)]
pub(crate) fn finish_untimed_elsewhere(local: &Local, frame: &Frame) {
    general::forget_callees(local, frame);
    count_outcome_elsewhere(local, frame);
}

/// The call itself was counted in the shard that the thread has left.
fn count_outcome_elsewhere(local: &Local, frame: &Frame) {
    if frame.has_outcome() {
        record_elsewhere(local, frame.slot().id, |slot| frame.count_outcome(slot));
    }
}

/// Adds to the items and bytes that a probe has worked on, outside of any call.
pub(crate) fn count_units(site: &'static Callsite, items: u64, bytes: u64) {
    write(site, |slot| {
        slot.count_units(items, bytes);
    });
}

/// Counts a call whose duration the caller names.
pub(crate) fn record(site: &'static Callsite, ticks: u64) {
    write(site, |slot| slot.count_alone(ticks, |ticks| slow::alone(Local::here(), ticks)));
}

/// Writes to the slot of a probe, in the thread's shard or in the registry's.
pub(crate) fn write(site: &'static Callsite, write: impl FnOnce(&Slot)) {
    let local = Local::here();
    match find(local, site) {
        Found::Here(_, slot) => {
            let _storing = local.storing();
            write(slot);
        }
        Found::Orphan(slot) => record_elsewhere(local, slot.id, write),
        Found::Off => {}
    }
}

/// Writes to the slot of a probe of which a call is open on this thread; where the thread counts into a shard that has none,
/// to that of the registry's shard.
#[cold]
pub(crate) fn write_known(site: &'static Callsite, write: impl FnOnce(&Slot)) {
    let local = Local::here();
    let id = site.word() & ID;
    match local.known_slot(id) {
        Some(slot) => {
            let _storing = local.storing();
            write(slot);
        }
        None => record_elsewhere(local, id, write),
    }
}

/// Writes to the slot of a probe in the registry's own shard; lost where the library is already at work.
pub(crate) fn record_elsewhere(local: &Local, id: u32, write: impl FnOnce(&Slot)) {
    let written = local.in_library_uncounted(|_| {
        let mut state = REGISTRY.lock();
        write(state.slot_of_orphans(id)?);
        Some(())
    });
    if written.flatten().is_none() {
        count_lost(1);
    }
}
