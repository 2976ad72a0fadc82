//! What is kept: a `SQLite` database in one file.
//!
//! Every statement runs inside the probe `db: query`, every transaction inside `db: write`, so budgets can say how many of them a
//! request may take. A locked database is a retry, counted, and after enough of them an error that the caller can tell.

mod orders;
mod pool;
mod read;
mod schema;

use std::path::{Path, PathBuf};
use std::time::Duration;

use perf_core::{Probe, perf_probe};
use rusqlite::{Connection, Params, Row, Statement, StatementStatus, Transaction, TransactionBehavior};

use crate::error::{Error, Result};
use pool::Pool;

pub use orders::{Line, NewNode, NewOrder, Node, Order};
pub use read::Product;
pub use schema::Size;

/// How often a write is tried while another process holds the database.
const TRIES: u32 = 6;

/// A database.
#[derive(Debug)]
pub struct Store {
    pool: Pool,
    path: PathBuf,
    /// Goes with the store, where the store made it.
    _folder: Option<tempfile::TempDir>,
}

impl Store {
    /// A database in a folder of its own, which goes with it.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub fn temporary(size: Size) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|_| Error::DiskFull)?;
        let store = Self::open(&folder.path().join("commerce.db"), size)?;
        Ok(Self { _folder: Some(folder), ..store })
    }

    /// The database of that file; a new one gets data of this size.
    ///
    /// # Errors
    /// What the database says.
    pub fn open(path: &Path, size: Size) -> Result<Self> {
        let is_new = !path.exists();
        let mut writer = Connection::open(path)?;
        schema::create(&writer)?;
        if is_new {
            schema::fill(&mut writer, size)?;
        }
        Ok(Self { pool: Pool::open(path, writer)?, path: path.to_owned(), _folder: None })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Connections to the database.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.pool.size()
    }

    /// Readers that wait for a connection now.
    #[must_use]
    pub fn readers_waiting(&self) -> usize {
        self.pool.waiting()
    }

    /// Does all of it or nothing, and again where another process holds the database.
    #[perf_probe(name = "db: write")]
    fn write<R>(&self, work: impl Fn(&Transaction<'_>) -> Result<R>) -> Result<R> {
        let mut writer = self.pool.writer();
        let mut tries = 1;
        loop {
            match attempt(&mut writer, &work) {
                Err(Error::Locked) if tries < TRIES => wait(tries),
                done => return done,
            }
            tries += 1;
        }
    }

    /// A reader kept by the caller for as long as the function runs: what a slow report does to the pool.
    pub fn with_reader<R>(&self, work: impl FnOnce() -> R) -> R {
        let _reader = self.pool.reader();
        work()
    }
}

fn attempt<R>(writer: &mut Connection, work: &impl Fn(&Transaction<'_>) -> Result<R>) -> Result<R> {
    // The lock is taken at once: one that is taken later cannot be waited for.
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

/// Twice as long each time. Its calls are the retries.
#[perf_probe(name = "db: retry after a lock")]
fn wait(tries: u32) {
    std::thread::sleep(Duration::from_millis(2) * 2_u32.pow(tries));
}

/// The rows of a statement that is prepared once for each connection.
#[perf_probe(name = "db: query")]
fn rows<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, of)?.collect::<rusqlite::Result<_>>()?;
    count_steps(&statement);
    Ok(rows)
}

/// Counts work that no clock can hide: a call for every hundred instructions of `SQLite`'s virtual machine. A query that looks at all
/// rows takes more of them than one that uses an index, on every machine.
fn count_steps(statement: &Statement<'_>) {
    static HUNDRED_STEPS: Probe = Probe::new("db: 100 steps");
    let steps = statement.reset_status(StatementStatus::VmStep);
    (0..steps / 100).for_each(|_| drop(HUNDRED_STEPS.start()));
}

/// The only row, or `NotFound`.
#[perf_probe(name = "db: query")]
fn row<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    of: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<T> {
    Ok(connection.prepare_cached(sql)?.query_row(params, of)?)
}
