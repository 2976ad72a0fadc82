//! A history of reports: JSON lines that are appended to, or a folder.

use std::path::{Path, PathBuf};

use perf_exporters::{Report, write};

use crate::failure::{Failure, Result};
use crate::input;

/// All reports of a history, in the order of their times.
pub(super) fn read(path: &Path) -> Result<Vec<Report>> {
    let mut reports = input::reports(&[PathBuf::from(path)])?;
    reports.sort_by_key(|report| report.meta.time);
    Ok(reports)
}

/// Adds reports to JSON lines, whole or not at all as far as other writers see.
pub(super) fn append(path: &Path, reports: &[Report]) -> Result<()> {
    if path.is_dir() {
        let hint = "copy the reports into the folder, or name a .jsonl file";
        return Err(Failure::new(format!("{}: --add needs JSON lines, and this is a folder: {hint}", path.display())));
    }
    let lines: String = reports.iter().map(Report::to_json).collect();
    Ok(write::append_lines(path, lines.as_bytes())?)
}
