//! `quick`, `default`: measures, and shows the table of targets.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use commerce::measure::{self, Extent, Measured};
use perf_exporters::report::BudgetVerdict;
use perf_load::page;

use super::Done;

/// The targets of everything that has a probe. Part of the program, so that it runs from any folder.
const BUDGETS: &str = include_str!("../../perf-budgets.toml");

pub(crate) fn measure(extent: Extent, output: &Path) -> Done {
    let measured = measure::all(extent, |part| eprintln!("commerce: {part}"))?;
    shown(&measured, output)
}

/// Writes the report and the page, and prints the table.
pub(super) fn shown(measured: &Measured, output: &Path) -> Done {
    fs::create_dir_all(output).map_err(|error| format!("{}: {error}", output.display()))?;
    let report = output.join("report.json");
    measured.report.write(&report)?;
    fs::write(output.join("report.html"), page::render(&measured.report, &measured.plots)?)?;
    fs::write(budgets(output), BUDGETS)?;
    let code = status(&report, output);
    for (kind, count) in &measured.failures {
        println!("failed: {count} × {kind}");
    }
    for reason in &measured.invalid {
        println!("not to be relied on: {reason}");
    }
    for finding in perf_exporters::diagnose(&measured.report).iter().take(3) {
        println!("diagnosis: {finding}\n  {}", finding.remedy);
    }
    println!("{} and report.html beside it", report.display());
    let is_broken = measured.report.budgets.iter().any(|row| row.verdict == BudgetVerdict::Fail);
    Ok(if is_broken { ExitCode::FAILURE } else { code })
}

fn budgets(output: &Path) -> PathBuf {
    output.join("perf-budgets.toml")
}

/// `cargo perf status` on the report.
fn status(report: &Path, output: &Path) -> ExitCode {
    let words = ["cargo-perf", "status", "--exit-code", "--budgets"].into_iter().map(OsString::from);
    let files = [budgets(output).into_os_string(), report.as_os_str().to_owned()];
    cargo_perf::run(words.chain(files))
}
