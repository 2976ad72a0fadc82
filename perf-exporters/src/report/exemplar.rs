//! The slowest calls of a probe, and where their time was spent.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{ProbeReport, time};

/// One of the slowest calls of a probe. The parts of its time add up to its duration, except where callees overlap: calls
/// of futures may, and all of them are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Exemplar {
    /// When the call began, UTC.
    #[serde(with = "time")]
    pub start: SystemTime,
    /// How long it took.
    pub duration_ns: u64,
    /// Number of the thread that it ended on, counted from 1 in the order in which threads reach their first probe.
    pub thread: u32,
    /// Time in the function itself.
    pub self_ns: u64,
    /// Time of futures between polls, and not in a callee that is named.
    pub waiting_ns: u64,
    /// Time in callees that are named, which takes a timeline; the largest first.
    pub callees: Vec<CalleeTime>,
    /// Time in callees that are not named.
    pub callees_ns: u64,
    /// 32 hexadecimal digits, where the program reported the trace that the call belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// The time that one call spent in calls of another probe.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CalleeTime {
    /// Name of the other probe.
    pub name: String,
    /// Time in it, with what it called.
    pub ns: u64,
}

/// Where the slowest calls of a probe spent most of their time: see [`ProbeReport::tail`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tail {
    /// The number of these calls.
    pub calls: usize,
    /// The shortest of them.
    pub least_ns: u64,
    /// Where most of their time was spent.
    pub cause: Cause,
    /// The share of their time that went into it, 0 to 1.
    pub share: f64,
}

/// Where a call can spend its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// In the probe itself.
    Itself,
    /// In a future's waiting for code that has no probe.
    Waiting,
    /// In calls of this probe.
    Callee(String),
    /// In probes that it called; a timeline would name them.
    Callees,
}

impl Default for Exemplar {
    fn default() -> Self {
        Self {
            start: SystemTime::UNIX_EPOCH,
            duration_ns: 0,
            thread: 0,
            self_ns: 0,
            waiting_ns: 0,
            callees: Vec::new(),
            callees_ns: 0,
            trace: None,
        }
    }
}

impl ProbeReport {
    /// Where the slowest calls spent most of their time; none where no call was kept.
    ///
    /// ```
    /// use perf_exporters::report::{CalleeTime, Cause, Exemplar, ProbeReport};
    ///
    /// let mut query = CalleeTime::default();
    /// (query.name, query.ns) = ("db::query".to_owned(), 83);
    /// let mut slow = Exemplar::default();
    /// (slow.duration_ns, slow.self_ns, slow.callees) = (100, 17, vec![query]);
    /// let mut probe = ProbeReport::new("handle");
    /// probe.exemplars.push(slow);
    /// let tail = probe.tail().unwrap();
    /// assert_eq!(tail.cause, Cause::Callee("db::query".to_owned()));
    /// assert_eq!(tail.to_string(), "83 % of the slowest call is `db::query`");
    /// ```
    #[must_use]
    pub fn tail(&self) -> Option<Tail> {
        let least_ns = self.exemplars.iter().map(|call| call.duration_ns).min()?;
        let mut sums: BTreeMap<Cause, u64> = BTreeMap::new();
        let mut all = 0_u64;
        for call in &self.exemplars {
            let named = call.callees.iter().map(|callee| (Cause::Callee(callee.name.clone()), callee.ns));
            let rest =
                [(Cause::Itself, call.self_ns), (Cause::Waiting, call.waiting_ns), (Cause::Callees, call.callees_ns)];
            for (cause, ns) in named.chain(rest) {
                let sum = sums.entry(cause).or_default();
                *sum = sum.saturating_add(ns);
            }
            all = all.saturating_add(call.duration_ns);
        }
        let (cause, ns) = sums.into_iter().max_by_key(|(_, ns)| *ns)?;
        let share = if all == 0 { 0.0 } else { (ns as f64 / all as f64).min(1.0) };
        Some(Tail { calls: self.exemplars.len(), least_ns, cause, share })
    }
}

/// One sentence.
impl std::fmt::Display for Tail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} % of the ", 100.0 * self.share)?;
        match self.calls {
            1 => write!(f, "slowest call")?,
            calls => write!(f, "{calls} slowest calls")?,
        }
        match &self.cause {
            Cause::Itself => write!(f, " is in the function itself"),
            Cause::Waiting => write!(f, " is waiting"),
            Cause::Callee(name) => write!(f, " is `{name}`"),
            Cause::Callees => write!(f, " is in the probes that it calls"),
        }
    }
}

/// Joins the slowest calls of two places, the slowest first.
pub(super) fn merge(mine: &mut Vec<Exemplar>, others: &[Exemplar]) {
    mine.extend_from_slice(others);
    let order = |call: &Exemplar| (Reverse(call.duration_ns), call.start, call.thread, call.self_ns);
    mine.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| a.trace.cmp(&b.trace)));
    mine.truncate(perf_core::Exemplar::KEPT);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(duration_ns: u64, self_ns: u64, waiting_ns: u64) -> Exemplar {
        Exemplar { duration_ns, self_ns, waiting_ns, ..Exemplar::default() }
    }

    #[test]
    fn the_greatest_part_of_all_calls_is_named() {
        let mut probe = ProbeReport::new("future");
        assert_eq!(probe.tail(), None);
        probe.exemplars = vec![call(100, 90, 10), call(1_000, 100, 900)];
        let tail = probe.tail().unwrap();
        assert_eq!((tail.calls, tail.least_ns, &tail.cause), (2, 100, &Cause::Waiting));
        assert_eq!(tail.to_string(), "83 % of the 2 slowest calls is waiting");
        probe.exemplars = vec![call(0, 0, 0)];
        assert!(probe.tail().unwrap().share.abs() < f64::EPSILON);
    }

    #[test]
    fn merging_keeps_the_slowest() {
        let calls = |durations: &[u64]| durations.iter().map(|&ns| call(ns, ns, 0)).collect::<Vec<_>>();
        let mut mine = calls(&[9, 8, 7, 3, 2]);
        merge(&mut mine, &calls(&[6, 5, 4, 1]));
        assert_eq!(mine, calls(&[9, 8, 7, 6, 5, 4, 3, 2]));
    }
}
