//! What the system did for a thread, where it is Linux.

use std::fmt;
use std::fs;

/// Counts of the calling thread since it began.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    faults: u64,
    /// Switches to other threads, where this one waited and where it was made to.
    waited: u64,
    forced: u64,
}

impl Usage {
    pub(crate) fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/thread-self/stat").ok()?;
        // The eighth field after the program's name, which may contain anything.
        let faults = stat.rsplit_once(')')?.1.split_whitespace().nth(7)?.parse().ok()?;
        let status = fs::read_to_string("/proc/thread-self/status").ok()?;
        let count = |name: &str| status.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok();
        let (waited, forced) = (count("voluntary_ctxt_switches:")?, count("nonvoluntary_ctxt_switches:")?);
        Some(Self { faults, waited, forced })
    }
}

/// What so many calls needed.
pub(crate) struct Used {
    pub(crate) before: Usage,
    pub(crate) after: Usage,
    pub(crate) calls: usize,
}

impl fmt::Display for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let a_call = |of: fn(Usage) -> u64| (of(self.after) - of(self.before)) as f64 / self.calls as f64;
        let (faults, waited, forced) = (a_call(|at| at.faults), a_call(|at| at.waited), a_call(|at| at.forced));
        write!(f, "{faults:.2} page faults, {waited:.2} switches by waiting and {forced:.2} forced a call")
    }
}
