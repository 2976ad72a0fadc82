//! `full`: everything for longer, then the list of orders until it breaks, until it recovers, and for an hour.

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
use super::measure::{prepare, shown, written};

/// Checkpoints of the last run.
const CHECKPOINTS: u32 = 60;

pub(crate) fn full(extent: Extent, endure: Duration, folder: &Path, strict: bool) -> Done {
    prepare(folder)?;
    let mut measured = measure::all(extent, |part| eprintln!("commerce: {part}"))?;
    // Each part as soon as it is known: somebody may not wait for the hour.
    written(&measured, folder)?;
    eprintln!("commerce: the database is filled anew");
    let shop = Shop::temporary(extent.size)?;
    let most = Duration::from_millis(100);
    // Without a limit a generator that is late by a millisecond spoils each step, and the search goes down for hours.
    let load = Load::new("orders of a tenant").max_in_flight(8).limit(most);
    // A step of the search that lasts says how it goes.
    let load = load.tell(Duration::from_secs(10), |live| eprintln!("  {live}"));
    let tenants = u64::from(extent.size.tenants);
    let mut driver =
        load.driver(|ctx: &Ctx| shop.store.orders(1 + u32::try_from(ctx.number() % tenants).unwrap_or(0)).map(drop));
    let limits = Limits::default().time(Metric::P95, most)?;
    eprintln!("commerce: until it breaks");
    let search = Search::from(500.0)?.limits(limits.clone()).poisson(1);
    let breaking = search.run_and_tell(&mut driver, |step| eprintln!("  {step}"))?;
    println!("{breaking}");
    measured.plots.push(page::curve(&breaking));
    match Trial::beyond(&breaking) {
        Ok(trial) => {
            eprintln!("commerce: until it recovers");
            let recovery = trial.poisson(2).run(&mut driver)?;
            println!("{recovery}");
            measured.plots.push(page::recovery(&recovery));
        }
        Err(why) => println!("no recovery is measured: {why}\n"),
    }
    written(&measured, folder)?;
    eprintln!("commerce: endurance, for {}", humantime::format_duration(endure));
    let soak = Soak::at(500.0)?.duration(endure).every(endure / CHECKPOINTS).limits(limits).poisson(3);
    let endured = soak.run_and_tell(&mut driver, |checkpoint| eprintln!("  {checkpoint}"))?;
    println!("{endured}");
    measured.plots.push(page::endured(&endured));
    shown(&measured, folder, strict)
}
