//! The two engines: the same queries on the same ticks, by rows of a database and by columns of a Parquet file.

use std::error::Error;
use std::path::Path;

use market::Tick;
use market::sql::{Entry, Queries, Store, StoreError};
use market::symbols::Symbols;
use market::tick::ticks;
use perf_core::perf_probe;

use crate::commands::engine::Engine;
use crate::commands::world::SEED;

/// Ticks that both engines know, and their symbols.
const TICKS: usize = 100_000;
const SYMBOLS: u32 = 100;
/// Calls of each query in a run.
const CALLS: u32 = 10;

/// What a run does, for people.
pub(super) fn describe() -> String {
    format!(
        "{CALLS} calls of each query a run; before: SQLite, after: DataFusion, both with the trades of {TICKS} ticks"
    )
}

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
        let datafusion = open(Engine::DataFusion)?()?;
        fill(&database, &ticks, &symbols)?;
        let engines = [open(Engine::Sqlite)?()?, datafusion];
        let [one, other] = &engines;
        let same = one.trades(0, 100)? == other.trades(0, 100)?
            && one.large(1_000)? == other.large(1_000)?
            && one.groups()? == other.groups()?
            && one.windows(0, 200)? == other.windows(0, 200)?
            && one.joined(100)? == other.joined(100)?;
        if same { Ok(Self(engines)) } else { Err("the engines do not give the same answers".into()) }
    }

    /// Asks one side all queries.
    pub(super) fn ask(&self, after: bool) -> Result<(), StoreError> {
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

fn fill(database: &Path, ticks: &[Tick], symbols: &Symbols) -> Result<(), StoreError> {
    let entries: Vec<Entry> = (0..).zip(ticks).map(|(offset, tick)| Entry { offset, tick: *tick }).collect();
    Store::open(database, symbols)?.apply(0, &entries, entries.len() as u64)
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
