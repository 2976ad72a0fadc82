//! Records of calls that are among the slowest of their probe.

use super::future_state::FutureState;
use super::local::Local;
use super::slot::Slot;
use super::tail::Record;
use super::{clock, timeline, waiting};

/// Records a call that began with these values of the clock and of [`Local::child_ticks`], and took `ticks`. Returns
/// the duration that it counts as.
#[cold]
#[inline(never)]
pub(crate) fn call(slot: &Slot, started: u64, child_ticks: u64, ticks: u64) -> u64 {
    let local = Local::here();
    let ticks = slot.record_outlier(ticks, |ticks| {
        // Callees that are sampled may weigh more than their caller.
        let callees = local.child_ticks.get().wrapping_sub(child_ticks).min(ticks);
        let named = timeline::greatest_callees(local, started);
        let known = named.iter().fold(0, |sum: u64, callee| sum.saturating_add(callee.1));
        Record {
            start: started,
            ticks,
            own: ticks.saturating_sub(callees),
            callees: callees.saturating_sub(known),
            named,
            ..here(local)
        }
    });
    waiting::consider(slot, ticks);
    ticks
}

/// Records a call of a future, which has just ended.
#[cold]
#[inline(never)]
pub(crate) fn future_state(local: &Local, slot: &Slot, future_state: &FutureState, start: u64, ticks: u64) -> u64 {
    slot.record_outlier(ticks, |ticks| future_state.describe(Record { start, ticks, ..here(local) }))
}

/// The record of a call of which only the duration is known.
pub(crate) fn alone(local: &Local, ticks: u64) -> Record {
    Record { start: clock::now().wrapping_sub(ticks), ticks, own: ticks, ..here(local) }
}

/// A record with this thread and its trace.
fn here(local: &Local) -> Record {
    Record { thread: local.number(), trace: local.trace.get(), ..Record::default() }
}
