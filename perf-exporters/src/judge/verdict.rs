//! The result of a judgement, and how several are joined.

use std::borrow::Cow;
use std::fmt;

/// Why a judgement could not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Fewer samples than the test needs to be able to say PASS.
    TooFewSamples {
        /// Samples so far.
        have: u64,
        /// Least number that can decide.
        need: u64,
    },
    /// Enough samples, but they prove neither side: they scatter too much, or the true value is close to the limit.
    Undecided,
    /// A first epoch failed, a later one did not.
    Unconfirmed {
        /// Epochs that failed.
        failed: u32,
        /// Epochs that failed or contradicted; disturbed ones are not counted.
        epochs: u32,
    },
    /// A disturbance of the machine, as the reference kernel saw it, may explain it.
    Environment,
    /// Calls over a limit that all should keep, but so few that the machine may have made them late.
    FewLate,
    /// A growing value that slows down: a warm-up, perhaps; run on.
    Converging,
    /// A value that rose, and may yet turn out to have a bound.
    Filling {
        /// Batches of work so far.
        after: u64,
        /// Batches that would decide.
        need: u64,
    },
    /// The cost at the largest sizes contradicts the whole range; larger sizes would decide.
    Bends,
    /// Time grows faster than claimed, and no faster than caches that overflow could make it.
    Cached,
    /// A time limit was missed by a build without optimisation.
    DebugBuild,
    /// This machine cannot measure it; the text says what is missing, and how to get it.
    Unsupported(Cow<'static, str>),
    /// The input is not something to judge (empty, not finite, wrong baseline); the text says what.
    Invalid(Cow<'static, str>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewSamples { have, need } => write!(f, "{have} samples, {need} needed"),
            Self::Undecided => f.write_str("the samples prove neither side"),
            Self::Unconfirmed { failed, epochs } => {
                write!(f, "not confirmed: {failed} of {epochs} epochs failed")
            }
            Self::Environment => {
                f.write_str("environment: what the machine did to the reference kernel may explain it")
            }
            Self::FewLate => f.write_str("so few calls are over it that the machine may have made them late"),
            Self::Converging => f.write_str("still growing, ever more slowly"),
            Self::Filling { after, need } => write!(f, "still filling after {after} batches: give it {need}"),
            Self::Bends => f.write_str("the largest sizes disagree with the whole range"),
            Self::Cached => {
                f.write_str("time grows faster than claimed, as it does where data outgrow the caches, too")
            }
            Self::DebugBuild => f.write_str("debug build"),
            Self::Unsupported(what) => write!(f, "unsupported: {what}"),
            Self::Invalid(what) => f.write_str(what),
        }
    }
}

/// The three possible ends of a judgement.
///
/// ```
/// # use perf_exporters::judge::{Reason, Verdict};
/// let joined = Verdict::Pass.and(Verdict::Inconclusive(Reason::Undecided));
/// assert_eq!(joined.to_string(), "INCONCLUSIVE (the samples prove neither side)");
/// assert_eq!(joined.and(Verdict::Fail), Verdict::Fail);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The promise holds, as far as the stated level reaches.
    Pass,
    /// The promise is broken.
    Fail,
    /// Neither could be shown.
    Inconclusive(Reason),
}

impl Verdict {
    /// Is it [`Verdict::Pass`]?
    #[must_use]
    pub const fn is_pass(&self) -> bool {
        matches!(self, Self::Pass)
    }

    /// Is it [`Verdict::Fail`]?
    #[must_use]
    pub const fn is_fail(&self) -> bool {
        matches!(self, Self::Fail)
    }

    /// The verdict on one bound in several runs, each judged by itself: FAIL where all fail, as a budget test needs its later
    /// epochs to; where only some do, [`Reason::Unconfirmed`]; else all together.
    #[must_use]
    pub fn of_runs(runs: &[Self]) -> Self {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let failed = runs.iter().filter(|run| run.is_fail()).count();
        if failed > 0 && failed < runs.len() {
            return Self::Inconclusive(Reason::Unconfirmed { failed: number(failed), epochs: number(runs.len()) });
        }
        runs.iter().cloned().fold(Self::Pass, Self::and)
    }

    /// Both must hold: FAIL beats INCONCLUSIVE beats PASS; of two INCONCLUSIVE the first one's reason stays.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Pass, other) => other,
            (doubt, _) => doubt,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("PASS"),
            Self::Fail => f.write_str("FAIL"),
            Self::Inconclusive(reason) => write!(f, "INCONCLUSIVE ({reason})"),
        }
    }
}

/// On which side of the bound the promise lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The value may be at most the bound.
    AtMost,
    /// The value must be at least the bound.
    AtLeast,
}

/// The consequence of a missed bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The target was missed: a warning.
    Target,
    /// The limit was missed: a failure.
    Limit,
}

/// The unit of a bound and of an actual value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// A plain count.
    Count,
    /// Items per second.
    PerSecond,
    /// A quotient, 1.0 being "the same".
    Ratio,
    /// A part of a whole, such as an error rate, from 0 to 1.
    Share,
    /// An exponent of the input size.
    Exponent,
    /// Instructions.
    Instructions,
}

/// One broken bound, with what is known about it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Breach {
    /// Which value, as the user wrote it: `p99`, `allocs`, `calls("db")`.
    pub metric: String,
    /// On which side of the bound the promise lies.
    pub side: Side,
    /// The bound, in `unit`.
    pub bound: f64,
    /// The measured value, in `unit`.
    pub actual: f64,
    /// Unit of `bound` and `actual`.
    pub unit: Unit,
    /// Warning or failure.
    pub severity: Severity,
    /// How many values the judgement rests on.
    pub samples: u64,
    /// The chance to see such evidence, or stronger, although the promise holds; zero for exact counters. Range 0 ..= 1.
    pub error: f64,
    /// One sentence for people.
    pub reason: String,
}

impl Breach {
    /// A breach of a limit (`Severity::Limit`, `Side::AtMost`) on exact evidence; the other fields are set afterwards.
    ///
    /// ```
    /// # use perf_exporters::judge::{Breach, Unit};
    /// let breach = Breach::new("p99", Unit::Nanoseconds, 5e6, 9e6).evidence(3000, 1e-7);
    /// assert!(breach.confidence() > 0.999_999);
    /// ```
    #[must_use]
    pub fn new(metric: impl Into<String>, unit: Unit, bound: f64, actual: f64) -> Self {
        Self {
            metric: metric.into(),
            side: Side::AtMost,
            bound,
            actual,
            unit,
            severity: Severity::Limit,
            samples: 0,
            error: 0.0,
            reason: String::new(),
        }
    }

    /// Sets on which side of the bound the promise lies.
    #[must_use]
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// Sets whether this warns or fails.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the number of values and the chance of such evidence although the promise holds.
    #[must_use]
    pub fn evidence(mut self, samples: u64, error: f64) -> Self {
        self.samples = samples;
        self.error = error;
        self
    }

    /// Sets the sentence for people.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// How sure this is, 0 ..= 1: one minus [`Breach::error`].
    #[must_use]
    pub fn confidence(&self) -> f64 {
        1.0 - self.error
    }
}

/// A budget's verdict with everything that led to it: all breaches at once, all doubts at once.
///
/// ```
/// # use perf_exporters::judge::{Breach, Outcome, Reason, Severity, Unit, Verdict};
/// let mut outcome = Outcome::default();
/// outcome.add("allocs", Verdict::Fail, Some(Breach::new("allocs", Unit::Count, 0.0, 2.0)));
/// outcome.add("p99", Verdict::Inconclusive(Reason::Undecided), None);
/// outcome.add("bytes", Verdict::Fail, Some(Breach::new("bytes", Unit::Bytes, 0.0, 64.0)));
/// assert_eq!(outcome.verdict(), Verdict::Fail);
/// assert_eq!(outcome.breaches.len(), 2);
/// assert_eq!(outcome.doubts.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// Every broken bound, in the order in which they were judged: limits, and targets too.
    pub breaches: Vec<Breach>,
    /// Every metric that could not be decided, with the reason.
    pub doubts: Vec<(String, Reason)>,
    failed: bool,
}

impl Outcome {
    /// Adds one metric's judgement. A breach with [`Severity::Target`] is listed and warns; the
    /// verdict that comes with it changes nothing.
    pub fn add(&mut self, metric: &str, verdict: Verdict, breach: Option<Breach>) {
        let warns = breach.as_ref().is_some_and(|b| b.severity == Severity::Target);
        self.breaches.extend(breach);
        match verdict {
            Verdict::Pass => {}
            Verdict::Fail => self.failed |= !warns,
            Verdict::Inconclusive(_) if warns => {}
            Verdict::Inconclusive(reason) => self.doubts.push((metric.to_owned(), reason)),
        }
    }

    /// Adds the content of another outcome.
    pub fn merge(&mut self, other: Self) {
        self.breaches.extend(other.breaches);
        self.doubts.extend(other.doubts);
        self.failed |= other.failed;
    }

    /// FAIL if any limit failed, else INCONCLUSIVE with the first doubt, else PASS.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.doubts.first() {
            _ if self.failed => Verdict::Fail,
            Some((_, reason)) => Verdict::Inconclusive(reason.clone()),
            None => Verdict::Pass,
        }
    }

    /// Were targets missed?
    #[must_use]
    pub fn warned(&self) -> bool {
        self.breaches.iter().any(|b| b.severity == Severity::Target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Verdict; 4] {
        [
            Verdict::Pass,
            Verdict::Fail,
            Verdict::Inconclusive(Reason::Undecided),
            Verdict::Inconclusive(Reason::Environment),
        ]
    }

    #[test]
    fn joining_is_associative_and_never_forgets_a_failure() {
        for a in all() {
            assert_eq!(Verdict::Pass.and(a.clone()), a);
            assert_eq!(a.clone().and(Verdict::Pass), a);
            assert_eq!(a.clone().and(Verdict::Fail), Verdict::Fail);
            for b in all() {
                for c in all() {
                    let left = a.clone().and(b.clone()).and(c.clone());
                    assert_eq!(left, a.clone().and(b.clone().and(c)));
                }
            }
        }
    }

    #[test]
    fn an_outcome_agrees_with_the_joined_verdicts() {
        for a in all() {
            for b in all() {
                let mut outcome = Outcome::default();
                outcome.add("a", a.clone(), None);
                outcome.add("b", b.clone(), None);
                assert_eq!(outcome.verdict(), a.clone().and(b));
            }
        }
    }

    #[test]
    fn a_missed_target_warns_and_passes() {
        let mut outcome = Outcome::default();
        let breach = Breach::new("p95", Unit::Nanoseconds, 1.0, 2.0).severity(Severity::Target);
        outcome.add("p95", Verdict::Fail, Some(breach));
        assert!(outcome.warned());
        assert_eq!(outcome.verdict(), Verdict::Pass);
        let mut whole = Outcome::default();
        whole.add("x", Verdict::Fail, None);
        whole.merge(outcome);
        assert!(whole.warned());
        assert_eq!(whole.verdict(), Verdict::Fail);
    }
}
