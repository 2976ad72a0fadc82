//! Two implementations under the same load, in turn, and which of them is better in which metric.
//!
//! Both are driven in pairs of blocks, in an order that is drawn for each pair. So any change of the machine falls on either of
//! them by chance, and the verdicts are computed from that chance: had the two been alike, each pair's difference would have
//! had the other sign with probability one half (the randomisation distribution). The verdicts assume nothing of how times are
//! distributed, or how they drift.
//!
//! ```text
//! Plan  →  pairs of blocks  →  a difference a pair and metric  →  judge (signed ranks, Holm)  →  Comparison  →  text
//! ```
//!
//! The module has the plan, the drives, the judgement and its three renderings. It does not decide how operations are started.

mod judge;
mod metric;
mod show;

use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

pub use judge::{Finding, Unjudged, Winner};
pub use metric::Metric;

use crate::{Arrivals, Drive, Error, Outcome, Validity, serial};
use metric::Figures;

/// How two implementations are compared: the load of a block, how many pairs of blocks, and the seed of their order.
///
/// ```
/// use perf_load::Arrivals;
/// use perf_load::compare::Plan;
/// use std::time::Duration;
///
/// let block = Arrivals::constant(2_000.0, Duration::from_secs(2))?.poisson(1);
/// let plan = Plan::new(block).names("sync", "async").pairs(20).seed(7);
/// assert_eq!(plan.lasts(), Duration::from_secs(2 * 2 * 21)); // one pair more, to warm up
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    block: Arrivals,
    names: [String; 2],
    pairs: usize,
    warmup: usize,
    seed: u64,
}

/// Fewer pairs cannot reach the confidence that five metrics ask for: 2 ÷ 2⁸ is the least chance that they can show.
pub const LEAST_PAIRS: usize = 8;
/// The most pairs for which the distribution is computed exactly.
const MOST_PAIRS: usize = perf_exporters::stats::signed_rank::EXACT;

impl Plan {
    /// 20 pairs of blocks of these arrivals, and one pair before them that is not counted. A Poisson process is drawn anew for
    /// each pair, and is the same for both of its blocks.
    #[must_use]
    pub fn new(block: Arrivals) -> Self {
        Self { block, names: ["A".to_owned(), "B".to_owned()], pairs: 20, warmup: 1, seed: 0 }
    }

    /// Names of the two implementations.
    #[must_use]
    pub fn names(mut self, a: impl Into<String>, b: impl Into<String>) -> Self {
        self.names = [a.into(), b.into()];
        self
    }

    /// Pairs of blocks: 8 to 100.
    #[must_use]
    pub fn pairs(mut self, pairs: usize) -> Self {
        self.pairs = pairs;
        self
    }

    /// Pairs before those that count.
    #[must_use]
    pub fn warmup(mut self, pairs: usize) -> Self {
        self.warmup = pairs;
        self
    }

    /// Seed of the order within pairs; it is part of every output.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How long arrivals come, in all.
    #[must_use]
    pub fn lasts(&self) -> Duration {
        let blocks = u32::try_from(2 * (self.pairs + self.warmup)).unwrap_or(u32::MAX);
        self.block.duration().saturating_mul(blocks)
    }

    /// The arrivals of a pair's blocks.
    fn arrivals(&self, pair: usize) -> Arrivals {
        match self.block.seed() {
            Some(seed) => self.block.clone().poisson(seed.wrapping_add(0x9e37_79b9 * pair as u64)),
            None => self.block.clone(),
        }
    }
}

/// The figures of both blocks of a pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Pair {
    /// Whether A was driven before B.
    pub a_first: bool,
    /// A's figures.
    pub a: Figures,
    /// B's figures.
    pub b: Figures,
}

/// Two implementations compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// The form of this value as JSON.
    pub schema: &'static str,
    /// Names of A and B.
    pub names: [String; 2],
    /// Seed of the order within pairs.
    pub seed: u64,
    /// Arrivals a second of each block, on average.
    pub rate: f64,
    /// How long arrivals come in each block.
    #[serde(rename = "block_ns", serialize_with = "serial::nanos")]
    pub block: Duration,
    /// The pairs that the verdicts are computed from.
    pub pairs: Vec<Pair>,
    /// Why pairs were left out: their generator was late, or nothing was completed.
    pub left_out: Vec<String>,
    /// One for each metric that could be judged.
    pub findings: Vec<Finding>,
    /// Metrics that could not be judged, and why.
    pub unjudged: Vec<Unjudged>,
    /// Why the comparison as a whole cannot be relied on; none where it can. With a reason, no metric has a winner.
    pub invalid: Option<String>,
    /// Whether it ended before its time.
    pub interrupted: bool,
}

/// The version of the JSON form.
const SCHEMA: &str = "perf.load.compare/1";

impl Comparison {
    /// The one that is better in all metrics that differ; neither where no metric differs, or each is better in some metric.
    #[must_use]
    pub fn winner(&self) -> Winner {
        let has = |winner| self.findings.iter().any(|finding| finding.winner == winner);
        match (has(Winner::A), has(Winner::B)) {
            (true, false) => Winner::A,
            (false, true) => Winner::B,
            _ => Winner::Neither,
        }
    }

    /// The finding for a metric.
    #[must_use]
    pub fn finding(&self, metric: Metric) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.metric == metric)
    }
}

/// Drives both in turn, and judges each metric.
///
/// ```no_run
/// use perf_load::{Arrivals, Load, compare};
/// use std::time::Duration;
///
/// # fn list() {}
/// # fn tree() {}
/// let a = Load::new("list").driver(|_| list());
/// let b = Load::new("tree").driver(|_| tree());
/// let plan = compare::Plan::new(Arrivals::constant(5_000.0, Duration::from_secs(2))?).names("list", "tree").seed(1);
/// let found = compare::compare(a, b, &plan)?;
/// println!("{}", found.summary());
/// # Ok::<(), perf_load::Error>(())
/// ```
///
/// # Errors
/// Where the plan has too few or too many pairs, or a drive could not be carried out at all.
pub fn compare(mut a: impl Drive, mut b: impl Drive, plan: &Plan) -> Result<Comparison, Error> {
    if !(LEAST_PAIRS..=MOST_PAIRS).contains(&plan.pairs) {
        let why = format!("{} pairs of blocks; give {LEAST_PAIRS} to {MOST_PAIRS}", plan.pairs);
        return Err(Error::invalid("pairs", why));
    }
    let mut order = Xoshiro256PlusPlus::seed_from_u64(plan.seed);
    let mut found = Comparison {
        schema: SCHEMA,
        names: plan.names.clone(),
        seed: plan.seed,
        rate: plan.block.mean_rate(),
        block: plan.block.duration(),
        pairs: Vec::new(),
        left_out: Vec::new(),
        findings: Vec::new(),
        unjudged: Vec::new(),
        invalid: None,
        interrupted: false,
    };
    for pair in 0..plan.warmup + plan.pairs {
        let arrivals = plan.arrivals(pair);
        let a_first = order.random::<bool>();
        let (outcome_a, outcome_b) = if a_first {
            let first = a.drive(&arrivals)?;
            (first, b.drive(&arrivals)?)
        } else {
            let first = b.drive(&arrivals)?;
            (a.drive(&arrivals)?, first)
        };
        if outcome_a.interrupted || outcome_b.interrupted {
            found.interrupted = true;
            break;
        }
        if pair < plan.warmup {
            continue;
        }
        match (usable(&outcome_a), usable(&outcome_b)) {
            (Ok(a), Ok(b)) => found.pairs.push(Pair { a_first, a, b }),
            (Err(why), _) => found.left_out.push(format!("{}: {why}", plan.names[0])),
            (_, Err(why)) => found.left_out.push(format!("{}: {why}", plan.names[1])),
        }
    }
    found.judge(plan.pairs);
    Ok(found)
}

/// The figures of a block that can be relied on.
fn usable(outcome: &Outcome) -> Result<Figures, String> {
    match &outcome.validity {
        Validity::Invalid { reason } => Err(reason.clone()),
        Validity::Valid => Figures::of(outcome).ok_or_else(|| "nothing was completed".to_owned()),
    }
}

impl Comparison {
    fn judge(&mut self, planned: usize) {
        let left_out = self.left_out.len();
        self.invalid = if 5 * left_out > planned {
            let why = self.left_out.first().map_or("", String::as_str);
            Some(format!("{left_out} of {planned} pairs of blocks could not be relied on, the first because of {why}"))
        } else if self.pairs.len() < LEAST_PAIRS {
            Some(format!("{} pairs of blocks were measured, and a verdict takes {LEAST_PAIRS}", self.pairs.len()))
        } else {
            None
        };
        let (findings, unjudged) = judge::judge(&self.pairs, self.invalid.is_none());
        self.findings = findings;
        self.unjudged = unjudged;
    }
}
