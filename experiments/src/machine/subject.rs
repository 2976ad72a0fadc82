//! Code with limits at twice its usual time, or below it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_exporters::gate::order;

use super::bodies::Body;
use super::saved::Saved;
use super::usage::{Usage, Used};

/// The figures that are limited, by the places of their budgets.
pub(crate) const LIMITS: [&str; 2] = ["p95", "mean"];

/// A body, and a budget for each of [`LIMITS`] by how many times a call does the work.
pub(crate) struct Subject {
    pub(crate) body: Body,
    budgets: BTreeMap<u32, [&'static BudgetSpec; 2]>,
}

impl Subject {
    /// Limits are twice what is usual, divided by how many times a call does the work: once keeps them, four times takes twice as long as
    /// they say. What is usual is taken from the file, if it is there, and else kept in it.
    pub(crate) fn new(
        mut body: Body,
        times: &[u32],
        patience: Duration,
        saved: Option<&Saved>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut budgets = BTreeMap::new();
        for &times in times {
            let name = format!("{} × {times}", body.0);
            let known = saved.map(|saved| saved.usual(&name)).transpose()?.flatten();
            let usual = known.unwrap_or_else(|| usual(&mut body, times, patience));
            if let Some(saved) = saved.filter(|_| known.is_none()) {
                saved.keep_usual(&name, usual)?;
            }
            let [p95, mean] = usual.map(|seconds| Duration::from_secs_f64(2.0 * seconds / f64::from(times)));
            budgets.insert(times, [limited(Metric::P95, p95), limited(Metric::Mean, mean)]);
        }
        Ok(Self { body, budgets })
    }

    /// The budget of a limit for code that does the work so many times a call.
    pub(crate) fn budget(&self, times: u32, limit: usize) -> &'static BudgetSpec {
        self.budgets[&times][limit]
    }
}

fn limited(metric: Metric, time: Duration) -> &'static BudgetSpec {
    let limits = vec![Limit { metric, bound: Bound::Time(time) }];
    Box::leak(Box::new(BudgetSpec { limits: limits.leak(), ..BudgetSpec::EMPTY }))
}

/// The usual p95 and mean of such calls, in seconds: the least of several batches, for a batch that something disturbed says nothing. The
/// slowest calls of each are left out of its mean, for those may have been interrupted in all batches.
fn usual(body: &mut Body, times: u32, patience: Duration) -> [f64; 2] {
    const LEAST: usize = 20;
    let began = Instant::now();
    let mut usual = [f64::INFINITY; 2];
    let (mut batches, mut calls, before) = (0, 0, Usage::now());
    while batches < 5 || (batches < 40 && began.elapsed() < patience) {
        let (start, mut taken) = (Instant::now(), Vec::new());
        while taken.len() < LEAST || start.elapsed() < Duration::from_millis(20) {
            let start = Instant::now();
            (0..times).for_each(|_| (body.1)());
            taken.push(start.elapsed().as_secs_f64());
        }
        calls += taken.len();
        taken.sort_unstable_by(f64::total_cmp);
        let fast = &taken[..taken.len() - taken.len() / LEAST];
        let mean = fast.iter().sum::<f64>() / fast.len() as f64;
        let p95 = order::quantile(&taken, 0.95).unwrap_or(mean);
        usual = [usual[0].min(p95), usual[1].min(mean)];
        batches += 1;
    }
    if let Some((before, after)) = before.zip(Usage::now()) {
        let [p95, mean] = usual.map(|seconds| seconds * 1e6);
        let used = Used { before, after, calls };
        eprintln!("{} × {times}: usual p95 {p95:.2} µs, mean {mean:.2} µs; {used}", body.0);
    }
    usual
}
