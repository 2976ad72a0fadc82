//! The same run counted by dhat and by this library: `cargo run --release -p tables --features dhat --bin beside_dhat`.

use std::process::ExitCode;

use tables::beside::Workload;
use tables::beside::dhat::{Both, compare};

#[global_allocator]
static ALLOC: Both = Both::new();

fn main() -> ExitCode {
    let mut agree = true;
    for workload in [Workload::Blocks, Workload::Rows] {
        println!("{:<24} {:>14} {:>14}", format!("{workload:?}"), "dhat", "perf");
        for figure in compare(workload) {
            println!("{figure}");
            agree &= figure.agrees();
        }
        println!();
    }
    if agree { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
