//! Measurements of a test in other processes: this program once more, with this test alone.
//!
//! Some properties of a process (the seeds of hash maps, the place of memory) are the same for all its calls. So the counts of a
//! test, and its times, are taken from several processes: each counts as one run.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

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

/// No process is waited for longer than this: the test may need a resource that this process holds.
const PATIENCE: Duration = Duration::from_secs(30);

/// The interval between checks whether one has ended.
const LOOK: Duration = Duration::from_millis(3);

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
            let Some(mut other) = Other::start(test) else { break };
            let until = Instant::now() + PATIENCE;
            while other.is_running() && Instant::now() < until {
                self.subject.pause(LOOK).await;
            }
            match other.measured() {
                Some(measured) => seen.push(measured),
                None => break,
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

/// Such a process, and the file that it writes; both end with the value.
struct Other {
    child: Child,
    path: PathBuf,
}

impl Other {
    fn start(test: &str) -> Option<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name = format!("perf-sample-{}-{}", std::process::id(), STARTED.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        let mut command = Command::new(std::env::current_exe().ok()?);
        command.args([test, "--exact", "--include-ignored", "--test-threads=1"]);
        command.env(env::SAMPLE.name(), &path);
        for judged in [env::UPDATE.name(), env::GATE_LOG.name(), env::GATE_MEASURE.name(), env::GATE_DETAIL.name()] {
            command.env_remove(judged);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        Some(Self { child, path })
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn measured(&self) -> Option<Baseline> {
        Baseline::load(&self.path).ok()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It has ended, or is to end now.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        for path in [self.path.clone(), self.path.with_file_name(format!(".{name}.guard"))] {
            let _ = std::fs::remove_file(path);
        }
    }
}
