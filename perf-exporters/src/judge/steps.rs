//! Does the number of instructions grow as claimed, to a factor of log n?
//!
//! Instructions have no noise to speak of, so that a factor of log n shows, which no time can tell. For sizes n and counts c the
//! claim f leaves e, the slope of ln(c ÷ f(n)) over ln n ([`growth`](super::growth)); a factor of log n alone would make it λ, the
//! slope of ln(log₂ n) over the same sizes: 0.14 from 64 to 65,536. Real code has a constant beside its log n, and linear code has
//! tables that double, numbers that gain digits and an allocator that looks further. What e ÷ λ was, over sizes of powers of four, of
//! two from 16, and odd ones between 50 and 52,000, over all sizes and over their upper half:
//!
//! | code | claim | e ÷ λ |
//! |---|---|---|
//! | sort, stable, unstable, of strings, by a key | `n` | 0.84 … 1.2 |
//! | a binary search of each element; a heap emptied | `n` | 0.65 … 0.9 |
//! | binary search, `BTreeMap::get`, `BinaryHeap::pop` | `1` | 0.75 … 1.1 |
//! | inserts into a `BTreeMap` | `n` | 0.54 … 0.62 |
//! | numbers parsed, whose digits grow | `n` | 0.4 … 0.6 |
//! | rows joined, `format!`, `HashMap` inserts, sums, pushes, a selection | `n` | below 0 … 0.41 |
//! | a look-up in a `HashMap`, an index, `to_string` | `1` | 0 … 0.05 |
//!
//! * PASS iff e ÷ λ is at most `KEPT` over all sizes, and at most `KEPT_AT_END` over the upper half;
//! * FAIL iff it is above `BROKEN` over all sizes and over the upper half, and between nearly all pairs of sizes above
//!   `STEADY`: an allocation that is dear at one size is no growth;
//! * otherwise INCONCLUSIVE.

use super::growth::{ALPHA, Class, Cost, Judgement, complaint, flat, tail_from};
use super::verdict::{Reason, Verdict};
use crate::stats::theil_sen::TheilSen;

/// Shares of the growth of a whole factor of log n.
const KEPT: f64 = 0.35;
const KEPT_AT_END: f64 = 0.45;
const BROKEN: f64 = 0.6;
const STEADY: f64 = 0.25;

/// Judges whether instructions grow no faster than `class`, by pairs (size, count) in any order, one per size. What it needs is what
/// [`growth::judge`](super::growth::judge) needs.
///
/// ```
/// # use perf_exporters::judge::growth::Class;
/// # use perf_exporters::judge::steps::judge;
/// let sorting = |n: f64| 5.0 * n * n.log2() + 40.0 * n;
/// let points: Vec<(u64, f64)> = (6..=16).step_by(2).map(|e| (1 << e, sorting(f64::from(1 << e)))).collect();
/// let verdict = |class: &str| judge(&points, class.parse::<Class>().unwrap()).verdict;
/// assert!(verdict("n log n").is_pass());
/// assert!(!verdict("n").is_pass());
/// assert!(verdict("log n").is_fail());
/// ```
#[must_use]
pub fn judge(points: &[(u64, f64)], class: Class) -> Judgement {
    let mut points = points.to_vec();
    points.sort_unstable_by_key(|point| point.0);
    if let Some(what) = complaint(&points, Cost::Counts) {
        return flat(Verdict::Inconclusive(Reason::Invalid(what.into())), f64::NAN);
    }
    let sizes: Vec<f64> = points.iter().map(|point| (point.0 as f64).ln()).collect();
    let costs: Vec<f64> = points.iter().map(|point| point.1.max(1.0).ln()).collect();
    let left: Vec<f64> = costs.iter().zip(&points).map(|(cost, point)| cost - class.at(point.0).ln()).collect();
    let logs: Vec<f64> = points.iter().map(|point| (point.0 as f64).log2().max(1.0).ln()).collect();
    let from = tail_from(points.len());
    let fit = |values: &[f64], from: usize| TheilSen::fit(&sizes[from..], &values[from..]);
    let fits = (fit(&left, 0), fit(&left, from), fit(&logs, 0), fit(&logs, from), fit(&costs, from));
    let (Some(whole), Some(tail), Some(log), Some(log_of_tail), Some(bare)) = fits else {
        return flat(Verdict::Inconclusive(Reason::Undecided), f64::NAN);
    };
    let (share, at_end) = (whole.slope() / log.slope(), tail.slope() / log_of_tail.slope());
    let steady = whole.lower(ALPHA) > STEADY * log.slope();
    let verdict = if share > BROKEN && at_end > BROKEN && steady {
        Verdict::Fail
    } else if share <= KEPT && at_end <= KEPT_AT_END {
        Verdict::Pass
    } else {
        Verdict::Inconclusive(Reason::Undecided)
    };
    Judgement {
        verdict,
        excess: whole.slope(),
        lower: whole.lower(ALPHA),
        upper: whole.upper(ALPHA),
        tail: tail.slope(),
        power: bare.slope(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Instructions that callgrind counted at these sizes, of optimised code, are in the tests below.
    const POWERS: [u64; 6] = [64, 256, 1_024, 4_096, 16_384, 65_536];
    const SMALL: [u64; 6] = [16, 64, 256, 1_024, 4_096, 16_384];
    const ODD: [u64; 6] = [50, 170, 700, 2_500, 11_000, 52_000];

    fn verdict(sizes: [u64; 6], counts: [u32; 6], class: &str) -> Verdict {
        let points: Vec<(u64, f64)> = sizes.into_iter().zip(counts.map(f64::from)).collect();
        judge(&points, class.parse().unwrap()).verdict
    }

    #[test]
    fn what_has_a_factor_of_log_n_too_much_fails() {
        for (what, sizes, counts, claim) in [
            ("sort", POWERS, [5_019, 25_486, 125_609, 608_515, 2_809_969, 13_088_578], "n"),
            ("sort", SMALL, [622, 5_019, 25_486, 125_623, 608_499, 2_809_985], "n"),
            ("sort", ODD, [3_843, 15_221, 82_335, 333_763, 1_826_773, 10_126_237], "n"),
            ("sort_unstable", POWERS, [3_400, 18_605, 94_574, 453_632, 2_112_030, 9_592_620], "n"),
            ("a heap emptied", SMALL, [1_293, 5_908, 28_912, 136_718, 634_686, 2_898_773], "n"),
            ("one binary search", POWERS, [71, 89, 107, 125, 143, 161], "1"),
            ("one binary search", ODD, [71, 89, 107, 125, 143, 161], "1"),
            ("binary searches", SMALL, [2_962, 4_114, 5_266, 6_418, 7_570, 8_722], "1"),
            ("BTreeMap::get", ODD, [6_452, 8_650, 11_192, 14_049, 15_780, 18_842], "1"),
        ] {
            assert_eq!(verdict(sizes, counts, claim), Verdict::Fail, "{what} claimed {claim}");
            let right = if claim == "n" { "n log n" } else { "log n" };
            assert_eq!(verdict(sizes, counts, right), Verdict::Pass, "{what} claimed {right}");
        }
    }

    #[test]
    fn doubling_digits_and_allocators_are_no_growth() {
        for (what, sizes, counts) in [
            ("format!", POWERS, [44_721, 149_960, 598_389, 2_394_934, 10_977_433, 50_496_396]),
            ("format!", SMALL, [7_594, 46_819, 150_783, 600_413, 2_395_396, 10_977_548]),
            ("format!", ODD, [37_571, 100_805, 411_243, 1_464_224, 6_649_220, 39_614_649]),
            ("rows joined", SMALL, [2_436, 5_114, 14_382, 45_546, 204_334, 827_779]),
            ("HashMap inserts", POWERS, [40_603, 143_300, 569_093, 2_269_831, 9_067_422, 36_280_517]),
            ("HashMap inserts", ODD, [26_445, 81_633, 326_028, 1_237_160, 5_162_596, 22_443_134]),
            ("pushes", SMALL, [1_376, 3_075, 7_017, 18_468, 84_990, 344_407]),
            ("a sum", POWERS, [395, 1_547, 6_155, 24_587, 98_315, 393_227]),
        ] {
            assert_eq!(verdict(sizes, counts, "n"), Verdict::Pass, "{what}");
        }
        for (what, sizes, counts) in [
            ("boxes", SMALL, [1_590, 7_347, 71_319, 276_819, 802_052, 3_187_384]),
            ("a copy", POWERS, [86, 104, 197, 704, 16_661, 65_862]),
            ("a copy", SMALL, [85, 86, 104, 197, 704, 16_710]),
            ("numbers parsed", POWERS, [3_251, 14_951, 63_599, 290_927, 1_270_463, 5_448_383]),
            ("numbers parsed", ODD, [2_523, 9_533, 42_923, 172_823, 812_823, 4_297_823]),
        ] {
            assert_ne!(verdict(sizes, counts, "n"), Verdict::Fail, "{what}");
        }
    }

    #[test]
    fn a_constant_stays_one() {
        assert_eq!(verdict(POWERS, [11_287; 6], "1"), Verdict::Pass);
        assert_eq!(verdict(POWERS, [309, 313, 317, 317, 321, 321], "1"), Verdict::Pass);
        assert_eq!(verdict(POWERS, [0; 6], "1"), Verdict::Pass);
        assert_eq!(verdict(POWERS, [395, 1_547, 6_155, 24_587, 98_315, 393_227], "log n"), Verdict::Fail);
    }

    #[test]
    fn too_few_sizes_are_invalid() {
        let judged = judge(&[(1, 1.0), (2_048, 2.0)], Class { degree: 1, log: false });
        assert!(matches!(judged.verdict, Verdict::Inconclusive(Reason::Invalid(_))), "{judged:?}");
    }
}
