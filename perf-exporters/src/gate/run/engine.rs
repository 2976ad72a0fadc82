//! One run from the first warm-up call to the last epoch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use perf_core::budget::{Figure, Warmup};
use perf_core::{Session, Snapshot};

use super::subject::Subject;
use super::turn::{self, Turn};
use super::{Finished, Run};
use crate::gate::confirm::{Confirmation, Epoch, Rules, Step};
use crate::gate::reference::Reference;
use crate::gate::scope::{BODY_NAME, Scope, inside, is_measured};
use crate::judge::verdict::{Reason, Unit, Verdict};
use crate::judge::{Budget, exact};
use crate::judge::{Counters, Measurements};
use crate::judge::{Findings, Row};
use crate::stats::order::median;

/// A budget that does not set the warm-up gets so much time, or so many calls.
const WARM_TIME: Duration = Duration::from_millis(100);
const WARM_CALLS: usize = 1_000;
const WARM_LEAST: usize = 3;

/// Calls in a batch of which counters are taken; one where a call lasts long.
const BATCH: u64 = 8;
const LONG_CALL: f64 = 10_000_000.0;

pub(super) struct Engine<'a, S: Subject> {
    pub(super) run: Run,
    pub(super) budget: Budget<'static>,
    pub(super) session: &'a Session,
    pub(super) scope: Arc<Scope>,
    pub(super) subject: S,
    failed: &'a dyn Fn(&S::Output) -> bool,
    output: Option<S::Output>,
    /// Whether it runs inside the body of another run.
    nested: bool,
    /// Time of a call, as the warm-up saw it.
    pub(super) call_ns: f64,
    /// The reference kernels of limits on time.
    pub(super) reference: Reference,
    /// The processes in which instructions were counted for the budget.
    #[cfg(feature = "baseline")]
    pub(super) counted: super::instructions::Processes,
    pub(super) finished: Finished<S::Output>,
    origin: Instant,
}

/// One call of the code.
#[derive(Clone, Copy)]
pub(super) struct Call {
    /// Its time in nanoseconds, or that of the parts that count.
    pub(super) ns: u64,
    pub(super) items: u64,
    /// Where parts count: nanoseconds of them in which other processes had the processor.
    pub(super) by_others: Option<u64>,
}

/// Ends the run with the failed result of a call that must not fail.
pub(super) struct Returned<R>(pub(super) R);

/// The result of one epoch.
pub(super) struct Seen {
    pub(super) findings: Findings,
    pub(super) verdict: Verdict,
    pub(super) calm: bool,
}

impl<'a, S: Subject> Engine<'a, S> {
    pub(super) fn new(
        run: Run,
        budget: Budget<'static>,
        session: &'a Session,
        scope: Arc<Scope>,
        subject: S,
        failed: &'a dyn Fn(&S::Output) -> bool,
    ) -> Self {
        Self {
            run,
            budget,
            session,
            scope,
            subject,
            failed,
            output: None,
            nested: is_measured(),
            call_ns: 0.0,
            reference: Reference::of(run.pace.kernel_bytes),
            #[cfg(feature = "baseline")]
            counted: super::instructions::Processes::default(),
            finished: Finished::empty(run, session),
            origin: Instant::now(),
        }
    }

    /// Runs everything that the budget asks for.
    pub(super) async fn run<Q: Subject>(mut self, reference: Option<Q>) -> Finished<S::Output> {
        let ended = self.all(reference).await;
        if let Err(Returned(output)) = ended {
            self.finished.failure = Some(output);
        }
        self.finished.output = self.output;
        self.finished.snapshot = self.session.snapshot();
        self.finished
    }

    async fn all<Q: Subject>(&mut self, reference: Option<Q>) -> Result<(), Returned<S::Output>> {
        if let Some(path) = self.run.counted().filter(|_| !self.nested) {
            return self.leave_instructions(path, reference).await;
        }
        #[cfg(feature = "baseline")]
        if let Some(path) = self.run.sampled() {
            return self.leave_sample(path).await;
        }
        if let Some(lasting) = self.run.only_measure {
            return self.only_measure(lasting).await;
        }
        match self.run.spec.growth {
            Some(growth) => self.growth(growth).await?,
            None => self.fixed_size(reference).await?,
        }
        #[cfg(feature = "baseline")]
        self.hold_baseline().await?;
        Ok(())
    }

    /// Everything but growth.
    async fn fixed_size<Q: Subject>(&mut self, reference: Option<Q>) -> Result<(), Returned<S::Output>> {
        let spec = self.run.spec;
        self.warm_up(0).await?;
        let mut counted = Measurements { alloc_tracking: self.tracks_allocations(), ..Measurements::default() };
        if self.budget.needs_counters() {
            let probes: Vec<&str> = spec.calls.iter().map(|limit| limit.probe).collect();
            counted.batches = self.counters(0, exact::RUNS, &probes).await?;
        }
        if self.budget.needs_instructions() {
            let budget = self.budget;
            let seen = self.instructions(|seen| budget.keeps_instructions(&seen.of_body(0))).await;
            counted.instructions = seen.of_body(0);
        }
        self.exactly(&counted);
        if self.budget.needs_times() {
            self.absolute().await?;
        }
        match (spec.relative, reference) {
            (Some(relative), Some(_)) if relative.by == Figure::Instructions => {
                self.relative_instructions(relative).await;
            }
            (Some(relative), Some(reference)) => self.relative(relative, reference).await?,
            (Some(relative), None) => {
                let row = Row::new(format!("vs {}", relative.reference), Unit::Ratio, relative.ratio);
                self.finished.findings.rows.push(row.invalid("the run was not given the reference"));
            }
            (None, _) => {}
        }
        if self.budget.is_empty() {
            self.declared().await?;
        }
        Ok(())
    }

    /// Keeps what a call returned, and says whether the call failed; an error that is not budgeted ends the run.
    pub(super) fn accept(&mut self, output: S::Output) -> Result<bool, Returned<S::Output>> {
        let failed = (self.failed)(&output);
        if failed && !self.run.counts_errors() {
            return Err(Returned(output));
        }
        if !failed || self.output.is_none() {
            self.output = Some(output);
        }
        Ok(failed)
    }

    /// Waits until no other test of this process times calls.
    pub(super) async fn turn(&self, lasting: Duration) -> Option<Turn> {
        if self.nested { None } else { Some(turn::take(lasting).await) }
    }

    pub(super) async fn warm_up(&mut self, size: usize) -> Result<(), Returned<S::Output>> {
        let is_timed = self.budget.needs_times() || self.run.spec.relative.is_some_and(|to| to.by == Figure::Time);
        let _turn = if is_timed { self.turn(self.run.max_time()).await } else { None };
        let (least, most, time) = match self.run.spec.warmup {
            Some(Warmup::Calls(calls)) => (index(calls), index(calls), Duration::MAX),
            Some(Warmup::Time(time)) => (1, usize::MAX, time),
            _ if is_timed => (WARM_LEAST, WARM_CALLS, WARM_TIME.min(self.run.max_time() / 10)),
            _ => (WARM_LEAST, WARM_LEAST, Duration::MAX),
        };
        let start = Instant::now();
        let patience = self.run.max_time() / 4;
        let mut times = Vec::new();
        while times.len() < least || (times.len() < most && start.elapsed() < time) {
            let (output, ns) = self.call(size).await;
            self.accept(output)?;
            times.push(ns);
            if self.run.spec.warmup.is_none() && start.elapsed() > patience {
                break;
            }
        }
        self.call_ns = median(&times[times.len().saturating_sub(100)..]).unwrap_or(0.0).max(1.0);
        Ok(())
    }

    /// One call: what it returned, and its time in nanoseconds.
    pub(super) async fn call(&mut self, size: usize) -> (S::Output, f64) {
        let (output, call) = self.call_in_full(size).await;
        (output, call.ns as f64)
    }

    /// One call, with everything that is known of it.
    pub(super) async fn call_in_full(&mut self, size: usize) -> (S::Output, Call) {
        let (output, whole) = self.subject.timed(size, &self.scope).await;
        let said = self.scope.take();
        let by_others = said.narrow_ns.map(|_| said.by_others);
        (output, Call { ns: said.narrow_ns.unwrap_or(whole), items: said.items.max(1), by_others })
    }

    /// Counters of several batches of calls, each in a session of its own.
    pub(super) async fn counters(
        &mut self,
        size: usize,
        batches: usize,
        probes: &[&str],
    ) -> Result<Vec<Counters>, Returned<S::Output>> {
        let calls = if self.call_ns > LONG_CALL { 1 } else { BATCH };
        let mut counted = Vec::with_capacity(batches);
        for _ in 0..batches {
            let snapshot = self.count(size, calls).await?;
            counted.push(Counters::of(&snapshot, calls, probes));
        }
        Ok(counted)
    }

    /// The counters of a batch of calls, or of the parts of it that count.
    pub(super) async fn count(&mut self, size: usize, calls: u64) -> Result<Snapshot, Returned<S::Output>> {
        let (whole, narrow) = (Session::new(), Session::new());
        self.scope.count_into(&whole, Some(&narrow));
        let outputs = self.subject.counted(size, calls, &whole, &self.scope).await;
        let narrowed = self.scope.take().narrow_ns.is_some();
        self.scope.count_into(self.session, None);
        for output in outputs {
            self.accept(output)?;
        }
        Ok(if narrowed { narrow.snapshot() } else { whole.snapshot() })
    }

    /// Runs epochs until a FAIL is confirmed, or another verdict is reached.
    pub(super) async fn confirm(
        &mut self,
        rules: Rules,
        mut epoch: impl AsyncFnMut(&mut Self) -> Result<Seen, Returned<S::Output>>,
    ) -> Result<Findings, Returned<S::Output>> {
        let mut confirmation = Confirmation::new(rules);
        let mut failing: Option<Findings> = None;
        loop {
            let began = self.origin.elapsed();
            let seen = epoch(self).await?;
            self.finished.epochs += 1;
            if seen.verdict.is_fail() {
                failing = Some(seen.findings.clone());
            }
            let told = Epoch { began, ended: self.origin.elapsed(), verdict: seen.verdict, calm: seen.calm };
            match confirmation.feed(&told) {
                Step::Done(Verdict::Inconclusive(reason)) => {
                    let unproven = matches!(reason, Reason::Unconfirmed { .. } | Reason::Environment);
                    if unproven {
                        // The advice is that of an epoch with another verdict.
                        self.finished.advice = None;
                    }
                    let mut findings = failing.filter(|_| unproven).unwrap_or(seen.findings);
                    findings.soften(&reason);
                    return Ok(findings);
                }
                Step::Done(_) => return Ok(seen.findings),
                Step::Again { not_before } => {
                    // A random delay of up to half a pause: work that recurs every second shall not hit every epoch.
                    let later = rules.pause.mul_f64(0.5 * drawn());
                    let wait = (not_before + later).saturating_sub(self.origin.elapsed());
                    self.subject.pause(wait).await;
                }
            }
        }
    }
}

impl Counters {
    pub(crate) fn of(snapshot: &Snapshot, calls: u64, probes: &[&str]) -> Self {
        let counted = snapshot.get(BODY_NAME).is_some_and(|body| body.calls() > 0);
        let parts = || crate::gate::scope::counted(snapshot);
        let ran = inside(snapshot).filter(|probe| probe.calls() > 0);
        Self {
            calls: if counted { calls } else { 0 },
            allocs: parts().map(perf_core::ProbeStats::allocs).sum(),
            alloc_bytes: parts().map(perf_core::ProbeStats::alloc_bytes).sum(),
            peak_bytes: parts().map(perf_core::ProbeStats::peak_bytes).max().unwrap_or(0),
            net_bytes: parts().map(perf_core::ProbeStats::net_bytes).sum(),
            probes: probes.iter().map(|name| snapshot.get(name).map_or(0, perf_core::ProbeStats::calls)).collect(),
            ran: ran.map(|probe| probe.name().to_owned()).collect(),
        }
    }
}

/// An unpredictable number below one.
fn drawn() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    f64::from(now.map_or(0, |now| now.subsec_nanos()) % 1_000) / 1_000.0
}

/// A count as an index; too large saturates.
pub(super) fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
