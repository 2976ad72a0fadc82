//! A slow call as a value.

use std::time::{Duration, SystemTime};

/// One of the slowest calls of a probe, and the parts of its time.
///
/// A callee is named where the timeline was on during the call ([`set_timeline`](crate::set_timeline)), or where both
/// are futures. The time that a future waits is its [`waiting`](Self::waiting), unless a future that it called waits;
/// callees that run at the same time may add up to more than the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemplar {
    /// Start and duration in ticks, and the thread: they identify a call of one process.
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
    /// Number of calls that are kept of each probe.
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

    /// Time in the function itself.
    #[must_use]
    pub fn self_time(&self) -> Duration {
        self.own
    }

    /// Of futures: time between polls, and not in a callee that is named.
    #[must_use]
    pub fn waiting(&self) -> Duration {
        self.waiting
    }

    /// Probes that it spent most time in, with that time; at most three.
    pub fn callees(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.callees.iter().copied()
    }

    /// Time in callees that are not named.
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
