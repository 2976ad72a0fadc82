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
mod valid;

use proc_macro2::{Ident, Span};
use syn::{LitStr, Path};

use crate::instrument::options::Name;

/// What stands between the parentheses, as written.
#[derive(Default)]
pub(crate) struct Budget {
    pub(crate) name: Option<Name>,
    pub(crate) krate: Option<Path>,
    limits: Vec<Limit>,
    targets: Vec<Limit>,
    calls: Vec<(LitStr, u64)>,
    versus: Option<Path>,
    ratio: Option<(f64, Span)>,
    growth: Option<GrowthClass>,
    sizes: Option<(Vec<usize>, Span)>,
    iterations: Option<(u64, Span)>,
    warmup: Option<Warmup>,
    /// In nanoseconds.
    max_time: Option<u64>,
    /// In calls in 1,000 seconds.
    at: Option<(u64, Span)>,
    cpu_clock: bool,
    debug: bool,
    /// The keys that plan a measured run, in the order written.
    run_keys: Vec<Ident>,
}

struct Limit {
    key: Ident,
    metric: Metric,
    /// In the metric's unit: nanoseconds, events, bytes, parts per million, events in 1,000 seconds.
    value: u64,
    span: Span,
}

/// A key that bounds something.
#[derive(Clone, Copy, PartialEq)]
struct Metric {
    key: &'static str,
    /// Its name in `perf_core::budget::Metric`.
    variant: &'static str,
    unit: Unit,
    /// The fewest calls that can show it kept.
    least_calls: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Time,
    Count,
    Bytes,
    Share,
    Rate,
}

/// A name in `perf_core::budget::GrowthClass`.
type GrowthClass = &'static str;

enum Warmup {
    Calls(u64),
    /// In nanoseconds.
    Time(u64),
}

const fn metric(key: &'static str, variant: &'static str, unit: Unit, least_calls: u64) -> Metric {
    Metric { key, variant, unit, least_calls }
}

const METRICS: &[Metric] = &[
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
];

const CLASSES: &[(&str, GrowthClass)] = &[
    ("1", "Constant"),
    ("log n", "Logarithmic"),
    ("n", "Linear"),
    ("n log n", "Linearithmic"),
    ("n^2", "Quadratic"),
    ("n^3", "Cubic"),
];

impl Metric {
    fn is_minimum(self) -> bool {
        self.unit == Unit::Rate
    }
}
