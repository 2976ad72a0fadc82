//! Makes the outcome and its report from the collected counts.

use std::time::Duration;

use perf_core::Snapshot;
use perf_exporters::Report;
use perf_exporters::report::{Driven, ProbeReport, Quantiles};

use crate::conduct::End;
use crate::mix::Choice;
use crate::record::{Collector, Distribution, Operation};
use crate::settings::Settings;
use crate::{Model, Outcome, Validity};

/// Where no limit is stated, lateness is judged against a tenth of this.
const USUAL_LIMIT: Duration = Duration::from_millis(10);

/// The state before the drive.
pub(crate) enum Before {
    /// The system runs in this process; the counts of its probes, where they are on.
    Here(Option<Snapshot>),
    /// The system is simulated, in no process.
    Simulated,
}

impl Before {
    pub(crate) fn now() -> Self {
        Self::Here(perf_core::is_enabled().then(perf_core::snapshot))
    }

    /// The counts of the program's probes since then.
    fn report(self) -> Report {
        let Self::Here(before) = self else { return Report::default() };
        let since = before.map(|before| Report::from(perf_core::snapshot().since(&before)));
        since.unwrap_or_default().of_this_process()
    }
}

/// The outcome of a drive that was to last so long.
pub(crate) fn finish(
    settings: &Settings,
    scheduled: Duration,
    seed: Option<u64>,
    choice: &Choice,
    end: End,
    collector: &Collector,
    before: Before,
) -> Outcome {
    let mut report = before.report();
    let (collected, course) = collector.finish();
    let scheduled = end.stopped.map_or(scheduled, |at| scheduled.min(Duration::from_nanos(at)));
    let mut outcome = Outcome::new(&settings.name, settings.model);
    outcome.scheduled = scheduled;
    outcome.elapsed = scheduled.max(Duration::from_nanos(end.last));
    outcome.counts = collected.counts;
    outcome.interrupted = end.stopped.is_some();
    outcome.seed = seed.or(choice.is_random().then_some(settings.seed));
    outcome.limit = settings.limit;
    outcome.course = course;
    outcome.classes = collected.classes.into_iter().map(|(class, count)| (class.into_owned(), count)).collect();
    outcome.classes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    outcome.lateness.clone_from(&collected.lateness.histogram);
    outcome.validity = validity(&outcome);
    // Budgets are judged by reports.
    let mut driven = Driven::new(nanos(outcome.elapsed));
    outcome.validity.reason().unwrap_or_default().clone_into(&mut driven.invalid);
    let probe = |part: &str, times: &Distribution| {
        let mut probe = probe(format!("{}::{part}", settings.name), times);
        probe.driven = Some(driven.clone());
        probe
    };
    let panics = collected.operations.iter().map(|operation| operation.panicked).sum();
    let failed = outcome.counts.failed - panics;
    report.probes.push(failing(probe("response", &collected.response), failed, panics));
    report.probes.push(failing(probe("service", &collected.service), failed, panics));
    if matches!(settings.model, Model::Open { .. }) {
        report.probes.push(probe("lateness", &collected.lateness));
    }
    for (name, operation) in choice.names().zip(&collected.operations).filter(|(name, _)| !name.is_empty()) {
        // Where there is one operation, its times are those of the drive.
        let (response, service) = match choice.names().len() {
            1 => (&collected.response, &collected.service),
            _ => (&operation.response, &operation.service),
        };
        let Operation { failed, panicked, .. } = *operation;
        report.probes.push(failing(probe(&format!("{name}::response"), response), failed, panicked));
        report.probes.push(failing(probe(&format!("{name}::service"), service), failed, panicked));
    }
    report.probes.sort_by(|a, b| a.name.cmp(&b.name));
    report.meta.duration_ns = nanos(outcome.elapsed);
    report.meta.processes = report.meta.processes.max(1);
    outcome.report = report;
    (outcome.response, outcome.service) = (collected.response.histogram, collected.service.histogram);
    outcome
}

/// Whether the figures can be relied on.
pub(crate) fn validity(outcome: &Outcome) -> Validity {
    if outcome.counts.completed == 0 {
        return Validity::invalid("no operation completed");
    }
    let allowed = outcome.limit.unwrap_or(USUAL_LIMIT) / 10;
    let late = Duration::from_nanos(outcome.lateness.quantile(0.99).unwrap_or(0));
    if late <= allowed {
        return Validity::Valid;
    }
    let of = if outcome.limit.is_some() { "the latency limit" } else { "10 ms (no limit is stated)" };
    Validity::invalid(format!(
        "the generator was late: 1 % of the starts were {late:.1?} or more behind while capacity was free, and a tenth of {of} is \
         {allowed:.1?}; give it a processor of its own, or a lower rate"
    ))
}

fn probe(name: String, times: &Distribution) -> ProbeReport {
    let mut probe = ProbeReport::new(name);
    let spread = times.spread;
    probe.calls = spread.count;
    probe.timed_calls = spread.count;
    // These probes are views of the same calls, and may enclose the program's own probes: they take no share of the self
    // times.
    probe.total_ns = spread.sum;
    probe.sum_ns = spread.sum;
    probe.mean_ns = spread.sum.checked_div(spread.count).unwrap_or(0);
    (probe.min_ns, probe.max_ns) = spread.extremes.unwrap_or_default();
    let held = |value: u64| value.clamp(probe.min_ns, probe.max_ns);
    probe.quantiles = Quantiles::from_fn(|q| times.histogram.quantile(q).map_or(0, held));
    probe.histogram = times.histogram.clone();
    probe
}

fn failing(mut probe: ProbeReport, errors: u64, panics: u64) -> ProbeReport {
    (probe.errors, probe.panics) = (errors, panics);
    probe
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
