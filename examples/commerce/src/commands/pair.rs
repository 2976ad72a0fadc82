//! Code before and after an optimisation, compared as the guide tells.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use commerce::shop::Shop;
use commerce::store::Size;
use perf_core::{Probe, Session};
use perf_load::compare::{Plan, compare};
use perf_load::{Arrivals, Ctx, Load};

use super::Done;

/// An optimisation.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Pair {
    /// One query with a join instead of a query for each order
    NPlusOne,
    /// The tenant from the cache instead of the database
    Caching,
}

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

fn shown(before: (&str, Work<'_>), after: (&str, Work<'_>)) -> Done {
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
    let a = Load::new("before").max_in_flight(4).driver(|ctx: &Ctx| before.1(ctx.number()));
    let b = Load::new("after").max_in_flight(4).driver(|ctx: &Ctx| after.1(ctx.number()));
    let plan = Plan::new(Arrivals::constant(1_000.0, Duration::from_millis(500))?.poisson(1)).names(before.0, after.0).pairs(10);
    eprintln!("commerce: {:.0?} of pairs in turn", plan.lasts());
    println!("\n{}", compare(a, b, &plan)?.summary());
    Ok(ExitCode::SUCCESS)
}
