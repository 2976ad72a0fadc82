//! Why the program is slow: a line for each finding.

use super::text::code;
use crate::diagnose::diagnose;
use crate::report::Report;

/// Findings at most.
const MOST: usize = 10;

/// The section; nothing where nothing was found.
pub(super) fn section(report: &Report) -> Option<String> {
    let findings = diagnose(report);
    let lines: Vec<String> = findings
        .iter()
        .take(MOST)
        .map(|found| format!("- **Found**: {}. {}\n", found.sentence(code), found.remedy))
        .collect();
    (!lines.is_empty()).then(|| lines.concat())
}
