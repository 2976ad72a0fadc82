//! Measurements of a test in other processes: this program once more, with this test alone.
//!
//! Some properties of a process (the seeds of hash maps, the place of memory) are the same for all its calls. So the counts of a
//! test, and its times, are taken from several processes: each counts as one run.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::again::Again;
use super::engine::{Engine, Returned};
use super::subject::Subject;
use crate::baseline::Baseline;
use crate::env;
use crate::gate::tested;

/// Other processes that are asked when something is recorded; with this one they are as many runs as prove something.
pub(super) const OTHERS: usize = 4;

/// As many are asked before a FAIL, and then so many more: a count of two values that seeds make equally likely was the same in
/// five processes once in sixteen times, and another in eleven hardly ever.
pub(super) const WAVES: [usize; 2] = [OTHERS, 6];

/// No process is waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A run whose times are not the code's own is made again so many times.
const TRIES: usize = 3;

impl<S: Subject> Engine<'_, S> {
    /// Measurements of this test in other processes; fewer where some do not start, or do not end in time.
    pub(super) async fn in_other_processes(&mut self, processes: usize) -> Vec<Baseline> {
        let Some(test) = self.run.test else { return Vec::new() };
        // Processes that measure times run one at a time.
        let _turn = if self.times_are_held() { self.turn(Duration::from_secs(1)).await } else { None };
        let mut seen = Vec::new();
        for _ in 0..processes {
            let Ok(program) = std::env::current_exe() else { break };
            let other = Again::start(&program, test, env::SAMPLE.name(), |program, _| Command::new(program));
            let Ok(mut other) = other else { break };
            self.wait_for(&mut other, PATIENCE).await;
            match Baseline::load(other.path()) {
                Ok(measured) => seen.push(measured),
                Err(_) => break,
            }
        }
        seen
    }

    /// Measures once in such a process, and writes that to the file.
    pub(super) async fn leave_sample(&mut self, path: PathBuf) -> Result<(), Returned<S::Output>> {
        let size = self.run.greatest_size();
        self.warm_up(size).await?;
        let calls = self.single_calls(size).await?;
        let mut runs = Vec::new();
        for _ in 0..if self.times_are_held() { TRIES } else { 0 } {
            let (run, own) = self.one_run(size).await?;
            if own {
                runs.push(run);
                break;
            }
        }
        // The process that asked finds no file, and says so.
        let _ = tested::measured(self.run.name, &calls, &runs).save(path);
        Ok(())
    }
}
