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

/// The lines that are not met and have a reason.
pub(super) fn reasons(lines: &[Line]) -> impl Iterator<Item = &Line> {
    lines.iter().filter(|line| line.status != Status::Met && !line.reason.is_empty())
}
