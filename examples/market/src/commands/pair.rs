//! Optimisations, before and after, and two engines: both do the same work in turns, and `cargo perf diff` compares their reports.

mod engines;

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::ValueEnum;
use market::codec::{json, wire::Wire};
use market::ingest::{Counts, Step};
use market::log::{Consumer, Log, Options};
use market::sql::Store;
use market::symbols::Symbols;
use market::{Notional, Tick, produce::Producer, tick::ticks};
use perf_core::{Session, perf_probe};
use perf_exporters::Report;

use super::book::{Book, perf, say};
use super::world::{FORMAT, SEED};
use engines::Engines;

/// An optimisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pair {
    /// Texts and buffers of each message, against borrowed texts and one buffer.
    Allocation,
    /// A transaction and a commit for each message, against one for a hundred.
    Batching,
    /// Messages copied and decoded, against fields read where they lie in the log.
    ZeroCopy,
    /// The queries on `SQLite`, against those on `DataFusion` (feature `datafusion`).
    SqlEngines,
}

impl Pair {
    const fn name(self) -> &'static str {
        match self {
            Self::Allocation => "allocation",
            Self::Batching => "batching",
            Self::ZeroCopy => "zero-copy",
            Self::SqlEngines => "sql-engines",
        }
    }

    /// What a run does, for people.
    fn work(self) -> String {
        match self {
            Self::SqlEngines => engines::describe(),
            _ => format!("{MESSAGES} messages a run"),
        }
    }
}

/// Messages of a run.
const MESSAGES: usize = 1_000;
/// Runs of each side.
const RUNS: usize = 10;

/// Runs both sides in turns, and compares them.
pub(crate) fn run(folder: &Path, pair: Pair) -> Result<ExitCode, Box<dyn Error>> {
    let folder = folder.join("pairs").join(pair.name());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let sides = ["before", "after"].map(|side| folder.join(side));
    for side in &sides {
        fs::create_dir_all(side)?;
    }
    let mut work = Work::new(&folder)?;
    for run in 0..RUNS {
        // ABBA: a disturbance of the machine that comes every second run meets both.
        for side in if run % 2 == 0 { [0, 1] } else { [1, 0] } {
            let report = work.measure(pair, side == 1)?;
            report.write(sides[side].join(format!("{run:02}.json")))?;
        }
    }
    say(&format!("{}: {RUNS} runs of each side, {}\n", pair.name(), pair.work()));
    let [before, after] = sides.map(OsString::from);
    Ok(perf(["diff".into(), before, after]))
}

/// The share of allocations that the pair `allocation` leaves.
pub(crate) fn note_allocations(book: &mut Book) -> Result<(), Box<dyn Error>> {
    let mut work = Work::new(&book.folder().join("pairs").join("quick"))?;
    let mut of = |after| -> Result<f64, Box<dyn Error>> {
        let report = work.measure(Pair::Allocation, after)?;
        Ok(report.probe("pair::allocation").map_or(f64::NAN, |probe| probe.allocs as f64))
    };
    let (before, after) = (of(false)?, of(true)?);
    say(&format!("pair allocation: {before} allocations before, {after} after, of {MESSAGES} messages\n"));
    book.figure("pair allocation", "allocations left", after / before);
    Ok(())
}

/// What both sides work on.
struct Work {
    ticks: Vec<Tick>,
    log: Arc<Log>,
    wire: Arc<Log>,
    folder: PathBuf,
    runs: u32,
    /// Opened where they are compared.
    engines: Option<Engines>,
}

impl Work {
    fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let data = folder.join("data");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        let options = Options { partitions: 1, ..Options::default() };
        let log = Arc::new(Log::open(data.join("log"), options.clone())?);
        let wire = Arc::new(Log::open(data.join("wire"), options)?);
        let ticks = ticks(SEED, 100, MESSAGES)?;
        Producer::new(&*log, FORMAT).send_all(&ticks)?;
        Producer::new(&*wire, market::codec::Format::Wire).send_all(&ticks)?;
        Ok(Self { ticks, log, wire, folder: data, runs: 0, engines: None })
    }

    /// One run of one side, and what it took.
    fn measure(&mut self, pair: Pair, after: bool) -> Result<Report, Box<dyn Error>> {
        self.runs += 1;
        let consumer = |log: &Arc<Log>, run: u32| Consumer::new(Arc::clone(log), 0, &format!("run-{run}"));
        // A store passes over what it has already, so each run has one of its own.
        let store = Store::open(&self.folder.join(format!("{}.sqlite", self.runs)), &Symbols::first(100))?;
        let mut step = Step::new(store, FORMAT, Arc::new(Counts::default()), self.log.folder());
        if pair == Pair::SqlEngines && self.engines.is_none() {
            self.engines = Some(Engines::open(&self.folder)?);
        }
        let session = Session::new();
        session.run(|| -> Result<(), Box<dyn Error>> {
            match (pair, after) {
                (Pair::Allocation, false) => texts_of_their_own(&self.ticks)?,
                (Pair::Allocation, true) => borrowed_texts(&self.ticks, &mut Vec::with_capacity(256))?,
                (Pair::Batching, after) => {
                    consume(&mut consumer(&self.log, self.runs), &mut step, if after { 100 } else { 1 })?;
                }
                (Pair::ZeroCopy, false) => drop(std::hint::black_box(copied(&mut consumer(&self.wire, self.runs))?)),
                (Pair::ZeroCopy, true) => drop(std::hint::black_box(in_place(&mut consumer(&self.wire, self.runs))?)),
                (Pair::SqlEngines, after) => self.engines.iter().try_for_each(|engines| engines.ask(after))?,
            }
            Ok(())
        })?;
        let mut report = Report::from(session.snapshot()).of_this_process();
        // A call of a part is another piece of work on either side; the whole is the same.
        report.probes.retain(|probe| probe.name.starts_with("pair::"));
        Ok(report)
    }
}

#[perf_probe(name = "pair::allocation", items = ticks.len() as u64, errors)]
fn texts_of_their_own(ticks: &[Tick]) -> Result<(), Box<dyn Error>> {
    for tick in ticks {
        let message = json::encode_owned(tick);
        std::hint::black_box(json::decode_owned(&message)?);
    }
    Ok(())
}

#[perf_probe(name = "pair::allocation", items = ticks.len() as u64, errors)]
fn borrowed_texts(ticks: &[Tick], buffer: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    for tick in ticks {
        buffer.clear();
        json::encode(tick, buffer);
        std::hint::black_box(json::decode(buffer)?);
    }
    Ok(())
}

#[perf_probe(name = "pair::batching", items = MESSAGES as u64, errors)]
fn consume(consumer: &mut Consumer, step: &mut Step<Store>, most: usize) -> Result<(), Box<dyn Error>> {
    while step.run(consumer, most, &AtomicBool::new(false))? > 0 {}
    Ok(())
}

#[perf_probe(name = "pair::zero_copy", items = MESSAGES as u64, errors)]
fn copied(consumer: &mut Consumer) -> Result<Notional, Box<dyn Error>> {
    let messages: Vec<Vec<u8>> = consumer.poll(MESSAGES)?.iter().map(|(_, payload)| payload.to_vec()).collect();
    let ticks = messages.iter().map(|message| market::codec::wire::decode(message)).collect::<Result<Vec<_>, _>>()?;
    Ok(ticks.iter().map(|tick| tick.price.times(tick.size)).sum())
}

#[perf_probe(name = "pair::zero_copy", items = MESSAGES as u64, errors)]
fn in_place(consumer: &mut Consumer) -> Result<Notional, Box<dyn Error>> {
    let batch = consumer.poll(MESSAGES)?;
    let notional = |(_, payload)| Wire::view(payload).map(|wire| wire.price().times(wire.size()));
    Ok(batch.iter().map(notional).sum::<Result<Notional, _>>()?)
}
