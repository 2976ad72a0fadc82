//! Limits on counters and on time: batches of calls, and epochs of them.

use std::time::Instant;

use super::advice;
use super::engine::{Engine, Returned, Seen, index};
use super::subject::Subject;
use crate::gate::kernel::Kernel;
use crate::judge::quantile;

use crate::judge::verdict::Verdict;
use crate::judge::{Counters, Measurements};
use crate::stats::order::median;

/// No epoch keeps more calls.
pub(super) const MOST: usize = 1 << 20;

/// The reference kernel may take one part in so many of the time.
const KERNEL_SHARE: f64 = 5.0;

/// Others may run after so many calls.
pub(super) const BREATHE: usize = 64;

impl<S: Subject> Engine<'_, S> {
    /// Judges what was counted.
    pub(super) fn exactly(&mut self, batches: Vec<Counters>) {
        let measured = Measurements { batches, alloc_tracking: self.tracks_allocations(), ..Measurements::default() };
        let findings = self.budget.judge(&measured);
        self.finished.findings.rows.extend(findings.rows.into_iter().filter(|row| row.exact));
    }

    pub(super) fn tracks_allocations(&self) -> bool {
        self.session.snapshot().meta().alloc_tracking
    }

    /// Judges limits on time, in as many epochs as it takes.
    pub(super) async fn absolute(&mut self) -> Result<(), Returned<S::Output>> {
        let findings = self.confirm(self.run.pace.rules, async |engine: &mut Self| engine.epoch().await).await?;
        self.finished.findings.rows.extend(findings.rows);
        Ok(())
    }

    /// Calls until every limit is decided or time is up.
    async fn epoch(&mut self) -> Result<Seen, Returned<S::Output>> {
        let max_time = self.run.max_time();
        let _turn = self.turn(max_time).await;
        let planned = self.run.spec.iterations.map(index);
        let mut look = planned.unwrap_or_else(|| index(self.budget.least_calls())).min(MOST);
        let mut sample = Sample::new(self.call_ns, self.run.counts_errors(), self.run.needs_items());
        loop {
            while sample.measured.times.len() < look && sample.start.elapsed() < max_time {
                self.sample(&mut sample).await?;
            }
            let elapsed = sample.start.elapsed();
            let measured = sample.settle();
            let mut findings = self.budget.judge(measured);
            findings.rows.retain(|row| !row.exact);
            let verdict = findings.time_verdict();
            let over = planned.is_some() || measured.times.len() < look || look >= MOST;
            let decided = match verdict {
                Verdict::Pass => true,
                // The other limits get some time to be decided too: all breaches are told at once.
                Verdict::Fail if findings.undecided() => elapsed >= max_time / 4,
                Verdict::Fail => elapsed >= self.run.pace.least_epoch,
                Verdict::Inconclusive(_) => false,
            };
            if over || decided {
                self.finished.advice = advice::of(&findings, measured, elapsed, self.run.is_cpu());
                let calm = self.budget.fails_beyond(measured, measured.disturbance);
                self.finished.times.clone_from(&measured.times);
                return Ok(Seen { findings, verdict, calm });
            }
            look = (look * 2).min(MOST);
        }
    }

    async fn sample(&mut self, sample: &mut Sample) -> Result<(), Returned<S::Output>> {
        if sample.measured.times.len().is_multiple_of(BREATHE) {
            self.subject.breathe().await;
        }
        let (output, ns, items) = self.call(0).await;
        let failed = self.accept(output)?;
        sample.keep(ns, items, failed);
        Ok(())
    }
}

/// Calls of one epoch, with the reference kernel among them.
struct Sample {
    measured: Measurements,
    failed: Vec<bool>,
    counts_errors: bool,
    counts_items: bool,
    kernel: Kernel,
    kernel_ns: f64,
    call_ns: f64,
    sampled_ns: f64,
    start: Instant,
}

impl Sample {
    fn new(call_ns: f64, counts_errors: bool, counts_items: bool) -> Self {
        Self {
            measured: Measurements::default(),
            failed: Vec::new(),
            counts_errors,
            counts_items,
            kernel: Kernel::lasting(call_ns),
            kernel_ns: 0.0,
            call_ns,
            sampled_ns: 0.0,
            start: Instant::now(),
        }
    }

    fn keep(&mut self, ns: f64, items: f64, failed: bool) {
        self.measured.times.push(ns);
        if self.counts_items {
            self.measured.items.push(items);
        }
        if self.counts_errors {
            self.failed.push(failed);
        }
        self.sampled_ns += ns;
        if self.kernel_ns * KERNEL_SHARE <= self.sampled_ns {
            self.kernel_ns += self.kernel.run();
        }
    }

    /// Brings what is not kept call by call up to date.
    fn settle(&mut self) -> &Measurements {
        let blocks = (self.failed.len() / 5).clamp(1, quantile::BLOCKS);
        let length = self.failed.len().div_ceil(blocks).max(1);
        let of = |block: &[bool]| (block.len() as u64, block.iter().filter(|failed| **failed).count() as u64);
        self.measured.errors = self.failed.chunks(length).map(of).collect();
        let call = median(&self.measured.times).unwrap_or(self.call_ns);
        self.measured.disturbance = self.kernel.disturbance(call);
        &self.measured
    }
}
