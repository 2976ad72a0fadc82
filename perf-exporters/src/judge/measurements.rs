//! Measurements, as plain values.

use super::Instructions;

/// The measurements of one epoch of a test.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Measurements {
    /// Duration of each call in nanoseconds, in the order in which they were made.
    pub times: Vec<f64>,
    /// The same without the time in which others had the processor; empty where that is not known.
    pub own: Vec<f64>,
    /// The same without the time that other processes took, as far as threads of this one, which the code may have started, do not
    /// explain it; empty where that is not known.
    pub without_others: Vec<f64>,
    /// Items that each call worked on; empty where every call is one.
    pub items: Vec<f64>,
    /// Blocks of calls in the order of time: the number of calls, and how many returned an error.
    pub errors: Vec<(u64, u64)>,
    /// Counters of several equal batches of calls.
    pub batches: Vec<Counters>,
    /// Counted instructions.
    pub instructions: Instructions,
    /// The disturbance of a fixed piece of work meanwhile.
    pub disturbance: Disturbance,
    /// Whether allocations are counted: [`perf_core::PerfAlloc`] is the allocator.
    pub alloc_tracking: bool,
}

impl Default for Measurements {
    fn default() -> Self {
        Self {
            times: Vec::new(),
            own: Vec::new(),
            without_others: Vec::new(),
            items: Vec::new(),
            errors: Vec::new(),
            batches: Vec::new(),
            instructions: Instructions::default(),
            disturbance: Disturbance::CALM,
            alloc_tracking: true,
        }
    }
}

impl Measurements {
    /// The calls' own times, as far as these are known.
    #[must_use]
    pub fn own(&self) -> &[f64] {
        if self.own.len() == self.times.len() { &self.own } else { &self.times }
    }

    /// The number of calls in which other processes had the processor.
    #[must_use]
    pub fn interrupted(&self) -> usize {
        self.without_others.iter().zip(&self.times).filter(|(without, whole)| without < whole).count()
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
    /// Names of the probes that ran, ascending.
    pub ran: Vec<String>,
}

/// The disturbance of the reference kernel in an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbance {
    /// Runs of the reference kernel.
    pub runs: u64,
    /// Of these, how many took longer than their bound.
    pub late: u64,
    /// Mean time of a run by its usual time; 1 on a calm machine.
    pub slowdown: f64,
    /// How many times as long a call of the measured code lasts as a run.
    pub stretch: f64,
}

impl Disturbance {
    /// An undisturbed machine, or one on which no reference kernel ran.
    pub const CALM: Self = Self { runs: 0, late: 0, slowdown: 1.0, stretch: 1.0 };

    /// The share of the measured calls that the machine may have spoiled, at most: the share of late runs, two standard
    /// errors more, brought to the length of a call.
    #[must_use]
    pub fn spoiled(&self) -> f64 {
        if self.runs == 0 {
            return 0.0;
        }
        let late = self.late as f64;
        let most = ((late + 2.0 * late.sqrt()) / self.runs as f64).min(1.0);
        1.0 - (1.0 - most).powf(self.stretch.max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hits_short_runs_hits_long_calls_more_often() {
        let short = Disturbance { runs: 1000, late: 10, slowdown: 1.1, stretch: 1.0 };
        let long = Disturbance { stretch: 10.0, ..short };
        assert!(short.spoiled() > 0.01 && short.spoiled() < 0.02);
        assert!(long.spoiled() > 0.1 && long.spoiled() < 0.2);
        assert!(Disturbance::CALM.spoiled() <= 0.0);
    }
}
