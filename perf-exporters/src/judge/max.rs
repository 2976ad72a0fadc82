//! Is every call within its limit?
//!
//! "max ≤ B" forbids delays that no code can prevent: a call from which the scheduler takes the processor is late,
//! regardless of its code. So a single late call is no proof, and no PASS either.
//!
//! * PASS iff no call exceeded;
//! * FAIL iff more calls exceeded than disturbances explain: P(Bin(n, ε) ≥ k) ≤ 10⁻⁶, corrected for bursts as in
//!   [`quantile`](super::quantile), where ε is the share of calls that the machine may spoil: one in a thousand, or what the
//!   reference kernel saw, if that is more;
//! * otherwise INCONCLUSIVE.
//!
//! At twice the usual maximum no epoch of 3,000 or 12,000 calls failed in 20,000 on machines from calm to bad; of 600 calls on a
//! machine whose bursts spoil 2 % of them, 3 in 2,500 did, before confirmation.
//!
//! A PASS says something about the calls that were not measured, too: the share of slower ones is at most
//! 1 − 0.05^(1/n) with 95 % confidence ("rule of three", Hanley and Lippman-Hand 1983).

use super::quantile::Exceedances;
use super::verdict::{Reason, Verdict};
use super::{FAIL_LEVEL, PASS_LEVEL};
use crate::stats::dist::binomial_at_least;

/// The share of calls that a usual machine may spoil.
pub const DISTURBED: f64 = 0.001;

/// The conclusion about the greatest of the values.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Judgement {
    /// PASS, FAIL, or [`Reason::FewLate`] for exceedances that disturbances may explain.
    pub verdict: Verdict,
    /// The greatest value; NaN without values.
    pub actual: f64,
    /// The calls and exceedances that were counted.
    pub seen: Exceedances,
    /// The chance of so many exceedances by disturbances alone.
    pub fail_p: f64,
    /// With 95 % confidence at most this share of all calls is over the greatest value seen.
    pub unseen: f64,
}

/// Judges "no value is over `bound`" by values in the order in which they were measured.
///
/// `spoiled` is the share of reference calls that were beyond their own bound, 0 ..= 1; less than [`DISTURBED`] counts as that.
///
/// ```
/// # use perf_exporters::judge::{max, Reason, Verdict};
/// let mut times = vec![1.0; 1000];
/// assert!(max::judge(&times, 2.0, 0.0).verdict.is_pass());
/// times[500] = 40.0;
/// assert_eq!(max::judge(&times, 2.0, 0.0).verdict, Verdict::Inconclusive(Reason::FewLate));
/// times.iter_mut().step_by(20).for_each(|t| *t = 3.0);
/// assert!(max::judge(&times, 2.0, 0.0).verdict.is_fail());
/// ```
#[must_use]
pub fn judge(values: &[f64], bound: f64, spoiled: f64) -> Judgement {
    let seen = Exceedances::of(values, bound);
    let n = seen.effective_calls();
    let fail_p = binomial_at_least(n, seen.at_least(), spoiled.max(DISTURBED));
    let verdict = if seen.n == 0 {
        Verdict::Inconclusive(Reason::TooFewSamples { have: 0, need: 1 })
    } else if seen.k == 0 {
        Verdict::Pass
    } else if fail_p <= FAIL_LEVEL {
        Verdict::Fail
    } else {
        Verdict::Inconclusive(Reason::FewLate)
    };
    Judgement {
        verdict,
        actual: values.iter().copied().max_by(f64::total_cmp).unwrap_or(f64::NAN),
        seen,
        fail_p,
        unseen: 1.0 - PASS_LEVEL.powf(1.0 / (seen.n.max(1) as f64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_late_calls_are_the_machine_and_many_are_the_code() {
        for late in 0..200_usize {
            let mut times = vec![1.0; 10_000];
            // Spread over the run without clusters: 6,181 and 10,000 have no common divisor.
            (0..late).for_each(|i| times[(i * 6181) % 10_000] = 9.0);
            let judged = judge(&times, 2.0, 0.0);
            // scipy.stats.binom.sf(28, 10_000, 0.001) = 7.5e-7, sf(27, …) = 2.2e-6
            let expected = match late {
                0 => Verdict::Pass,
                1..29 => Verdict::Inconclusive(Reason::FewLate),
                _ => Verdict::Fail,
            };
            assert_eq!(judged.verdict, expected, "{late}: {}", judged.fail_p);
            // Where the reference kernel suffers from 5 % late calls, so may the code.
            assert!(!judge(&times, 2.0, 0.05).verdict.is_fail());
        }
    }

    #[test]
    fn one_stall_is_not_many() {
        let mut times = vec![1.0; 10_000];
        times[4000..4060].fill(9.0);
        assert!(!judge(&times, 2.0, 0.0).verdict.is_fail());
    }

    #[test]
    fn slow_calls_need_few_samples() {
        assert!(judge(&[5.0; 3], 2.0, 0.0).verdict.is_fail());
        assert!(judge(&[5.0], 2.0, 0.0).verdict != Verdict::Fail);
        assert!((judge(&[1.0; 300], 2.0, 0.0).unseen - 0.00994).abs() < 1e-4);
        assert!(judge(&[], 2.0, 0.0).actual.is_nan());
    }
}
