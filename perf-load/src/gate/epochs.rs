//! The epochs of a test: drives until the verdict is certain.

use std::time::{Duration, Instant};

use perf_core::budget::{Bound, BudgetSpec, Limit};
use perf_exporters::gate::confirm::{Confirmation, Epoch, Rules, Step};
use perf_exporters::gate::driven::Driven;
use perf_exporters::judge::{Findings, Reason, Severity, Verdict};

use super::measured::{judge, shown};
use crate::{Arrivals, Error, Outcome, Validity};

/// How long one epoch is where the budget says nothing, and how many arrivals it has at most.
const MAX_TIME: Duration = Duration::from_secs(2);
const MOST: f64 = 4e6;

/// A budget that drives are judged by.
#[derive(Clone, Copy)]
pub(super) struct Capacity {
    pub(super) spec: &'static BudgetSpec,
    /// Per second.
    pub(super) rate: f64,
    pub(super) debug_build: bool,
    pub(super) rules: Rules,
}

impl Capacity {
    /// The budget at this rate, given in calls in 1,000 seconds.
    pub(super) fn new(spec: &'static BudgetSpec, at: u64, debug_build: bool) -> Self {
        Self { spec, rate: at as f64 / 1e3, debug_build, rules: Rules::default() }
    }

    /// The shortest time that is promised: lateness is judged against it.
    pub(super) fn limit(&self) -> Option<Duration> {
        let time = |limit: &Limit| match limit.bound {
            Bound::Time(time) => Some(time),
            _ => None,
        };
        self.spec.limits.iter().chain(self.spec.targets).filter_map(time).min()
    }

    /// How long one epoch drives.
    pub(super) fn lasting(&self) -> Duration {
        let time = self.spec.max_time.unwrap_or(MAX_TIME);
        time.min(Duration::from_secs_f64((MOST / self.rate).min(1e9)))
    }

    /// The schedule of an epoch: random arrivals, as of callers that know nothing of each other, different ones
    /// in each epoch.
    pub(super) fn arrivals(&self, epoch: u32) -> Result<Arrivals, Error> {
        Ok(Arrivals::constant(self.rate, self.lasting())?.poisson(u64::from(epoch) + 1))
    }

    /// Drives until the verdict is certain; `wait` until an epoch may begin.
    pub(super) fn decide(
        &self,
        mut drive: impl FnMut(&Arrivals) -> Result<Outcome, Error>,
        mut now: impl FnMut() -> Duration,
        mut wait: impl FnMut(Duration),
    ) -> Result<Driven, Error> {
        let mut confirmation = Confirmation::new(self.rules);
        let mut driven = Driven::default();
        loop {
            let began = now();
            let outcome = drive(&self.arrivals(driven.epochs)?)?;
            let ended = now();
            let findings = judge(self.spec, self.debug_build, &outcome);
            driven.epochs += 1;
            driven.times = shown(&outcome);
            let calm = outcome.validity.is_valid();
            let epoch = Epoch { began, ended, verdict: findings.time_verdict(), calm };
            match confirmation.feed(&epoch) {
                Step::Done(verdict) => {
                    driven.findings = concluded(findings, &verdict, &outcome);
                    driven.advice = self.advice(&driven.findings, &outcome);
                    if !driven.findings.verdict().is_pass() {
                        driven.notes.extend(note(&outcome));
                    }
                    return Ok(driven);
                }
                // Machines that are late stay so for a while; the same schedule again would hardly help.
                Step::Again { .. } if !calm && driven.epochs >= self.rules.failures => {
                    driven.findings = concluded(findings, &Verdict::Inconclusive(Reason::Environment), &outcome);
                    return Ok(driven);
                }
                Step::Again { not_before } => wait(not_before.saturating_sub(ended)),
            }
        }
    }

    /// The change that would decide an undecided budget.
    fn advice(&self, findings: &Findings, outcome: &Outcome) -> Option<String> {
        let rows = findings.rows.iter().filter(|row| row.severity == Severity::Limit);
        let more = rows.filter_map(|row| match row.verdict {
            Verdict::Inconclusive(Reason::TooFewSamples { need, .. }) => Some((row, need)),
            Verdict::Inconclusive(Reason::Undecided) => row.wanted.map(|need| (row, need)),
            _ => None,
        });
        let (row, need) = more.filter(|(_, need)| *need > outcome.counts.due).max_by_key(|(_, need)| *need)?;
        let seconds = need as f64 * 1.2 / self.rate;
        Some(if seconds <= 60.0 {
            format!("{} needs about {need} calls: `max_time = \"{:.0}s\"`", row.metric, seconds.ceil().max(1.0))
        } else {
            format!("{}: too close to the limit to be decided at this rate", row.metric)
        })
    }
}

/// The last epoch's findings, where a FAIL stays one only if the verdict is.
fn concluded(mut findings: Findings, verdict: &Verdict, outcome: &Outcome) -> Findings {
    if let Verdict::Inconclusive(reason) = verdict
        && findings.time_verdict().is_fail()
    {
        let reason = match &outcome.validity {
            Validity::Invalid { reason } => Reason::Invalid(reason.clone().into()),
            Validity::Valid => reason.clone(),
        };
        findings.soften(&reason);
    }
    findings
}

/// The failures, where there were any.
fn note(outcome: &Outcome) -> Option<String> {
    let classes: Vec<String> = outcome.classes.iter().map(|(class, count)| format!("{count} × {class}")).collect();
    (!classes.is_empty()).then(|| {
        format!("{} of {} calls failed: {}", outcome.counts.failed, outcome.counts.completed, classes.join(", "))
    })
}

/// Real time since now.
pub(super) fn since_now() -> impl FnMut() -> Duration {
    let origin = Instant::now();
    move || origin.elapsed()
}
