//! What a system under load must keep.

use std::fmt;
use std::time::Duration;

use perf_core::Histogram;
use perf_core::budget::Metric;
use perf_exporters::human;
use perf_exporters::judge::quantile::{Exceedances, Judgement, judge_share};

use crate::{Error, Window};

/// Blocks of a drive, at most, in which exceedances are counted.
const BLOCKS: usize = 24;

/// Limits of response times and of the share of failures, held by every step of a search and by an endurance run.
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
    times: Vec<(Metric, f64, Duration)>,
    errors: f64,
}

impl Default for Limits {
    /// No response time, and failures of at most 1 %: who fails at once holds any rate.
    fn default() -> Self {
        Self { times: Vec::new(), errors: 0.01 }
    }
}

/// One limit, held against what was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) limit: Limit,
    pub(crate) judged: Judgement,
    /// The share that may be over it.
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
        /// What it may be.
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
    /// This quantile of the response time may be so long; of the same quantile the last one holds.
    ///
    /// # Errors
    /// A metric that is no quantile; no time at all.
    pub fn time(mut self, metric: Metric, most: Duration) -> Result<Self, Error> {
        let key = || format!("limit.{}", metric.key());
        let Some(q) = metric.quantile() else {
            return Err(Error::invalid(key(), "response times are limited by p50, p90, p95, p99 or p999"));
        };
        if most.is_zero() {
            return Err(Error::invalid(key(), "must be above zero, such as \"50ms\""));
        }
        self.times.retain(|(other, ..)| *other != metric);
        self.times.push((metric, q, most));
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
        let times = self.times.iter().map(|&(metric, _, most)| Limit::Time { metric, most });
        times.chain([Limit::Errors { most: self.errors }])
    }

    /// Each limit against these windows, in the order of time. Slow calls come in bursts: windows are what tells.
    pub(crate) fn hold(&self, windows: &[&Window]) -> Vec<Held> {
        // Of short blocks each depends on many before it, which the correlation of neighbours does not show.
        let each = windows.len().div_ceil(BLOCKS).max(1);
        let blocks = |over: &dyn Fn(&Window) -> u64| {
            let seen = windows.chunks(each).map(|block| {
                let of = |part: &dyn Fn(&Window) -> u64| block.iter().map(|window| part(window)).sum::<u64>();
                (of(&|window| window.counts.completed), of(over))
            });
            Exceedances::from_blocks(&seen.collect::<Vec<_>>())
        };
        let time = |&(metric, q, most): &(Metric, f64, Duration)| {
            let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
            let seen = blocks(&|window| above(&window.response, nanos));
            let allowed = 1.0 - q;
            Held { limit: Limit::Time { metric, most }, judged: judge_share(seen, allowed), allowed }
        };
        let failed = blocks(&|window| window.counts.failed);
        let limit = Limit::Errors { most: self.errors };
        let errors = Held { limit, judged: judge_share(failed, self.errors), allowed: self.errors };
        self.times.iter().map(time).chain([errors]).collect()
    }
}

/// Values above a limit; those of its own bucket are above it where the middle of the bucket is.
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
