//! Counted instructions of a test in `perf.lock`: recorded from several processes, and held by the spread of these.
//!
//! Counting takes seconds, so it is done for tests whose budget counts instructions. What the budget itself counted is used here again.

use std::mem;

use perf_core::Snapshot;

use super::engine::Engine;
use super::instructions::Processes;
use super::subject::Subject;
use crate::baseline::{Baseline, Change};
use crate::gate::tested;
use crate::instructions::Source;
use crate::judge::instructions::PROCESSES;

/// Processes that are recorded, as of everything else.
const RECORDED: usize = 5;

/// Processes that have to agree on a FAIL: twice as many as prove one, since what seeds and places in memory do was learnt from few.
const AGREEING: usize = 2 * PROCESSES;

impl<S: Subject> Engine<'_, S> {
    /// Adds the instructions of a call at this size to what is recorded; where they cannot be counted, the returned words say why.
    pub(super) async fn record_instructions(&mut self, now: &mut Baseline, size: usize) -> String {
        if !self.instructions_are_held() {
            return String::new();
        }
        let mut seen = mem::take(&mut self.counted);
        while seen.len() < RECORDED && seen.absent().is_none() {
            self.count_in_another_process(&mut seen).await;
        }
        if let Some(why) = seen.absent().filter(|_| seen.len() < PROCESSES) {
            return format!("; its instructions are not: {why}");
        }
        count(now, self.run.name, &seen, size);
        String::new()
    }

    /// The change of the instructions of a call since they were recorded; none where they were not. A FAIL takes [`AGREEING`] processes.
    pub(super) async fn hold_instructions(
        &mut self,
        before: &Baseline,
        calls: &[Snapshot],
        size: usize,
    ) -> Vec<Change> {
        let name = self.run.name;
        let recorded = before.get(name).is_some_and(|entry| !entry.instructions.is_empty());
        if !recorded || !self.instructions_are_held() {
            return Vec::new();
        }
        let mut seen = mem::take(&mut self.counted);
        loop {
            let mut now = tested::measured(name, calls, &[]);
            count(&mut now, name, &seen, size);
            let moved = tested::instructions_moved(before, name, &now);
            let worse = moved.iter().any(|change| change.gates && change.moved() && change.is_worse());
            let enough = if worse { AGREEING } else { 1 };
            if seen.len() >= enough {
                return moved;
            }
            if let Some(why) = seen.absent() {
                self.finished.findings.rows.push(tested::uncounted(why));
                return Vec::new();
            }
            self.count_in_another_process(&mut seen).await;
        }
    }

    /// Whether the budget counts instructions, in a build in which they count.
    fn instructions_are_held(&self) -> bool {
        self.budget.gates_time() && self.run.counts_instructions()
    }
}

/// Puts the counts of these processes beside a test's other counts.
fn count(now: &mut Baseline, name: &str, seen: &Processes, size: usize) {
    let source = Source::of_this_machine().map_or("", Source::name);
    now.count_instructions(name, source, &seen.of_body(size).medians());
}
