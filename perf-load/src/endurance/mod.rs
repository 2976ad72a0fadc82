//! Endurance.

pub mod drift;
mod serial;
