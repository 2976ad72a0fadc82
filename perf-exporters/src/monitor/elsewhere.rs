//! Figures of a process on platforms other than Linux, through the crate `sysinfo`.

use std::path::Path;

use super::absent::Reasons;
use crate::report::{Limits, PressureOf, Reading, ThreadTime};

/// Everything that is read less often than processor time.
#[derive(Debug)]
pub(super) struct Details {
    #[cfg(not(target_family = "wasm"))]
    system: Result<sysinfo::System, String>,
    resident: Option<u64>,
}

impl Details {
    pub(super) fn new(_: &Path) -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            system: sysinfo::System::new().map_err(|error| error.to_string()),
            resident: None,
        }
    }

    pub(super) fn sample(&mut self, _: u64, _: u32) {}

    pub(super) fn look(&mut self, reading: &mut Reading, reasons: &mut Reasons) {
        reasons.note("io", self.ask(reading));
        reasons.note_known("descriptors", reading.descriptors.is_some(), "this platform does not tell them");
        for source in ["status", "net", "pressure", "cgroup cpu", "cgroup memory", "threads", "blocked"] {
            reasons.note_known(source, false, "read on Linux only");
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn ask(&mut self, reading: &mut Reading) -> Result<(), String> {
        use sysinfo::{ProcessRefreshKind, ProcessesToUpdate};

        let own = sysinfo::get_current_pid().map_err(|error| error.to_string())?;
        let system = self.system.as_mut().map_err(|reason| reason.clone())?;
        let kind = ProcessRefreshKind::nothing().with_memory().with_disk_usage();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, kind);
        let process = system.process(own).ok_or("the system does not tell of this process")?;
        self.resident = Some(process.memory());
        reading.descriptors = process.open_files().map(|open| open as u64);
        let disk = process.disk_usage();
        (reading.disk_read_bytes, reading.disk_written_bytes) =
            (Some(disk.total_read_bytes), Some(disk.total_written_bytes));
        Err("this platform tells no calls and no bytes of calls".to_owned())
    }

    #[cfg(target_family = "wasm")]
    fn ask(&mut self, _: &mut Reading) -> Result<(), String> {
        Err("this platform tells nothing of a process".to_owned())
    }

    /// The resident set, as of the last look.
    pub(super) fn resident(&self) -> Option<u64> {
        self.resident
    }

    pub(super) fn threads(&self) -> Vec<ThreadTime> {
        Vec::new()
    }

    pub(super) fn limits(&mut self) -> Limits {
        Limits::default()
    }

    pub(super) fn pressure_of(&self) -> Option<PressureOf> {
        None
    }
}
