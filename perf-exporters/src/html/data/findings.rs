//! Why the program is slow.

use serde::Serialize;

use crate::diagnose::{Finding, diagnose};
use crate::label;
use crate::report::Report;

#[derive(Serialize)]
pub(super) struct Found {
    title: &'static str,
    /// A probe, a thread or a process; empty for the program.
    subject: String,
    /// Whether it is a probe.
    probe: bool,
    confidence: &'static str,
    evidence: Vec<String>,
    remedy: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<&'static str>,
}

pub(super) fn all(report: &Report) -> Vec<Found> {
    let shown = |finding: Finding| Found {
        title: finding.diagnosis.title(),
        probe: report.probe(&finding.subject).is_some(),
        subject: label::escaped(&finding.subject),
        confidence: finding.confidence.word(),
        evidence: finding.evidence.iter().map(ToString::to_string).collect(),
        remedy: finding.remedy,
        missing: finding.missing,
    };
    diagnose(report).into_iter().map(shown).collect()
}
