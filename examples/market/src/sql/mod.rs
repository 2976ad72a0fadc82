//! SQL on `SQLite`: trades, the last quote of each symbol, and the table of symbols. With the feature `datafusion` a second engine
//! answers the same [`Queries`].
//!
//! [`Store`] writes, in one transaction a batch, together with how far each partition has come: what is delivered twice is
//! stored once. [`Reader`] asks. Prices are whole numbers in the database, too, so sums are exact there.

#[cfg(feature = "datafusion")]
pub mod fusion;
mod queries;
mod reader;
mod schema;

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use perf_core::perf_probe;
use perf_load::Class;
use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};

pub use queries::{Asked, Queries};
pub use reader::{Group, Joined, Quote, Reader, Stats, Trade, Windowed};

use crate::symbols::Symbols;
use crate::{Kind, Tick};

/// Trades that the aggregating queries look at: the latest ones.
const RECENT: u32 = 1_000;
/// How long a statement waits for another writer before it fails as [`StoreError::Locked`].
const PATIENCE: Duration = Duration::from_millis(20);

/// A tick with its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its offset in the partition.
    pub offset: u64,
    /// The tick.
    pub tick: Tick,
}

/// The writing side.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens the database in this file, or makes one with these symbols.
    ///
    /// # Errors
    /// A file that cannot be opened, or is no such database.
    pub fn open(path: &Path, symbols: &Symbols) -> Result<Self, StoreError> {
        let mut connection = schema::connect(path, PATIENCE)?;
        schema::create(&mut connection, symbols)?;
        Ok(Self { connection })
    }

    /// The same, with these ticks as the first messages of partition 0.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`apply`](Self::apply).
    pub fn with(path: &Path, symbols: &Symbols, ticks: &[Tick]) -> Result<Self, StoreError> {
        let entries: Vec<Entry> = (0..).zip(ticks).map(|(offset, tick)| Entry { offset, tick: *tick }).collect();
        let mut store = Self::open(path, symbols)?;
        store.apply(0, &entries, entries.len() as u64)?;
        Ok(store)
    }

    /// Stores a batch, whole or not at all. What the partition had stored before is passed over.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another writer keeps the database: try again.
    #[perf_probe(name = "store::apply", items = entries.len() as u64, errors)]
    pub fn apply(&mut self, partition: usize, entries: &[Entry], end: u64) -> Result<(), StoreError> {
        // Another writer is met here, before anything is done, or nowhere.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let partition = to_sql(partition as u64);
        let done = transaction
            .prepare_cached("SELECT next FROM progress WHERE partition = ?1")?
            .query_row([partition], |row| row.get::<_, i64>(0))
            .optional()?
            .unwrap_or(0);
        {
            let mut trade = transaction.prepare_cached(schema::INSERT_TRADE)?;
            let mut quote = transaction.prepare_cached(schema::UPSERT_QUOTE)?;
            for Entry { offset, tick } in entries.iter().filter(|entry| to_sql(entry.offset) >= done) {
                let (offset, at, price) = (to_sql(*offset), to_sql(tick.at_ns), tick.price.units());
                if tick.kind == Kind::Quote {
                    quote.execute(params![tick.symbol, at, price, tick.size, tick.ask.units(), tick.ask_size])?;
                } else {
                    trade.execute(params![partition, offset, tick.symbol, at, price, tick.size, tick.kind as u8])?;
                }
            }
            let next = to_sql(end).max(done);
            transaction
                .prepare_cached("INSERT OR REPLACE INTO progress (partition, next) VALUES (?1, ?2)")?
                .execute([partition, next])?;
        }
        Ok(transaction.commit()?)
    }

    /// Trades stored, of all symbols.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn trades(&self) -> Result<u64, StoreError> {
        let count: i64 = self.connection.query_row("SELECT count(*) FROM trades", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }
}

/// `SQLite`'s integers are signed; market time and offsets stay far below their greatest.
fn to_sql(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A failure of the database.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// Another writer has it.
    Locked,
    /// No room on the disk.
    DiskFull,
    /// Anything else.
    Sql(rusqlite::Error),
    /// The other engine.
    #[cfg(feature = "datafusion")]
    DataFusion(Box<datafusion::error::DataFusionError>),
}

impl Class for StoreError {
    fn class(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Locked => "database locked",
            Self::DiskFull => "disk full",
            Self::Sql(_) => "database",
            #[cfg(feature = "datafusion")]
            Self::DataFusion(_) => "database",
        })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Sql(error),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked => f.write_str("the database is locked by another writer; try again"),
            Self::DiskFull => f.write_str("the database has no room on the disk; make room, then try again"),
            Self::Sql(error) => write!(f, "the database: {error}"),
            #[cfg(feature = "datafusion")]
            Self::DataFusion(error) => write!(f, "DataFusion: {error}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Sql(error) => Some(error),
            #[cfg(feature = "datafusion")]
            Self::DataFusion(error) => Some(error),
            _ => None,
        }
    }
}
