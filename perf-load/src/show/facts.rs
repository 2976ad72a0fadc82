//! The statements about an outcome, for any form.

use std::fmt::Write as _;
use std::time::Duration;

use perf_exporters::human;

use crate::{Counts, Histogram, Model, Outcome, Validity};

/// Sentences, the heading first.
pub(super) fn facts(outcome: &Outcome) -> Vec<String> {
    let counts = &outcome.counts;
    let mut facts = vec![heading(outcome)];
    if let Validity::Invalid { reason } = &outcome.validity {
        facts.push(format!("INVALID: {reason}"));
    }
    if outcome.interrupted {
        facts.push("interrupted: what follows was measured until then".to_owned());
    }
    let mut achieved = format!("achieved {:.0}/s over {}", outcome.achieved(), time(outcome.elapsed));
    if !outcome.drained.is_zero() {
        let _ = write!(achieved, ", {} of them to finish what was accepted", time(outcome.drained));
    }
    match outcome.model {
        Model::Open { .. } => facts.push(format!("offered {:.0}/s, {achieved}", outcome.offered())),
        Model::Closed { .. } => {
            facts.push(achieved);
            facts.push(
                "a slow system is asked less often by a closed loop: its quantiles hold for these workers only"
                    .to_owned(),
            );
        }
    }
    facts.push(happened(counts));
    if !outcome.classes.is_empty() {
        const SHOWN: usize = 8;
        let mut classes: Vec<String> =
            outcome.classes.iter().take(SHOWN).map(|(class, count)| format!("{count} × {class}")).collect();
        if outcome.classes.len() > SHOWN {
            classes.push(format!("{} classes more", outcome.classes.len() - SHOWN));
        }
        facts.push(format!("failures: {}", classes.join(", ")));
    }
    facts
}

fn heading(outcome: &Outcome) -> String {
    let model = match outcome.model {
        Model::Open { max_in_flight } => format!("open loop, up to {max_in_flight} at a time"),
        Model::Closed { workers, think } if think.is_zero() => format!("closed loop, {workers} workers"),
        Model::Closed { workers, think } => format!("closed loop, {workers} workers, {} of thinking", time(think)),
    };
    let seed = outcome.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
    format!("{}: {model}{seed}", outcome.name)
}

fn happened(counts: &Counts) -> String {
    let share = |part: u64, of: u64| format!("{:.2} %", 100.0 * part as f64 / of.max(1) as f64);
    let mut said = format!("{} due, {} started, {} completed", counts.due, counts.started, counts.completed);
    if counts.dropped > 0 {
        let _ = write!(said, ", {} dropped ({})", counts.dropped, share(counts.dropped, counts.due));
    }
    if counts.failed > 0 {
        let _ = write!(said, ", {} failed ({})", counts.failed, share(counts.failed, counts.completed));
    }
    said
}

/// A row of the table.
pub(super) struct Times {
    pub(super) name: String,
    pub(super) calls: u64,
    /// Quantiles and the greatest, in nanoseconds.
    pub(super) values: [Option<u64>; 6],
}

/// Response, service and lateness of all, then of each operation of a mix.
pub(super) fn times(outcome: &Outcome) -> Vec<Times> {
    let whole = [("response", &outcome.response), ("service", &outcome.service), ("lateness", &outcome.lateness)];
    let mut rows: Vec<Times> =
        whole.into_iter().filter(|(_, times)| times.count() > 0).map(|(name, times)| row(name, times)).collect();
    let of_operations = outcome.report.probes.iter().filter_map(|probe| {
        let name = probe.name.strip_prefix(&outcome.name)?.strip_prefix("::")?;
        let is_time = name.ends_with("::response") || name.ends_with("::service");
        (is_time && probe.histogram.count() > 0).then(|| row(name, &probe.histogram))
    });
    rows.extend(of_operations);
    rows
}

fn row(name: &str, times: &Histogram) -> Times {
    let values = [0.5, 0.9, 0.95, 0.99, 0.999, 1.0].map(|q| times.quantile(q));
    Times { name: name.to_owned(), calls: times.count(), values }
}

fn time(time: Duration) -> String {
    human::duration(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).to_string()
}
