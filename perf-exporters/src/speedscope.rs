//! A profile for [speedscope](https://www.speedscope.app), in its own file format.
//!
//! One profile for each weight: self time, and where they were counted, allocations and bytes. In speedscope, *Left
//! Heavy* is the flame graph, and *Sandwich* shows every probe with its callers and callees.

use serde::Serialize;

use crate::stack::{Names, Stacks, by_name, title};
use crate::{Report, Weight, label};

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

/// The profile as JSON.
///
/// ```
/// use perf_exporters::{Report, speedscope};
///
/// let json = speedscope::render(&Report::from(perf_core::snapshot()).of_this_process());
/// assert!(json.starts_with(r#"{"$schema":"https://www.speedscope.app/file-format-schema.json""#));
/// ```
///
/// ```text
/// PERF_REPORT=speedscope=perf.speedscope.json ./program
/// npx speedscope perf.speedscope.json
/// ```
#[must_use]
pub fn render(report: &Report) -> String {
    let stacks: Vec<_> = Stacks::of(report).iter().collect();
    let mut names = Names::default();
    let numbered: Vec<Vec<usize>> =
        stacks.iter().map(|(stack, _)| stack.iter().map(|name| names.number(name)).collect()).collect();
    let counted = |weight: &Weight| *weight == Weight::Time || report.meta.alloc_tracking;
    let profiles = Weight::ALL.into_iter().filter(counted).map(|weight| {
        let own = stacks.iter().map(|(_, own)| own.get(weight));
        let (samples, weights): (Vec<&[usize]>, Vec<u64>) =
            numbered.iter().map(Vec::as_slice).zip(own).filter(|(_, own)| *own > 0).unzip();
        Profile::new(weight, samples, weights)
    });
    let program = title(report);
    let file = File {
        schema: SCHEMA,
        profiles: profiles.collect(),
        shared: Shared { frames: frames(report, names.in_order()) },
        name: &program,
        exporter: concat!("perf-exporters@", env!("CARGO_PKG_VERSION")),
        active: 0,
    };
    // What can fail is a writer, and keys of maps that are no strings; there are neither.
    serde_json::to_string(&file).unwrap_or_default()
}

fn frames(report: &Report, names: &[&str]) -> Vec<Frame> {
    let probes = by_name(report);
    let frame = |name: &&str| {
        let place = probes.get(name).filter(|probe| !probe.file.is_empty());
        Frame {
            name: label::shown(name),
            file: place.map(|probe| probe.file.clone()),
            line: place.map(|probe| probe.line),
        }
    };
    names.iter().map(frame).collect()
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    profiles: Vec<Profile<'a>>,
    shared: Shared,
    name: &'a str,
    exporter: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active: usize,
}

#[derive(Serialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Serialize)]
struct Frame {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    r#type: &'a str,
    name: &'a str,
    unit: &'a str,
    start_value: u64,
    end_value: u64,
    samples: Vec<&'a [usize]>,
    weights: Vec<u64>,
}

impl<'a> Profile<'a> {
    fn new(weight: Weight, samples: Vec<&'a [usize]>, weights: Vec<u64>) -> Self {
        let (name, unit) = match weight {
            Weight::Time => ("self time", "nanoseconds"),
            Weight::Allocs => ("allocations", "none"),
            Weight::Bytes => ("bytes allocated", "bytes"),
        };
        let end_value = weights.iter().fold(0, |sum: u64, weight| sum.saturating_add(*weight));
        Self { r#type: "sampled", name, unit, start_value: 0, end_value, samples, weights }
    }
}
