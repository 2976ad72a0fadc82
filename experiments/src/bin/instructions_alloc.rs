//! The same as `instructions`, with allocations counted: `cargo run --release -p experiments --features probes --bin
//! instructions_alloc [PATH…]`.

#[path = "../instructions/mod.rs"]
mod instructions;

use perf_core::PerfAlloc;

#[global_allocator]
static GLOBAL: PerfAlloc = PerfAlloc::new(std::alloc::System);

fn main() {
    instructions::main();
}
