//! How far do counted instructions scatter, and how surely do budgets on them fail when something has changed?
//!
//! Every run is a budget test's own: this program again, under callgrind or with the processor's counter, with other hash seeds and
//! other addresses each time. `cargo run --release -p experiments --features budgets --bin budget_instructions
//! [RUNS [spread|limits|growth|together [BODY]]]`; 100 runs of each by default, of all parts and bodies. It ends with 1 where an unchanged body fails, or a changed one does not.
//!
//! `together` counts all bodies, or those that are asked for, as usual and with 1 % more work (`MORE=5` in the environment: 5 %), in each of so many processes, and
//! judges the counts of neighbours: by a limit, and as `perf.lock` holds them.

#[allow(dead_code, reason = "other experiments on budgets use more of it")]
#[path = "../budgets/mod.rs"]
mod budgets;

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::hint::black_box;
use std::process::ExitCode;

use budgets::{Tally, leaked, work};
use perf_core::budget::{Bound, BudgetSpec, Figure, Growth, GrowthClass, Limit, Metric, Relative};
use perf_exporters::baseline::{Baseline, Change, Metric as Recorded, Options, compare_baselines};
use perf_exporters::gate::{Finished, Run, Verdict, instructions_of_test, measure};
use perf_exporters::judge::instructions::{Instructions, PROCESSES, judge};
use perf_exporters::report::Machine;

const SIZES: &[usize] = &[16, 64, 256, 1_024, 4_096, 16_384];

/// Numbers in an order that is not theirs.
fn shuffled(n: usize) -> Vec<u64> {
    (0..n as u64).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (at * at) << 20).collect()
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|at| format!("user{at}")).collect()
}

/// A body that does `percent` per cent of its usual work.
type Body = (&'static str, fn(usize));

/// Bodies, from the exact to those that seeds, addresses and copies may move.
const BODIES: &[Body] = &[
    ("arithmetic", |percent| _ = black_box(work(100 * percent as u64))),
    ("sort of 100,000 B", |percent| {
        let mut values = shuffled(125 * percent);
        measure(|| values.sort_unstable());
    }),
    ("HashMap of numbers", |percent| {
        let keys = shuffled(10 * percent);
        measure(|| drop(black_box(keys.iter().map(|key| (*key, 1_u8)).collect::<HashMap<_, _>>())));
    }),
    ("HashMap of names", |percent| {
        let names = names(10 * percent);
        let map: HashMap<&str, usize> = names.iter().map(|name| (name.as_str(), name.len())).collect();
        measure(|| names.iter().filter(|name| map.contains_key(name.as_str())).count());
    }),
    ("rows of a HashMap joined", |percent| {
        let map: HashMap<usize, String> = names(10 * percent).into_iter().enumerate().collect();
        measure(|| {
            let mut all = String::new();
            for name in map.values() {
                all.push_str(name);
            }
            black_box(all);
        });
    }),
    ("BTreeMap of names", |percent| {
        let names = names(10 * percent);
        measure(|| drop(black_box(names.iter().map(|name| (name, 1_u8)).collect::<BTreeMap<_, _>>())));
    }),
    ("copies of 1 to 2,000 B", |percent| {
        let bytes = vec![1_u8; 20 * percent];
        measure(|| (1..bytes.len()).for_each(|length| drop(black_box(bytes[..length].to_vec()))));
    }),
    ("allocations of 8 to 1,024 B", |percent| {
        measure(|| {
            let boxes: Vec<Box<[u8]>> = (0..20 * percent).map(|at| vec![1; 8 << (at % 8)].into_boxed_slice()).collect();
            drop(black_box(boxes));
        });
    }),
    ("HashMap of names, fixed seed", |percent| {
        let names = names(10 * percent);
        measure(|| {
            let map: HashMap<&str, usize, BuildHasherDefault<DefaultHasher>> =
                names.iter().map(|name| (name.as_str(), name.len())).collect();
            drop(black_box(map));
        });
    }),
    ("strings formatted", |percent| {
        measure(|| {
            (0..5 * percent).for_each(|at| _ = black_box(format!("{at:>8}: {:.3} {:?}", 0.5 + at as f64, Some(at))));
        });
    }),
    ("polls, tokio current_thread", |percent| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime without timers or sockets");
        measure(|| {
            runtime.block_on(async {
                for _ in 0..10 * percent {
                    tokio::task::yield_now().await;
                }
            });
        });
    }),
    ("JSON parsed", |percent| {
        let one = |at: usize| format!(r#"{{"id": {at}, "name": "user{at}", "scores": [1.5, 2, 3e4], "more": null}}"#);
        let text = format!("[{}]", (0..2 * percent).map(one).collect::<Vec<_>>().join(","));
        measure(|| _ = black_box(serde_json::from_str::<serde_json::Value>(&text)));
    }),
];

/// Several bodies in one process, all or those whose names have what follows: a size of this test is the place of a body, doubled, and
/// one more for the changed one.
const TOGETHER: &str = "together ";

fn places(asked: &str) -> &'static [usize] {
    let bodies = (0..BODIES.len()).filter(|at| BODIES[*at].0.contains(asked));
    bodies.flat_map(|at| [2 * at + 2, 2 * at + 3]).collect::<Vec<_>>().leak()
}

fn at_place(place: usize) {
    let (body, percent) = (BODIES[place / 2 - 1].1, 100 + more() * (place % 2));
    body(percent);
}

/// How many per cent more a changed body does.
fn more() -> usize {
    std::env::var("MORE").ok().and_then(|more| more.parse().ok()).unwrap_or(1)
}

/// Verdicts by a limit at the median of all unchanged processes, and by a baseline of the first five, of neighbours among so many.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts, made floats for their medians")]
fn together(processes: usize) -> bool {
    let Ok(program) = std::env::current_exe() else { return false };
    let name = format!("{TOGETHER}{}", asked());
    let mut counts: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    // On a busy machine a process may not end in time: another one is counted then.
    let (mut process, mut missed) = (0, 0);
    while process < processes {
        match instructions_of_test(&program, std::path::Path::new("."), &name) {
            Ok(counted) => {
                counted.by_size.into_iter().for_each(|(at, count)| counts.entry(at).or_default().push(count));
                process += 1;
            }
            Err(why) => {
                eprintln!("process {process}: {why}");
                missed += 1;
                if missed > 5 + processes / 10 {
                    return false;
                }
            }
        }
    }
    println!("{processes} processes\n");
    println!(
        "| body | instructions | least, greatest | unchanged, limit as usual | +{0} %, limit as usual | unchanged, perf.lock | +{0} %, perf.lock |",
        more()
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let mut right = true;
    for (at, (name, _)) in BODIES.iter().enumerate().filter(|(_, (name, _))| name.contains(&asked())) {
        let (Some(usual), Some(more)) = (counts.get(&(2 * at + 2)), counts.get(&(2 * at + 3))) else { return false };
        let mut sorted = usual.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted[sorted.len() / 2];
        let off = |value: f64| 100.0 * (value / median - 1.0);
        let limited = |all: &[f64]| {
            tally(all, PROCESSES, |seen| {
                let mut processes = Instructions::default();
                processes.processes = seen.iter().map(|count| vec![count.round() as u64]).collect();
                let seen = processes;
                judge(&seen, median).verdict
            })
        };
        let held = |all: &[f64]| tally(all, 2 * PROCESSES, |seen| held(&usual[..usual.len().min(5)], seen));
        let shown = [limited(usual), limited(more), held(usual), held(more)];
        right &= shown[0].fail + shown[2].fail == 0 && shown[1].fail + shown[3].fail == 2 * processes as u32;
        let shown = shown.map(|tally| format!("{} / {} / {}", tally.pass, tally.fail, tally.undecided)).join(" | ");
        println!("| {name} | {median} | {:+.3} %, {:+.3} % | {shown} |", off(sorted[0]), off(sorted[sorted.len() - 1]));
    }
    println!("\nPASS / FAIL / INCONCLUSIVE of {processes} verdicts each");
    right
}

/// Verdicts from each process on: more of those after it are asked as long as the verdict is none and no more than `most`.
fn tally(all: &[f64], most: usize, judged: impl Fn(&[f64]) -> Verdict) -> Tally {
    let mut tally = Tally::default();
    for first in 0..all.len() {
        let turned: Vec<f64> = all.iter().cycle().skip(first).take(most.min(all.len())).copied().collect();
        let pass = (1..=turned.len()).map(|seen| judged(&turned[..seen])).find(Verdict::is_pass);
        tally.add(&pass.unwrap_or_else(|| judged(&turned)));
    }
    tally
}

/// The verdict on these processes by a baseline of those.
fn held(recorded: &[f64], seen: &[f64]) -> Verdict {
    let of = |processes: &[f64]| {
        let mut side = Baseline::default();
        side.put_instructions("body", &Machine::default(), "callgrind", processes);
        side
    };
    let found = compare_baselines(&of(recorded), &of(seen), &Options::default());
    found.change("body", Recorded::Instructions).map_or(Verdict::Pass, Change::verdict)
}

const SORT: &str = "sort, claimed n";
const SEARCH: &str = "binary search, claimed 1";
const SORT_RIGHT: &str = "sort, claimed n log n";
const SEARCH_RIGHT: &str = "binary search, claimed log n";

#[expect(clippy::stable_sort_primitive, reason = "a sort of n log n steps is under test")]
fn sort(n: usize) {
    let mut values = shuffled(n);
    measure(|| values.sort());
}

fn search(n: usize) {
    let mut values = shuffled(n);
    values.sort_unstable();
    _ = measure(|| black_box(values.binary_search(&black_box(12_345_678_901))));
}

fn limited(limit: u64) -> BudgetSpec {
    let limit = Limit { metric: Metric::Instructions, bound: Bound::Count(limit) };
    BudgetSpec { limits: vec![limit].leak(), ..BudgetSpec::EMPTY }
}

fn grows(class: GrowthClass) -> BudgetSpec {
    BudgetSpec { growth: Some(Growth { class, sizes: SIZES, by: Figure::Instructions }), ..BudgetSpec::EMPTY }
}

fn compared() -> BudgetSpec {
    let relative = Relative { reference: "as usual", ratio: 1.0, by: Figure::Instructions };
    BudgetSpec { relative: Some(relative), ..BudgetSpec::EMPTY }
}

/// A run that starts this program again by the name of what it runs.
fn run(name: &str, spec: BudgetSpec) -> Finished<()> {
    let run = Run::new(leaked(spec)).test_named(name.to_owned().leak());
    match name {
        SORT | SORT_RIGHT => return run.growth(sort),
        SEARCH | SEARCH_RIGHT => return run.growth(search),
        _ if name.starts_with(TOGETHER) => return run.growth(at_place),
        _ => {}
    }
    let (percent, name) = name.split_once(" % ").unwrap_or(("100", name));
    let percent = percent.parse().unwrap_or(100);
    let body = BODIES.iter().find(|(known, _)| *known == name).map_or(BODIES[0].1, |(_, body)| *body);
    run.versus(|| body(percent), || body(100))
}

fn actual(finished: &Finished<()>) -> Option<f64> {
    finished.findings.rows.first().map(|row| row.actual).filter(|value| value.is_finite())
}

/// A part of the names of the bodies that are asked for.
fn asked() -> String {
    std::env::args().nth(3).unwrap_or_default()
}

fn bodies() -> impl Iterator<Item = &'static Body> {
    BODIES.iter().filter(|(name, _)| name.contains(&asked()))
}

/// Runs of one kind: a row of the table, and whether no verdict was wrong.
fn verdicts(what: &str, how: &str, runs: u32, right: fn(&Verdict) -> bool, one: impl Fn() -> Finished<()>) -> bool {
    let (mut tally, mut wrong) = (Tally::default(), 0);
    for _ in 0..runs {
        let verdict = one().findings.verdict();
        wrong += u32::from(!right(&verdict));
        tally.add(&verdict);
    }
    println!("| {what} | {how} | {runs} | {} | {} | {} | {wrong} |", tally.pass, tally.fail, tally.undecided);
    wrong == 0
}

/// How far counts of unchanged bodies lie apart; the median of each.
fn spread(runs: u32) -> Vec<u64> {
    println!("| body | instructions | least, greatest |\n|---|--:|--:|");
    let one = |(name, _): &Body| {
        let mut seen: Vec<f64> = (0..runs).filter_map(|_| actual(&run(name, limited(u64::MAX)))).collect();
        seen.sort_by(f64::total_cmp);
        let median = seen.get(seen.len() / 2).copied().unwrap_or(0.0);
        let off = |value: Option<&f64>| 100.0 * (value.copied().unwrap_or(f64::NAN) / median - 1.0);
        println!("| {name} | {median} | {:+.2} %, {:+.2} % |", off(seen.first()), off(seen.last()));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count, made a float for its median"
        )]
        let median = median as u64;
        median
    };
    bodies().map(one).collect()
}

const HEAD: &str = "\n| body | budget | runs | PASS | FAIL | INCONCLUSIVE | wrong |\n|---|---|--:|--:|--:|--:|--:|";

fn unchanged_and_changed(runs: u32, usual: &[u64]) -> bool {
    println!("{HEAD}");
    let mut right = true;
    for ((name, _), usual) in bodies().zip(usual) {
        let more = format!("101 % {name}");
        let no_fail = |verdict: &Verdict| !verdict.is_fail();
        right &= verdicts(name, "unchanged, limit as usual", runs, no_fail, || run(name, limited(*usual)));
        right &= verdicts(name, "vs itself, ratio 1", runs, no_fail, || run(name, compared()));
        right &= verdicts(name, "+1 %, limit as usual", runs, Verdict::is_fail, || run(&more, limited(*usual)));
        right &= verdicts(name, "+1 %, vs usual, ratio 1", runs, Verdict::is_fail, || run(&more, compared()));
    }
    right
}

fn growth(runs: u32) -> bool {
    println!("{HEAD}");
    let mut right = true;
    for (name, class, is_right) in [
        (SORT, GrowthClass::Linear, Verdict::is_fail as fn(&Verdict) -> bool),
        (SEARCH, GrowthClass::Constant, Verdict::is_fail),
        (SORT_RIGHT, GrowthClass::Linearithmic, Verdict::is_pass),
        (SEARCH_RIGHT, GrowthClass::Logarithmic, Verdict::is_pass),
    ] {
        right &= verdicts(name, "growth(instructions)", runs, is_right, || run(name, grows(class)));
    }
    right
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = arguments.first().filter(|_| arguments.iter().any(|argument| argument == "--exact")) {
        // Started by a run. Growth has sizes; everything else is compared, so that body and reference are counted.
        let is_growth = [SORT, SEARCH, SORT_RIGHT, SEARCH_RIGHT].contains(&name.as_str());
        let spec = match name.strip_prefix(TOGETHER) {
            Some(asked) => {
                let growth = Growth { class: GrowthClass::Linear, sizes: places(asked), by: Figure::Instructions };
                BudgetSpec { growth: Some(growth), ..BudgetSpec::EMPTY }
            }
            None if is_growth => grows(GrowthClass::Linear),
            None => compared(),
        };
        run(name, spec);
        return ExitCode::SUCCESS;
    }
    let runs = budgets::rounds(100);
    let part = arguments.get(1).map_or("all", String::as_str);
    let mut right = true;
    if part == "together" {
        return if together(runs as usize) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if part != "growth" {
        let usual = spread(runs);
        right &= part == "spread" || unchanged_and_changed(runs, &usual);
    }
    if ["all", "growth"].contains(&part) {
        right &= growth(runs);
    }
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
