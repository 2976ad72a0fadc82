//! What counting allocations costs: `cargo bench -p perf-core --bench allocator`.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

use common::{Way, compare, time, work};
use perf_core::{PerfAlloc, perf_probe};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(System);

#[inline(always)]
fn pair(allocator: &impl GlobalAlloc, size: usize) -> u64 {
    let layout = Layout::from_size_align(black_box(size), 8).expect("a small size");
    // SAFETY: the layout has a size, and the block is freed with it.
    unsafe {
        let block = black_box(allocator.alloc(layout));
        allocator.dealloc(block, layout);
    }
    0
}

#[inline(never)]
fn plain(x: u64) -> u64 {
    work(x)
}

#[inline(never)]
#[perf_probe]
fn probed(x: u64) -> u64 {
    work(x)
}

#[inline(never)]
#[perf_probe]
fn probed_allocating(x: u64) -> u64 {
    *black_box(Box::new(x))
}

#[inline(never)]
fn plain_allocating(x: u64) -> u64 {
    *black_box(Box::new(x))
}

fn main() {
    let mut ways = Vec::new();
    for size in [64, 4096] {
        let name = |what: &str| &*format!("{what}, {size} bytes").leak();
        ways.push(Way::new(name("System"), move |calls| time(calls, |_| pair(&System, size))));
        ways.push(Way::new(name("PerfAlloc"), move |calls| time(calls, |_| pair(&ALLOC, size))));
    }
    compare("A malloc and a free", "System, 64 bytes", 1_000_000, &ways);
    compare(
        "A probe with the allocator installed",
        "not annotated",
        1_000_000,
        &[
            Way::new("not annotated", |calls| time(calls, plain)),
            Way::new("on", |calls| time(calls, probed)),
            Way::new("not annotated, one Box", |calls| time(calls, plain_allocating)),
            Way::new("on, one Box", |calls| time(calls, probed_allocating)),
        ],
    );
}
