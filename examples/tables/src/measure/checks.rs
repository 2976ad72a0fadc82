//! Growth, comparisons and leaks, by the code that budget tests run.

use std::time::Duration;

use perf_core::budget::{BudgetSpec, Figure, Growth, GrowthClass, Relative};
use perf_exporters::gate::{self, Run};
use perf_exporters::judge::{Unit, Verdict};
use perf_exporters::report::BudgetReport;

use crate::stream::{Source, stream};
use crate::{Injection, Queries, Row, Table};

/// Rows of the tables that lookups are compared in. A scan finds a key of a table of one segment at once, so growth shows from
/// [`SEGMENT`](crate::table::SEGMENT) rows on alone: the upper half of the sizes lies beyond, where counts decide.
pub const SIZES: [usize; 11] = [64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];

const CONSTANT: BudgetSpec = BudgetSpec {
    growth: Some(Growth { class: GrowthClass::Constant, sizes: &SIZES, by: Figure::Time }),
    max_time: Some(Duration::from_secs(2)),
    ..BudgetSpec::EMPTY
};

/// At most so much of the time of the other way.
const fn at_most(reference: &'static str, ratio: f64) -> BudgetSpec {
    BudgetSpec {
        relative: Some(Relative { reference, ratio, by: Figure::Time }),
        max_time: Some(Duration::from_secs(2)),
        ..BudgetSpec::EMPTY
    }
}

const INDEX: BudgetSpec = at_most("a scan", 0.2);
const CACHE: BudgetSpec = at_most("computing it", 0.5);

/// A table of so many rows, of the stream.
#[must_use]
pub fn filled(rows: usize, inject: Option<Injection>) -> Table {
    let mut table = Table::new(rows, inject);
    stream(&mut Source::new(7, 0), rows, &mut table, inject);
    table
}

pub(super) fn run(inject: Option<Injection>) -> Vec<BudgetReport> {
    let debug = cfg!(debug_assertions);
    let run = |spec| Run::new(spec).debug_build(debug);
    let mut budgets = Vec::new();

    let tables: Vec<Table> = SIZES.iter().map(|size| filled(*size, inject)).collect();
    let lookups = run(&CONSTANT).named("lookup").growth(|size| {
        let table = &tables[SIZES.partition_point(|of| *of < size)];
        for turn in 0..64 {
            std::hint::black_box(table.get(1 + turn * 7_919 % size as u64));
        }
    });
    budgets.extend(BudgetReport::of_findings("tables::lookup", &lookups.findings));

    let table = filled(65_536, inject);
    let symbol = table.symbols().nth(20).unwrap_or_default();
    let index = run(&INDEX).named("index").versus(|| table.total(symbol), || table.total_by_scan(symbol));
    budgets.extend(BudgetReport::of_findings("tables::index", &index.findings));

    let mut queries = Queries::new(inject);
    let cache = run(&CACHE).named("cache").versus(|| queries.total(&table, symbol), || table.total(symbol));
    budgets.extend(BudgetReport::of_findings("tables::cache", &cache.findings));

    budgets.push(leak(inject));
    budgets
}

/// Bytes that a batch of queries leaves behind for good.
fn leak(inject: Option<Injection>) -> BudgetReport {
    let checked = leak_check(inject);
    let left = match checked.verdict {
        Verdict::Pass => 0.0,
        Verdict::Fail => checked
            .left
            .last()
            .zip(checked.left.first())
            .map_or(f64::NAN, |(last, first)| (last - first) / checked.left.len() as f64),
        Verdict::Inconclusive(_) => f64::NAN,
    };
    BudgetReport::of("tables::queries", "left behind per batch", Unit::Bytes, left).at_most(None, Some(0.0))
}

/// Do answers that are out of date go away? Two tables with other rows of the same symbols are asked in turn, so that each answer is
/// out of date at the next question, while nothing else grows.
pub fn leak_check(inject: Option<Injection>) -> gate::LeakCheck {
    let symbols: Vec<String> = (0..64).map(|number| format!("S{number}")).collect();
    let of_rows = |rows: u64| {
        let mut table = Table::default();
        let keys = (0..rows * 64).zip(symbols.iter().cycle());
        keys.for_each(|(key, symbol)| _ = table.insert(Row { key, symbol, price: 1, size: 1 }));
        table
    };
    let (tables, mut queries) = ([of_rows(1), of_rows(2)], Queries::new(inject));
    gate::leak_check(20, || {
        for table in &tables {
            for symbol in &symbols {
                std::hint::black_box(queries.total(table, symbol));
            }
        }
    })
}
