//! Rows of the table.

use fastrand::Rng;
use perf_exporters::judge::Verdict;

/// Of the verdicts on a condition so many may be wrong, as a share.
pub(crate) struct Condition {
    pub(crate) what: &'static str,
    pub(crate) runs: u32,
    /// The verdict that is wrong.
    pub(crate) wrong: Wrong,
    pub(crate) most: f64,
    pub(crate) judge: Box<dyn FnMut(&mut Rng) -> Verdict>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Wrong {
    Fail,
    Pass,
    NoFail,
}

/// A row of the table.
pub(crate) fn row(
    what: &'static str,
    runs: u32,
    wrong: Wrong,
    most: f64,
    judge: Box<dyn FnMut(&mut Rng) -> Verdict>,
) -> Condition {
    Condition { what, runs, wrong, most, judge }
}
