//! `#[perf_budget(..)]`: its options, what they may say together, and the constant they become.
//!
//! `target` puts a budget on a function of the program, `test` on a test. Both end in the same expansion as
//! `#[perf_probe]`, with the budget hung on the probe.

pub(crate) mod above;
mod capacity;
mod lower;
mod parse;
pub(crate) mod target;
pub(crate) mod test;

use proc_macro2::{Ident, Span};
use syn::{LitStr, Path};

use crate::instrument::options::Name;

/// The options between the parentheses, as written.
#[derive(Default)]
pub(crate) struct Budget {
    pub(crate) name: Option<Name>,
    pub(crate) krate: Option<Path>,
    /// Where `perf_exporters` is found, if not under its own name.
    pub(crate) gate: Option<Path>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) targets: Vec<Limit>,
    pub(crate) calls: Vec<(LitStr, u64)>,
    pub(crate) versus: Option<Path>,
    pub(crate) ratio: Option<(f64, Span)>,
    pub(crate) growth: Option<GrowthClass>,
    /// Growth, or the comparison, is that of instructions.
    pub(crate) by_instructions: bool,
    pub(crate) sizes: Option<(Vec<usize>, Span)>,
    pub(crate) iterations: Option<(u64, Span)>,
    pub(crate) warmup: Option<Warmup>,
    /// In nanoseconds.
    pub(crate) max_time: Option<u64>,
    /// In calls in 1,000 seconds.
    pub(crate) at: Option<(u64, Span)>,
    pub(crate) cpu_clock: bool,
    pub(crate) debug: bool,
    /// The keys that are of a measured run, in the order written.
    pub(crate) run_keys: Vec<Ident>,
}

pub(crate) struct Limit {
    pub(crate) key: Ident,
    pub(crate) metric: Metric,
    /// In the metric's unit: nanoseconds, events, bytes, parts per million, events in 1,000 seconds.
    pub(crate) value: u64,
    pub(crate) span: Span,
}

/// A key that bounds something.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Metric {
    pub(crate) key: &'static str,
    /// Its name in `perf_core::budget::Metric`.
    pub(crate) variant: &'static str,
    pub(crate) unit: Unit,
    /// The fewest calls that can show it kept.
    pub(crate) least_calls: u64,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Unit {
    Time,
    Count,
    Bytes,
    Share,
    Rate,
    Instructions,
}

/// A name in `perf_core::budget::GrowthClass`.
pub(crate) type GrowthClass = &'static str;

pub(crate) enum Warmup {
    Calls(u64),
    /// In nanoseconds.
    Time(u64),
}

const fn metric(key: &'static str, variant: &'static str, unit: Unit, least_calls: u64) -> Metric {
    Metric { key, variant, unit, least_calls }
}

pub(crate) const METRICS: &[Metric] = &[
    metric("p50", "P50", Unit::Time, 5),
    metric("p90", "P90", Unit::Time, 29),
    metric("p95", "P95", Unit::Time, 59),
    metric("p99", "P99", Unit::Time, 299),
    metric("p999", "P999", Unit::Time, 2995),
    metric("max", "Max", Unit::Time, 1),
    metric("mean", "Mean", Unit::Time, 1),
    metric("allocs", "Allocs", Unit::Count, 1),
    metric("alloc_bytes", "AllocBytes", Unit::Bytes, 1),
    metric("peak_bytes", "PeakBytes", Unit::Bytes, 1),
    metric("net_bytes", "NetBytes", Unit::Bytes, 1),
    metric("errors", "Errors", Unit::Share, 1),
    metric("throughput", "Throughput", Unit::Rate, 1),
    metric("instructions", "Instructions", Unit::Instructions, 1),
];

pub(crate) const CLASSES: &[(&str, GrowthClass)] = &[
    ("1", "Constant"),
    ("log n", "Logarithmic"),
    ("n", "Linear"),
    ("n log n", "Linearithmic"),
    ("n^2", "Quadratic"),
    ("n^3", "Cubic"),
];

impl Metric {
    pub(crate) fn is_minimum(self) -> bool {
        self.unit == Unit::Rate
    }
}
