//! The file of a run: a line per checkpoint, written whole or not at all.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use perf_exporters::{Report, write};

use super::checkpoint::Checkpoint;
use crate::Error;

/// Lines that wait for room on the disk, at most: beyond it, the oldest are lost.
const WAITING: usize = 64;

/// The file of the checkpoints, and those that could not be written yet.
#[derive(Debug, Default)]
pub(super) struct Journal {
    path: Option<PathBuf>,
    waiting: VecDeque<String>,
    lost: u64,
    problem: Option<String>,
}

impl Journal {
    /// Begins a file that does not exist yet, or is empty.
    pub(super) fn begin(path: Option<&Path>) -> Result<Self, Error> {
        if let Some(path) = path {
            let named = || path.display().to_string();
            if fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() > 0) {
                return Err(Error::invalid(named(), "holds another run already: name a new file"));
            }
            // A file that cannot be written is an error now, not after the first checkpoint.
            write::append_lines(path, b"")
                .map_err(|error| Error::invalid(named(), "cannot be written to").because(error))?;
        }
        Ok(Self { path: path.map(Path::to_owned), ..Self::default() })
    }

    /// Appends the waiting lines and this one; lines that cannot be written go on waiting.
    pub(super) fn add(&mut self, report: &Report) {
        let Some(path) = &self.path else { return };
        self.waiting.push_back(report.to_json());
        let lines: String = self.waiting.iter().map(String::as_str).collect();
        match write::append_lines(path, lines.as_bytes()) {
            Ok(()) => self.waiting.clear(),
            Err(error) => {
                self.problem = Some(error.to_string());
                while self.waiting.len() > WAITING {
                    self.waiting.pop_front();
                    self.lost += 1;
                }
            }
        }
    }

    /// The checkpoints that are not in the file, if any: how many, and why.
    pub(super) fn missing(&self) -> Option<(u64, String)> {
        let missing = self.lost + self.waiting.len() as u64;
        self.problem.clone().filter(|_| missing > 0).map(|problem| (missing, problem))
    }
}

/// Reads a run, a checkpoint at a time; returns the load's name and how many lines could not be read. A line that was cut off
/// does not affect those around it.
pub(super) fn read(path: &Path, mut each: impl FnMut(Checkpoint)) -> Result<(String, u64), Error> {
    let named = || path.display().to_string();
    let unreadable = |error: std::io::Error| Error::invalid(named(), "cannot be read").because(error);
    let mut lines = BufReader::new(fs::File::open(path).map_err(unreadable)?);
    let (mut begin, mut name, mut broken) = (None, String::new(), 0);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
        if !line.trim_ascii().is_empty() {
            let read = Report::from_json(line.trim_ascii());
            let found = read.ok().and_then(|report| {
                let of = report.meta.time;
                let lasted = Duration::from_nanos(report.meta.duration_ns);
                let start = *begin.get_or_insert(of.checked_sub(lasted).unwrap_or(SystemTime::UNIX_EPOCH));
                Checkpoint::of(&report, start)
            });
            match found {
                Some((load, checkpoint)) => {
                    name = load;
                    each(checkpoint);
                }
                None => broken += 1,
            }
        }
        line.clear();
    }
    if name.is_empty() {
        return Err(Error::invalid(named(), "holds no checkpoint of an endurance run"));
    }
    Ok((name, broken))
}
