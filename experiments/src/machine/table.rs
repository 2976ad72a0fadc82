//! The cells of the experiment, and the table of their verdicts.

use std::collections::BTreeMap;

use super::hogs::KINDS;
use super::rate::{Tally, at_most};
use super::speed::Speed;
use super::subject::LIMITS;

/// One arm of the experiment; ordered as the table is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// Bytes of the reference kernel.
    pub(crate) size: usize,
    /// How many times a call does the work: more than once is code that breaks its limits.
    pub(crate) times: u32,
    /// Places in the lists of code, of limits, and of disturbances.
    pub(crate) body: usize,
    pub(crate) limit: usize,
    pub(crate) kind: usize,
}

/// Verdicts by cell.
pub(crate) type Table = BTreeMap<Cell, Tally>;

/// By code and limit, the verdicts by disturbance.
type Rows = BTreeMap<(usize, usize), BTreeMap<usize, Tally>>;

/// The names of what cells count in places.
pub(crate) struct Names {
    pub(crate) bodies: Vec<&'static str>,
    pub(crate) speed: Speed,
}

impl Names {
    /// The name of a cell, another one for every cell.
    pub(crate) fn of(&self, cell: Cell) -> String {
        let Cell { size, times, body, limit, kind } = cell;
        let (code, limit, beside) = (self.bodies[body], LIMITS[limit], KINDS[kind].0);
        format!("{code} × {times} | {limit} | {beside} | {size} B{}", self.speed)
    }
}

/// Prints a table for each size of the kernel and each number of times, with a column for each disturbance; returns how many verdicts
/// are wrong.
pub(crate) fn print(table: &Table, names: &Names) -> u32 {
    let mut kinds: Vec<usize> = table.keys().map(|cell| cell.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut groups: BTreeMap<(usize, u32), Rows> = BTreeMap::new();
    for (cell, tally) in table {
        let rows = groups.entry((cell.size, cell.times)).or_default();
        rows.entry((cell.body, cell.limit)).or_default().insert(cell.kind, *tally);
    }
    let mut all_wrong = 0;
    for ((size, times), rows) in groups {
        let wrong = if times > 1 { "PASS" } else { "FAIL" };
        println!("\nThe work {times} times a call, a kernel of {} KiB: PASS · FAIL · INCONCLUSIVE\n", size >> 10);
        let beside: Vec<&str> = kinds.iter().map(|kind| KINDS[*kind].0).collect();
        println!("| code | limit | {} | {wrong} | at most |", beside.join(" | "));
        println!("|---|---|{}--:|--:|", "--:|".repeat(kinds.len()));
        let mut sums: BTreeMap<usize, Tally> = BTreeMap::new();
        let line = |code: &str, limit: &str, row: &BTreeMap<usize, Tally>| {
            let of = |kind: &usize| row.get(kind).copied().unwrap_or_default();
            let cells: Vec<String> = kinds.iter().map(|kind| of(kind).to_string()).collect();
            let mut sum = Tally::default();
            for kind in &kinds {
                sum += of(kind);
            }
            let seen = if times > 1 { sum.pass } else { sum.fail };
            let (runs, most) = (sum.runs(), 100.0 * at_most(seen, sum.runs()));
            println!("| {code} | {limit} | {} | {seen} of {runs} | {most:.2} % |", cells.join(" | "));
            seen
        };
        for ((body, limit), row) in &rows {
            line(names.bodies[*body], LIMITS[*limit], row);
            for (kind, tally) in row {
                *sums.entry(*kind).or_default() += *tally;
            }
        }
        all_wrong += line("**all**", "", &sums);
    }
    all_wrong
}
