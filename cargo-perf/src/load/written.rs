//! The report of a run as it is kept: both sides in one `perf.report/1`, and beside them the results of the requests.

use std::borrow::Cow;

use perf_exporters::Report;
use perf_load::Model;
use perf_load::http::Answers;
use serde::Serialize;

use super::run::Done;
use crate::budgets::Held;
use crate::failure::{Failure, Result};

/// Readers of reports ignore `load`, which they do not know.
#[derive(Serialize)]
pub(super) struct Written<'a> {
    #[serde(flatten)]
    report: Cow<'a, Report>,
    load: Section<'a>,
}

#[derive(Serialize)]
struct Section<'a> {
    name: &'a str,
    /// `open` or `closed`.
    model: &'static str,
    /// Operations at one time, at most.
    most: usize,
    /// The seed of everything random: arrivals, the choice among requests, their fields.
    seed: u64,
    elapsed_ns: u64,
    offered_per_second: f64,
    achieved_per_second: f64,
    due: u64,
    started: u64,
    completed: u64,
    failed: u64,
    dropped: u64,
    /// Whether it was ended early.
    interrupted: bool,
    /// Whether its figures can be relied on.
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    invalid_because: Option<&'a str>,
    answers: &'a Answers,
    verdict: String,
    limits: &'a Held,
}

impl<'a> Written<'a> {
    pub(super) fn new(done: &'a Done) -> Self {
        let outcome = &done.outcome;
        let report = match &done.server {
            Some(server) => {
                let mut report = outcome.report.clone();
                server.join(&mut report);
                Cow::Owned(report)
            }
            None => Cow::Borrowed(&outcome.report),
        };
        let (model, most) = match outcome.model {
            Model::Closed { workers, .. } => ("closed", workers),
            Model::Open { max_in_flight, .. } => ("open", max_in_flight),
            _ => ("other", 0),
        };
        let invalid_because = outcome.validity.reason();
        let counts = outcome.counts;
        let load = Section {
            name: &outcome.name,
            model,
            most,
            seed: done.seed,
            elapsed_ns: u64::try_from(outcome.elapsed.as_nanos()).unwrap_or(u64::MAX),
            offered_per_second: outcome.offered(),
            achieved_per_second: outcome.achieved(),
            due: counts.due,
            started: counts.started,
            completed: counts.completed,
            failed: counts.failed,
            dropped: counts.dropped,
            interrupted: outcome.interrupted,
            valid: invalid_because.is_none(),
            invalid_because,
            answers: &done.answers,
            verdict: done.verdict.to_string(),
            limits: &done.held,
        };
        Self { report, load }
    }

    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    pub(super) fn json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|error| Failure::new(error.to_string()))
    }
}
