//! How many verdicts of each kind.

use std::fmt;
use std::ops::AddAssign;

use perf_exporters::judge::Verdict;

/// Verdicts, counted.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) pass: u32,
    pub(crate) fail: u32,
    pub(crate) undecided: u32,
}

impl Tally {
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Inconclusive(_) => self.undecided += 1,
        }
    }

    pub(crate) const fn runs(self) -> u32 {
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
