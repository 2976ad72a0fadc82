//! Tables, indices and the statements that fill them.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};

use crate::symbols::Symbols;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS symbols (symbol INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sector TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trades (
    partition INTEGER NOT NULL, offset INTEGER NOT NULL, symbol INTEGER NOT NULL, at INTEGER NOT NULL,
    price INTEGER NOT NULL, size INTEGER NOT NULL, kind INTEGER NOT NULL,
    PRIMARY KEY (partition, offset)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS trades_of_symbol ON trades (symbol, at);
CREATE INDEX IF NOT EXISTS trades_by_time ON trades (at);
CREATE TABLE IF NOT EXISTS quotes (
    symbol INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    bid INTEGER NOT NULL, bid_size INTEGER NOT NULL, ask INTEGER NOT NULL, ask_size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS progress (partition INTEGER PRIMARY KEY, next INTEGER NOT NULL);
";

pub(super) const INSERT_TRADE: &str = "INSERT OR IGNORE INTO trades (partition, offset, symbol, at, price, size, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// A quote that comes late does not replace a newer one.
pub(super) const UPSERT_QUOTE: &str =
    "INSERT INTO quotes (symbol, at, bid, bid_size, ask, ask_size) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (symbol) DO UPDATE SET at = ?2, bid = ?3, bid_size = ?4, ask = ?5, ask_size = ?6 WHERE at <= ?2";

pub(super) fn connect(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(patience)?;
    // Readers and the writer do not wait for each other. The log is what is durable: after a crash of the machine, the
    // database is whole, and what it misses is consumed again.
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

pub(super) fn create(connection: &mut Connection, symbols: &Symbols) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    {
        let mut insert =
            transaction.prepare("INSERT OR IGNORE INTO symbols (symbol, name, sector) VALUES (?1, ?2, ?3)")?;
        for (symbol, name, sector) in symbols.rows() {
            insert.execute(params![symbol, name, sector])?;
        }
    }
    transaction.commit()
}
