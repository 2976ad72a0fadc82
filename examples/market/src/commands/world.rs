//! The platform as a command measures it: a log, consumers, a database, and ticks to send.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use market::Tick;
use market::broker::Broker;
use market::codec::Format;
use market::ingest::{Ingest, IngestError, Plan};
use market::log::{Log, LogError, Options};
use market::symbols::Symbols;
use market::tick::ticks;

use super::book::say;
use super::engine::{Connect, Engine};

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

/// Where a world is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The folder of the report, the page and the data.
    pub(crate) folder: &'a Path,
    /// The Kafka broker that takes the messages; by default the log is embedded.
    pub(crate) brokers: Option<&'a str>,
    /// What answers the queries.
    pub(crate) engine: Engine,
}

/// All of it.
pub(crate) struct World {
    pub(crate) log: Arc<dyn Broker>,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) database: PathBuf,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) ingest: Ingest,
    pub(crate) queries: Connect,
    pub(crate) folder: PathBuf,
}

impl World {
    /// A new one in this place, instead of the one that was there.
    pub(crate) fn begin(place: Place<'_>) -> Result<Self, Box<dyn Error>> {
        let folder = place.folder.join("data");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make the folder {}: {error}; give another one", folder.display()))?;
        let log = match place.brokers {
            None => embedded(&folder)?,
            Some(brokers) => kafka(brokers)?,
        };
        say(&format!("log: {}\n", log.describe()));
        let symbols = Arc::new(Symbols::first(SYMBOLS));
        let database = folder.join("market.sqlite");
        let plan = Plan { format: FORMAT, ..Plan::new(Arc::clone(&log), &database, Arc::clone(&symbols)) };
        let ticks = ticks(SEED, SYMBOLS, TICKS)?;
        let queries = place.engine.open(&database, &ticks, &symbols)?;
        let ingest = Ingest::start(&plan)?;
        Ok(Self { log, symbols, database, ticks, ingest, queries, folder })
    }

    /// The tick with this number, beginning again after the last.
    pub(crate) fn tick(&self, number: u64) -> &Tick {
        let number = usize::try_from(number).unwrap_or(0);
        &self.ticks[number % self.ticks.len()]
    }

    /// Waits until all that was sent is stored, for a minute.
    pub(crate) fn drain(&self) -> Result<(), IngestError> {
        self.ingest.drain(Duration::from_mins(1))
    }
}

fn embedded(folder: &Path) -> Result<Arc<dyn Broker>, LogError> {
    Ok(Arc::new(Log::open(folder.join("log"), Options { max_lag: Some(MAX_LAG), ..Options::default() })?))
}

/// A topic of its own, so that nothing is counted that another run has sent.
#[cfg(feature = "kafka")]
fn kafka(brokers: &str) -> Result<Arc<dyn Broker>, LogError> {
    use std::time::SystemTime;

    use market::kafka::{Kafka, Options};

    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let topic = format!("market-{}", now.as_millis());
    Ok(Arc::new(Kafka::open(brokers, Options { max_lag: Some(MAX_LAG), ..Options::new(&topic) })?))
}

#[cfg(not(feature = "kafka"))]
fn kafka(brokers: &str) -> Result<Arc<dyn Broker>, LogError> {
    Err(LogError::Broker(format!("this build cannot ask {brokers}; build it with `--features kafka`")))
}
