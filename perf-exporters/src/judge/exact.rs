//! Counters are compared as they are.
//!
//! Allocations, bytes, calls and polls of the measuring session do not vary with the machine's state, so there is no
//! tolerance. They are measured three times all the same: where the three differ, the code is nondeterministic (a hash seed,
//! a race, a growing cache), which is reported; and the least is judged, because it shows that the code can do with so few.

use super::verdict::{Reason, Verdict};

/// How often a counter is measured.
pub const RUNS: usize = 3;

/// The conclusion from three equal or unequal measurements.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// FAIL iff the least measurement is over the limit.
    pub verdict: Verdict,
    /// The least measurement, in the counter's unit; 0 without any.
    pub least: i128,
    /// The greatest measurement.
    pub greatest: i128,
    /// The measurements were not all equal.
    pub nondeterministic: bool,
}

/// Judges "at most `limit`", by at least [`RUNS`] measurements; fewer are [`Reason::TooFewSamples`].
///
/// Takes `u64` counters, and `i64` for net bytes, which may be negative.
///
/// ```
/// # use perf_exporters::judge::exact;
/// assert!(exact::judge(&[2_u64, 2, 2], 2).verdict.is_pass());
/// let lucky = exact::judge(&[5_i64, 3, 4], 3);
/// assert!(lucky.verdict.is_pass() && lucky.nondeterministic);
/// assert!(exact::judge(&[1_u64, 1, 1], 0).verdict.is_fail());
/// ```
#[must_use]
pub fn judge<T: Copy + Into<i128>>(runs: &[T], limit: T) -> Judgement {
    let values = || runs.iter().map(|&v| v.into());
    let least = values().min().unwrap_or(0);
    let greatest = values().max().unwrap_or(0);
    let verdict = if runs.len() < RUNS {
        let (have, need) = (runs.len() as u64, RUNS as u64);
        Verdict::Inconclusive(Reason::TooFewSamples { have, need })
    } else if least > limit.into() {
        Verdict::Fail
    } else {
        Verdict::Pass
    };
    Judgement { verdict, least, greatest, nondeterministic: least != greatest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_all_orders_is_judged() {
        for runs in [[1_u64, 2, 3], [2, 1, 3], [3, 2, 1], [2, 3, 1]] {
            let judged = judge(&runs, 1);
            assert!(judged.verdict.is_pass() && judged.nondeterministic);
            assert_eq!((judged.least, judged.greatest), (1, 3));
            assert!(judge(&runs, 0).verdict.is_fail());
        }
    }

    #[test]
    fn extremes_do_not_wrap() {
        assert!(judge(&[u64::MAX; 3], u64::MAX - 1).verdict.is_fail());
        assert!(judge(&[i64::MIN; 3], -1).verdict.is_pass());
    }

    #[test]
    fn two_runs_are_too_few() {
        let told = judge(&[9_u64, 9], 1).verdict;
        let reason = Reason::TooFewSamples { have: 2, need: 3 };
        assert_eq!(told, Verdict::Inconclusive(reason));
    }
}
