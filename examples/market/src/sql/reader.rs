//! The queries: select, filter, group by, window, and the join of the stream with the table of symbols.

use std::path::Path;
use std::time::Duration;

use perf_core::perf_probe;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::Serialize;

use super::{RECENT, StoreError, schema};
use crate::Decimal;
use crate::inject::{self, Inject};

/// Readers wait for nothing but a checkpoint.
const PATIENCE: Duration = Duration::from_secs(1);

/// The asking side, with a connection of its own.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trade {
    /// Nanoseconds of market time.
    pub at: i64,
    /// The price, as text that is exact.
    pub price: String,
    /// Shares.
    pub size: u32,
    /// Whether the buyer began it.
    pub buy: bool,
}

/// The last quote of a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// Nanoseconds of market time.
    pub at: i64,
    /// Best bid.
    pub bid: String,
    /// Shares wanted at it.
    pub bid_size: u32,
    /// Best ask.
    pub ask: String,
    /// Shares offered at it.
    pub ask_size: u32,
}

/// Sums over the recent trades of a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Trades.
    pub trades: u32,
    /// Shares.
    pub volume: i64,
    /// Least price.
    pub low: String,
    /// Greatest price.
    pub high: String,
}

/// Sums over the recent trades of one symbol among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The symbol.
    pub symbol: u32,
    /// Trades.
    pub trades: u32,
    /// Shares.
    pub volume: i64,
    /// Price by size in ten-thousandths: exact.
    pub notional: i64,
}

/// A trade with the mean of it and the nine before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windowed {
    /// Nanoseconds of market time.
    pub at: i64,
    /// The price in ten-thousandths.
    pub price: i64,
    /// Mean price of the window in ten-thousandths.
    pub mean: f64,
}

/// A trade of the stream with what the table knows of its symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The name.
    pub name: String,
    /// The sector.
    pub sector: String,
    /// The price in ten-thousandths.
    pub price: i64,
    /// Shares.
    pub size: u32,
}

impl Reader {
    /// Opens a database that a [`Store`](super::Store) has made.
    ///
    /// # Errors
    /// A file that cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: schema::connect(path, PATIENCE)? })
    }

    /// One statement: what a query costs is how many of these it takes.
    #[perf_probe(name = "sql::statement", errors)]
    fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.query_map(params, row)?.collect::<Result<_, _>>()?)
    }

    /// The last trades of a symbol.
    ///
    /// # Errors
    /// A database that cannot be read.
    #[perf_probe(name = "sql::select", errors)]
    pub fn trades(&self, symbol: u32, most: u32) -> Result<Vec<Trade>, StoreError> {
        const SQL: &str = "SELECT at, price, size, kind FROM trades WHERE symbol = ?1 ORDER BY at DESC LIMIT ?2";
        self.rows(SQL, [symbol, most], |row| {
            Ok(Trade { at: row.get(0)?, price: decimal(row, 1)?, size: row.get(2)?, buy: row.get::<_, u8>(3)? == 1 })
        })
    }

    /// The last quote of a symbol, if there was one.
    ///
    /// # Errors
    /// A database that cannot be read.
    #[perf_probe(name = "sql::quote", errors)]
    pub fn quote(&self, symbol: u32) -> Result<Option<Quote>, StoreError> {
        const SQL: &str = "SELECT at, bid, bid_size, ask, ask_size FROM quotes WHERE symbol = ?1";
        let found = self.rows(SQL, [symbol], |row| {
            let (at, bid, bid_size) = (row.get(0)?, decimal(row, 1)?, row.get(2)?);
            Ok(Quote { at, bid, bid_size, ask: decimal(row, 3)?, ask_size: row.get(4)? })
        })?;
        Ok(found.into_iter().next())
    }

    /// Sums over the recent trades of a symbol; none where it has none.
    ///
    /// # Errors
    /// A database that cannot be read.
    #[perf_probe(name = "sql::stats", errors)]
    pub fn stats(&self, symbol: u32) -> Result<Option<Stats>, StoreError> {
        const SQL: &str = "SELECT count(*), sum(size), min(price), max(price) FROM
             (SELECT price, size FROM trades WHERE symbol = ?1 ORDER BY at DESC LIMIT ?2) HAVING count(*) > 0";
        let found = self.rows(SQL, [symbol, RECENT], |row| {
            Ok(Stats { trades: row.get(0)?, volume: row.get(1)?, low: decimal(row, 2)?, high: decimal(row, 3)? })
        })?;
        Ok(found.into_iter().next())
    }

    /// Recent trades of at least this size.
    ///
    /// # Errors
    /// A database that cannot be read.
    #[perf_probe(name = "sql::filter", errors)]
    pub fn large(&self, size: u32) -> Result<Vec<Trade>, StoreError> {
        const SQL: &str = "SELECT at, price, size, kind FROM
             (SELECT at, price, size, kind FROM trades ORDER BY at DESC LIMIT ?1) WHERE size >= ?2 LIMIT 100";
        self.rows(SQL, [RECENT, size], |row| {
            Ok(Trade { at: row.get(0)?, price: decimal(row, 1)?, size: row.get(2)?, buy: row.get::<_, u8>(3)? == 1 })
        })
    }

    /// Sums over the recent trades, by symbol.
    ///
    /// # Errors
    /// A database that cannot be read.
    #[perf_probe(name = "sql::group_by", errors)]
    pub fn groups(&self) -> Result<Vec<Group>, StoreError> {
        const SQL: &str = "SELECT symbol, count(*), sum(size), sum(price * size) FROM
             (SELECT symbol, price, size FROM trades ORDER BY at DESC LIMIT ?1) GROUP BY symbol ORDER BY symbol";
        self.rows(SQL, [RECENT], |row| {
            Ok(Group { symbol: row.get(0)?, trades: row.get(1)?, volume: row.get(2)?, notional: row.get(3)? })
        })
    }

    /// The last trades of a symbol, each with the mean price of it and the nine before.
    ///
    /// # Errors
    /// A database that cannot be read.
    #[perf_probe(name = "sql::window", errors)]
    pub fn windows(&self, symbol: u32, most: u32) -> Result<Vec<Windowed>, StoreError> {
        const SQL: &str = "SELECT at, price, avg(price) OVER (ORDER BY at ROWS 9 PRECEDING) FROM
             (SELECT at, price FROM trades WHERE symbol = ?1 ORDER BY at DESC LIMIT ?2)";
        self.rows(SQL, [symbol, most], |row| Ok(Windowed { at: row.get(0)?, price: row.get(1)?, mean: row.get(2)? }))
    }

    /// The last trades of the stream, with names and sectors from the table.
    ///
    /// # Errors
    /// A database that cannot be read.
    #[perf_probe(name = "sql::join", errors)]
    pub fn joined(&self, most: u32) -> Result<Vec<Joined>, StoreError> {
        if inject::is(Inject::NPlusOne) {
            return self.joined_one_by_one(most);
        }
        const SQL: &str = "SELECT name, sector, price, size FROM
             (SELECT symbol, at, price, size FROM trades ORDER BY at DESC LIMIT ?1) JOIN symbols USING (symbol)
             ORDER BY at DESC";
        self.rows(SQL, [most], |row| {
            Ok(Joined { name: row.get(0)?, sector: row.get(1)?, price: row.get(2)?, size: row.get(3)? })
        })
    }

    /// A query for the trades, and one for the symbol of each.
    fn joined_one_by_one(&self, most: u32) -> Result<Vec<Joined>, StoreError> {
        const TRADES: &str = "SELECT symbol, price, size FROM trades ORDER BY at DESC LIMIT ?1";
        const SYMBOL: &str = "SELECT name, sector FROM symbols WHERE symbol = ?1";
        let trades: Vec<(u32, i64, u32)> =
            self.rows(TRADES, [most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let named = trades.into_iter().map(|(symbol, price, size)| {
            let of_symbol = self.rows(SYMBOL, [symbol], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(of_symbol.into_iter().map(move |(name, sector)| Joined { name, sector, price, size }))
        });
        Ok(named.collect::<Result<Vec<_>, StoreError>>()?.into_iter().flatten().collect())
    }

    /// The greatest market time stored.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub fn latest(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.connection.query_row("SELECT max(at) FROM trades", [], |row| row.get(0)).optional()?.flatten())
    }
}

fn decimal(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(Decimal::from_units(row.get(column)?).to_string())
}
