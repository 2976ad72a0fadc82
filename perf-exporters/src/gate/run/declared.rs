//! Budgets that the code under test declares itself: everything declared that ran inside.

use std::time::Instant;

use perf_core::{ProbeStats, Session, Snapshot};

use super::engine::{Engine, Returned, Seen};
use super::subject::Subject;
use crate::judge::plan;
use crate::judge::{self, Disturbance, Findings, Row, Unit, Verdict};
use crate::stats::order;

/// Calls between looks at the clock.
const CHUNK: u64 = 32;

/// Calls before the first look.
const FIRST_LOOK: u64 = 64;

impl<S: Subject> Engine<'_, S> {
    /// Judges the budgets of all probes that run inside the test.
    pub(super) async fn declared(&mut self) -> Result<(), Returned<S::Output>> {
        if limits_calls(&self.session.snapshot()) {
            // Only the call tree records which probe called which.
            perf_core::set_call_tree(true);
        }
        let findings =
            self.confirm(self.run.pace.rules, async |engine: &mut Self| engine.declared_epoch().await).await?;
        self.finished.findings.rows.extend(findings.rows);
        Ok(())
    }

    async fn declared_epoch(&mut self) -> Result<Seen, Returned<S::Output>> {
        let _turn = self.turn(self.run.max_time()).await;
        let session = Session::new();
        self.reference.begin(self.call_ns);
        let start = Instant::now();
        let planned = self.run.spec.iterations;
        let mut look = planned.unwrap_or(FIRST_LOOK);
        let mut made = 0;
        loop {
            while made < look && (made == 0 || start.elapsed() < self.run.max_time()) {
                let slow = self.call_ns * CHUNK as f64 > 1e8;
                let calls = if slow { 1 } else { CHUNK.min(look - made) };
                self.scope.count_into(&session, None);
                let outputs = self.subject.counted(0, calls, &session, &self.scope).await;
                let _ = self.scope.take();
                for output in outputs {
                    self.accept(output)?;
                }
                made += calls;
                self.reference.run();
                self.subject.breathe().await;
            }
            let snapshot = session.snapshot();
            let findings = judge::check_as(&snapshot, self.run.debug_build);
            let verdict = findings.time_verdict();
            let exact = findings.rows.iter().all(|row| row.exact);
            let floor = self.floor(plan::calls_for_runs(0.01));
            let waits = verdict.is_pass() && !exact && !floor.allows(made, start.elapsed());
            let over = planned.is_some() || made < look || findings.rows.is_empty() || findings.fails(true);
            if over || !(waits || matches!(verdict, Verdict::Inconclusive(_))) {
                self.scope.count_into(self.session, None);
                return Ok(seen(findings, verdict, self.reference.near(self.call_ns)));
            }
            look = order::floor(look as f64 * 2.0) as u64;
        }
    }
}

fn seen(mut findings: Findings, verdict: Verdict, machine: Disturbance) -> Seen {
    if findings.rows.is_empty() {
        let row = Row::new("declared budgets", Unit::Count, f64::NAN);
        findings.rows.push(row.invalid("no function with a budget ran inside this test"));
        let verdict = findings.verdict();
        return Seen { findings, verdict, calm: true };
    }
    let calm = machine.late * 10 <= machine.runs && machine.slowdown < 1.5;
    Seen { findings, verdict, calm }
}

/// Does any of the declared budgets limit calls of other probes?
fn limits_calls(snapshot: &Snapshot) -> bool {
    snapshot.probes().flat_map(ProbeStats::budgets).any(|spec| !spec.calls.is_empty())
}
