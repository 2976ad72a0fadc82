//! The checks of the program, one after the other, as one report.

mod checks;
mod ingestion;
mod reads;

use std::error::Error;

use clap::ValueEnum;
use perf_exporters::Report;
use perf_exporters::monitor::{Monitor, Options};

use crate::Injection;
pub use checks::{SIZES, filled, leak_check};
pub use ingestion::Streamed;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// 300,000 rows, three seconds of reads.
    Quick,
    /// 3,000,000 rows, fifteen seconds of reads.
    Default,
    /// 20,000,000 rows, a minute of reads.
    Full,
}

impl Size {
    const fn lines(self) -> usize {
        match self {
            Self::Quick => 300_000,
            Self::Default => 3_000_000,
            Self::Full => 20_000_000,
        }
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Quick => 3,
            Self::Default => 15,
            Self::Full => 60,
        }
    }
}

/// Runs everything; `tell` is told what is going on.
///
/// # Errors
/// The monitor could not be started, or the load has a setting that cannot be used.
pub fn all(size: Size, inject: Option<Injection>, tell: impl Fn(&str)) -> Result<Report, Box<dyn Error>> {
    let monitor = Monitor::start(&Options::default())?;
    tell("rows are streamed into the table …");
    let streamed = ingestion::run(size.lines(), inject, &monitor, &tell);
    tell("reads at a steady rate …");
    let reads = reads::run(&streamed.table, size.seconds(), inject)?;
    // What comes now calls the same functions in other ways, so the probes' figures are taken before.
    let snapshot = perf_core::snapshot();
    let mut report = Report::from(&snapshot).of_this_process();
    report.probes.extend(reads.probes.into_iter().filter(|probe| probe.name.starts_with("reads::")));
    report.probes.sort_by(|a, b| a.name.cmp(&b.name));
    report.budgets = streamed.figures;
    tell("growth of lookups, the index and the cache against their alternatives, leaks …");
    report.budgets.extend(checks::run(inject));
    report.monitor.push(monitor.track());
    Ok(report)
}
