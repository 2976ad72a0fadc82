//! `quick`, `default`: measures, and shows the table of targets.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use commerce::measure::{self, Extent, Failure, Measured};
use perf_load::page;

use super::Done;

/// The targets of everything that has a probe. Part of the program, so that it runs from any folder.
const BUDGETS: &str = include_str!("../../perf-budgets.toml");

pub(crate) fn measure(extent: Extent, folder: &Path, strict: bool) -> Done {
    prepare(folder)?;
    let measured = measure::all(extent, |part| eprintln!("commerce: {part}"))?;
    shown(&measured, folder, strict)
}

/// Makes the folder of the files, before minutes are spent on what could not be written there.
pub(super) fn prepare(folder: &Path) -> Result<(), Failure> {
    let made = fs::create_dir_all(folder).and_then(|()| fs::write(budgets(folder), BUDGETS));
    Ok(made.map_err(|error| format!("{}: {error}; --folder names another one", folder.display()))?)
}

/// Writes the report and the page.
pub(super) fn written(measured: &Measured, folder: &Path) -> Result<PathBuf, Failure> {
    let report = folder.join("report.json");
    measured.report.write(&report)?;
    fs::write(folder.join("report.html"), page::render(&measured.report, &measured.plots)?)?;
    Ok(report)
}

/// Writes the report and the page, and prints the table.
pub(super) fn shown(measured: &Measured, folder: &Path, strict: bool) -> Done {
    let report = written(measured, folder)?;
    let code = status(&report, folder, strict);
    for (kind, count) in &measured.failures {
        println!("failed: {count} × {kind}");
    }
    for reason in &measured.invalid {
        println!("not to be relied on: {reason}");
    }
    println!("{} and report.html beside it", report.display());
    Ok(code)
}

fn budgets(folder: &Path) -> PathBuf {
    folder.join("perf-budgets.toml")
}

/// `cargo perf status` on the report.
fn status(report: &Path, folder: &Path, strict: bool) -> ExitCode {
    let words = ["cargo-perf", "status", "--budgets"].into_iter().map(OsString::from);
    let files = [budgets(folder).into_os_string(), report.as_os_str().to_owned()];
    cargo_perf::run(words.chain(files).chain(strict.then(|| "--exit-code".into())))
}
