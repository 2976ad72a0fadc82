//! Faults of real life: each is made, counted, waited for, and looked at afterwards. Was anything lost that had been acknowledged?

mod disk;
mod events;
mod locked;

use std::fmt;

pub use disk::{disk_full, disk_full_in_this_process};
pub use events::{poison_event, slow_subscriber};
pub use locked::database_locked;

/// What became of a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What callers were told is done.
    pub acknowledged: u64,
    /// What of that was found afterwards.
    pub kept: u64,
    /// What callers were told has failed, by kind.
    pub failures: Vec<(String, u64)>,
    /// What was tried again.
    pub retried: u64,
    /// Whether all was well again when the fault had gone.
    pub recovered: bool,
}

impl Fault {
    /// Whether it did what it should: counted, nothing lost, recovered.
    #[must_use]
    pub fn is_survived(&self) -> bool {
        let counted = self.failures.iter().any(|(_, count)| *count > 0) || self.retried > 0;
        counted && self.acknowledged > 0 && self.kept == self.acknowledged && self.recovered
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failures: Vec<String> = self.failures.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
        let failures = if failures.is_empty() { "none".to_owned() } else { failures.join(", ") };
        write!(
            f,
            "{:<16}  acknowledged {:>5}, kept {:>5}; failed: {failures}; retried {}; {}",
            self.name,
            self.acknowledged,
            self.kept,
            self.retried,
            if self.recovered { "recovered" } else { "NOT RECOVERED" },
        )
    }
}

/// How often a probe was called since then.
fn calls(before: &perf_core::Snapshot, probe: &str) -> u64 {
    perf_core::snapshot().since(before).get(probe).map_or(0, perf_core::ProbeStats::calls)
}
