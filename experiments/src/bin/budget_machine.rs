//! How often is unchanged code failed, and slower code passed, on a machine that others use, by the kind of code and of disturbance?
//!
//! Limits are twice the usual p95 and mean, taken before anything disturbs. Cells come in an order drawn at random in each
//! round, at the pace of users' tests: `cargo run --release -p experiments --features machine --bin budget_machine [ROUNDS
//! [BODIES [HOGS [SIZES [TIMES]]]]]`. ROUNDS may be minutes, such as `50m`: the last round is then cut short. BODIES and HOGS are parts
//! of names, `,` between them; SIZES are bytes of the reference kernel, drawn at random like the rest; TIMES are how many times a
//! call does the work, 1 for unchanged code, above 2 for code that breaks its limits. `quick` instead of ROUNDS is the short form
//! for CI: short epochs, one round. Each verdict that is wrong or undecided is a line on standard error. It ends with 1 where
//! unchanged code fails, or code that breaks its limits passes.

#[path = "../machine/mod.rs"]
mod machine;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;
use machine::bodies::{self, Body};
use machine::hogs::{self, Hogs, KINDS};
use machine::rate::{Tally, at_most};
use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_exporters::gate::{Pace, Run, order};

/// A body with its limits, by metric.
struct Subject {
    body: Body,
    budgets: Vec<(&'static str, &'static BudgetSpec)>,
}

/// Twice the usual: the least of several batches, for a batch that something disturbed says nothing. The slowest calls of each are
/// left out of its mean, for those may have been interrupted in all batches.
fn subject(mut body: Body) -> Subject {
    const LEAST: usize = 20;
    let began = Instant::now();
    let mut usual = [f64::INFINITY; 2];
    let mut batches = 0;
    while batches < 5 || (batches < 40 && began.elapsed() < Duration::from_secs(2)) {
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.len() < LEAST || start.elapsed() < Duration::from_millis(20) {
            let start = Instant::now();
            (body.1)();
            times.push(start.elapsed().as_secs_f64());
        }
        times.sort_unstable_by(f64::total_cmp);
        let fast = &times[..times.len() - times.len() / LEAST];
        let mean = fast.iter().sum::<f64>() / fast.len() as f64;
        let p95 = order::quantile(&times, 0.95).unwrap_or(mean);
        usual = [usual[0].min(p95), usual[1].min(mean)];
        batches += 1;
    }
    let spec = |metric, usual: f64| -> &'static BudgetSpec {
        let limits = vec![Limit { metric, bound: Bound::Time(Duration::from_secs_f64(2.0 * usual)) }];
        Box::leak(Box::new(BudgetSpec { limits: limits.leak(), ..BudgetSpec::EMPTY }))
    };
    let budgets = vec![("p95", spec(Metric::P95, usual[0])), ("mean", spec(Metric::Mean, usual[1]))];
    Subject { body, budgets }
}

/// How long it goes on.
#[derive(Clone, Copy)]
enum Extent {
    Rounds(u32),
    Until(Instant),
}

impl Extent {
    fn of(text: &str) -> Self {
        match text.strip_suffix('m').and_then(|minutes| minutes.parse::<u64>().ok()) {
            Some(minutes) => Self::Until(Instant::now() + Duration::from_secs(60 * minutes)),
            None if text == "quick" => Self::Rounds(1),
            None => Self::Rounds(text.parse().unwrap_or(20)),
        }
    }

    fn is_over(self, round: u32) -> bool {
        match self {
            Self::Rounds(rounds) => round >= rounds,
            Self::Until(end) => Instant::now() >= end,
        }
    }
}

/// One arm of the experiment; ordered as the table is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    size: usize,
    times: u32,
    body: usize,
    budget: usize,
    kind: usize,
}

/// The numbers in an argument, `,` between them, or this one.
fn numbers<T: std::str::FromStr>(argument: &str, otherwise: T) -> Vec<T> {
    let given: Vec<T> = argument.split(',').filter_map(|number| number.parse().ok()).collect();
    if given.is_empty() { vec![otherwise] } else { given }
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    hogs::become_one();
    let argument = |at| std::env::args().nth(at).unwrap_or_default();
    let quick = argument(1) == "quick";
    let (bodies, disturbances) = (argument(2), argument(3));
    let fits = |name: &str, parts: &str| parts.split(',').any(|part| name.contains(part));
    let (sizes, times) = (numbers(&argument(4), Pace::default().kernel_bytes), numbers(&argument(5), 1_u32));
    let mut subjects: Vec<Subject> =
        bodies::all()?.into_iter().filter(|body| fits(body.0, &bodies)).map(subject).collect();
    let mut cells: Vec<Cell> = Vec::new();
    for (kind, _) in KINDS.iter().enumerate().filter(|(_, kind)| fits(kind.0, &disturbances)) {
        for (body, subject) in subjects.iter().enumerate() {
            for budget in 0..subject.budgets.len() {
                for size in &sizes {
                    cells.extend(times.iter().map(|times| Cell { size: *size, times: *times, body, budget, kind }));
                }
            }
        }
    }
    let (start, extent) = (Instant::now(), Extent::of(&argument(1)));
    let (mut rng, mut round) = (Rng::with_seed(12), 0);
    let mut table: BTreeMap<Cell, Tally> = BTreeMap::new();
    while !extent.is_over(round) {
        rng.shuffle(&mut cells);
        for cell in &cells {
            if matches!(extent, Extent::Until(_)) && extent.is_over(round) {
                break;
            }
            let _hogs = Hogs::start(KINDS[cell.kind].1, KINDS[cell.kind].2)?;
            let mut pace = Pace::default();
            pace.kernel_bytes = cell.size;
            if quick {
                pace.max_time = Duration::from_millis(100);
                pace.least_epoch = Duration::from_millis(10);
                pace.rules.pause = Duration::from_millis(10);
            }
            let Subject { body, budgets } = &mut subjects[cell.body];
            let (metric, budget) = budgets[cell.budget];
            let call = || (0..cell.times).for_each(|_| (body.1)());
            let finished = Run::new(budget).pace(pace).test(call);
            let verdict = finished.findings.verdict();
            table.entry(*cell).or_default().add(&verdict);
            if if cell.times > 1 { !verdict.is_fail() } else { !verdict.is_pass() } {
                let (what, beside) = (body.0, KINDS[cell.kind].0);
                let (times, epochs) = (cell.times, finished.epochs);
                let why = finished.findings.rows.first().map_or("", |row| &row.reason);
                eprintln!("{what} × {times} | {beside} | {metric} | {verdict} | {epochs} epochs | {why}");
            }
        }
        round += 1;
        eprintln!("round {round}, {:.0} s", start.elapsed().as_secs_f64());
    }
    let wrong = print(&table, &subjects);
    println!("\n{round} rounds, {:.0} s", start.elapsed().as_secs_f64());
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// By code and limit, the verdicts by disturbance.
type Rows = BTreeMap<(usize, usize), BTreeMap<usize, Tally>>;

/// A table for each size of the kernel and each number of times, with a column for each disturbance; returns how many verdicts
/// are wrong.
fn print(table: &BTreeMap<Cell, Tally>, subjects: &[Subject]) -> u32 {
    let mut kinds: Vec<usize> = table.keys().map(|cell| cell.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut groups: BTreeMap<(usize, u32), Rows> = BTreeMap::new();
    for (cell, tally) in table {
        let rows = groups.entry((cell.size, cell.times)).or_default();
        rows.entry((cell.body, cell.budget)).or_default().insert(cell.kind, *tally);
    }
    let mut all_wrong = 0;
    for ((size, times), rows) in groups {
        let wrong = if times > 1 { "PASS" } else { "FAIL" };
        println!("\nThe work {times} times a call, a kernel of {} KiB: PASS · FAIL · INCONCLUSIVE\n", size >> 10);
        let names: Vec<&str> = kinds.iter().map(|kind| KINDS[*kind].0).collect();
        println!("| code | limit | {} | {wrong} | at most |", names.join(" | "));
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
        for ((body, budget), row) in &rows {
            line(subjects[*body].body.0, subjects[*body].budgets[*budget].0, row);
            for (kind, tally) in row {
                *sums.entry(*kind).or_default() += *tally;
            }
        }
        all_wrong += line("**all**", "", &sums);
    }
    all_wrong
}
