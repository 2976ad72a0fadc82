//! Drives a workload at a stated rate, measures from the intended start, and hands back a report.
//!
//! ```text
//! Arrivals  →  Drive  →  Outcome  →  Report  →  table, JSON, page, verdict
//! when         under     what the    the value that everything else reads
//! to start     load      drive measured
//! ```

#![forbid(unsafe_code)]

pub mod arrivals;
pub mod compare;
pub mod data;
mod drive;
mod error;
mod outcome;
pub mod scale;

pub use arrivals::Arrivals;
pub use drive::Drive;
pub use error::Error;
pub use outcome::{Counts, Model, Outcome, Validity, Window};
pub use perf_core::Histogram;
