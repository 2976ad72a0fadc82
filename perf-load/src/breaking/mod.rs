//! Until it breaks: the highest rate that a system holds.
//!
//! [`Search`] drives a system at a rate that grows by a quarter from step to step until a step fails, bisects between the last
//! that held and the first that failed, confirms both ends twice, and then drives the good end for longer. The result is
//! [`Breaking`]: the interval, the causes of failure, and every step as a point of a curve.
//!
//! ```
//! use std::time::Duration;
//! use perf_core::budget::Metric;
//! use perf_load::Limits;
//! use perf_load::breaking::Search;
//! use perf_load::simulate::{Queue, Service};
//!
//! // Two servers hold 2,000 a second; with 50 ms at p99, somewhat less.
//! let mut queue = Queue::new("shop", 2, Service::exponential(Duration::from_millis(1))?)?.seed(1);
//! let limits = Limits::default().time(Metric::P99, Duration::from_millis(50))?;
//! let found = Search::from(200.0)?.limits(limits).poisson(1).run(&mut queue)?;
//!
//! let (good, bad) = (found.good.unwrap(), found.bad.unwrap());
//! assert!(found.confirmed && bad / good <= 1.05);
//! assert!((1800.0..2000.0).contains(&good), "{found}");
//! # Ok::<(), perf_load::Error>(())
//! ```
//!
//! # When a step fails
//!
//! | sign | rule |
//! |---|---|
//! | a limit | more operations are over it than it allows, by a binomial test of 2 % that counts runs of slow ones as few |
//! | throughput | less than 98 % of the offered rate is achieved, the time included that the system needs to finish what it accepted ([`Drained`](crate::Drained)) |
//! | backlog | its slope has a lower bound (99 %) above zero |
//!
//! A step in which the generator was late on its own account says nothing about the system, unless the system refused too much. It
//! is driven again, up to three times. Where the generator stays late, no higher rate is tried, and the result
//! is [`Ended::Generator`]: the system held the good end at least.
//!
//! A step that proves neither side is repeated, four times as long, up to [`Search::patience`]; there, the likelier side counts.
//! The first tenth of each step is not judged: a queue that is still filling looks better than it is.

mod found;
mod growth;
mod search;
mod step;

pub use found::{Breaking, Ended};
pub use growth::Growth;
pub use search::Search;
pub use step::{Cause, LEAST_ACHIEVED, Purpose, Step, Verdict};
