//! What the store promises. Counts and ratios gate, in every build and on every machine.
//!
//! `TABLES_INJECT=scan-lookup cargo test -p tables --test budgets` has a regression built in; the last test here does that for each of
//! them, and holds which budgets fail. `TABLES_RUNS=20 … -- injected --nocapture` repeats it.

use std::alloc::System;
use std::collections::BTreeSet;
use std::env;
use std::hint::black_box;
use std::process::Command;
use std::sync::LazyLock;

use perf_core::{PerfAlloc, perf_budget};
use perf_exporters::gate;
use tables::inject::VARIABLE;
use tables::measure::{SIZES, filled, leak_check};
use tables::stream::{BATCH, Pool, Source, parse_all};
use tables::{Injection, Queries, Table};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(System);

static INJECT: LazyLock<Option<Injection>> = LazyLock::new(Injection::of_variable);

/// Tables of these sizes, prepared once.
static TABLES: LazyLock<[Table; SIZES.len()]> = LazyLock::new(|| SIZES.map(|rows| filled(rows, *INJECT)));
static TABLE: LazyLock<&Table> = LazyLock::new(|| of_rows(16_384));

/// The table of so many rows, at least.
fn of_rows(rows: usize) -> &'static Table {
    &TABLES[SIZES.partition_point(|size| *size < rows)]
}

/// The symbol with the most rows.
static SYMBOL: LazyLock<&str> =
    LazyLock::new(|| TABLE.symbols().max_by_key(|symbol| TABLE.version(symbol)).expect("there are rows"));

/// O(1): neither the time of a lookup nor the calls in it grow with the table.
#[perf_budget(growth = "1", sizes = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536], max_time = "500ms")]
#[test]
fn a_lookup_costs_the_same_in_any_table(n: usize) {
    let table = of_rows(n);
    gate::measure(|| {
        for turn in 0..64 {
            black_box(table.get(1 + turn * 7_919 % n as u64));
        }
    });
}

/// A lookup goes through no segment.
#[perf_budget(calls("tables::table::Segment::position" = 0), allocs = 0)]
#[test]
fn a_lookup_scans_nothing() {
    gate::measure(|| assert!(TABLE.get(16_000).is_some()));
}

/// A line becomes a row without an allocation.
#[perf_budget(allocs = 0)]
#[test]
fn parsing_does_not_allocate() {
    let mut batch = String::new();
    Source::new(1, 0).fill(&mut batch, BATCH);
    let mut rows = 0;
    gate::measure(|| parse_all(&batch, *INJECT, |row| rows += usize::from(row.is_ok())));
    assert_eq!(rows % BATCH, 0);
}

/// The index looks at no segment.
#[perf_budget(calls("tables::table::Segment::scan" = 0), allocs = 0)]
#[test]
fn a_total_scans_nothing() {
    gate::measure(|| black_box(TABLE.total(&SYMBOL)));
}

/// A scan looks at each segment once.
#[perf_budget(calls("tables::table::Segment::scan" = 16), allocs = 0)]
#[test]
fn a_scan_looks_once_at_each_segment() {
    gate::measure(|| black_box(TABLE.total_by_scan(&SYMBOL)));
}

/// Of an answer that is kept, nothing is computed.
#[perf_budget(calls("tables::table::Table::total" = 0), allocs = 0)]
#[test]
fn an_answer_is_computed_once() {
    let mut queries = Queries::new(*INJECT);
    queries.total(&TABLE, &SYMBOL);
    gate::measure(|| black_box(queries.total(&TABLE, &SYMBOL)));
}

static KEPT: LazyLock<std::sync::Mutex<Queries>> = LazyLock::new(|| std::sync::Mutex::new(Queries::new(*INJECT)));

/// The cache is worth having: half the time at most.
#[perf_budget(vs = computing_it, ratio = 0.5, max_time = "1s")]
#[test]
fn a_kept_answer_beats_computing_it() {
    black_box(KEPT.lock().unwrap().total(&TABLE, &SYMBOL));
}

fn computing_it() {
    black_box(TABLE.total(&SYMBOL));
}

/// A buffer that was given back is used again.
#[perf_budget(calls("tables::stream::Pool::make" = 0), allocs = 0)]
#[test]
fn a_batch_comes_from_the_pool() {
    let mut pool = Pool::default();
    let first = pool.take();
    pool.give(first);
    gate::measure(|| {
        let buffer = pool.take();
        pool.give(buffer);
    });
}

#[test]
fn answers_that_are_out_of_date_go_away() {
    leak_check(*INJECT).assert();
}

/// The budgets that an injection breaks, all of which have to fail.
fn broken_by(injection: Injection) -> BTreeSet<&'static str> {
    match injection {
        Injection::ScanLookup => ["a_lookup_scans_nothing", "a_lookup_costs_the_same_in_any_table"].into(),
        Injection::ExtraAllocation => ["parsing_does_not_allocate"].into(),
        Injection::Leak => ["answers_that_are_out_of_date_go_away"].into(),
        Injection::NoIndex => ["a_total_scans_nothing"].into(),
    }
}

/// The tests of this file, in a process of their own with the injection built in. They have no baseline: a count that moves shows in
/// every test that has it inside, and which budget is broken is the question here.
fn failing(injection: &str) -> BTreeSet<String> {
    let tests = Command::new(env::current_exe().unwrap())
        .args(["--skip", "each_injected_regression"])
        .env(VARIABLE, injection)
        .env("PERF_LOCK", "no-baseline/perf.lock")
        .env_remove("PERF_UPDATE")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&tests.stdout);
    let of_line = |line: &str| line.strip_prefix("test ")?.strip_suffix(" ... FAILED").map(str::to_owned);
    let failing: BTreeSet<String> = text.lines().filter_map(of_line).collect();
    assert_eq!(tests.status.success(), failing.is_empty(), "{text}{}", String::from_utf8_lossy(&tests.stderr));
    failing
}

/// Every test with a budget is in `perf.lock`, and no other is: `PERF_UPDATE=1 cargo test -p tables --test budgets` writes it anew.
#[test]
fn every_budget_has_a_baseline() {
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/perf.lock")).unwrap();
    let entries = lock.lines().filter_map(|line| line.strip_prefix("[entry.\"budgets::")?.strip_suffix("\"]"));
    // After a colon stands a probe that the test calls.
    let kept: BTreeSet<&str> = entries.filter(|entry| !entry.contains(": ")).collect();
    let listed = Command::new(env::current_exe().unwrap()).arg("--list").output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let without = [
        "answers_that_are_out_of_date_go_away",
        "each_injected_regression_breaks_its_budget_and_no_other",
        "every_budget_has_a_baseline",
    ];
    let tests = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    assert_eq!(kept, tests.filter(|test| !without.contains(test)).collect());
}

#[test]
fn each_injected_regression_breaks_its_budget_and_no_other() {
    if INJECT.is_some() {
        return;
    }
    let runs: usize = env::var("TABLES_RUNS").map_or(1, |runs| runs.parse().expect("TABLES_RUNS is a number"));
    let (mut wrong, mut missed) = (Vec::new(), Vec::new());
    println!("{:<18} {:>5} {:>7} {:>7} {:>7}", "injected", "runs", "caught", "missed", "wrong");
    let cases = Injection::ALL.map(|one| (one.to_string(), broken_by(one)));
    for (name, expected) in cases.into_iter().chain([(String::new(), BTreeSet::new())]) {
        let [mut caught, mut lacking, mut others] = [0; 3];
        for _ in 0..runs {
            let failing = failing(&name);
            let failing: BTreeSet<&str> = failing.iter().map(String::as_str).collect();
            caught += usize::from(failing == expected);
            if let Some(test) = expected.difference(&failing).next() {
                lacking += 1;
                missed.push(format!("{name}: {test}"));
            }
            if let Some(test) = failing.difference(&expected).next() {
                others += 1;
                wrong.push(format!("{name}: {test}"));
            }
        }
        let name = if name.is_empty() { "nothing" } else { &name };
        println!("{name:<18} {runs:>5} {caught:>7} {lacking:>7} {others:>7}");
    }
    assert!(missed.is_empty() && wrong.is_empty(), "missed: {missed:?}; wrong: {wrong:?}");
}
