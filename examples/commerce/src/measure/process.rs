//! What the whole process uses, as the monitor saw it.

use perf_exporters::judge::Unit;
use perf_exporters::monitor::{Monitor, Options};
use perf_exporters::report::{BudgetReport, Track};

use super::{Failure, gauge, processors};
use crate::shop::Shop;

const MIB: f64 = 1024.0 * 1024.0;

/// A stretch of time.
pub(super) struct Watched {
    pub(super) track: Track,
}

/// Watches the process while `work` runs, and fails where that does.
pub(super) fn watch<R: Done>(work: impl FnOnce() -> R) -> Result<Watched, Failure> {
    let monitor = Monitor::start(&Options::default())?;
    work().done()?;
    Ok(Watched { track: monitor.track() })
}

/// Work that may have failed.
pub(super) trait Done {
    fn done(self) -> Result<(), Failure>;
}

impl Done for () {
    fn done(self) -> Result<(), Failure> {
        Ok(())
    }
}

impl Done for Result<(), Failure> {
    fn done(self) -> Result<(), Failure> {
        self
    }
}

impl Watched {
    fn most(&self, figure: &str) -> Option<f64> {
        self.track.figure(figure).map(|figure| figure.max)
    }
}

pub(super) fn idle(watched: &Watched) -> [BudgetReport; 1] {
    let memory = gauge::at_most("memory, idle", Unit::Bytes, watched.most("rss_bytes"), 512.0 * MIB);
    [memory.explained(watched.track.memory_in_words().as_deref())]
}

/// The generator of the load runs in this process, so its memory and its processor time are in these figures.
pub(super) fn loaded(watched: &Watched, shop: &Shop) -> [BudgetReport; 4] {
    let busy = watched.track.figure("cpu_ns").map(|figure| figure.mean / processors());
    let memory = gauge::at_most("memory, loaded", Unit::Bytes, watched.most("rss_bytes"), 2048.0 * MIB);
    let processors = gauge::at_most("processors used", Unit::Share, busy, 0.5);
    [
        memory.explained(watched.track.memory_in_words().as_deref()),
        processors.explained(watched.track.threads_in_words().as_deref()),
        gauge::at_most("connections", Unit::Count, Some(shop.store.connections() as f64), 20.0),
        gauge::at_most("queue depth", Unit::Count, Some(shop.bus.deepest() as f64), 1_000.0),
    ]
}
