//! Baselines: what was measured before, kept in a file of the repository, and what became of it since.
//!
//! `perf.lock` is reviewed like a snapshot test. [`Baseline`] is its value, [`compare`] holds a [`Report`](crate::Report)
//! against it, and a [`RegressionReport`] says what moved, how far, and how sure that is. Nothing here prints:
//! [`text`] and [`markdown`] render the value, and whoever asked prints.
//!
//! ```
//! use perf_exporters::baseline::{Baseline, compare};
//! use perf_exporters::report::{ProbeReport, Report};
//!
//! let mut before = Report::default();
//! before.probes.push(ProbeReport::new("parse"));
//! (before.probes[0].calls, before.probes[0].allocs) = (10, 20);
//! let baseline = Baseline::from_runs([&before]);
//!
//! let mut after = before.clone();
//! after.probes[0].allocs = 21;
//! let found = compare(&baseline, &after);
//! assert!(found.verdict().is_fail());
//! assert!(found.to_string().contains("parse"));
//! ```
//!
//! # What is compared how
//!
//! | figure | judged | warn | fail |
//! |---|---|---|---|
//! | calls, errors, allocations | exactly, where runs agree | | one more |
//! | bytes allocated, peak bytes | by size | +20 % | +50 % |
//! | mean | by size, and whether it is real | +10 % | +20 % |
//! | median and 95 % quantile | the same | +15 % | +25 % |
//! | items or bytes per second | the same | −5 % | −10 % |
//! | own time, 99 % quantile | shown, not judged | | |
//!
//! Several runs of each side are compared by ranks ([`judge::diff::runs`](crate::judge::diff::runs)). With fewer than can
//! prove anything, the ranges of the two sides must lie apart; the range of one run comes from its histogram. That proves
//! two *runs* to differ, and a machine that drifts makes any two runs differ: record five.
//!
//! # Machines
//!
//! Times belong to a class of machines: architecture, processor, cores, system, compiler, profile, allocator. Against
//! times of another class a comparison is advisory, brought to one scale by three [`Kernels`] of fixed work where both
//! sides have them. Counts gate everywhere, and a count that moved says what else differs.
//!
//! # Budget tests
//!
//! A test with `#[perf_budget]` has an entry of its own name, and one per probe inside it, as soon as `PERF_UPDATE=1` has
//! recorded them; from then on it is held against them. What single calls do gates; their median time gates where the best
//! of five runs is twice the worst that was recorded, and nobody kept the thread waiting. The guide is `docs/baselines.md`.
//!
//! # The file
//!
//! `perf.lock/1` is TOML in one order: the machine classes, then one entry per budget or probe with a section of times
//! per class. Each section ends with a checksum of its own, as `Cargo.lock` has it, so that two branches that touch
//! different entries merge. The last line says that the file is whole. Keys that this version does not know are kept.
//!
//! Whatever is wrong with a file is an [`Error`] that names the file, the line and the remedy; never does a broken
//! file count as an empty one. Writers wait for each other at a lock file, and put a complete file in place of the old one.

mod advice;
mod checksum;
mod class;
mod compare;
mod emit;
mod entry;
mod figure;
mod judge;
mod kernels;
pub mod markdown;
mod metric;
mod options;
mod read;
mod regression;
pub(crate) mod show;
mod store;
pub mod text;
mod value;

/// The errors of baselines are the crate's.
pub use crate::Error;
/// What knows tests lives in `gate`; these names are kept from before.
#[cfg(feature = "gate")]
pub use crate::gate::{assert_baseline, hold};
pub use class::Difference;
pub use compare::{compare, compare_baselines, compare_runs};
#[cfg(feature = "gate")]
pub(crate) use entry::times_of_runs;
pub use entry::{Entry, Section};
pub use figure::Figure;
pub use kernels::Kernels;
pub use metric::{Kind, Metric};
pub use options::Options;
pub use regression::{Change, Level, Proof, RegressionReport};
pub use store::{default_path, update_asked};
pub use value::{Baseline, Class};

/// The schema of the file that this version writes.
pub const SCHEMA: &str = "perf.lock/1";
