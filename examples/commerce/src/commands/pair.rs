//! Code before and after an optimisation, compared as the guide tells.

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use clap::ValueEnum;
use commerce::shop::Shop;
use commerce::store::Size;
use perf_core::budget::{BudgetSpec, Figure, Relative};
use perf_core::{Probe, Session};
use perf_exporters::gate::Run;
use perf_exporters::judge::Verdict;

use super::Done;

/// An optimisation.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Pair {
    /// One query with a join instead of a query for each order
    NPlusOne,
    /// The tenant from the cache instead of the database
    Caching,
}

/// What an optimisation promises at least.
static NOT_SLOWER: BudgetSpec = BudgetSpec {
    relative: Some(Relative { reference: "before", ratio: 1.0, by: Figure::Time }),
    // It ends when it is decided; a busy machine takes longer.
    max_time: Some(Duration::from_secs(20)),
    ..BudgetSpec::EMPTY
};

/// Around one call, for its counts.
static CALL: Probe = Probe::new("one call");

pub(crate) fn pair(pair: Pair) -> Done {
    let shop = Shop::temporary(Size::QUICK)?;
    let tenant = |number: u64| u32::try_from(number % u64::from(Size::QUICK.tenants)).unwrap_or(0) + 1;
    match pair {
        Pair::NPlusOne => shown(
            ("query for each order", &|number| black_box(shop.store.orders_one_by_one(tenant(number))).map(drop)),
            ("one query", &|number| black_box(shop.store.orders(tenant(number))).map(drop)),
        ),
        Pair::Caching => shown(
            ("from the database", &|number| black_box(shop.store.tenant(tenant(number))).map(drop)),
            ("from the cache", &|number| black_box(shop.tenant(tenant(number))).map(drop)),
        ),
    }
}

type Work<'a> = &'a (dyn Fn(u64) -> commerce::Result<()> + Sync);

fn shown(before: (&'static str, Work<'_>), after: (&'static str, Work<'_>)) -> Done {
    println!("{:<22} {:>8} {:>12} {:>10}", "in one call", "queries", "allocations", "bytes");
    for (name, work) in [before, after] {
        // The second call: the first prepares statements and fills caches.
        work(0)?;
        let session = Session::new();
        session.run(|| {
            let _call = CALL.start();
            work(0)
        })?;
        let counted = session.snapshot();
        let of = |probe: &str, figure: fn(&perf_core::ProbeStats) -> u64| counted.get(probe).map_or(0, figure);
        println!(
            "{name:<22} {:>8} {:>12} {:>10}",
            of("db: query", perf_core::ProbeStats::calls),
            of("one call", perf_core::ProbeStats::allocs),
            of("one call", perf_core::ProbeStats::alloc_bytes),
        );
    }
    // In turns, slot by slot: a machine that is slow is slow for both.
    let number = AtomicU64::new(0);
    let next = || number.fetch_add(1, Relaxed);
    let finished = Run::new(&NOT_SLOWER).named(after.0).versus(|| after.1(next()), || before.1(next()));
    for row in &finished.findings.rows {
        match row.verdict {
            Verdict::Inconclusive(_) => println!("{} against {}: {}", after.0, before.0, row.verdict),
            _ => println!("{} takes {} times as long as {}: {}", after.0, row.measured(), before.0, row.verdict),
        }
        let reason =
            if row.reason.is_empty() { "try again while the machine has less to do" } else { row.reason.as_str() };
        println!("  {reason}");
    }
    Ok(ExitCode::SUCCESS)
}
