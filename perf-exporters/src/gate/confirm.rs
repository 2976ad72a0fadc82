//! Was it the code, or the machine? A FAIL is believed after it came three times.
//!
//! An *epoch* is one stretch of sampling with a verdict of its own. A first FAIL may be a neighbour's backup, so it has to
//! repeat in two later epochs, each beginning at least a second after the one before ended. A reference kernel (fixed
//! code whose usual time is known) runs in every epoch: where it is beyond its own bound, a FAIL of that epoch shows the
//! machine, not the code; the epoch counts for nothing, and after [`Rules::disturbed`] of them the verdict is
//! INCONCLUSIVE(environment). A PASS is a PASS even on a disturbed machine.
//!
//! Where three epochs in ten are spoiled and the kernel notices nine of ten such, a true regression is found 98 times in 100,
//! and unchanged code fails once in ten thousand.
//!
//! The state machine here is pure: it takes each epoch's verdict and times, and returns the next step.

use std::time::Duration;

use crate::judge::verdict::{Reason, Verdict};

/// The parameters of confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Failing epochs that make a FAIL, the first included; at least 1, default 3.
    pub failures: u32,
    /// Disturbed failing epochs at which to give up; at least 1, default 5.
    pub disturbed: u32,
    /// Least pause between the end of one epoch and the beginning of the next, default 1 s.
    pub pause: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self { failures: 3, disturbed: 5, pause: Duration::from_secs(1) }
    }
}

/// The result of one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// When it began, since any fixed origin.
    pub began: Duration,
    /// When it ended, since the same origin.
    pub ended: Duration,
    /// Its verdict.
    pub verdict: Verdict,
    /// Did the reference kernel stay within its own bound?
    pub calm: bool,
}

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is decided.
    Done(Verdict),
    /// Run another epoch, which must not begin before this time (since the same origin).
    Again {
        /// The earliest beginning.
        not_before: Duration,
    },
}

/// Counts epochs until the verdict is certain.
///
/// ```
/// # use std::time::Duration;
/// # use perf_exporters::gate::{confirm::{Confirmation, Epoch, Rules, Step}, Verdict};
/// let mut confirmation = Confirmation::new(Rules::default());
/// let at = Duration::from_secs;
/// let slow = |s| Epoch { began: at(s), ended: at(s + 2), verdict: Verdict::Fail, calm: true };
/// assert_eq!(confirmation.feed(&slow(0)), Step::Again { not_before: at(3) });
/// assert_eq!(confirmation.feed(&slow(3)), Step::Again { not_before: at(6) });
/// assert_eq!(confirmation.feed(&slow(6)), Step::Done(Verdict::Fail));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    rules: Rules,
    failures: u32,
    disturbed: u32,
    not_before: Duration,
    done: Option<Verdict>,
}

impl Confirmation {
    /// Begins with no epoch seen.
    #[must_use]
    pub const fn new(rules: Rules) -> Self {
        Self { rules, failures: 0, disturbed: 0, not_before: Duration::ZERO, done: None }
    }

    /// Takes one epoch's result. An epoch that began too early is ignored; a decision, once made, stays.
    pub fn feed(&mut self, epoch: &Epoch) -> Step {
        if self.done.is_none() && epoch.began >= self.not_before {
            self.not_before = epoch.ended.saturating_add(self.rules.pause);
            self.done = self.decide(epoch);
        }
        match &self.done {
            Some(verdict) => Step::Done(verdict.clone()),
            None => Step::Again { not_before: self.not_before },
        }
    }

    /// Failing epochs so far that count.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    fn decide(&mut self, epoch: &Epoch) -> Option<Verdict> {
        match &epoch.verdict {
            Verdict::Fail if epoch.calm => {
                self.failures += 1;
                (self.failures >= self.rules.failures).then_some(Verdict::Fail)
            }
            Verdict::Fail => {
                self.disturbed += 1;
                (self.disturbed >= self.rules.disturbed).then_some(Verdict::Inconclusive(Reason::Environment))
            }
            // After disturbed epochs alone, the verdict of a later one counts by itself.
            other if self.failures == 0 => Some(other.clone()),
            _ => Some(Verdict::Inconclusive(Reason::Unconfirmed { failed: self.failures, epochs: self.failures + 1 })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(epochs: &[(Verdict, bool)]) -> Option<Verdict> {
        let mut confirmation = Confirmation::new(Rules::default());
        let mut now = Duration::from_secs(100);
        for (verdict, calm) in epochs {
            let ended = now + Duration::from_secs(2);
            let epoch = Epoch { began: now, ended, verdict: verdict.clone(), calm: *calm };
            match confirmation.feed(&epoch) {
                Step::Done(verdict) => return Some(verdict),
                Step::Again { not_before } => {
                    assert_eq!(not_before, ended + Duration::from_secs(1));
                    now = not_before;
                }
            }
        }
        None
    }

    fn doubt() -> Verdict {
        Verdict::Inconclusive(Reason::Undecided)
    }

    #[test]
    fn one_pass_is_enough_even_on_a_disturbed_machine() {
        assert_eq!(run(&[(Verdict::Pass, true)]), Some(Verdict::Pass));
        assert_eq!(run(&[(Verdict::Pass, false)]), Some(Verdict::Pass));
        assert_eq!(run(&[(doubt(), true)]), Some(doubt()));
    }

    #[test]
    fn a_failure_needs_three_calm_epochs() {
        use Verdict::Fail;
        assert_eq!(run(&[(Fail, true), (Fail, true)]), None);
        assert_eq!(run(&[(Fail, true), (Fail, true), (Fail, true)]), Some(Fail));
        assert_eq!(run(&[(Fail, true), (Fail, false), (Fail, true), (Fail, false), (Fail, true)]), Some(Fail));
    }

    #[test]
    fn a_contradiction_is_said() {
        for other in [Verdict::Pass, doubt()] {
            let told = run(&[(Verdict::Fail, true), (Verdict::Fail, true), (other, true)]);
            let unconfirmed = Reason::Unconfirmed { failed: 2, epochs: 3 };
            assert_eq!(told, Some(Verdict::Inconclusive(unconfirmed)));
        }
    }

    #[test]
    fn a_disturbed_machine_is_named_and_never_fails() {
        let disturbed = (Verdict::Fail, false);
        let environment = Verdict::Inconclusive(Reason::Environment);
        assert_eq!(run(&vec![disturbed.clone(); 5]), Some(environment));
        assert_eq!(run(&[disturbed, (Verdict::Pass, true)]), Some(Verdict::Pass));
    }

    #[test]
    fn an_early_epoch_is_passed_over_and_a_decision_stays() {
        let mut confirmation = Confirmation::new(Rules::default());
        let at = Duration::from_millis;
        let fail = |ms| Epoch { began: at(ms), ended: at(ms + 10), verdict: Verdict::Fail, calm: true };
        for ms in [0, 20, 500, 1009] {
            assert_eq!(confirmation.feed(&fail(ms)), Step::Again { not_before: at(1010) });
        }
        assert_eq!(confirmation.failures(), 1);
        confirmation.feed(&fail(1010));
        assert_eq!(confirmation.feed(&fail(5000)), Step::Done(Verdict::Fail));
        let pass = Epoch { verdict: Verdict::Pass, ..fail(9000) };
        assert_eq!(confirmation.feed(&pass), Step::Done(Verdict::Fail));
    }

    /// Three epochs in ten are spoiled, and the kernel notices nine of ten such.
    fn on_a_bad_machine(rng: &mut fastrand::Rng, regressed: bool) -> Option<Verdict> {
        let epochs: Vec<(Verdict, bool)> = (0..12)
            .map(|_| {
                let spoiled = rng.f64() < 0.3;
                let noticed = spoiled && rng.f64() < 0.9;
                let fails = spoiled || regressed;
                (if fails { Verdict::Fail } else { Verdict::Pass }, !noticed)
            })
            .collect();
        run(&epochs)
    }

    #[test]
    fn a_bad_machine_hides_little_and_invents_less() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut failures = |regressed| {
            let tries = (0..10_000).map(|_| on_a_bad_machine(&mut rng, regressed));
            tries.filter(|v| *v == Some(Verdict::Fail)).count()
        };
        let (invented, found) = (failures(false), failures(true));
        assert!(invented <= 4, "{invented} of 10,000");
        assert!(found >= 9750, "{found} of 10,000");
    }
}
