//! Rows into the table, and what they cost: memory, processor time, allocations.

use perf_core::snapshot;
use perf_exporters::human;
use perf_exporters::judge::Unit;
use perf_exporters::monitor::Monitor;
use perf_exporters::report::BudgetReport;

use crate::stream::{Ingested, Source, stream_and_tell};
use crate::{Injection, Table};

/// A line in so many is broken.
const POISON_EVERY: u64 = 1_000;
/// Lines between two words of progress.
const TOLD_EVERY: usize = 1_000_000;

/// The table after it was filled.
#[derive(Debug)]
pub struct Streamed {
    /// The table.
    pub table: Table,
    /// The lines of each kind.
    pub counts: Ingested,
    /// Ratios of the figures, with their bounds.
    pub figures: Vec<BudgetReport>,
}

pub(super) fn run(lines: usize, inject: Option<Injection>, monitor: &Monitor, tell: impl Fn(&str)) -> Streamed {
    let (mut source, mut table) = (Source::new(42, POISON_EVERY), Table::new(lines, inject));
    let cpu = || monitor.track().moments.last().and_then(|moment| moment.cpu_ns).map(|ns| ns as f64);
    let (before, cpu_before) = (snapshot(), cpu());
    let mut next = TOLD_EVERY;
    let counts = stream_and_tell(&mut source, lines, &mut table, inject, |read| {
        if read >= next && read < lines {
            tell(&format!("  {} of {} lines", human::count(next as u64), human::count(lines as u64)));
            next += TOLD_EVERY;
        }
    });
    let (done, cpu_after) = (snapshot().since(&before), cpu());
    let seconds = cpu_after.zip(cpu_before).map_or(f64::NAN, |(after, before)| (after - before) / 1e9);

    let rows = counts.stored as f64;
    let calls = |name| done.get(name).map_or(f64::NAN, |probe| probe.calls() as f64);
    // A pool that never made a buffer has no such probe.
    let made = done.get("tables::stream::Pool::make").map_or(0.0, |probe| probe.calls() as f64);
    let ingest = done.get("tables::stream::ingest");
    let of_ingest = |of: fn(&perf_core::ProbeStats) -> f64| ingest.map_or(f64::NAN, of);
    let allocs = of_ingest(|probe| probe.allocs() as f64);
    let allocated = of_ingest(|probe| probe.alloc_bytes() as f64);
    let kept = of_ingest(|probe| probe.net_bytes() as f64);
    let time = of_ingest(|probe| probe.total().as_secs_f64());

    let figure = |metric, unit, value| BudgetReport::of("tables::stream", metric, unit, value);
    let figures = vec![
        figure("memory per row", Unit::Bytes, kept / rows).at_most(Some(80.0), Some(128.0)),
        figure("rows per CPU second", Unit::PerSecond, rows / seconds).at_least(Some(500_000.0), Some(100_000.0)),
        figure("allocated per row", Unit::Bytes, allocated / rows).at_most(Some(128.0), Some(256.0)),
        figure("rows per allocation", Unit::Count, rows / allocs).at_least(Some(20.0), Some(10.0)),
        figure("allocation rate", Unit::PerSecond, allocs / time).at_most(Some(100_000.0), Some(1_000_000.0)),
        figure("pool hit rate", Unit::Share, 1.0 - made / calls("tables::stream::Pool::take"))
            .at_least(Some(0.99), Some(0.9)),
        figure("lines left out", Unit::Share, counts.poison as f64 / lines as f64).at_most(None, Some(0.01)),
        figure("rows lost", Unit::Count, rows - table.len() as f64).at_most(None, Some(0.0)),
    ];
    Streamed { table, counts, figures }
}
