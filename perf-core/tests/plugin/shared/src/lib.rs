//! perf-core as a dynamic library.

pub use perf_core::*;
