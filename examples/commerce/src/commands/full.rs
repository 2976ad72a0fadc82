//! `full`: everything for longer, then the query API until it breaks, until it recovers, and for an hour.

use std::path::Path;
use std::time::Duration;

use commerce::measure::{self, Extent};
use commerce::shop::Shop;
use perf_core::budget::Metric;
use perf_load::breaking::Search;
use perf_load::endurance::Soak;
use perf_load::recovery::Trial;
use perf_load::{Ctx, Limits, Load, page};

use super::Done;
use super::measure::shown;

pub(crate) fn full(folder: &Path, strict: bool) -> Done {
    let mut measured = measure::all(Extent::FULL, |part| eprintln!("commerce: {part}"))?;
    let shop = Shop::temporary(Extent::FULL.size)?;
    let load = Load::new("orders of a tenant").max_in_flight(8);
    let tenants = u64::from(Extent::FULL.size.tenants);
    let mut driver =
        load.driver(|ctx: &Ctx| shop.store.orders(1 + u32::try_from(ctx.number() % tenants).unwrap_or(0)).map(drop));
    let limits = Limits::default().time(Metric::P95, Duration::from_millis(100))?;
    eprintln!("commerce: until it breaks");
    let breaking = Search::from(500.0)?.limits(limits.clone()).poisson(1).run(&mut driver)?;
    println!("{breaking}");
    measured.plots.push(page::curve(&breaking));
    if breaking.good.is_some() && breaking.bad.is_some() {
        eprintln!("commerce: until it recovers");
        let recovery = Trial::beyond(&breaking)?.poisson(2).run(&mut driver)?;
        println!("{recovery}");
        measured.plots.push(page::recovery(&recovery));
    }
    eprintln!("commerce: for an hour");
    let soak =
        Soak::at(500.0)?.duration(Duration::from_hours(1)).every(Duration::from_mins(1)).limits(limits).poisson(3);
    let endured = soak.run_and_tell(&mut driver, |checkpoint| eprintln!("commerce: {:?}", checkpoint.at))?;
    println!("{endured}");
    measured.plots.push(page::endured(&endured));
    shown(&measured, folder, strict)
}
