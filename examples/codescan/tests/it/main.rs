//! Runs the real program on real directories.

mod common;
#[cfg(feature = "profiling")]
mod profiling;
mod program;
#[cfg(unix)]
mod unix;
