//! A fixed piece of work, run beside the measured code, that shows how disturbed the machine was.
//!
//! It is made to last about as long as one call of the measured code, so that a process that takes the processor away hits both
//! alike. Its usual time, per repetition, is the least that this process has seen.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::judge::Disturbance;
use crate::nanos::nanos;
use crate::stats::order::quantile;

/// A run beyond so many times its usual time was disturbed.
const BOUND: f64 = 1.5;

/// One run lasts no longer than this, nanoseconds, and no shorter than that.
const LONGEST: f64 = 2_000_000.0;
const SHORTEST: f64 = 2_000.0;

/// Least time of a repetition seen in this process, in picoseconds, by the bits of a place in the table.
static USUAL: [AtomicU64; 32] = [const { AtomicU64::new(u64::MAX) }; 32];

/// Runs of the reference kernel during one epoch.
#[derive(Clone, Debug)]
pub(super) struct Kernel {
    repetitions: u64,
    table: Vec<u64>,
    /// Bits of a place in the table.
    bits: u32,
    /// Nanoseconds.
    runs: Vec<f64>,
}

impl Kernel {
    /// One that runs about as long as a call of `nanoseconds`, in so many bytes of memory.
    pub(super) fn lasting(nanoseconds: f64, bytes: usize) -> Self {
        let words = (bytes / size_of::<u64>()).clamp(2, 1 << 24).next_power_of_two();
        let mut kernel = Self { repetitions: 16, table: vec![0; words], bits: words.ilog2(), runs: Vec::new() };
        let mut least = f64::INFINITY;
        for _ in 0..20 {
            least = least.min(kernel.time());
        }
        let one = (least / 16.0).max(0.1);
        remember(one, kernel.bits);
        let wanted = nanoseconds.clamp(SHORTEST, LONGEST) / one;
        kernel.repetitions = crate::stats::order::floor(wanted).max(16) as u64;
        kernel
    }

    /// Runs once, and keeps the time.
    pub(super) fn run(&mut self) -> f64 {
        let time = self.time();
        self.runs.push(time);
        time
    }

    fn time(&mut self) -> f64 {
        let start = Instant::now();
        let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
        for _ in 0..black_box(self.repetitions) {
            for _ in 0..16 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let place = usize::try_from(state >> (64 - self.bits)).unwrap_or(0);
                // The next place depends on what is read here, as in code that follows pointers.
                let read = self.table[place];
                self.table[place] = read.wrapping_add(state);
                state ^= read >> 60;
            }
        }
        black_box(state);
        nanos(start.elapsed()) as f64
    }

    /// The disturbance of the runs so far, beside calls of `call` nanoseconds.
    pub(super) fn disturbance(&self, call: f64) -> Disturbance {
        let repetitions = self.repetitions as f64;
        let Some(low) = quantile(&self.runs, 0.05) else {
            return Disturbance::CALM;
        };
        let usual = remember(low / repetitions, self.bits) * repetitions;
        let late = self.runs.iter().filter(|run| **run > BOUND * usual).count();
        let mean = self.runs.iter().sum::<f64>() / self.runs.len() as f64;
        Disturbance {
            runs: self.runs.len() as u64,
            late: late as u64,
            slowdown: (mean / usual).max(1.0),
            stretch: call / usual,
            cold: 1.0,
        }
    }
}

/// The least of this time per repetition and of all earlier ones on a table of this size, nanoseconds.
fn remember(one: f64, bits: u32) -> f64 {
    let picoseconds = crate::stats::order::floor(one * 1_000.0).max(1) as u64;
    let usual = &USUAL[bits as usize % USUAL.len()];
    usual.fetch_min(picoseconds, Relaxed).min(picoseconds) as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_lasts_about_as_long_as_a_call() {
        let mut kernel = Kernel::lasting(100_000.0, 4_096);
        let least = (0..50).map(|_| kernel.run()).fold(f64::INFINITY, f64::min);
        assert!((20_000.0..1_000_000.0).contains(&least), "{least}");
        let seen = kernel.disturbance(100_000.0);
        assert_eq!(seen.runs, 50);
        assert!(seen.slowdown >= 1.0);
    }
}
