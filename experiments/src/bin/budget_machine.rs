//! How often is unchanged code failed on a machine that others use, by the kind of code and of disturbance?
//!
//! Limits are twice the usual p95 and mean, taken before anything disturbs. Cells come in an order drawn at random in each
//! round, at the pace of users' tests: `cargo run --release -p experiments --features machine --bin budget_machine [ROUNDS
//! [BODIES [HOGS [SIZES]]]]`. BODIES and HOGS are parts of names, `,` between them; SIZES are bytes of the reference kernel, drawn at
//! random like the rest. `quick` instead of ROUNDS is the short form for CI: short epochs, one round. It ends with 1 where
//! unchanged code fails.

#[path = "../machine/mod.rs"]
mod machine;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;
use machine::bodies::{self, Body};
use machine::hogs::{self, Hogs, KINDS};
use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_exporters::gate::{Pace, Run, order};
use perf_exporters::judge::Verdict;

fn work(steps: u64) -> u64 {
    (0..black_box(steps)).fold(1, |state: u64, step| (state ^ step).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17))
}

/// A body with its limits, by metric.
struct Subject {
    body: Body,
    budgets: Vec<(&'static str, &'static BudgetSpec)>,
}

/// Twice the usual: the least of several batches, for a batch that something disturbed says nothing.
fn subject(mut body: Body) -> Subject {
    const BATCHES: usize = 20;
    let batch = |_| {
        let (start, mut times) = (Instant::now(), Vec::new());
        while times.len() < 60 || start.elapsed() < Duration::from_millis(20) {
            let start = Instant::now();
            (body.1)();
            times.push(start.elapsed().as_secs_f64());
        }
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        [order::quantile(&times, 0.95).unwrap_or(mean), mean]
    };
    let usual =
        (0..BATCHES).map(batch).fold([f64::INFINITY; 2], |least, own| [least[0].min(own[0]), least[1].min(own[1])]);
    let spec = |metric, usual: f64| -> &'static BudgetSpec {
        let limits = vec![Limit { metric, bound: Bound::Time(Duration::from_secs_f64(2.0 * usual)) }];
        Box::leak(Box::new(BudgetSpec { limits: limits.leak(), ..BudgetSpec::EMPTY }))
    };
    let budgets = vec![("p95", spec(Metric::P95, usual[0])), ("mean", spec(Metric::Mean, usual[1]))];
    Subject { body, budgets }
}

#[derive(Clone, Copy, Default)]
struct Tally {
    pass: u32,
    fail: u32,
    undecided: u32,
}

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    hogs::become_one();
    let argument = |at| std::env::args().nth(at).unwrap_or_default();
    let quick = argument(1) == "quick";
    let rounds = if quick { 1 } else { argument(1).parse().unwrap_or(20) };
    let (bodies, disturbances) = (argument(2), argument(3));
    let fits = |name: &str, parts: &str| parts.split(',').any(|part| name.contains(part));
    let sizes: Vec<usize> = argument(4).split(',').filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![Pace::default().kernel_bytes] } else { sizes };
    let mut subjects: Vec<Subject> =
        bodies::all()?.into_iter().filter(|body| fits(body.0, &bodies)).map(subject).collect();
    let mut cells: Vec<(usize, usize, usize, usize)> = Vec::new();
    for (kind, _) in KINDS.iter().enumerate().filter(|(_, kind)| fits(kind.0, &disturbances)) {
        for (at, subject) in subjects.iter().enumerate() {
            for budget in 0..subject.budgets.len() {
                cells.extend(sizes.iter().map(|size| (kind, at, budget, *size)));
            }
        }
    }
    let (start, mut rng) = (Instant::now(), Rng::with_seed(12));
    let mut table: BTreeMap<(usize, usize, usize, usize), Tally> = BTreeMap::new();
    for round in 0..rounds {
        rng.shuffle(&mut cells);
        for cell in &cells {
            let (kind, at, budget, size) = *cell;
            let _hogs = Hogs::start(KINDS[kind].1, KINDS[kind].2)?;
            let mut pace = Pace::default();
            pace.kernel_bytes = size;
            if quick {
                pace.max_time = Duration::from_millis(100);
                pace.least_epoch = Duration::from_millis(10);
                pace.rules.pause = Duration::from_millis(10);
            }
            let Subject { body, budgets } = &mut subjects[at];
            let verdict = Run::new(budgets[budget].1).pace(pace).test(&mut body.1).findings.verdict();
            let tally = table.entry((at, kind, budget, size)).or_default();
            match verdict {
                Verdict::Pass => tally.pass += 1,
                Verdict::Fail => tally.fail += 1,
                Verdict::Inconclusive(_) => tally.undecided += 1,
            }
        }
        eprintln!("round {} of {rounds}, {:.0} s", round + 1, start.elapsed().as_secs_f64());
    }
    println!(
        "| code | beside | limit | kernel | runs | PASS | FAIL | INCONCLUSIVE |\n|---|---|---|--:|--:|--:|--:|--:|"
    );
    let mut all = Tally::default();
    for ((at, kind, budget, size), tally) in table {
        let Tally { pass, fail, undecided } = tally;
        let (code, limit) = (subjects[at].body.0, subjects[at].budgets[budget].0);
        let runs = pass + fail + undecided;
        println!(
            "| {code} | {} | {limit} | {} KiB | {runs} | {pass} | {fail} | {undecided} |",
            KINDS[kind].0,
            size >> 10
        );
        all = Tally { pass: all.pass + pass, fail: all.fail + fail, undecided: all.undecided + undecided };
    }
    let runs = all.pass + all.fail + all.undecided;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "\n{} FAIL and {} INCONCLUSIVE of {runs} verdicts on unchanged code, {seconds:.0} s",
        all.fail, all.undecided
    );
    Ok(if all.fail == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
