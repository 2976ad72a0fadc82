//! One figure before and after: how far it moved, and whether that is real.

use super::{Figure, Kind, Level, Metric, Proof};
use crate::judge::Side;
use crate::judge::diff::{self, Thresholds};

/// The rating of a change.
pub(super) struct Judged {
    pub(super) ratio: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) level: Level,
    pub(super) proof: Proof,
}

/// A change that fails must surely be at least this share of the threshold. Runs of a busy machine come in states (of caches, clocks, neighbours), and two
/// states differ in ranks as two programs do.
const LEAST_SHARE: f64 = 0.25;

/// Judges a metric. Counts that agree in all runs of both sides are compared exactly, if there is as much work in both.
pub(super) fn judge(metric: Metric, old: &Figure, new: &Figure, thresholds: Thresholds, same_work: bool) -> Judged {
    if metric.kind() == Kind::Count
        && same_work
        && let (Some(before), Some(after)) = (old.agreed(), new.agreed())
    {
        return exactly(before, after);
    }
    if metric.kind() == Kind::Instructions {
        return by_processes(old, new, thresholds);
    }
    let by_ranks = diff::runs(old.runs(), new.runs(), metric.as_diff(), thresholds);
    if !by_ranks.too_few {
        let (ratio, low, high) = (by_ranks.ratio, by_ranks.low, by_ranks.high);
        let worse_surely = match metric.as_diff().side() {
            Side::AtMost => low - 1.0,
            Side::AtLeast => 1.0 - high,
        };
        // The change is real; but one that may be tiny fails no test.
        let level = match by_ranks.level.into() {
            Level::Fail if worse_surely < thresholds.fail * LEAST_SHARE => Level::Warn,
            level => level,
        };
        return Judged { ratio, low, high, level, proof: Proof::Runs };
    }
    by_ranges(metric, old, new, thresholds)
}

fn exactly(before: f64, after: f64) -> Judged {
    let ratio = quotient(before, after);
    let level = match after.total_cmp(&before) {
        std::cmp::Ordering::Greater => Level::Fail,
        std::cmp::Ordering::Equal => Level::Same,
        std::cmp::Ordering::Less => Level::Improved,
    };
    Judged { ratio, low: ratio, high: ratio, level, proof: Proof::Exact }
}

/// Instructions of processes: beyond the tolerance, or beyond what processes of one side lie apart, if that is more, lies a change that is
/// one in the least process of one side against the greatest of the other. How many processes a FAIL takes is not asked here.
fn by_processes(old: &Figure, new: &Figure, thresholds: Thresholds) -> Judged {
    let learnt = spread(old).max(spread(new));
    let ratio = quotient(old.value(), new.value());
    let (low, high) = (quotient(old.high(), new.low()), quotient(old.low(), new.high()));
    let beyond = |tolerance: f64| low > 1.0 + tolerance.max(learnt);
    let level = match () {
        () if beyond(thresholds.fail) => Level::Fail,
        () if beyond(thresholds.warn) => Level::Warn,
        () if high < 1.0 / (1.0 + thresholds.warn.max(learnt)) => Level::Improved,
        () => Level::Same,
    };
    Judged { ratio, low, high, level, proof: Proof::Ranges }
}

/// How far the runs of a figure lie apart, as a share of the least.
pub(super) fn spread(figure: &Figure) -> f64 {
    if figure.low() > 0.0 { figure.high() / figure.low() - 1.0 } else { 0.0 }
}

/// Ranges that lie apart are a real change, and one that fails must lie beyond its threshold as a whole: of two runs, so
/// much may come from the machine.
fn by_ranges(metric: Metric, old: &Figure, new: &Figure, thresholds: Thresholds) -> Judged {
    let ratio = quotient(old.value(), new.value());
    let (low, high) = (quotient(old.high(), new.low()), quotient(old.low(), new.high()));
    let (worse_by, worse_surely, better) = match metric.as_diff().side() {
        Side::AtMost => (ratio - 1.0, low - 1.0, high < 1.0),
        Side::AtLeast => (1.0 - ratio, 1.0 - high, low > 1.0),
    };
    // Whole counts of bytes are exact.
    let nearly = thresholds.fail * (1.0 - 1e-9);
    let level = if worse_by.abs() < thresholds.warn {
        Level::Same
    } else if worse_surely >= nearly {
        Level::Fail
    } else if worse_surely > 0.0 {
        Level::Warn
    } else if better && worse_by < 0.0 {
        Level::Improved
    } else {
        Level::Unproven
    };
    Judged { ratio, low, high, level, proof: Proof::Ranges }
}

/// new ÷ old; 1 from zero to zero, and also where both are without bound.
fn quotient(old: f64, new: f64) -> f64 {
    if old.total_cmp(&new).is_eq() { 1.0 } else { new / old }
}

impl From<diff::Level> for Level {
    fn from(level: diff::Level) -> Self {
        match level {
            diff::Level::Fail => Self::Fail,
            diff::Level::Warn => Self::Warn,
            diff::Level::Unproven => Self::Unproven,
            diff::Level::Same => Self::Same,
            diff::Level::Improved => Self::Improved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(metric: Metric, old: &Figure, new: &Figure) -> (Level, Proof) {
        let judged = judge(metric, old, new, metric.thresholds(), true);
        (judged.level, judged.proof)
    }

    fn range(value: f64, by: f64) -> Figure {
        Figure::new(&[value], value - by, value + by).unwrap()
    }

    #[test]
    fn one_more_allocation_fails_and_one_less_is_better() {
        let of = |count| Figure::exact(count);
        assert_eq!(one(Metric::Allocs, &of(1000), &of(1001)), (Level::Fail, Proof::Exact));
        assert_eq!(one(Metric::Allocs, &of(1000), &of(1000)), (Level::Same, Proof::Exact));
        assert_eq!(one(Metric::Allocs, &of(1000), &of(999)), (Level::Improved, Proof::Exact));
        assert_eq!(one(Metric::Allocs, &of(0), &of(1)), (Level::Fail, Proof::Exact));
        // With other work per run it is the share that counts.
        let other = judge(Metric::Allocs, &of(1000), &of(1001), Metric::Allocs.thresholds(), false);
        assert_eq!(other.level, Level::Same);
    }

    #[test]
    fn counts_that_vary_are_judged_by_size() {
        let old = Figure::join([Figure::exact(100), Figure::exact(103)]).unwrap();
        assert_eq!(one(Metric::Allocs, &old, &Figure::exact(104)), (Level::Same, Proof::Ranges));
        assert_eq!(one(Metric::Allocs, &old, &Figure::exact(130)), (Level::Warn, Proof::Ranges));
        assert_eq!(one(Metric::Allocs, &old, &Figure::exact(160)), (Level::Fail, Proof::Ranges));
    }

    #[test]
    fn ranges_must_lie_apart() {
        assert_eq!(one(Metric::MeanNs, &range(100.0, 2.0), &range(130.0, 2.0)).0, Level::Fail);
        assert_eq!(one(Metric::MeanNs, &range(100.0, 2.0), &range(115.0, 2.0)).0, Level::Warn);
        assert_eq!(one(Metric::MeanNs, &range(100.0, 9.0), &range(130.0, 9.0)).0, Level::Warn);
        assert_eq!(one(Metric::MeanNs, &range(100.0, 15.0), &range(125.0, 15.0)).0, Level::Unproven);
        assert_eq!(one(Metric::MeanNs, &range(100.0, 2.0), &range(80.0, 2.0)).0, Level::Improved);
        assert_eq!(one(Metric::ItemsPerSecond, &range(100.0, 2.0), &range(80.0, 2.0)).0, Level::Fail);
        assert_eq!(one(Metric::ItemsPerSecond, &range(100.0, 2.0), &range(120.0, 2.0)).0, Level::Improved);
        let open = Figure::new(&[100.0], 90.0, f64::INFINITY).unwrap();
        assert_eq!(one(Metric::P95Ns, &open, &range(500.0, 1.0)).0, Level::Unproven);
    }

    #[test]
    fn five_runs_of_each_are_ranked() {
        let of =
            |by: f64| Figure::new(&[100.0, 101.0, 102.0, 103.0, 104.0].map(|v| v * by), 90.0 * by, 120.0 * by).unwrap();
        assert_eq!(one(Metric::MeanNs, &of(1.0), &of(1.3)), (Level::Fail, Proof::Runs));
        assert_eq!(one(Metric::MeanNs, &of(1.0), &of(1.02)), (Level::Same, Proof::Runs));
    }

    #[test]
    fn instructions_are_judged_by_how_far_processes_lie_apart() {
        let of = |runs: &[f64]| {
            let (low, high) = runs.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
            Figure::new(runs, low, high).unwrap()
        };
        let same = of(&[100_000.0; 5]);
        let level = |old: &Figure, new: &[f64]| one(Metric::Instructions, old, &of(new)).0;
        assert_eq!(level(&same, &[100_500.0; 3]), Level::Same);
        assert_eq!(level(&same, &[100_501.0; 3]), Level::Fail);
        assert_eq!(level(&same, &[102_000.0, 102_000.0, 100_400.0]), Level::Same, "the code can do with so few");
        assert_eq!(level(&same, &[99_000.0; 3]), Level::Improved);
        // Recorded processes that lie 2 % apart, as do the new ones.
        let apart = of(&[100_000.0, 101_000.0, 102_000.0]);
        assert_eq!(level(&apart, &[103_000.0, 103_900.0, 104_000.0]), Level::Same);
        assert_eq!(level(&apart, &[104_100.0, 104_500.0, 105_000.0]), Level::Fail);
    }

    /// Unchanged code whose processes scatter, as hash seeds and places in memory make them: five are recorded, and up to six are
    /// asked before a FAIL, as a budget test does.
    #[test]
    fn unchanged_code_fails_hardly_ever_by_instructions_however_it_scatters() {
        const ASKED: usize = 6;
        let mut rng = fastrand::Rng::with_seed(12);
        let mut normal = move || (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        for scatter in [0.0002, 0.002, 0.02] {
            let mut process = || 100_000.0 * (1.0 + scatter * normal());
            let mut fails = 0;
            for _ in 0..20_000 {
                let of = |runs: &[f64]| {
                    let (low, high) = runs.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
                    Figure::new(runs, low, high).unwrap()
                };
                let old = of(&[process(), process(), process(), process(), process()]);
                let mut runs = Vec::new();
                let fails_by = |runs: &[f64]| one(Metric::Instructions, &old, &of(runs)).0 == Level::Fail;
                while runs.len() < ASKED && (runs.is_empty() || fails_by(&runs)) {
                    runs.push(process());
                }
                fails += u32::from(fails_by(&runs));
            }
            assert!(fails <= 1, "{fails} of 20,000 where processes scatter by {scatter}");
        }
    }
}
