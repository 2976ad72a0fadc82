//! One line per promise: the promise, its measurement, and the conclusion.

use std::fmt;

use super::verdict::{Breach, Outcome, Reason, Severity, Side, Unit, Verdict};
use crate::human;

/// One promise checked against its measurement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// Which value, as the user wrote it: `p99`, `allocs`, `calls("db")`.
    pub metric: String,
    /// A limit, or a target that only warns.
    pub severity: Severity,
    /// The side of the bound on which the promise lies.
    pub side: Side,
    /// The bound, in `unit`.
    pub bound: f64,
    /// The measured value, in `unit`; NaN where nothing was.
    pub actual: f64,
    /// Unit of `bound` and `actual`.
    pub unit: Unit,
    /// How many values the verdict rests on.
    pub samples: u64,
    /// The chance to see such evidence, or stronger, although the promise holds; zero for exact counters.
    pub error: f64,
    /// The chance of such evidence, or stronger, that the promise holds although it is broken; zero where that is not known.
    pub pass_error: f64,
    /// The verdict that follows.
    pub verdict: Verdict,
    /// One sentence for people; empty where there is nothing to say.
    pub reason: String,
    /// How many values in all would decide, if they go on like this; `None` where that is not known, or never.
    pub wanted: Option<u64>,
    /// Whether it is a counter: it does not vary with the machine's state, so it needs no confirmation.
    pub exact: bool,
}

impl Row {
    /// An undecided row; the other fields are set afterwards.
    #[must_use]
    pub fn new(metric: impl Into<String>, unit: Unit, bound: f64) -> Self {
        Self {
            metric: metric.into(),
            severity: Severity::Limit,
            side: Side::AtMost,
            bound,
            actual: f64::NAN,
            unit,
            samples: 0,
            error: 1.0,
            pass_error: 0.0,
            verdict: Verdict::Inconclusive(Reason::TooFewSamples { have: 0, need: 1 }),
            reason: String::new(),
            wanted: None,
            exact: false,
        }
    }

    /// Sets the measured value, the number of values behind the verdict, and the chance of such evidence although the promise
    /// holds.
    #[must_use]
    pub fn evidence(mut self, actual: f64, samples: u64, error: f64) -> Self {
        (self.actual, self.samples, self.error) = (actual, samples, error);
        self
    }

    /// Sets the verdict and the sentence that explains it.
    #[must_use]
    pub fn verdict(mut self, verdict: Verdict, reason: impl Into<String>) -> Self {
        (self.verdict, self.reason) = (verdict, reason.into());
        self
    }

    /// Sets the sentence that explains the verdict.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// A row that cannot be judged, and why.
    #[must_use]
    pub fn invalid(self, why: &'static str) -> Self {
        self.verdict(Verdict::Inconclusive(Reason::Invalid(why.into())), "")
    }

    /// Is it a limit that was missed?
    #[must_use]
    pub fn fails(&self) -> bool {
        self.severity == Severity::Limit && self.verdict.is_fail()
    }

    /// The promise as written: `p99 ≤ 5 ms`; the metric alone where nothing is promised.
    #[must_use]
    pub fn promise(&self) -> String {
        if self.bound.is_nan() {
            return self.metric.clone();
        }
        let relation = match self.side {
            Side::AtMost => '≤',
            Side::AtLeast => '≥',
        };
        format!("{} {relation} {}", self.metric, Shown(self.bound, self.unit))
    }

    /// The measured value with its unit.
    #[must_use]
    pub fn measured(&self) -> String {
        Shown(self.actual, self.unit).to_string()
    }

    fn breach(&self) -> Option<Breach> {
        self.verdict.is_fail().then(|| {
            Breach::new(self.metric.clone(), self.unit, self.bound, self.actual)
                .side(self.side)
                .severity(self.severity)
                .evidence(self.samples, self.error)
                .reason(self.reason.clone())
        })
    }
}

/// All promises of a budget, each with its row: limits first, then targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// In the order in which they are judged.
    pub rows: Vec<Row>,
}

impl Findings {
    /// Whether every limit on time that passes does so with a chance of being wrong of at most `spent`.
    #[must_use]
    pub fn pass_within(&self, spent: f64) -> bool {
        let timed = self.rows.iter().filter(|row| !row.exact && row.severity == Severity::Limit);
        timed.filter(|row| row.verdict.is_pass()).all(|row| row.pass_error <= spent)
    }

    /// Makes each row undecided that passes with a greater chance of being wrong.
    pub fn hold_back(&mut self, spent: f64) {
        for row in &mut self.rows {
            if !row.exact && row.verdict.is_pass() && row.pass_error > spent {
                row.verdict = Verdict::Inconclusive(Reason::Undecided);
            }
        }
    }

    /// The joined verdict with every breach and every doubt.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let mut outcome = Outcome::default();
        for row in &self.rows {
            let verdict = match (row.severity, &row.verdict) {
                // A target that is not decided does not count as a doubt.
                (Severity::Target, Verdict::Inconclusive(_)) => Verdict::Pass,
                (_, verdict) => verdict.clone(),
            };
            outcome.add(&row.metric, verdict, row.breach());
        }
        outcome
    }

    /// The joined verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.outcome().verdict()
    }

    /// Limits that are missed, counters only or all but counters.
    #[must_use]
    pub fn fails(&self, exact: bool) -> bool {
        self.rows.iter().any(|row| row.exact == exact && row.fails())
    }

    /// The joined verdict of the limits that are no counters.
    #[must_use]
    pub fn time_verdict(&self) -> Verdict {
        let rows = self.rows.iter().filter(|row| !row.exact && row.severity == Severity::Limit);
        rows.fold(Verdict::Pass, |joined, row| joined.and(row.verdict.clone()))
    }

    /// Is any limit undecided?
    #[must_use]
    pub fn undecided(&self) -> bool {
        let undecided = |row: &Row| matches!(row.verdict, Verdict::Inconclusive(_));
        self.rows.iter().any(|row| row.severity == Severity::Limit && undecided(row))
    }

    /// Replaces the FAIL of every limit that is no counter.
    pub fn soften(&mut self, reason: &Reason) {
        self.replace(reason, |row| !row.exact && row.severity == Severity::Limit);
    }

    /// Replaces the FAIL of every limit on time or instructions, and of every target: optimisation decides about both.
    pub fn soften_time(&mut self) {
        self.replace(&Reason::DebugBuild, |row| {
            matches!(row.unit, Unit::Nanoseconds | Unit::PerSecond | Unit::Instructions)
        });
    }

    fn replace(&mut self, reason: &Reason, which: impl Fn(&Row) -> bool) {
        for row in self.rows.iter_mut().filter(|row| row.verdict.is_fail() && which(row)) {
            row.verdict = Verdict::Inconclusive(reason.clone());
        }
    }
}

impl FromIterator<Row> for Findings {
    fn from_iter<T: IntoIterator<Item = Row>>(rows: T) -> Self {
        Self { rows: rows.into_iter().collect() }
    }
}

/// A number with its unit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown(pub(crate) f64, pub(crate) Unit);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        if !value.is_finite() {
            return f.pad("–");
        }
        let whole = crate::stats::order::floor(value.abs().round()) as u64;
        let minus = if value < 0.0 { "−" } else { "" };
        let text = match unit {
            Unit::Nanoseconds => format!("{minus}{}", human::duration(whole)),
            Unit::Bytes => format!("{minus}{}", human::bytes(whole)),
            Unit::Count if value.fract().abs() < 0.005 => format!("{minus}{whole}"),
            Unit::Count => format!("{minus}{:.2}", value.abs()),
            Unit::PerSecond if value < 100.0 => format!("{value:.3}/s"),
            Unit::PerSecond => format!("{}/s", format!("{:#}", human::count(whole)).trim_end()),
            Unit::Ratio => format!("{value:.3}"),
            Unit::Share => human::percent(100.0 * value).to_string(),
            Unit::Exponent => format!("n^{value:.2}"),
            Unit::Instructions => human::thousands(whole),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_units() {
        let shown = [
            (5e6, Unit::Nanoseconds, "5.00 ms"),
            (4096.0, Unit::Bytes, "4.00 KiB"),
            (-1536.0, Unit::Bytes, "−1.50 KiB"),
            (2.0, Unit::Count, "2"),
            (2.25, Unit::Count, "2.25"),
            (1.1, Unit::Ratio, "1.100"),
            (0.01, Unit::Share, "1.0 %"),
            (5000.0, Unit::PerSecond, "5.00K/s"),
            (0.5, Unit::PerSecond, "0.500/s"),
            (1_234_567.0, Unit::Instructions, "1,234,567"),
            (999.0, Unit::Instructions, "999"),
            (f64::NAN, Unit::Bytes, "–"),
        ];
        for (value, unit, text) in shown {
            assert_eq!(Shown(value, unit).to_string(), text);
        }
    }

    #[test]
    fn an_undecided_target_is_no_doubt_and_a_missed_one_warns() {
        let target = Row { severity: Severity::Target, ..Row::new("p99", Unit::Nanoseconds, 5.0) };
        let undecided: Findings = [target.clone()].into_iter().collect();
        assert!(undecided.verdict().is_pass());
        let missed: Findings = [target.verdict(Verdict::Fail, "late")].into_iter().collect();
        assert!(missed.verdict().is_pass() && missed.outcome().warned());
    }

    #[test]
    fn softening_leaves_counters_alone() {
        let slow = Row::new("p99", Unit::Nanoseconds, 5.0).verdict(Verdict::Fail, "");
        let many = Row { exact: true, ..Row::new("allocs", Unit::Count, 0.0).verdict(Verdict::Fail, "") };
        let mut findings: Findings = [slow, many].into_iter().collect();
        findings.soften(&Reason::DebugBuild);
        assert_eq!(findings.rows[0].verdict, Verdict::Inconclusive(Reason::DebugBuild));
        assert!(findings.fails(true) && !findings.fails(false));
    }
}
