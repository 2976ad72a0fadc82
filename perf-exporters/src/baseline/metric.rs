//! The figures kept of a probe, and how each is judged.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::judge::diff::{self, Thresholds};
use crate::judge::{Unit, instructions};

/// A figure of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Metric {
    /// Calls of a run.
    Calls,
    /// Calls of a run that returned an error.
    Errors,
    /// Allocations of a run, in calls and in what they called.
    Allocs,
    /// Bytes allocated in a run.
    AllocBytes,
    /// The most that live memory grew in any call.
    PeakBytes,
    /// Counted instructions of a call.
    Instructions,
    /// Mean time of a call, in nanoseconds.
    MeanNs,
    /// Mean own time of a call, in nanoseconds: without the probes it called.
    SelfNs,
    /// Median time of a call.
    P50Ns,
    /// Time that 90 % of the calls stayed within.
    P90Ns,
    /// Time that 95 % of the calls stayed within.
    P95Ns,
    /// Time that 99 % of the calls stayed within.
    P99Ns,
    /// Items per second of time in calls.
    ItemsPerSecond,
    /// Bytes per second of time in calls.
    BytesPerSecond,
}

/// How figures of a kind are judged.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Exactly, where runs agree; else as [`Kind::Memory`].
    Count,
    /// By size.
    Memory,
    /// By the processes of both sides, and by how far those of one side lie apart.
    Instructions,
    /// By size, and by whether the change is real.
    Time(diff::Metric),
}

impl Metric {
    /// All of them, counts first.
    pub const ALL: [Self; 14] = [
        Self::Calls,
        Self::Errors,
        Self::Allocs,
        Self::AllocBytes,
        Self::PeakBytes,
        Self::Instructions,
        Self::MeanNs,
        Self::SelfNs,
        Self::P50Ns,
        Self::P90Ns,
        Self::P95Ns,
        Self::P99Ns,
        Self::ItemsPerSecond,
        Self::BytesPerSecond,
    ];

    /// Its key in `perf.lock`.
    ///
    /// ```
    /// # use perf_exporters::baseline::Metric;
    /// assert_eq!(Metric::P95Ns.key(), "p95_ns");
    /// assert!(Metric::ALL.iter().all(|metric| Metric::from_key(metric.key()) == Some(*metric)));
    /// ```
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Errors => "errors",
            Self::Allocs => "allocs",
            Self::AllocBytes => "alloc_bytes",
            Self::PeakBytes => "peak_bytes",
            Self::Instructions => "instructions",
            Self::MeanNs => "mean_ns",
            Self::SelfNs => "self_ns",
            Self::P50Ns => "p50_ns",
            Self::P90Ns => "p90_ns",
            Self::P95Ns => "p95_ns",
            Self::P99Ns => "p99_ns",
            Self::ItemsPerSecond => "items_per_second",
            Self::BytesPerSecond => "bytes_per_second",
        }
    }

    /// The metric of a key; also without its unit, as in `p95` or `mean`.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        let short = |metric: &Self| metric.key().strip_suffix("_ns") == Some(key);
        Self::ALL.into_iter().find(|metric| metric.key() == key || short(metric))
    }

    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AllocBytes => "alloc bytes",
            Self::PeakBytes => "peak bytes",
            Self::MeanNs => "mean",
            Self::SelfNs => "self time",
            Self::P50Ns => "p50",
            Self::P90Ns => "p90",
            Self::P95Ns => "p95",
            Self::P99Ns => "p99",
            Self::ItemsPerSecond => "items/s",
            Self::BytesPerSecond => "bytes/s",
            _ => self.key(),
        }
    }

    /// How it is judged.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Calls | Self::Errors | Self::Allocs => Kind::Count,
            Self::AllocBytes | Self::PeakBytes => Kind::Memory,
            Self::Instructions => Kind::Instructions,
            Self::MeanNs | Self::SelfNs => Kind::Time(diff::Metric::Mean),
            Self::P50Ns => Kind::Time(diff::Metric::Quantile(0.5)),
            Self::P90Ns => Kind::Time(diff::Metric::Quantile(0.9)),
            Self::P95Ns => Kind::Time(diff::Metric::Quantile(0.95)),
            Self::P99Ns => Kind::Time(diff::Metric::Quantile(0.99)),
            Self::ItemsPerSecond | Self::BytesPerSecond => Kind::Time(diff::Metric::Throughput),
        }
    }

    /// Whether it is a time, or made from one: such figures belong to a class of machines.
    #[must_use]
    pub const fn is_time(self) -> bool {
        matches!(self.kind(), Kind::Time(_))
    }

    /// Whether it is a count that does not depend on the machine.
    #[must_use]
    pub const fn is_count(self) -> bool {
        matches!(self.kind(), Kind::Count | Kind::Memory)
    }

    /// Whether a regression of it fails by default.
    #[must_use]
    pub const fn gates(self) -> bool {
        !matches!(self, Self::SelfNs | Self::P90Ns | Self::P99Ns)
    }

    /// Its unit.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Calls | Self::Errors | Self::Allocs => Unit::Count,
            Self::AllocBytes | Self::PeakBytes => Unit::Bytes,
            Self::Instructions => Unit::Instructions,
            Self::ItemsPerSecond | Self::BytesPerSecond => Unit::PerSecond,
            _ => Unit::Nanoseconds,
        }
    }

    /// Its usual thresholds.
    #[must_use]
    pub const fn thresholds(self) -> Thresholds {
        match self.kind() {
            Kind::Instructions => Thresholds { warn: instructions::TOLERANCE, fail: instructions::TOLERANCE },
            _ => self.as_diff().thresholds(),
        }
    }

    /// The metric of [`diff`] by which it is compared.
    #[must_use]
    pub const fn as_diff(self) -> diff::Metric {
        match self.kind() {
            Kind::Time(metric) => metric,
            Kind::Count | Kind::Memory | Kind::Instructions => diff::Metric::Memory,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}
