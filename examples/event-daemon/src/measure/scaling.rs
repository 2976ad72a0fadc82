//! Scalability: more and more callers at once, until more of them do no more.

use event_daemon::Architecture;
use event_daemon::load::Source;
use perf_exporters::report::{Driven, ProbeReport};
use perf_load::scale::{Scalability, Scaling, Step};
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

/// The step of the callers that did the most: that of the median throughput among theirs. Sentences, tables and budgets take the
/// figures of this one.
pub(crate) fn typical(found: &Scalability) -> Option<&Step> {
    let throughput = |callers| found.median(callers, |step| Some(step.throughput)).unwrap_or(0.0);
    let busiest = CALLERS.into_iter().max_by(|a, b| throughput(*a).total_cmp(&throughput(*b)))?;
    let off = |step: &Step| (step.throughput - throughput(busiest)).abs();
    found.steps.iter().filter(|step| step.workers == busiest).min_by(|a, b| off(a).total_cmp(&off(b)))
}

/// The greatest throughput.
pub(crate) fn best(found: &Scalability) -> f64 {
    typical(found).map_or(0.0, |step| step.throughput)
}

/// The number of callers that did the most.
pub(crate) fn busiest(found: &Scalability) -> u32 {
    typical(found).map_or(1, |step| step.workers)
}

/// That step as a probe, so that budgets can be about it.
pub(crate) fn capacity(found: &Scalability) -> Option<ProbeReport> {
    let step = typical(found)?;
    let mut probe = ProbeReport::new(format!("{}::capacity", found.name));
    (probe.calls, probe.errors) = (step.completed, step.failed);
    probe.driven = Some(Driven::new(u64::try_from(step.elapsed.as_nanos()).unwrap_or(u64::MAX)));
    Some(probe)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use perf_load::{Error, Model, Outcome};

    use super::*;

    #[test]
    fn what_is_written_and_what_budgets_see_are_one_figure() {
        // Two callers do the most; of their three steps the middle one counts, not the fastest.
        let mut rounds = [0_u64; 9];
        let found = Scaling::new("callers").workers(CALLERS).rounds(3).measure(|callers| {
            let round = &mut rounds[callers as usize];
            *round += 1;
            let mut outcome = Outcome::new("callers", Model::closed(callers as usize, Duration::ZERO));
            outcome.elapsed = Duration::from_secs(1);
            outcome.counts.completed = if callers == 2 { 300 + *round } else { 100 };
            (outcome.counts.due, outcome.counts.started) = (outcome.counts.completed, outcome.counts.completed);
            Ok::<Outcome, Error>(outcome)
        });
        let found = found.unwrap();
        let probe = capacity(&found).unwrap();
        assert_eq!((busiest(&found), best(&found), probe.calls), (2, 302.0, 302));
        assert_eq!(probe.name, "callers::capacity");
        assert_eq!(probe.driven.unwrap().elapsed_ns, 1_000_000_000);
    }
}
