//! Endurance: hours at one rate, and whether anything changes meanwhile.
//!
//! [`Soak`] drives a system at a constant rate, one checkpoint after the other. Each checkpoint is a drive of its own, so that
//! memory is read while no operation runs; its report is appended to a file, whole and on the disk before the next one begins.
//! The result is [`Endured`]: limits, drift of response times, leak, and the course of processor time.
//!
//! ```
//! use std::time::Duration;
//! use perf_load::endurance::Soak;
//! use perf_load::simulate::{Memory, Queue, Service};
//!
//! let leaks = Memory::at_first(64 << 20).leak_per_minute(1 << 20);
//! let mut queue = Queue::new("shop", 1, Service::exponential(Duration::from_millis(1))?)?.memory(leaks);
//! let soak = Soak::at(50.0)?.duration(Duration::from_hours(1)).every(Duration::from_mins(1));
//! let endured = soak.run(&mut queue)?;
//! assert!(endured.leak.verdict.is_fail() && endured.verdict().is_fail(), "{endured}");
//! assert!(endured.drifts.iter().all(|drift| drift.judged.verdict.is_pass()), "{endured}");
//! # Ok::<(), perf_load::Error>(())
//! ```
//!
//! # The file
//!
//! A line per checkpoint, each a report (`perf.report/1`) of its counts: `cargo perf trend FILE` draws it, and [`Soak::read`]
//! judges it as if the run had ended there. A run that is killed keeps all its lines. Where a line does not fit, on a full disk,
//! the file stays what it was; the run goes on, tries again at the next checkpoint, and says so.
//!
//! # Memory
//!
//! At most 480 checkpoints are kept; then every two become one, which loses nothing but resolution. The file has all of them.

mod checkpoint;
pub mod drift;
mod found;
mod journal;
pub mod leak;
mod serial;
mod soak;

pub use checkpoint::Checkpoint;
pub use found::{Ended, Endured, Figure, FigureDrift, LimitKept};
pub use soak::Soak;
