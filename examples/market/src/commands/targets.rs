//! Targets of figures that belong to no probe: rates that are held, memory, processors, disks, recovery. Those of probes are in
//! `perf-budgets.toml`; together they are the success table.

use perf_exporters::judge::Unit;

use super::curve::ENOUGH;
use super::stress::RECOVERED;

/// A figure, and what it is to be.
pub(crate) struct Target {
    /// The phase.
    pub(crate) probe: &'static str,
    /// The figure; one that begins with `throughput` is to be at least, all others at most.
    pub(crate) metric: &'static str,
    /// The unit.
    pub(crate) unit: Unit,
    /// What is wanted.
    pub(crate) wanted: Option<f64>,
    /// What is tolerated.
    pub(crate) limit: Option<f64>,
}

impl Target {
    /// Whether more is better.
    pub(crate) fn is_minimum(&self) -> bool {
        self.metric.starts_with("throughput")
    }

    /// The command of its own that measures it, where `quick` does not.
    pub(crate) fn command(&self) -> Option<&'static str> {
        (self.probe == "regression").then_some("`market regression` measures it, from its second run on")
    }
}

const fn limit(probe: &'static str, metric: &'static str, unit: Unit, limit: f64) -> Target {
    Target { probe, metric, unit, wanted: None, limit: Some(limit) }
}

/// In the order of the table.
pub(crate) const TARGETS: &[Target] = &[
    Target { probe: "queries", metric: "throughput", unit: Unit::PerSecond, wanted: Some(100.0), limit: Some(50.0) },
    limit("ingestion", "memory", Unit::Bytes, 2e9),
    limit("ingestion", "processors", Unit::Share, 0.8),
    limit("queries", "memory", Unit::Bytes, 4e9),
    limit("queries", "processors", Unit::Share, 0.9),
    limit("api", "memory", Unit::Bytes, 1e9),
    limit("api", "processors", Unit::Share, 0.7),
    limit("disk", "written, of what it can", Unit::Share, 0.8),
    limit("disk", "read, of what it can", Unit::Share, 0.9),
    limit("curve", "throughput before it breaks", Unit::PerSecond, ENOUGH),
    limit("stress", "processors idle where it fails", Unit::Share, 0.1),
    limit("stress", "recovery", Unit::Nanoseconds, RECOVERED.as_secs() as f64 * 1e9),
    limit("endurance", "growth", Unit::Bytes, 500e6),
    limit("endurance", "memory", Unit::Bytes, 4e9),
    limit("endurance", "leaks of 10 MB a minute missed", Unit::Count, 0.0),
    limit("pair allocation", "allocations left", Unit::Share, 0.5),
    limit("regression", "latency", Unit::Share, 0.10),
    limit("regression", "loss of throughput", Unit::Share, 0.05),
    limit("regression", "memory", Unit::Share, 0.20),
];
