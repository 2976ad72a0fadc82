//! What threads are blocked in: samples at random times.
//!
//! A thread that a sample finds blocked counts as blocked until the next one. Times at random are what keeps work that
//! repeats from being found in the same place again and again.

use super::tasks::Tasks;
use crate::report::Reading;

/// The system calls that wait for a lock of the program: `futex`, `futex_waitv`, `futex_wait`.
const FUTEX: Option<&[i64]> = if cfg!(target_arch = "x86_64") {
    Some(&[202, 449, 455])
} else if cfg!(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "loongarch64")) {
    Some(&[98, 449, 455])
} else if cfg!(any(target_arch = "x86", target_arch = "arm")) {
    Some(&[240, 422, 449, 455])
} else {
    None
};

/// Threads as the last sample found them, and the time that samples stand for.
#[derive(Debug)]
pub(super) struct States {
    in_futex: u64,
    blocked: u64,
    told_until: u64,
    futex_ns: u64,
    blocked_ns: u64,
    /// Whether the last sample could be taken.
    told: Result<(), String>,
    /// Reused for the paths of files.
    path: String,
}

/// The state of a thread.
enum State {
    Running,
    InFutex,
    Blocked,
}

impl States {
    pub(super) fn new() -> Self {
        let told = Err("no sample was taken".to_owned());
        Self { in_futex: 0, blocked: 0, told_until: 0, futex_ns: 0, blocked_ns: 0, told, path: String::new() }
    }

    /// Looks at every thread but `silent`, which is the monitor's own.
    pub(super) fn sample(&mut self, tasks: &Tasks, at_ns: u64, silent: u32) {
        self.pass(at_ns);
        (self.in_futex, self.blocked) = (0, 0);
        let mut told = Ok(());
        let listed = tasks.each(|id| {
            if id == silent {
                return;
            }
            match state(tasks, id, &mut self.path) {
                Ok(Some(State::InFutex)) => self.in_futex += 1,
                Ok(Some(State::Blocked)) => self.blocked += 1,
                Ok(Some(State::Running) | None) => {}
                Err(reason) => told = Err(reason),
            }
        });
        self.told = listed.and(told);
    }

    /// Adds the figures as of the reading.
    pub(super) fn read(&mut self, reading: &mut Reading) -> Result<(), String> {
        self.told.clone()?;
        self.pass(reading.at_ns);
        (reading.futex_ns, reading.blocked_ns) = (Some(self.futex_ns), Some(self.blocked_ns));
        Ok(())
    }

    /// The last sample stands for the time until now.
    fn pass(&mut self, at_ns: u64) {
        let passed = at_ns.saturating_sub(self.told_until);
        self.futex_ns = self.futex_ns.saturating_add(passed.saturating_mul(self.in_futex));
        self.blocked_ns = self.blocked_ns.saturating_add(passed.saturating_mul(self.blocked));
        self.told_until = at_ns;
    }
}

fn state(tasks: &Tasks, id: u32, path: &mut String) -> Result<Option<State>, String> {
    let futex = FUTEX.ok_or("the numbers of system calls are not known for this architecture")?;
    let mut text = [0; 160];
    let Some(text) = tasks.file(id, "syscall", path, &mut text)? else { return Ok(None) };
    let word = text.split_whitespace().next().unwrap_or_default();
    Ok(Some(match word.parse::<i64>() {
        Ok(number) if futex.contains(&number) => State::InFutex,
        // "-1" is blocked in no call: a page fault.
        Ok(_) => State::Blocked,
        Err(_) => State::Running,
    }))
}
