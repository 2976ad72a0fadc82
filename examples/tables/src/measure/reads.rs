//! Reads at a steady rate: lookups by key, totals through the cache, and a few scans, as `load.toml` has them.

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use perf_exporters::Report;
use perf_load::{Ctx, Error, Mix, Plan};

use crate::{Injection, Queries, Table};

/// The load, as a file that can be changed.
const LOAD: &str = include_str!("../../load.toml");

pub(super) fn run(table: &Table, seconds: u64, inject: Option<Injection>) -> Result<Report, Error> {
    let symbols: Vec<&str> = table.symbols().collect();
    let queries = Mutex::new(Queries::new(inject));
    #[allow(clippy::cast_possible_truncation, reason = "a number below that of the symbols")]
    let symbol = |ctx: &Ctx| symbols[(ctx.number() % symbols.len() as u64) as usize];
    let lookup = |ctx: &Ctx| {
        // Keys go from 1 on; a thousandth of them were in broken lines.
        let key = 1 + ctx.number().wrapping_mul(0x9e37_79b9_7f4a_7c15) % table.len() as u64;
        black_box(table.get(key));
    };
    let total = |ctx: &Ctx| {
        let mut queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
        black_box(queries.total(table, symbol(ctx)));
    };
    let scan = |ctx: &Ctx| _ = black_box(table.total_by_scan(symbol(ctx)));
    let plan = Plan::parse(LOAD)?;
    let mix = plan.operations.into_iter().try_fold(Mix::new(), |mix, operation| match operation.name() {
        "lookup" => Ok(mix.add(operation, lookup)),
        "total" => Ok(mix.add(operation, total)),
        "scan" => Ok(mix.add(operation, scan)),
        other => Err(Error::invalid("operation", format!("`{other}` is no read; there are lookup, total and scan"))),
    })?;
    let load = plan.load.duration(Duration::from_secs(seconds));
    let load = load.tell(Duration::from_secs(10), |live| eprintln!("  {live}"));
    Ok(load.run_mix(&mix)?.report)
}
