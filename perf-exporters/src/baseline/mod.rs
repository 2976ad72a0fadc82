//! `perf.lock`: the file, its value, the changes since. The crate's module [`baseline`](crate::baseline) adds the parts
//! that tests call: the code that knows tests lives in `gate`. The guide to both is `guide.md` beside this file.

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
mod neighbours;
mod options;
mod read;
mod regression;
pub(crate) mod show;
mod store;
pub mod text;
mod value;

/// The errors of baselines are the crate's.
pub use crate::Error;
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
pub const SCHEMA: &str = crate::schema::LOCK;
