//! Is B slower than R times A, in the middle, on average, or in its slow calls?
//!
//! A median does not see one slow call in three, and a quantile that many calls reach does not see one in a thousand. So
//! blocks of slots ([`relative`]) are judged by three figures:
//!
//! | figure | of a slot | judged by |
//! |---|---|---|
//! | median | its middle sample | signed ranks of d = ln(B ÷ A), Hodges–Lehmann |
//! | p95, of slots of [`FOR_P95`] samples or more | its 95 % quantile | the same |
//! | mean | its mean | the sum of B − R × A over blocks against the sums that other orders of the slots would have given (Fisher's randomisation), its bound by Student's t (Fieller) |
//!
//! FAIL iff one of them is proven worse, and large enough to matter, at the level that they keep together (Holm); PASS iff
//! all hold. The few very slow calls that a mean rests on cannot be averaged away: where both sides have them in some of the
//! blocks only, the bound is wide, and the answer is that nothing is proven.
//!
//! # Bursts hit both sides, if both take turns within one
//! A slot of hundreds of calls is longer than most bursts, so a burst makes slow calls of A or of B. In 5 % of the calls, it decides
//! which side's p95 is a slow call. So the blocks before the first look show how long the runs of slow calls are, and in later blocks the
//! four slots are cut into so many [`turns`](Blocks::turns), A, B, B, A again and again, that a burst falls on both. The order of a
//! block is still one draw, on which the randomisation rests.

use super::relative::{self, Judgement, LEVEL, Look, Order, Rule, Stage};
use super::verdict::{Reason, Verdict};
use crate::stats::order::{floor, quantile};
use crate::stats::sign_flip;

/// Slots of fewer samples have no reliable p95.
pub const FOR_P95: usize = 100;

/// Slow calls that come in runs are many in one slot and none in the next, so that the p95 of slots jumps between two values. That
/// of so many blocks together does not.
const POOLED: usize = 5;

/// A call that takes so many times as long as the median of its side is slow.
const SLOW: f64 = 2.0;

/// Turns are so much shorter than the runs of slow calls, and have so many samples at least: what one side leaves in the caches is to
/// matter to few of the other's calls.
const PER_RUN: f64 = 4.0;
const LEAST_IN_TURN: usize = 10;

/// Runs of slow calls matter where they have this share of all calls.
const MATTER: f64 = 0.005;

/// A figure of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Figure {
    /// The middle sample.
    Median,
    /// The mean of all samples.
    Mean,
    /// The 95 % quantile.
    P95,
}

impl Figure {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Mean => "mean",
            Self::P95 => "p95",
        }
    }
}

/// Blocks of slots of A and B.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blocks {
    medians: Vec<f64>,
    /// Means of the slots of A, and of B, by block.
    means: Vec<(f64, f64)>,
    /// As long as the others, or not judged.
    p95: Vec<f64>,
    /// The p95 of [`POOLED`] blocks together, of A and of B.
    pooled_p95: Vec<f64>,
    /// The samples of A and of B since then.
    pool: [Vec<f64>; 2],
    /// Runs of slow calls in the blocks before the first look.
    runs: Runs,
    /// A time was not finite, or not above zero.
    broken: bool,
}

/// Runs of slow calls.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Runs {
    samples: usize,
    /// Slow ones among them.
    slow: usize,
    /// The sum of the squares of the runs' lengths.
    squares: f64,
}

impl Runs {
    fn add(&mut self, slot: &[f64], typical: f64) {
        self.samples += slot.len();
        for run in slot.split(|time| *time <= SLOW * typical) {
            self.slow += run.len();
            self.squares += (run.len() as f64).powi(2);
        }
    }

    /// The length of the run in which a slow call lies, on average; 1 where they do not matter.
    fn length(&self) -> f64 {
        if self.slow as f64 >= MATTER * self.samples as f64 && self.slow > 0 {
            self.squares / self.slow as f64
        } else {
            1.0
        }
    }
}

/// The conclusion from the blocks.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Versus {
    /// FAIL where a figure fails, PASS where all hold.
    pub verdict: Verdict,
    /// Each figure with its judgement.
    pub figures: Vec<(Figure, Judgement)>,
}

impl Blocks {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.means.len()
    }

    /// Whether these are as many as a look takes: others say nothing new.
    #[must_use]
    pub fn are_looked_at(&self) -> bool {
        LOOKS.iter().any(|stage| stage.blocks == self.len())
    }

    /// Whether there is none so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.means.is_empty()
    }

    /// Into how many turns the next block's slots of so many samples are to be cut: 1 where slow calls do not come in runs, or
    /// before the first look, which shows whether they do.
    #[must_use]
    pub fn turns(&self, samples: usize) -> usize {
        if self.len() < LOOKS[0].blocks {
            return 1;
        }
        let in_turn = floor(self.runs.length() / PER_RUN);
        if in_turn < LEAST_IN_TURN / 2 { 1 } else { (samples / in_turn.max(LEAST_IN_TURN)).max(1) }
    }

    /// The parts of the next block's slots of so many samples, in the order in which they are to run: the place of the slot in the
    /// block, and the samples.
    pub fn parts(&self, samples: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let turns = self.turns(samples);
        (0..turns).flat_map(move |turn| {
            let part = samples * (turn + 1) / turns - samples * turn / turns;
            (0..4).map(move |place| (place, part))
        })
    }

    /// Adds a block of slots of so many samples, each from a call of `sample`, which is told whether B runs.
    pub fn add_drawn(&mut self, order: Order, samples: usize, mut sample: impl FnMut(bool) -> f64) {
        let mut slots = [const { Vec::new() }; 4];
        for (place, part) in self.parts(samples) {
            slots[place].extend((0..part).map(|_| sample(order.runs_b(place))));
        }
        self.add(order, &slots);
    }

    /// Adds a block: the samples of its four slots, in the order in which they ran.
    pub fn add(&mut self, order: Order, slots: &[Vec<f64>; 4]) {
        let of = |value: &dyn Fn(&Vec<f64>) -> Option<f64>| {
            relative::block(order, slots.each_ref().map(|slot| value(slot).unwrap_or(f64::NAN)))
        };
        let mean = |side: bool| {
            let own = (0..4).filter(|slot| order.runs_b(*slot) == side).map(|slot| &slots[slot]);
            own.map(|slot| slot.iter().sum::<f64>() / slot.len() as f64).sum::<f64>() / 2.0
        };
        let Some(median) = of(&|slot| relative::slot(slot)) else {
            self.broken = true;
            return;
        };
        if self.len() < LOOKS[0].blocks {
            for side in [false, true] {
                let own = || (0..4).filter(|slot| order.runs_b(*slot) == side).map(|slot| &slots[slot]);
                let typical = own().filter_map(|slot| relative::slot(slot)).fold(f64::INFINITY, f64::min);
                own().for_each(|slot| self.runs.add(slot, typical));
            }
        }
        self.medians.push(median);
        self.means.push((mean(false), mean(true)));
        if slots.iter().all(|slot| slot.len() >= FOR_P95) {
            self.p95.extend(of(&|slot| quantile(slot, 0.95)));
            self.pool_tails(order, slots);
        }
    }

    fn pool_tails(&mut self, order: Order, slots: &[Vec<f64>; 4]) {
        for (at, slot) in slots.iter().enumerate() {
            self.pool[usize::from(order.runs_b(at))].extend_from_slice(slot);
        }
        if self.p95.len().is_multiple_of(POOLED) {
            let [a, b] = self.pool.each_ref().map(|times| quantile(times, 0.95).unwrap_or(f64::NAN));
            self.pooled_p95.push((b / a).ln());
            self.pool.iter_mut().for_each(Vec::clear);
        }
    }

    /// The tails: a bound by single blocks, or by several together, half of the level each. FAIL by single blocks.
    fn of_tails(&self, ratio: f64, stage: &Stage) -> Option<Look> {
        let half = Stage::new(stage.blocks, stage.spends / 2.0);
        let single = Look::at(&self.p95[..stage.blocks], ratio, &half)?;
        let pooled = Look::at(&self.pooled_p95[..stage.blocks / POOLED], ratio, &half);
        Some(match pooled {
            Some(pooled) if pooled.upper < single.upper => Look { fail_p: single.fail_p, ..pooled },
            _ => single,
        })
    }

    /// Judges "B takes at most `ratio` times as long as A" by all blocks so far, at the looks of [`relative`].
    #[must_use]
    pub fn judge(&self, ratio: f64) -> Versus {
        self.judge_at(ratio, &LOOKS)
    }

    /// The same where no further block will come: the last look is at all blocks, and spends what is left.
    #[must_use]
    pub fn judge_last(&self, ratio: f64) -> Versus {
        let mut looks: Vec<Stage> = LOOKS.into_iter().filter(|stage| stage.blocks < self.len()).collect();
        let left = 1.0 - looks.iter().map(|stage| stage.spends).sum::<f64>();
        looks.push(Stage::new(self.len().max(LOOKS[0].blocks), left));
        let mut judged = self.judge_at(ratio, &looks);
        let next = LOOKS.iter().find(|stage| stage.blocks > self.len());
        if let (Verdict::Inconclusive(Reason::Undecided), Some(next)) = (&judged.verdict, next) {
            judged.verdict = relative::waiting(self.len(), next.blocks);
        }
        judged
    }

    fn judge_at(&self, ratio: f64, looks: &[Stage]) -> Versus {
        if self.broken || !(ratio > 0.0 && ratio.is_finite()) {
            let what = "the ratio and all times must be finite and above zero";
            return Versus { verdict: Verdict::Inconclusive(Reason::Invalid(what.into())), figures: Vec::new() };
        }
        let mut figures = vec![Figure::Median, Figure::Mean];
        figures.extend((self.p95.len() == self.len()).then_some(Figure::P95));
        let look = |at: usize, stage: &Stage| match figures[at] {
            Figure::Median => Look::at(&self.medians[..stage.blocks], ratio, stage),
            Figure::P95 => self.of_tails(ratio, stage),
            Figure::Mean => of_means(&self.means[..stage.blocks], ratio, stage),
        };
        let rule = Rule { ratio, level: LEVEL, stages: looks };
        let judged = relative::judge_together(&vec![self.len(); figures.len()], &rule, look);
        let verdict = judged.iter().map(|figure| figure.verdict.clone()).fold(Verdict::Pass, Verdict::and);
        Versus { verdict, figures: figures.into_iter().zip(judged).collect() }
    }
}

impl Versus {
    /// The figure that decides: the first that is as bad as all together, by the greatest ratio.
    #[must_use]
    pub fn worst(&self) -> Option<&(Figure, Judgement)> {
        let rank = |judgement: &Judgement| match judgement.verdict {
            Verdict::Fail => 2,
            Verdict::Inconclusive(_) => 1,
            Verdict::Pass => 0,
        };
        let key = |one: &&(Figure, Judgement)| (rank(&one.1), if one.1.ratio.is_nan() { 0.0 } else { one.1.ratio });
        self.figures.iter().reduce(|worst, one| {
            let (a, b) = (key(&worst), key(&one));
            if b.0 > a.0 || (b.0 == a.0 && a.0 > 0 && b.1 > a.1) { one } else { worst }
        })
    }
}

fn of_means(means: &[(f64, f64)], ratio: f64, stage: &Stage) -> Option<Look> {
    let (a, b) = means.iter().fold((0.0, 0.0), |sums, mean| (sums.0 + mean.0, sums.1 + mean.1));
    let over: Vec<f64> = means.iter().map(|(a, b)| b - ratio * a).collect();
    if !(a > 0.0 && b > 0.0 && over.iter().all(|d| d.is_finite())) {
        return None;
    }
    // The most that B may take over R times A, on average, as a share of A.
    let most = sign_flip::upper(&over, stage.pass_level()) * means.len() as f64 / a;
    let upper = (ratio + most).max(f64::MIN_POSITIVE).ln();
    Some(Look { shift: (b / a).ln(), upper, fail_p: sign_flip::p_greater(&over) })
}

/// The looks: blocks within one process are cheap, so there are more of them than a comparison of programs takes.
pub const LOOKS: [Stage; 6] = [
    Stage::new(14, 0.2),
    Stage::new(20, 0.16),
    Stage::new(30, 0.16),
    Stage::new(45, 0.16),
    Stage::new(70, 0.16),
    Stage::new(100, 0.16),
];

/// Blocks that the last look takes.
pub const MOST: usize = LOOKS[LOOKS.len() - 1].blocks;

#[cfg(test)]
#[path = "versus_tests.rs"]
mod tests;
