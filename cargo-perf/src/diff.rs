//! `cargo perf diff`: what moved between two sets of runs.

use std::process::ExitCode;

use perf_exporters::baseline::{Baseline, Metric, Options, RegressionReport, compare_baselines, markdown, text};
use perf_exporters::judge::diff::Thresholds;

use crate::cli::{DiffArgs, Format, Moves, Rules};
use crate::failure::{Failure, Result};
use crate::{criterion, input, out};

pub(crate) fn run(args: &DiffArgs) -> Result<ExitCode> {
    let (old, new) = sides(args)?;
    let found = compare_baselines(&old, &new, &options(&args.moves.rules)?);
    show(&found, &args.moves)?;
    Ok(if args.exit_code { out::code(&found.verdict(), args.strict) } else { ExitCode::SUCCESS })
}

fn sides(args: &DiffArgs) -> Result<(Baseline, Baseline)> {
    let new = "new";
    let old = "base";
    match args.sides.as_slice() {
        [] if !args.a.is_empty() => Ok((input::side(&args.a, old)?, input::side(&args.b, new)?)),
        [one] if criterion::is_folder(one) => Ok((criterion::read(one, old)?, criterion::read(one, new)?)),
        [a, b] => Ok((input::side(std::slice::from_ref(a), old)?, input::side(std::slice::from_ref(b), new)?)),
        _ => Err(Failure::new(
            "two sides are needed: `cargo perf diff OLD NEW`, or `--a FILE… --b FILE…`, or the folder of criterion's estimates",
        )),
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
