//! The platform as a command measures it: a log, consumers, a database, and ticks to send.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use market::Tick;
use market::codec::Format;
use market::ingest::{Ingest, Plan, Strategy};
use market::log::{Log, Options};
use market::symbols::Symbols;
use market::tick::ticks;

/// Symbols of the market.
const SYMBOLS: u32 = 500;
/// Ticks that are made before anything is measured, and sent again and again.
const TICKS: usize = 100_000;
/// The seed of the ticks, and of all that is drawn.
pub(crate) const SEED: u64 = 42;
/// Messages that the consumers may be behind in a partition: about a second of the highest rates.
const MAX_LAG: u64 = 5_000;
/// The format of messages.
pub(crate) const FORMAT: Format = Format::Schema;

/// All of it.
pub(crate) struct World {
    pub(crate) log: Arc<Log>,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) database: PathBuf,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) ingest: Ingest,
    pub(crate) folder: PathBuf,
}

impl World {
    /// A new one in this folder, in place of what was there.
    pub(crate) fn begin(folder: &Path, strategy: Strategy) -> Result<Self, Box<dyn Error>> {
        let folder = folder.join("data");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let log = Arc::new(Log::open(folder.join("log"), Options { max_lag: Some(MAX_LAG), ..Options::default() })?);
        let symbols = Arc::new(Symbols::first(SYMBOLS));
        let database = folder.join("market.sqlite");
        let plan = Plan { strategy, format: FORMAT, ..Plan::new(Arc::clone(&log), &database, Arc::clone(&symbols)) };
        let ingest = Ingest::start(&plan)?;
        Ok(Self { log, symbols, database, ticks: ticks(SEED, SYMBOLS, TICKS)?, ingest, folder })
    }

    /// The tick with this number, beginning again after the last.
    pub(crate) fn tick(&self, number: u64) -> &Tick {
        let number = usize::try_from(number).unwrap_or(0);
        &self.ticks[number % self.ticks.len()]
    }

    /// Waits until all that was sent is stored.
    pub(crate) fn drain(&self) -> Result<(), Box<dyn Error>> {
        if self.ingest.drain(Duration::from_mins(1)) {
            return Ok(());
        }
        Err("the consumers did not store within a minute what was sent; is the disk full?".into())
    }
}
