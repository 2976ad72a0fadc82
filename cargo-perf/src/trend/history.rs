//! A history of reports: JSON lines that are appended to, or a folder.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use perf_exporters::Report;

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
    let add = || {
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        file.lock()?;
        let end = file.seek(SeekFrom::End(0))?;
        // A line that somebody cut off, or a single report without a line end, stays a line of its own.
        if end > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
            }
        }
        file.write_all(lines.as_bytes())?;
        file.sync_all()
    };
    add().map_err(|error| Failure::io("cannot add to the history", path, &error))
}
