//! Budgets as data: the promises of `#[perf_budget(..)]`, read at compile time into constants.
//!
//! Nothing here measures or judges. A [`BudgetSpec`] belongs to its probe and is part of every snapshot
//! ([`ProbeStats::budgets`](crate::ProbeStats::budgets)); readers of snapshots may check the measurements against it.
//! With the library off the types are the same.
//!
//! ```
//! use std::time::Duration;
//! use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
//!
//! const BUDGET: BudgetSpec = BudgetSpec {
//!     limits: &[
//!         Limit { metric: Metric::P99, bound: Bound::Time(Duration::from_millis(5)) },
//!         Limit { metric: Metric::Allocs, bound: Bound::Count(0) },
//!     ],
//!     ..BudgetSpec::EMPTY
//! };
//! assert_eq!(BUDGET.limits[0].to_string(), "p99 ≤ 5ms");
//! ```

use core::fmt;
use core::time::Duration;

/// The content of one `#[perf_budget(..)]`.
///
/// Write literals with `..BudgetSpec::EMPTY`: fields may be added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetSpec {
    /// The budget's own name, where it has one; otherwise it goes by its probe's.
    pub name: Option<&'static str>,
    /// Bounds that must hold, each metric at most once.
    pub limits: &'static [Limit],
    /// Bounds that should hold: a missed one is a warning. Never looser than the limit on the same metric.
    pub targets: &'static [Limit],
    /// How often other probes may run inside one call.
    pub calls: &'static [CallLimit],
    /// The comparison with another function in the same run.
    pub relative: Option<Relative>,
    /// How cost may grow with the size of the input.
    pub growth: Option<Growth>,
    /// How many calls a test measures; `None` leaves it to the verdict.
    pub iterations: Option<u64>,
    /// The warm-up before a test measures; `None` leaves it to the test.
    pub warmup: Option<Warmup>,
    /// How long a test may sample for its verdict.
    pub max_time: Option<Duration>,
    /// The clock that times are measured with.
    pub clock: Clock,
    /// Whether time limits gate in builds without optimisation too.
    pub debug: bool,
}

impl BudgetSpec {
    /// The budget that promises nothing.
    pub const EMPTY: Self = Self {
        name: None,
        limits: &[],
        targets: &[],
        calls: &[],
        relative: None,
        growth: None,
        iterations: None,
        warmup: None,
        max_time: None,
        clock: Clock::Wall,
        debug: false,
    };

    /// The limit on one metric.
    #[must_use]
    pub fn limit(&self, metric: Metric) -> Option<Bound> {
        find(self.limits, metric)
    }

    /// The target for one metric.
    #[must_use]
    pub fn target(&self, metric: Metric) -> Option<Bound> {
        find(self.targets, metric)
    }
}

impl Default for BudgetSpec {
    fn default() -> Self {
        Self::EMPTY
    }
}

fn find(limits: &[Limit], metric: Metric) -> Option<Bound> {
    limits.iter().find(|limit| limit.metric == metric).map(|limit| limit.bound)
}

/// One metric and its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The figure that is bounded.
    pub metric: Metric,
    /// The bound, in the metric's own unit.
    pub bound: Bound,
}

/// A figure that a limit may bound. All but `Throughput` are bounded from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Metric {
    /// Median time of a call.
    P50,
    /// Time that 90 % of the calls keep.
    P90,
    /// Time that 95 % of the calls keep.
    P95,
    /// Time that 99 % of the calls keep.
    P99,
    /// Time that 99.9 % of the calls keep.
    P999,
    /// Time of the slowest call.
    Max,
    /// Mean time of a call.
    Mean,
    /// Allocations per call, with all that the call calls.
    Allocs,
    /// Bytes asked of the allocator per call.
    AllocBytes,
    /// Highest live growth during a call above what was live at its entry.
    PeakBytes,
    /// Bytes allocated and not freed again per call.
    NetBytes,
    /// Share of the calls that return an error.
    Errors,
    /// Calls per second, or items per second where the probe counts items: at least this.
    Throughput,
    /// Instructions that the calling thread executes in a call. Only tests count them.
    Instructions,
}

impl Metric {
    /// The key as `#[perf_budget]` spells it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P999 => "p999",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Allocs => "allocs",
            Self::AllocBytes => "alloc_bytes",
            Self::PeakBytes => "peak_bytes",
            Self::NetBytes => "net_bytes",
            Self::Errors => "errors",
            Self::Throughput => "throughput",
            Self::Instructions => "instructions",
        }
    }

    /// The quantile of call times that this metric is, from 0 to 1.
    #[must_use]
    pub const fn quantile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::P999 => Some(0.999),
            _ => None,
        }
    }

    /// The fewest calls that can show a quantile to be kept with 95 % confidence, none of them over the limit: the least
    /// n with qⁿ ≤ 0.05.
    #[must_use]
    pub const fn least_calls(self) -> Option<u64> {
        match self {
            Self::P50 => Some(5),
            Self::P90 => Some(29),
            Self::P95 => Some(59),
            Self::P99 => Some(299),
            Self::P999 => Some(2995),
            _ => None,
        }
    }

    /// Whether the bound is the least that will do, not the most.
    #[must_use]
    pub const fn is_minimum(self) -> bool {
        matches!(self, Self::Throughput)
    }
}

/// The value of a bound, in the unit of its metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// Time of a call.
    Time(Duration),
    /// Events per call.
    Count(u64),
    /// Bytes per call.
    Bytes(u64),
    /// A share of the calls, in parts per million.
    PartsPerMillion(u32),
    /// Events in 1,000 seconds.
    PerThousandSeconds(u64),
}

/// How often another probe may run inside one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimit {
    /// The other probe's name.
    pub probe: &'static str,
    /// At most so many of its calls per call.
    pub calls: u64,
}

/// A comparison with another function, interleaved with it in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relative {
    /// The other function, as its path is written.
    pub reference: &'static str,
    /// At most so many times the other's time, or instructions; greater than zero.
    pub ratio: f64,
    /// The figure that is compared.
    pub by: Figure,
}

/// The figure that growth, or a comparison, is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Figure {
    /// Time; of growth the counters before it.
    #[default]
    Time,
    /// Instructions.
    Instructions,
}

/// How cost may grow, and the sizes to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The claimed class: cost grows no faster.
    pub class: GrowthClass,
    /// Ascending sizes; at least six of them, the last at least 1,024 times the first.
    pub sizes: &'static [usize],
    /// The figure that grows.
    pub by: Figure,
}

/// A class of functions that bounds growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum GrowthClass {
    /// `"1"`.
    Constant,
    /// `"log n"`.
    Logarithmic,
    /// `"n"`.
    Linear,
    /// `"n log n"`.
    Linearithmic,
    /// `"n^2"`.
    Quadratic,
    /// `"n^3"`.
    Cubic,
}

impl GrowthClass {
    /// The class's own function at a size of `n` ≥ 2, logarithms to base 2.
    #[must_use]
    pub fn at(self, n: f64) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Logarithmic => n.log2(),
            Self::Linear => n,
            Self::Linearithmic => n * n.log2(),
            Self::Quadratic => n * n,
            Self::Cubic => n * n * n,
        }
    }
}

/// The calls before measuring begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warmup {
    /// So many calls.
    Calls(u64),
    /// Calls for so long.
    Time(Duration),
}

/// The clock that a budget's times are measured with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clock {
    /// Time that passes.
    #[default]
    Wall,
    /// Time that the calling thread spends on a processor.
    Cpu,
}

/// `p99 ≤ 5ms`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relation = if self.metric.is_minimum() { '≥' } else { '≤' };
        write!(f, "{} {relation} {}", self.metric, self.bound)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

/// The bound with its unit, as it would be written in an attribute: `5ms`, `4KiB`, `1%`, `5000/s`.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Bytes(bytes) => write_bytes(f, bytes),
            Self::PartsPerMillion(share) => write!(f, "{}%", f64::from(share) / 10_000.0),
            Self::PerThousandSeconds(rate) => write!(f, "{}/s", rate as f64 / 1_000.0),
        }
    }
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: u64) -> fmt::Result {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, unit)| bytes >= *unit && bytes % *unit == 0) {
        Some((name, unit)) => write!(f, "{}{name}", bytes / unit),
        None => write!(f, "{bytes}B"),
    }
}

impl fmt::Display for GrowthClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Constant => "1",
            Self::Logarithmic => "log n",
            Self::Linear => "n",
            Self::Linearithmic => "n log n",
            Self::Quadratic => "n^2",
            Self::Cubic => "n^3",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_read_as_they_are_written() {
        let shown = [
            (Bound::Time(Duration::from_millis(5)), "5ms"),
            (Bound::Time(Duration::from_micros(1500)), "1.5ms"),
            (Bound::Count(0), "0"),
            (Bound::Bytes(4096), "4KiB"),
            (Bound::Bytes(1_000_000), "1000000B"),
            (Bound::Bytes(0), "0B"),
            (Bound::PartsPerMillion(10_000), "1%"),
            (Bound::PartsPerMillion(1), "0.0001%"),
            (Bound::PerThousandSeconds(5_000_000), "5000/s"),
            (Bound::PerThousandSeconds(1_500), "1.5/s"),
        ];
        for (bound, text) in shown {
            assert_eq!(bound.to_string(), text);
        }
    }

    #[test]
    fn least_calls_are_the_first_that_suffice() {
        for metric in [Metric::P50, Metric::P90, Metric::P95, Metric::P99, Metric::P999] {
            let quantile = metric.quantile().unwrap();
            let calls = i32::try_from(metric.least_calls().unwrap()).unwrap();
            assert!(quantile.powi(calls) <= 0.05, "{metric}");
            assert!(quantile.powi(calls - 1) > 0.05, "{metric}");
        }
    }

    #[test]
    fn limits_are_found_by_metric() {
        let spec = BudgetSpec {
            limits: &[Limit { metric: Metric::Max, bound: Bound::Count(1) }],
            targets: &[Limit { metric: Metric::Throughput, bound: Bound::PerThousandSeconds(2_000) }],
            ..BudgetSpec::default()
        };
        assert_eq!(spec.limit(Metric::Max), Some(Bound::Count(1)));
        assert_eq!(spec.limit(Metric::Mean), None);
        assert_eq!(spec.target(Metric::Throughput), Some(Bound::PerThousandSeconds(2_000)));
        assert_eq!(spec.targets[0].to_string(), "throughput ≥ 2/s");
    }

    #[test]
    fn classes_are_ordered_by_growth() {
        let classes = [
            GrowthClass::Constant,
            GrowthClass::Logarithmic,
            GrowthClass::Linear,
            GrowthClass::Linearithmic,
            GrowthClass::Quadratic,
            GrowthClass::Cubic,
        ];
        for pair in classes.windows(2) {
            assert!(pair[0].at(1024.0) < pair[1].at(1024.0));
        }
    }
}
