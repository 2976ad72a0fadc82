//! The state that a future keeps from poll to poll. One thread polls at a time, and is its only writer; it is made of
//! counters because a future that is polled inside the poll writes to it too.

use std::sync::OnceLock;

use super::callsite::Callsite;
use super::heap::Change;
use super::sign::{Signed, Unsigned};
use super::spans;
use super::sync::Count;
use super::tail::{NAMED, Record};
use crate::spans::TaskSpan;

/// The state of a future that was polled and has not ended.
#[derive(Debug)]
pub(crate) struct FutureState {
    /// Ticks at the first poll; 0 before it and after the end.
    since: Count,
    /// Live bytes gained by the polls so far, and the most they ever were above the start; two's complement.
    net: Count,
    peak: Count,
    /// Ticks in polls, and of these in callees.
    busy: Count,
    callees: Count,
    named: [Callee; NAMED],
    /// The span that was opened for it, where spans are.
    span: OnceLock<Box<dyn TaskSpan>>,
}

/// Calls of another probe.
#[derive(Debug)]
struct Callee {
    id: Count,
    busy: Count,
    waiting: Count,
}

impl Callee {
    const fn new() -> Self {
        Self { id: Count::new(0), busy: Count::new(0), waiting: Count::new(0) }
    }

    fn ticks(&self) -> u64 {
        self.busy.get().saturating_add(self.waiting.get())
    }
}

impl FutureState {
    pub(crate) const fn new() -> Self {
        Self {
            since: Count::new(0),
            net: Count::new(0),
            peak: Count::new(0),
            busy: Count::new(0),
            callees: Count::new(0),
            named: [const { Callee::new() }; NAMED],
            span: OnceLock::new(),
        }
    }

    /// Begins the call at the first poll; `now` is the clock at a poll.
    pub(crate) fn start(&self, now: u64) {
        if self.since.get() == 0 {
            self.since.set(now);
        }
    }

    /// Ends the call, and returns when it began; none where it had not begun, or was over.
    pub(crate) fn finish(&self) -> Option<u64> {
        let since = self.since.get();
        self.since.set(0);
        (since != 0).then_some(since)
    }

    /// Before a stretch: enters the call's span, which the first stretch opens where spans are on.
    #[inline]
    pub(crate) fn enter_span(&self, site: &'static Callsite) {
        if self.since.get() == 0 {
            if let Some(span) = spans::begin(site) {
                let _ = self.span.set(span);
            }
        }
        if let Some(span) = self.span.get() {
            span.enter();
        }
    }

    /// After a stretch: leaves the call's span.
    #[inline]
    pub(crate) fn exit_span(&self) {
        if let Some(span) = self.span.get() {
            span.exit();
        }
    }

    pub(crate) fn busy(&self) -> u64 {
        self.busy.get()
    }

    #[inline]
    pub(crate) fn count_poll(&self, ticks: u64, callees: u64) {
        self.busy.add_ticks(ticks);
        self.callees.add_ticks(callees);
    }

    /// Adds a poll's change of the heap; returns the greatest growth of live bytes above the start.
    pub(crate) fn count_heap(&self, change: &Change) -> u64 {
        let net = self.net.get().signed();
        let peak = self.peak.get().signed().max(net.saturating_add(change.peak.signed()));
        self.peak.set(peak.unsigned());
        self.net.set(net.saturating_add(change.net.signed()).unsigned());
        peak.unsigned_abs()
    }

    /// A call of another probe has ended in a poll. Where there is no place for one more name, the shortest stays
    /// unnamed.
    pub(crate) fn count_callee(&self, id: u32, busy: u64, waiting: u64) {
        let known = self.named.iter().find(|callee| callee.id.get() == id.into() && callee.ticks() > 0);
        let place = known.or_else(|| {
            let shortest = self.named.iter().min_by_key(|callee| callee.ticks())?;
            (shortest.ticks() < busy.saturating_add(waiting)).then(|| {
                shortest.busy.set(0);
                shortest.waiting.set(0);
                shortest
            })
        });
        if let Some(callee) = place {
            callee.id.set(id.into());
            callee.busy.add_ticks(busy);
            callee.waiting.add_ticks(waiting);
        }
    }

    /// Fills in the parts of a call's time.
    pub(crate) fn describe(&self, call: Record) -> Record {
        let (mut busy, mut waiting) = (0_u64, 0_u64);
        let mut named = self.named.each_ref().map(|callee| {
            busy = busy.saturating_add(callee.busy.get());
            waiting = waiting.saturating_add(callee.waiting.get());
            #[allow(clippy::cast_possible_truncation, reason = "ids are 24 bits")]
            let id = callee.id.get() as u32;
            (id, callee.ticks())
        });
        named.sort_unstable_by_key(|callee| std::cmp::Reverse(callee.1));
        let callees = self.callees.get().min(self.busy());
        Record {
            own: self.busy().saturating_sub(callees),
            waiting: call.ticks.saturating_sub(self.busy()).saturating_sub(waiting),
            callees: callees.saturating_sub(busy),
            named,
            ..call
        }
    }
}
