//! The tables.

use event_daemon::Architecture;
use perf_exporters::human;
use perf_load::Outcome;
use perf_load::compare::{Metric, Winner};
use perf_load::endurance::Endured;
use perf_load::recovery::{Recovery, Took};

use super::Results;
use crate::document::Document;
use crate::measure::recovery;
use crate::measure::scaling::{CALLERS, best, factor};
use crate::words::{Figure, word};

/// Nanoseconds for people.
pub(super) fn time(nanos: f64) -> String {
    human::figure(nanos, "ns")
}

pub(super) fn bytes(number: f64) -> String {
    human::figure(number, "bytes")
}

pub(super) fn per_second(rate: f64) -> String {
    format!("{}/s", human::rate(rate))
}

pub(super) fn percent(share: f64) -> String {
    human::percent(100.0 * share).to_string()
}

/// The share of arrivals that failed without having been made to.
pub(super) fn unplanned<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> f64 {
    let (mut failed, mut due) = (0, 0);
    for outcome in outcomes {
        // Only events that the generator damaged are poison.
        let made = |class: &str| ["injected", "poison event"].contains(&class);
        let unplanned = outcome.classes.iter().filter(|(class, _)| !made(class)).map(|(_, count)| *count);
        // What a late generator dropped is its own fault.
        let dropped = if outcome.validity.is_valid() { outcome.counts.dropped } else { 0 };
        failed += unplanned.sum::<u64>() + dropped;
        due += outcome.counts.due;
    }
    failed as f64 / due.max(1) as f64
}

fn quantile(outcome: &Outcome, q: f64) -> f64 {
    outcome.response.quantile(q).unwrap_or(0) as f64
}

fn classes(outcome: &Outcome) -> String {
    let each = outcome.classes.iter().map(|(class, count)| format!("{class} {count}"));
    let text = each.collect::<Vec<String>>().join(", ");
    if text.is_empty() { "none".into() } else { text }
}

/// The share of the arrivals that failed.
pub(super) fn failed(outcome: &Outcome) -> f64 {
    outcome.counts.failed as f64 / outcome.counts.due.max(1) as f64
}

/// Whether the times of a drive are the system's.
fn valid(outcome: &Outcome) -> String {
    if outcome.validity.is_valid() { "yes".into() } else { "no: the generator was late".into() }
}

/// A figure with its word.
fn judged(text: &str, figure: Figure, value: f64) -> String {
    format!("{text} ({})", word(figure, value))
}

impl Results {
    /// Everything that one architecture was driven with, but for the runs in which it was stopped.
    pub(super) fn outcomes(&self, architecture: Architecture) -> impl Iterator<Item = &Outcome> {
        let levels = self.levels.iter().map(move |found| &found.outcomes[architecture as usize]);
        let patterns = self.patterns.iter().filter(move |found| found.architecture == architecture);
        levels.chain(patterns.map(|found| &found.outcome))
    }

    /// Freed ÷ allocated bytes over all sizes of payloads.
    pub(super) fn freed(&self, architecture: Architecture) -> f64 {
        let own = || self.payloads.iter().filter(|found| found.architecture == architecture);
        let allocated: u64 = own().map(|found| found.allocated).sum();
        let kept: i64 = own().map(|found| found.kept.max(0)).sum();
        1.0 - kept as f64 / allocated.max(1) as f64
    }

    /// The median over the levels of how much less the daemon's p95 is, as a share of that of the services'; negative where it
    /// is more. Unknown where no comparison is valid.
    pub(super) fn improvement(&self) -> Option<f64> {
        let valid = self.levels.iter().filter(|found| found.comparison.invalid.is_none());
        let changes = valid.filter_map(|found| found.comparison.finding(Metric::P95));
        perf_exporters::stats::order::median(&changes.map(|finding| -finding.change).collect::<Vec<f64>>())
    }
}

pub(super) fn indicators(results: &Results, document: &mut Document) {
    let row = |architecture: Architecture| {
        let improvement = match (architecture, results.improvement()) {
            (Architecture::Services, _) => "baseline".to_owned(),
            (Architecture::Daemon, improvement) => {
                improvement.map_or("unknown".into(), |by| format!("{} %", human::signed(100.0 * by, 1)))
            }
        };
        let (freed, errors) = (results.freed(architecture), unplanned(results.outcomes(architecture)));
        let factor = factor(&results.scaling[architecture as usize]);
        vec![
            architecture.name().into(),
            improvement,
            judged(&format!("{freed:.4}"), Figure::Freed, freed),
            factor.map_or("unknown".into(), |factor| judged(&format!("{factor:.2}"), Figure::Scalability, factor)),
            judged(&percent(errors), Figure::Errors, errors),
        ]
    };
    document.text(
        "Improvement: the median over the levels of how much lower the p95 is. Freed ÷ allocated: bytes, over the payload runs. \
         Scalability factor: throughput of the most callers ÷ (that of one × processors). Error rate: without the failures that \
         were injected.",
    );
    let heads = ["architecture", "#improvement", "#freed ÷ allocated", "#scalability factor", "#error rate"];
    document.table(&heads, Architecture::BOTH.map(row).to_vec());
}

pub(super) fn levels(results: &Results, document: &mut Document) {
    let mut rows = Vec::new();
    for found in &results.levels {
        for architecture in Architecture::BOTH {
            let outcome = &found.outcomes[architecture as usize];
            let (p95, live) = (quantile(outcome, 0.95), found.live[architecture as usize].max(0) as f64);
            let errors = unplanned(std::iter::once(outcome));
            let level = found.level;
            rows.push(vec![
                format!("{} ({} events, {} services, {} B)", level.name, level.events, level.services, level.payload),
                architecture.name().into(),
                per_second(outcome.achieved()),
                time(quantile(outcome, 0.5)),
                judged(&time(p95), Figure::Latency, p95),
                time(quantile(outcome, 0.99)),
                judged(&bytes(live), Figure::Memory, live),
                judged(&percent(errors), Figure::Errors, errors),
                valid(outcome),
            ]);
        }
    }
    let heads = ["level", "architecture", "#achieved", "#p50", "#p95", "#p99", "#heap", "#errors", "valid"];
    document.table(&heads, rows);
}

/// A value of a metric for people.
pub(super) fn figure(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Throughput => per_second(value),
        Metric::Errors => percent(value),
        _ => time(value),
    }
}

pub(super) fn significance(results: &Results, document: &mut Document) {
    let mut rows = Vec::new();
    for found in &results.levels {
        let comparison = &found.comparison;
        document.text(format!("{}: {}", found.level.name, comparison.summary()));
        for finding in &comparison.findings {
            let metric = finding.metric;
            let known = |value: f64, text: String| if value.is_finite() { text } else { "unknown".into() };
            // A share has no relative change: none may become some.
            let unit = if metric == Metric::Errors { "points" } else { "%" };
            let change = |value: f64| known(value, format!("{} {unit}", human::signed(100.0 * value, 1)));
            rows.push(vec![
                found.level.name.into(),
                metric.to_string(),
                figure(metric, finding.a),
                figure(metric, finding.b),
                change(finding.change),
                format!("{} … {}", change(finding.interval.0), change(finding.interval.1)),
                format!("{:.3}", finding.adjusted),
                match finding.winner {
                    Winner::A => comparison.names[0].clone(),
                    Winner::B => comparison.names[1].clone(),
                    Winner::Neither => "neither".into(),
                },
            ]);
        }
        for unjudged in &comparison.unjudged {
            let mut row = vec![found.level.name.into(), unjudged.metric.to_string()];
            row.resize(7, String::new());
            row.push(format!("not judged: {}", unjudged.why));
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return;
    }
    let heads = ["level", "metric", "#services", "#daemon", "#change", "#95 % interval", "#p (Holm)", "better"];
    document.table(&heads, rows);
    document.text(
        "A change says how much worse the daemon is than the services: of a positive one the daemon takes longer, does less or \
         fails more.",
    );
}

pub(super) fn patterns(results: &Results, document: &mut Document) {
    let rows = results.patterns.iter().map(|found| {
        let outcome = &found.outcome;
        let (p95, errors) = (quantile(outcome, 0.95), unplanned(std::iter::once(outcome)));
        vec![
            found.pattern.into(),
            found.architecture.name().into(),
            per_second(outcome.achieved()),
            time(quantile(outcome, 0.5)),
            judged(&time(p95), Figure::Latency, p95),
            time(quantile(outcome, 0.99)),
            classes(outcome),
            found.poisoned.to_string(),
            judged(&percent(errors), Figure::Errors, errors),
            valid(outcome),
        ]
    });
    let heads = [
        "pattern",
        "architecture",
        "#achieved",
        "#p50",
        "#p95",
        "#p99",
        "failures by class",
        "#poison refused",
        "#unplanned",
        "valid",
    ];
    document.table(&heads, rows.collect());
}

pub(super) fn faults(results: &Results, document: &mut Document) {
    let rows = results.recoveries.iter().map(|found| {
        let (worst, backlog) = found.recovery.worst();
        vec![
            found.architecture.name().into(),
            recovered(&found.recovery),
            time(worst as f64),
            backlog.to_string(),
            percent(failed(&found.outcome)),
            classes(&found.outcome),
        ]
    });
    document.text(format!(
        "The coordinator of one service is stopped under load and started again: one of {} in the one architecture, the only one \
         in the other.",
        recovery::LEVEL.services
    ));
    let heads = ["architecture", "recovery", "#worst p99", "#worst backlog", "#failed", "failures by class"];
    document.table(&heads, rows.collect());
    let rows = results.faults.iter().map(|after| {
        vec![
            after.fault.name(),
            after.architecture.name().into(),
            after.events.to_string(),
            after.acknowledged.to_string(),
            after.lost.to_string(),
            if after.refused.is_empty() { "none".into() } else { after.classes() },
            if after.recovered { "yes".into() } else { "no".into() },
        ]
    });
    let heads = [
        "fault",
        "architecture",
        "#events",
        "#acknowledged",
        "#acknowledged and lost",
        "refused attempts",
        "recovered",
    ];
    document.table(&heads, rows.collect());
}

pub(super) fn memory(results: &Results, document: &mut Document) {
    let rows = results.payloads.iter().map(|found| {
        let per_event = |sum: u64| sum as f64 / found.events.max(1) as f64;
        let efficiency = found.efficiency();
        vec![
            found.architecture.name().into(),
            bytes(found.payload as f64),
            format!("{:.1}", per_event(found.allocs)),
            bytes(per_event(found.allocated)),
            human::signed_bytes(found.kept).to_string(),
            judged(&format!("{efficiency:.4}"), Figure::Freed, efficiency),
        ]
    });
    let heads = [
        "architecture",
        "#payload",
        "#allocations an event",
        "#bytes an event",
        "#kept in the end",
        "#freed ÷ allocated",
    ];
    document.table(&heads, rows.collect());
    let verdict = |(architecture, endured): (Architecture, &Endured)| {
        vec![
            architecture.name().to_owned(),
            human::duration(u64::try_from(endured.lasted.as_nanos()).unwrap_or(u64::MAX)).to_string(),
            endured.completed.to_string(),
            endured.leak.verdict.to_string(),
            format!("{} B", human::signed(endured.leak.slope, 0)),
            endured.verdict().to_string(),
        ]
    };
    let both = Architecture::BOTH.into_iter().zip(&results.endured);
    let heads = ["architecture", "#endurance run", "#events", "leak", "#slope a checkpoint", "all verdicts"];
    document.table(&heads, both.map(verdict).collect());
}

/// A ceiling so many times above what was reached says nothing.
const BEYOND: f64 = 1_000.0;

/// The ceiling of a curve. Where nothing holds callers up, there is none that a run could show; a fitted one below what was reached is
/// none either.
fn ceiling(fitted: f64, best: f64) -> String {
    match fitted {
        fitted if fitted > BEYOND * best => "none".into(),
        fitted if fitted < best => format!("{}, which was reached", per_second(best)),
        fitted => per_second(fitted),
    }
}

/// How long a recovery took: between what was seen and the end of the look.
fn recovered(recovery: &Recovery) -> String {
    match recovery.took {
        Took::Time(from) => {
            let to = from + recovery.resolution;
            format!("recovered within {}", time(to.as_nanos() as f64))
        }
        _ => recovery.took.to_string(),
    }
}

pub(super) fn scalability(results: &Results, document: &mut Document) {
    let mut rows = Vec::new();
    for (architecture, found) in Architecture::BOTH.into_iter().zip(&results.scaling) {
        for callers in CALLERS {
            let throughput = found.median(callers, |step| Some(step.throughput)).unwrap_or(0.0);
            let median = |figure: &dyn Fn(&perf_load::scale::Step) -> Option<f64>| found.median(callers, figure);
            let or_none = |text: Option<String>| text.unwrap_or_else(|| "–".into());
            rows.push(vec![
                architecture.name().into(),
                callers.to_string(),
                judged(&per_second(throughput), Figure::Throughput, throughput),
                or_none(median(&|step| Some(step.p50_ns as f64)).map(time)),
                or_none(median(&|step| Some(step.p99_ns as f64)).map(time)),
                or_none(median(&|step| step.used.processors).map(|used| format!("{used:.2}"))),
                or_none(median(&|step| step.used.live.or(step.used.resident).map(|used| used as f64)).map(bytes)),
            ]);
        }
    }
    let heads = ["architecture", "#callers", "#throughput", "#p50", "#p99", "#processors", "#memory"];
    document.table(&heads, rows);
    for (architecture, found) in Architecture::BOTH.into_iter().zip(&results.scaling) {
        let curve = match (&found.usl, &found.no_curve) {
            (Some(usl), _) => format!(
                "contention σ {:.3} ({:.3} – {:.3}), coherency κ {:.4} ({:.4} – {:.4}), ceiling {}",
                usl.sigma.value,
                usl.sigma.low,
                usl.sigma.high,
                usl.kappa.value,
                usl.kappa.low,
                usl.kappa.high,
                ceiling(usl.ceiling.value, best(found)),
            ),
            (None, why) => format!("no curve: {}", why.as_deref().unwrap_or("unknown")),
        };
        document.text(format!(
            "{}: {curve}; limited by: {} ({})",
            architecture.name(),
            found.diagnosis.bottleneck,
            found.diagnosis.evidence.join("; ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_never_below_what_was_reached() {
        assert_eq!(ceiling(46_900.0, 11_300.0), "46.9 K/s");
        assert_eq!(ceiling(5_520.0, 5_680.0), "5.68 K/s, which was reached");
        assert_eq!(ceiling(1e9, 5_680.0), "none");
    }
}
