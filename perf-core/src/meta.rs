//! The conditions of a snapshot.

use std::time::{Duration, SystemTime};

/// The clock that times were read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockKind {
    /// The time stamp counter of an x86-64, which the kernel keeps time by itself.
    Tsc,
    /// The virtual counter of a 64-bit ARM.
    ArmCounter,
    /// [`std::time::Instant`].
    #[default]
    Instant,
    /// A [`MockClock`](crate::MockClock).
    Mock,
    /// None: the platform has no clock that a program could read by itself (`wasm32-unknown-unknown`). Calls, errors,
    /// items and allocations are counted as ever; every time is zero.
    None,
}

/// The conditions a [`Snapshot`](crate::Snapshot) was taken under.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SnapshotMeta {
    /// The clock that times were read from.
    pub clock: ClockKind,
    /// Ticks of that clock in a second.
    pub ticks_per_second: f64,
    /// The cost of one instrumented call, measured once in this process; more while there is a call tree.
    pub probe_cost: Duration,
    /// The time that an empty probe measures: shorter times than this say little.
    pub probe_resolution: Duration,
    /// The time that all calls and polls took for their probes: their number times the cost of a probe, of a call or of a poll. Calls
    /// that sampling left out are not among them.
    pub probes_took: Duration,
    /// The same on the thread where it is most.
    pub costliest_thread: Duration,
    /// When it was taken.
    pub taken: SystemTime,
    /// Processor time of all threads of the process since it began; none where the system does not report it.
    pub processor_time: Option<Duration>,
    /// Whether the system reports how long threads wait: else [`ProbeStats::waiting`](crate::ProbeStats::waiting) is 0.
    pub waiting_is_told: bool,
    /// Whether [`PerfAlloc`](crate::PerfAlloc) is the program's allocator: else all allocation figures are 0.
    pub alloc_tracking: bool,
    /// Calls of the whole process that could not be counted: made inside the library's own slow parts (by a probe in
    /// an allocator or in a signal handler), or for want of memory.
    pub lost: u64,
    /// Times the clock was seen to step back; such a call counts as 0.
    pub backward_steps: u64,
    /// Live bytes of the process, under [`PerfAlloc`](crate::PerfAlloc). Of each thread other than the calling one the
    /// last 16 KiB of change may be missing.
    pub live_bytes: i64,
    /// Threads alive that have used a probe.
    pub threads: usize,
    /// Calls that found no room in the call tree and count at their caller's node.
    pub dropped_nodes: u64,
}

impl Default for SnapshotMeta {
    fn default() -> Self {
        Self {
            clock: ClockKind::default(),
            ticks_per_second: 1e9,
            probe_cost: Duration::ZERO,
            probe_resolution: Duration::ZERO,
            probes_took: Duration::ZERO,
            costliest_thread: Duration::ZERO,
            taken: SystemTime::UNIX_EPOCH,
            processor_time: None,
            waiting_is_told: false,
            alloc_tracking: false,
            lost: 0,
            backward_steps: 0,
            live_bytes: 0,
            threads: 0,
            dropped_nodes: 0,
        }
    }
}
