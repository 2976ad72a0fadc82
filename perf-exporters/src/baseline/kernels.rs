//! Three pieces of fixed work, to measure how fast a machine is just now.
//!
//! Integer arithmetic in one dependency chain; loads from all over four megabytes, each of which waits for the one before;
//! branches that cannot be predicted. They stand for the work of programs, no more: a comparison brought to one scale by
//! them is advisory. On one machine they distinguish a disturbed moment from a quiet one.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::report::Machine;
use crate::stats::order::median;

/// How long three pieces of fixed work take, in nanoseconds each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Kernels {
    /// Integer arithmetic.
    pub integer_ns: f64,
    /// Dependent loads.
    pub memory_ns: f64,
    /// Branches that cannot be predicted.
    pub branch_ns: f64,
    /// The profile that the kernels themselves were built with: only equal ones compare.
    pub profile: String,
}

/// Repetitions of each kernel; the median counts.
const REPEATS: usize = 15;

/// Steps of a kernel in a repetition, optimised: half a millisecond, more or less.
const STEPS: u32 = 150_000;

/// Loads wander over this many words of four bytes: 4 MiB, more than most cores have for themselves.
const WORDS: usize = 1 << 20;

impl Kernels {
    /// Kernels from their times; `None` where these are not all above zero and finite.
    #[must_use]
    pub fn new(integer_ns: f64, memory_ns: f64, branch_ns: f64, profile: impl Into<String>) -> Option<Self> {
        let sound = |ns: f64| ns > 0.0 && ns.is_finite();
        let all = sound(integer_ns) && sound(memory_ns) && sound(branch_ns);
        all.then(|| Self { integer_ns, memory_ns, branch_ns, profile: profile.into() })
    }

    /// Runs them; that takes some 30 ms, and some ten times as long without optimisation.
    ///
    /// ```
    /// # use perf_exporters::baseline::Kernels;
    /// let kernels = Kernels::measure();
    /// assert!(kernels.integer_ns > 0.0);
    /// assert_eq!(kernels.ratio_to(&kernels), Some(1.0));
    /// ```
    #[must_use]
    pub fn measure() -> Self {
        let ring = ring();
        let mut times = [const { Vec::new() }; 3];
        // The kernels run in turn, so that a disturbance does not hit one of them alone.
        for _ in 0..REPEATS {
            times[0].push(timed(|| integer(black_box(STEPS))));
            times[1].push(timed(|| memory(&ring, black_box(STEPS / 10))));
            times[2].push(timed(|| branch(black_box(STEPS))));
        }
        // Rounded, so that a file keeps the same value; never zero, since a quotient is wanted.
        let [integer_ns, memory_ns, branch_ns] = times.map(|times| median(&times).unwrap_or(1.0).max(1.0).round());
        Self { integer_ns, memory_ns, branch_ns, profile: Machine::current().profile }
    }

    /// How much longer the work takes here than there: the geometric mean of the three quotients. `None` where kernels
    /// of different builds cannot be compared.
    #[must_use]
    pub fn ratio_to(&self, other: &Self) -> Option<f64> {
        let quotients =
            [self.integer_ns / other.integer_ns, self.memory_ns / other.memory_ns, self.branch_ns / other.branch_ns];
        (self.profile == other.profile).then(|| quotients.iter().product::<f64>().cbrt())
    }
}

fn timed(work: impl FnOnce() -> u64) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().max(Duration::from_nanos(1)).as_secs_f64() * 1e9
}

fn integer(steps: u32) -> u64 {
    let mut value = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for step in 0..steps {
        value = value.wrapping_mul(0x2545_f491_4f6c_dd1d).rotate_left(17) ^ u64::from(step);
    }
    value
}

/// A single cycle through all words, in an order that looks like none (Sattolo's shuffle).
fn ring() -> Vec<u32> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut ring: Vec<u32> = (0..).take(WORDS).collect();
    for at in (1..WORDS).rev() {
        ring.swap(at, random.usize(..at));
    }
    ring
}

fn memory(ring: &[u32], steps: u32) -> u64 {
    let mut at = black_box(0_u32);
    for _ in 0..steps {
        at = ring[at as usize];
    }
    u64::from(at)
}

fn branch(steps: u32) -> u64 {
    let mut state = black_box(0x1234_5678_9abc_def1_u64);
    let mut taken = 0_u64;
    for _ in 0..steps {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // Opaque on both ways, or it becomes a conditional move.
        if state & 1 == 0 {
            taken = black_box(taken + 1);
        } else {
            taken = black_box(taken ^ 3);
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_visits_every_word() {
        let ring = ring();
        let mut at = 0;
        let round = (0..WORDS).position(|_| {
            at = ring[at as usize];
            at == 0
        });
        assert_eq!(round, Some(WORDS - 1));
    }

    #[test]
    fn ratios_need_equal_builds() {
        let slow = Kernels::new(200.0, 400.0, 800.0, "release").unwrap();
        let fast = Kernels::new(100.0, 200.0, 400.0, "release").unwrap();
        assert!((slow.ratio_to(&fast).unwrap() - 2.0).abs() < 1e-12);
        let other = Kernels { profile: "debug".into(), ..fast.clone() };
        assert_eq!(slow.ratio_to(&other), None);
        assert_eq!(Kernels::new(0.0, 1.0, 1.0, "release"), None);
    }
}
