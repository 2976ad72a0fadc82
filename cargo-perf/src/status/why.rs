//! Why lines are not met: the reason of each verdict, and what the report shows.

use perf_exporters::{Report, diagnose};

use super::{Line, Status};

/// Findings that are shown.
const CAUSES: usize = 3;

/// The surest findings on the report, with their remedies, where a target or a limit is missed.
pub(super) fn causes(lines: &[Line], report: &Report) -> Vec<String> {
    if !lines.iter().any(|line| matches!(line.status, Status::Broken | Status::WithinLimit)) {
        return Vec::new();
    }
    let found = diagnose(report).into_iter().take(CAUSES);
    found.map(|finding| format!("{finding}: {}", finding.remedy)).collect()
}

/// Figures of a probe that are not met for the same reason.
pub(super) struct Because<'a> {
    pub(super) probe: &'a str,
    pub(super) metrics: Vec<&'a str>,
    pub(super) reason: &'a str,
}

/// The reasons of lines that are not met, in the order of the lines: each once for a probe, as a late generator spoils all its times.
pub(super) fn reasons(lines: &[Line]) -> Vec<Because<'_>> {
    let mut told: Vec<Because<'_>> = Vec::new();
    for line in lines.iter().filter(|line| line.status != Status::Met && !line.reason.is_empty()) {
        match told.iter_mut().find(|known| (known.probe, known.reason) == (&line.probe, &line.reason)) {
            Some(known) => known.metrics.push(&line.metric),
            None => told.push(Because { probe: &line.probe, metrics: vec![&line.metric], reason: &line.reason }),
        }
    }
    told
}
