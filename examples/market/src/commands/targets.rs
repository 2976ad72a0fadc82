//! Targets of figures that belong to no probe: rates that are held, memory, processors, disks, recovery. Those of probes are in
//! `perf-budgets.toml`; together they are the success table.

/// A figure, and what it is to be.
pub(crate) struct Target {
    /// The phase.
    pub(crate) probe: &'static str,
    /// The figure; one that begins with `throughput` is to be at least, all others at most.
    pub(crate) metric: &'static str,
    /// The unit, as in reports.
    pub(crate) unit: &'static str,
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
}

const fn limit(probe: &'static str, metric: &'static str, unit: &'static str, limit: f64) -> Target {
    Target { probe, metric, unit, wanted: None, limit: Some(limit) }
}

/// In the order of the table.
pub(crate) const TARGETS: &[Target] = &[
    Target { probe: "queries", metric: "throughput", unit: "per_second", wanted: Some(100.0), limit: Some(50.0) },
    limit("ingestion", "memory", "bytes", 2e9),
    limit("ingestion", "processors", "ratio", 0.8),
    limit("queries", "memory", "bytes", 4e9),
    limit("queries", "processors", "ratio", 0.9),
    limit("api", "memory", "bytes", 1e9),
    limit("api", "processors", "ratio", 0.7),
    limit("disk", "written, of what it can", "ratio", 0.8),
    limit("disk", "read, of what it can", "ratio", 0.9),
    limit("curve", "throughput before it breaks", "per_second", 5_000.0),
    limit("stress", "processors idle where it fails", "ratio", 0.1),
    limit("stress", "recovery", "ns", 300e9),
    limit("endurance", "growth", "bytes", 500e6),
    limit("endurance", "memory", "bytes", 4e9),
    limit("endurance", "leaks of 10 MB a minute missed", "count", 0.0),
    limit("pair allocation", "allocations left", "ratio", 0.5),
    limit("regression", "latency", "ratio", 0.10),
    limit("regression", "loss of throughput", "ratio", 0.05),
    limit("regression", "memory", "ratio", 0.20),
];
