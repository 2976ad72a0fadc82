//! Why is p99 slow? A small shop, in which one query in a hundred misses its index.
//!
//! `cargo run --release -p perf-exporters --features enabled,trace --example slow_calls` prints the report with its
//! answer; `PERF_REPORT=trace=shop.trace.json` before it writes what every thread did last, for <https://ui.perfetto.dev>.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use perf_core::{Trace, perf_probe};
use perf_exporters::Reporter;

fn work(steps: u64) -> u64 {
    (0..steps).fold(1, |x, step| black_box(x).wrapping_mul(31).wrapping_add(step))
}

#[perf_probe(name = "shop::db::query")]
fn query(customer: u64) -> u64 {
    if customer.is_multiple_of(100) {
        thread::sleep(Duration::from_millis(3)); // a full scan
    }
    work(2_000)
}

#[perf_probe(name = "shop::render")]
fn render(rows: u64) -> u64 {
    work(4_000) ^ rows
}

#[perf_probe(name = "shop::checkout")]
fn checkout(customer: u64) -> u64 {
    render(query(customer))
}

fn main() {
    // What threads remember of their last calls is what names the cause.
    let _reporter = Reporter::builder().timeline(4_096).build();
    let desk = |first: u64| move || (first..first + 400).map(served).sum::<u64>();
    let desks = [1, 1_001].map(|first| {
        let name = format!("desk {}", first / 1_000 + 1);
        thread::Builder::new().name(name).spawn(desk(first)).expect("a thread")
    });
    let served: u64 = desks.into_iter().map(|desk| desk.join().unwrap_or(0)).fold(0, u64::wrapping_add);
    black_box(served);
}

/// Serves one customer, under the number that other systems know the request by.
fn served(customer: u64) -> u64 {
    let _request = Trace::new(0x5e_0000 + u128::from(customer)).enter();
    checkout(customer) & 1
}
