//! `cargo perf status`: a line for each budget, with its target, its limit and the measured value.
//!
//! [`lines`] makes the lines of reports and budgets, [`mod@show`] writes them, [`marked`] keeps them in a page of Markdown.

mod lines;
mod marked;
mod page;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use perf_exporters::write;

use crate::budgets::{self, Budgets};
use crate::cli::{StatusArgs, StatusForm};
use crate::failure::{Failure, Result};
use crate::{input, out};

use lines::{Line, Status};

pub(crate) fn run(args: &StatusArgs) -> Result<ExitCode> {
    let runs = input::reports(&args.files)?;
    let here = || Some(PathBuf::from(budgets::FILE)).filter(|path| path.exists());
    let file = args.budgets.clone().or_else(here);
    let file = file.map(|path| Budgets::read(&path)).transpose()?;
    let lines = lines::of(&runs, file.as_ref());
    if lines.is_empty() {
        return Err(Failure::new(format!(
            "there is no budget to show: none of these reports has one, and there is no {} here (--budgets names another file)",
            budgets::FILE
        )));
    }
    if let Some(page) = &args.into {
        return into(page, &lines);
    }
    if let Some(page) = &args.check {
        return check(page, &lines);
    }
    let text = match args.format {
        StatusForm::Table => show::table(&lines, out::color()),
        StatusForm::Markdown => show::markdown(&lines),
        StatusForm::Html => page::html(&lines),
        StatusForm::Json => return out::json(&lines).map(|()| code(&lines, args)),
    };
    match &args.output {
        Some(path) => write::atomically(path, text.as_bytes())?,
        None => out::print(&text)?,
    }
    Ok(code(&lines, args))
}

/// With `--exit-code`, a broken limit is an exit code.
fn code(lines: &[Line], args: &StatusArgs) -> ExitCode {
    let broken = lines.iter().any(|line| line.status == Status::Broken);
    if args.exit_code && broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn into(page: &Path, lines: &[Line]) -> Result<ExitCode> {
    let text = marked::read(page)?;
    let new = marked::replaced(&text, &show::markdown(lines)).ok_or_else(|| marked::missing(page))?;
    if new != text {
        write::atomically(page, new.as_bytes())?;
    }
    out::progress(&format!("{}: {} lines of status", page.display(), lines.len()));
    Ok(ExitCode::SUCCESS)
}

fn check(page: &Path, lines: &[Line]) -> Result<ExitCode> {
    let text = marked::read(page)?;
    let kept = marked::between(&text).ok_or_else(|| marked::missing(page))?;
    match marked::stale(kept, &show::markdown(lines)) {
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
