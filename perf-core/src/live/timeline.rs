//! The timeline: the latest events of every thread, while it is switched on.
//!
//! A thread gets its ring with its first event, and keeps it; the ring belongs to the thread's shard and goes on to the
//! next thread with it.

use super::clock;
use super::entry;
use super::local::{Local, Phase};
use super::registry::{self, REGISTRY};
use super::ring::{Event, Kind, Ring, tag};
use super::tail::{NAMED, Shares};
use crate::timeline::{Raw, Timeline};

/// Events that are searched for the callees of one call: callees farther back stay unnamed.
const LOOKED_THROUGH: usize = 1024;

/// Puts an event into the ring of the thread.
#[inline(always)]
pub(crate) fn record(local: &Local, kind: Kind, id: u32, start: u64, ticks: u64) {
    match local.ring.get() {
        Some(ring) => ring.push(tag(kind, id, local.number()), start, ticks),
        None => record_first(local, kind, id, start, ticks),
    }
}

/// The same for slow paths, where the timeline may be off.
#[inline]
pub(crate) fn record_if_on(local: &Local, kind: Kind, id: u32, start: u64, ticks: u64) {
    if registry::timeline() > 0 {
        record(local, kind, id, start, ticks);
    }
}

#[cold]
#[inline(never)]
fn record_first(local: &Local, kind: Kind, id: u32, start: u64, ticks: u64) {
    // Busy already where a call is being stored (see `Local::storing`): nothing else of the library comes here.
    let busy = local.enter_library();
    if busy.as_ref().is_some_and(|busy| busy.before != Phase::Alive) {
        return;
    }
    if let Some(ring) = super::local::uncounted(|| make_ring(local)) {
        local.ring.set(Some(ring));
        ring.push(tag(kind, id, local.number()), start, ticks);
    }
}

/// A thread that has only been in sessions so far has no shard of its own yet.
fn make_ring(local: &Local) -> Option<&'static Ring> {
    if local.home.get().is_none() {
        let session = local.shard();
        entry::take_shard(local)?;
        if !local.entries.get().is_null() {
            local.use_shard(session);
        }
    }
    let ring = local.home.get()?.keep_ring(registry::timeline())?;
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let _state = REGISTRY.lock();
    // SAFETY: under the registry's lock.
    unsafe { ring.belong_to(local.number(), name) };
    Some(ring)
}

/// Visits the calls that ended on this thread since `start` and were called from there directly. Events stand in the
/// order of their ends, so calls inside a callee come before it.
pub(crate) fn callees_since(local: &Local, start: u64, mut each: impl FnMut(&Event)) {
    let Some(ring) = local.ring.get() else {
        return;
    };
    if registry::timeline() == 0 {
        return;
    }
    let mut edge = u64::MAX;
    for event in ring.latest().take(LOOKED_THROUGH).filter(|event| event.kind != Kind::Task) {
        if event.start < start {
            return;
        }
        if event.start.saturating_add(event.ticks) <= edge {
            edge = event.start;
            each(&event);
        }
    }
}

/// The callees that took most time since `start`, by probe.
pub(crate) fn greatest_callees(local: &Local, start: u64) -> [(u32, u64); NAMED] {
    let mut shares = Shares::default();
    callees_since(local, start, |event| shares.add(event.id, event.ticks));
    shares.greatest()
}

/// All events of the rings.
pub(crate) fn collect() -> Timeline {
    entry::prepared();
    let read = Local::here().in_library(|_| {
        REGISTRY.read(|lists| {
            let mut raw = Raw::default();
            for ring in lists.shards().filter_map(super::shard::Shard::ring) {
                raw.overwritten += ring.read(&mut raw.events);
                let _state = REGISTRY.lock();
                // SAFETY: under the registry's lock.
                raw.threads.extend(unsafe { ring.names() }.iter().cloned());
            }
            raw.names = super::collect::names(lists);
            raw.now = (clock::now(), clock::wall());
            raw
        })
    });
    Timeline::new(read.unwrap_or_default(), crate::ticks::Scale::ticks(clock::ticks_per_second()))
}
