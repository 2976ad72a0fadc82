//! How throughput grows with workers: a curve, its limits, and its bottleneck.
//!
//! ```text
//! Scaling  →  Step, Step, …  →  Usl (curve, knee, peak, ceiling)  →  Bottleneck, with its evidence  →  text, plot
//! workers     each measured      fitted with intervals               Scalability
//! and rounds  in random order
//! ```
//!
//! [`Usl`] stands alone: it fits points from any source. [`Scaling`] measures them in a closed loop, with memory, latency
//! and the resources of the process meanwhile. The module has the fit, the steps, the classes and their renderings. It does
//! not start operations.

mod bottleneck;
mod profile;
mod run;
mod show;
mod solve;
mod step;
mod usl;

pub use bottleneck::{Bottleneck, Diagnosis};
pub use run::{Scalability, Scaling};
#[cfg(feature = "page")]
pub(crate) use show::cost;
pub use step::{Step, Used};
pub use usl::{Estimate, Noise, Point, Usl};
