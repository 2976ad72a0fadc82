//! Is B slower than R times A, both measured in one run?
//!
//! Machines drift; comparing two runs compares two machines. So A and B alternate in *blocks* of four slots, ABBA and BAAB in
//! turn, which cancels any drift that is linear within the block. A slot runs its code many times and yields the median; a
//! block yields d = ln(B ÷ A), the mean of its two B slots against the mean of its two A slots, in logarithms.
//!
//! * FAIL iff Wilcoxon's signed-rank test rejects "centre of d ≤ ln R" at α, and the Hodges–Lehmann shift is at least
//!   ln R + 0.05: proven, and large enough to matter;
//! * PASS iff the shift's upper 95 % bound is at most ln R.
//!
//! Looks are taken after 14, 20 and 30 blocks with α = 0.0002, 0.0003 and 0.0005, so a wrong FAIL has a chance of at most
//! 0.001 in all (Bonferroni), even where B is exactly R times A. A wrong PASS there has one of up to 0.1, over three looks.
//!
//! So R = 1.10 lets 10 % pass, and fails surely from 20 % on (slots that scatter by 3 %), from 30 % (by 10 %): to catch 10 %, claim R = 1.0 to 1.02. A slot should last
//! several times as long as the disturbances that it is to survive.

use super::PASS_LEVEL;
use super::verdict::{Reason, Verdict};
use crate::stats::order::median;
use crate::stats::signed_rank::{HodgesLehmann, p_greater};

/// A look at the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Blocks measured until then.
    pub blocks: usize,
    /// Chance of a wrong FAIL spent on this look.
    pub alpha: f64,
}

/// The looks, in order.
pub const STAGES: [Stage; 3] =
    [Stage { blocks: 14, alpha: 0.0002 }, Stage { blocks: 20, alpha: 0.0003 }, Stage { blocks: 30, alpha: 0.0005 }];

/// A FAIL needs a shift of at least this much over ln R.
pub const MARGIN: f64 = 0.05;

/// The order of the slots within a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A, B, B, A.
    Abba,
    /// B, A, A, B.
    Baab,
}

impl Order {
    /// The order for the block with this index: in turn.
    #[must_use]
    pub const fn of(block: usize) -> Self {
        if block.is_multiple_of(2) { Self::Abba } else { Self::Baab }
    }

    /// Whether slot 0 ..= 3 runs B, the code that is judged.
    #[must_use]
    pub const fn runs_b(self, slot: usize) -> bool {
        let middle = slot == 1 || slot == 2;
        match self {
            Self::Abba => middle,
            Self::Baab => !middle,
        }
    }
}

/// What a slot yields: the median of its times. `None` when empty.
#[must_use]
pub fn slot(times: &[f64]) -> Option<f64> {
    median(times)
}

/// What a block yields: d = ln(B ÷ A) from its four slot medians, in the order in which they ran, in any one unit.
///
/// `None` unless all four are finite and above zero.
///
/// ```
/// # use perf_exporters::judge::relative::{block, Order};
/// // B is twice A, and the machine slows down by one step per slot.
/// let d = block(Order::Abba, [10.0, 22.0, 24.0, 13.0]).unwrap();
/// assert!((d - 2.0_f64.ln()).abs() < 0.01);
/// ```
#[must_use]
pub fn block(order: Order, slots: [f64; 4]) -> Option<f64> {
    if slots.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return None;
    }
    let sum: f64 = slots.iter().enumerate().map(|(i, s)| if order.runs_b(i) { s.ln() } else { -s.ln() }).sum();
    Some(sum / 2.0)
}

/// What the blocks prove.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Judgement {
    /// PASS, FAIL, [`Reason::TooFewSamples`] while further blocks are wanted, [`Reason::Undecided`] after the last look.
    pub verdict: Verdict,
    /// Blocks that the verdict rests on.
    pub blocks: usize,
    /// Measured B ÷ A: e to the Hodges–Lehmann shift. NaN before the first look.
    pub ratio: f64,
    /// With 95 % confidence B ÷ A is at most this.
    pub upper95: f64,
    /// The chance of such blocks although B is at most R times A.
    pub fail_p: f64,
}

/// Judges "B takes at most `ratio` times as long as A" by the d of all blocks so far.
///
/// Looks at 14, 20 and 30 blocks, each at the first so many; the first look that decides, decides, so more blocks than
/// needed change nothing. `ratio` > 0, every d finite; else [`Reason::Invalid`].
///
/// ```
/// # use perf_exporters::judge::{relative, Reason, Verdict};
/// let noise: Vec<f64> = (0..30).map(|i| f64::from(i % 7 - 3) * 0.004).collect();
/// assert!(relative::judge(&noise[..14], 1.10).verdict.is_pass());
/// let slower: Vec<f64> = noise.iter().map(|d| d + 1.25_f64.ln()).collect();
/// assert!(relative::judge(&slower, 1.10).verdict.is_fail());
/// let wait = Reason::TooFewSamples { have: 5, need: 14 };
/// assert_eq!(relative::judge(&noise[..5], 1.10).verdict, Verdict::Inconclusive(wait));
/// ```
#[must_use]
pub fn judge(d: &[f64], ratio: f64) -> Judgement {
    let mut judged = Judgement {
        verdict: waiting(d.len(), STAGES[0].blocks),
        blocks: 0,
        ratio: f64::NAN,
        upper95: f64::INFINITY,
        fail_p: 1.0,
    };
    if !(ratio > 0.0 && ratio.is_finite()) || d.iter().any(|d| !d.is_finite()) {
        let what = "the ratio and all times must be finite and above zero";
        return Judgement { verdict: Verdict::Inconclusive(Reason::Invalid(what.into())), ..judged };
    }
    let limit = ratio.ln();
    for (index, stage) in STAGES.iter().enumerate() {
        let Some(seen) = d.get(..stage.blocks) else {
            break;
        };
        let Some(estimate) = HodgesLehmann::of(seen) else {
            break;
        };
        let over: Vec<f64> = seen.iter().map(|d| d - limit).collect();
        let (shift, upper) = (estimate.shift(), estimate.upper(PASS_LEVEL));
        let fail_p = p_greater(&over);
        let verdict = if fail_p <= stage.alpha && shift >= limit + MARGIN {
            Verdict::Fail
        } else if upper <= limit {
            Verdict::Pass
        } else if let Some(next) = STAGES.get(index + 1) {
            waiting(d.len(), next.blocks)
        } else {
            Verdict::Inconclusive(Reason::Undecided)
        };
        judged = Judgement { verdict, blocks: stage.blocks, ratio: shift.exp(), upper95: upper.exp(), fail_p };
        if matches!(judged.verdict, Verdict::Pass | Verdict::Fail) {
            break;
        }
    }
    judged
}

fn waiting(have: usize, need: usize) -> Verdict {
    let (have, need) = (have as u64, need as u64);
    Verdict::Inconclusive(Reason::TooFewSamples { have, need })
}

#[cfg(test)]
#[path = "relative_tests.rs"]
mod tests;
