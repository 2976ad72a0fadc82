//! `cargo perf run`: builds with a feature, runs, reports.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use perf_exporters::Report;

use crate::build::{self, Elsewhere};
use crate::cli::{Form, RunArgs};
use crate::failure::{Failure, Result};
use crate::out;
use crate::program::{NO_REPORT, Output, Program};
use crate::report::{self, Plan};

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode> {
    if args.runs > 1 && args.save.as_deref().is_some_and(Path::is_file) {
        return Err(Failure::new("several runs are saved in a folder, and --save names a file"));
    }
    let plan = Plan::new(&args.rendering, Form::Table)?;
    let built = build::build(&args.target, None, &Elsewhere::default())?;
    let program = Program::new(built.path, &args.target.args)?;
    let output = if plan.owns_stdout() { Output::ToStderr } else { Output::Inherited };
    let mut reports: Vec<Report> = Vec::new();
    for number in 1..=args.runs {
        if args.runs > 1 {
            out::progress(&format!("run {number} of {}", args.runs));
        }
        let run = program.run(output)?;
        if let Some(report) = run.report {
            if let Some(path) = &args.save {
                report.write(saved_as(path, number, args.runs))?;
            }
            reports.push(report);
        }
        if !run.status.success() {
            out::warn(&format!("the program ended with {}", run.status));
            show(reports, &plan)?;
            return Ok(run
                .status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .map_or(ExitCode::FAILURE, ExitCode::from));
        }
        if reports.is_empty() {
            return Err(Failure::new(format!("{}: {NO_REPORT}", program.path().display())));
        }
    }
    show(reports, &plan)?;
    Ok(ExitCode::SUCCESS)
}

fn show(reports: Vec<Report>, plan: &Plan) -> Result<()> {
    if reports.is_empty() {
        return Ok(());
    }
    plan.write(&report::merged(reports))
}

/// One run is saved under the name given, or under a number in the folder given; several under numbers.
fn saved_as(path: &Path, number: u32, runs: u32) -> PathBuf {
    let is_folder = path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', '\\']);
    if runs == 1 && !is_folder {
        return path.to_owned();
    }
    // Numbers go on where earlier runs ended.
    let free = (number..=u32::MAX).map(|number| path.join(format!("{number:03}.json"))).find(|file| !file.exists());
    free.unwrap_or_else(|| path.join("perf.json"))
}
