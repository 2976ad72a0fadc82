//! Bounds checked against figures, and the verdict that follows.
//!
//! Here lives every rule that turns measured numbers into PASS, FAIL or INCONCLUSIVE, and the values that carry the answer:
//! [`Verdict`], [`Row`], [`Findings`], [`Breach`]. It takes measured numbers. It runs no test, reads no clock
//! and no environment, sleeps and prints nothing; the same input gives the same verdict. Statistics without a verdict are in
//! [`stats`](crate::stats); what runs a test and asserts is in `gate`.
//!
//! Feature `judge` brings this module and [`stats`](crate::stats) alone, for programs that judge measurements made elsewhere
//! and run no budget tests; feature `gate` brings them too.
//!
//! | question | module | method |
//! |---|---|---|
//! | is a bound kept by what a probe counted? | [`bound`] | by sums and a histogram; every caller of budgets comes here |
//! | is a counter within its limit? | [`exact`] | compared as it is, three times |
//! | is a quantile, or an error rate, within its limit? | [`quantile`] | binomial tails of the exceedances, corrected for bursts |
//! | is the mean, the throughput within its limit? | [`mean`] | batch means with Student's t |
//! | when may sampling end with a PASS? | [`plan`] | a least time, and calls that runs of slow ones fit in |
//! | is every call within its limit? | [`max`] | exceedances against the rate of outside disturbances |
//! | is B slower than A times R? | [`relative`] | ABBA blocks, Wilcoxon signed ranks, Hodges–Lehmann |
//! | and in its mean, or its slow calls? | [`versus`] | the same by three figures, randomised |
//! | does the cost grow as claimed? | [`growth`] | Theil–Sen slope of the cost by what was claimed |
//! | and to a factor of log n? | [`steps`] | the same of instructions, against the slope of a logarithm |
//! | is that growth the code's, or the caches'? | [`caches`] | the same calls with empty caches |
//! | or is something filling up? | [`fill`] | the time at which the present level was reached |
//! | are so many instructions enough? | [`instructions`] | the least of three processes, with their spread |
//! | does memory leak? | [`trend`] | Mann–Kendall, Sen slope |
//! | did anything move between two sets of runs? | [`diff`] | Mann–Whitney, ratio with its interval |
//!
//! # How often they may be wrong
//! A wrong FAIL costs trust, a wrong PASS costs one regression found later; the levels differ accordingly. An absolute test
//! says FAIL at 10⁻⁶ per epoch; it says PASS at 5 %. Between the two it says so, and says how many more samples would decide.

pub mod bound;
mod budget;
pub mod caches;
mod declared;
pub mod diff;
pub mod exact;
mod figures;
pub mod fill;
mod findings;
pub mod growth;
pub mod instructions;
pub mod max;
pub mod mean;
mod measurements;
pub mod plan;
pub mod quantile;
pub mod relative;
pub mod steps;
pub mod trend;
#[cfg(feature = "serve")]
mod unjudged;
pub mod verdict;
pub mod versus;

pub use bound::{Quantity, hold, hold_known, hold_live_bytes};
pub use budget::Budget;
pub(crate) use declared::declared_rows;
pub use declared::{check, check_as};
pub use figures::Figures;
#[cfg(feature = "gate")]
pub(crate) use findings::Shown;
pub use findings::{Findings, Row};
pub use instructions::Instructions;
pub use measurements::{Counters, Disturbance, Measurements};
pub use perf_core::budget::Metric;
#[cfg(feature = "serve")]
pub(crate) use unjudged::unjudged;
pub use verdict::{Breach, Outcome, Reason, Severity, Side, Unit, Verdict};

/// Greatest chance of a wrong FAIL in one epoch of an absolute test.
pub const FAIL_LEVEL: f64 = 1e-6;

/// Greatest chance of a wrong PASS in one look at the data.
pub const PASS_LEVEL: f64 = 0.05;

impl crate::Error {
    /// The verdict of a judgement by this file: INCONCLUSIVE, with the message as its reason.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::Inconclusive(Reason::Invalid(self.to_string().into()))
    }
}
