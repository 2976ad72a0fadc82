//! The same run counted by jemalloc and by this library, and what the monitor reads of jemalloc:
//! `cargo run --release -p tables --features jemalloc --bin beside_jemalloc`.

use std::error::Error;
use std::process::ExitCode;

use perf_core::PerfAlloc;
use perf_exporters::human;
use perf_exporters::monitor::{Monitor, Options};
use tables::beside::Workload;
use tables::beside::jemalloc::{compare, watch};
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOC: PerfAlloc<Jemalloc> = PerfAlloc::new(Jemalloc);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    watch();
    let mut agree = true;
    for workload in [Workload::Blocks, Workload::Rows] {
        println!("{:<24} {:>14} {:>14}", format!("{workload:?}"), "jemalloc", "perf");
        for figure in compare(workload)? {
            println!("{figure}");
            agree &= figure.agrees();
        }
        println!();
    }
    let monitor = Monitor::start(&Options::default())?;
    let left = Workload::Rows.run();
    let track = monitor.track();
    drop(left);
    println!("the monitor, with a table of 50,000 rows in memory");
    for name in
        ["live_bytes", "jemalloc_allocated_bytes", "jemalloc_active_bytes", "jemalloc_resident_bytes", "rss_bytes"]
    {
        let figure = track.figure(name).ok_or_else(|| format!("{name}: {:?}", track.why_absent(name)))?;
        println!("{name:<28} {:>10}", human::figure(figure.max, "bytes"));
    }
    Ok(if agree { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
