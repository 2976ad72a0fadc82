//! What was measured, as plain values.

use super::kernel::Disturbance;

/// What one epoch of a test measured.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Measurements {
    /// Duration of each call in nanoseconds, in the order in which they were made.
    pub times: Vec<f64>,
    /// Items that each call worked on; empty where every call is one.
    pub items: Vec<f64>,
    /// Of blocks of calls in the order of time: calls, and how many returned an error.
    pub errors: Vec<(u64, u64)>,
    /// Counters of several equal batches of calls.
    pub batches: Vec<Counters>,
    /// What a fixed piece of work suffered meanwhile.
    pub disturbance: Disturbance,
    /// Whether allocations are counted: [`perf_core::PerfAlloc`] is the allocator.
    pub alloc_tracking: bool,
}

impl Default for Measurements {
    fn default() -> Self {
        Self {
            times: Vec::new(),
            items: Vec::new(),
            errors: Vec::new(),
            batches: Vec::new(),
            disturbance: Disturbance::CALM,
            alloc_tracking: true,
        }
    }
}

/// Exact counters of a batch of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Calls in the batch.
    pub calls: u64,
    /// Allocations of all of them.
    pub allocs: u64,
    /// Bytes of these.
    pub alloc_bytes: u64,
    /// Highest growth of live bytes in any of them.
    pub peak_bytes: u64,
    /// Bytes that all of them left behind.
    pub net_bytes: i64,
    /// Calls of the probes that `calls(…)` names, in its order.
    pub probes: Vec<u64>,
}
