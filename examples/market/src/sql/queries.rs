//! The five queries, by whichever engine: what asks is written against this. [`Reader`] is one; with the feature `datafusion`
//! `fusion::Blocking` is another.

use super::{Group, Joined, Reader, StoreError, Trade, Windowed};

/// An engine that answers the queries. Both engines give the same rows in the same order.
pub trait Queries: Send {
    /// The last trades of a symbol, the latest first.
    ///
    /// # Errors
    /// Data that cannot be read.
    fn trades(&self, symbol: u32, most: u32) -> Result<Vec<Trade>, StoreError>;

    /// Recent trades of at least this size, the latest first.
    ///
    /// # Errors
    /// Data that cannot be read.
    fn large(&self, size: u32) -> Result<Vec<Trade>, StoreError>;

    /// Sums over the recent trades, by symbol.
    ///
    /// # Errors
    /// Data that cannot be read.
    fn groups(&self) -> Result<Vec<Group>, StoreError>;

    /// The last trades of a symbol, each with the mean price of it and the nine before, the earliest first.
    ///
    /// # Errors
    /// Data that cannot be read.
    fn windows(&self, symbol: u32, most: u32) -> Result<Vec<Windowed>, StoreError>;

    /// The last trades of the stream with names and sectors from the table, the latest first.
    ///
    /// # Errors
    /// Data that cannot be read.
    fn joined(&self, most: u32) -> Result<Vec<Joined>, StoreError>;
}

impl Queries for Reader {
    fn trades(&self, symbol: u32, most: u32) -> Result<Vec<Trade>, StoreError> {
        Self::trades(self, symbol, most)
    }

    fn large(&self, size: u32) -> Result<Vec<Trade>, StoreError> {
        Self::large(self, size)
    }

    fn groups(&self) -> Result<Vec<Group>, StoreError> {
        Self::groups(self)
    }

    fn windows(&self, symbol: u32, most: u32) -> Result<Vec<Windowed>, StoreError> {
        Self::windows(self, symbol, most)
    }

    fn joined(&self, most: u32) -> Result<Vec<Joined>, StoreError> {
        Self::joined(self, most)
    }
}
