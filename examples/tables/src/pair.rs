//! The same rows in two structures, for the guide: a map in each row, as they come out of a JSON parser, and columns.

use std::collections::HashMap;
use std::fmt::{self, Write};
use std::time::Duration;

use perf_core::budget::{BudgetSpec, Figure, Relative};
use perf_core::{Session, perf_probe};
use perf_exporters::gate::{Run, render};
use perf_exporters::human;

use crate::measure::filled;
use crate::{Row, Table, Total};

/// Rows of both.
const ROWS: usize = 20_000;

/// A map in each row.
#[derive(Debug, Default)]
pub struct Maps {
    rows: Vec<HashMap<String, String>>,
}

impl Maps {
    /// The rows of a table.
    #[perf_probe(name = "pair::before::build")]
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let fields = |row: Row<'_>| {
            [
                ("key", row.key.to_string()),
                ("symbol", row.symbol.to_owned()),
                ("price", row.price.to_string()),
                ("size", row.size.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
        };
        Self { rows: table.rows().map(fields).collect() }
    }

    /// The total of a symbol's rows, by a look at each.
    #[perf_probe(name = "pair::before::total")]
    #[must_use]
    pub fn total(&self, symbol: &str) -> Total {
        let of_symbol = self.rows.iter().filter(|row| row.get("symbol").is_some_and(|of| of == symbol));
        let number = |row: &HashMap<String, String>, name| row.get(name).and_then(|text: &String| text.parse().ok());
        of_symbol.fold(Total::default(), |total, row| {
            let values = number(row, "price").zip(number(row, "size"));
            values.map_or(total, |(price, size)| total.with(price, size))
        })
    }
}

/// The rows of a table once more, in columns.
#[perf_probe(name = "pair::after::build")]
#[must_use]
pub fn columns_of(table: &Table) -> Table {
    let mut columns = Table::default();
    // Keys are those of a table, so none is there twice.
    table.rows().for_each(|row| _ = columns.insert(row));
    columns
}

/// Of one structure: bytes and allocations per row, and the median time of a total.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// Live bytes per row.
    pub bytes: f64,
    /// Allocations per row, while it was built.
    pub allocs: f64,
    /// Median of a total, in nanoseconds.
    pub total_ns: u64,
}

/// Both, and what the comparison in turns says.
#[derive(Clone, Debug)]
pub struct Pair {
    /// A map in each row.
    pub before: Side,
    /// Columns.
    pub after: Side,
    /// The findings of the comparison, as text.
    pub report: String,
}

const NO_SLOWER: BudgetSpec = BudgetSpec {
    relative: Some(Relative { reference: "a map in each row", ratio: 0.5, by: Figure::Time }),
    // It ends when it is decided; a busy machine takes longer.
    max_time: Some(Duration::from_secs(20)),
    ..BudgetSpec::EMPTY
};

/// Builds both, and lets them compute the same total in turns.
///
/// # Panics
/// The totals differ, which would be a fault of this module.
#[must_use]
pub fn structure() -> Pair {
    let source = filled(ROWS, None);
    let symbol = source.symbols().nth(20).unwrap_or_default();
    let session = Session::new();
    let (maps, columns) = session.run(|| (Maps::of(&source), columns_of(&source)));
    session.run(|| assert_eq!(maps.total(symbol), columns.total_by_scan(symbol)));
    let built = session.snapshot();
    let finished = Run::new(&NO_SLOWER)
        .named("columns")
        .debug_build(cfg!(debug_assertions))
        .versus(|| columns.total_by_scan(symbol), || maps.total(symbol));
    let side = |build: &str, total: &str| {
        let of = built.get(build);
        Side {
            bytes: of.map_or(f64::NAN, |probe| probe.net_bytes() as f64 / ROWS as f64),
            allocs: of.map_or(f64::NAN, |probe| probe.allocs() as f64 / ROWS as f64),
            total_ns: finished.snapshot.get(total).map_or(0, |probe| nanos(probe.quantile(0.5))),
        }
    };
    Pair {
        before: side("pair::before::build", "pair::before::total"),
        after: side("pair::after::build", "tables::table::Table::total_by_scan"),
        report: render::report(&finished),
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (self.before, self.after);
        writeln!(f, "{:<24} {:>16} {:>12} {:>10}", "", "a map in each row", "columns", "better by")?;
        let mut row = |name: &str, of: &dyn Fn(Side) -> String, factor: f64| {
            writeln!(f, "{name:<24} {:>16} {:>12} {factor:>8.1} ×", of(before), of(after))
        };
        row("bytes per row", &|side| format!("{:.1} B", side.bytes), before.bytes / after.bytes)?;
        row("allocations per row", &|side| format!("{:.3}", side.allocs), before.allocs / after.allocs)?;
        let time = |side: Side| human::duration(side.total_ns).to_string();
        row("a total, median", &time, before.total_ns as f64 / after.total_ns as f64)?;
        f.write_char('\n')?;
        f.write_str(&self.report)
    }
}
