//! Looks (short stretches of a course), and the band that they must be in.

use std::time::Duration;

use perf_core::Histogram;

use crate::Window;

/// Requests of a look at the usual rate: fewer have no p99.
pub(super) const REQUESTS: f64 = 200.0;
/// By how much a look may be above the greatest before: chance makes greater ones when more looks are taken.
const MARGIN: f64 = 1.5;
/// By how much the share of failures may be above the greatest before.
const ERRORS: f64 = 0.01;

/// The figures of one stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Look {
    /// Its beginning, since that of the drive.
    pub at: Duration,
    /// Median response time of the completed operations, nanoseconds; none where none completed.
    pub p50: Option<u64>,
    /// The response time that 99 % of them stayed within, nanoseconds.
    pub p99: Option<u64>,
    /// Share of the operations that failed or were dropped.
    pub errors: f64,
    /// Operations that were due and not done, on average.
    pub backlog: u64,
}

/// The figures that looks must not exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Band {
    /// Median response time, nanoseconds.
    pub p50: u64,
    /// 99 % of the response times, nanoseconds.
    pub p99: u64,
    /// Share of failures.
    pub errors: f64,
    /// Waiting requests.
    pub backlog: u64,
}

impl Band {
    /// The band of the looks before the disturbance.
    pub(super) fn of(calm: &[Look]) -> Self {
        let greatest = |figure: fn(&Look) -> u64| calm.iter().map(figure).max().unwrap_or(0);
        let wider = |figure: fn(&Look) -> u64| crate::simulate::whole(greatest(figure) as f64 * MARGIN);
        Self {
            p50: wider(|look| look.p50.unwrap_or(0)),
            p99: wider(|look| look.p99.unwrap_or(0)),
            errors: calm.iter().map(|look| look.errors).fold(0.0, f64::max) + ERRORS,
            backlog: wider(|look| look.backlog).max(greatest(|look| look.backlog) + 1),
        }
    }

    /// Whether a look is inside. One in which nothing was completed is not: arrivals do not stop.
    #[must_use]
    pub fn holds(&self, look: &Look) -> bool {
        let within = |figure: Option<u64>, most: u64| figure.is_some_and(|figure| figure <= most);
        within(look.p50, self.p50)
            && within(look.p99, self.p99)
            && look.errors <= self.errors
            && look.backlog <= self.backlog
    }
}

/// How many windows make a look.
pub(super) fn windows_of_a_look(width: Duration, rate: f64) -> usize {
    let needed = REQUESTS / (rate * width.as_secs_f64());
    usize::try_from(crate::simulate::whole(needed.ceil())).unwrap_or(usize::MAX).max(1)
}

/// The looks that lie whole in a stretch of time; the first begins with the first window in it.
pub(super) fn looks(course: &[Window], each: usize, from: Duration, to: Duration) -> Vec<Look> {
    let inside: Vec<&Window> =
        course.iter().filter(|window| window.at >= from && window.at + window.width <= to).collect();
    inside.chunks_exact(each).map(look).collect()
}

fn look(windows: &[&Window]) -> Look {
    let mut response = Histogram::default();
    let (mut completed, mut failed, mut dropped) = (0, 0, 0);
    for window in windows {
        response.merge(&window.response);
        completed += window.counts.completed;
        failed += window.counts.failed;
        dropped += window.counts.dropped;
    }
    Look {
        at: windows.first().map_or(Duration::ZERO, |window| window.at),
        p50: response.quantile(0.5),
        p99: response.quantile(0.99),
        errors: (failed + dropped) as f64 / (completed + dropped).max(1) as f64,
        backlog: windows.iter().map(|window| window.backlog).sum::<u64>().div_ceil(windows.len().max(1) as u64),
    }
}
