//! Which figures of a report become metrics, and what they are called: one table for Prometheus and OpenTelemetry.
//!
//! A name here is the part after the prefix `perf`, in OpenTelemetry's spelling. Prometheus' name follows from it:
//! underscores for dots, the unit at the end, `_total` behind what only grows.

mod budgets;
mod kept;
mod traced;

use crate::report::{Meta, ProbeReport};
pub(crate) use budgets::{METRIC_LABEL, OF_BUDGET, UNIT_LABEL, VERDICT, VERDICT_LABEL, VERDICTS, in_base_unit};
pub(crate) use kept::Kept;
#[cfg(any(feature = "serve", feature = "otlp"))]
pub(crate) use kept::keep_monotonic;
pub(crate) use traced::{Traced, traced};

/// The label that tells the series of probes apart.
pub(crate) const PROBE_LABEL: &str = "probe";
/// The probe that stands for all those over the limit.
pub(crate) const OVERFLOW: &str = "(overflow)";
/// The distribution of a probe's call durations, in seconds.
pub(crate) const DURATION: Head = Head {
    name: "probe.duration",
    help: "Duration of the probe's calls; of sampled probes by their weight.",
    kind: Kind::Distribution,
    unit: Unit::Seconds,
};

/// The description of a metric.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
}

/// How values of one metric at different times relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A histogram that only grows.
    Distribution,
}

/// Base units only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Things counted; OpenTelemetry wants to know which.
    Of(&'static str),
    Seconds,
    Bytes,
}

/// A number, exact as it was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Count(u64),
    Signed(i64),
    /// Shown in seconds.
    Nanos(u64),
    Real(f64),
}

impl Value {
    #[cfg(any(feature = "prometheus", feature = "otlp"))]
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Count(count) => count as f64,
            Self::Signed(number) => number as f64,
            Self::Nanos(nanos) => nanos as f64 / 1e9,
            Self::Real(number) => number,
        }
    }
}

/// A figure that every probe has, or those that it applies to.
pub(crate) struct OfProbe {
    pub(crate) head: Head,
    pub(crate) applies: fn(&ProbeReport, &Meta) -> bool,
    pub(crate) value: fn(&ProbeReport) -> Value,
}

/// A figure of the whole process.
pub(crate) struct OfProcess {
    pub(crate) head: Head,
    pub(crate) applies: fn(&Meta) -> bool,
    pub(crate) value: fn(&Meta) -> Value,
}

const fn counter(name: &'static str, unit: Unit, help: &'static str) -> Head {
    Head { name, help, kind: Kind::Counter, unit }
}

const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> Head {
    Head { name, help, kind: Kind::Gauge, unit }
}

/// Of a probe that was ever a future.
fn polled(probe: &ProbeReport, _: &Meta) -> bool {
    probe.polls > 0
}

fn tracked(_: &ProbeReport, meta: &Meta) -> bool {
    meta.alloc_tracking
}

/// The figures of a probe, besides [`DURATION`].
pub(crate) const OF_PROBE: &[OfProbe] = &[
    OfProbe {
        head: counter("probe.calls", Unit::Of("{call}"), "Calls that ended, however they ended."),
        applies: |_, _| true,
        value: |probe| Value::Count(probe.calls),
    },
    OfProbe {
        head: counter("probe.errors", Unit::Of("{call}"), "Calls that returned an error."),
        applies: |probe, _| probe.known_errors().is_some(),
        value: |probe| Value::Count(probe.errors),
    },
    OfProbe {
        head: counter("probe.panics", Unit::Of("{call}"), "Calls that ended by a panic."),
        applies: |_, _| true,
        value: |probe| Value::Count(probe.panics),
    },
    OfProbe {
        head: counter("probe.cancelled", Unit::Of("{call}"), "Futures dropped before they were ready."),
        applies: polled,
        value: |probe| Value::Count(probe.cancelled),
    },
    OfProbe {
        head: counter("probe.polls", Unit::Of("{poll}"), "Polls of futures."),
        applies: polled,
        value: |probe| Value::Count(probe.polls),
    },
    OfProbe {
        head: counter("probe.items", Unit::Of("{item}"), "Items that the calls processed."),
        applies: |probe, _| probe.items > 0,
        value: |probe| Value::Count(probe.items),
    },
    OfProbe {
        head: counter("probe.processed", Unit::Bytes, "Bytes that the calls processed."),
        applies: |probe, _| probe.bytes > 0,
        value: |probe| Value::Count(probe.bytes),
    },
    OfProbe {
        head: counter("probe.time", Unit::Seconds, "Time in calls; of a recursion the outermost call only."),
        applies: |_, _| true,
        value: |probe| Value::Nanos(probe.total_ns),
    },
    OfProbe {
        head: counter("probe.self_time", Unit::Seconds, "Time in calls, without the probes they called."),
        applies: |_, _| true,
        value: |probe| Value::Nanos(probe.self_ns),
    },
    OfProbe {
        head: counter("probe.busy_time", Unit::Seconds, "Time inside polls of futures."),
        applies: polled,
        value: |probe| Value::Nanos(probe.busy_ns),
    },
    OfProbe {
        head: gauge("probe.duration_max", Unit::Seconds, "Longest call."),
        applies: |_, _| true,
        value: |probe| Value::Nanos(probe.max_ns),
    },
    OfProbe {
        head: counter("probe.allocations", Unit::Of("{allocation}"), "Allocations during calls."),
        applies: tracked,
        value: |probe| Value::Count(probe.allocs),
    },
    OfProbe {
        head: counter("probe.allocated", Unit::Bytes, "Bytes allocated during calls."),
        applies: tracked,
        value: |probe| Value::Count(probe.alloc_bytes),
    },
    OfProbe {
        head: counter(
            "probe.self_allocations",
            Unit::Of("{allocation}"),
            "Allocations during calls, without those of the probes they called.",
        ),
        applies: tracked,
        value: |probe| Value::Count(probe.self_allocs),
    },
    OfProbe {
        head: counter(
            "probe.self_allocated",
            Unit::Bytes,
            "Bytes allocated during calls, without those of the probes they called.",
        ),
        applies: tracked,
        value: |probe| Value::Count(probe.self_alloc_bytes),
    },
    OfProbe {
        head: gauge("probe.peak", Unit::Bytes, "The most that live memory grew during a call."),
        applies: tracked,
        value: |probe| Value::Count(probe.peak_bytes),
    },
    OfProbe {
        head: gauge("probe.net", Unit::Bytes, "Bytes allocated and not freed again, over all calls."),
        applies: tracked,
        value: |probe| Value::Signed(probe.net_bytes),
    },
];

/// The figures of the process.
pub(crate) const OF_PROCESS: &[OfProcess] = &[
    OfProcess {
        head: counter("observer_time", Unit::Seconds, "Time that the probes took for themselves, estimated."),
        applies: |_| true,
        value: |meta| Value::Nanos(meta.observer_ns),
    },
    OfProcess {
        head: gauge("probe_cost", Unit::Seconds, "What a call of a probe adds to its caller."),
        applies: |_| true,
        value: |meta| Value::Nanos(meta.probe_cost_ns),
    },
    OfProcess {
        head: counter("lost_calls", Unit::Of("{call}"), "Calls that could not be attributed to a probe."),
        applies: |_| true,
        value: |meta| Value::Count(meta.lost),
    },
    OfProcess {
        head: counter("dropped_nodes", Unit::Of("{call}"), "Calls that found no room in the call tree."),
        applies: |_| true,
        value: |meta| Value::Count(meta.dropped_nodes),
    },
    OfProcess {
        head: counter("clock_backward_steps", Unit::Of("{step}"), "Times that the clock went backwards."),
        applies: |_| true,
        value: |meta| Value::Count(meta.backward_steps),
    },
    OfProcess {
        head: gauge("threads", Unit::Of("{thread}"), "Threads alive that have used a probe."),
        applies: |_| true,
        value: |meta| Value::Count(meta.threads),
    },
    OfProcess {
        head: gauge("live", Unit::Bytes, "Live heap of the process."),
        applies: |meta| meta.alloc_tracking,
        value: |meta| Value::Signed(meta.live_bytes),
    },
];

/// How many probes were folded into [`OVERFLOW`].
pub(crate) const FOLDED: Head =
    gauge("probes_over_limit", Unit::Of("{probe}"), "Probes folded into the series (overflow) for want of room.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_nothing_looked_for_are_no_series() {
        let errors = OF_PROBE.iter().find(|of| of.head.name == "probe.errors").unwrap();
        let mut probe = ProbeReport::new("f");
        assert!((errors.applies)(&probe, &Meta::default()));
        probe.errors_unseen = true;
        assert!(!(errors.applies)(&probe, &Meta::default()));
        probe.errors = 1;
        assert!((errors.applies)(&probe, &Meta::default()), "what was marked by hand is there");
    }

    #[test]
    fn names_are_unique_and_prometheus_can_have_them() {
        let heads = OF_PROBE.iter().map(|of| of.head).chain(OF_PROCESS.iter().map(|of| of.head));
        let heads = heads.chain(OF_BUDGET.iter().map(|of| of.head));
        let mut names: Vec<_> =
            heads.chain([DURATION, FOLDED, VERDICT]).map(|head| head.name.replace('.', "_")).collect();
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
