//! The measurements: each part of the service under a load of its own, and what the process used meanwhile.
//!
//! Times come from probes and from `perf_load`, resources from the monitor; nothing here reads a clock. What they should be is in
//! `perf-budgets.toml` for times, and beside the measurement in `gauge` for figures of the whole process.

mod apis;
mod gauge;
mod parts;
mod process;

use std::num::NonZero;
use std::time::Duration;

use perf_exporters::Report;
use perf_exporters::report::BudgetReport;
use perf_load::page::Plot;
use perf_load::{Load, Outcome, page};

use crate::http::Server;
use crate::shop::Shop;
use crate::store::Size;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// What the database holds.
    pub size: Size,
    /// How long each load lasts.
    pub each: Duration,
}

impl Extent {
    /// For tests: that it works.
    pub const TINY: Self = Self { size: Size::SMALL, each: Duration::from_millis(300) };
    /// Under two minutes in all.
    pub const QUICK: Self = Self { size: Size::QUICK, each: Duration::from_secs(5) };
    /// Some minutes.
    pub const DEFAULT: Self = Self { size: Size::QUICK, each: Duration::from_secs(20) };
    /// Half an hour, on a database that is larger than the caches.
    pub const FULL: Self = Self { size: Size::FULL, each: Duration::from_mins(4) };
}

/// What was measured.
#[derive(Debug, Default)]
pub struct Measured {
    /// Probes, loads, figures of the process with their budgets, and its track.
    pub report: Report,
    /// A chart for each load.
    pub plots: Vec<Plot>,
    /// Failures by kind, over all loads.
    pub failures: Vec<(String, u64)>,
    /// Loads whose generator was late on its own account, with the reason.
    pub invalid: Vec<String>,
}

/// Why nothing could be measured.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures everything; `tell` hears what is going on.
///
/// # Errors
/// Where the service cannot be started or driven. Requests that fail are counted, and no error.
pub fn all(extent: Extent, tell: impl Fn(&str)) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    tell("the database is filled");
    let shop = Shop::temporary(extent.size)?;
    tell("idle: memory before the load");
    let server = Server::start(shop.clone(), 0)?;
    let idle = process::watch(|| std::thread::sleep(extent.each.min(Duration::from_secs(2))))?;
    measured.gauges(process::idle(&idle));

    tell("in the process: cache, state machines, event bus, orders");
    parts::cache(&shop);
    parts::state_machines()?;
    let published = parts::publish(extent)?;
    measured.gauges([gauge::rate("event bus", &published, parts::EVENTS.0, parts::EVENTS.1)]);
    measured.load(published);
    measured.load(parts::process_orders(&shop, extent)?);

    tell("over HTTP: queries, products, nodes, events");
    let loaded = process::watch(|| -> Result<(), Failure> {
        for api in apis::ALL {
            tell(api.name);
            let outcome = api.drive(server.address(), extent)?;
            measured.gauges([gauge::rate(api.name, &outcome, api.target, api.limit)]);
            measured.load(outcome);
        }
        Ok(())
    })?;
    measured.gauges(process::loaded(&loaded, &shop));
    drop(server);

    let snapshot = perf_core::snapshot();
    let mut report = Report::from(&snapshot).judged(&snapshot).of_this_process();
    report.monitor = vec![loaded.track];
    report.budgets.append(&mut measured.report.budgets);
    report.probes.append(&mut measured.report.probes);
    report.probes.sort_by(|a, b| a.name.cmp(&b.name));
    measured.report = report;
    Ok(measured)
}

impl Measured {
    fn gauges(&mut self, gauges: impl IntoIterator<Item = BudgetReport>) {
        self.report.budgets.extend(gauges);
    }

    /// Keeps the probes of the load itself: those of the program are in the snapshot of the whole run.
    fn load(&mut self, outcome: Outcome) {
        let prefix = format!("{}::", outcome.name);
        self.report
            .probes
            .extend(outcome.report.probes.iter().filter(|probe| probe.name.starts_with(&prefix)).cloned());
        self.plots.push(page::course(&outcome));
        if let Some(reason) = outcome.validity.reason() {
            self.invalid.push(format!("{}: {reason}", outcome.name));
        }
        for (class, count) in outcome.classes {
            match self.failures.iter_mut().find(|(known, _)| *known == class) {
                Some((_, sum)) => *sum += count,
                None => self.failures.push((class, count)),
            }
        }
    }
}

/// The load, which says every ten seconds how it goes.
fn told(load: Load) -> Load {
    load.tell(Duration::from_secs(10), |live| eprintln!("  {live}"))
}

/// Processors that this process may use.
fn processors() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |number| NonZero::get(number) as f64)
}

/// A tenant for each arrival.
fn tenant(number: u64, size: Size) -> u32 {
    // Below the number of tenants.
    #[allow(clippy::cast_possible_truncation)]
    let tenant = (number % u64::from(size.tenants)) as u32;
    tenant + 1
}
