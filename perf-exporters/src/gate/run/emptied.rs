//! How much longer calls take where something empties the caches.

use std::time::{Duration, Instant};

use perf_core::budget::Metric;

use super::caches::Caches;
use super::engine::{Engine, Returned};
use super::subject::Subject;
use crate::stats::order::{floor, median, quantile};

/// The caches are emptied so many times, and fewer where that takes more than this part of an epoch's time.
const TIMES: usize = 15;
const LEAST_TIMES: usize = 3;
const PART: f64 = 4.0;

/// Each time it is seen what becomes of the calls in so many nanoseconds: others hardly empty caches more often.
const WINDOW: f64 = 100_000.0;

/// At most so many calls.
const MOST: usize = 1_000;

/// Calls for so long fill the caches again.
const REFILL: Duration = Duration::from_millis(1);

/// The caches that are emptied are those of one processor; the next cache is near. What others take from that one as well comes from
/// memory, which costs so many times as much.
const MEMORY: f64 = 10.0;

/// Times of calls one after another, nanoseconds: after the caches were emptied, and then with full ones.
type Window = [Vec<f64>; 2];

/// Windows of calls that began with empty caches.
pub(super) struct Emptied(Vec<Window>);

impl Emptied {
    /// How many times as long the first call took as with full caches.
    pub(super) fn first(&self) -> f64 {
        self.ratio(|times| times.first().copied())
    }

    /// How many times its value this figure is, at most, where others empty all caches as often.
    pub(super) fn at_most(&self, metric: Metric) -> f64 {
        let mean = |times: &[f64]| Some(times.iter().sum::<f64>() / times.len() as f64);
        let longer = match (metric, metric.quantile()) {
            (Metric::Max, _) => self.ratio(|times| quantile(times, 1.0)),
            (_, Some(p)) => self.ratio(|times| quantile(times, p)),
            _ => self.ratio(mean),
        };
        1.0 + MEMORY * (longer - 1.0)
    }

    fn ratio(&self, figure: impl Fn(&[f64]) -> Option<f64>) -> f64 {
        let of = |[empty, full]: &Window| Some(figure(empty)? / figure(full)?);
        let ratios: Vec<f64> = self.0.iter().filter_map(of).collect();
        median(&ratios).unwrap_or(1.0).max(1.0)
    }
}

impl<S: Subject> Engine<'_, S> {
    /// Makes calls with empty caches.
    pub(super) async fn emptied(&mut self) -> Result<Emptied, Returned<S::Output>> {
        let calls = floor(WINDOW / self.call_ns).clamp(1, MOST);
        let each = 2.0 * WINDOW.max(self.call_ns) + REFILL.as_nanos() as f64;
        let times = floor(self.run.max_time().as_nanos() as f64 / PART / each).clamp(LEAST_TIMES, TIMES);
        let mut caches = Caches::whatever_is_used();
        let mut windows = Vec::with_capacity(times);
        for _ in 0..times {
            caches.empty();
            let start = Instant::now();
            let empty = self.window(calls).await?;
            while start.elapsed() < REFILL {
                self.window(1).await?;
            }
            windows.push([empty, self.window(calls).await?]);
        }
        Ok(Emptied(windows))
    }

    async fn window(&mut self, calls: usize) -> Result<Vec<f64>, Returned<S::Output>> {
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let (output, ns) = self.call(0).await;
            self.accept(output)?;
            times.push(ns.max(1.0));
        }
        Ok(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_has_a_ratio_of_its_own() {
        // The first of forty calls takes three times as long; one window was interrupted.
        let full = vec![10.0; 40];
        let mut empty = full.clone();
        empty[0] = 30.0;
        let interrupted = vec![[empty.clone(), vec![900.0; 40]]];
        let emptied = Emptied([vec![[empty, full]; 4], interrupted].concat());
        let at_most = |metric| emptied.at_most(metric);
        assert!((emptied.first() - 3.0).abs() < 1e-9);
        assert!((at_most(Metric::P95) - 1.0).abs() < 1e-9, "one call in forty is beyond the p95");
        assert!((at_most(Metric::Mean) - 1.5).abs() < 1e-9, "{}: ten times the five hundredths", at_most(Metric::Mean));
        assert!((at_most(Metric::Max) - 21.0).abs() < 1e-9);
        assert!((Emptied(Vec::new()).at_most(Metric::Mean) - 1.0).abs() < 1e-9);
    }
}
