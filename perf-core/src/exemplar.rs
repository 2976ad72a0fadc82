//! A slow call as a value.

use std::time::{Duration, SystemTime};

/// One of the slowest calls of a probe, and what its time went into.
///
/// A callee is named where the timeline was on during the call ([`set_timeline`](crate::set_timeline)), or where both are
/// futures. A future that waits waits in [`waiting`](Self::waiting), unless a future it called does; callees that run at
/// the same time may add up to more than the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemplar {
    /// Start and duration in ticks, and the thread: what tells calls of one process apart.
    pub(crate) identity: (u64, u64, u32),
    pub(crate) start: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) own: Duration,
    pub(crate) waiting: Duration,
    pub(crate) callees: Vec<(&'static str, Duration)>,
    pub(crate) other_callees: Duration,
    pub(crate) trace: Option<u128>,
}

impl Exemplar {
    /// Calls that are kept of a probe.
    pub const KEPT: usize = 8;

    /// When the call began; within a microsecond or so.
    #[must_use]
    pub fn start(&self) -> SystemTime {
        self.start
    }

    /// How long it took.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// In the function itself.
    #[must_use]
    pub fn self_time(&self) -> Duration {
        self.own
    }

    /// Of futures: between polls, and not in a callee that is named.
    #[must_use]
    pub fn waiting(&self) -> Duration {
        self.waiting
    }

    /// Probes that it spent most time in, with that time; at most three.
    pub fn callees(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.callees.iter().copied()
    }

    /// In callees that are not named.
    #[must_use]
    pub fn other_callees(&self) -> Duration {
        self.other_callees
    }

    /// Number of the thread that it ended on, from 1.
    #[must_use]
    pub fn thread(&self) -> u32 {
        self.identity.2
    }

    /// The [`Trace`](crate::Trace) that it was in.
    #[must_use]
    pub fn trace(&self) -> Option<u128> {
        self.trace
    }
}

/// Joins two lists, the slowest first.
pub(crate) fn merge(mine: &mut Vec<Exemplar>, others: &[Exemplar]) {
    mine.extend_from_slice(others);
    mine.sort_by_key(|call| (std::cmp::Reverse(call.duration), call.start, call.identity));
    mine.truncate(Exemplar::KEPT);
}
