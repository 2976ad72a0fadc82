//! The engine for plain threads: whichever thread asks polls the query itself.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use tokio::runtime::{Builder, Runtime};

use super::Fusion;
use crate::sql::{Group, Joined, Queries, StoreError, Trade, Windowed};

/// A connection, as it were, with a runtime of its own.
#[derive(Debug)]
pub struct Blocking {
    engine: Arc<Fusion>,
    runtime: Runtime,
}

impl Blocking {
    /// One that asks this engine.
    ///
    /// # Errors
    /// A runtime that the system denies.
    pub fn new(engine: Arc<Fusion>) -> Result<Self, StoreError> {
        Ok(Self { engine, runtime: Builder::new_current_thread().build().map_err(DataFusionError::from)? })
    }
}

impl Queries for Blocking {
    fn trades(&self, symbol: u32, most: u32) -> Result<Vec<Trade>, StoreError> {
        self.runtime.block_on(self.engine.trades(symbol, most))
    }

    fn large(&self, size: u32) -> Result<Vec<Trade>, StoreError> {
        self.runtime.block_on(self.engine.large(size))
    }

    fn groups(&self) -> Result<Vec<Group>, StoreError> {
        self.runtime.block_on(self.engine.groups())
    }

    fn windows(&self, symbol: u32, most: u32) -> Result<Vec<Windowed>, StoreError> {
        self.runtime.block_on(self.engine.windows(symbol, most))
    }

    fn joined(&self, most: u32) -> Result<Vec<Joined>, StoreError> {
        self.runtime.block_on(self.engine.joined(most))
    }
}
