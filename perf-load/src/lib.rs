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
pub mod compare;
mod conduct;
pub mod data;
mod drained;
mod drive;
pub mod endurance;
mod error;
mod finish;
#[cfg(feature = "gate")]
#[doc(hidden)]
pub mod gate;
#[cfg(feature = "http")]
pub mod http;
mod limits;
mod live;
mod load;
mod mix;
mod observe;
mod open;
mod operation;
mod outcome;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "plan")]
pub mod plan;
mod record;
pub mod recovery;
mod resources;
pub mod scale;
mod serial;
mod settings;
pub mod show;
pub mod simulate;
mod stop;
#[cfg(feature = "tokio")]
mod tasks;

pub use arrivals::Arrivals;
pub use drained::Drained;
pub use drive::Drive;
pub use error::Error;
pub use limits::{Limit, Limits};
pub use live::Live;
pub use load::{Load, Preset};
#[cfg(feature = "tokio")]
pub use mix::AsyncMix;
pub use mix::{Mix, Operation, Sizes};
pub use operation::{Class, Ctx, Ends};
pub use outcome::{Counts, Model, Outcome, Validity, Window};
pub use perf_core::Histogram;
#[cfg(feature = "plan")]
pub use plan::Plan;
pub use stop::Stop;
