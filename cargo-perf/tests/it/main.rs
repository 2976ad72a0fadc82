//! The real program on real files: what it prints, and with which exit code it ends.

mod budgets;
mod common;
mod compare;
mod diff;
mod forms;
mod gate;
#[cfg(all(unix, feature = "load"))]
mod load;
mod merge;
mod project;
mod repo;
mod report;
#[cfg(all(unix, feature = "top"))]
mod terminal;
#[cfg(all(unix, feature = "top"))]
mod top;
mod trend;

/// The tests of `merge` and `top` are instrumented programs themselves.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);
