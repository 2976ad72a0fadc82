//! The same run counted by another library beside ours.
//!
//! Two workloads: blocks of fixed sizes that are never reallocated, where everything that both count has to be equal; and rows of the
//! stream, where what differs is named.

#[cfg(feature = "dhat")]
pub mod dhat;
#[cfg(feature = "jemalloc")]
pub mod jemalloc;

use std::fmt;

use perf_core::{Probe, Session};

use crate::Table;
use crate::stream::{Source, stream};

/// What both do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// A thousand blocks of 64 to 32,768 bytes, each a power of two; every other one is freed.
    Blocks,
    /// 50,000 rows into a table.
    Rows,
}

/// What a workload leaves behind, to be kept until both have been asked.
pub enum Left {
    /// Blocks.
    Blocks(Vec<Vec<u8>>),
    /// A table.
    Rows(Table),
}

impl Workload {
    /// Does it.
    #[must_use]
    pub fn run(self) -> Left {
        match self {
            Self::Blocks => {
                let mut kept = Vec::with_capacity(512);
                for number in 0..1_024_u32 {
                    let block = Vec::with_capacity(64 << (number % 10));
                    if number % 2 == 0 {
                        kept.push(block);
                    }
                }
                Left::Blocks(kept)
            }
            Self::Rows => {
                let mut table = Table::default();
                stream(&mut Source::new(1, 0), 50_000, &mut table, None);
                Left::Rows(table)
            }
        }
    }
}

/// Counts of [`PerfAlloc`](perf_core::PerfAlloc).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// Allocations and reallocations.
    pub allocs: u64,
    /// Bytes of allocations, and the growth by reallocations.
    pub bytes: u64,
    /// Bytes of those that are live.
    pub net: i64,
    /// The most that were live at a time.
    pub peak: u64,
}

/// A figure of both.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What is counted.
    pub name: &'static str,
    /// By the other.
    pub theirs: i64,
    /// By ours.
    pub ours: i64,
    /// Why they may differ; empty where they have to be equal.
    pub differs: &'static str,
}

impl Figure {
    /// Whether they are equal, or may differ.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.theirs == self.ours || !self.differs.is_empty()
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match (self.theirs == self.ours, self.differs) {
            (true, _) => "equal",
            (false, "") => "DIFFERS",
            (false, why) => why,
        };
        write!(f, "{:<24} {:>14} {:>14}  {word}", self.name, self.theirs, self.ours)
    }
}

/// Runs a workload in a session, with `read` right before and right after it.
fn counted<T>(workload: Workload, read: impl Fn() -> T) -> (T, T, Ours, Left) {
    static BESIDE: Probe = Probe::new("beside");
    static FIRST: Probe = Probe::new("beside::first");
    let session = Session::new();
    // Probes make room for their counts when they are first called. That is no allocation of the program, and ours leaves it out.
    session.run(|| {
        drop(BESIDE.start());
        let _first = FIRST.start();
        drop(workload.run());
    });
    let _inside = session.enter();
    let call = BESIDE.start();
    let before = read();
    let left = workload.run();
    let after = read();
    drop(call);
    let snapshot = session.snapshot();
    let ours = snapshot.get("beside").map_or_else(Ours::default, |probe| Ours {
        allocs: probe.allocs(),
        bytes: probe.alloc_bytes(),
        net: probe.net_bytes(),
        peak: probe.peak_bytes(),
    });
    (before, after, ours, left)
}
