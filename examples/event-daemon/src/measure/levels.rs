//! Light, medium and heavy load: both architectures in turn, and each once more under observation.

use std::time::Duration;

use event_daemon::load::{Level, Source};
use event_daemon::{Architecture, System};
use perf_exporters::monitor::{self, Monitor};
use perf_load::compare::{Comparison, Plan, compare};
use perf_load::{Arrivals, Drive, Outcome};

use super::{Effort, driven, live_bytes, load};
use crate::commands::Result;

/// What a level showed.
pub(crate) struct Found {
    pub(crate) level: Level,
    /// Services against daemon.
    pub(crate) comparison: Comparison,
    /// A block of each, observed.
    pub(crate) outcomes: [Outcome; 2],
    /// Heap that the system held at the end of it, in bytes.
    pub(crate) live: [i64; 2],
}

pub(crate) fn run(level: Level, effort: &Effort) -> Result<Found> {
    let source = Source::new(level.payload, 1);
    let rate = f64::from(level.rate);
    let block = Arrivals::constant(rate, Duration::from_secs_f64(f64::from(level.events) / rate))?;
    let services = effort.system(Architecture::Services, level.services)?;
    let daemon = effort.system(Architecture::Daemon, level.services)?;
    let names = Architecture::BOTH.map(Architecture::name);
    let plan = Plan::new(block.clone()).names(names[0], names[1]).pairs(effort.pairs).seed(7);
    let about = plan.lasts().as_secs();
    if about >= 10 {
        eprintln!("          {} pairs of blocks in turn, at least {about} s", effort.pairs);
    }
    let drive = |system, architecture| driven(system, &source, &load(architecture, level.name));
    let comparison = compare(drive(&services, Architecture::Services), drive(&daemon, Architecture::Daemon), &plan)?;
    drop((services, daemon));
    let [first, second] = Architecture::BOTH.map(|architecture| observed(architecture, level, &source, &block, effort));
    let (first, second) = (first?, second?);
    Ok(Found { level, comparison, outcomes: [first.0, second.0], live: [first.1, second.1] })
}

/// One block of one architecture alone, with the monitor and the call tree on.
fn observed(
    architecture: Architecture,
    level: Level,
    source: &Source,
    block: &Arrivals,
    effort: &Effort,
) -> Result<(Outcome, i64)> {
    let system: System = effort.system(architecture, level.services)?;
    let mut options = monitor::Options::default();
    (options.every, options.details_every) = (Duration::from_millis(20), Duration::from_millis(100));
    let monitor = Monitor::start(&options).ok();
    perf_core::set_call_tree(true);
    let outcome = driven(&system, source, &load(architecture, level.name)).drive(block);
    perf_core::set_call_tree(false);
    let mut outcome = outcome?;
    outcome.report.monitor.extend(monitor.map(|monitor| monitor.track()));
    // What goes with the system was held by it, mailboxes included; the figures of the run are not in it.
    let with = live_bytes();
    drop(system);
    Ok((outcome, with - live_bytes()))
}
