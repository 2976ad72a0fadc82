//! `cargo perf run`: builds with a feature, runs, reports.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstyle::Style;
use perf_exporters::Report;
use perf_exporters::baseline::Metric;
use perf_exporters::gate::{Of, counting};
use perf_exporters::label::shown;
use serde::Serialize;
use serde_json::json;

use crate::build::{self, Elsewhere};
use crate::cli::{Form, RunArgs};
use crate::columns::{self, Left, Right};
use crate::failure::{Failure, Result};
use crate::out;
use crate::program::{NO_REPORT, Output, Program};
use crate::report::{self, Plan};
use crate::scratch;

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode> {
    if args.runs > 1 && args.save.as_deref().is_some_and(Path::is_file) {
        return Err(Failure::new("several runs are saved in a folder, and --save names a file"));
    }
    let plan = Plan::new(&args.rendering, Form::Table)?;
    scratch::remove_abandoned();
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
    if args.instructions {
        let format = args.rendering.format;
        return counted(&program, &report::merged(reports), args.runs, format);
    }
    show(reports, &plan)?;
    Ok(ExitCode::SUCCESS)
}

/// The most probes that are counted: the program runs twice for each.
pub(crate) const COUNTED: usize = 20;

/// The probes that were called, with their calls, those with most time of their own first.
pub(crate) fn costliest(report: Option<&Report>, most: usize) -> Vec<(String, u64)> {
    let mut probes: Vec<_> = report.iter().flat_map(|report| &report.probes).filter(|probe| probe.calls > 0).collect();
    probes.sort_by_key(|probe| std::cmp::Reverse(probe.self_ns));
    probes.into_iter().take(most).map(|probe| (probe.name.clone(), probe.calls)).collect()
}

/// A row of `--instructions`: of all calls of a run together, with what they call, and without the probes among that.
#[derive(Serialize)]
struct Row {
    probe: String,
    calls: u64,
    instructions: u64,
    own_instructions: u64,
}

/// Counts instructions of the costliest probes, and shows them.
fn counted(program: &Program, report: &Report, runs: u32, format: Option<Form>) -> Result<ExitCode> {
    let counted_by = counting().map_err(Failure::new)?;
    let probes = costliest(Some(report), COUNTED);
    let mut rows = Vec::new();
    for (at, (probe, calls)) in probes.iter().enumerate() {
        out::progress(&format!("counting {} of {}: {probe}", at + 1, probes.len()));
        let count = |of| program.counted_probe(probe, of).map_err(|why| Failure::new(format!("{probe}: {why}")));
        let (instructions, own_instructions) = (count(Of::Whole)?, count(Of::Own)?);
        rows.push(Row { probe: probe.clone(), calls: calls / u64::from(runs.max(1)), instructions, own_instructions });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.own_instructions));
    if format == Some(Form::Json) {
        out::json(&json!({ "counted_by": counted_by, "probes": rows }))?;
    } else {
        out::print(&table(&rows, counted_by))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(rows: &[Row], counted_by: &str) -> String {
    let all: u64 = rows.iter().map(|row| row.own_instructions).sum();
    let figure = |count: u64| Metric::Instructions.figure(count as f64);
    let cells = rows.iter().map(|row| {
        let share = format!("{:.1} %", 100.0 * row.own_instructions as f64 / all.max(1) as f64);
        let calls = row.calls.max(1);
        let each = [row.calls, row.instructions / calls, row.own_instructions / calls, row.own_instructions];
        let [calls, whole, own, all] = each.map(figure);
        columns::row([shown(&row.probe), calls, whole, own, all, share], Style::new())
    });
    let head = columns::row(["probe", "calls", "a call", "own, a call", "own, in all", "share"], Style::new());
    let lines: Vec<_> = std::iter::once(head).chain(cells).collect();
    let text = columns::aligned(&lines, [Left, Right, Right, Right, Right, Right], false);
    format!("perf run · instructions, counted by {counted_by}\n\n{text}")
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
