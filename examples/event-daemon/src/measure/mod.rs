//! What is measured, each as a value; `report` makes documents of them.
//!
//! Nothing here has a stopwatch or a percentile of its own: loads, comparisons, searches and verdicts are the library's.

pub(crate) mod levels;
pub(crate) mod memory;
pub(crate) mod patterns;
pub(crate) mod recovery;
pub(crate) mod scaling;

use std::time::Duration;

use event_daemon::load::Source;
use event_daemon::{Architecture, Inject, Kind, Settings, System};
use perf_load::{Arrivals, Ctx, Drive, Load};

use crate::commands::Result;

/// How long things are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Pairs of blocks of a comparison.
    pub(crate) pairs: usize,
    /// How long a pattern of load lasts.
    pub(crate) pattern: Duration,
    /// One step of the scalability run, and how often each is done.
    pub(crate) step: Duration,
    pub(crate) rounds: usize,
    /// Checkpoints of an endurance run, and how far they are apart.
    pub(crate) checkpoints: u32,
    pub(crate) checkpoint: Duration,
    /// How long a fault lasts, and how long the system is watched before and after.
    pub(crate) fault: Duration,
    pub(crate) watch: Duration,
    /// The regression that is put in.
    pub(crate) inject: Option<Inject>,
}

impl Effort {
    /// Under two minutes in all.
    pub(crate) const QUICK: Self = Self {
        pairs: 10,
        pattern: Duration::from_secs(1),
        step: Duration::from_millis(200),
        rounds: 3,
        checkpoints: 24,
        checkpoint: Duration::from_millis(250),
        fault: Duration::from_millis(300),
        watch: Duration::from_millis(2_500),
        inject: None,
    };
    /// A few minutes.
    pub(crate) const DEFAULT: Self = Self {
        pairs: 20,
        pattern: Duration::from_secs(3),
        step: Duration::from_secs(1),
        rounds: 3,
        checkpoints: 30,
        checkpoint: Duration::from_secs(1),
        fault: Duration::from_secs(1),
        watch: Duration::from_secs(8),
        inject: None,
    };
    /// Most of it is the endurance of both: ten minutes each.
    pub(crate) const FULL: Self = Self {
        pairs: 40,
        pattern: Duration::from_secs(20),
        step: Duration::from_secs(3),
        rounds: 5,
        checkpoints: 60,
        checkpoint: Duration::from_secs(10),
        fault: Duration::from_secs(5),
        watch: Duration::from_secs(30),
        inject: None,
    };

    pub(crate) fn system(&self, architecture: Architecture, services: u16) -> Result<System> {
        let mut settings = Settings::of(services);
        settings.inject = self.inject;
        let started = System::start(architecture, settings);
        Ok(started.map_err(|error| {
            format!("{error}; it takes a port for each of {services} services, and a temporary folder")
        })?)
    }
}

/// The latency from which on callers notice; a generator that is late by a tenth of it spoils the figures.
pub(crate) const LIMIT: Duration = Duration::from_millis(100);

/// Arrivals that wait, at most: a machine that cannot carry the load drops the rest, which counts as failed, and ends in time.
const BACKLOG: usize = 1_024;

/// A load of that name, by as many callers at once as there are connections worth keeping.
pub(crate) fn load(architecture: Architecture, name: &str) -> Load {
    let load = Load::new(format!("{}::{name}", architecture.name())).max_in_flight(16).backlog(BACKLOG).limit(LIMIT);
    load.tell(Duration::from_secs(10), |live| eprintln!("          {live}"))
}

/// A system as something to drive.
pub(crate) fn driven<'a>(system: &'a System, source: &'a Source, load: &Load) -> impl Drive + use<'a> {
    load.driver(move |ctx: &Ctx| source.publish(system, ctx, None::<Kind>))
}

/// Heap of the process; zero where allocations are not counted.
pub(crate) fn live_bytes() -> i64 {
    perf_core::live_bytes().unwrap_or(0)
}

/// Even arrivals.
pub(crate) fn steady(rate: f64, duration: Duration) -> Result<Arrivals> {
    Ok(Arrivals::constant(rate, duration)?)
}
