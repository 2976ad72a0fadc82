//! One step of the search: its rate, its figures, and whether the system held.

use std::fmt;
use std::time::Duration;

use perf_exporters::human;
use perf_exporters::report::Quantiles;

use super::growth::Growth;
use crate::limits::{Held, Part};
use crate::resources::Used;
use crate::{Arrivals, Limit, Limits, Outcome, Validity, Window};

/// Less than this share of the offered rate achieved is a failure.
pub const LEAST_ACHIEVED: f64 = 0.98;
/// A share below this needs no longer step as a proof.
const SURELY_LESS: f64 = 0.95;
/// The queue of a step begins empty: this share of the step is not judged.
const WARM_UP: f64 = 0.1;
/// Chance that a kept limit counts as breached, or a breached one as kept. It is not as strict as a gate's, since
/// both ends are confirmed.
const LEVEL: f64 = 0.02;

/// Why a step failed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The figures cannot be relied on: the generator was late on its own account.
    #[non_exhaustive]
    Generator {
        /// Why, with figures.
        reason: String,
    },
    /// A limit was breached.
    #[non_exhaustive]
    Limit {
        /// The limit.
        limit: Limit,
        /// The share of the operations that was over it.
        over: f64,
    },
    /// Less was achieved than offered.
    #[non_exhaustive]
    Throughput {
        /// Achieved ÷ offered.
        ratio: f64,
    },
    /// The backlog grew.
    #[non_exhaustive]
    Backlog {
        /// Its growth.
        growth: Growth,
    },
}

/// The verdict of a step.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// The system held the rate.
    Holds,
    /// The system did not hold the rate.
    Fails(Vec<Cause>),
    /// A longer step has to decide.
    Unsure(Vec<Cause>),
    /// Nothing about the system: the generator was late on its own account.
    Invalid(Vec<Cause>),
}

impl Verdict {
    /// Whether the system held the rate.
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Holds)
    }
}

/// The purpose of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// To find a rate that fails, or one that holds.
    Ramp,
    /// To narrow the interval.
    Bisect,
    /// To confirm an end.
    Confirm,
    /// To drive the good end for longer.
    Hold,
}

/// One step: a constant rate for a time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Its purpose.
    pub purpose: Purpose,
    /// Operations offered a second.
    pub offered: f64,
    /// Operations completed a second while arrivals came, after the warm-up, and until the system had done what it accepted.
    pub achieved: f64,
    /// How long the system went on after the step with what it had accepted: [`Outcome::drained`].
    pub drained: Duration,
    /// How long arrivals came.
    pub duration: Duration,
    /// Operations that were due.
    pub due: u64,
    /// Operations that were dropped.
    pub dropped: u64,
    /// Share of the completed ones that failed.
    pub errors: f64,
    /// Response times after the warm-up, nanoseconds.
    pub response: Quantiles,
    /// Service times after the warm-up, nanoseconds.
    pub service: Quantiles,
    /// How fast the backlog grew.
    pub growth: Growth,
    /// Processors kept busy; none where it is not known.
    pub processors: Option<f64>,
    /// Bytes of memory at the end: live ones where they are known, or resident ones.
    pub memory: Option<u64>,
    /// Its verdict.
    pub verdict: Verdict,
}

impl Step {
    /// Whether the system failed, and by so much less than was offered that no longer step is needed to prove it.
    #[must_use]
    pub fn is_far_beyond(&self) -> bool {
        matches!(self.verdict, Verdict::Fails(_)) && self.achieved < SURELY_LESS * self.offered
    }

    /// The step of a drive. The last step at a rate leaves no doubt: there, the likelier side counts.
    pub(super) fn of(
        purpose: Purpose,
        offered: f64,
        plan: &Arrivals,
        outcome: &Outcome,
        used: Used,
        limits: &Limits,
        last: bool,
    ) -> Self {
        let judged = judged(plan, outcome);
        let sum = |part: fn(&Window) -> u64| judged.iter().map(|window| part(window)).sum::<u64>();
        let (due, completed) = (sum(|window| window.counts.due), sum(|window| window.counts.completed));
        let arriving: f64 = judged.iter().map(|window| window.width.as_secs_f64()).sum();
        // Work that is left is work that the step did not do in its time.
        let span = arriving + outcome.drained.as_secs_f64();
        let in_time = if span > 0.0 { arriving / span } else { 1.0 };
        let mut response = crate::Histogram::default();
        let mut service = crate::Histogram::default();
        for window in &judged {
            response.merge(&window.response);
            service.merge(&window.service);
        }
        let growth = Growth::of(&judged);
        let parts: Vec<Part<'_>> = judged.iter().map(|window| Part::from(*window)).collect();
        let ratio = completed as f64 / (due.max(1)) as f64 * in_time;
        let quantiles = |times: &crate::Histogram| Quantiles::from_fn(|q| times.quantile(q).unwrap_or(0));
        Self {
            purpose,
            offered,
            achieved: if span > 0.0 { completed as f64 / span } else { 0.0 },
            drained: outcome.drained,
            duration: plan.duration(),
            due: outcome.counts.due,
            dropped: outcome.counts.dropped,
            errors: sum(|window| window.counts.failed) as f64 / completed.max(1) as f64,
            response: quantiles(&response),
            service: quantiles(&service),
            growth,
            processors: used.processors,
            memory: used.memory(),
            verdict: verdict(&outcome.validity, &limits.hold(&parts), ratio, growth, last),
        }
    }
}

/// The windows in which operations came, without the warm-up and without the one in which they ended.
fn judged<'a>(plan: &Arrivals, outcome: &'a Outcome) -> Vec<&'a Window> {
    let (from, to) = (plan.duration().mul_f64(WARM_UP), plan.duration());
    let inside = |window: &&Window| window.at >= from && window.at + window.width <= to;
    let judged: Vec<&Window> = outcome.course.iter().filter(inside).collect();
    // A step shorter than a few windows is judged whole.
    if judged.is_empty() { outcome.course.iter().collect() } else { judged }
}

fn verdict(validity: &Validity, held: &[Held], ratio: f64, growth: Growth, last: bool) -> Verdict {
    let (mut fails, mut unsure) = (Vec::new(), Vec::new());
    for Held { limit, judged, allowed } in held {
        let over = judged.seen.k as f64 / judged.seen.n.max(1) as f64;
        let cause = Cause::Limit { limit: *limit, over };
        if judged.fail_p <= LEVEL || *allowed <= 0.0 && judged.seen.k > 0 || last && over > *allowed {
            fails.push(cause);
        } else if judged.pass_p > LEVEL && !(*allowed <= 0.0 || last) {
            unsure.push(cause);
        }
    }
    // Times, throughput and backlog are then the generator's as well; what the system refused is the system's.
    if let Validity::Invalid { reason } = validity {
        fails.retain(|cause| matches!(cause, Cause::Limit { limit: Limit::Errors { .. }, .. }));
        return if fails.is_empty() {
            Verdict::Invalid(vec![Cause::Generator { reason: reason.clone() }])
        } else {
            Verdict::Fails(fails)
        };
    }
    if ratio < SURELY_LESS || last && ratio < LEAST_ACHIEVED {
        fails.push(Cause::Throughput { ratio });
    } else if ratio < LEAST_ACHIEVED {
        unsure.push(Cause::Throughput { ratio });
    }
    // A queue that holds its load may fill for a while: a longer step decides.
    if growth.is_sure() {
        if last { &mut fails } else { &mut unsure }.push(Cause::Backlog { growth });
    }
    match (fails.is_empty(), unsure.is_empty()) {
        (false, _) => {
            fails.append(&mut unsure);
            Verdict::Fails(fails)
        }
        (true, false) => Verdict::Unsure(unsure),
        (true, true) => Verdict::Holds,
    }
}

impl Step {
    /// The outcome in a word or two.
    pub(super) const fn word(&self) -> &'static str {
        match (&self.verdict, self.purpose) {
            (Verdict::Holds, Purpose::Hold) => "held for longer",
            (Verdict::Holds, _) => "holds",
            (Verdict::Fails(_), _) => "fails",
            (Verdict::Unsure(_), _) => "unsure",
            (Verdict::Invalid(_), _) => "says nothing",
        }
    }
}

/// One line, for the progress of a search.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s for {:.1?}: {}", human::rate(self.offered), self.duration, self.word())?;
        let (p99, errors) = (human::duration(self.response.p99), human::percent(self.errors * 100.0));
        write!(f, " (achieved {}/s, p99 {p99}, {errors} errors", human::rate(self.achieved))?;
        if !self.drained.is_zero() {
            write!(f, ", {:.1?} to finish what was accepted", self.drained)?;
        }
        match &self.verdict {
            Verdict::Fails(causes) | Verdict::Unsure(causes) | Verdict::Invalid(causes) => {
                causes.iter().try_for_each(|cause| write!(f, "; {cause}"))?;
            }
            Verdict::Holds => {}
        }
        f.write_str(")")
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generator { reason } => write!(f, "the generator, not the system: {reason}"),
            Self::Limit { limit, over } => {
                write!(f, "{limit} is breached: {} are over it", human::percent(over * 100.0))
            }
            Self::Throughput { ratio } => {
                write!(f, "{} of the offered rate are achieved", human::percent(ratio * 100.0))
            }
            Self::Backlog { growth } => write!(f, "the backlog grows by {} a second", human::rate(growth.slope)),
        }
    }
}
