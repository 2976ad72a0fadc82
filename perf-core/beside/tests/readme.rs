//! The code of `README.md`, of `docs/load/capacity.md`, and of the attribute's own page: it compiles, and budgets in it hold.

#[path = "shared/shop.rs"]
mod shop;

#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

include!(concat!(env!("OUT_DIR"), "/readme.rs"));
