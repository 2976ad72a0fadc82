//! The parts of a report beside its snapshot: where it was measured, and verdicts on budgets. The code that makes
//! the report adds each by one call.

use std::{env, mem};

#[cfg(feature = "judge")]
use perf_core::Snapshot;

use super::{Machine, Report};
use crate::host;

impl Report {
    /// Records that it was measured here: the name of the executable, the process, and the machine, whose allocator stays
    /// that of the snapshot.
    ///
    /// ```
    /// use perf_exporters::Report;
    ///
    /// let report = Report::from(perf_core::snapshot());
    /// assert_eq!((report.meta.pid, report.meta.program.as_str()), (None, ""));
    /// let report = report.of_this_process();
    /// assert_eq!(report.meta.pid, Some(std::process::id()));
    /// assert_eq!(report.meta.machine.os, std::env::consts::OS);
    /// ```
    #[must_use]
    pub fn of_this_process(mut self) -> Self {
        self.meta.program = program();
        self.meta.pid = host::pid();
        self.meta.identities = host::identity().into_iter().collect();
        let allocator = mem::take(&mut self.meta.machine.allocator);
        self.meta.machine = Machine { allocator, ..Machine::current() };
        self
    }

    /// Adds the verdicts on all budgets that the program declares, judged by this snapshot: the one that the report was made
    /// of, or a part of it such as the last minute.
    ///
    /// ```
    /// use perf_core::{Session, perf_budget};
    /// use perf_exporters::Report;
    ///
    /// #[perf_budget(name = "double", errors = "1%")]
    /// fn double(n: u64) -> Result<u64, ()> {
    ///     Ok(2 * n)
    /// }
    ///
    /// let session = Session::new();
    /// session.run(|| double(2)).unwrap();
    /// let snapshot = session.snapshot();
    /// let report = Report::from(&snapshot);
    /// assert!(report.budgets.is_empty());
    /// let judged = report.judged(&snapshot);
    /// assert_eq!(judged.budgets.len(), usize::from(perf_core::is_enabled()));
    /// ```
    #[cfg(feature = "judge")]
    #[must_use]
    pub fn judged(mut self, snapshot: &Snapshot) -> Self {
        self.budgets = super::BudgetReport::all(snapshot);
        self
    }
}

/// The name of the executable, without its folder and ending.
fn program() -> String {
    let path = env::current_exe().ok().or_else(|| env::args_os().next().map(Into::into));
    path.as_deref()
        .and_then(|path| path.file_stem())
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use perf_core::{Probe, Session};

    use super::*;

    #[test]
    fn a_report_of_a_snapshot_knows_nothing_of_this_machine() {
        static PROBE: Probe = Probe::new("report::here::probe");
        let session = Session::new();
        session.run(|| drop(PROBE.start()));
        let snapshot = session.snapshot();
        let pure = Report::from(&snapshot);
        assert_eq!(pure, Report::from(snapshot.clone()));
        let elsewhere = Machine { allocator: pure.meta.machine.allocator.clone(), ..Machine::default() };
        assert_eq!((&pure.meta.machine, pure.meta.pid, pure.meta.program.as_str()), (&elsewhere, None, ""));
        let here = pure.clone().of_this_process();
        assert_eq!(here.meta.machine.allocator, pure.meta.machine.allocator);
        assert_eq!((here.meta.pid, &here.probes), (host::pid(), &pure.probes));
        let both: Report = [here.clone(), pure.clone().of_this_process()].into_iter().collect();
        assert_eq!((both.meta.processes, both.meta.pid), (here.meta.processes, here.meta.pid), "one process, twice");
        assert_eq!(pure.meta.identities.len(), 0);
        assert!(!here.meta.program.is_empty() && !here.meta.machine.arch.is_empty());
    }
}
