//! The interval between two reports.

use std::collections::HashMap;

use perf_exporters::Report;
use perf_exporters::report::ProbeReport;

/// The counts of an interval.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) seconds: f64,
    /// The counts of the interval, only of probes that counted anything.
    pub(super) report: Report,
}

/// The relation of a report to the one before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// The same report again: the endpoint measures once a second at most.
    Same,
    /// A report of another process, or of one that was restarted.
    Restarted,
    /// A later report of the same process.
    Later(Box<Interval>),
}

/// The interval between two reports.
pub(super) fn between(earlier: &Report, now: &Report) -> Step {
    match now.since(earlier) {
        None => Step::Restarted,
        Some(report) if report.meta.duration_ns == 0 => Step::Same,
        Some(report) => Step::Later(Box::new(Interval { seconds: report.meta.duration_ns as f64 / 1e9, report })),
    }
}

/// The probes of a report by their names.
pub(super) fn by_name(report: &Report) -> HashMap<&str, &ProbeReport> {
    report.probes.iter().map(|probe| (probe.name.as_str(), probe)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_report_is_an_interval_the_same_is_none_and_a_restart_is_told() {
        let mut report = Report::default();
        (report.meta.pid, report.meta.duration_ns) = (Some(7), 1_000_000_000);
        assert_eq!(between(&report, &report), Step::Same);
        let mut later = report.clone();
        later.meta.duration_ns = 3_500_000_000;
        let Step::Later(interval) = between(&report, &later) else { panic!("an interval") };
        assert!((interval.seconds - 2.5).abs() < 1e-9);
        later.meta.pid = Some(8);
        assert_eq!(between(&report, &later), Step::Restarted);
    }
}
