//! Rates, and what so many runs can say about them.

use std::fmt;
use std::ops::AddAssign;

use perf_exporters::judge::Verdict;
use perf_exporters::stats::dist::binomial_at_most;

/// Verdicts, counted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) pass: u64,
    pub(crate) fail: u64,
    pub(crate) undecided: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Inconclusive(_) => self.undecided += 1,
        }
    }

    pub(crate) const fn runs(self) -> u64 {
        self.pass + self.fail + self.undecided
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.undecided += other.undecided;
    }
}

/// PASS, FAIL and INCONCLUSIVE, with `·` between them.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} · {} · {}", self.pass, self.fail, self.undecided)
    }
}

/// The rate is at most this, 95 % sure, where so many of so many runs showed it (Clopper and Pearson 1934).
pub(crate) fn at_most(seen: u64, runs: u64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    if seen >= runs {
        return high;
    }
    for _ in 0..60 {
        let middle: f64 = f64::midpoint(low, high);
        if binomial_at_most(runs, seen, middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
