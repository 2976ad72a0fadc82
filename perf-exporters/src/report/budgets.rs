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
    /// Whether the measured value must be at least the bounds, and not at most: a throughput, a hit rate.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
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
    /// Neither could be shown of the limit, or of the target where the limit is kept.
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
    /// Whether its bounds are least values: by the field `at_least`, and in reports of before that field of throughputs,
    /// which were all that there was of the kind.
    #[must_use]
    pub fn is_minimum(&self) -> bool {
        self.at_least || self.metric.starts_with("throughput")
    }

    /// How far the measured value is on the bad side of the target, or of the limit where there is no target: 0.12 is 12 % too
    /// much (or too little), −0.4 is 40 % of room.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        let (bound, actual) = self.target.or(self.limit).zip(self.actual)?;
        let used = if self.is_minimum() { bound / actual } else { actual / bound };
        Some(used - 1.0).filter(|gap| gap.is_finite())
    }

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

    use super::{BudgetReport, BudgetVerdict, name};
    use crate::judge::{Figures, Findings, Row, Severity, Side, Unit, Verdict, hold_known};
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
            if let Some(driven) = &self.driven {
                figures.drive_ns = Some(driven.elapsed_ns);
                figures.invalid.clone_from(&driven.invalid);
            }
            figures
        }
    }

    impl BudgetReport {
        /// A figure that the program computed itself, such as the rate at which it breaks or a share of two counters, with no
        /// bound yet. Pushed to [`Report::budgets`](crate::Report), it is shown and kept wherever declared budgets are.
        ///
        /// ```
        /// use perf_exporters::Report;
        /// use perf_exporters::judge::Unit;
        /// use perf_exporters::report::{BudgetReport, BudgetVerdict};
        ///
        /// let mut report = Report::default();
        /// let recovery = BudgetReport::of("orders", "recovery", Unit::Nanoseconds, 4e9);
        /// report.budgets.push(recovery.at_most(Some(3e9), Some(300e9)));
        /// report.budgets.push(BudgetReport::of("cache", "hit rate", Unit::Share, 0.97).at_least(None, Some(0.9)));
        /// assert_eq!(report.budgets[0].verdict, BudgetVerdict::Warn);
        /// assert_eq!(report.budgets[1].verdict, BudgetVerdict::Pass);
        /// ```
        #[must_use]
        pub fn of(subject: impl Into<String>, metric: &str, unit: Unit, actual: f64) -> Self {
            Self {
                probe: subject.into(),
                metric: metric.to_owned(),
                actual: actual.is_finite().then_some(actual),
                unit: name(unit).to_owned(),
                ..Self::default()
            }
        }

        /// With a target that the value should not exceed, and a limit that it must not.
        #[must_use]
        pub fn at_most(self, target: Option<f64>, limit: Option<f64>) -> Self {
            self.held(Side::AtMost, target, limit)
        }

        /// With a target that the value should reach, and a limit that it must.
        #[must_use]
        pub fn at_least(self, target: Option<f64>, limit: Option<f64>) -> Self {
            self.held(Side::AtLeast, target, limit)
        }

        /// Undecided for this reason, where there is one: the drive that the figure is of was INVALID. The value stays.
        ///
        /// ```
        /// use perf_exporters::judge::Unit;
        /// use perf_exporters::report::{BudgetReport, BudgetVerdict};
        ///
        /// let rate = BudgetReport::of("orders", "throughput", Unit::PerSecond, 900.0).at_least(Some(800.0), None);
        /// let doubted = rate.doubted(Some("the generator was late"));
        /// assert_eq!((doubted.verdict, doubted.actual), (BudgetVerdict::Inconclusive, Some(900.0)));
        /// ```
        #[must_use]
        pub fn doubted(mut self, reason: Option<&str>) -> Self {
            if let Some(reason) = reason {
                self.verdict = BudgetVerdict::Inconclusive;
                reason.clone_into(&mut self.reason);
            }
            self
        }

        /// With what was seen, as the reason where a target or a limit is missed and no other reason is known.
        ///
        /// ```
        /// use perf_exporters::judge::Unit;
        /// use perf_exporters::report::BudgetReport;
        ///
        /// let busy = |share| BudgetReport::of("process", "processors", Unit::Share, share).at_most(None, Some(0.5));
        /// assert_eq!(busy(0.9).explained(Some("worker 85 %")).reason, "worker 85 %");
        /// assert_eq!(busy(0.1).explained(Some("worker 85 %")).reason, "", "it is met");
        /// ```
        #[must_use]
        pub fn explained(mut self, seen: Option<&str>) -> Self {
            if let (Some(seen), true) = (seen, self.reason.is_empty() && self.verdict != BudgetVerdict::Pass) {
                seen.clone_into(&mut self.reason);
            }
            self
        }

        fn held(mut self, side: Side, target: Option<f64>, limit: Option<f64>) -> Self {
            self.at_least = side == Side::AtLeast;
            if target.is_some() || limit.is_some() {
                self.verdict = BudgetVerdict::Pass;
            }
            let actual = self.actual.unwrap_or(f64::NAN);
            // The unit of a known figure does not matter to its verdict.
            let row = |bound, severity| Row { severity, ..hold_known(&self.metric, Unit::Count, side, bound, actual) };
            let rows =
                [limit.map(|bound| row(bound, Severity::Limit)), target.map(|bound| row(bound, Severity::Target))];
            for row in rows.into_iter().flatten() {
                self.add(&row);
            }
            self
        }

        /// The findings of a run of [`gate`](crate::gate) by hand, one for each metric.
        #[must_use]
        pub fn of_findings(subject: &str, findings: &Findings) -> Vec<Self> {
            let mut reports: Vec<Self> = Vec::new();
            for row in &findings.rows {
                match reports.iter_mut().find(|report| report.metric == row.metric) {
                    Some(report) => report.add(row),
                    None => reports.push(Self::judged(subject.to_owned(), row)),
                }
            }
            reports
        }

        /// The budgets of all probes in a snapshot, by probe and in the order in which they are declared.
        pub(crate) fn all(snapshot: &Snapshot) -> Vec<Self> {
            let mut reports: Vec<Self> = Vec::new();
            for (probe, row) in crate::judge::declared_rows(snapshot) {
                let same = |report: &&mut Self| report.probe == probe && report.metric == row.metric;
                match reports.iter_mut().find(same) {
                    Some(report) => report.add(&row),
                    None => reports.push(Self::judged(probe, &row)),
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
                        None => reports.push(Self::judged(probe.name().to_owned(), &row)),
                    }
                }
                reports[from..].iter_mut().for_each(|report| report.reason.clear());
            }
            reports.sort_by(|a, b| a.probe.cmp(&b.probe));
            reports
        }

        fn judged(probe: String, row: &Row) -> Self {
            let mut report =
                Self { verdict: BudgetVerdict::Pass, ..Self::of(probe, &row.metric, row.unit, row.actual) };
            report.at_least = row.side == Side::AtLeast;
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
                Verdict::Inconclusive(_) => BudgetVerdict::Inconclusive,
            };
            if verdict > self.verdict || (verdict == self.verdict && self.reason.is_empty()) {
                self.reason = match &row.verdict {
                    // The limit may be kept.
                    Verdict::Inconclusive(reason) if self.limit.is_some() && row.severity == Severity::Target => {
                        format!("the target is not proven: {reason}")
                    }
                    Verdict::Inconclusive(reason) => reason.to_string(),
                    _ => row.reason.clone(),
                };
            }
            self.verdict = self.verdict.max(verdict);
        }
    }
}

#[cfg(feature = "judge")]
const fn name(unit: crate::judge::Unit) -> &'static str {
    use crate::judge::Unit;

    match unit {
        Unit::Nanoseconds => "ns",
        Unit::Bytes => "bytes",
        Unit::PerSecond => "per_second",
        Unit::Ratio | Unit::Share => "ratio",
        _ => "count",
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
    fn figures_of_the_program_are_held_on_their_side() {
        use crate::judge::Unit;

        let of = |actual| BudgetReport::of("cache", "hit rate", Unit::Share, actual);
        for (actual, verdict, gap) in [
            (0.99, BudgetVerdict::Pass, Some(-1)),
            (0.92, BudgetVerdict::Warn, Some(1)),
            (0.5, BudgetVerdict::Fail, Some(1)),
            (f64::NAN, BudgetVerdict::Inconclusive, None),
        ] {
            let held = of(actual).at_least(Some(0.95), Some(0.9));
            assert_eq!(held.verdict, verdict, "{actual}");
            #[allow(clippy::cast_possible_truncation, reason = "1 or -1")]
            let side = held.gap().map(|gap| gap.signum() as i32);
            assert_eq!(side, gap, "{actual}");
            assert!(held.at_least && held.reason.is_empty() != (verdict == BudgetVerdict::Inconclusive), "{held:?}");
            let report = Report { budgets: vec![held], ..Report::default() };
            assert_eq!(Report::from_json(report.to_json()).unwrap(), report);
        }
        let unproven = of(f64::NAN).at_least(Some(0.95), None);
        assert_eq!(unproven.verdict, BudgetVerdict::Inconclusive);
        let most = of(0.5).at_most(None, Some(0.4));
        assert_eq!((most.verdict, most.at_least), (BudgetVerdict::Fail, false));
        assert_eq!(of(0.5).verdict, BudgetVerdict::Inconclusive);
    }

    #[cfg(feature = "judge")]
    #[test]
    fn a_target_that_is_undecided_is_not_met() {
        use crate::judge::{Findings, Reason, Row, Severity, Unit, Verdict};

        let row = |severity, verdict: Verdict| {
            Row { severity, ..Row::new("p99", Unit::Nanoseconds, 5e6) }.verdict(verdict, "")
        };
        let undecided = || Verdict::Inconclusive(Reason::TooFewSamples { have: 200, need: 299 });
        for (limit, target, expected) in [
            (Verdict::Pass, Verdict::Pass, BudgetVerdict::Pass),
            (Verdict::Pass, undecided(), BudgetVerdict::Inconclusive),
            (Verdict::Fail, undecided(), BudgetVerdict::Fail),
            (undecided(), Verdict::Pass, BudgetVerdict::Inconclusive),
        ] {
            let findings =
                Findings::from_iter([row(Severity::Limit, limit.clone()), row(Severity::Target, target.clone())]);
            let [report] = &BudgetReport::of_findings("f", &findings)[..] else { panic!("one metric") };
            assert_eq!(report.verdict, expected, "{limit:?} {target:?}");
            let says = |words| report.reason.contains(words);
            assert_eq!(says("299"), expected == BudgetVerdict::Inconclusive, "{report:?}");
            assert_eq!(
                says("the target is not proven"),
                matches!((&limit, expected), (Verdict::Pass, BudgetVerdict::Inconclusive))
            );
        }
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
