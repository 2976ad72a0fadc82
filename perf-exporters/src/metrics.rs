//! Which figures of a report become metrics, and what they are called: one table for Prometheus and OpenTelemetry.
//!
//! A name here is the part after the prefix `perf`, in OpenTelemetry's spelling. Prometheus' name follows from it:
//! underscores for dots, the unit at the end, `_total` behind what only grows.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::Report;
use crate::report::{BudgetReport, BudgetVerdict, Meta, ProbeReport};

/// What a probe's series are told apart by.
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

/// What is known of a metric before it has a value.
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
        applies: |_, _| true,
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

/// A figure of a declared budget; in seconds, bytes or what else the label [`UNIT_LABEL`] says.
pub(crate) struct OfBudget {
    pub(crate) head: Head,
    pub(crate) value: fn(&BudgetReport) -> Option<f64>,
}

/// What is bounded: `p99`, `allocs`, `calls("db")`.
pub(crate) const METRIC_LABEL: &str = "metric";
/// What the figures of a budget are in, since one metric holds those of all.
pub(crate) const UNIT_LABEL: &str = "unit";
/// The verdict that a series of [`VERDICT`] is about.
pub(crate) const VERDICT_LABEL: &str = "verdict";

/// The figures of a budget.
pub(crate) const OF_BUDGET: &[OfBudget] = &[
    OfBudget {
        head: gauge("budget.limit", Unit::Of("1"), "What must hold of the probe, in the unit that the label names."),
        value: |budget| budget.limit,
    },
    OfBudget {
        head: gauge("budget.target", Unit::Of("1"), "What should hold of the probe, in the unit that the label names."),
        value: |budget| budget.target,
    },
    OfBudget {
        head: gauge("budget.actual", Unit::Of("1"), "What was measured, in the unit that the label names."),
        value: |budget| budget.actual,
    },
];

/// What the measurement proves of a bound: 1 for the verdict that holds, 0 for each of the others.
pub(crate) const VERDICT: Head =
    gauge("budget.verdict", Unit::Of("1"), "1 for the verdict on the bound, 0 for the others.");

/// All verdicts and their words, from best to worst.
pub(crate) const VERDICTS: [(BudgetVerdict, &str); 4] = [
    (BudgetVerdict::Pass, "pass"),
    (BudgetVerdict::Inconclusive, "inconclusive"),
    (BudgetVerdict::Warn, "warn"),
    (BudgetVerdict::Fail, "fail"),
];

/// A figure of a budget in base units, and which that is. Nothing where there is no such figure.
pub(crate) fn in_base_unit<'a>(budget: &'a BudgetReport, of: &OfBudget) -> Option<(f64, &'a str)> {
    let value = (of.value)(budget).filter(|value| value.is_finite())?;
    match budget.unit.as_str() {
        "ns" => Some((value / 1e9, "seconds")),
        unit => Some((value, unit)),
    }
}

/// A call whose trace is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Traced {
    /// Of the trace, not all zero.
    pub(crate) id: [u8; 16],
    pub(crate) nanos: u64,
    /// When it ended.
    pub(crate) end: SystemTime,
}

/// The slowest calls of a probe whose traces are known, slowest first.
pub(crate) fn traced(probe: &ProbeReport) -> impl Iterator<Item = Traced> {
    probe.exemplars.iter().filter_map(|call| {
        let end = call.start + Duration::from_nanos(call.duration_ns);
        Some(Traced { id: trace_id(call.trace.as_deref()?)?, nanos: call.duration_ns, end })
    })
}

/// The bytes of 32 hexadecimal digits that are not all zero.
fn trace_id(digits: &str) -> Option<[u8; 16]> {
    let hexadecimal = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let id = u128::from_str_radix(digits, 16).ok().filter(|id| hexadecimal && *id != 0)?;
    Some(id.to_be_bytes())
}

/// How many probes were folded into [`OVERFLOW`].
pub(crate) const FOLDED: Head =
    gauge("probes_over_limit", Unit::Of("{probe}"), "Probes folded into the series (overflow) for want of room.");

/// Every name once, and no more of them than allowed: the first by name stay, the others are added up under
/// [`OVERFLOW`]. Since new names only push others out, what the overflow counts never goes back.
pub(crate) struct Kept<'a> {
    /// By name.
    pub(crate) probes: Vec<Cow<'a, ProbeReport>>,
    pub(crate) folded: u64,
}

impl<'a> Kept<'a> {
    pub(crate) fn of(report: &'a Report, limit: usize) -> Self {
        let mut probes: Vec<_> = report.probes.iter().map(Cow::Borrowed).collect();
        probes.sort_by(|a, b| a.name.cmp(&b.name));
        probes.dedup_by(|later, kept| {
            let same = later.name == kept.name;
            if same {
                kept.to_mut().merge(later);
            }
            same
        });
        let mut rest = probes.split_off(limit.min(probes.len())).into_iter();
        let folded = rest.len() as u64;
        if let Some(mut sum) = rest.next().map(Cow::into_owned) {
            OVERFLOW.clone_into(&mut sum.name);
            rest.for_each(|probe| sum.merge(&probe));
            match probes.iter_mut().find(|probe| probe.name == OVERFLOW) {
                Some(there) => there.to_mut().merge(&sum),
                None => probes.push(Cow::Owned(sum)),
            }
        }
        Self { probes, folded }
    }
}

/// A report of the same process as an earlier one, in which nothing that only grows has gone back.
///
/// Self figures are differences, and a call can make them a little smaller; a reader of counters would take that for a
/// restart of the program.
#[cfg(any(feature = "serve", feature = "otlp"))]
pub(crate) fn hold(report: &mut Report, earlier: &Report) {
    for probe in &mut report.probes {
        let Ok(place) = earlier.probes.binary_search_by(|before| before.name.cmp(&probe.name)) else { continue };
        let before = &earlier.probes[place];
        probe.self_ns = probe.self_ns.max(before.self_ns);
        probe.self_allocs = probe.self_allocs.max(before.self_allocs);
        probe.self_alloc_bytes = probe.self_alloc_bytes.max(before.self_alloc_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_trace_is_32_digits() {
        assert_eq!(trace_id("000000000000000000000000000000ff").unwrap()[15], 255);
        for bad in ["", "00000000000000000000000000000000", "+00000000000000000000000000000ff", "0x", "ff", "\"} 1"] {
            assert_eq!(trace_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_over_the_limit_is_added_up() {
        let mut report = Report::default();
        for (name, calls) in [("c", 4), ("a", 1), ("b", 2), ("a", 8)] {
            let mut probe = ProbeReport::new(name);
            probe.calls = calls;
            report.probes.push(probe);
        }
        let shown = |limit| {
            let kept = Kept::of(&report, limit);
            (kept.probes.iter().map(|probe| (probe.name.clone(), probe.calls)).collect::<Vec<_>>(), kept.folded)
        };
        let of = |name: &str, calls| (name.to_owned(), calls);
        assert_eq!(shown(3), (vec![of("a", 9), of("b", 2), of("c", 4)], 0));
        assert_eq!(shown(1), (vec![of("a", 9), of(OVERFLOW, 6)], 2));
        assert_eq!(shown(0), (vec![of(OVERFLOW, 15)], 3));
    }
}
