//! The last intervals of all charts over time.

use std::collections::HashMap;

use super::interval::Interval;
use crate::screen::series::Series;

/// Intervals that are kept.
const KEPT: usize = 120;

/// Rates per second and sizes, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    calls: HashMap<String, Series<KEPT>>,
    live_bytes: Series<KEPT>,
}

impl History {
    pub(super) fn add(&mut self, interval: &Interval) {
        let mut calls: HashMap<&str, u64> = HashMap::new();
        for probe in &interval.report.probes {
            calls.insert(&probe.name, per_second(probe.calls, interval.seconds));
        }
        // A probe that is new has been idle before.
        for name in calls.keys() {
            if !self.calls.contains_key(*name) {
                let idle = Series::idle(self.live_bytes.len());
                self.calls.insert((*name).to_owned(), idle);
            }
        }
        for (name, rates) in &mut self.calls {
            rates.push(calls.get(name.as_str()).copied().unwrap_or(0));
        }
        self.live_bytes.push(u64::try_from(interval.report.meta.live_bytes).unwrap_or(0));
    }

    /// Calls a second of a probe.
    pub(super) fn calls(&self, name: &str, most: usize) -> Vec<u64> {
        self.calls.get(name).map_or_else(Vec::new, |rates| rates.last(most))
    }

    /// Live bytes of the process.
    pub(super) fn live_bytes(&self, most: usize) -> Vec<u64> {
        self.live_bytes.last(most)
    }
}

/// A rate times a thousand, so that a slow rate is not rounded to zero.
fn per_second(count: u64, seconds: f64) -> u64 {
    // Saturates; nothing is negative.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let rate = (1000.0 * count as f64 / seconds) as u64;
    rate
}

#[cfg(test)]
mod tests {
    use perf_exporters::Report;
    use perf_exporters::report::ProbeReport;

    use super::*;

    fn interval(calls: &[(&str, u64)]) -> Interval {
        let mut report = Report::default();
        for (name, calls) in calls {
            let mut probe = ProbeReport::new(*name);
            probe.calls = *calls;
            report.probes.push(probe);
        }
        Interval { seconds: 2.0, report }
    }

    #[test]
    fn every_probe_has_as_many_values_as_there_were_intervals() {
        let mut history = History::default();
        history.add(&interval(&[("a", 2)]));
        history.add(&interval(&[("a", 4), ("b", 1)]));
        history.add(&interval(&[]));
        assert_eq!(history.calls("a", 9), [1000, 2000, 0]);
        assert_eq!(history.calls("b", 9), [0, 500, 0]);
        assert_eq!(history.calls("b", 2), [500, 0]);
        assert!(history.calls("c", 9).is_empty());
        for _ in 0..2 * KEPT {
            history.add(&interval(&[("a", 1)]));
        }
        assert_eq!((history.calls("a", 1000).len(), history.live_bytes(1000).len()), (KEPT, KEPT));
    }
}
