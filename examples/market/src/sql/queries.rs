//! The five queries, by whichever engine: what asks is written against this. [`Reader`] is one; with the feature `datafusion`
//! `fusion::Blocking` is another.

use std::fmt::Debug;

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

/// Values of the five queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The symbol of `trades` and `windows`.
    pub symbol: u32,
    /// Rows of `trades`, `windows` and `joined`.
    pub most: u32,
    /// The least size of `large`.
    pub size: u32,
}

impl Asked {
    /// The first of the queries that two engines answer differently with these values, and where.
    ///
    /// # Errors
    /// A query that one of them cannot answer.
    pub fn differs(self, one: &dyn Queries, other: &dyn Queries) -> Result<Option<String>, StoreError> {
        let Self { symbol, most, size } = self;
        Ok(difference("trades", &one.trades(symbol, most)?, &other.trades(symbol, most)?)
            .or(difference("large", &one.large(size)?, &other.large(size)?))
            .or(difference("groups", &one.groups()?, &other.groups()?))
            .or(difference("windows", &one.windows(symbol, most)?, &other.windows(symbol, most)?))
            .or(difference("joined", &one.joined(most)?, &other.joined(most)?)))
    }
}

fn difference<T: Debug + PartialEq>(query: &str, one: &[T], other: &[T]) -> Option<String> {
    if one == other {
        return None;
    }
    let row = one.iter().zip(other).take_while(|(row, same)| row == same).count();
    Some(format!("{query}, row {row}: {:?} against {:?}", one.get(row), other.get(row)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Store;
    use crate::symbols::Symbols;
    use crate::tick::ticks;

    #[test]
    fn engines_that_differ_are_told_with_the_first_row_that_does() {
        let folder = tempfile::tempdir().unwrap();
        let symbols = Symbols::first(5);
        let reader = |name: &str, seed: u64| {
            let path = folder.path().join(name);
            Store::with(&path, &symbols, &ticks(seed, 5, 500).unwrap()).unwrap();
            Reader::open(&path).unwrap()
        };
        let asked = Asked { symbol: 0, most: 10, size: 1 };
        let [one, same, other] = [("one", 1), ("same", 1), ("other", 2)].map(|(name, seed)| reader(name, seed));
        assert_eq!(asked.differs(&one, &same).unwrap(), None);
        let told = asked.differs(&one, &other).unwrap().unwrap();
        assert!(told.starts_with("trades, row 0: Some(Trade {"), "{told}");
        let told = Asked { most: 0, ..asked }.differs(&one, &other).unwrap().unwrap();
        assert!(told.starts_with("large, row 0: Some(Trade {"), "{told}");
    }
}
