//! The five queries on `DataFusion`, an engine of columns, over the trades of a Parquet file.
//!
//! A price is a `Decimal128(19, 4)`, which holds every [`Decimal`]; price by size is a `Decimal128(30, 4)`, a sum of them a
//! `Decimal128(38, 4)`. So nothing goes through `f64`, but a mean: it is an exact sum, divided once.
//!
//! The storage part reads the file, and the engine gets the columns: `DataFusion`'s own reader would bring a second version of
//! `parquet`. The engine knows what was in the file when it was opened.
//!
//! Functions are asynchronous, as the engine is. [`Blocking`] is for those who ask from a plain thread.

mod batch;
mod blocking;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Decimal128Type, Int64Type, UInt8Type, UInt32Type, UInt64Type};
use datafusion::catalog::MemTable;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{SessionConfig, SessionContext};
use perf_core::{perf_budget, perf_probe};

use super::{Group, Joined, RECENT, StoreError, Trade, Windowed};
use crate::inject::{self, Inject};
use crate::symbols::Symbols;
use crate::{Decimal, Kind, Tick, archive};

use batch::{Row, exact};
pub use blocking::Blocking;

/// Rows of a batch: what the engine works on at a time.
const ROWS: usize = 8_192;

/// The engine with its tables. Any number of queries may run at one time.
pub struct Fusion {
    state: SessionState,
    context: Arc<TaskContext>,
    /// Statements that were asked before, parsed and bound to the tables.
    prepared: Mutex<HashMap<&'static str, LogicalPlan>>,
    trades: usize,
}

impl Fusion {
    /// The trades of a file of ticks, and the table of symbols.
    ///
    /// # Errors
    /// A file that cannot be read.
    #[perf_probe(name = "datafusion::open", errors)]
    pub fn open(path: &Path, symbols: &Symbols) -> Result<Self, StoreError> {
        let mut ticks = archive::read(path).map_err(DataFusionError::from)?;
        ticks.retain(|tick| tick.kind != Kind::Quote);
        Ok(Self::new(&ticks, symbols)?)
    }

    fn new(trades: &[Tick], symbols: &Symbols) -> Result<Self, DataFusionError> {
        // A query runs on the thread that asks, as one of SQLite does.
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let schema = batch::trades(&[])?.schema();
        let batches = trades.chunks(ROWS).map(batch::trades).collect::<Result<Vec<_>, _>>()?;
        context.register_table("trades", Arc::new(MemTable::try_new(schema, vec![batches])?))?;
        context.register_batch("symbols", batch::symbols(symbols)?)?;
        Ok(Self {
            state: context.state(),
            context: context.task_ctx(),
            prepared: Mutex::default(),
            trades: trades.len(),
        })
    }

    /// How many trades it knows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.trades
    }

    /// Whether it knows none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.trades == 0
    }

    /// One statement: what a query costs is how many of these it takes.
    #[perf_probe(name = "datafusion::statement", errors)]
    async fn rows<T>(
        &self,
        sql: &'static str,
        values: Vec<ScalarValue>,
        row: fn(Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let plan = self.plan(sql, values).await?;
        let batches = self.execute(plan).await?;
        batches.iter().flat_map(Row::all).map(row).collect()
    }

    /// The plan of a statement for these values. The engine makes one for each call; `SQLite` keeps that of the statement.
    #[perf_probe(name = "datafusion::plan", errors)]
    async fn plan(&self, sql: &'static str, values: Vec<ScalarValue>) -> Result<Arc<dyn ExecutionPlan>, StoreError> {
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        let prepared = if let Some(prepared) = known {
            prepared
        } else {
            let prepared = self.state.create_logical_plan(sql).await?;
            self.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(sql, prepared.clone());
            prepared
        };
        Ok(self.state.create_physical_plan(&prepared.with_param_values(values)?).await?)
    }

    #[perf_probe(name = "datafusion::execute", errors)]
    async fn execute(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Vec<RecordBatch>, StoreError> {
        Ok(collect(plan, Arc::clone(&self.context)).await?)
    }

    /// The last trades of a symbol.
    ///
    /// # Errors
    /// A query that failed.
    #[perf_budget(p95 = "10ms")]
    #[perf_probe(name = "datafusion::select", errors)]
    pub async fn trades(&self, symbol: u32, most: u32) -> Result<Vec<Trade>, StoreError> {
        const SQL: &str = "SELECT at, price, size, kind FROM trades WHERE symbol = $1 ORDER BY at DESC LIMIT $2";
        self.rows(SQL, vec![symbol.into(), limit(most)], trade).await
    }

    /// Recent trades of at least this size.
    ///
    /// # Errors
    /// A query that failed.
    #[perf_budget(p95 = "10ms")]
    #[perf_probe(name = "datafusion::filter", errors)]
    pub async fn large(&self, size: u32) -> Result<Vec<Trade>, StoreError> {
        const SQL: &str = "SELECT at, price, size, kind FROM
             (SELECT at, price, size, kind FROM trades ORDER BY at DESC LIMIT $1) WHERE size >= $2
             ORDER BY at DESC LIMIT 100";
        self.rows(SQL, vec![limit(RECENT), size.into()], trade).await
    }

    /// Sums over the recent trades, by symbol.
    ///
    /// # Errors
    /// A query that failed.
    #[perf_budget(p95 = "10ms")]
    #[perf_probe(name = "datafusion::group_by", errors)]
    pub async fn groups(&self) -> Result<Vec<Group>, StoreError> {
        const SQL: &str = "SELECT symbol, count(*), sum(size), sum(price * size) FROM
             (SELECT symbol, price, size FROM trades ORDER BY at DESC LIMIT $1) GROUP BY symbol ORDER BY symbol";
        self.rows(SQL, vec![limit(RECENT)], |row| {
            Ok(Group {
                symbol: row.get::<UInt32Type>(0),
                trades: exact(row.get::<Int64Type>(1))?,
                volume: exact(row.get::<UInt64Type>(2))?,
                notional: exact(row.get::<Decimal128Type>(3))?,
            })
        })
        .await
    }

    /// The last trades of a symbol, each with the mean price of it and the nine before.
    ///
    /// # Errors
    /// A query that failed.
    #[perf_budget(p95 = "10ms")]
    #[perf_probe(name = "datafusion::window", errors)]
    pub async fn windows(&self, symbol: u32, most: u32) -> Result<Vec<Windowed>, StoreError> {
        // The engine's mean of decimals has eight digits after the point; sum and number are exact.
        const SQL: &str = "SELECT at, price, sum(price) OVER latest, count(*) OVER latest FROM
             (SELECT at, price FROM trades WHERE symbol = $1 ORDER BY at DESC LIMIT $2)
             WINDOW latest AS (ORDER BY at ROWS 9 PRECEDING) ORDER BY at";
        self.rows(SQL, vec![symbol.into(), limit(most)], |row| {
            let sum: i64 = exact(row.get::<Decimal128Type>(2))?;
            Ok(Windowed {
                at: row.get::<Int64Type>(0),
                price: exact(row.get::<Decimal128Type>(1))?,
                mean: sum as f64 / row.get::<Int64Type>(3) as f64,
            })
        })
        .await
    }

    /// The last trades of the stream, with names and sectors from the table.
    ///
    /// # Errors
    /// A query that failed.
    #[perf_budget(p95 = "10ms")]
    #[perf_probe(name = "datafusion::join", errors)]
    pub async fn joined(&self, most: u32) -> Result<Vec<Joined>, StoreError> {
        if inject::is(Inject::NPlusOne) {
            return self.joined_one_by_one(most).await;
        }
        const SQL: &str = "SELECT name, sector, price, size FROM
             (SELECT symbol, at, price, size FROM trades ORDER BY at DESC LIMIT $1) JOIN symbols USING (symbol)
             ORDER BY at DESC";
        self.rows(SQL, vec![limit(most)], |row| {
            Ok(Joined {
                name: row.text(0).to_owned(),
                sector: row.text(1).to_owned(),
                price: exact(row.get::<Decimal128Type>(2))?,
                size: row.get::<UInt32Type>(3),
            })
        })
        .await
    }

    /// A query for the trades, and one for the symbol of each.
    async fn joined_one_by_one(&self, most: u32) -> Result<Vec<Joined>, StoreError> {
        const TRADES: &str = "SELECT symbol, price, size FROM trades ORDER BY at DESC LIMIT $1";
        const SYMBOL: &str = "SELECT name, sector FROM symbols WHERE symbol = $1";
        let trades = self.rows(TRADES, vec![limit(most)], |row| {
            let price: i64 = exact(row.get::<Decimal128Type>(1))?;
            Ok((row.get::<UInt32Type>(0), price, row.get::<UInt32Type>(2)))
        });
        let mut joined = Vec::new();
        for (symbol, price, size) in trades.await? {
            let named = |row: Row<'_>| Ok((row.text(0).to_owned(), row.text(1).to_owned()));
            let named = self.rows(SYMBOL, vec![symbol.into()], named).await?;
            joined.extend(named.into_iter().map(|(name, sector)| Joined { name, sector, price, size }));
        }
        Ok(joined)
    }
}

impl fmt::Debug for Fusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fusion").field("trades", &self.trades).finish_non_exhaustive()
    }
}

impl From<DataFusionError> for StoreError {
    fn from(error: DataFusionError) -> Self {
        Self::DataFusion(Box::new(error))
    }
}

/// A limit is a number of 64 bits there.
fn limit(most: u32) -> ScalarValue {
    i64::from(most).into()
}

fn trade(row: Row<'_>) -> Result<Trade, StoreError> {
    Ok(Trade {
        at: row.get::<Int64Type>(0),
        price: Decimal::from_units(exact(row.get::<Decimal128Type>(1))?).to_string(),
        size: row.get::<UInt32Type>(2),
        buy: row.get::<UInt8Type>(3) == Kind::Buy as u8,
    })
}
