//! Counted instructions against a limit, or against those of another function.
//!
//! The machine's load does not change them. What differs is what a process has for itself: the seeds of its hash maps, the place
//! of its memory, which decides about the steps of a `memcpy`. So counts come from several processes, several calls of each; a
//! process stands for the median of its calls, and the least process is judged, because it shows that the code can do
//! with so few.
//!
//! One process that keeps the limit is a PASS. A FAIL takes [`PROCESSES`] of them, all over the limit by more than the
//! tolerance: [`TOLERANCE`], or how far the processes lie apart, if that is more.

use std::borrow::Cow;

use super::verdict::{Reason, Verdict};
use crate::stats::order::median;

/// So many processes prove that a limit is broken.
pub const PROCESSES: usize = 3;

/// Processes of unchanged code may lie so far apart: six times what seeds, addresses and copies did to seven bodies of 45,000 to
/// 1,600,000 instructions (`budget_instructions` in the experiments).
pub const TOLERANCE: f64 = 0.005;

/// Counted instructions: of each process those of each call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instructions {
    /// The calls of each process.
    pub processes: Vec<Vec<u64>>,
    /// Why nothing could be counted.
    pub absent: Option<Cow<'static, str>>,
}

/// The conclusion from counted instructions.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Judgement {
    /// PASS, FAIL or INCONCLUSIVE, by the rule of this module.
    pub verdict: Verdict,
    /// The value that is judged: the median of the calls of the least process, or that of the ratios. NaN of nothing.
    pub value: f64,
    /// How far processes lie apart, as a share of the least.
    pub spread: f64,
}

impl Instructions {
    /// Counts of one process.
    #[must_use]
    pub fn of_process(calls: &[u64]) -> Self {
        Self { processes: vec![calls.to_vec()], absent: None }
    }

    /// Nothing could be counted, for this reason.
    #[must_use]
    pub fn absent(why: impl Into<Cow<'static, str>>) -> Self {
        Self { processes: Vec::new(), absent: Some(why.into()) }
    }

    /// The median of the calls of each process.
    #[must_use]
    pub fn medians(&self) -> Vec<f64> {
        let of = |calls: &Vec<u64>| median(&calls.iter().map(|count| *count as f64).collect::<Vec<_>>());
        self.processes.iter().filter_map(of).collect()
    }

    /// Calls of all processes.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.processes.iter().map(|calls| calls.len() as u64).sum()
    }

    /// The least and the greatest of all calls.
    #[must_use]
    pub fn range(&self) -> Option<(u64, u64)> {
        let all = || self.processes.iter().flatten().copied();
        all().min().zip(all().max())
    }
}

/// Judges "at most `limit` instructions".
///
/// ```
/// # use perf_exporters::judge::instructions::{Instructions, judge};
/// let mut seen = Instructions::of_process(&[1_000, 1_001, 1_000]);
/// assert!(judge(&seen, 1_000.0).verdict.is_pass());
/// assert!(!judge(&seen, 900.0).verdict.is_fail(), "one process proves no FAIL");
/// seen.processes = vec![vec![1_000]; 3];
/// assert!(judge(&seen, 990.0).verdict.is_fail());
/// ```
#[must_use]
pub fn judge(seen: &Instructions, limit: f64) -> Judgement {
    judge_values(&seen.medians(), (limit, limit), seen.absent.as_ref())
}

/// Judges "at most `ratio` times as many as the reference", by counts of both from the same processes. A ratio is kept within the
/// tolerance: the same code, called from two places, differs by an instruction.
#[must_use]
pub fn judge_ratio(body: &Instructions, reference: &Instructions, ratio: f64) -> Judgement {
    let of_process = |(body, reference): (f64, f64)| body / reference.max(1.0);
    let ratios: Vec<f64> = body.medians().into_iter().zip(reference.medians()).map(of_process).collect();
    judge_values(&ratios, (ratio * (1.0 + TOLERANCE), ratio), body.absent.as_ref().or(reference.absent.as_ref()))
}

/// `kept` is the greatest value that keeps the promise, and what exceeds `limit` by more than the tolerance breaks it.
fn judge_values(values: &[f64], (kept, limit): (f64, f64), absent: Option<&Cow<'static, str>>) -> Judgement {
    let least = values.iter().copied().min_by(f64::total_cmp);
    let greatest = values.iter().copied().max_by(f64::total_cmp);
    let Some((least, greatest)) = least.zip(greatest) else {
        let (have, need) = (0, PROCESSES as u64);
        let reason = absent.map_or(Reason::TooFewSamples { have, need }, |why| Reason::Unsupported(why.clone()));
        return Judgement { verdict: Verdict::Inconclusive(reason), value: f64::NAN, spread: f64::NAN };
    };
    let spread = if least > 0.0 { greatest / least - 1.0 } else { 0.0 };
    let verdict = if least <= kept {
        Verdict::Pass
    } else if values.len() < PROCESSES {
        Verdict::Inconclusive(Reason::TooFewSamples { have: values.len() as u64, need: PROCESSES as u64 })
    } else if least > limit * (1.0 + spread.max(TOLERANCE)) {
        Verdict::Fail
    } else {
        Verdict::Inconclusive(Reason::Undecided)
    };
    Judgement { verdict, value: least, spread }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[u64]) -> Instructions {
        Instructions { processes: values.iter().map(|value| vec![*value; 3]).collect(), absent: None }
    }

    #[test]
    fn the_boundaries_are_where_they_are_said_to_be() {
        let limit = 100_000.0;
        for (values, verdict) in [
            (&[100_000][..], Verdict::Pass),
            (&[100_001], Verdict::Inconclusive(Reason::TooFewSamples { have: 1, need: 3 })),
            (&[100_501, 100_501], Verdict::Inconclusive(Reason::TooFewSamples { have: 2, need: 3 })),
            (&[100_499, 100_499, 100_499], Verdict::Inconclusive(Reason::Undecided)),
            (&[100_501, 100_501, 100_501], Verdict::Fail),
            (&[100_600, 100_600, 99_999], Verdict::Pass),
            // Processes that lie further apart need more.
            (&[101_000, 102_100, 101_500], Verdict::Inconclusive(Reason::Undecided)),
            (&[101_200, 102_100, 101_500], Verdict::Fail),
        ] {
            assert_eq!(judge(&seen(values), limit).verdict, verdict, "{values:?}");
        }
    }

    #[test]
    fn a_process_stands_for_the_median_of_its_calls() {
        let judged = judge(&Instructions::of_process(&[5, 900, 7]), 7.0);
        assert!(judged.verdict.is_pass() && judged.value.total_cmp(&7.0).is_eq(), "{judged:?}");
    }

    #[test]
    fn ratios_are_those_of_one_process() {
        let (body, reference) = (seen(&[1_010, 2_020, 3_030]), seen(&[1_000, 2_000, 3_000]));
        let judged = judge_ratio(&body, &reference, 1.0);
        assert!(judged.verdict.is_fail() && judged.spread < 1e-9, "{judged:?}");
        assert!(judge_ratio(&body, &reference, 1.01).verdict.is_pass());
        let nearly = judge_ratio(&seen(&[100_400]), &seen(&[100_000]), 1.0);
        assert!(nearly.verdict.is_pass(), "within the tolerance: {nearly:?}");
    }

    #[test]
    fn nothing_that_counts_is_unsupported() {
        let judged = judge(&Instructions::absent("no valgrind"), 1.0);
        assert_eq!(judged.verdict.to_string(), "INCONCLUSIVE (unsupported: no valgrind)");
        assert!(matches!(judge(&seen(&[]), 1.0).verdict, Verdict::Inconclusive(Reason::TooFewSamples { .. })));
    }
}
