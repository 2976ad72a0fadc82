//! Budgets in tests, regression verdicts, and the statistics behind them.
//!
//! A budget says what a call may cost; `#[perf_budget]` on a test gates it. Three ends are possible: [`Verdict::Pass`],
//! [`Verdict::Fail`] and [`Verdict::Inconclusive`], which never fails a test and always says why. The guide is
//! `docs/budgets.md`.
//!
//! | to | use |
//! |---|---|
//! | gate a test | `#[perf_budget(…)]` above `#[test]` or `#[tokio::test]` |
//! | count a part of a test only | [`measure`], [`measure_async`] |
//! | count what threads and tasks of a test do | [`current_session`] |
//! | check what functions of the program declare | [`assert_budgets`], or [`check`] for a value |
//! | watch that in production | [`Watch`] |
//! | look for leaks | [`leak_check`], [`leak_check_async`] |
//! | get a verdict as a value | [`Run`] with a [`BudgetSpec`](perf_core::budget::BudgetSpec) |
//! | judge measurements made elsewhere | [`Budget`], or the modules of [`judge`](crate::judge) |
//!
//! `PERF_STRICT=1` makes INCONCLUSIVE fail, `PERF_GATE_LOG=PATH` appends a JSON line per run, `PERF_GATE_DETAIL=1` prints a
//! report for every run, `PERF_GATE_MEASURE=TIME` measures and judges nothing. With feature `baseline` tests are compared
//! with their entries in `perf.lock` too ([`baseline`](crate::baseline)).
//!
//! # What lives here, and what may not
//! Here is the code that runs and ends tests: [`Run`] and its epochs, the session with its counts, reference kernels,
//! confirmation, the leak check, the watch over declared budgets, a test's entries in `perf.lock`, and the layer that prints and
//! panics. The rules that decide a bound are in [`judge`](crate::judge), their statistics in [`stats`](crate::stats), and
//! both are reachable from here under the names that they had.
//!
//! | step | where |
//! |---|---|
//! | the attribute's test becomes a run | [`expansion`] |
//! | calls are made, timed and counted | [`Run`] |
//! | is it the code, or the machine? | [`confirm`]: later epochs, reference kernels |
//! | the run becomes text | [`render`] |

mod conclude;
pub mod confirm;
#[doc(hidden)]
pub mod driven;
#[doc(hidden)]
pub mod expansion;
#[cfg(feature = "baseline")]
mod hold;
mod interruptions;
mod kernel;
mod leak;
mod reference;
pub mod render;
mod run;
mod scope;
#[cfg(feature = "baseline")]
mod tested;
mod watch;

pub use crate::instructions::{Of, counting, instructions_of_probe};
pub use crate::judge::{
    Breach, Budget, Counters, Disturbance, FAIL_LEVEL, Findings, Measurements, Outcome, PASS_LEVEL, Reason, Row,
    Severity, Side, Unit, Verdict, check, diff, exact, growth, max, mean, quantile, relative, trend, verdict,
};
pub use crate::stats::{changepoint, dist, order, signed_rank, theil_sen};
pub use conclude::assert_budgets;
#[cfg(feature = "baseline")]
pub use hold::{assert_baseline, hold};
pub use leak::{LeakCheck, leak_check, leak_check_async};
pub use run::{CountedTest, Finished, Pace, Run, instructions_of_test};
pub use scope::{Carried, Carrier, current_session, items, measure, measure_async};
pub use watch::Watch;
