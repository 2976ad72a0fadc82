//! Allocations and calls: exact, so they gate in every build and on every machine.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use market::codec::{Format, schema};
use market::ingest::{Counts, IngestError, Sink, Step};
use market::log::{Consumer, Log, Options};
use market::produce::Producer;
use market::sql::{Entry, StoreError};
use perf_core::perf_budget;
use perf_exporters::gate;

use crate::{Filled, TICKS, encoded};

#[perf_budget(allocs = 0, calls("codec::schema::encode" = 1000))]
#[test]
fn encoding_allocates_nothing() {
    let mut buffer = Vec::with_capacity(256);
    gate::measure(|| {
        for tick in TICKS.iter() {
            buffer.clear();
            schema::encode(tick, &mut buffer);
        }
    });
}

/// In none of the formats.
#[perf_budget(allocs = 0)]
#[test]
fn decoding_allocates_nothing() {
    let messages = Format::ALL.map(|format| (format, encoded(format)));
    gate::measure(|| {
        for (format, messages) in &messages {
            assert!(messages.iter().all(|message| format.decode(message).is_ok()));
        }
    });
}

/// However many ticks there are: a batch each for four partitions, with one list of its messages.
#[perf_budget(allocs = 12, calls("log::append" = 4))]
#[test]
fn sending_appends_once_a_partition() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::open(folder.path(), Options::default()).unwrap();
    let mut producer = Producer::new(&log, Format::Wire);
    producer.send_all(&TICKS).unwrap();
    gate::measure(|| producer.send_all(&TICKS)).unwrap();
}

/// Takes batches and does nothing with them.
struct Nowhere;

impl Sink for Nowhere {
    fn apply(&mut self, _partition: usize, _entries: &[Entry], _end: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A thousand messages are ten polls of a hundred, and as many commits.
#[perf_budget(calls("log::poll" = 11, "log::commit" = 10, "codec::wire::decode" = 1000))]
#[test]
fn a_batch_is_committed_once() -> Result<(), IngestError> {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Log::open(folder.path(), Options { partitions: 1, ..Options::default() })?);
    Producer::new(&log, Format::Wire).send_all(&TICKS)?;
    let mut consumer = Consumer::new(Arc::clone(&log), 0, "group");
    let mut work = Step::new(Nowhere, Format::Wire, Arc::new(Counts::default()), folder.path());
    let stop = AtomicBool::new(false);
    gate::measure(|| {
        while work.run(&mut consumer, 100, &stop)? > 0 {}
        Ok(())
    })
}

/// The classic: a query for the symbol of each trade would be found here.
#[perf_budget(calls("sql::statement" = 1))]
#[test]
fn a_join_is_one_statement() {
    let filled = Filled::new();
    let reader = filled.reader();
    let joined = gate::measure(|| reader.joined(50)).unwrap();
    assert_eq!(joined.len(), 50);
    assert!(joined.iter().all(|trade| trade.name.len() == 4 && !trade.sector.is_empty()));
}
