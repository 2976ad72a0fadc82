//! The observer effect: how much longer the run took with probes than it would have without.

use super::Report;
use crate::human;

/// The time without probes is taken to be at least one part in so many of that with them. A cost that is known to three
/// per cent shows no more: subtracted from nearly the same number, it leaves mostly its own error.
const LEAST_PART: u64 = human::MOST_TIMES;

impl Report {
    /// The greatest [`observer_effect`](Self::observer_effect) that is reported, ten times as long: it means that or more.
    pub const OBSERVER_EFFECT_MOST: f64 = 100.0 * (LEAST_PART - 1) as f64;

    /// By how many per cent the run took longer than it would have without probes, estimated: 100 is twice as long.
    ///
    /// It is the greater of two shares. Of processor time: the part of the probes, against the rest; the run took so much longer
    /// where it had work for its processors all the time. Of the wall time of one process: the part of the probes on the thread
    /// where they took most, against the rest. Where neither time is known, the time without probes is the measured time
    /// without waiting. None of them sees that a function would have been inlined without its probe, and none can distinguish ten
    /// times as long from twenty: see [`OBSERVER_EFFECT_MOST`](Self::OBSERVER_EFFECT_MOST).
    ///
    /// ```
    /// use perf_exporters::report::Report;
    ///
    /// let mut report = Report::default();
    /// (report.meta.observer_ns, report.meta.processor_ns) = (500, Some(1_500));
    /// assert!((report.observer_effect() - 50.0).abs() < 1e-9);
    /// (report.meta.processes, report.meta.duration_ns, report.meta.observer_longer_ns) = (1, 1_000, 500);
    /// assert!((report.observer_effect() - 100.0).abs() < 1e-9, "all of it on the thread that the others wait for");
    /// ```
    #[must_use]
    pub fn observer_effect(&self) -> f64 {
        let meta = &self.meta;
        let processor = meta.processor_ns.map(|whole| percent_longer(whole, meta.observer_ns));
        let one_run = meta.processes == 1 && meta.duration_ns > 0 && meta.observer_longer_ns > 0;
        let wall = one_run.then(|| percent_longer(meta.duration_ns, meta.observer_longer_ns));
        let known = processor.into_iter().chain(wall).reduce(f64::max);
        known.unwrap_or_else(|| percent_longer(self.working_ns().saturating_add(meta.observer_ns), meta.observer_ns))
    }

    /// Brings `meta.observer_effect_pct` up to date with the probes.
    pub(super) fn compute_observer_effect(&mut self) {
        let measured = self.measured_ns();
        self.meta.observer_effect_pct = match measured {
            0 => 0.0,
            _ => 100.0 * self.meta.observer_ns as f64 / measured as f64,
        };
    }
}

/// By how many per cent a time of `whole` with probes, which took `probes` of it, is longer than without them.
fn percent_longer(whole: u64, probes: u64) -> f64 {
    let without = whole.saturating_sub(probes).max(whole / LEAST_PART);
    if without == 0 { 0.0 } else { 100.0 * whole.saturating_sub(without) as f64 / without as f64 }
}

/// By how much probes made a run longer, which took so much time on all threads, and so much on the thread
/// where it was most.
pub(super) fn longer(all_ns: u64, costliest_ns: u64, processors: u64) -> u64 {
    costliest_ns.max(all_ns / processors.max(1)).min(all_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ProbeReport;

    fn run(duration_ns: u64, longer_ns: u64) -> Report {
        let mut report = Report::default();
        (report.meta.processes, report.meta.duration_ns) = (1, duration_ns);
        (report.meta.observer_ns, report.meta.observer_longer_ns) = (longer_ns, longer_ns);
        report
    }

    #[test]
    fn the_costliest_thread_or_all_processors_at_once() {
        assert_eq!(longer(800, 800, 4), 800, "one thread after the other, or one alone");
        assert_eq!(longer(800, 200, 2), 400, "four threads on two processors");
        assert_eq!(longer(800, 200, 64), 200, "four threads on their own");
        assert_eq!(longer(800, 900, 0), 800);
    }

    #[test]
    fn it_is_of_the_time_without_probes_and_never_beyond_reason() {
        let effect = |duration, longer| run(duration, longer).observer_effect();
        assert!((effect(8_000, 7_000) - 700.0).abs() < 1e-9, "eight times as long");
        for longer in [14_000, 15_000, u64::MAX] {
            assert!((effect(15_000, longer) - Report::OBSERVER_EFFECT_MOST).abs() < 1e-9, "ten times or more");
        }
        assert!(effect(0, 0).abs() < f64::EPSILON);
    }

    #[test]
    fn waiting_for_a_processor_hides_no_effect_either() {
        let mut busy_machine = run(10_000, 900);
        busy_machine.meta.processor_ns = Some(1_000);
        assert!((busy_machine.observer_effect() - 900.0).abs() < 1e-9);
    }

    #[test]
    fn waiting_hides_no_effect() {
        let mut report = Report::default();
        report.meta.observer_ns = 100;
        let mut join = ProbeReport::new("join");
        (join.self_ns, join.waiting_ns) = (1_000_000, 999_900);
        report.probes.push(join);
        assert!((report.observer_effect() - 100.0).abs() < 1e-9);
    }
}
