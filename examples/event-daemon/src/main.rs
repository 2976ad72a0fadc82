//! The program `event-daemon`: two architectures of one system under the same load. Its README shows what comes out.

mod commands;
mod document;
mod measure;
mod report;
mod words;

use std::process::ExitCode;

/// Counts allocations for the probes.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

fn main() -> ExitCode {
    commands::run()
}
