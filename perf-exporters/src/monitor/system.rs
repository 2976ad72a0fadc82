//! The figures of the process from the system and the allocator.

use std::time::{Duration, Instant};

use crate::report::{Moment, nanos};

/// The sources of figures. Each file is opened once.
#[derive(Debug)]
pub(super) struct System {
    #[cfg(target_os = "linux")]
    statm: Option<std::fs::File>,
    /// The resident set, as of the last detailed look.
    #[cfg(not(target_os = "linux"))]
    pub(super) resident: Option<u64>,
}

impl System {
    pub(super) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            statm: std::fs::File::open("/proc/self/statm").ok(),
            #[cfg(not(target_os = "linux"))]
            resident: None,
        }
    }

    pub(super) fn look(&self, started: Instant) -> Moment {
        Moment {
            at_ns: nanos(started.elapsed()),
            live_bytes: perf_core::live_bytes(),
            rss_bytes: self.resident(),
            cpu_ns: processor_time(),
        }
    }

    /// The second number of `/proc/self/statm`, in pages.
    #[cfg(target_os = "linux")]
    fn resident(&self) -> Option<u64> {
        use std::os::unix::fs::FileExt;

        let mut text = [0; 128];
        let read = self.statm.as_ref()?.read_at(&mut text, 0).ok()?;
        let pages = std::str::from_utf8(&text[..read]).ok()?.split(' ').nth(1)?.parse::<u64>().ok()?;
        pages.checked_mul(rustix::param::page_size() as u64)
    }

    #[cfg(not(target_os = "linux"))]
    fn resident(&self) -> Option<u64> {
        self.resident
    }
}

#[cfg(unix)]
fn processor_time() -> Option<u64> {
    clock(rustix::time::ClockId::ProcessCPUTime).map(nanos)
}

#[cfg(not(unix))]
fn processor_time() -> Option<u64> {
    None
}

/// Processor time of the calling thread.
#[cfg(unix)]
pub(super) fn thread_time() -> Option<Duration> {
    clock(rustix::time::ClockId::ThreadCPUTime)
}

#[cfg(not(unix))]
pub(super) fn thread_time() -> Option<Duration> {
    None
}

#[cfg(unix)]
fn clock(id: rustix::time::ClockId) -> Option<Duration> {
    let time = rustix::time::clock_gettime(id);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// The system's number of the calling thread, where threads are distinguished by it.
pub(super) fn thread_id() -> u32 {
    #[cfg(target_os = "linux")]
    let id = rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs();
    #[cfg(not(target_os = "linux"))]
    let id = 0;
    id
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_touched_is_seen() {
        let system = System::new();
        let started = Instant::now();
        let before = system.look(started);
        let touched = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = system.look(started);
        let grown = after.rss_bytes.unwrap().saturating_sub(before.rss_bytes.unwrap());
        assert!(grown > 48 << 20, "{grown} of {}", touched.len());
        assert!(after.cpu_ns > before.cpu_ns && after.at_ns > before.at_ns);
    }
}
