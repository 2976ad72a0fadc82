//! Which of two implementations is better, by the randomisation distribution of signed ranks, with Holm's correction.

use perf_exporters::stats::dist::normal_quantile_above;
use perf_exporters::stats::order::median;
use perf_exporters::stats::signed_rank::{HodgesLehmann, p_greater};
use serde::Serialize;

use super::metric::ALL;
use super::{Metric, Pair};

/// The better implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Winner {
    /// The first.
    A,
    /// The second.
    B,
    /// Neither, as far as the data show.
    Neither,
}

/// The result for one metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which one.
    pub metric: Metric,
    /// A's median over the blocks: nanoseconds, operations a second, or a share.
    pub a: f64,
    /// B's median over the blocks.
    pub b: f64,
    /// How much worse B is, as a share: 0.1 is a tenth more time, a tenth more throughput of A, or 0.1 more of all operations
    /// that fail. Negative where B is better.
    pub change: f64,
    /// The 95 % interval of the change, for this metric alone.
    pub interval: (f64, f64),
    /// Chance of a difference at least so great, in either direction, if there were none.
    pub p: f64,
    /// The same chance with Holm's correction for all the metrics that were judged.
    pub adjusted: f64,
    /// The change that this many blocks, scattering as they did, would have shown in four of five comparisons.
    pub least_change: f64,
    /// The better implementation: one is named only where the corrected chance is at most 5 % and the change is not below the
    /// margin.
    pub winner: Winner,
    /// Whether a difference was shown that is below the margin: 2 % of a response time, 0.5 % of the throughput, 0.1 points of
    /// the error rate.
    pub negligible: bool,
}

/// A metric that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unjudged {
    /// Which one.
    pub metric: Metric,
    /// The data that it lacks.
    pub why: String,
}

/// Chance of naming any winner where there is none.
const ALPHA: f64 = 0.05;
/// Share of comparisons in which the least change is missed.
const MISSED: f64 = 0.2;

/// A finding for each metric, and the metrics with too little data. No winner is named where `valid` is false.
pub(super) fn judge(pairs: &[Pair], valid: bool) -> (Vec<Finding>, Vec<Unjudged>) {
    if pairs.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let fewest = pairs.iter().map(|pair| pair.a.completed.min(pair.b.completed)).min().unwrap_or(0);
    let (enough, short): (Vec<Metric>, Vec<Metric>) = ALL.into_iter().partition(|m| fewest >= m.least_completed());
    let unjudged = short
        .into_iter()
        .map(|metric| {
            let least = metric.least_completed();
            Unjudged { metric, why: format!("blocks of {fewest} operations are too short, it takes {least}") }
        })
        .collect();
    let count = enough.len();
    let mut findings: Vec<Finding> = enough.into_iter().filter_map(|metric| finding(metric, pairs, count)).collect();
    holm(&mut findings);
    for finding in &mut findings {
        let shown = valid && finding.adjusted <= ALPHA;
        finding.negligible = shown && finding.change.abs() < finding.metric.margin();
        finding.winner = match () {
            () if !shown || finding.negligible => Winner::Neither,
            () if finding.change > 0.0 => Winner::A,
            () => Winner::B,
        };
    }
    (findings, unjudged)
}

fn finding(metric: Metric, pairs: &[Pair], metrics: usize) -> Option<Finding> {
    let worse: Vec<f64> = pairs.iter().map(|pair| metric.worse(pair)).collect();
    let better: Vec<f64> = worse.iter().map(|d| -d).collect();
    let estimate = HodgesLehmann::of(&worse)?;
    let p = (2.0 * p_greater(&worse).min(p_greater(&better))).min(1.0);
    let share = |difference: f64| if metric == Metric::Errors { difference } else { difference.exp_m1() };
    let values = |of: fn(&Pair) -> &super::metric::Figures| {
        let values: Vec<f64> = pairs.iter().map(|pair| metric.value(of(pair))).collect();
        median(&values).unwrap_or(f64::NAN)
    };
    // Half the interval at the level of Holm's first step is shown in one of two comparisons; the power that is required takes
    // so many standard errors more.
    let tail = ALPHA / metrics as f64 / 2.0;
    let half = (estimate.upper(tail) - estimate.lower(tail)) / 2.0;
    let level = normal_quantile_above(tail);
    let least = half * (level + normal_quantile_above(MISSED)) / level;
    Some(Finding {
        metric,
        a: values(|pair| &pair.a),
        b: values(|pair| &pair.b),
        change: share(estimate.shift()),
        interval: (share(estimate.lower(ALPHA / 2.0)), share(estimate.upper(ALPHA / 2.0))),
        p,
        adjusted: 1.0,
        least_change: share(least).max(metric.margin()),
        winner: Winner::Neither,
        negligible: false,
    })
}

/// Holm (1979): the k-th smallest of m chances times m − k + 1, and never less than the one before.
fn holm(findings: &mut [Finding]) {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by(|&i, &j| findings[i].p.total_cmp(&findings[j].p));
    let mut before = 0.0_f64;
    for (done, &at) in order.iter().enumerate() {
        let corrected = findings[at].p * (order.len() - done) as f64;
        before = before.max(corrected).min(1.0);
        findings[at].adjusted = before;
    }
}

#[cfg(test)]
mod tests {
    use super::super::metric::Figures;
    use super::*;

    fn pairs(times: &[(f64, f64)], completed: u64) -> Vec<Pair> {
        let figures =
            |p: f64| Figures { p50: p, p95: 2.0 * p, p99: 3.0 * p, throughput: 100.0, errors: 0.0, completed };
        times.iter().map(|&(a, b)| Pair { a_first: true, a: figures(a), b: figures(b) }).collect()
    }

    #[test]
    fn corrected_chances_are_holms() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02.
        let mut findings: Vec<Finding> = [0.01, 0.04, 0.03, 0.005]
            .iter()
            .map(|&p| Finding { p, ..finding(Metric::P50, &pairs(&[(1.0, 1.0)], 1000), 4).unwrap() })
            .collect();
        holm(&mut findings);
        let adjusted: Vec<f64> = findings.iter().map(|finding| finding.adjusted).collect();
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
    }

    #[test]
    fn a_difference_in_every_pair_is_a_winner_and_one_below_the_margin_is_not() {
        let slower: Vec<(f64, f64)> = (0..12).map(|i| (100.0 + f64::from(i), 1.1 * (100.0 + f64::from(i)))).collect();
        let (findings, unjudged) = judge(&pairs(&slower, 1000), true);
        assert!(unjudged.is_empty());
        assert!(findings[..3].iter().all(|finding| finding.winner == Winner::A), "{findings:#?}");
        assert!(findings[3..].iter().all(|finding| finding.winner == Winner::Neither && finding.p > 0.999));
        assert!((findings[0].change - 0.1).abs() < 1e-9);
        let (invalid, _) = judge(&pairs(&slower, 1000), false);
        assert!(invalid.iter().all(|finding| finding.winner == Winner::Neither));
        let hardly: Vec<(f64, f64)> = (0..12).map(|i| (100.0 + f64::from(i), 1.01 * (100.0 + f64::from(i)))).collect();
        let (findings, _) = judge(&pairs(&hardly, 1000), true);
        assert!(findings[0].negligible && findings[0].winner == Winner::Neither);
    }

    #[test]
    fn short_blocks_have_no_tail() {
        let (findings, unjudged) = judge(&pairs(&[(1.0, 1.1); 12], 100), true);
        assert_eq!(
            findings.iter().map(|finding| finding.metric).collect::<Vec<_>>(),
            [Metric::P50, Metric::P95, Metric::Throughput, Metric::Errors]
        );
        assert_eq!(unjudged[0].metric, Metric::P99);
        assert!(unjudged[0].why.contains("takes 300"), "{unjudged:?}");
    }
}
