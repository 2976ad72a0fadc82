//! The counters and times of a test's calls, regardless of its budget: for a baseline, and for a comparison of two
//! revisions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perf_core::{ProbeStats, Snapshot};

use super::absolute::{BREATHE, CLOSELY_NS, MOST};
use super::engine::{Engine, Returned};
use super::subject::Subject;
use crate::clock::cpu_of_process;
use crate::gate::scope::inside;
use crate::judge::Counters;
use crate::judge::exact;
use crate::judge::verdict::{Unit, Verdict};
use crate::judge::{Findings, Row};
use crate::stats::order::quantile;

/// Fewer calls say little about time.
const LEAST_CALLS: usize = 20;

impl<S: Subject> Engine<'_, S> {
    /// Measures for the given time, and judges nothing.
    pub(super) async fn only_measure(&mut self, lasting: Duration) -> Result<(), Returned<S::Output>> {
        let size = self.run.greatest_size();
        self.warm_up(size).await?;
        let calls = self.single_calls(size).await?;
        let turn = self.turn(lasting).await;
        let timed = self.times(size, lasting).await?;
        drop(turn);
        self.finished.findings = rows(&calls, &timed);
        self.finished.times = timed.times;
        Ok(())
    }

    /// The counters of single calls, one by one; fewer of them where they take long.
    pub(super) async fn single_calls(&mut self, size: usize) -> Result<Vec<Snapshot>, Returned<S::Output>> {
        let (start, patience) = (Instant::now(), self.run.max_time() / 4);
        let mut seen = Vec::with_capacity(exact::RUNS);
        while seen.is_empty() || (seen.len() < exact::RUNS && start.elapsed() < patience) {
            seen.push(self.count(size, 1).await?);
        }
        Ok(seen)
    }

    /// Times of calls in a row, nanoseconds, in the caller's turn. It takes longer than asked for where they would be few.
    pub(super) async fn times(&mut self, size: usize, lasting: Duration) -> Result<Timed, Returned<S::Output>> {
        let (start, patience) = (Instant::now(), self.run.max_time() / 8);
        let (began, mut narrow) = (cpu_of_process(), false);
        let mut times: Vec<f64> = Vec::new();
        loop {
            let enough = if times.len() < LEAST_CALLS { lasting.max(patience) } else { lasting };
            if times.len() >= MOST || (!times.is_empty() && start.elapsed() >= enough) {
                let of_all = began.zip(cpu_of_process()).map(|(began, now)| now.saturating_sub(began) as f64);
                let a_call = of_all.map(|ns| ns / times.len() as f64).filter(|ns| *ns >= CLOSELY_NS && !narrow);
                return Ok(Timed { times, cpu: a_call });
            }
            if times.len().is_multiple_of(BREATHE) {
                self.subject.breathe().await;
            }
            let (output, call) = self.call_in_full(size).await;
            self.accept(output)?;
            times.push(call.ns as f64);
            narrow |= call.by_others.is_some();
        }
    }
}

/// Calls in a row.
pub(super) struct Timed {
    /// Nanoseconds of each.
    pub(super) times: Vec<f64>,
    /// Nanoseconds of processor time that the process took a call; `None` where a part of the call counts, or where what is done between
    /// calls would count for much.
    cpu: Option<f64>,
}

/// The measurements, without a promise; of counts that differ, the least.
fn rows(calls: &[Snapshot], seen: &Timed) -> Findings {
    let times = &seen.times;
    let known = |metric: &str, unit: Unit, value: f64, samples: usize| {
        Row::new(metric, unit, f64::NAN).evidence(value, samples as u64, 0.0).verdict(Verdict::Pass, "")
    };
    let mut rows = Vec::new();
    if !times.is_empty() {
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        rows.push(known("mean", Unit::Nanoseconds, mean, times.len()));
        for (metric, p) in [("p25", 0.25), ("p50", 0.5), ("p95", 0.95)] {
            let value = quantile(times, p).unwrap_or(f64::NAN);
            rows.push(known(metric, Unit::Nanoseconds, value, times.len()));
        }
        rows.extend(seen.cpu.map(|ns| known("cpu", Unit::Nanoseconds, ns, times.len())));
    }
    let exact =
        |metric: &str, unit: Unit, value: u64| Row { exact: true, ..known(metric, unit, value as f64, calls.len()) };
    let counted: Vec<Counters> = calls.iter().map(|call| Counters::of(call, 1, &[])).collect();
    let least = |of: fn(&Counters) -> u64| counted.iter().map(of).min().unwrap_or(0);
    if calls.iter().all(|call| call.meta().alloc_tracking) {
        rows.push(exact("allocs", Unit::Count, least(|call| call.allocs)));
        rows.push(exact("alloc_bytes", Unit::Bytes, least(|call| call.alloc_bytes)));
        rows.push(exact("peak_bytes", Unit::Bytes, least(|call| call.peak_bytes)));
    }
    let mut probes: BTreeMap<&str, u64> = BTreeMap::new();
    for name in calls.iter().flat_map(inside).map(ProbeStats::name) {
        let calls = calls.iter().map(|call| call.get(name).map_or(0, ProbeStats::calls)).min();
        probes.insert(name, calls.unwrap_or(0));
    }
    rows.extend(probes.iter().map(|(name, calls)| exact(&format!("calls({name:?})"), Unit::Count, *calls)));
    Findings { rows }
}
