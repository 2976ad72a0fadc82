//! Where, when and how a report was measured.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Machine, time};

/// Where, when and how a report was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Meta {
    /// Name of the program; `(several)` in a merged report of different ones.
    pub program: String,
    /// Its arguments. Not recorded unless asked for, since command lines carry secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args: Option<Vec<String>>,
    /// Its process id; none in a merged report.
    pub pid: Option<u32>,
    /// Number of processes in this report; 0 only for an empty one.
    pub processes: u64,
    /// A word for each of these processes that no other process has, as far as they are known: of several reports of one
    /// process a merged report counts one process. Its other figures add up all the same.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub identities: BTreeSet<String>,
    /// When the measurement ended, UTC.
    #[serde(with = "time")]
    pub time: SystemTime,
    /// Wall time that was observed, in nanoseconds; 0 where it is not known.
    pub duration_ns: u64,
    /// The machine.
    pub machine: Machine,
    /// The clock: `tsc`, `counter`, `instant` or `mock`.
    pub clock: String,
    /// Ticks of that clock in a second.
    pub ticks_per_second: f64,
    /// The time that a call of a probe adds to its caller, in nanoseconds.
    pub probe_cost_ns: u64,
    /// The time that an empty probe measures, in nanoseconds: shorter calls cannot be distinguished from empty ones.
    pub probe_resolution_ns: u64,
    /// Time that all calls of probes took for themselves: their number times their cost.
    pub observer_ns: u64,
    /// The same in per cent of the measured time. Its effect on the program is [`Report::observer_effect`].
    ///
    /// [`Report::observer_effect`]: super::Report::observer_effect
    pub observer_effect_pct: f64,
    /// By how much that made the run longer: its time on the thread where it took most, or all of it divided by
    /// the number of the machine's processors where that is more. 0 where it is not known.
    pub observer_longer_ns: u64,
    /// Whether the system reports the waiting time of threads.
    pub waiting_told: bool,
    /// Processor time of all threads since the process began; none where the system does not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processor_ns: Option<u64>,
    /// Calls that could not be attributed.
    pub lost: u64,
    /// Times that the clock went backwards.
    pub backward_steps: u64,
    /// Nodes that did not fit into the call tree.
    pub dropped_nodes: u64,
    /// Live heap bytes of the process, where allocations are tracked.
    pub live_bytes: i64,
    /// Threads that recorded.
    pub threads: u64,
    /// Whether allocations were counted (`PerfAlloc` is the global allocator).
    pub alloc_tracking: bool,
}

impl Default for Meta {
    fn default() -> Self {
        Self {
            program: String::new(),
            args: None,
            pid: None,
            processes: 0,
            identities: BTreeSet::new(),
            time: SystemTime::UNIX_EPOCH,
            duration_ns: 0,
            machine: Machine::default(),
            clock: String::new(),
            ticks_per_second: 0.0,
            probe_cost_ns: 0,
            probe_resolution_ns: 0,
            observer_ns: 0,
            observer_effect_pct: 0.0,
            observer_longer_ns: 0,
            waiting_told: false,
            processor_ns: None,
            lost: 0,
            backward_steps: 0,
            dropped_nodes: 0,
            live_bytes: 0,
            threads: 0,
            alloc_tracking: false,
        }
    }
}
