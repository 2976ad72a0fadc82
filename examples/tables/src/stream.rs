//! Lines of text to rows: `key,symbol,price,size`, in batches whose memory comes from a pool.
//!
//! A line that is no row is counted and left out: what a source sends is not ours to stop for.

use std::fmt::Write;

use perf_core::perf_probe;
use perf_load::data::{Market, TickKind, Ticks};

use crate::{Injection, Refused, Row, Table};

/// Lines of a batch.
pub const BATCH: usize = 512;

/// Buffers that are used again.
#[derive(Debug, Default)]
pub struct Pool {
    free: Vec<String>,
}

impl Pool {
    /// A buffer: one that was given back, or a new one.
    #[perf_probe]
    pub fn take(&mut self) -> String {
        self.free.pop().unwrap_or_else(Self::make)
    }

    #[perf_probe]
    fn make() -> String {
        String::with_capacity(BATCH * 40)
    }

    /// Gives a buffer back.
    pub fn give(&mut self, mut buffer: String) {
        buffer.clear();
        self.free.push(buffer);
    }
}

/// A seeded source of lines: trades of a market, and a poisoned line in every so many.
#[derive(Debug)]
pub struct Source {
    ticks: Ticks,
    key: u64,
    poison_every: u64,
}

impl Source {
    /// A source of 500 symbols. `poison_every` is the number of lines of which one is broken; 0 breaks none.
    ///
    /// # Panics
    /// Never: the market's settings are constants.
    #[must_use]
    pub fn new(seed: u64, poison_every: u64) -> Self {
        let ticks = Market::new(seed).quotes(0.0).ticks();
        Self { ticks: ticks.expect("constants that make a market"), key: 0, poison_every }
    }

    /// Fills a buffer with so many lines.
    #[perf_probe(items = lines)]
    pub fn fill(&mut self, buffer: &mut String, lines: usize) {
        for tick in self.ticks.by_ref().take(lines) {
            let TickKind::Trade(trade) = tick.kind else { continue };
            self.key += 1;
            let price = if self.key.is_multiple_of(self.poison_every) { "?" } else { "" };
            // A `String` does not fail.
            let _ = writeln!(buffer, "{},{},{price}{},{}", self.key, tick.symbol, trade.price.0, trade.size);
        }
    }
}

/// The number of lines of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ingested {
    /// Rows that were stored.
    pub stored: u64,
    /// Lines that are no row.
    pub poison: u64,
    /// Rows that had no place.
    pub full: u64,
    /// Rows whose key was taken.
    pub duplicate: u64,
}

/// A line that is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poison;

/// A line as a row.
///
/// # Errors
/// It is none.
pub fn parse(line: &str, inject: Option<Injection>) -> Result<Row<'_>, Poison> {
    let mut fields = line.split(',');
    let mut next = || fields.next().ok_or(Poison);
    let row = Row {
        key: next()?.parse().map_err(|_| Poison)?,
        symbol: next()?,
        price: next()?.parse().map_err(|_| Poison)?,
        size: next()?.parse().map_err(|_| Poison)?,
    };
    if inject == Some(Injection::ExtraAllocation) {
        drop(std::hint::black_box(row.symbol.to_owned()));
    }
    if row.symbol.is_empty() || fields.next().is_some() { Err(Poison) } else { Ok(row) }
}

/// All lines of a batch.
#[perf_probe(items = lines_of(batch), bytes = batch.len())]
pub fn parse_all<'b>(batch: &'b str, inject: Option<Injection>, mut each: impl FnMut(Result<Row<'b>, Poison>)) {
    batch.lines().for_each(|line| each(parse(line, inject)));
}

fn lines_of(batch: &str) -> usize {
    batch.bytes().filter(|byte| *byte == b'\n').count()
}

/// Stores the rows of a batch, and adds to the counts.
#[perf_probe(items = lines_of(batch), bytes = batch.len())]
pub fn ingest(batch: &str, table: &mut Table, inject: Option<Injection>, counts: &mut Ingested) {
    parse_all(batch, inject, |row| match row.map(|row| table.insert(row)) {
        Ok(Ok(())) => counts.stored += 1,
        Ok(Err(Refused::Full)) => counts.full += 1,
        Ok(Err(Refused::Duplicate)) => counts.duplicate += 1,
        Err(Poison) => counts.poison += 1,
    });
}

/// Reads so many lines of a source into a table.
pub fn stream(source: &mut Source, lines: usize, table: &mut Table, inject: Option<Injection>) -> Ingested {
    stream_and_tell(source, lines, table, inject, |_| ())
}

/// The same; `tell` hears after each batch how many lines were read.
pub fn stream_and_tell(
    source: &mut Source,
    lines: usize,
    table: &mut Table,
    inject: Option<Injection>,
    mut tell: impl FnMut(usize),
) -> Ingested {
    let (mut pool, mut counts) = (Pool::default(), Ingested::default());
    let mut read = 0;
    while read < lines {
        let batch = BATCH.min(lines - read);
        let mut buffer = pool.take();
        source.fill(&mut buffer, batch);
        ingest(&buffer, table, inject, &mut counts);
        pool.give(buffer);
        read += batch;
        tell(read);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_after_each_batch_and_at_the_end() {
        let (mut told, mut table) = (Vec::new(), Table::default());
        let lines = 2 * BATCH + 100;
        let counts = stream_and_tell(&mut Source::new(1, 0), lines, &mut table, None, |read| told.push(read));
        assert_eq!((told, counts.stored), (vec![BATCH, 2 * BATCH, lines], lines as u64));
    }
}
