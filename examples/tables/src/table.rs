//! Rows in columns.
//!
//! A table is a list of segments of [`SEGMENT`] rows, each of which has a vector for each column. So a table grows without moving rows,
//! and a scan reads only the columns that it needs. A map leads from a key to its row, an index from a symbol to its rows.

use std::collections::HashMap;
use std::fmt;

use perf_core::perf_probe;

use crate::Injection;
use crate::queries::Total;

/// Rows of a segment.
pub const SEGMENT: usize = 1_024;

/// A row, as it comes in and goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The key, once in a table.
    pub key: u64,
    /// The symbol.
    pub symbol: &'a str,
    /// The price in cents.
    pub price: i64,
    /// The number of shares.
    pub size: i64,
}

/// The reason why a row is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The table has as many rows as it may.
    Full,
    /// There is a row with this key.
    Duplicate,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the table is full",
            Self::Duplicate => "the key is taken",
        })
    }
}

impl std::error::Error for Refused {}

/// A table in memory.
#[derive(Debug)]
pub struct Table {
    segments: Vec<Segment>,
    by_key: HashMap<u64, u32>,
    symbols: Vec<Symbol>,
    by_symbol: HashMap<Box<str>, u32>,
    most: usize,
    inject: Option<Injection>,
}

/// A symbol, with the rows that have it: the column's index.
#[derive(Debug)]
struct Symbol {
    name: Box<str>,
    rows: Vec<u32>,
}

#[derive(Debug)]
struct Segment {
    keys: Vec<u64>,
    symbols: Vec<u32>,
    prices: Vec<i64>,
    sizes: Vec<i64>,
}

impl Segment {
    fn new() -> Self {
        Self {
            keys: Vec::with_capacity(SEGMENT),
            symbols: Vec::with_capacity(SEGMENT),
            prices: Vec::with_capacity(SEGMENT),
            sizes: Vec::with_capacity(SEGMENT),
        }
    }

    /// The value of the rows of a symbol, by a look at each.
    #[perf_probe(items = self.keys.len())]
    fn scan(&self, symbol: u32) -> Total {
        let rows = self.symbols.iter().zip(&self.prices).zip(&self.sizes);
        let of_symbol = rows.filter(|((of, _), _)| **of == symbol);
        of_symbol.fold(Total::default(), |total, ((_, price), size)| total.with(*price, *size))
    }

    /// Where a key stands, by a look at each.
    #[perf_probe]
    fn position(&self, key: u64) -> Option<usize> {
        self.keys.iter().position(|of| *of == key)
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new(u32::MAX as usize, None)
    }
}

impl Table {
    /// A table of at most so many rows.
    #[must_use]
    pub fn new(most: usize, inject: Option<Injection>) -> Self {
        Self {
            segments: Vec::new(),
            by_key: HashMap::new(),
            symbols: Vec::new(),
            by_symbol: HashMap::new(),
            most: most.min(u32::MAX as usize),
            inject,
        }
    }

    /// Rows in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The symbols, in the order in which they came.
    pub fn symbols(&self) -> impl Iterator<Item = &str> {
        self.symbols.iter().map(|symbol| &*symbol.name)
    }

    /// Rows of a symbol, which is also the version of everything that is computed of them: rows are never taken away.
    #[must_use]
    pub fn version(&self, symbol: &str) -> usize {
        self.by_symbol.get(symbol).map_or(0, |number| self.symbols[*number as usize].rows.len())
    }

    /// Stores a row.
    ///
    /// # Errors
    /// The table is full, or has that key; it is as it was.
    pub fn insert(&mut self, row: Row<'_>) -> Result<(), Refused> {
        if self.len() >= self.most {
            return Err(Refused::Full);
        }
        #[allow(clippy::cast_possible_truncation, reason = "`most` is at most u32::MAX")]
        let number = self.len() as u32;
        let std::collections::hash_map::Entry::Vacant(free) = self.by_key.entry(row.key) else {
            return Err(Refused::Duplicate);
        };
        free.insert(number);
        let symbol = self.symbol(row.symbol);
        self.symbols[symbol as usize].rows.push(number);
        if (number as usize).is_multiple_of(SEGMENT) {
            self.segments.push(Segment::new());
        }
        let segment = &mut self.segments[number as usize / SEGMENT];
        segment.keys.push(row.key);
        segment.symbols.push(symbol);
        segment.prices.push(row.price);
        segment.sizes.push(row.size);
        Ok(())
    }

    #[allow(clippy::cast_possible_truncation, reason = "there are no more symbols than rows")]
    fn symbol(&mut self, name: &str) -> u32 {
        if let Some(number) = self.by_symbol.get(name) {
            return *number;
        }
        let number = self.symbols.len() as u32;
        self.symbols.push(Symbol { name: name.into(), rows: Vec::new() });
        self.by_symbol.insert(name.into(), number);
        number
    }

    /// The row with a key.
    #[perf_probe]
    #[must_use]
    pub fn get(&self, key: u64) -> Option<Row<'_>> {
        if self.inject == Some(Injection::ScanLookup) {
            let mut numbered = self.segments.iter().enumerate();
            return numbered
                .find_map(|(at, segment)| segment.position(key).map(|offset| self.row(at * SEGMENT + offset)));
        }
        self.by_key.get(&key).map(|number| self.row(*number as usize))
    }

    /// All rows, in the order in which they came.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|number| self.row(number))
    }

    fn row(&self, number: usize) -> Row<'_> {
        let (segment, at) = (&self.segments[number / SEGMENT], number % SEGMENT);
        Row {
            key: segment.keys[at],
            symbol: &self.symbols[segment.symbols[at] as usize].name,
            price: segment.prices[at],
            size: segment.sizes[at],
        }
    }

    /// The total of a symbol's rows, by the column's index.
    #[perf_probe]
    #[must_use]
    pub fn total(&self, symbol: &str) -> Total {
        if self.inject == Some(Injection::NoIndex) {
            return self.total_by_scan(symbol);
        }
        let Some(number) = self.by_symbol.get(symbol) else { return Total::default() };
        let rows = &self.symbols[*number as usize].rows;
        rows.iter().fold(Total::default(), |total, number| {
            let (segment, at) = (&self.segments[*number as usize / SEGMENT], *number as usize % SEGMENT);
            total.with(segment.prices[at], segment.sizes[at])
        })
    }

    /// The same by a look at each row.
    #[perf_probe]
    #[must_use]
    pub fn total_by_scan(&self, symbol: &str) -> Total {
        let Some(number) = self.by_symbol.get(symbol) else { return Total::default() };
        self.segments.iter().fold(Total::default(), |total, segment| total.and(segment.scan(*number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: u64) -> Table {
        let mut table = Table::default();
        for key in 0..rows {
            let symbol = ["AAA", "BBB", "CCC"][(key % 3) as usize];
            table.insert(Row { key: key * 7, symbol, price: 100 + key.cast_signed(), size: 2 }).unwrap();
        }
        table
    }

    #[test]
    fn what_was_stored_is_found_by_key_and_by_symbol() {
        let table = table(5_000);
        assert_eq!(table.len(), 5_000);
        assert_eq!(table.get(7 * 4_000), Some(Row { key: 28_000, symbol: "BBB", price: 4_100, size: 2 }));
        assert_eq!(table.get(1), None);
        assert_eq!(table.symbols().collect::<Vec<_>>(), ["AAA", "BBB", "CCC"]);
        for symbol in ["AAA", "BBB", "CCC", "DDD"] {
            assert_eq!(table.total(symbol), table.total_by_scan(symbol), "{symbol}");
            assert_eq!(table.total(symbol).rows, table.version(symbol) as u64);
        }
    }

    #[test]
    fn a_row_that_is_refused_changes_nothing() {
        let mut table = table(10);
        let before = table.total("AAA");
        let row = Row { key: 0, symbol: "AAA", price: 1, size: 1 };
        assert_eq!(table.insert(row), Err(Refused::Duplicate));
        table.most = 10;
        assert_eq!(table.insert(Row { key: 1, ..row }), Err(Refused::Full));
        assert_eq!((table.len(), table.total("AAA")), (10, before));
    }
}
