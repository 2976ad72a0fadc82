//! Regression: five runs against the five that were saved, judged by `cargo perf gate`. Where nothing regressed they are saved in
//! their place.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use perf_exporters::Report;
use perf_exporters::human;
use perf_exporters::report::ProbeReport;

use super::book::{Book, perf, say};
use super::scale::Mode;
use super::world::{Place, World};
use super::{latency, throughput};

const RUNS: usize = 5;
/// What may become worse before it warns, and before it fails, in per cent.
const THRESHOLDS: [&str; 4] = ["mean=10,10", "p95=10,10", "items_per_second=5,5", "peak_bytes=20,20"];
/// The exit code of `cargo perf gate --strict` where a figure moved and may not have.
const UNDECIDED: u8 = 3;
/// Probes of the table's figures: a message stored, and messages sent and stored.
const LATENCY: &str = "consumer::response";
const THROUGHPUT: &str = "ingestion::part";

/// Measures and judges; the code is 1 where something regressed.
pub(crate) fn run(book: &mut Book, place: Place<'_>, baseline: &Path, mode: Mode) -> Result<ExitCode, Box<dyn Error>> {
    let folder = place.folder;
    let runs = folder.join("runs");
    if runs.exists() {
        fs::remove_dir_all(&runs)?;
    }
    fs::create_dir_all(&runs)?;
    for number in 0..RUNS {
        say(&format!("regression: run {} of {RUNS}\n", number + 1));
        let world = World::begin(place)?;
        let mut own = Book::new(folder);
        throughput::ingestion(&mut own, &world, mode)?;
        latency::producer(&mut own, &world, mode)?;
        latency::consumer(&mut own, &world, mode)?;
        own.report().write(runs.join(format!("{number}.json")))?;
    }
    if !baseline.exists() {
        say(&format!("regression: there is no baseline yet; these runs are it from now on: {}\n", baseline.display()));
        copy(&runs, baseline)?;
        return Ok(ExitCode::SUCCESS);
    }
    let then = read(baseline)?;
    let code = gate(baseline, &runs);
    let undecided = code == ExitCode::from(UNDECIDED);
    note(book, &then, &read(&runs)?, undecided.then_some("the runs scatter too much to tell"));
    if code == ExitCode::SUCCESS {
        copy(&runs, baseline)?;
        say("regression: none; these runs are the baseline from now on\n");
    } else if undecided {
        // Runs that may be slower are no measure for later ones.
        say("regression: none was proven, and neither was that there is none; the baseline stays as it was\n");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(code)
}

fn gate(baseline: &Path, runs: &Path) -> ExitCode {
    let mut args: Vec<OsString> =
        vec!["gate".into(), "--strict".into(), "--baseline".into(), baseline.into(), runs.into()];
    for threshold in THRESHOLDS {
        args.extend(["--threshold".into(), threshold.into()]);
    }
    // How often consumers poll and commit depends on when they look.
    for skipped in ["calls", "allocs", "alloc_bytes"] {
        args.extend(["--skip".into(), skipped.into()]);
    }
    perf(args)
}

/// A figure of a run.
type Of<'a> = &'a dyn Fn(&Report) -> Option<f64>;

fn note(book: &mut Book, then: &[Report], now: &[Report], doubt: Option<&str>) {
    let figure = |runs: &[Report], of: Of<'_>| {
        let mut values: Vec<f64> = runs.iter().filter_map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    // A generator that was late measured itself.
    let valid = |probe: &&ProbeReport| probe.driven.as_ref().is_none_or(|driven| driven.invalid.is_empty());
    let latency = move |run: &Report| Some(run.probe(LATENCY).filter(valid)?.quantiles.p95 as f64);
    let throughput =
        |run: &Report| run.probe(THROUGHPUT).map(|probe| probe.items as f64 / (probe.sum_ns.max(1) as f64 / 1e9));
    let memory = |run: &Report| Some(run.monitor.first()?.figure("rss_bytes")?.max);
    let of: [(&str, Of<'_>, f64, &str, &str); 3] = [
        ("latency", &latency, 1.0, &format!("p95 of {LATENCY}"), "ns"),
        ("loss of throughput", &throughput, -1.0, &format!("messages of {THROUGHPUT}"), "per_second"),
        ("memory", &memory, 1.0, "the greatest resident set", "bytes"),
    ];
    for (metric, of, sign, what, unit) in of {
        match (figure(then, of), figure(now, of)) {
            (Some(then), Some(now)) => {
                let [before, after] = [then, now].map(|value| human::figure(value, unit));
                let seen = format!("{what}, the median of {RUNS} runs: {before} before, {after} now");
                book.explained("regression", metric, sign * (now / then - 1.0), doubt, Some(&seen));
            }
            _ => book.doubted("regression", metric, f64::NAN, Some("no run of one side measured it: see above")),
        }
    }
}

fn read(folder: &Path) -> Result<Vec<Report>, Box<dyn Error>> {
    fs::read_dir(folder)?.map(|entry| Ok(Report::read(entry?.path())?)).collect()
}

fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_no_regression_against_itself() {
        let report = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/report.json"));
        assert_eq!(gate(report, report), ExitCode::SUCCESS, "standard error has the reason");
    }
}
