//! `event-daemon quick`, `default` and `full`: all measurements, and what is written of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use event_daemon::faults::{self, Fault};
use event_daemon::load::Level;
use event_daemon::{Architecture, Inject};

use super::Result;
use crate::measure::{Effort, levels, memory, patterns, recovery, scaling};
use crate::report::Results;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder that reports are written to.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/event-daemon"))]
    folder: PathBuf,
    /// A regression put in on purpose.
    #[arg(long)]
    inject: Option<Inject>,
    /// End with 1 where a limit is broken; a busy machine breaks limits of time.
    #[arg(long)]
    strict: bool,
}

/// Targets and limits.
const BUDGETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/perf-budgets.toml");

pub(crate) fn run(arguments: &Arguments, effort: Effort) -> Result<ExitCode> {
    let begin = Instant::now();
    let effort = Effort { inject: arguments.inject, ..effort };
    // Before minutes are spent on what could not be written there.
    let folder = fs::create_dir_all(&arguments.folder).and_then(|()| arguments.folder.canonicalize());
    let folder =
        folder.map_err(|error| format!("{}: {error}; --folder names another folder", arguments.folder.display()))?;
    let file = |name: &str| folder.join(name);
    let results = results(&effort, begin)?;
    let (report, document) = (results.report(), results.document());
    report.write(file("report.json"))?;
    fs::write(file("report.html"), results.page(&report)?)?;
    fs::write(file("comparison.md"), document.markdown())?;
    fs::write(file("comparison.html"), document.html())?;
    print!("{}", document.markdown());
    eprintln!(
        "{:6.1} s  written: {} and comparison.md, comparison.html, report.json",
        seconds(begin),
        file("report.html").display()
    );
    println!("\n## Targets\n");
    Ok(status(&file("report.json"), arguments.strict))
}

/// The table of targets, by the code of `cargo perf status`.
fn status(report: &Path, strict: bool) -> ExitCode {
    let words = ["cargo-perf", "perf", "status", "--budgets", BUDGETS].map(Into::into);
    let strict = strict.then(|| "--exit-code".into());
    let words = words.into_iter().chain(strict).chain([report.as_os_str().to_owned()]);
    cargo_perf::run(words)
}

fn seconds(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64()
}

fn results(effort: &Effort, begin: Instant) -> Result<Results> {
    let tell = |what: &str| eprintln!("{:6.1} s  {what}", seconds(begin));
    let mut all = Vec::new();
    for level in Level::ALL {
        tell(&format!(
            "{} load: {} events, {} services, {} B",
            level.name, level.events, level.services, level.payload
        ));
        all.push(levels::run(level, effort)?);
    }
    tell("patterns: steady, burst, ramp, spike, mixed");
    let patterns = patterns::run(effort)?;
    tell("memory by payload");
    let payloads = memory::payloads(effort)?;
    tell("endurance");
    let [first, second] = Architecture::BOTH.map(|architecture| memory::endurance(architecture, effort));
    let endured = [first?, second?];
    tell("scalability");
    let [first, second] = Architecture::BOTH.map(|architecture| scaling::run(architecture, effort));
    let scaling = [first?, second?];
    tell("recovery");
    let [first, second] = Architecture::BOTH.map(|architecture| recovery::run(architecture, effort));
    let recoveries = [first?, second?];
    tell("faults");
    let mut faults = Vec::new();
    for fault in [Fault::Stopped, Fault::Poison, Fault::SlowService] {
        for architecture in Architecture::BOTH {
            faults.push(faults::run(fault, architecture)?);
        }
    }
    Ok(Results { levels: all, patterns, payloads, endured, scaling, recoveries, faults })
}
