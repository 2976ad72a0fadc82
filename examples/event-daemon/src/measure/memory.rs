//! Memory: what an event of each size takes, and whether anything stays.

use std::time::Duration;

use event_daemon::load::{Level, Source};
use event_daemon::{Architecture, Settings, System};
use perf_exporters::Report;
use perf_load::endurance::{Endured, Soak};
use perf_load::{Ctx, Drive, Load};

use super::{Effort, driven, live_bytes, load, steady};
use crate::commands::Result;

/// Numbers that a coordinator remembers here: they are all there after the warm-up. A memory that fills is no leak, but looks like
/// one in a short run.
const REMEMBERED: usize = 256;

/// Sizes of payloads.
pub(crate) const PAYLOADS: [usize; 4] = [1 << 10, 4 << 10, 16 << 10, 64 << 10];

/// Events of one size.
pub(crate) struct Found {
    pub(crate) architecture: Architecture,
    pub(crate) payload: usize,
    /// Events that were accepted.
    pub(crate) events: u64,
    /// Allocations in probes, and their bytes.
    pub(crate) allocs: u64,
    pub(crate) allocated: u64,
    /// Heap that is held more than before, when every event was handled.
    pub(crate) kept: i64,
}

impl Found {
    /// Freed ÷ allocated bytes.
    pub(crate) fn efficiency(&self) -> f64 {
        1.0 - self.kept.max(0) as f64 / self.allocated.max(1) as f64
    }
}

pub(crate) fn payloads(effort: &Effort) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for architecture in Architecture::BOTH {
        for payload in PAYLOADS {
            let mut settings = Settings::of(4);
            (settings.remembered, settings.inject) = (REMEMBERED, effort.inject);
            let (system, source) = (System::start(architecture, settings)?, Source::new(payload, 3));
            let name = format!("{}::payload", architecture.name());
            let load = Load::new(name).workers(2).duration(effort.step);
            // Connections, buffers and tables are there afterwards.
            load.run(|ctx: &Ctx| source.publish(&system, ctx, None))?;
            let _ = system.settle(Duration::from_secs(5));
            let counted = perf_core::snapshot();
            let before = live_bytes();
            // Its own figures go before the heap is looked at: they are the generator's, and no event's.
            let events = {
                let outcome = load.run(|ctx: &Ctx| source.publish(&system, ctx, None))?;
                outcome.counts.completed - outcome.counts.failed
            };
            let _ = system.settle(Duration::from_secs(5));
            let kept = live_bytes() - before;
            let report = Report::from(perf_core::snapshot().since(&counted));
            found.push(Found {
                architecture,
                payload,
                events,
                allocs: report.probes.iter().map(|probe| probe.self_allocs).sum(),
                allocated: report.probes.iter().map(|probe| probe.self_alloc_bytes).sum(),
                kept,
            });
        }
    }
    Ok(found)
}

/// An endurance run at the medium level, in brief: limits, drift, leak.
pub(crate) fn endurance(architecture: Architecture, effort: &Effort) -> Result<Endured> {
    let level = Level::ALL[1];
    let mut settings = Settings::of(level.services);
    (settings.remembered, settings.inject) = (REMEMBERED, effort.inject);
    let system = System::start(architecture, settings)?;
    let source = Source::new(level.payload, 4);
    let mut drive = driven(&system, &source, &load(architecture, "endurance"));
    drive.drive(&steady(f64::from(level.rate), Duration::from_secs(1))?)?;
    let soak = Soak::at(f64::from(level.rate) / 2.0)?;
    let soak = soak.every(effort.checkpoint).duration(effort.checkpoint * effort.checkpoints).poisson(5);
    Ok(soak.run_and_tell(&mut drive, |checkpoint| {
        // Every quarter of a minute, and each that is longer.
        if checkpoint.at.as_secs() / 15 != checkpoint.at.saturating_sub(checkpoint.lasted).as_secs() / 15 {
            eprintln!("          {}: {checkpoint}", architecture.name());
        }
    })?)
}
