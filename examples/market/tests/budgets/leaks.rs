//! Batches that were stored are let go: by the bytes that a few of them leave, which is exact, and by the growth over many, which also
//! finds the leak that shows now and then.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use market::codec::Format;
use market::ingest::{Counts, Sink, Step};
use market::source::Memory;
use market::sql::{Entry, StoreError};
use perf_core::perf_budget;
use perf_exporters::gate;
use tempfile::TempDir;

use crate::encoded;

struct Nowhere;

impl Sink for Nowhere {
    fn apply(&mut self, _partition: usize, _entries: &[Entry], _end: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Stores all messages again and again.
struct Work {
    _folder: TempDir,
    source: Memory,
    step: Step<Nowhere>,
}

impl Work {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let step = Step::new(Nowhere, Format::Wire, Arc::new(Counts::default()), folder.path());
        Self { _folder: folder, source: Memory::new(encoded(Format::Wire)), step }
    }

    fn run(&mut self) {
        let stop = AtomicBool::new(false);
        self.source.rewind();
        while self.step.run(&mut self.source, 500, &stop).unwrap() > 0 {}
    }
}

#[perf_budget(net_bytes = 0)]
#[test]
fn batches_leave_nothing_behind() {
    let mut work = Work::new();
    // The first makes the buffers, which are kept.
    work.run();
    gate::measure(|| work.run());
}

#[test]
fn batches_are_let_go() {
    let mut work = Work::new();
    gate::leak_check(20, || work.run()).assert();
}
