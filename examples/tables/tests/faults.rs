//! Faults of real life: lines that are broken, a table that is full, and lines that come twice. Each is counted by its kind, and
//! nothing that was stored is lost.

use tables::stream::{Ingested, Source, ingest, stream};
use tables::{Row, Table, Total};

/// The rows of a clean stream that are not in the table.
fn lost(table: &Table, lines: usize, seed: u64) -> Vec<u64> {
    let mut clean = Table::default();
    stream(&mut Source::new(seed, 0), lines, &mut clean, None);
    clean.rows().filter(|row| table.get(row.key) != Some(*row)).map(|row| row.key).collect()
}

#[test]
fn poison_is_counted_and_all_other_rows_are_there() {
    let mut table = Table::default();
    let counts = stream(&mut Source::new(3, 100), 10_000, &mut table, None);
    assert_eq!(counts, Ingested { stored: 9_900, poison: 100, ..Ingested::default() });
    let lost = lost(&table, 10_000, 3);
    assert_eq!(lost, (1..=100).map(|number| number * 100).collect::<Vec<u64>>());
}

#[test]
fn every_kind_of_broken_line_is_poison() {
    let (mut table, mut counts) = (Table::default(), Ingested::default());
    let batch = "\nx\n1\n1,A\n1,A,2\n1,A,2,3,4\n1,,2,3\n-1,A,2,3\n1,A,2.5,3\n1,A,2,\n99999999999999999999,A,1,1\n";
    ingest(batch, &mut table, None, &mut counts);
    assert_eq!((counts.poison, table.len()), (11, 0));
    ingest("1,A,2,3", &mut table, None, &mut counts);
    assert_eq!(table.get(1), Some(Row { key: 1, symbol: "A", price: 2, size: 3 }));
}

#[test]
fn a_full_table_refuses_and_keeps_what_it_has() {
    let mut table = Table::new(4_000, None);
    let counts = stream(&mut Source::new(5, 0), 10_000, &mut table, None);
    assert_eq!(counts, Ingested { stored: 4_000, full: 6_000, ..Ingested::default() });
    assert_eq!(lost(&table, 4_000, 5), Vec::<u64>::new());
    let all = table.symbols().map(|symbol| table.total(symbol)).fold(0, |rows, total: Total| rows + total.rows);
    assert_eq!(all, 4_000);
}

#[test]
fn lines_that_come_twice_are_stored_once() {
    let mut table = Table::default();
    for (time, stored) in [(0, 5_000), (1, 0)] {
        let counts = stream(&mut Source::new(9, 0), 5_000, &mut table, None);
        assert_eq!((counts.stored, counts.duplicate), (stored, 5_000 - stored), "time {time}");
    }
    assert_eq!((table.len(), lost(&table, 5_000, 9).len()), (5_000, 0));
}
