//! A fixed piece of work, run among calls of the measured code, that shows how disturbed the machine was.
//!
//! It is made to last about as long as one call of the measured code, so that a process that takes the processor away hits both
//! alike. What the code itself does to the caches is not the machine's doing: the usual time of a run is that of the least disturbed
//! runs *between calls of this code*, in any epoch so far. A machine that is slower all the time would be no part of that: so each epoch
//! begins with some passes over the kernel's memory without the code, which are compared with the best that this process has seen. Where
//! more threads want to run than there are processors, others may empty the caches before each run, and then what such a best pass
//! takes is usual.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::judge::Disturbance;
use crate::nanos::nanos;
use crate::stats::order::{floor, quantile};

/// A run beyond so many times its usual time was disturbed.
const BOUND: f64 = 1.5;

/// This quantile of the runs was not disturbed.
const UNDISTURBED: f64 = 0.05;

/// One run lasts no longer than this, nanoseconds, and no shorter than that.
const LONGEST: f64 = 2_000_000.0;
const SHORTEST: f64 = 2_000.0;

/// Loads of a repetition.
const LOADS: u64 = 16;

/// Passes over the memory at the beginning of an epoch: something may disturb all but one.
const PASSES: usize = 8;

/// A pass has so many repetitions at least.
const SHORTEST_PASS: u64 = 16;

/// Bytes of a line of a cache.
const LINE: usize = 64;

/// Least time of a pass that this process has seen, nanoseconds, by the bits of a place in the table.
static BEST: [AtomicU64; 32] = [const { AtomicU64::new(u64::MAX) }; 32];

/// The reference kernel of one measured code, through all its epochs.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    table: Table,
    /// Of one run; 0 before the first epoch.
    repetitions: u64,
    /// Runs of this epoch, nanoseconds.
    runs: Vec<f64>,
    /// Usual time of a run between calls of the code, by the epochs before this one, nanoseconds.
    usual: f64,
    /// How many times as long as the best pass one took when the epoch began.
    slower: f64,
    /// The time of a run as in the best pass, nanoseconds.
    best: f64,
}

impl Kernel {
    /// One that works on so many bytes of memory.
    pub(super) fn of(bytes: usize) -> Self {
        Self {
            table: Table::of(bytes),
            repetitions: 0,
            runs: Vec::new(),
            usual: f64::INFINITY,
            slower: 1.0,
            best: f64::INFINITY,
        }
    }

    /// Bytes that it works on.
    pub(super) fn bytes(&self) -> usize {
        self.table.bytes()
    }

    /// Begins an epoch of calls that take so many nanoseconds.
    pub(super) fn begin(&mut self, call: f64) {
        self.usual = self.usual();
        self.runs.clear();
        let (pass, repetitions) = (self.table.least_pass(), self.table.pass() as f64);
        if self.repetitions == 0 {
            let wanted = call.clamp(SHORTEST, LONGEST) / (pass / repetitions).max(0.1);
            self.repetitions = (floor(wanted) as u64).max(SHORTEST_PASS);
        }
        let best = self.table.best(pass);
        self.slower = pass / best;
        self.best = best / repetitions * self.repetitions as f64;
    }

    /// Runs once, and keeps the time.
    pub(super) fn run(&mut self) -> f64 {
        let time = self.table.time(self.repetitions);
        self.runs.push(time);
        time
    }

    /// The disturbance of this epoch's runs so far, beside calls of `call` nanoseconds, on a machine that may be crowded.
    pub(super) fn disturbance(&self, call: f64, crowded: bool) -> Disturbance {
        if self.runs.is_empty() {
            return Disturbance::CALM;
        }
        let usual = if crowded { self.usual().min(self.best) } else { self.usual() };
        let late = self.runs.iter().filter(|run| **run > BOUND * usual).count();
        let mean = self.runs.iter().sum::<f64>() / self.runs.len() as f64;
        Disturbance {
            runs: self.runs.len() as u64,
            late: late as u64,
            slowdown: (mean / usual).max(1.0),
            stretch: call / usual,
        }
    }

    /// The usual time of a run between calls of the code, by this epoch and those before.
    fn usual(&self) -> f64 {
        quantile(&self.runs, UNDISTURBED).map_or(self.usual, |low| self.usual.min(low / self.slower))
    }
}

/// Memory in which each place that is visited depends on what was read before, as in code that follows pointers.
#[derive(Clone, Debug)]
struct Table {
    words: Vec<u64>,
    /// Bits of a place.
    bits: u32,
}

impl Table {
    /// Of so many bytes, rounded up to a power of two, which are taken with the first pass.
    fn of(bytes: usize) -> Self {
        let words = (bytes / size_of::<u64>()).clamp(2, 1 << 24).next_power_of_two();
        Self { words: Vec::new(), bits: words.ilog2() }
    }

    fn bytes(&self) -> usize {
        size_of::<u64>() << self.bits
    }

    /// Repetitions of a pass, which has as many loads as the memory has lines.
    fn pass(&self) -> u64 {
        ((self.bytes() / LINE) as u64 / LOADS).max(SHORTEST_PASS)
    }

    /// The least time of some passes one after another, nanoseconds.
    fn least_pass(&mut self) -> f64 {
        self.words.resize(1 << self.bits, 0);
        let pass = self.pass();
        (0..PASSES).map(|_| self.time(pass)).fold(f64::INFINITY, f64::min).max(1.0)
    }

    /// The least time of this pass and of all earlier ones over so much memory, nanoseconds.
    fn best(&self, pass: f64) -> f64 {
        let pass = floor(pass) as u64;
        let best = &BEST[self.bits as usize % BEST.len()];
        best.fetch_min(pass, Relaxed).min(pass) as f64
    }

    /// The time of so many repetitions, nanoseconds.
    fn time(&mut self, repetitions: u64) -> f64 {
        let start = Instant::now();
        let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
        for _ in 0..black_box(repetitions) {
            for _ in 0..LOADS {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let place = usize::try_from(state >> (64 - self.bits)).unwrap_or(0);
                let read = self.words[place];
                self.words[place] = read.wrapping_add(state);
                state ^= read >> 60;
            }
        }
        black_box(state);
        nanos(start.elapsed()) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lasts_about_as_long_as_a_call() {
        let mut kernel = Kernel::of(4_096);
        kernel.begin(100_000.0);
        let least = (0..50).map(|_| kernel.run()).fold(f64::INFINITY, f64::min);
        assert!((20_000.0..1_000_000.0).contains(&least), "{least}");
        let seen = kernel.disturbance(100_000.0, false);
        assert_eq!(seen.runs, 50);
        assert!(seen.slowdown >= 1.0);
    }

    /// One of 1 MiB that ran a hundred times, each run so many times as long as in the best pass.
    fn after(longer: f64) -> Kernel {
        let mut kernel = Kernel::of(1 << 20);
        kernel.begin(20_000.0);
        // Whatever other tests or programs did meanwhile.
        kernel.slower = 1.0;
        kernel.runs = vec![longer * kernel.best; 100];
        kernel
    }

    #[test]
    fn what_the_code_does_to_the_caches_is_usual() {
        let kernel = after(3.0);
        let seen = kernel.disturbance(20_000.0, false);
        assert_eq!((seen.late, seen.runs), (0, 100));
        assert!(seen.slowdown < 1.01, "{seen:?}");
        let crowded = kernel.disturbance(20_000.0, true);
        assert_eq!(crowded.late, 100, "others may have done it");
        assert!(crowded.slowdown > 2.9, "{crowded:?}");
    }

    #[test]
    fn a_machine_that_is_slow_all_the_time_is_not_usual() {
        let mut kernel = after(1.0);
        kernel.slower = 2.0;
        assert_eq!(kernel.disturbance(20_000.0, false).late, 100);
    }

    #[test]
    fn an_epoch_is_compared_with_those_before_it() {
        let mut kernel = after(1.0);
        kernel.begin(20_000.0);
        kernel.runs = vec![3.0 * kernel.usual; 100];
        assert_eq!(kernel.disturbance(20_000.0, false).late, 100);
    }
}
