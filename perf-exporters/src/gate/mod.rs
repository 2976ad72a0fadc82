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
//! | judge measurements made elsewhere | [`Budget`], or the modules below |
//!
//! `PERF_STRICT=1` makes INCONCLUSIVE fail, `PERF_GATE_LOG=PATH` appends a JSON line per run, `PERF_GATE_DETAIL=1` prints a
//! report for every run, `PERF_GATE_MEASURE=TIME` measures and judges nothing. With feature `baseline` tests are held
//! against their entries in `perf.lock` too ([`baseline`](crate::baseline)).
//!
//! # How it is built
//! Judging is apart from measuring, and both from telling. The modules in the table, [`Budget`] and [`check`] take numbers
//! that somebody measured and say what they prove: they measure, print and sleep nothing, read no clock and keep no global.
//! The one random generator (the permutations of [`changepoint`]) takes its seed as an argument. The same input gives the
//! same verdict. [`Run`] measures, [`render`] turns a finished run into text, and only what asserts prints or panics.
//!
//! | question | module | method |
//! |---|---|---|
//! | is a counter within its limit? | [`exact`] | compared as it is, three times |
//! | is a quantile, or an error rate, within its limit? | [`quantile`] | binomial tails of the exceedances, corrected for bursts |
//! | is the mean, the throughput within its limit? | [`mean`] | batch means with Student's t |
//! | is every call within its limit? | [`max`] | exceedances against the rate of outside disturbances |
//! | is it really so, or was it the machine? | [`confirm`] | later epochs, reference kernel |
//! | is B slower than A times R? | [`relative`] | ABBA blocks, Wilcoxon signed ranks, Hodges–Lehmann |
//! | does the cost grow as claimed? | [`growth`] | Theil–Sen slope of the excess exponent |
//! | does memory leak? | [`trend`] | Mann–Kendall, Sen slope |
//! | when did a history of results change? | [`changepoint`] | E-divisive |
//! | did anything move between two sets of runs? | [`diff`] | Mann–Whitney, ratio with its interval |
//! | what shall people be told? | [`explain`] | a [`Breach`] per broken promise |
//!
//! # How often they may be wrong
//! A wrong FAIL costs trust, a wrong PASS costs one regression found later; the levels differ accordingly. An absolute test
//! says FAIL at 10⁻⁶ per epoch, and needs three epochs; it says PASS at 5 %. Between the two it says so, and says how many
//! more samples would decide.

mod budget;
pub mod changepoint;
mod clock;
mod conclude;
pub mod confirm;
mod declared;
pub mod diff;
pub mod dist;
pub mod exact;
#[doc(hidden)]
pub mod expansion;
pub mod explain;
mod findings;
pub mod growth;
mod kernel;
mod leak;
pub mod max;
pub mod mean;
mod measurements;
#[cfg(test)]
mod noise;
pub mod order;
pub mod quantile;
pub mod relative;
pub mod render;
mod run;
mod scope;
pub mod signed_rank;
pub mod theil_sen;
pub mod trend;
pub mod verdict;
mod watch;

pub use budget::Budget;
#[cfg(feature = "serve")]
pub(crate) use clock::Stopwatch;
pub use conclude::assert_budgets;
#[cfg(feature = "baseline")]
pub(crate) use conclude::{settle, tell};
pub use declared::check;
pub(crate) use declared::declared_rows;
pub use findings::{Findings, Row};
pub use kernel::Disturbance;
pub use leak::{LeakCheck, leak_check, leak_check_async};
pub use measurements::{Counters, Measurements};
pub use run::{Finished, Pace, Run};
#[cfg(feature = "baseline")]
pub(crate) use scope::inside;
pub use scope::{Carried, Carrier, current_session, items, measure, measure_async};
pub use verdict::{Breach, Outcome, Reason, Severity, Side, Unit, Verdict};
pub use watch::Watch;

/// Greatest chance of a wrong FAIL in one epoch of an absolute test.
pub const FAIL_LEVEL: f64 = 1e-6;

/// Greatest chance of a wrong PASS in one look at the data.
pub const PASS_LEVEL: f64 = 0.05;
