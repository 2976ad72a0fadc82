//! The limits that a system under load must keep.

use std::fmt;
use std::time::Duration;

use perf_core::Histogram;
use perf_core::budget::Metric;
use perf_exporters::human;
use perf_exporters::judge::quantile::{Exceedances, Judgement, judge_share};

use crate::{Error, Window};

/// Blocks of a drive, at most, in which exceedances are counted.
const BLOCKS: usize = 24;

/// Limits of response times and of the share of failures, for every step of a search and for an endurance run.
///
/// ```
/// use std::time::Duration;
/// use perf_core::budget::Metric;
/// use perf_load::Limits;
///
/// let limits = Limits::default().time(Metric::P99, Duration::from_millis(50))?.errors(0.001)?;
/// assert_eq!(limits.to_string(), "p99 ≤ 50.0 ms, errors ≤ 0.1 %");
/// assert!(Limits::default().time(Metric::Allocs, Duration::from_secs(1)).is_err());
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    times: Vec<(Metric, Duration)>,
    errors: f64,
}

impl Default for Limits {
    /// No response time, and failures of at most 1 %: a system that fails at once would hold any rate.
    fn default() -> Self {
        Self { times: Vec::new(), errors: 0.01 }
    }
}

/// One limit, judged by the measured operations.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) limit: Limit,
    pub(crate) judged: Judgement,
    /// The share of operations that may be over it.
    pub(crate) allowed: f64,
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Limit {
    /// A quantile of the response time is at most this.
    #[non_exhaustive]
    Time {
        /// Which quantile.
        metric: Metric,
        /// The greatest value allowed.
        most: Duration,
    },
    /// The share of failed operations is at most this.
    #[non_exhaustive]
    Errors {
        /// The share.
        most: f64,
    },
}

impl Limits {
    /// This quantile of the response time may be so long; a later limit of the same quantile replaces the
    /// earlier.
    ///
    /// # Errors
    /// A metric that is no quantile; no time at all.
    pub fn time(mut self, metric: Metric, most: Duration) -> Result<Self, Error> {
        let key = || format!("limit.{}", metric.key());
        if metric.quantile().is_none() {
            return Err(Error::invalid(key(), "response times are limited by p50, p90, p95, p99 or p999"));
        }
        if most.is_zero() {
            return Err(Error::invalid(key(), "must be above zero, such as \"50ms\""));
        }
        self.times.retain(|(other, _)| *other != metric);
        self.times.push((metric, most));
        Ok(self)
    }

    /// This share of the operations may fail.
    ///
    /// # Errors
    /// No share between 0 and 1.
    pub fn errors(self, most: f64) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&most) {
            Ok(Self { errors: most, ..self })
        } else {
            Err(Error::invalid("limit.errors", format!("{most} is no share: take 0 to 1, such as 0.01 for 1 %")))
        }
    }

    /// The limits, one by one.
    pub fn iter(&self) -> impl Iterator<Item = Limit> + '_ {
        let times = self.times.iter().map(|&(metric, most)| Limit::Time { metric, most });
        times.chain([Limit::Errors { most: self.errors }])
    }

    /// Judges each limit by these parts, in the order of time. Slow calls come in bursts, which the parts show.
    pub(crate) fn hold(&self, parts: &[Part<'_>]) -> Vec<Held> {
        // Each short block depends on many before it, which the correlation of neighbours does not show.
        let each = parts.len().div_ceil(BLOCKS).max(1);
        let judged = |limit: Limit| {
            let seen = parts.chunks(each).map(|block| {
                let completed = block.iter().map(|part| part.completed).sum::<u64>();
                (completed, block.iter().map(|part| limit.over(part)).sum::<u64>())
            });
            let allowed = limit.allowed();
            let judged = judge_share(Exceedances::from_blocks(&seen.collect::<Vec<_>>()), allowed);
            Held { limit, judged, allowed }
        };
        self.iter().map(judged).collect()
    }
}

/// Part of a drive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    pub(crate) completed: u64,
    pub(crate) failed: u64,
    pub(crate) response: &'a Histogram,
}

impl<'a> From<&'a Window> for Part<'a> {
    fn from(window: &'a Window) -> Self {
        let Window { counts, response, .. } = window;
        Self { completed: counts.completed, failed: counts.failed, response }
    }
}

impl Limit {
    /// The share of the operations that may be over it.
    pub(crate) fn allowed(&self) -> f64 {
        match self {
            Self::Time { metric, .. } => 1.0 - metric.quantile().unwrap_or(0.0),
            Self::Errors { most } => *most,
        }
    }

    /// How many are over it.
    pub(crate) fn over(&self, part: &Part<'_>) -> u64 {
        match self {
            Self::Time { most, .. } => above(part.response, u64::try_from(most.as_nanos()).unwrap_or(u64::MAX)),
            Self::Errors { .. } => part.failed,
        }
    }
}

/// Values above a limit; values in the limit's own bucket are above it where the middle of the bucket is.
fn above(histogram: &Histogram, limit: u64) -> u64 {
    histogram.buckets().filter(|bucket| bucket.low.midpoint(bucket.high) > limit).map(|bucket| bucket.count).sum()
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { metric, most } => {
                let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
                write!(f, "{} ≤ {}", metric.key(), human::duration(nanos))
            }
            Self::Errors { most } => write!(f, "errors ≤ {}", human::percent(most * 100.0)),
        }
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.iter().map(|limit| limit.to_string()).collect();
        f.write_str(&all.join(", "))
    }
}
