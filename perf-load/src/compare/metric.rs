//! The metrics of a comparison: five figures of each block.

use std::fmt;

use serde::Serialize;

use super::Pair;
use crate::Outcome;

/// A figure by which two implementations are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Median response time.
    P50,
    /// 95th percentile of the response time.
    P95,
    /// 99th percentile of the response time.
    P99,
    /// Operations a second that were completed and did not fail.
    Throughput,
    /// Share of the arrivals that failed or were dropped.
    Errors,
}

/// In the order in which they are shown.
pub(super) const ALL: [Metric; 5] = [Metric::P50, Metric::P95, Metric::P99, Metric::Throughput, Metric::Errors];

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::P50 => "response p50",
            Self::P95 => "response p95",
            Self::P99 => "response p99",
            Self::Throughput => "throughput",
            Self::Errors => "error rate",
        })
    }
}

/// The figures of one block.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Median response time in nanoseconds.
    pub p50: f64,
    /// 95th percentile of the response time in nanoseconds.
    pub p95: f64,
    /// 99th percentile of the response time in nanoseconds.
    pub p99: f64,
    /// Operations a second that did not fail.
    pub throughput: f64,
    /// Share of the arrivals that failed or were dropped.
    pub errors: f64,
    /// Operations that were completed.
    pub completed: u64,
}

impl Figures {
    /// `None` where nothing was completed.
    pub(super) fn of(outcome: &Outcome) -> Option<Self> {
        let counts = outcome.counts;
        let seconds = outcome.elapsed.as_secs_f64();
        let quantile = |q| outcome.response.quantile(q).map(|nanos| nanos.max(1) as f64);
        let good = counts.completed.saturating_sub(counts.failed);
        (counts.completed > 0 && seconds > 0.0).then_some(())?;
        Some(Self {
            p50: quantile(0.50)?,
            p95: quantile(0.95)?,
            p99: quantile(0.99)?,
            throughput: good as f64 / seconds,
            errors: (counts.failed + counts.dropped) as f64 / counts.due.max(1) as f64,
            completed: counts.completed,
        })
    }
}

impl Metric {
    pub(super) fn value(self, figures: &Figures) -> f64 {
        match self {
            Self::P50 => figures.p50,
            Self::P95 => figures.p95,
            Self::P99 => figures.p99,
            Self::Throughput => figures.throughput,
            Self::Errors => figures.errors,
        }
    }

    /// How much worse B is than A in a pair, as the logarithm of the ratio; of shares, the plain difference.
    pub(super) fn worse(self, pair: &Pair) -> f64 {
        let (a, b) = (self.value(&pair.a), self.value(&pair.b));
        match self {
            Self::P50 | Self::P95 | Self::P99 => (b / a).ln(),
            Self::Throughput => (a.max(1e-9) / b.max(1e-9)).ln(),
            Self::Errors => b - a,
        }
    }

    /// Operations that a block needs at least, so that its quantile is not just one of its greatest values.
    pub(super) fn least_completed(self) -> u64 {
        match self {
            Self::P50 => 20,
            Self::P95 => 60,
            Self::P99 => 300,
            Self::Throughput | Self::Errors => 1,
        }
    }

    /// Differences below it are too small to make a winner: a bucket of a histogram is up to 1.6 % wide, and a tenth of a
    /// per cent of errors, or of the throughput of an open loop, is one operation more or less.
    pub(super) fn margin(self) -> f64 {
        match self {
            Self::P50 | Self::P95 | Self::P99 => 0.02,
            Self::Throughput => 0.005,
            Self::Errors => 0.001,
        }
    }
}
