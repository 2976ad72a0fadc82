//! The outputs of a reporter: shared with the thread that writes them when a signal ends the program.

use std::sync::{Arc, Mutex, PoisonError};

use super::Background;
use crate::host::Began;
use crate::process::Process;
use crate::report::nanos;
use crate::{Error, Output, Report};

pub(super) struct Sink {
    pub(super) outputs: Vec<Output>,
    pub(super) top: Option<usize>,
    pub(super) program: Option<String>,
    pub(super) allocator: Option<String>,
    pub(super) started: Began,
    pub(super) process: Process,
    /// Held from taking a report until it is written, so that of two the later one stays.
    pub(super) writing: Mutex<()>,
    /// Ends after the report was written.
    #[cfg_attr(not(all(unix, feature = "signals")), allow(dead_code, reason = "kept until its end"))]
    pub(super) background: Option<Arc<Background>>,
}

impl Sink {
    pub(super) fn report(&self) -> Report {
        let snapshot = perf_core::snapshot();
        let mut report = Report::from(&snapshot).of_this_process();
        #[cfg(feature = "judge")]
        {
            report = report.judged(&snapshot);
        }
        report.meta.duration_ns = nanos(self.started.elapsed());
        if let Some(program) = &self.program {
            report.meta.program.clone_from(program);
        }
        if let Some(allocator) = &self.allocator {
            report.meta.machine.allocator.clone_from(allocator);
        }
        #[cfg(feature = "monitor")]
        report.monitor.extend(crate::monitor::track());
        report
    }

    /// Tries every output that is wanted, and tells of each that failed.
    pub(super) fn write(&self, wanted: impl Fn(&Output) -> bool) -> Vec<Error> {
        // In the child of a fork the lock may be held by a thread that is not there.
        let mine = self.process.is_current();
        let wanted = |output: &&Output| wanted(output) && (mine || output.is_of_each_process());
        let mut outputs = self.outputs.iter().filter(wanted).peekable();
        if outputs.peek().is_none() {
            return Vec::new();
        }
        let _writing = mine.then(|| self.writing.lock().unwrap_or_else(PoisonError::into_inner));
        let report = self.report();
        outputs.filter_map(|output| output.write(&report, self.top).err()).collect()
    }

    /// Sends what still waits for a collector: the program is about to end.
    #[cfg(all(unix, feature = "signals"))]
    pub(super) fn send_rest(&self) {
        self.background.iter().for_each(|background| background.send_rest());
    }
}
