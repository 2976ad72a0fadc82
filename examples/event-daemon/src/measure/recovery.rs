//! A coordinator is stopped in mid-run and started again: how long until callers wait no longer than before?

use std::thread;

use event_daemon::Architecture;
use event_daemon::load::{Level, Source};
use perf_load::recovery::{Recovery, Trial};
use perf_load::{Drive, Outcome};

use super::{Effort, driven, load};
use crate::commands::Result;

/// The medium level's services and payload, and half its rate.
pub(crate) const LEVEL: Level = Level::ALL[1];

/// One architecture with a fault.
pub(crate) struct Found {
    pub(crate) architecture: Architecture,
    pub(crate) recovery: Recovery,
    pub(crate) outcome: Outcome,
}

/// Stops the coordinator of service 0: one of many, or the daemon of all.
pub(crate) fn run(architecture: Architecture, effort: &Effort) -> Result<Found> {
    let rate = f64::from(LEVEL.rate) / 2.0;
    let (system, source) = (effort.system(architecture, LEVEL.services)?, Source::new(LEVEL.payload, 6));
    let calm = effort.watch;
    let trial =
        Trial::at(rate)?.injected(effort.fault)?.calm(calm).watch(effort.watch).settled(effort.watch / 3).poisson(9);
    let arrivals = trial.schedule()?;
    let outcome = thread::scope(|scope| {
        let fault = scope.spawn(|| {
            thread::sleep(calm);
            system.crash(0);
            thread::sleep(effort.fault);
            system.resume(0)
        });
        let outcome = driven(&system, &source, &load(architecture, "recovery")).drive(&arrivals);
        let resumed = fault.join().map_err(|_| "the thread that stops the coordinator panicked")?;
        resumed.map_err(|error| format!("{error}; another program took the coordinator's port"))?;
        Ok::<_, Box<dyn std::error::Error>>(outcome?)
    })?;
    Ok(Found { architecture, recovery: trial.judge(&outcome), outcome })
}
