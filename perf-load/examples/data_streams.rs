//! How fast each stream of data is made, and that a gigabyte of it takes no more memory than a megabyte.
//!
//! `cargo run --release -p perf-load --example data_streams [MEGABYTES]`

use std::io::{self, Write};
use std::time::Instant;

use perf_load::data::{Documents, Events, KeyValue, Market, Record, Records};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let megabytes: u64 = std::env::args().nth(1).map_or(Ok(1_000), |text| text.parse())?;
    println!("| stream | seed | size | records | bytes a record | MB/s | most resident memory so far |");
    println!("|---|---|---|---|---|---|---|");
    for size in [megabytes.div_ceil(1_000), megabytes] {
        row("market, 500 symbols", size, Market::new(1).ticks()?)?;
        row("key-value, 1,000,000 keys", size, KeyValue::new(1).reads(0.5).accesses()?)?;
        row("JSON documents", size, Documents::new(1).stream()?)?;
        row("events, 3 kinds", size, Events::new(1, [("view", 90.0), ("buy", 9.0), ("return", 1.0)]).stream()?)?;
    }
    Ok(())
}

fn row<I: Iterator<Item: Record>>(name: &str, megabytes: u64, records: I) -> io::Result<()> {
    let start = Instant::now();
    let written = records.up_to(megabytes * 1_000_000).write_to(&mut Sum(0))?;
    let rate = written.bytes as f64 / 1e6 / start.elapsed().as_secs_f64();
    println!(
        "| {name} | 1 | {megabytes} MB | {} | {:.0} | {rate:.0} | {} |",
        written.records,
        written.bytes as f64 / written.records as f64,
        most_resident().unwrap_or_else(|| "not known here".to_owned()),
    );
    Ok(())
}

/// A writer whose value depends on all that is written, so that no compiler leaves it out.
struct Sum(u64);

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.wrapping_add(bytes.iter().map(|byte| u64::from(*byte)).sum());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        std::hint::black_box(self.0);
        Ok(())
    }
}

fn most_resident() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
