//! Reads at a steady rate: lookups by key, totals through the cache, and a few scans.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use perf_exporters::Report;
use perf_load::{Ctx, Error, Load, Mix, Operation};

use crate::{Injection, Queries, Table};

/// Reads in a second.
const RATE: f64 = 2_000.0;

pub(super) fn run(table: &Table, seconds: u64, inject: Option<Injection>) -> Result<Report, Error> {
    let symbols: Vec<&str> = table.symbols().collect();
    let queries = Mutex::new(Queries::new(inject));
    #[allow(clippy::cast_possible_truncation, reason = "a number below that of the symbols")]
    let symbol = |ctx: &Ctx| symbols[(ctx.number() % symbols.len() as u64) as usize];
    let mix = Mix::new()
        .add(Operation::new("lookup").weight(90.0), |ctx: &Ctx| {
            // Keys go from 1 on; a thousandth of them were in broken lines.
            let key = 1 + ctx.number().wrapping_mul(0x9e37_79b9_7f4a_7c15) % table.len() as u64;
            std::hint::black_box(table.get(key));
        })
        .add(Operation::new("total").weight(9.0), |ctx: &Ctx| {
            let mut queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
            std::hint::black_box(queries.total(table, symbol(ctx)));
        })
        .add(Operation::new("scan").weight(1.0), |ctx: &Ctx| {
            std::hint::black_box(table.total_by_scan(symbol(ctx)));
        });
    let load = Load::new("reads").rate(RATE).poisson().seed(1).duration(Duration::from_secs(seconds));
    Ok(load.limit(Duration::from_millis(10)).run_mix(&mix)?.report)
}
