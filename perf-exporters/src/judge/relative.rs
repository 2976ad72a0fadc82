//! Is B slower than R times A, both measured in one run?
//!
//! Machines drift; comparing two runs compares two machines. So A and B alternate in *blocks* of four slots, ABBA and BAAB in
//! turn, which cancels any drift that is linear within the block. A slot runs its code many times and yields the median; a
//! block yields d = ln(B ÷ A), the mean of its two B slots against the mean of its two A slots, in logarithms.
//!
//! * FAIL iff Wilcoxon's signed-rank test rejects "centre of d ≤ ln R" at α, and the Hodges–Lehmann shift is at least
//!   ln R + 0.05: proven, and large enough to matter;
//! * PASS iff the shift's upper bound, 95 % sure over all looks, is at most ln R.
//!
//! Looks are taken after 14, 20 and 30 blocks, or more where blocks are cheap; each spends a share of both levels, so a wrong FAIL
//! and a wrong PASS have a chance of at most these in all (Bonferroni), even where B is exactly R times A. Several series that
//! are judged together, probes or figures, keep the level of a FAIL together (Holm); a PASS needs all of them.
//!
//! So R = 1.10 lets 10 % pass, and fails surely from 20 % on (slots that scatter by 3 %), from 30 % (by 10 %): to catch 10 %, claim R = 1.0 to 1.02. A slot should last
//! several times as long as the disturbances that it is to survive.
//!
//! A median does not see one slow call in three: [`versus`](super::versus) judges the mean and the tail beside it.

use super::PASS_LEVEL;
use super::verdict::{Reason, Verdict};
use crate::stats::holm;
use crate::stats::order::median;
use crate::stats::signed_rank::{HodgesLehmann, p_greater};

/// A look at the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Blocks measured until then.
    pub blocks: usize,
    /// The share of the levels that is spent on this look.
    pub spends: f64,
}

impl Stage {
    pub(super) const fn new(blocks: usize, spends: f64) -> Self {
        Self { blocks, spends }
    }

    /// The chance of a wrong PASS that this look may spend.
    pub(super) fn pass_level(&self) -> f64 {
        PASS_LEVEL * self.spends
    }
}

/// The looks, in order.
pub const STAGES: [Stage; 3] = [Stage::new(14, 0.2), Stage::new(20, 0.3), Stage::new(30, 0.5)];

/// The looks where more blocks are to be had than the usual ones take.
const MORE_STAGES: [Stage; 6] = [
    Stage::new(14, 0.1),
    Stage::new(20, 0.1),
    Stage::new(30, 0.2),
    Stage::new(45, 0.2),
    Stage::new(70, 0.2),
    Stage::new(100, 0.2),
];

/// The looks of a comparison that makes at most so many blocks: they are fixed before the first.
#[must_use]
pub const fn looks(blocks: usize) -> &'static [Stage] {
    if blocks > STAGES[STAGES.len() - 1].blocks { &MORE_STAGES } else { &STAGES }
}

/// Greatest chance of a wrong FAIL of a whole comparison of two programs, over all its probes, their figures, and all looks.
pub const COMPARISON_LEVEL: f64 = 1e-4;

/// Greatest chance of a wrong FAIL of one series over all looks.
pub const LEVEL: f64 = 0.001;

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
    /// The order for the block with this index, as drawn from this seed: no periodic disturbance can keep in step with it.
    #[must_use]
    pub const fn drawn(seed: u64, block: usize) -> Self {
        // Steele, Lea and Flood's mixer (2014).
        let mut z = seed.wrapping_add((block as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        if (z ^ (z >> 31)) & 1 == 0 { Self::Abba } else { Self::Baab }
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

/// The result of a slot: the median of its times. `None` when empty.
#[must_use]
pub fn slot(times: &[f64]) -> Option<f64> {
    median(times)
}

/// The result of a block: d = ln(B ÷ A) from its four slot medians, in the order in which they ran, in any one unit.
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

/// The conclusion from the blocks.
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
    judge_together(&[d.len()], &Rule::of(ratio), |_, stage| Look::at(&d[..stage.blocks], ratio, stage)).remove(0)
}

/// Judges all series of a comparison of two programs, one for each figure of each probe, by the d of all blocks so far; it makes at most
/// `most` blocks. Whatever the series depend on each other, unchanged code has a FAIL among them with a chance of at most
/// [`COMPARISON_LEVEL`]: within a block the order is drawn, so every d is as likely to be negative.
#[must_use]
pub fn judge_comparison(series: &[&[f64]], ratio: f64, most: usize) -> Vec<Judgement> {
    let lengths: Vec<usize> = series.iter().map(|d| d.len()).collect();
    let rule = Rule { ratio, level: COMPARISON_LEVEL, stages: looks(most) };
    judge_together(&lengths, &rule, |at, stage| Look::at(&series[at][..stage.blocks], ratio, stage))
}

/// What is claimed, and how it is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule<'a> {
    /// B takes at most so many times as long as A.
    pub ratio: f64,
    /// The greatest chance of a wrong FAIL of all series together.
    pub level: f64,
    /// The looks, in order; their shares sum up to one.
    pub stages: &'a [Stage],
}

impl Rule<'_> {
    /// The usual level and looks.
    #[must_use]
    pub const fn of(ratio: f64) -> Self {
        Self { ratio, level: LEVEL, stages: &STAGES }
    }
}

/// Judges several series, of so many blocks each, which err together at most as often as the rule says: by the result of `look` on
/// the first blocks of each.
pub fn judge_together(
    lengths: &[usize],
    rule: &Rule<'_>,
    look: impl Fn(usize, &Stage) -> Option<Look>,
) -> Vec<Judgement> {
    let mut judged: Vec<Judgement> = lengths.iter().map(|have| Judgement::before(*have, rule)).collect();
    let limit = rule.ratio.ln();
    for (index, stage) in rule.stages.iter().enumerate() {
        let open = |judgement: &Judgement| !matches!(judgement.verdict, Verdict::Pass | Verdict::Fail);
        let seen: Vec<Option<Look>> = (0..judged.len())
            .map(|at| (open(&judged[at]) && lengths[at] >= stage.blocks).then(|| look(at, stage)).flatten())
            .collect();
        // A series that was decided before still counts as one of the hypotheses.
        let p: Vec<f64> = seen.iter().map(|look| look.as_ref().map_or(1.0, |look| look.fail_p)).collect();
        let adjusted = holm::adjusted(&p);
        for (at, look) in seen.into_iter().enumerate() {
            let (true, true) = (open(&judged[at]), lengths[at] >= stage.blocks) else { continue };
            let Some(look) = look else {
                let what = "the ratio and all times must be finite and above zero";
                judged[at].verdict = Verdict::Inconclusive(Reason::Invalid(what.into()));
                continue;
            };
            let verdict = if adjusted[at] <= rule.level * stage.spends && look.shift >= limit + MARGIN {
                Verdict::Fail
            } else if look.upper <= limit {
                Verdict::Pass
            } else if let Some(next) = rule.stages.get(index + 1) {
                waiting(lengths[at], next.blocks)
            } else {
                Verdict::Inconclusive(Reason::Undecided)
            };
            judged[at] = Judgement {
                verdict,
                blocks: stage.blocks,
                ratio: look.shift.exp(),
                upper95: look.upper.exp(),
                fail_p: look.fail_p,
            };
        }
    }
    judged
}

/// The estimate from the first blocks of a series, in logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The estimate of ln(B ÷ A).
    pub shift: f64,
    /// It is at most this, at the confidence of the look.
    pub upper: f64,
    /// The chance of such blocks although B is at most R times A.
    pub fail_p: f64,
}

impl Look {
    /// The look by the ranks of d; `None` where a number is not finite, or the ratio not above zero.
    #[must_use]
    pub fn at(d: &[f64], ratio: f64, stage: &Stage) -> Option<Self> {
        let estimate = HodgesLehmann::of(d).filter(|_| ratio > 0.0 && ratio.is_finite())?;
        let over: Vec<f64> = d.iter().map(|d| d - ratio.ln()).collect();
        Some(Self { shift: estimate.shift(), upper: estimate.upper(stage.pass_level()), fail_p: p_greater(&over) })
    }
}

impl Judgement {
    fn before(blocks: usize, rule: &Rule<'_>) -> Self {
        let verdict = waiting(blocks, rule.stages.first().map_or(0, |stage| stage.blocks));
        Self { verdict, blocks: 0, ratio: f64::NAN, upper95: f64::INFINITY, fail_p: 1.0 }
    }
}

pub(super) fn waiting(have: usize, need: usize) -> Verdict {
    let (have, need) = (have as u64, need as u64);
    Verdict::Inconclusive(Reason::TooFewSamples { have, need })
}

#[cfg(test)]
#[path = "relative_tests.rs"]
mod tests;
