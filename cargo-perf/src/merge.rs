//! `cargo perf merge`: several processes as one report.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{Form, MergeArgs};
use crate::failure::{Failure, Result};
use crate::input;
use crate::report::{Plan, merged};

pub(crate) fn run(args: &MergeArgs) -> Result<ExitCode> {
    let plan = Plan::new(&args.rendering, Form::Json)?;
    let files = input::files(&args.files)?;
    once_each(&files, plan.target())?;
    plan.write(&merged(input::reports(&files)?))?;
    Ok(ExitCode::SUCCESS)
}

/// A file that is named twice, or is written to, would count twice: at once, or when the command runs again.
fn once_each(files: &[PathBuf], target: Option<&Path>) -> Result<()> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut seen = HashSet::new();
    for file in files {
        if !seen.insert(real(file)) {
            return Err(Failure::new(format!("{}: is named twice, and would count twice", file.display())));
        }
    }
    match target {
        Some(target) if seen.contains(&real(target)) => Err(Failure::new(format!(
            "{}: is both read and written, and would count twice when this is done again; write to another folder, or under \
             a name that is not among the files read",
            target.display()
        ))),
        _ => Ok(()),
    }
}
