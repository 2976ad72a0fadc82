//! `cargo perf diff`: the changes between two sets of runs.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use perf_exporters::baseline::{Baseline, Metric, Options, RegressionReport, compare_baselines, markdown, text};
use perf_exporters::judge::diff::Thresholds;

use crate::cli::{DiffArgs, Format, Moves, Rules};
use crate::failure::{Failure, Result};
use crate::{criterion, input, out};

pub(crate) fn run(args: &DiffArgs) -> Result<ExitCode> {
    let (old, new, one_after_the_other) = sides(args)?;
    let mut options = options(&args.moves.rules)?;
    options.one_after_the_other = one_after_the_other;
    let found = compare_baselines(&old, &new, &options);
    show(&found, &args.moves)?;
    Ok(if args.exit_code { out::code(&found.verdict(), args.strict) } else { ExitCode::SUCCESS })
}

/// A warning about sides of which one was run as a whole before the other.
const APART: &str = "not interleaved: all runs of one side are older than all of the other, so what the machine did in between looks like \
     a change; a time fails only where all new runs take twice as long as all old ones. Run both in turn, as `cargo perf compare` does";

/// Both sides, and whether one was run as a whole before the other.
fn sides(args: &DiffArgs) -> Result<(Baseline, Baseline, bool)> {
    let (new, old) = ("new", "base");
    match args.sides.as_slice() {
        [] if !args.a.is_empty() => both(&args.a, &args.b),
        [one] if criterion::is_folder(one) => {
            out::warn(&APART);
            Ok((criterion::read(one, old)?, criterion::read(one, new)?, true))
        }
        [a, b] => both(std::slice::from_ref(a), std::slice::from_ref(b)),
        _ => Err(Failure::new(
            "two sides are needed: `cargo perf diff OLD NEW`, or `--a FILE… --b FILE…`, or the folder of criterion's estimates",
        )),
    }
}

fn both(old: &[PathBuf], new: &[PathBuf]) -> Result<(Baseline, Baseline, bool)> {
    let (before, after) = (input::side(old, "base")?, input::side(new, "new")?);
    // Standard input is read once; and a file that is no report has no times.
    let times = |side: &[PathBuf]| {
        let is_read = side.iter().any(|path| path.as_os_str() == "-");
        let reports = if is_read { Vec::new() } else { input::reports(side).unwrap_or_default() };
        reports.iter().map(|report| report.meta.time).collect::<Vec<_>>()
    };
    // A run of criterion's benchmarks is one whole, and so lies before or after the other.
    let is_criterion =
        |side: &[PathBuf]| matches!(side, [path] if criterion::named(path).is_some() || criterion::is_folder(path));
    let apart = one_after_the_other(&times(old), &times(new)) || is_criterion(old) && is_criterion(new);
    if apart {
        out::warn(&APART);
    }
    Ok((before, after, apart))
}

/// Whether several runs of each side were made, one side as a whole before the other.
fn one_after_the_other(old: &[SystemTime], new: &[SystemTime]) -> bool {
    let range = |side: &[SystemTime]| side.iter().min().copied().zip(side.iter().max().copied());
    match (range(old), range(new)) {
        (Some((old_first, old_last)), Some((new_first, new_last))) => {
            old.len() > 1 && new.len() > 1 && (old_last < new_first || new_last < old_first)
        }
        _ => false,
    }
}

/// The comparison's options from the command line.
pub(crate) fn options(rules: &Rules) -> Result<Options> {
    let mut options = Options::default();
    for rule in &rules.thresholds {
        let (metric, thresholds) = threshold(rule)?;
        options.thresholds.insert(metric, thresholds);
        options.gating.insert(metric);
    }
    for name in &rules.skip {
        options.gating.remove(&metric(name)?);
    }
    Ok(options)
}

fn threshold(rule: &str) -> Result<(Metric, Thresholds)> {
    let parsed = || {
        let (name, numbers) = rule.split_once('=')?;
        let (warn, fail) = numbers.split_once(',')?;
        let share = |text: &str| text.trim().trim_end_matches('%').trim().parse::<f64>().ok().map(|n| n / 100.0);
        let (warn, fail) = (share(warn)?, share(fail)?);
        (0.0 < warn && warn <= fail && fail.is_finite()).then_some((name, Thresholds { warn, fail }))
    };
    let (name, thresholds) = parsed().ok_or_else(|| {
        Failure::new(format!("--threshold {rule}: write METRIC=WARN,FAIL in per cent, such as mean=5,10"))
    })?;
    Ok((metric(name)?, thresholds))
}

/// A metric by its name on the command line.
pub(crate) fn metric(name: &str) -> Result<Metric> {
    Metric::from_key(name.trim()).ok_or_else(|| {
        let known: Vec<&str> = Metric::ALL.iter().map(|m| m.key().trim_end_matches("_ns")).collect();
        Failure::new(format!("{name:?} is no metric; there are {}", known.join(", ")))
    })
}

/// Writes a comparison to standard output.
pub(crate) fn show(found: &RegressionReport, moves: &Moves) -> Result<()> {
    match moves.format {
        Format::Table => {
            let mut options = text::Options::default();
            (options.width, options.color, options.all) = (out::width(), out::color(), moves.all);
            out::print(&text::render(found, &options))
        }
        Format::Json => out::json(found),
        Format::Markdown => out::print(&markdown::render(found)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn runs_that_were_not_made_in_turn_are_known_by_their_times() {
        let at = |seconds: &[u64]| {
            seconds.iter().map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(*s)).collect::<Vec<_>>()
        };
        assert!(one_after_the_other(&at(&[1, 2, 3]), &at(&[4, 5])));
        assert!(one_after_the_other(&at(&[4, 5]), &at(&[1, 2])));
        assert!(!one_after_the_other(&at(&[1, 3]), &at(&[2, 4])));
        assert!(!one_after_the_other(&at(&[1]), &at(&[2])), "of one run each there is no other way");
        assert!(!one_after_the_other(&[], &at(&[2, 3])));
    }
}
