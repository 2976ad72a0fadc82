//! Tests that another crate runs, and hands back what it measured: those that `perf_load` drives at a rate. Not for anything
//! else: it changes with every version.

use std::time::Duration;

use perf_core::Session;

use super::conclude;
use super::expansion::Declared;
use super::run::{Finished, at_once, take_turn};
use crate::judge::Findings;

/// The measurements of a test.
#[derive(Clone, Debug, Default)]
pub struct Driven {
    /// Every promise with what was measured.
    pub findings: Findings,
    /// Response times of the last epoch in nanoseconds, in the order of time.
    pub times: Vec<f64>,
    /// Epochs that were needed.
    pub epochs: u32,
    /// The advice that would lead to a decision, where something is undecided.
    pub advice: Option<String>,
    /// Further notes for the report.
    pub notes: Vec<String>,
}

/// Waits until no other test of this process times calls; the others wait until the returned guard is dropped, for about so long.
#[must_use = "the turn ends where it is dropped: bind it to a name, `let _turn = …`"]
pub fn turn(lasting: Duration) -> impl Drop {
    at_once(take_turn(lasting))
}

/// The time for which tests shall measure without judging, where that is asked for.
#[must_use]
pub fn only_measure() -> Option<Duration> {
    conclude::only_measure()
}

/// Reports a test, and panics where it must fail, like every test with a budget.
///
/// # Panics
/// If a limit is missed; with `PERF_STRICT=1` also where one could not be decided.
#[track_caller]
pub fn conclude(declared: Declared, driven: Driven) {
    let Driven { findings, times, epochs, advice, notes } = driven;
    conclude::test(&Finished::<()> {
        run: declared.run(),
        findings,
        times,
        curve: Vec::new(),
        epochs,
        snapshot: Session::new().snapshot(),
        advice,
        notes,
        output: None,
        failure: None,
    });
}
