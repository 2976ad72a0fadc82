//! One way beside another, in turns and in the same run: a machine that is slow is slow for both, so these gate in every build.

use std::hint::black_box;
use std::sync::{LazyLock, Mutex, PoisonError};

use market::codec::wire::Wire;
use market::codec::{Format, json, schema, wire};
use market::source::{Memory, Source};
use market::sql::Reader;
use perf_core::perf_budget;

use crate::{Filled, TICKS, encoded};

/// Few enough that blocks of calls fit into the time, also without optimisation.
const MESSAGES: usize = 20;

static JSON: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| few(Format::Json));
static SCHEMA: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| few(Format::Schema));
static WIRE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| few(Format::Wire));

fn few(format: Format) -> Vec<Vec<u8>> {
    encoded(format).into_iter().take(MESSAGES).collect()
}

/// Exact sums may cost twice as much as sums of floats, and a little more without optimisation.
#[perf_budget(vs = floats, ratio = 4.0, max_time = "600ms")]
#[test]
fn exact_sums_cost_little() {
    let sum: market::Notional = TICKS[..MESSAGES].iter().map(|tick| black_box(tick).price.times(tick.size)).sum();
    black_box(sum);
}

fn floats() {
    let sum: f64 = TICKS[..MESSAGES].iter().map(|tick| black_box(tick).price.to_f64() * f64::from(tick.size)).sum();
    black_box(sum);
}

// The time is that of a FAIL, which is confirmed; a PASS takes a tenth of it.
#[perf_budget(vs = decoding_json, ratio = 0.9, max_time = "5s")]
#[test]
fn the_schema_beats_json() {
    assert!(SCHEMA.iter().all(|message| schema::decode(black_box(message)).is_ok()));
}

fn decoding_json() {
    assert!(JSON.iter().all(|message| json::decode(black_box(message)).is_ok()));
}

/// Fields read where they lie, against values made of them.
#[perf_budget(vs = decoding_wire, ratio = 1.0, max_time = "600ms")]
#[test]
fn a_view_beats_a_value() {
    let size = |message: &Vec<u8>| Wire::view(black_box(message)).map_or(0, Wire::size);
    black_box(WIRE.iter().map(size).fold(0, u32::wrapping_add));
}

fn decoding_wire() {
    let size = |message: &Vec<u8>| wire::decode(black_box(message)).map_or(0, |tick| tick.size);
    black_box(WIRE.iter().map(size).fold(0, u32::wrapping_add));
}

static SOURCES: LazyLock<[Mutex<Memory>; 2]> = LazyLock::new(|| [(); 2].map(|()| Mutex::new(Memory::new(&*WIRE))));

/// What the abstraction of the source costs where each message is a poll of its own: a call that is not known until it is made.
#[perf_budget(vs = known_source, ratio = 1.5, max_time = "600ms")]
#[test]
fn a_source_behind_a_pointer_costs_little() {
    let mut source = SOURCES[0].lock().unwrap_or_else(PoisonError::into_inner);
    source.rewind();
    black_box(bytes_of(black_box(&mut *source as &mut dyn Source)));
}

fn known_source() {
    let mut source = SOURCES[1].lock().unwrap_or_else(PoisonError::into_inner);
    source.rewind();
    black_box(bytes_of(black_box(&mut *source)));
}

fn bytes_of<S: Source + ?Sized>(source: &mut S) -> usize {
    let mut bytes = 0;
    while let Some(length) = source.poll(1).ok().and_then(|batch| batch.iter().next().map(|(_, message)| message.len()))
    {
        bytes += length;
    }
    bytes
}

static READER: LazyLock<Mutex<Reader>> = LazyLock::new(|| {
    // Kept as long as the process: its files are read all the time.
    let filled = Box::leak(Box::new(Filled::new()));
    Mutex::new(filled.reader())
});
static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().build().unwrap());

fn query(reader: &Mutex<Reader>) -> usize {
    reader.lock().unwrap_or_else(PoisonError::into_inner).windows(0, 20).unwrap().len()
}

/// A query from an asynchronous function, which gives way once and is polled again, as a handler is.
#[perf_budget(vs = synchronous, ratio = 1.5, max_time = "600ms")]
#[test]
fn asynchronous_queries_cost_a_little_more() {
    let asked = RUNTIME.block_on(async {
        tokio::task::yield_now().await;
        query(&READER)
    });
    assert_eq!(asked, 20);
}

fn synchronous() {
    assert_eq!(query(&READER), 20);
}
