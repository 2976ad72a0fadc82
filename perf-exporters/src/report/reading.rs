//! The system's figures of a process beside memory and processor time: one declaration for each figure.
//!
//! The struct in reports, the names that outputs use, and the documentation are all made of these declarations.

use serde::{Deserialize, Serialize};

/// How values of one figure at different times relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A sum that only grows; its growth in a second is of interest.
    Grows,
    /// A level that goes up and down.
    Level,
}

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Nanoseconds.
    Nanos,
    /// Bytes.
    Bytes,
    /// Things.
    Count,
}

/// A figure of a [`Reading`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Figure {
    /// The key in JSON, and the field of [`Reading`].
    pub name: &'static str,
    /// A short description.
    pub label: &'static str,
    /// How values at different times relate.
    pub kind: Kind,
    /// Its unit.
    pub unit: Unit,
    /// Where it is read. [`Track::absent`](super::Track::absent) names the sources that could not be read.
    pub source: &'static str,
    /// Its value.
    pub of: fn(&Reading) -> Option<u64>,
}

macro_rules! readings {
    ($( $(#[doc = $doc:literal])+ $field:ident: $kind:ident, $unit:ident, $source:literal, $label:literal; )+) => {
        /// The system's figures of a process at one moment. Missing figures are left out, and [`Track::absent`] says why.
        ///
        /// ```
        /// use perf_exporters::report::Reading;
        ///
        /// let mut reading = Reading::default();
        /// reading.descriptors = Some(12);
        /// let descriptors = Reading::FIGURES.iter().find(|figure| figure.name == "descriptors").unwrap();
        /// assert_eq!((descriptors.of)(&reading), Some(12));
        /// ```
        ///
        /// [`Track::absent`]: super::Track::absent
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct Reading {
            /// Nanoseconds since the track's start.
            pub at_ns: u64,
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<u64>,
            )+
        }

        impl Reading {
            /// Every figure, in the order of the documentation.
            pub const FIGURES: &'static [Figure] = &[$(Figure {
                name: stringify!($field),
                label: $label,
                kind: Kind::$kind,
                unit: Unit::$unit,
                source: $source,
                of: |reading| reading.$field,
            }),+];

            /// Two readings as one: the sums of the later, and of levels the higher.
            #[cfg(feature = "monitor")]
            pub(crate) fn joined(self, later: Self) -> Self {
                Self {
                    at_ns: later.at_ns,
                    $( $field: match Kind::$kind {
                        Kind::Grows => later.$field.or(self.$field),
                        Kind::Level => self.$field.max(later.$field),
                    }, )+
                }
            }
        }
    };
}

readings! {
    /// Processor time of all threads in the program's own code, since the process began.
    user_ns: Grows, Nanos, "getrusage", "processor time in user mode";
    /// Processor time of all threads in the kernel, since the process began.
    system_ns: Grows, Nanos, "getrusage", "processor time in the kernel";
    /// Time that threads were ready to run and had no processor, since watching began. Of threads that ended, what the last
    /// reading before their end saw.
    ready_ns: Grows, Nanos, "threads", "waiting for a processor";
    /// Time that threads spent blocked in `futex`, which is what locks, condition variables, channels and parked threads
    /// wait in. Sampled at random times: a thread that a sample finds there counts until the next one.
    futex_ns: Grows, Nanos, "blocked", "threads blocked in futex";
    /// Time that threads spent blocked in any other system call, such as reads, sleeps and `epoll_wait`. Sampled likewise.
    blocked_ns: Grows, Nanos, "blocked", "threads blocked in other calls";
    /// Times that threads gave up their processor: they blocked.
    voluntary_switches: Grows, Count, "getrusage", "voluntary context switches";
    /// Times that threads lost their processor to others.
    involuntary_switches: Grows, Count, "getrusage", "involuntary context switches";
    /// Pages that were mapped without reading a disk.
    minor_faults: Grows, Count, "getrusage", "minor page faults";
    /// Pages that had to be read from a disk.
    major_faults: Grows, Count, "getrusage", "major page faults";
    /// The most memory that the process ever occupied. On Linux not by `getrusage`, which also counts what was there before the
    /// program was executed: its parent's.
    peak_rss_bytes: Level, Bytes, "status", "peak resident set";
    /// Memory of the process that was moved to a swap device.
    swap_bytes: Level, Bytes, "status", "swapped out";
    /// Threads alive.
    threads: Level, Count, "threads", "threads";
    /// File descriptors open, with the few that the monitor itself has.
    descriptors: Level, Count, "descriptors", "file descriptors";
    /// Bytes that the process had read from storage devices: what caches answered is not in it.
    disk_read_bytes: Grows, Bytes, "io", "read from disks";
    /// Bytes that the process had written to storage devices: counted as pages of files are made dirty.
    disk_written_bytes: Grows, Bytes, "io", "written to disks";
    /// Bytes that calls such as `read` returned, from files, pipes and terminals, caches included.
    read_bytes: Grows, Bytes, "io", "read by calls";
    /// Bytes that calls such as `write` took.
    written_bytes: Grows, Bytes, "io", "written by calls";
    /// Calls that read or wrote.
    io_calls: Grows, Count, "io", "reading and writing calls";
    /// Bytes that network devices received: of the whole network namespace, which is a container's or the machine's, without
    /// the loopback device.
    net_received_bytes: Grows, Bytes, "net", "received by the network namespace";
    /// Bytes that network devices sent, likewise.
    net_sent_bytes: Grows, Bytes, "net", "sent by the network namespace";
    /// Bytes that went through the loopback device of the network namespace.
    loopback_bytes: Grows, Bytes, "net", "through the loopback device";
    /// Time in which at least one task was ready and had no processor: of the cgroup where it reports that, or of the machine.
    cpu_stalled_ns: Grows, Nanos, "pressure", "some task waiting for a processor";
    /// Time in which at least one task waited for memory.
    memory_stalled_ns: Grows, Nanos, "pressure", "some task waiting for memory";
    /// Time in which all tasks that were not idle waited for memory.
    memory_halted_ns: Grows, Nanos, "pressure", "all tasks waiting for memory";
    /// Time in which at least one task waited for a disk.
    io_stalled_ns: Grows, Nanos, "pressure", "some task waiting for a disk";
    /// Time in which all tasks that were not idle waited for a disk.
    io_halted_ns: Grows, Nanos, "pressure", "all tasks waiting for a disk";
    /// Periods of the processor quota that passed while the cgroup ran.
    quota_periods: Grows, Count, "cgroup cpu", "periods of the processor quota";
    /// Of these, the periods in which the quota was used up and threads were stopped.
    throttled_periods: Grows, Count, "cgroup cpu", "throttled periods";
    /// Time that the cgroup was stopped for: on each processor, summed.
    throttled_ns: Grows, Nanos, "cgroup cpu", "stopped by the processor quota";
    /// Memory of the cgroup, page cache included.
    cgroup_memory_bytes: Level, Bytes, "cgroup memory", "memory of the cgroup";
    /// Times that the cgroup's memory limit was reached.
    memory_limit_hits: Grows, Count, "cgroup memory", "memory limit reached";
    /// Processes of the cgroup that were killed for want of memory.
    oom_kills: Grows, Count, "cgroup memory", "killed for want of memory";
    /// Bytes that the program has from jemalloc.
    jemalloc_allocated_bytes: Level, Bytes, "jemalloc", "jemalloc: allocated";
    /// Bytes in pages that jemalloc has given to the program in part or in whole.
    jemalloc_active_bytes: Level, Bytes, "jemalloc", "jemalloc: active";
    /// Bytes in pages that jemalloc keeps in memory.
    jemalloc_resident_bytes: Level, Bytes, "jemalloc", "jemalloc: resident";
    /// Bytes of address space that jemalloc keeps for later use without memory behind.
    jemalloc_retained_bytes: Level, Bytes, "jemalloc", "jemalloc: retained";
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::*;

    /// The part of `docs/monitor.md` between its marks is made of the declarations.
    #[test]
    fn the_documentation_has_every_figure() {
        const HEAD: &str = "| field | kind | what | source |\n|---|---|---|---|\n\
            | `live_bytes` | level | live heap, the most since the moment before | live heap |\n\
            | `rss_bytes` | level | resident set, the most since the moment before | statm |\n\
            | `cpu_ns` | grows | processor time of all threads | clock |\n";
        const MARKS: [&str; 2] = ["report::reading` -->\n", "<!-- end -->"];
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/monitor.md");
        let text = fs::read_to_string(&path).unwrap();
        let row = |figure: &Figure| {
            let kind = if figure.kind == Kind::Grows { "grows" } else { "level" };
            format!("| `{}` | {kind} | {} | {} |\n", figure.name, figure.label, figure.source)
        };
        let table: String = [HEAD.to_owned()].into_iter().chain(Reading::FIGURES.iter().map(row)).collect();
        let (before, rest) = text.split_once(MARKS[0]).unwrap();
        let (found, after) = rest.split_once(MARKS[1]).unwrap();
        if found != table && env::var_os("PERF_EXPORTERS_BLESS").is_some() {
            fs::write(&path, format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1])).unwrap();
            return;
        }
        assert_eq!(found, table, "PERF_EXPORTERS_BLESS=1 writes it anew");
    }

    #[test]
    fn units_are_told_by_names() {
        for figure in Reading::FIGURES {
            let unit = match figure.name {
                name if name.ends_with("_ns") => Unit::Nanos,
                name if name.ends_with("_bytes") => Unit::Bytes,
                _ => Unit::Count,
            };
            assert_eq!(figure.unit, unit, "{}", figure.name);
        }
    }
}
