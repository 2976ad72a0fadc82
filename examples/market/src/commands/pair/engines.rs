//! The two engines: the same queries on the same ticks, by rows of a database and by columns of a Parquet file.

use std::error::Error;
use std::path::Path;

use market::sql::{Asked, Queries, Store, StoreError};
use market::symbols::Symbols;
use market::tick::ticks;
use perf_core::perf_probe;

use super::{SYMBOLS, Work};
use crate::commands::engine::Engine;
use crate::commands::world::SEED;

/// Ticks that both engines know.
const TICKS: usize = 100_000;
/// Calls of each query in a run.
const CALLS: u32 = 10;

/// Both of them, open.
pub(super) struct Engines([Box<dyn Queries>; 2]);

impl Engines {
    /// Both engines with the same ticks. They are compared only where they give the same answers.
    pub(super) fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let database = folder.join("engines.sqlite");
        let symbols = Symbols::first(SYMBOLS);
        let ticks = ticks(SEED, SYMBOLS, TICKS)?;
        let open = |engine: Engine| engine.open(&database, &ticks, &symbols);
        // First the one that may not be there.
        let after = open(Engine::DataFusion)?()?;
        Store::with(&database, &symbols, &ticks)?;
        let before = open(Engine::Sqlite)?()?;
        let asked = Asked { symbol: 0, most: 200, size: 1_000 };
        match asked.differs(before.as_ref(), after.as_ref())? {
            None => Ok(Self([before, after])),
            Some(place) => Err(format!("the engines do not give the same answers: {place}").into()),
        }
    }
}

impl Work for Engines {
    fn describe(&self) -> String {
        format!("{CALLS} calls of each query a run; before: SQLite, after: DataFusion, both with {TICKS} ticks")
    }

    fn run(&mut self, after: bool) -> Result<(), Box<dyn Error>> {
        let engine = self.0[usize::from(after)].as_ref();
        for symbol in 0..CALLS {
            select(engine, symbol)?;
            filter(engine)?;
            group_by(engine)?;
            window(engine, symbol)?;
            join(engine)?;
        }
        Ok(())
    }
}

#[perf_probe(name = "pair::select", errors)]
fn select(engine: &dyn Queries, symbol: u32) -> Result<(), StoreError> {
    engine.trades(symbol, 100).map(drop)
}

#[perf_probe(name = "pair::filter", errors)]
fn filter(engine: &dyn Queries) -> Result<(), StoreError> {
    engine.large(1_000).map(drop)
}

#[perf_probe(name = "pair::group_by", errors)]
fn group_by(engine: &dyn Queries) -> Result<(), StoreError> {
    engine.groups().map(drop)
}

#[perf_probe(name = "pair::window", errors)]
fn window(engine: &dyn Queries, symbol: u32) -> Result<(), StoreError> {
    engine.windows(symbol, 200).map(drop)
}

#[perf_probe(name = "pair::join", errors)]
fn join(engine: &dyn Queries) -> Result<(), StoreError> {
    engine.joined(100).map(drop)
}
