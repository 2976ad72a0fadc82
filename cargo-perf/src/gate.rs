//! `cargo perf gate`: judges runs by a baseline, by budgets, or by both. The exit code is the verdict.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use perf_exporters::Report;
use perf_exporters::baseline::{Baseline, Kernels, Options, RegressionReport, compare_runs, update_asked};
use perf_exporters::judge::Verdict;
use serde::Serialize;

use crate::budgets::{self, Budgets};
use crate::cli::{Format, GateArgs};
use crate::failure::{Failure, Result};
use crate::{diff, input, machine, out};

/// The output with `--format json`.
#[derive(Serialize)]
struct Gated<'a> {
    verdict: String,
    baseline: Option<&'a RegressionReport>,
    budgets: Option<&'a budgets::Held>,
}

pub(crate) fn run(args: &GateArgs) -> Result<ExitCode> {
    let runs = input::reports(&args.head)?;
    let (baseline, budgets) = references(args)?;
    let kernels = if baseline.is_empty() { None } else { machine::kernels_for(&runs) };
    let mut options = diff::options(&args.moves.rules)?;
    options.kernels.clone_from(&kernels);

    let budgets = budgets.map(|file| Budgets::read(&file)).transpose()?;
    let held = budgets.map(|budgets| budgets.judge(&runs));
    let found =
        if baseline.is_empty() { None } else { by_baseline(args, &baseline, &runs, &options, kernels.as_ref())? };

    let of_baseline = found.as_ref().map_or(Verdict::Pass, RegressionReport::verdict);
    let of_budgets = held.as_ref().map_or(Verdict::Pass, budgets::Held::verdict);
    let verdict = of_baseline.and(of_budgets);
    if args.moves.format == Format::Json {
        let gated = Gated { verdict: verdict.to_string(), baseline: found.as_ref(), budgets: held.as_ref() };
        out::json(&gated)?;
    } else {
        if let Some(held) = &held {
            budgets::show(held, args.moves.format)?;
        }
        if let Some(found) = &found {
            diff::show(found, &args.moves)?;
        }
    }
    if let (Some(found), true) = (&found, args.update_passing) {
        update_passing(found, &baseline, &runs, kernels.as_ref())?;
    }
    Ok(out::code(&verdict, args.strict))
}

/// The files to judge by: those that were named, or those in this folder.
fn references(args: &GateArgs) -> Result<(Vec<PathBuf>, Option<PathBuf>)> {
    if !args.baseline.is_empty() || args.budgets.is_some() {
        return Ok((args.baseline.clone(), args.budgets.clone()));
    }
    let here = |name: &str| Some(PathBuf::from(name)).filter(|path| path.exists());
    let (lock, budgets) = (here("perf.lock"), here(budgets::FILE));
    if lock.is_none() && budgets.is_none() && !args.update {
        return Err(Failure::new(format!(
            "nothing to judge by: pass --baseline or --budgets, or keep perf.lock or {} here (`--update` records a perf.lock)",
            budgets::FILE
        )));
    }
    let lock = lock.or_else(|| (args.update).then(|| "perf.lock".into()));
    Ok((lock.into_iter().collect(), budgets))
}

/// The comparison with the baseline; none where the runs became the baseline.
fn by_baseline(
    args: &GateArgs,
    paths: &[PathBuf],
    runs: &[Report],
    options: &Options,
    kernels: Option<&Kernels>,
) -> Result<Option<RegressionReport>> {
    if args.update || (update_asked() && lock_of(paths).is_ok()) {
        let path = lock_of(paths)?;
        let before = if path.exists() { Some(Baseline::load(path)?) } else { None };
        let written = Baseline::update(path, |baseline| baseline.record(runs, kernels))?;
        if let Some(before) = before {
            diff::show(&compare_runs(&before, runs, options), &args.moves)?;
        }
        out::progress(&format!("{} now holds {} entries", path.display(), written.entries().len()));
        return Ok(None);
    }
    input::tell_invalid(runs);
    let baseline = input::side(paths, "base").inspect_err(|_| {
        out::warn(&"verdict: INCONCLUSIVE, since the baseline cannot be read");
    })?;
    Ok(Some(compare_runs(&baseline, runs, options)))
}

/// The one perf.lock among the named files.
fn lock_of(paths: &[PathBuf]) -> Result<&Path> {
    match paths {
        [path] if !path.is_dir() && (!path.exists() || input::looks_like_lock(path)) => Ok(path),
        _ => Err(Failure::new("only a perf.lock can be updated: pass one with --baseline")),
    }
}

fn update_passing(
    found: &RegressionReport,
    paths: &[PathBuf],
    runs: &[Report],
    kernels: Option<&Kernels>,
) -> Result<()> {
    let path = lock_of(paths)?;
    if found.nothing_regressed() {
        let written = Baseline::update(path, |baseline| baseline.record(runs, kernels))?;
        out::progress(&format!("nothing regressed: {} now holds {} entries", path.display(), written.entries().len()));
    } else {
        out::progress(&format!("{} stays as it was", path.display()));
    }
    Ok(())
}
