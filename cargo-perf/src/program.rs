//! Running an instrumented program and reading the report it leaves.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use perf_exporters::Report;
use serde::Deserialize;

use crate::failure::{Failure, Result};

/// A program with its arguments, ready to run.
pub(crate) struct Program {
    path: PathBuf,
    args: Vec<OsString>,
    /// Reports go here; the folder goes with this value.
    reports: tempfile::TempDir,
}

/// Where a program's own output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Where this command's goes.
    Inherited,
    /// Standard output to standard error: this command's is for data.
    ToStderr,
    /// Nowhere.
    Silent,
}

/// One run.
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    /// From start to end, seen from outside.
    pub(crate) wall: Duration,
    /// What it measured, if it reported.
    pub(crate) report: Option<Report>,
    /// What its budget tests measured: budget, figure, value, unit.
    pub(crate) budgets: Vec<(String, BudgetRow)>,
}

/// A figure of a budget test.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct BudgetRow {
    pub(crate) metric: String,
    pub(crate) actual: Option<f64>,
    pub(crate) unit: String,
}

/// A line of the log that budget tests keep.
#[derive(Deserialize)]
struct BudgetLine {
    budget: String,
    rows: Vec<BudgetRow>,
}

impl Program {
    pub(crate) fn new(path: PathBuf, args: &[OsString]) -> Result<Self> {
        let reports = tempfile::Builder::new().prefix("cargo-perf-").tempdir();
        let reports = reports.map_err(|error| Failure::new(format!("cannot make a temporary folder: {error}")))?;
        Ok(Self { path, args: args.to_vec(), reports })
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, output: Output) -> Result<Run> {
        let pattern = self.reports.path().join("%p.json");
        let log = self.reports.path().join("budgets.jsonl");
        let mut command = Command::new(&self.path);
        command.args(&self.args).env("PERF_REPORT", format!("json={}", pattern.display())).env("PERF_GATE_LOG", &log);
        match output {
            Output::Inherited => {}
            Output::ToStderr => {
                command.stdout(std::io::stderr());
            }
            Output::Silent => {
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            }
        }
        let failed = |error| Failure::io("cannot run the program", &self.path, &error);
        let start = Instant::now();
        let mut child: Child = command.spawn().map_err(failed)?;
        let status = child.wait().map_err(failed)?;
        let wall = start.elapsed();
        let path = self.reports.path().join(format!("{}.json", child.id()));
        let report = if path.exists() { Some(Report::read(&path)?) } else { None };
        let budgets = read_budgets(&log)?;
        self.forget_reports();
        Ok(Run { status, wall, report, budgets })
    }

    /// The program's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reports of this run, and of processes it started.
    fn forget_reports(&self) {
        for file in std::fs::read_dir(self.reports.path()).into_iter().flatten().flatten() {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

fn read_budgets(log: &Path) -> Result<Vec<(String, BudgetRow)>> {
    let Ok(text) = std::fs::read_to_string(log) else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for line in text.lines() {
        let line: BudgetLine = serde_json::from_str(line)
            .map_err(|error| Failure::new(format!("the tests wrote a log that cannot be read: {error}: {line}")))?;
        rows.extend(line.rows.into_iter().map(|row| (line.budget.clone(), row)));
    }
    Ok(rows)
}

/// Why a program that ended well may have left no report.
pub(crate) const NO_REPORT: &str = "the program left no report: `let _reporter = perf_exporters::init();` belongs at the beginning of its `main`, the feature must turn on `perf-core/enabled`, and it must not end by `std::process::exit`";
