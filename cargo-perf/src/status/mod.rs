//! `cargo perf status`: a line for each budget, with its target, its limit and the measured value.
//!
//! [`lines`] makes the lines of reports, logs of tests and budgets, [`why`] says why some are not met, [`mod@show`] writes them, [`marked`] keeps them in a page of Markdown.

mod lines;
mod marked;
mod page;
mod show;
mod why;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use perf_exporters::gate_log::{self, Run};
use perf_exporters::{Report, write};

use crate::budgets::{self, Budgets};
use crate::cli::{StatusArgs, StatusForm};
use crate::failure::{Failure, Result};
use crate::{input, out};

use lines::{Line, Status};

pub(crate) fn run(args: &StatusArgs) -> Result<ExitCode> {
    let (tests, reports) = logs(&args.files)?;
    let runs = input::reports(&reports)?;
    let joined: Report = runs.iter().cloned().collect();
    let here = || Some(PathBuf::from(budgets::FILE)).filter(|path| path.exists());
    let file = args.budgets.clone().or_else(here);
    let file = file.map(|path| Budgets::read(&path)).transpose()?;
    let lines = lines::of(&joined, &runs, &tests, file.as_ref(), args.measured);
    let told = Told { causes: why::causes(&lines, &joined), lines };
    let lines = &told.lines;
    if lines.is_empty() && args.measured {
        return Err(Failure::new("nothing that has a budget was measured: without --measured all budgets are shown"));
    }
    if lines.is_empty() {
        return Err(Failure::new(format!(
            "there is no budget to show: none of these reports has one, and there is no {} here (--budgets names another file)",
            budgets::FILE
        )));
    }
    if let Some(page) = &args.into {
        return into(page, &told);
    }
    if let Some(page) = &args.check {
        return check(page, &told);
    }
    let text = match args.format {
        StatusForm::Table => show::table(&told, out::color()),
        StatusForm::Markdown => show::markdown(&told),
        StatusForm::Html => page::html(&told),
        StatusForm::Json => return out::json(lines).map(|()| code(lines, args)),
    };
    match &args.output {
        Some(path) => write::atomically(path, text.as_bytes())?,
        None => out::print(&text)?,
    }
    Ok(code(lines, args))
}

/// The lines, and what `diagnose` finds where one of them is not met.
struct Told {
    lines: Vec<Line>,
    causes: Vec<String>,
}

/// The runs in those files that are logs of budget tests, and the other files.
fn logs(paths: &[PathBuf]) -> Result<(Vec<Run>, Vec<PathBuf>)> {
    let (mut runs, mut others) = (Vec::new(), Vec::new());
    for path in input::files(paths)? {
        match gate_log::read(&path) {
            Ok(log) if !log.is_empty() => runs.extend(log),
            // A report, or a file that cannot be read: the reader of reports says what is wrong.
            _ => others.push(path),
        }
    }
    Ok((runs, others))
}

/// With `--exit-code`, a broken limit is an exit code.
fn code(lines: &[Line], args: &StatusArgs) -> ExitCode {
    let broken = lines.iter().any(|line| line.status == Status::Broken);
    if args.exit_code && broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn into(page: &Path, told: &Told) -> Result<ExitCode> {
    let text = marked::read(page)?;
    let new = marked::replaced(&text, &show::markdown(told)).ok_or_else(|| marked::missing(page))?;
    if new != text {
        write::atomically(page, new.as_bytes())?;
    }
    out::progress(&format!("{}: {} lines of status", page.display(), told.lines.len()));
    Ok(ExitCode::SUCCESS)
}

fn check(page: &Path, told: &Told) -> Result<ExitCode> {
    let text = marked::read(page)?;
    let kept = marked::between(&text).ok_or_else(|| marked::missing(page))?;
    match marked::stale(kept, &show::markdown(told)) {
        None => Ok(ExitCode::SUCCESS),
        Some(difference) => {
            out::complain(&format!(
                "{}: the table of status is stale: {difference}; `cargo perf status … --into {}` writes it anew",
                page.display(),
                page.display()
            ));
            Ok(ExitCode::FAILURE)
        }
    }
}
