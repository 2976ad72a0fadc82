//! A profile in pprof's form: gzipped protobuf, for `go tool pprof` and the many services that take it.
//!
//! Three values a stack, each without what it called: `time` in nanoseconds, `allocs` and `bytes`. Every probe is a
//! function at its place in the source. The clock, the cost of a probe and the observer effect are comments.

mod proto;

use std::collections::HashMap;
use std::io::Write;
use std::time::SystemTime;

use flate2::{Compression, GzBuilder};
use prost::Message;

use crate::report::{ProbeReport, nanos};
use crate::stack::{Names, Stacks, by_name, title};
use crate::{Report, Weight, human, label};
use proto::{Function, Line, Location, Mapping, Profile, Sample, ValueType};

/// The profile, gzipped. The same report always gives the same bytes.
///
/// ```
/// use perf_exporters::{Report, pprof};
///
/// let bytes = pprof::render(&Report::from(perf_core::snapshot()).of_this_process());
/// assert_eq!(bytes[..2], [0x1f, 0x8b], "gzip");
/// ```
///
/// ```text
/// PERF_REPORT=pprof=cpu.pb.gz ./program
/// go tool pprof -top cpu.pb.gz
/// go tool pprof -sample_index=bytes -http=: cpu.pb.gz
/// ```
#[must_use]
pub fn render(report: &Report) -> Vec<u8> {
    let message = profile(report).encode_to_vec();
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = gzip.write_all(&message);
    gzip.finish().unwrap_or_default()
}

fn profile(report: &Report) -> Profile {
    let mut strings = Strings::default();
    let mut names = Names::default();
    let sample = Stacks::of(report)
        .iter()
        .map(|(stack, own)| Sample {
            location_id: stack.iter().rev().map(|name| names.number(name) as u64 + 1).collect(),
            value: Weight::ALL.iter().map(|weight| signed(own.get(*weight))).collect(),
        })
        .collect();
    let (function, location) = functions(names.in_order(), &by_name(report), &mut strings);
    let meta = &report.meta;
    Profile {
        sample_type: Weight::ALL.iter().map(|weight| value_type(*weight, &mut strings)).collect(),
        sample,
        mapping: vec![Mapping {
            id: 1,
            filename: strings.index(&title(report)),
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
        }],
        location,
        function,
        time_nanos: signed(nanos(meta.time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())),
        duration_nanos: signed(meta.duration_ns),
        comment: comments(report).iter().map(|comment| strings.index(comment)).collect(),
        default_sample_type: strings.index("time"),
        string_table: strings.table,
    }
}

fn value_type(weight: Weight, strings: &mut Strings) -> ValueType {
    let (name, unit) = match weight {
        Weight::Time => ("time", "nanoseconds"),
        Weight::Allocs => ("allocs", "count"),
        Weight::Bytes => ("bytes", "bytes"),
    };
    ValueType { r#type: strings.index(name), unit: strings.index(unit) }
}

/// A function and a location of the same number for every name.
fn functions(
    names: &[&str],
    probes: &HashMap<&str, &ProbeReport>,
    strings: &mut Strings,
) -> (Vec<Function>, Vec<Location>) {
    let place = |(at, name): (usize, &&str)| {
        let id = at as u64 + 1;
        let probe = probes.get(name);
        let line = probe.map_or(0, |probe| i64::from(probe.line));
        let shown = strings.index(&label::shown(name));
        let filename = strings.index(probe.map_or("", |probe| probe.file.as_str()));
        let function = Function { id, name: shown, system_name: shown, filename, start_line: line };
        (function, Location { id, mapping_id: 1, line: vec![Line { function_id: id, line }] })
    };
    names.iter().enumerate().map(place).unzip()
}

fn comments(report: &Report) -> Vec<String> {
    let meta = &report.meta;
    vec![
        format!("clock {}, {} per probe call", label::escaped(&meta.clock), human::duration(meta.probe_cost_ns)),
        format!("observer effect: {}", human::longer(report.observer_effect())),
    ]
}

/// Strings, each told once; the first is empty.
struct Strings {
    table: Vec<String>,
    known: HashMap<String, i64>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { table: vec![String::new()], known: HashMap::from([(String::new(), 0)]) }
    }
}

impl Strings {
    fn index(&mut self, text: &str) -> i64 {
        if let Some(index) = self.known.get(text) {
            return *index;
        }
        let index = signed(self.table.len() as u64);
        self.known.insert(text.to_owned(), index);
        self.table.push(text.to_owned());
        index
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
