//! The test's measurements against those that `perf.lock` recorded before.

use std::time::Duration;

use super::engine::{Engine, Returned};
use super::processes::{OTHERS, WAVES};
use super::subject::Subject;
use crate::baseline::{Baseline, Kernels, RegressionReport, default_path};
use crate::gate::interruptions::Interruptions;
use crate::gate::tested::{self, Task};

/// A run of calls whose times are recorded, or compared with recorded ones, lasts so long.
const RUN: Duration = Duration::from_millis(100);

/// So many runs of each side can prove something.
const RUNS: usize = 5;

/// Runs whose times are not the code's own are made again, but no more than these in all.
const TRIES: usize = 2 * RUNS;

/// Runs that are recorded are so far apart; those that shall prove a regression are as far apart as epochs.
const APART: Duration = Duration::from_millis(200);

/// Where a greater share of the calls was interrupted, their median is not the time of the code: the test waits, or is kept
/// waiting.
const INTERRUPTED: f64 = 0.25;

impl<S: Subject> Engine<'_, S> {
    /// Compares the test with its entries in the baseline file, or records them.
    pub(super) async fn hold_baseline(&mut self) -> Result<(), Returned<S::Output>> {
        let name = self.run.name;
        let Some(task) = Some(()).filter(|()| self.run.baselined).and_then(|()| tested::task(name)) else {
            return Ok(());
        };
        let broken = self.finished.findings.verdict().is_fail();
        match task {
            Task::Broken(verdict) => self.finished.findings.rows.push(tested::undecided(verdict)),
            Task::Record if broken => {
                self.finished.notes.push(format!("{name}: not recorded in perf.lock, since its budget is broken"));
            }
            Task::Record => self.record().await?,
            Task::Hold(before) => self.hold(&before, !broken).await?,
        }
        Ok(())
    }

    async fn record(&mut self) -> Result<(), Returned<S::Output>> {
        let (name, size) = (self.run.name, self.run.greatest_size());
        let calls = self.single_calls(size).await?;
        let others = self.in_other_processes(OTHERS).await;
        // This process makes one run, like every other process; where there are no others, it makes all.
        let (wanted, mut runs, mut tries) = (RUNS.saturating_sub(others.len()).max(1), Vec::new(), 0);
        while self.times_count() && runs.len() < wanted && tries < TRIES {
            if tries > 0 {
                self.subject.pause(APART.min(self.run.pace.rules.pause)).await;
            }
            let (run, own) = self.one_run(size).await?;
            runs.extend(Some(run).filter(|_| own));
            tries += 1;
        }
        let mut now = tested::measured(name, &calls, &runs).with(&others);
        let uncounted = self.record_instructions(&mut now, size).await;
        let waits = tries > 0 && now.runs_of_times(name) < RUNS;
        if waits {
            now.forget_times();
        }
        let kernels = (now.runs_of_times(name) > 0).then(Kernels::measure);
        match tested::record(&default_path(), name, &now, kernels.as_ref()) {
            Ok(Some(changed)) => {
                let but = if waits { "; its times are not, since it waits, or was kept waiting" } else { "" };
                self.finished.notes.push(format!("perf.lock: {name} {changed}{but}{uncounted}"));
            }
            Ok(None) => {}
            Err(error) => self.finished.findings.rows.push(tested::undecided(error.verdict())),
        }
        Ok(())
    }

    async fn hold(&mut self, before: &Baseline, with_times: bool) -> Result<(), Returned<S::Output>> {
        let (name, size) = (self.run.name, self.run.greatest_size());
        let calls = self.single_calls(size).await?;
        let against = |runs: &[Vec<f64>], others: &[Baseline], kernels| {
            tested::compare(before, &tested::measured(name, &calls, runs).with(others), kernels)
        };
        let timed = with_times && self.times_count() && before.get(name).is_some_and(|entry| !entry.times.is_empty());
        let (mut runs, mut tries) = (Vec::new(), 0);
        let mut found = against(&[], &[], None);
        // A test that looks slower must stay slower in further runs, as a FAIL of a limit must.
        while timed && runs.len() < RUNS && tries < TRIES {
            if tries > 0 {
                self.subject.pause(self.run.pace.rules.pause).await;
                self.finished.epochs += 1;
            }
            let (run, own) = self.one_run(size).await?;
            tries += 1;
            found = against(std::slice::from_ref(&run), &[], None);
            if !is_slower(&found) {
                break;
            }
            runs.extend(Some(run).filter(|_| own));
        }
        let slower = is_slower(&found);
        let enough = !slower || runs.len() == RUNS;
        let kernels = (slower && enough).then(Kernels::measure);
        let whole = |others: &[Baseline]| {
            let mut found = against(&runs, others, kernels.as_ref());
            if !enough {
                tested::excuse_times(&mut found);
            }
            found
        };
        if slower {
            found = whole(&[]);
        }
        // And it must be slower in other processes: properties that all calls of this one share may differ there.
        let mut others = Vec::new();
        for processes in WAVES {
            if found.verdict().is_fail() {
                others.extend(self.in_other_processes(processes).await);
                found = whole(&others);
            }
        }
        found.changes.extend(self.hold_instructions(before, &calls, size).await);
        self.finished.notes.extend(tested::gain(name, &found).map(|gain| format!("perf.lock: {name} {gain}")));
        self.finished.findings.rows.extend(tested::rows(name, &found));
        Ok(())
    }

    /// Whether the budget measures times, in a build in which they count.
    fn times_count(&self) -> bool {
        self.times_are_held() && !self.finished.times.is_empty()
    }

    /// The same before any time was measured.
    pub(super) fn times_are_held(&self) -> bool {
        self.budget.gates_time() && self.budget.needs_times()
    }

    /// Times of a run of calls, and whether they are the code's own.
    pub(super) async fn one_run(&mut self, size: usize) -> Result<(Vec<f64>, bool), Returned<S::Output>> {
        let _turn = self.turn(RUN).await;
        let watched = Interruptions::start();
        let times = self.times(size, RUN).await?.times;
        let own = watched.share_of(times.len()) <= INTERRUPTED;
        Ok((times, own))
    }
}

/// Whether a time that decides looks worse.
fn is_slower(found: &RegressionReport) -> bool {
    found.changes.iter().any(|change| change.gates && change.metric.is_time() && change.moved() && change.is_worse())
}
