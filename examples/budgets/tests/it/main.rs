//! What the shop promises about its cost, one module per kind of promise.
//!
//! Everything here runs under plain `cargo test`, in parallel. What each test measured when it was last accepted is in
//! `perf.lock`, beside `Cargo.toml`: `PERF_UPDATE=1 cargo test -p shop` writes it.

mod counts;
mod declared;
mod errors;
mod growth;
mod leaks;
mod tasks;
mod times;

use shop::Order;

/// Counts allocations, per thread; without it budgets of memory cannot be decided, and say so.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

/// Orders of customers in turn.
fn orders(number: usize, customers: usize) -> Vec<Order> {
    (0..number).map(|n| Order { customer: n % customers, cents: 100 + n as u64 }).collect()
}
