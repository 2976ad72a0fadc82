//! Drives a workload at a stated rate, measures from the intended start, and hands back a report.
//!
//! ```text
//! Arrivals  →  Drive  →  Outcome  →  Report  →  table, JSON, page, verdict
//! when         under     what the    the value that everything else reads
//! to start     load      drive measured
//! ```

#![forbid(unsafe_code)]

pub mod arrivals;
pub mod breaking;
mod clock;
mod closed;
mod conduct;
mod drive;
pub mod endurance;
mod error;
mod finish;
mod limits;
mod live;
mod load;
mod mix;
mod open;
mod operation;
mod outcome;
#[cfg(feature = "page")]
pub mod page;
mod record;
pub mod recovery;
mod resources;
pub mod simulate;
mod stop;

pub use arrivals::Arrivals;
pub use drive::Drive;
pub use error::Error;
pub use limits::{Limit, Limits};
pub use live::Live;
pub use load::Load;
pub use mix::{Mix, Operation, Sizes};
pub use operation::{Class, Ctx, Ends};
pub use outcome::{Counts, Model, Outcome, Validity, Window};
pub use perf_core::Histogram;
pub use stop::Stop;
