//! Budgets that the program declares, checked against its probes' figures.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::mem;

use serde::{Deserialize, Serialize};

use super::Report;

/// One bound of a declared budget: target, limit, measured value, and verdict.
///
/// Numbers are in [`unit`](Self::unit): `ns`, `bytes`, `count`, `per_second` or `ratio`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BudgetReport {
    /// The probe whose budget it is.
    pub probe: String,
    /// The metric that is bounded: `p99`, `allocs`, `calls("db")`.
    pub metric: String,
    /// The target.
    pub target: Option<f64>,
    /// The limit.
    pub limit: Option<f64>,
    /// The measured value; `None` where there is none.
    pub actual: Option<f64>,
    /// The unit of all three.
    pub unit: String,
    /// The verdict of the measurement.
    pub verdict: BudgetVerdict,
    /// One sentence for people, often empty.
    pub reason: String,
}

/// The verdict of a measurement on a bound, from best to worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum BudgetVerdict {
    /// It is kept.
    Pass,
    /// Neither could be shown.
    #[default]
    Inconclusive,
    /// The target is missed, the limit is not.
    Warn,
    /// The limit is missed.
    Fail,
}

impl BudgetVerdict {
    /// The word in capitals.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

impl Report {
    /// Of two verdicts on the same bound, each on the measurement of one process, the worse one stays.
    pub(super) fn merge_budgets(&mut self, other: &Self) {
        let mut joined: BTreeMap<(String, String), BudgetReport> = BTreeMap::new();
        for budget in mem::take(&mut self.budgets).into_iter().chain(other.budgets.iter().cloned()) {
            let key = (budget.probe.clone(), budget.metric.clone());
            match joined.get_mut(&key) {
                Some(kept) if kept.order(&budget).is_lt() => *kept = budget,
                Some(_) => {}
                None => drop(joined.insert(key, budget)),
            }
        }
        self.budgets = joined.into_values().collect();
    }
}

impl BudgetReport {
    /// Better before worse; the rest makes the order total, so that merging does not depend on the order.
    fn order(&self, other: &Self) -> Ordering {
        let number = |value: Option<f64>| value.unwrap_or(f64::NEG_INFINITY);
        (self.verdict.cmp(&other.verdict))
            .then_with(|| number(self.actual).total_cmp(&number(other.actual)))
            .then_with(|| number(self.limit).total_cmp(&number(other.limit)))
            .then_with(|| number(self.target).total_cmp(&number(other.target)))
            .then_with(|| (&self.unit, &self.reason).cmp(&(&other.unit, &other.reason)))
    }
}

#[cfg(feature = "judge")]
mod judged {
    use perf_core::Snapshot;

    use super::{BudgetReport, BudgetVerdict};
    use crate::judge::{Figures, Row, Severity, Unit, Verdict};
    use crate::report::ProbeReport;

    impl ProbeReport {
        /// The figures for checks of bounds; the report's [`meta`](crate::report::Meta::alloc_tracking) says whether allocations
        /// were counted.
        ///
        /// ```
        /// use perf_core::budget::Metric;
        /// use perf_exporters::judge::{Quantity, hold};
        /// use perf_exporters::report::ProbeReport;
        ///
        /// let mut probe = ProbeReport::new("parse");
        /// (probe.calls, probe.allocs) = (10, 40);
        /// let row = hold(Quantity::Metric(Metric::Allocs), 3.0, &probe.figures(true));
        /// assert!(row.verdict.is_fail());
        /// ```
        #[must_use]
        pub fn figures(&self, alloc_tracking: bool) -> Figures {
            let mut figures = Figures::default();
            (figures.calls, figures.timed, figures.errors) = (self.calls, self.evidence(), self.errors);
            figures.errors_unseen = self.errors_unseen;
            (figures.items, figures.bytes) = (self.items, self.bytes);
            (figures.sum_ns, figures.min_ns, figures.max_ns) = (self.sum_ns, self.min_ns, self.max_ns);
            figures.histogram.clone_from(&self.histogram);
            (figures.allocs, figures.alloc_bytes) = (self.allocs, self.alloc_bytes);
            (figures.peak_bytes, figures.net_bytes) = (self.peak_bytes, self.net_bytes);
            figures.alloc_tracking = alloc_tracking;
            figures
        }
    }

    impl BudgetReport {
        /// The budgets of all probes in a snapshot, by probe and in the order in which they are declared.
        pub(crate) fn all(snapshot: &Snapshot) -> Vec<Self> {
            let mut reports: Vec<Self> = Vec::new();
            for (probe, row) in crate::judge::declared_rows(snapshot) {
                let same = |report: &&mut Self| report.probe == probe && report.metric == row.metric;
                match reports.iter_mut().find(same) {
                    Some(report) => report.add(&row),
                    None => reports.push(Self::of(probe, &row)),
                }
            }
            reports
        }

        /// These, judged by recent calls of the probes in the snapshot, with the bounds of functions that were not called
        /// lately, which are undecided. Ordered by probe.
        #[cfg(feature = "serve")]
        pub(crate) fn with_idle(lately: &[Self], snapshot: &Snapshot) -> Vec<Self> {
            let mut reports = lately.to_vec();
            let idle = |name: &str| lately.binary_search_by(|report| report.probe.as_str().cmp(name)).is_err();
            for probe in snapshot.probes().filter(|probe| probe.calls() > 0 && idle(probe.name())) {
                let from = reports.len();
                for row in crate::judge::unjudged(probe) {
                    match reports[from..].iter_mut().find(|report| report.metric == row.metric) {
                        Some(report) => report.add(&row),
                        None => reports.push(Self { reason: String::new(), ..Self::of(probe.name().to_owned(), &row) }),
                    }
                }
            }
            reports.sort_by(|a, b| a.probe.cmp(&b.probe));
            reports
        }

        fn of(probe: String, row: &Row) -> Self {
            let unit = match row.unit {
                Unit::Nanoseconds => "ns",
                Unit::Bytes => "bytes",
                Unit::PerSecond => "per_second",
                Unit::Ratio | Unit::Share => "ratio",
                _ => "count",
            };
            let mut report = Self {
                probe,
                metric: row.metric.clone(),
                actual: row.actual.is_finite().then_some(row.actual),
                unit: unit.to_owned(),
                verdict: BudgetVerdict::Pass,
                ..Self::default()
            };
            report.add(row);
            report
        }

        /// Limits come before targets.
        fn add(&mut self, row: &Row) {
            let (bound, verdict) = match row.severity {
                Severity::Limit => (&mut self.limit, BudgetVerdict::Fail),
                Severity::Target => (&mut self.target, BudgetVerdict::Warn),
            };
            *bound = Some(row.bound);
            let verdict = match &row.verdict {
                Verdict::Pass => BudgetVerdict::Pass,
                Verdict::Fail => verdict,
                // An undecided target leaves the verdict as it is, unless there is no limit.
                Verdict::Inconclusive(_) if self.limit.is_some() && row.severity == Severity::Target => {
                    BudgetVerdict::Pass
                }
                Verdict::Inconclusive(_) => BudgetVerdict::Inconclusive,
            };
            if verdict > self.verdict || self.reason.is_empty() {
                self.reason = match &row.verdict {
                    Verdict::Inconclusive(reason) => reason.to_string(),
                    _ => row.reason.clone(),
                };
            }
            self.verdict = self.verdict.max(verdict);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(probe: &str, verdict: BudgetVerdict, actual: f64) -> Report {
        let budget = BudgetReport {
            probe: probe.to_owned(),
            metric: "p99".to_owned(),
            limit: Some(5.0),
            actual: Some(actual),
            verdict,
            ..BudgetReport::default()
        };
        Report { budgets: vec![budget], ..Report::default() }
    }

    #[test]
    fn the_worse_verdict_stays_whoever_comes_first() {
        let good = report("a", BudgetVerdict::Pass, 3.0);
        let bad = report("a", BudgetVerdict::Fail, 7.0);
        let other = report("b", BudgetVerdict::Warn, 4.0);
        let merged: Vec<Report> = [[&good, &bad, &other], [&other, &bad, &good], [&bad, &other, &good]]
            .map(|order| order.into_iter().cloned().collect())
            .to_vec();
        assert_eq!(merged[0].budgets.len(), 2);
        assert_eq!(merged[0].budgets[0].verdict, BudgetVerdict::Fail);
        assert!(merged.iter().all(|one| one.budgets == merged[0].budgets));
    }

    #[test]
    fn they_survive_json_and_are_left_out_where_there_are_none() {
        let whole = report("a", BudgetVerdict::Inconclusive, 3.0);
        assert_eq!(Report::from_json(whole.to_json()).unwrap(), whole);
        assert!(!Report::default().to_json().contains("budgets"));
    }

    #[cfg(feature = "judge")]
    #[test]
    fn budgets_are_judged_by_a_snapshot() {
        use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
        use perf_core::{Probe, Session};
        use std::time::Duration;

        static SPEC: BudgetSpec = BudgetSpec {
            limits: &[
                Limit { metric: Metric::P95, bound: Bound::Time(Duration::from_millis(5)) },
                Limit { metric: Metric::Errors, bound: Bound::PartsPerMillion(10_000) },
            ],
            targets: &[Limit { metric: Metric::P95, bound: Bound::Time(Duration::from_millis(1)) }],
            debug: true,
            ..BudgetSpec::EMPTY
        };
        static PROBE: Probe = Probe::new("report::budgets::probe").budget(&SPEC);
        if !perf_core::is_enabled() {
            return;
        }
        let session = Session::new();
        session.run(|| (0..1_000).for_each(|_| PROBE.record(Duration::from_millis(2))));
        let snapshot = session.snapshot();
        let report = Report::from(&snapshot);
        assert!(report.budgets.is_empty(), "nothing is judged before it is asked for");
        let report = report.judged(&snapshot);
        // A snapshot and its report are judged by the same figures.
        let tracking = snapshot.meta().alloc_tracking;
        let of_snapshot = crate::judge::Figures::of(snapshot.get("report::budgets::probe").unwrap(), tracking);
        assert_eq!(report.probe("report::budgets::probe").unwrap().figures(tracking), of_snapshot);
        let shown: Vec<_> = report.budgets.iter().map(|one| (one.metric.as_str(), one.verdict)).collect();
        assert_eq!(shown, [("p95", BudgetVerdict::Warn), ("errors", BudgetVerdict::Pass)]);
        #[cfg(feature = "serve")]
        {
            let idle = BudgetReport::with_idle(&[], &snapshot);
            let shown = |of: &[BudgetReport]| {
                of.iter().map(|one| (one.metric.clone(), one.limit, one.target, one.unit.clone())).collect::<Vec<_>>()
            };
            assert_eq!(shown(&idle), shown(&report.budgets));
            let undecided = |one: &BudgetReport| one.verdict == BudgetVerdict::Inconclusive && one.actual.is_none();
            assert!(idle.iter().all(undecided), "{idle:?}");
            assert_eq!(BudgetReport::with_idle(&report.budgets, &snapshot), report.budgets);
        }
        let p95 = &report.budgets[0];
        assert_eq!((p95.limit, p95.target, p95.unit.as_str()), (Some(5e6), Some(1e6), "ns"));
        let text = crate::table::render(&report, &crate::table::Options::default());
        assert!(text.contains("WARN") && text.contains("5.00ms"), "{text}");
    }
}
