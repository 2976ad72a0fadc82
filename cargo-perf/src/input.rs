//! Arguments of the command line, read to values.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use perf_exporters::baseline::Baseline;
use perf_exporters::{Error, Report};

use crate::criterion;
use crate::failure::{Failure, Result};
use crate::out;

/// The name that stands for standard input where a file may be named.
const STDIN: &str = "-";

/// The reports of all these files and folders, in their order.
pub(crate) fn reports(paths: &[PathBuf]) -> Result<Vec<Report>> {
    files(paths)?.iter().map(|file| reports_in(file)).collect::<Result<Vec<_>>>().map(|all| all.concat())
}

/// The files themselves: those in a folder instead of the folder.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let inside = report_files(path)?;
        if inside.is_empty() {
            return Err(Failure::new(format!(
                "{}: no report in this folder: `cargo perf run --save {0}/NAME.json` writes one",
                path.display()
            )));
        }
        files.extend(inside);
    }
    Ok(files)
}

/// The reports of one file: one report, or one in each line.
fn reports_in(path: &Path) -> Result<Vec<Report>> {
    let (name, text) = if path == Path::new(STDIN) {
        let mut text = Vec::new();
        ("standard input".into(), io::stdin().read_to_end(&mut text).map(|_| text))
    } else {
        (path.display().to_string(), fs::read(path))
    };
    let text = text.map_err(|error| Failure::new(format!("{name}: cannot read the report: {error}")))?;
    let lines: Vec<(usize, &[u8])> = text
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(at, line)| (at + 1, line))
        .collect();
    let read: Vec<_> = lines.iter().map(|(at, line)| (*at, Report::from_json(line))).collect();
    // A report may also be spread over lines, by a formatter: then no line is one.
    let is_of_lines =
        |line: &std::result::Result<Report, Error>| line.as_ref().map_or_else(Error::is_newer_schema, |_| true);
    if lines.len() < 2 || !read.iter().any(|(_, line)| is_of_lines(line)) {
        let report = Report::from_json(&text).map_err(|error| {
            let place = error.place().map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
            Failure::new(format!("{name}{place}: {error}"))
        })?;
        return Ok(vec![report]);
    }
    let mut reports = Vec::with_capacity(read.len());
    for (at, line) in read {
        match line {
            Ok(report) => reports.push(report),
            // What a full disk or a killed writer cut off says nothing about the lines around it.
            Err(error) if error.is_malformed() => out::warn(&format!("{name}:{at}: this line is left out: {error}")),
            Err(error) => return Err(Failure::new(format!("{name}:{at}: {error}"))),
        }
    }
    Ok(reports)
}

/// Files of a folder that end as reports do, in the order of their names.
fn report_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let list = list.map_err(|error| Failure::io("cannot read the folder", folder, &error))?;
    let is_report = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json" || ending == "jsonl");
    let mut files: Vec<PathBuf> = list.into_iter().map(|entry| entry.path()).filter(is_report).collect();
    files.sort();
    Ok(files)
}

/// One side of a comparison: reports, or a perf.lock, or criterion's estimates of that name.
pub(crate) fn side(paths: &[PathBuf], criterion_name: &str) -> Result<Baseline> {
    if let [path] = paths {
        if let Some((folder, name)) = criterion::named(path) {
            return criterion::read(&folder, &name);
        }
        if criterion::is_folder(path) {
            return criterion::read(path, criterion_name);
        }
        if !path.is_dir() && looks_like_lock(path) {
            return Ok(Baseline::load(path)?);
        }
    }
    let runs = reports(paths)?;
    tell_invalid(&runs);
    Ok(Baseline::from_runs(&runs))
}

/// Names the drives whose times are left out of a comparison.
pub(crate) fn tell_invalid(runs: &[Report]) {
    // Each drive has one such probe, and the first reason stands for those of all runs.
    let mut drives: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for probe in runs.iter().flat_map(|run| &run.probes) {
        let invalid = probe.driven.as_ref().map(|driven| driven.invalid.as_str()).filter(|reason| !reason.is_empty());
        if let Some((drive, reason)) = probe.name.strip_suffix("::lateness").zip(invalid) {
            drives.entry(drive).or_insert((0, reason)).0 += 1;
        }
    }
    for (drive, (count, reason)) in drives {
        out::warn(&format!(
            "{drive}: INVALID in {count} of {} runs, whose times are not compared: {reason}",
            runs.len()
        ));
    }
}

/// Whether a file is to be read as a perf.lock: by its ending, or because it does not begin as JSON does.
pub(crate) fn looks_like_lock(path: &Path) -> bool {
    if path.extension().is_some_and(|ending| ending == "lock" || ending == "toml") {
        return true;
    }
    let text = fs::read(path).unwrap_or_default();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    // Where it does not begin as text does, it is for the reader of reports to say what it is.
    text.trim_ascii_start().first().is_some_and(|first| matches!(first, b'!'..=b'~') && !matches!(first, b'{' | b'['))
}
