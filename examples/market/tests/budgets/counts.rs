//! Allocations and calls: exact, so they gate in every build and on every machine.

use std::sync::Arc;

use market::codec::{Format, schema};
use market::log::{Consumer, Log, LogError, Options};
use market::produce::Producer;
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

/// In none of the formats. A decoder that reads a message twice takes twice as long, however busy the machine is.
#[perf_budget(allocs = 0, calls("codec::schema::read" = 1000))]
#[test]
fn decoding_reads_once_and_allocates_nothing() {
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

/// A thousand messages are ten polls of a hundred and one that finds none, and as many commits as batches.
#[perf_budget(calls("log::poll" = 11, "log::commit" = 10))]
#[test]
fn a_batch_is_committed_once() -> Result<(), LogError> {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(Log::open(folder.path(), Options { partitions: 1, ..Options::default() })?);
    Producer::new(&*log, Format::Wire).send_all(&TICKS)?;
    let mut consumer = Consumer::new(Arc::clone(&log), 0, "group");
    gate::measure(|| {
        while !consumer.poll(100)?.is_empty() {
            consumer.commit()?;
        }
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
