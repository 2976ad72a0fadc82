//! Queries with their answers kept.

use std::collections::HashMap;

use perf_core::perf_probe;

use crate::{Injection, Table};

/// The total of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// How many.
    pub rows: u64,
    /// The sum of price times size, in cents.
    pub cents: i64,
}

impl Total {
    pub(crate) fn with(self, price: i64, size: i64) -> Self {
        Self { rows: self.rows + 1, cents: self.cents + price * size }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, cents: self.cents + other.cents }
    }
}

/// Answers, each with the version of the rows that it was computed of. One answer for each symbol is kept, so there are never more of
/// them than symbols.
#[derive(Debug, Default)]
pub struct Queries {
    kept: HashMap<Box<str>, (usize, Total)>,
    out_of_date: Vec<(usize, Total)>,
    inject: Option<Injection>,
}

impl Queries {
    /// Without answers.
    #[must_use]
    pub fn new(inject: Option<Injection>) -> Self {
        Self { inject, ..Self::default() }
    }

    /// The total of a symbol: the answer that is kept, if its rows are as they were.
    #[perf_probe]
    pub fn total(&mut self, table: &Table, symbol: &str) -> Total {
        let version = table.version(symbol);
        if let Some((of, total)) = self.kept.get(symbol)
            && *of == version
        {
            return *total;
        }
        let answer = (version, table.total(symbol));
        match self.kept.get_mut(symbol) {
            Some(kept) => {
                let old = std::mem::replace(kept, answer);
                if self.inject == Some(Injection::Leak) {
                    self.out_of_date.extend([old; 64]);
                }
            }
            None => drop(self.kept.insert(symbol.into(), answer)),
        }
        answer.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Row;

    #[test]
    fn answers_are_those_of_the_rows_as_they_are_now() {
        let (mut table, mut queries) = (Table::default(), Queries::default());
        for key in 0..100 {
            table.insert(Row { key, symbol: "AAA", price: 3, size: 2 }).unwrap();
            for _ in 0..2 {
                assert_eq!(queries.total(&table, "AAA"), Total { rows: key + 1, cents: 6 * (key.cast_signed() + 1) });
            }
        }
        assert_eq!(queries.total(&table, "BBB"), Total::default());
        assert_eq!(queries.out_of_date.len(), 0);
    }
}
