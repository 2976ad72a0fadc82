//! What is written down of a call that is among the slowest of its probe.

use super::journey::Journey;
use super::local::Local;
use super::slot::Slot;
use super::tail::Record;
use super::{clock, timeline, waiting};

/// A call that began with these values of the clock and of [`Local::covered`], and took `ticks`. Returns what it counts as.
#[cold]
#[inline(never)]
pub(crate) fn call(slot: &Slot, started: u64, covered: u64, ticks: u64) -> u64 {
    let local = Local::here();
    let ticks = slot.notice(ticks, |ticks| {
        // Callees that are sampled may weigh more than their caller.
        let callees = local.covered.get().wrapping_sub(covered).min(ticks);
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

/// A call of a future, which has just ended.
#[cold]
#[inline(never)]
pub(crate) fn journey(local: &Local, slot: &Slot, journey: &Journey, start: u64, ticks: u64) -> u64 {
    slot.notice(ticks, |ticks| journey.describe(Record { start, ticks, ..here(local) }))
}

/// A call that somebody else has timed.
pub(crate) fn alone(local: &Local, ticks: u64) -> Record {
    Record { start: clock::now().wrapping_sub(ticks), ticks, own: ticks, ..here(local) }
}

/// On this thread, in this trace.
fn here(local: &Local) -> Record {
    Record { thread: local.number(), trace: local.trace.get(), ..Record::default() }
}
