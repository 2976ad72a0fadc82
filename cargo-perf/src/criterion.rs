//! The results of criterion: `target/criterion/GROUP/…/NAME/estimates.json`.
//!
//! Its bootstrap gives a standard error per estimate; the range kept here is 2.576 of them to either side, as wide as
//! the other ranges in a comparison. A benchmark is one run, with any number of samples: many calls in one run
//! say nothing about how the machine differs from run to run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use perf_exporters::baseline::{Baseline, Figure, Metric};
use perf_exporters::report::Machine;
use serde::Deserialize;

use crate::failure::{Failure, Result};

const FILE: &str = "estimates.json";
/// Groups, benchmarks and their parameters are folders in folders.
const DEEPEST: usize = 6;
/// Standard errors to either side that leave 0.5 % outside on each.
const ERRORS: f64 = 2.576;

#[derive(Deserialize)]
struct Estimates {
    mean: Estimate,
    median: Option<Estimate>,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    standard_error: f64,
}

#[derive(Deserialize)]
struct Benchmark {
    full_id: Option<String>,
    #[serde(default)]
    throughput: Option<BTreeMap<String, serde_json::Value>>,
}

/// `FOLDER@NAME`, where there is no file of that name but such a folder.
pub(crate) fn named(path: &Path) -> Option<(PathBuf, String)> {
    let (folder, name) = path.to_str()?.rsplit_once('@')?;
    (!path.exists() && Path::new(folder).is_dir()).then(|| (folder.into(), name.to_owned()))
}

/// Whether a folder holds estimates of criterion's.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir() && !estimates(path, None, DEEPEST).is_empty()
}

/// The estimates that criterion saved under this name: `new` and `base`, or what `--save-baseline` said.
pub(crate) fn read(folder: &Path, name: &str) -> Result<Baseline> {
    let files = estimates(folder, Some(name), DEEPEST);
    if files.is_empty() {
        return Err(Failure::new(format!(
            "{}: criterion saved nothing named {name:?} here: `cargo bench -- --save-baseline {name}` does, and every second `cargo bench` leaves `base` beside `new`",
            folder.display()
        )));
    }
    let mut baseline = Baseline::default();
    for file in files {
        let (name, figures) = benchmark(folder, &file)?;
        // Criterion does not say on which machine it ran.
        baseline.put(&name, &Machine::default(), figures);
    }
    Ok(baseline)
}

/// All estimates below a folder, of this name or of any.
fn estimates(folder: &Path, name: Option<&str>, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    for inner in folders {
        let file = inner.join(FILE);
        let of_name = name.is_none_or(|name| inner.file_name().is_some_and(|file| file == name));
        if of_name && file.is_file() {
            found.push(file);
        } else if depth > 1 {
            found.extend(estimates(&inner, name, depth - 1));
        }
    }
    found
}

fn benchmark(root: &Path, file: &Path) -> Result<(String, Vec<(Metric, Figure)>)> {
    let wrong = |file: &Path, why: &dyn std::fmt::Display| {
        Failure::new(format!("{}: not criterion's: {why}; run the benchmark again", file.display()))
    };
    let text = fs::read(file).map_err(|error| Failure::io("cannot read the estimates", file, &error))?;
    let estimates: Estimates = serde_json::from_slice(&text).map_err(|error| wrong(file, &error))?;
    let folder = file.parent().unwrap_or(root);
    let about = folder.join("benchmark.json");
    let about: Option<Benchmark> = match fs::read(&about) {
        Ok(text) => Some(serde_json::from_slice(&text).map_err(|error| wrong(&about, &error))?),
        Err(_) => None,
    };
    let by_path = || {
        let path = folder.parent().and_then(|path| path.strip_prefix(root).ok()).unwrap_or(folder);
        path.to_string_lossy().replace('\\', "/")
    };
    let name = about.as_ref().and_then(|about| about.full_id.clone()).unwrap_or_else(by_path);
    let figure = |estimate: &Estimate| {
        let margin = ERRORS * estimate.standard_error;
        let value = estimate.point_estimate;
        Figure::new(&[value], (value - margin).max(0.0), value + margin)
            .ok_or_else(|| wrong(file, &"an estimate is not a time"))
    };
    let mean = figure(&estimates.mean)?;
    let mut figures = Vec::new();
    if let Some((metric, work)) = about.and_then(|about| about.throughput).and_then(|work| throughput(&work)) {
        let rate = |ns: f64| 1e9 * work / ns;
        figures.extend(Figure::new(&[rate(mean.value())], rate(mean.high()), rate(mean.low())).map(|f| (metric, f)));
    }
    if let Some(median) = &estimates.median {
        figures.push((Metric::P50Ns, figure(median)?));
    }
    figures.push((Metric::MeanNs, mean));
    Ok((name, figures))
}

/// `{"Bytes": 1024}` or `{"Elements": 7}`.
fn throughput(work: &BTreeMap<String, serde_json::Value>) -> Option<(Metric, f64)> {
    let (kind, amount) = work.iter().next()?;
    let metric = match kind.as_str() {
        "Bytes" | "BytesDecimal" => Metric::BytesPerSecond,
        "Elements" => Metric::ItemsPerSecond,
        _ => return None,
    };
    Some((metric, amount.as_f64().filter(|amount| *amount > 0.0)?))
}
