//! Memory and disks: threads that wait for pages.

use super::case::Case;
use super::finding::{Confidence, Diagnosis, Finding};
use crate::report::PressureOf;

/// The part of the time in which some task waited for memory, from which on that matters; in which it is much; and in which
/// nothing else ran.
const FELT: f64 = 0.05;
const MUCH: f64 = 0.2;
const HALTED: f64 = 0.01;
/// Pages a second that had to be read back from a disk.
const FAULTS: f64 = 10.0;
/// More bytes in swap than any system keeps there.
const SWAPPED: f64 = 1_048_576.0;

/// The part of the time in which some task waited for a disk.
const DISK_FELT: f64 = 0.1;
const DISK_MUCH: f64 = 0.3;
/// Bytes a second that make a process one of those that use the disk.
const DISK_BYTES: f64 = 1_048_576.0;
/// And pages a second.
const DISK_FAULTS: f64 = 100.0;

/// Threads wait for memory: their own group's pressure, or the machine's where the process itself has to read pages back. A group
/// that is as large as its limit proves nothing, since the page cache fills all memory that there is.
pub(super) fn pressure(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for watched in &case.watched {
        let stalled = watched.mean("memory_stalled_ns");
        let halted = watched.mean("memory_halted_ns");
        let faults = watched.mean("major_faults");
        let swapped = watched.mean("swap_bytes");
        let killed = watched.growth("oom_kills").is_some_and(|kills| kills >= 1.0);
        let reads_back = faults.is_some_and(|faults| faults >= FAULTS);
        let own = watched.track.pressure_of == Some(PressureOf::Cgroup);
        let stalls = stalled.is_some_and(|part| part >= FELT) && (own || reads_back);
        let swaps = swapped.is_some_and(|bytes| bytes >= SWAPPED) && reads_back;
        if !(killed || stalls || swaps) {
            continue;
        }
        let much = stalled.is_some_and(|part| part >= MUCH) || halted.is_some_and(|part| part >= HALTED);
        let confidence = if killed || (stalls && much) { Confidence::High } else { Confidence::Medium };
        let finding = Finding::new(Diagnosis::MemoryPressure, case.subject(watched), confidence)
            .with_known("some task waiting for memory", stalled, "ratio")
            .with_known("pages read back", faults, "per_second")
            .with_known("swapped out", swapped.filter(|bytes| *bytes > 0.0), "bytes")
            .with_known("limit reached", watched.growth("memory_limit_hits").filter(|hits| *hits > 0.0), "count")
            .with_known("killed", watched.growth("oom_kills").filter(|_| killed), "count");
        findings.push(finding);
    }
}

/// Some task waits for a disk, and the process is one that uses it.
pub(super) fn disk_wait(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for watched in &case.watched {
        let Some(stalled) = watched.mean("io_stalled_ns") else { continue };
        let bytes = watched.sum(&["disk_read_bytes", "disk_written_bytes"]);
        let faults = watched.mean("major_faults");
        let uses = bytes.is_some_and(|bytes| bytes >= DISK_BYTES) || faults.is_some_and(|faults| faults >= DISK_FAULTS);
        if stalled < DISK_FELT || !uses {
            continue;
        }
        let halted = watched.mean("io_halted_ns");
        let agreed =
            halted.is_some_and(|halted| halted >= DISK_FELT) || watched.track.pressure_of == Some(PressureOf::Cgroup);
        let confidence = if stalled >= DISK_MUCH && agreed { Confidence::High } else { Confidence::Medium };
        let finding = Finding::new(Diagnosis::DiskWait, case.subject(watched), confidence)
            .with("some task waiting for a disk", stalled, "ratio")
            .with_known("all tasks waiting for a disk", halted, "ratio")
            .with_known("disk bytes a second", bytes, "bytes")
            .with_known("pages read back", faults.filter(|faults| *faults >= 1.0), "per_second");
        findings.push(finding);
    }
}
