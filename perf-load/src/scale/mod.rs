//! How throughput grows with workers.

mod profile;
mod solve;
mod usl;

pub use usl::{Estimate, Noise, Point, Usl};
