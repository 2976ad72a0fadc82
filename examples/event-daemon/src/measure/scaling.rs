//! Scalability: more and more callers at once, until more of them do no more.

use event_daemon::Architecture;
use event_daemon::load::Source;
use perf_load::scale::{Scalability, Scaling};
use perf_load::{Ctx, Load};

use super::Effort;
use crate::commands::Result;

/// Callers at once.
pub(crate) const CALLERS: [u32; 4] = [1, 2, 4, 8];

pub(crate) fn run(architecture: Architecture, effort: &Effort) -> Result<Scalability> {
    let (system, source) = (effort.system(architecture, 8)?, Source::new(1_024, 5));
    let name = format!("{}::callers", architecture.name());
    let found = Scaling::new(&name).workers(CALLERS).rounds(effort.rounds).seed(1).measure(|callers| {
        let load = Load::new(&name).workers(callers as usize).duration(effort.step);
        load.run(|ctx: &Ctx| source.publish(&system, ctx, None))
    })?;
    Ok(found)
}

/// Throughput of the most callers, as a share of as many times that of one.
pub(crate) fn factor(found: &Scalability) -> Option<f64> {
    let throughput = |callers| found.median(callers, |step| Some(step.throughput));
    let most = CALLERS[CALLERS.len() - 1];
    Some(throughput(most)? / throughput(1)? / f64::from(most.min(processors())))
}

/// Callers beyond the processors cannot do more work: they wait.
fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |number| u32::try_from(number.get()).unwrap_or(u32::MAX))
}
