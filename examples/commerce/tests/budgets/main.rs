//! What the service promises about its cost, one module per kind of promise.
//!
//! `COMMERCE_INJECT=NAME` switches a mistake on: its budget fails then, and no other. [`injections`] makes sure of that.
//! `PERF_UPDATE=1 cargo test -p commerce` writes `perf.lock` anew.

mod counts;
mod injections;
mod leaks;
mod times;
mod versus;

use std::time::Duration;

use commerce::bus::{Bus, Event};
use commerce::shop::Shop;
use commerce::store::{Line, NewOrder, Size};

/// Counts allocations, per thread; without it budgets of memory cannot be decided, and say so.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

/// A small shop, with the mistake that the environment asks for.
fn shop() -> Shop {
    commerce::inject::from_env();
    Shop::temporary(Size::SMALL).unwrap()
}

/// A bus that refuses what it has no room for, with the same mistake.
fn bus(capacity: usize) -> Bus {
    commerce::inject::from_env();
    Bus::new(capacity, Duration::ZERO)
}

const fn event(subject: u32) -> Event {
    Event { tenant: 1, kind: "test", subject }
}

fn three_lines() -> NewOrder {
    NewOrder { lines: [1, 2, 3].map(|product| Line { product, pieces: 1 }).to_vec() }
}
