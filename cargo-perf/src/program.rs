//! Running an instrumented program, or budget tests, and reading what they leave.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use perf_exporters::gate::{CountedTest, Of, instructions_of_probe, instructions_of_test};
use perf_exporters::gate_log;
pub(crate) use perf_exporters::gate_log::Run as BudgetTest;
use perf_exporters::{Report, env};

use crate::failure::{Failure, Result};
use crate::scratch::Scratch;

/// A program with its arguments, ready to run.
pub(crate) struct Program {
    path: PathBuf,
    args: Vec<OsString>,
    /// The folder of the package whose tests these are, where they are tests.
    package: Option<PathBuf>,
    /// Around the folder of reports.
    scratch: Scratch,
}

/// Where a program's own output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Where this command's goes.
    Inherited,
    /// Standard output to standard error: this command's is for data.
    ToStderr,
    /// Into the run, where it is asked for if the program fails.
    Kept,
}

/// One run.
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    /// From start to end, seen from outside.
    pub(crate) wall: Duration,
    /// Its report, if it wrote one.
    pub(crate) report: Option<Report>,
    /// What its budget tests measured.
    pub(crate) budgets: Vec<BudgetTest>,
    /// Its output, where that was kept.
    pub(crate) said: String,
}

/// Budget tests measure for so long each.
const MEASURE: &str = "100ms";

impl Program {
    pub(crate) fn new(path: PathBuf, args: &[OsString]) -> Result<Self> {
        let program = Self { path, args: args.to_vec(), package: None, scratch: Scratch::new()? };
        fs::create_dir(program.reports()).map_err(|error| Failure::io("cannot make it", &program.reports(), &error))?;
        Ok(program)
    }

    /// The same as the tests of the package in this folder: they only measure, one after the other.
    pub(crate) fn with_tests_of(self, package: PathBuf) -> Self {
        Self { package: Some(package), ..self }
    }

    /// Of the tests, runs these from now on.
    pub(crate) fn select(&mut self, tests: &BTreeSet<String>) {
        // What the user had selected selects nothing any more by its whole name.
        self.args.push("--exact".into());
        self.args.extend(tests.iter().map(OsString::from));
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, output: Output) -> Result<Run> {
        let within = |name: &str| self.reports().join(name);
        let (log, said) = (within("budgets.jsonl"), within("output.txt"));
        let failed = |error| Failure::io("cannot run the program", &self.path, &error);
        let mut command = Command::new(&self.path);
        command.args(&self.args).env(env::REPORT.name(), format!("json={}", within("%p.json").display()));
        if let Some(package) = &self.package {
            // As cargo runs tests. Baselines are another question, and may be another one in each revision.
            command.current_dir(package).env("CARGO_MANIFEST_DIR", package);
            command.env("RUST_TEST_THREADS", "1");
            command.env(env::GATE_LOG.name(), &log).env(env::GATE_MEASURE.name(), MEASURE);
            command.env(env::LOCK.name(), within("none"));
            command.env_remove(env::UPDATE.name()).env_remove(env::STRICT.name());
        }
        match output {
            Output::Inherited => {}
            Output::ToStderr => {
                command.stdout(std::io::stderr());
            }
            Output::Kept => {
                let file = File::create(&said).map_err(failed)?;
                command.stdin(self.scratch.stdin()?).stdout(file.try_clone().map_err(failed)?).stderr(file);
                // The message of a panic shall be among the last words.
                command.env("RUST_BACKTRACE", "0");
            }
        }
        let start = Instant::now();
        let mut child: Child = command.spawn().map_err(failed)?;
        let status = child.wait().map_err(failed)?;
        let wall = start.elapsed();
        let path = within(&format!("{}.json", child.id()));
        let report = if path.exists() { Some(Report::read(&path)?) } else { None };
        let budgets = if log.exists() { gate_log::read(&log)? } else { Vec::new() };
        let said = fs::read(&said).map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default();
        self.forget_reports();
        Ok(Run { status, wall, report, budgets, said })
    }

    /// Counts the instructions of a call of a budget test, in one process; the reason where that cannot be.
    pub(crate) fn counted_test(&self, test: &str) -> std::result::Result<CountedTest, Cow<'static, str>> {
        instructions_of_test(&self.path, self.package.as_deref().unwrap_or(Path::new(".")), test)
    }

    /// Counts the instructions of a probe in a run of the program; the reason where that cannot be.
    pub(crate) fn counted_probe(&self, probe: &str, of: Of) -> std::result::Result<u64, String> {
        instructions_of_probe(&self.path, probe, of, |command| _ = command.args(&self.args))
    }

    /// The program's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn reports(&self) -> PathBuf {
        self.scratch.path().join("reports")
    }

    /// Reports of this run, and of processes it started.
    fn forget_reports(&self) {
        for file in fs::read_dir(self.reports()).into_iter().flatten().flatten() {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Why a program that ended well may have left no report.
pub(crate) const NO_REPORT: &str = "the program left no report: `let _reporter = perf_exporters::init();` belongs at the beginning of its `main`, the feature must turn on `perf-core/enabled`, and it must not end by `std::process::exit`";
