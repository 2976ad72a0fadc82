//! Batches that were stored are let go.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use market::codec::Format;
use market::ingest::{Counts, Sink, Step};
use market::source::Memory;
use market::sql::{Entry, StoreError};
use perf_exporters::gate;

use crate::encoded;

struct Nowhere;

impl Sink for Nowhere {
    fn apply(&mut self, _partition: usize, _entries: &[Entry], _end: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

#[test]
fn batches_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut source = Memory::new(encoded(Format::Wire));
    let mut work = Step::new(Nowhere, Format::Wire, Arc::new(Counts::default()), folder.path());
    let stop = AtomicBool::new(false);
    gate::leak_check(20, || {
        source.rewind();
        while work.run(&mut source, 500, &stop).unwrap() > 0 {}
    })
    .assert();
}
