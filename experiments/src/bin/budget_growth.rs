//! How often does code that grows as claimed fail, and code that grows faster pass, on a machine that others use?
//!
//! `cargo run --release -p experiments --features machine --bin budget_growth [SECONDS [HOGS [MS]]]`: so many seconds beside each kind of
//! hog, 60 by default; HOGS is a part of the kind's name; MS is `max_time` in milliseconds, 500 by default. Growth is judged by time,
//! on six ladders of sizes. A line on standard error tells of each wrong verdict, and it ends with 1 after one.

#[path = "../machine/hogs.rs"]
mod hogs;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hogs::{Hogs, KINDS};
use perf_core::budget::{BudgetSpec, Figure, Growth, GrowthClass};
use perf_exporters::gate::Run;
use perf_exporters::judge::Verdict;

const LADDERS: [&[usize]; 6] = [
    &[16, 64, 256, 1_024, 4_096, 16_384],
    &[10, 100, 1_000, 3_000, 10_000, 30_000],
    &[7, 33, 150, 700, 3_300, 15_000],
    &[1, 10, 50, 200, 1_000, 5_000],
    &[12, 48, 190, 770, 3_070, 12_300],
    &[20, 80, 300, 1_300, 5_100, 20_500],
];

/// Code, what is claimed of it, and whether that is so.
struct Body {
    name: &'static str,
    claimed: GrowthClass,
    holds: bool,
    run: fn(usize),
}

const BODIES: [Body; 9] = [
    linear("format!", |n| drop(black_box((0..n).map(|i| format!("user{i}")).collect::<Vec<_>>()))),
    linear("rows joined", |n| {
        let mut text = String::new();
        for i in 0..n {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{i},{}", i * 7);
        }
        black_box(text);
    }),
    linear("HashMap inserts", |n| _ = black_box((0..n).map(|i| (i, i)).collect::<HashMap<_, _>>())),
    linear("arithmetic", |n| work(n * 400)),
    Body { name: "arithmetic of one length", claimed: GrowthClass::Constant, holds: true, run: |_| work(20_000) },
    Body { name: "n²", holds: false, ..linear("", |n| work(n * n / 16)) },
    Body { name: "n^1.5", holds: false, ..linear("", |n| work(n * n.isqrt())) },
    Body { name: "n", claimed: GrowthClass::Constant, holds: false, run: |n| work(n * 10) },
    Body { name: "n^0.5", claimed: GrowthClass::Constant, holds: false, run: |n| work(n.isqrt() * 20) },
];

const fn linear(name: &'static str, run: fn(usize)) -> Body {
    Body { name, claimed: GrowthClass::Linear, holds: true, run }
}

fn work(steps: usize) {
    black_box((0..black_box(steps)).fold(1_u64, |state, step| state.rotate_left(7) ^ step as u64));
}

/// Verdicts of one kind.
#[derive(Default)]
struct Counts {
    pass: u32,
    fail: u32,
    undecided: u32,
}

fn main() -> ExitCode {
    hogs::become_one();
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(60);
    let selected = arguments.next().unwrap_or_default();
    let max_time = Duration::from_millis(arguments.next().and_then(|text| text.parse().ok()).unwrap_or(500));
    let mut wrong = 0;
    println!(
        "| hogs | code | claimed | holds | verdicts | PASS | FAIL | INCONCLUSIVE |\n|---|---|---|---|--:|--:|--:|--:|"
    );
    for (name, kind, number) in KINDS.into_iter().filter(|(name, ..)| name.contains(&selected)) {
        let hogs = match Hogs::start(kind, number) {
            Ok(hogs) => hogs,
            Err(error) => {
                eprintln!("cannot start a hog: {error}");
                return ExitCode::FAILURE;
            }
        };
        let counts = beside(name, Duration::from_secs(seconds), max_time);
        drop(hogs);
        for (body, counts) in BODIES.iter().zip(counts) {
            let Counts { pass, fail, undecided } = counts;
            let (claimed, holds) = (class(body.claimed), if body.holds { "yes" } else { "no" });
            let all = pass + fail + undecided;
            println!("| {name} | {} | `{claimed}` | {holds} | {all} | {pass} | {fail} | {undecided} |", body.name);
            wrong += if body.holds { fail } else { pass };
        }
    }
    if wrong > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Verdicts of all bodies, each on each ladder in turn.
fn beside(hogs: &str, lasting: Duration, max_time: Duration) -> [Counts; BODIES.len()] {
    let began = Instant::now();
    let mut counts = [(); BODIES.len()].map(|()| Counts::default());
    for sizes in LADDERS.into_iter().cycle().take_while(|_| began.elapsed() < lasting) {
        for (body, counts) in BODIES.iter().zip(&mut counts) {
            let growth = Some(Growth { class: body.claimed, sizes, by: Figure::Time });
            // A budget lives as long as the program; these are few and small.
            let spec = Box::leak(Box::new(BudgetSpec { growth, max_time: Some(max_time), ..BudgetSpec::EMPTY }));
            let finished = Run::new(spec).growth(body.run);
            let verdict = finished.findings.verdict();
            if if body.holds { verdict.is_fail() } else { verdict.is_pass() } {
                let reasons: Vec<_> = finished.findings.rows.iter().map(|row| &row.reason).collect();
                eprintln!("{hogs}, {}, {sizes:?}: {verdict} {reasons:?} {:?}", body.name, finished.curve);
            }
            *match verdict {
                Verdict::Pass => &mut counts.pass,
                Verdict::Fail => &mut counts.fail,
                Verdict::Inconclusive(_) => &mut counts.undecided,
            } += 1;
        }
    }
    counts
}

fn class(claimed: GrowthClass) -> &'static str {
    if claimed == GrowthClass::Constant { "1" } else { "n" }
}
