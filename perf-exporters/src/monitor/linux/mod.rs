//! Figures of a process on Linux: `/proc/self`, pressure stall information, control groups.
//!
//! Files are opened once and read into one buffer, so that a look allocates nothing and costs a system call for each file;
//! only the files of threads, which come and go, are opened each time. The crate `procfs` opens, reads and allocates anew
//! for every value, which would be most of what the monitor may cost.

mod cgroup;
mod source;
mod states;
mod tasks;
mod threads;

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::absent::Reasons;
use crate::report::{Limits, PressureOf, Reading, ThreadTime};
use cgroup::Cgroup;
use source::{MOST, Source, keyed};
use states::States;
use tasks::Tasks;
use threads::Threads;

/// Everything that is read less often than memory and processor time.
#[derive(Debug)]
pub(super) struct Details {
    buffer: Vec<u8>,
    status: Source,
    io: Source,
    net: Source,
    /// The pressure of processors, memory and disks.
    pressure: [Source; 3],
    pressure_of: PressureOf,
    pressure_told: bool,
    cgroup: Cgroup,
    tasks: Result<Tasks, String>,
    threads: Threads,
    states: States,
    descriptors: std::path::PathBuf,
}

impl Details {
    /// `root` is `/`, or a folder with a copy of the files that are read.
    pub(super) fn new(root: &Path) -> Self {
        let own = root.join("proc/self");
        let cgroup = Cgroup::find(root);
        // The pressure of the container is preferred to that of the machine, where it is reported.
        let group = cgroup.unified.as_ref().filter(|group| group.join("cpu.pressure").exists());
        let (pressure, pressure_of) = match group {
            Some(group) => (
                ["cpu", "memory", "io"].map(|of| Source::open(&group.join(format!("{of}.pressure")))),
                PressureOf::Cgroup,
            ),
            None => (
                ["cpu", "memory", "io"].map(|of| Source::open(&root.join("proc/pressure").join(of))),
                PressureOf::Machine,
            ),
        };
        Self {
            buffer: vec![0; MOST],
            status: Source::open(&own.join("status")),
            io: Source::open(&own.join("io")),
            net: Source::open(&own.join("net/dev")),
            pressure,
            pressure_of,
            pressure_told: false,
            cgroup,
            tasks: Tasks::open(root),
            threads: Threads::default(),
            states: States::new(),
            descriptors: own.join("fd"),
        }
    }

    /// Looks at what threads are blocked in. The thread `silent` is the monitor's own.
    pub(super) fn sample(&mut self, at_ns: u64, silent: u32) {
        if let Ok(tasks) = &self.tasks {
            self.states.sample(tasks, at_ns, silent);
        }
    }

    /// Reads all of it; of what threads are blocked in, what samples found so far.
    pub(super) fn look(&mut self, reading: &mut Reading, reasons: &mut Reasons) {
        reasons.note("status", self.status(reading));
        reasons.note("io", self.io(reading));
        reasons.note("net", self.net(reading));
        let pressure = self.pressure(reading);
        self.pressure_told = pressure.is_ok();
        reasons.note("pressure", pressure);
        reasons.note("descriptors", self.descriptors(reading));
        reasons.note("cgroup cpu", self.cgroup.read_cpu(&mut self.buffer, reading));
        reasons.note("cgroup memory", self.cgroup.read_memory(&mut self.buffer, reading));
        let tasks = self.tasks.as_ref().map_err(Clone::clone);
        reasons.note("threads", tasks.clone().and_then(|tasks| self.threads.look(tasks, reading)));
        reasons.note("blocked", tasks.and_then(|_| self.states.read(reading)));
    }

    pub(super) fn threads(&self) -> Vec<ThreadTime> {
        self.threads.times()
    }

    pub(super) fn limits(&mut self) -> Limits {
        let mut limits = Limits { descriptors: getrlimit(Resource::Nofile).current, ..Limits::default() };
        self.cgroup.limits(&mut self.buffer, &mut limits);
        limits
    }

    /// The group or machine whose pressure is read; none where there is none.
    pub(super) fn pressure_of(&self) -> Option<PressureOf> {
        self.pressure_told.then_some(self.pressure_of)
    }

    fn status(&mut self, reading: &mut Reading) -> Result<(), String> {
        let text = self.status.read(&mut self.buffer)?;
        reading.swap_bytes = keyed(text, "VmSwap").and_then(|kib| kib.checked_mul(1024));
        reading.peak_rss_bytes = keyed(text, "VmHWM").and_then(|kib| kib.checked_mul(1024));
        let both = reading.swap_bytes.is_some() && reading.peak_rss_bytes.is_some();
        if both { Ok(()) } else { Err(self.status.without("it has no VmSwap, or no VmHWM")) }
    }

    fn io(&mut self, reading: &mut Reading) -> Result<(), String> {
        let text = self.io.read(&mut self.buffer)?;
        reading.disk_read_bytes = keyed(text, "read_bytes");
        reading.disk_written_bytes = keyed(text, "write_bytes");
        reading.read_bytes = keyed(text, "rchar");
        reading.written_bytes = keyed(text, "wchar");
        reading.io_calls =
            keyed(text, "syscr").zip(keyed(text, "syscw")).map(|(reads, writes)| reads.saturating_add(writes));
        let told = reading.disk_read_bytes.is_some() && reading.disk_written_bytes.is_some();
        if told { Ok(()) } else { Err(self.io.without("it does not tell what goes to disks")) }
    }

    fn net(&mut self, reading: &mut Reading) -> Result<(), String> {
        let text = self.net.read(&mut self.buffer)?;
        let (mut received, mut sent, mut loopback) = (0_u64, 0_u64, 0_u64);
        for line in text.lines() {
            let Some((device, numbers)) = line.split_once(':') else { continue };
            let number = |at: usize| numbers.split_whitespace().nth(at).and_then(|word| word.parse::<u64>().ok());
            let (Some(came), Some(went)) = (number(0), number(8)) else { continue };
            if device.trim() == "lo" {
                loopback = went;
            } else {
                (received, sent) = (received.saturating_add(came), sent.saturating_add(went));
            }
        }
        (reading.net_received_bytes, reading.net_sent_bytes, reading.loopback_bytes) =
            (Some(received), Some(sent), Some(loopback));
        Ok(())
    }

    fn pressure(&mut self, reading: &mut Reading) -> Result<(), String> {
        let [cpu, memory, io] = &self.pressure;
        let mut both = |source: &Source| -> Result<[Option<u64>; 2], String> {
            let text = source.read(&mut self.buffer)?;
            Ok([stalled(text, "some"), stalled(text, "full")])
        };
        [reading.cpu_stalled_ns, _] = both(cpu)?;
        [reading.memory_stalled_ns, reading.memory_halted_ns] = both(memory)?;
        [reading.io_stalled_ns, reading.io_halted_ns] = both(io)?;
        Ok(())
    }

    /// Recent kernels report the number as the folder's size; elsewhere its entries are counted.
    fn descriptors(&mut self, reading: &mut Reading) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.descriptors.display());
        let told = std::fs::metadata(&self.descriptors).map_err(failed)?.len();
        let counted = match told {
            // The folder itself is open while it is read.
            0 => std::fs::read_dir(&self.descriptors).map_err(failed)?.count().saturating_sub(1) as u64,
            told => told,
        };
        reading.descriptors = Some(counted);
        Ok(())
    }
}

/// The total behind `some` or `full`, which is in microseconds.
fn stalled(text: &str, line: &str) -> Option<u64> {
    let line = text.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(' '))?;
    let total = line.split(' ').find_map(|word| word.strip_prefix("total="))?;
    total.parse::<u64>().ok()?.checked_mul(1_000)
}

#[cfg(test)]
mod tests;
