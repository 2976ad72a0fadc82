//! A function at several sizes: counters first, then time.

use std::collections::BTreeMap;
use std::time::Instant;

use perf_core::Snapshot;
use perf_core::budget::{Growth, GrowthClass};

use super::engine::{Engine, Returned, Seen};
use super::subject::Subject;
use crate::gate::confirm::Rules;
use crate::gate::scope::{counted, inside};
use crate::judge::exact;
use crate::judge::growth::{self, Class, Cost};
use crate::judge::verdict::{Reason, Unit, Verdict};
use crate::judge::{Findings, Row};
use crate::stats::order::{floor, quantile};

/// One visit to a size lasts about so long, or one call, nanoseconds.
const VISIT: f64 = 50_000.0;
const MOST_CALLS: f64 = 256.0;

/// Rounds over all sizes before the first look, and before a FAIL is believed.
const FIRST_LOOK: usize = 5;
const ROUNDS_TO_FAIL: usize = 10;

/// Of the times at a size the one that counts: low, because what disturbs only adds.
const TYPICAL: f64 = 0.25;

impl<S: Subject> Engine<'_, S> {
    /// Judges how cost grows.
    pub(super) async fn growth(&mut self, growth: Growth) -> Result<(), Returned<S::Output>> {
        let class = class(growth.class);
        for size in growth.sizes {
            let (output, ns, _) = self.call(*size).await;
            self.accept(output)?;
            self.call_ns = ns;
        }
        let counts = self.counts(growth.sizes).await?;
        let rows = counts.iter().filter_map(|(what, points)| of_counts(what, points, class));
        let counted: Findings = rows.collect();
        let broken = counted.fails(true);
        self.finished.findings.rows.extend(counted.rows);
        if broken {
            return Ok(());
        }
        let rules = Rules { failures: self.run.pace.rules.failures.min(2), ..self.run.pace.rules };
        let timed = self.confirm(rules, async |engine: &mut Self| engine.rounds(growth.sizes, class).await).await?;
        self.finished.findings.rows.extend(timed.rows);
        Ok(())
    }

    /// What is counted at each size, by name.
    async fn counts(&mut self, sizes: &[usize]) -> Result<BTreeMap<String, Vec<(u64, f64)>>, Returned<S::Output>> {
        let start = Instant::now();
        let mut all: Vec<BTreeMap<String, u64>> = Vec::new();
        for size in sizes {
            let mut least: BTreeMap<String, u64> = BTreeMap::new();
            for run in 0..exact::RUNS {
                if run > 0 && start.elapsed() > self.run.max_time() / 4 {
                    break;
                }
                let now = figures(&self.count(*size, 1).await?);
                least = match run {
                    0 => now,
                    _ => least.into_iter().map(|(name, value)| pair(&now, name, value)).collect(),
                };
            }
            all.push(least);
        }
        let names: std::collections::BTreeSet<&String> = all.iter().flat_map(BTreeMap::keys).collect();
        let series = |name: &String| {
            let value = |at: &BTreeMap<String, u64>| at.get(name).copied().unwrap_or(0) as f64;
            sizes.iter().zip(&all).map(|(size, at)| (*size as u64, value(at))).collect::<Vec<_>>()
        };
        Ok(names.into_iter().map(|name| (name.clone(), series(name))).collect())
    }

    /// Times all sizes in rounds, until the growth is decided or time is up.
    async fn rounds(&mut self, sizes: &[usize], class: Class) -> Result<Seen, Returned<S::Output>> {
        let _turn = self.turn(self.run.max_time()).await;
        let start = Instant::now();
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); sizes.len()];
        let mut look = FIRST_LOOK;
        let mut rounds = 0;
        loop {
            for (size, times) in sizes.iter().zip(&mut times) {
                let calls = times.last().map_or(1.0, |ns: &f64| (VISIT / ns.max(1.0)).clamp(1.0, MOST_CALLS));
                for _ in 0..floor(calls) {
                    let (output, ns, _) = self.call(*size).await;
                    self.accept(output)?;
                    times.push(ns.max(1.0));
                }
            }
            self.subject.breathe().await;
            rounds += 1;
            let over = start.elapsed() >= self.run.max_time();
            if rounds < look && !over {
                continue;
            }
            look *= 2;
            let points: Vec<(u64, f64)> = sizes
                .iter()
                .zip(&times)
                .map(|(size, times)| (*size as u64, quantile(times, TYPICAL).unwrap_or(f64::NAN)))
                .collect();
            let judged = growth::judge(&points, class, Cost::Time);
            let decided = match judged.verdict {
                Verdict::Pass => true,
                Verdict::Fail => rounds >= ROUNDS_TO_FAIL,
                Verdict::Inconclusive(_) => false,
            };
            if over || decided {
                self.finished.curve = points;
                let verdict = judged.verdict.clone();
                let calls = times.iter().map(|times| times.len() as u64).sum();
                let what = if self.run.is_cpu() { "growth of processor time" } else { "growth of time" };
                let row = row(what, &judged, class, Cost::Time, calls);
                return Ok(Seen { findings: [row].into_iter().collect(), verdict, calm: true });
            }
        }
    }
}

fn pair(now: &BTreeMap<String, u64>, name: String, value: u64) -> (String, u64) {
    let least = now.get(&name).copied().unwrap_or(0).min(value);
    (name, least)
}

/// All that is counted exactly: allocations of what counts, and calls of every probe in it.
fn figures(snapshot: &Snapshot) -> BTreeMap<String, u64> {
    let calls = inside(snapshot).map(|probe| (format!("calls of {}", probe.name()), probe.calls()));
    let allocs = counted(snapshot).map(perf_core::ProbeStats::allocs).sum();
    let bytes = counted(snapshot).map(perf_core::ProbeStats::alloc_bytes).sum();
    calls.chain([("allocs".to_owned(), allocs), ("alloc_bytes".to_owned(), bytes)]).collect()
}

/// A row for a counter that breaks the claim, and for one that shows it kept; nothing where counters cannot tell.
fn of_counts(what: &str, points: &[(u64, f64)], class: Class) -> Option<Row> {
    let judged = growth::judge(points, class, Cost::Counts);
    let idle = points.iter().all(|point| point.1 <= 0.0);
    if idle || matches!(judged.verdict, Verdict::Inconclusive(Reason::Undecided | Reason::Bends)) {
        return None;
    }
    let row = row(&format!("growth of {what}"), &judged, class, Cost::Counts, points.len() as u64);
    Some(Row { exact: true, ..row })
}

fn row(what: &str, judged: &growth::Judgement, class: Class, cost: Cost, samples: u64) -> Row {
    let reason = if judged.power.is_finite() {
        format!(
            "claimed to grow like {class}, grows like n^{:.2} at the larger sizes: 95 % sure that it grows faster than claimed by \
             n^{:.2} to n^{:.2}, and up to n^{:.2} is allowed",
            judged.power,
            judged.lower,
            judged.upper,
            cost.tolerance(class)
        )
    } else {
        String::new()
    };
    Row::new(what, Unit::Exponent, class_power(class, cost))
        .evidence(judged.power, samples, if cost == Cost::Counts { 0.0 } else { crate::judge::PASS_LEVEL })
        .verdict(judged.verdict.clone(), reason)
}

/// The power of n that is just allowed.
fn class_power(class: Class, cost: Cost) -> f64 {
    f64::from(class.degree) + cost.tolerance(class)
}

fn class(claimed: GrowthClass) -> Class {
    let (degree, log) = match claimed {
        GrowthClass::Constant => (0, false),
        GrowthClass::Logarithmic => (0, true),
        GrowthClass::Linear => (1, false),
        GrowthClass::Linearithmic => (1, true),
        GrowthClass::Quadratic => (2, false),
        // The list of classes may grow; the loosest of today stands for what comes.
        _ => (3, false),
    };
    Class { degree, log }
}
