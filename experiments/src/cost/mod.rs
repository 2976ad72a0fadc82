//! What a program gets done in a phase, and which processor time its threads take for it.

use std::fs;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Name of the threads whose work is counted.
pub(crate) const WORKERS: &str = "work";
/// What the names of the endpoint's threads begin with.
const ENDPOINT: &str = "perf-serve";

/// Of some phases: what was done, and in which time. Processor time is 0 where the system does not tell.
#[derive(Default)]
pub(crate) struct Spent {
    calls: f64,
    pub(crate) seconds: f64,
    /// Processor time of the threads that work.
    pub(crate) working: f64,
    /// Processor time of the endpoint's threads.
    pub(crate) serving: f64,
}

impl Spent {
    /// Calls in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.calls / self.seconds
    }

    /// Calls in a second of the workers' own processor time.
    pub(crate) fn pace(&self) -> f64 {
        self.calls / self.working
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.seconds += other.seconds;
        self.working += other.working;
        self.serving += other.serving;
    }
}

/// A phase under way.
pub(crate) struct Phase<'a> {
    calls: &'a AtomicU64,
    begun: Instant,
    before: Spent,
}

impl<'a> Phase<'a> {
    /// One in which these calls are counted.
    pub(crate) fn begin(calls: &'a AtomicU64) -> Self {
        Self { calls, before: spent(calls, 0.0), begun: Instant::now() }
    }

    /// What was spent in it.
    pub(crate) fn end(self) -> Spent {
        let after = spent(self.calls, self.begun.elapsed().as_secs_f64());
        Spent {
            calls: after.calls - self.before.calls,
            seconds: after.seconds,
            working: after.working - self.before.working,
            serving: after.serving - self.before.serving,
        }
    }
}

fn spent(calls: &AtomicU64, seconds: f64) -> Spent {
    let calls = calls.load(Ordering::Relaxed) as f64;
    Spent { calls, seconds, working: processor_time(WORKERS), serving: processor_time(ENDPOINT) }
}

/// Seconds of processor time that threads whose names begin like this took so far.
fn processor_time(name: &str) -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let seconds = tasks.filter_map(|task| {
        // A thread may have ended since the folder was read.
        let named = fs::read_to_string(task.path().join("comm")).ok()?.starts_with(name);
        let spent = fs::read_to_string(task.path().join("schedstat")).ok().filter(|_| named)?;
        Some(spent.split(' ').next()?.parse::<u64>().ok()? as f64 / 1e9)
    });
    seconds.sum()
}
