//! How throughput grows with workers: a curve, its limits, and what limits it.
//!
//! ```text
//! Scaling  →  Step, Step, …  →  Usl (curve, knee, peak, ceiling)  →  Bottleneck, with its evidence  →  text, SVG
//! workers     each measured      fitted with intervals               Scalability
//! and rounds  in random order
//! ```
//!
//! [`Usl`] stands alone: it fits points from wherever. [`Scaling`] measures them in a closed loop, with memory, latency and
//! what the process used meanwhile. Here live the fit, the steps, the classes and their renderings. Nothing here starts
//! operations.

mod bottleneck;
#[cfg(feature = "page")]
pub mod plot;
mod profile;
mod run;
mod show;
mod solve;
mod step;
mod usl;

pub use bottleneck::{Bottleneck, Diagnosis};
pub use run::{Scalability, Scaling};
pub use step::{Step, Used};
pub use usl::{Estimate, Noise, Point, Usl};
