//! Optimisations, before and after, and two engines: both do the same work in turns, and `cargo perf diff` compares their reports.

mod allocation;
mod batching;
mod engines;
mod zero_copy;

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use market::Tick;
use market::tick::ticks;
use perf_core::Session;
use perf_exporters::Report;

use super::book::{Book, perf, say};
use super::world::SEED;
use allocation::Allocation;
use batching::Batching;
use engines::Engines;
use zero_copy::ZeroCopy;

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

    /// Opens what it works on, and nothing else: data that it needs go into this folder.
    fn open(self, folder: &Path) -> Result<Box<dyn Work>, Box<dyn Error>> {
        Ok(match self {
            Self::Allocation => Box::new(Allocation::open()?),
            Self::Batching => Box::new(Batching::open(folder)?),
            Self::ZeroCopy => Box::new(ZeroCopy::open(folder)?),
            Self::SqlEngines => Box::new(Engines::open(folder)?),
        })
    }
}

/// What both sides of a pair work on.
trait Work {
    /// What a run does, for people.
    fn describe(&self) -> String {
        format!("{MESSAGES} messages a run")
    }

    /// One run of one side, in probes whose names begin with `pair::`.
    fn run(&mut self, after: bool) -> Result<(), Box<dyn Error>>;
}

/// Messages of a run, and their symbols.
const MESSAGES: usize = 1_000;
const SYMBOLS: u32 = 100;
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
    let data = folder.join("data");
    fs::create_dir_all(&data)?;
    let mut work = pair.open(&data)?;
    for run in 0..RUNS {
        // ABBA: a disturbance of the machine that comes every second run meets both.
        for side in if run % 2 == 0 { [0, 1] } else { [1, 0] } {
            measure(work.as_mut(), side == 1)?.write(sides[side].join(format!("{run:02}.json")))?;
        }
    }
    say(&format!("{}: {RUNS} runs of each side, {}\n", pair.name(), work.describe()));
    let [before, after] = sides.map(OsString::from);
    Ok(perf(["diff".into(), before, after]))
}

/// The share of allocations that the pair `allocation` leaves.
pub(crate) fn note_allocations(book: &mut Book) -> Result<(), Box<dyn Error>> {
    let mut work = Allocation::open()?;
    let mut of = |after| -> Result<f64, Box<dyn Error>> {
        let report = measure(&mut work, after)?;
        Ok(report.probe("pair::allocation").map_or(f64::NAN, |probe| probe.allocs as f64))
    };
    let (before, after) = (of(false)?, of(true)?);
    say(&format!("pair allocation: {before} allocations before, {after} after, of {MESSAGES} messages\n"));
    book.figure("pair allocation", "allocations left", after / before);
    Ok(())
}

/// One run of one side, and what it took.
fn measure(work: &mut dyn Work, after: bool) -> Result<Report, Box<dyn Error>> {
    let session = Session::new();
    session.run(|| work.run(after))?;
    let mut report = Report::from(session.snapshot()).of_this_process();
    // A call of a part is another piece of work on either side; the whole is the same.
    report.probes.retain(|probe| probe.name.starts_with("pair::"));
    Ok(report)
}

/// What the messages say.
fn messages() -> Result<Vec<Tick>, Box<dyn Error>> {
    Ok(ticks(SEED, SYMBOLS, MESSAGES)?)
}
