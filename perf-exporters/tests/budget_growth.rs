//! What grows how, by this library's own statistics: the right verdict or none, never the wrong one.
#![cfg(feature = "gate")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use perf_core::budget::{BudgetSpec, Figure, Growth, GrowthClass};
use perf_core::{PerfAlloc, Probe};
use perf_exporters::gate::{Finished, Reason, Run, Verdict, measure, order};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

const SIZES: &[usize] = &[16, 64, 256, 1_024, 4_096, 16_384];

const fn claims(class: GrowthClass) -> BudgetSpec {
    BudgetSpec {
        growth: Some(Growth { class, sizes: SIZES, by: Figure::Time }),
        max_time: Some(Duration::from_millis(1_500)),
        ..BudgetSpec::EMPTY
    }
}

static CONSTANT: BudgetSpec = claims(GrowthClass::Constant);
static LOGARITHMIC: BudgetSpec = claims(GrowthClass::Logarithmic);
static LINEAR: BudgetSpec = claims(GrowthClass::Linear);
static LINEARITHMIC: BudgetSpec = claims(GrowthClass::Linearithmic);

fn expect(passes: bool, finished: &Finished<()>) {
    if !perf_core::is_enabled() {
        return;
    }
    let verdict = finished.findings.verdict();
    let wrong = if passes { Verdict::Fail } else { Verdict::Pass };
    assert_ne!(verdict, wrong, "{:?}\n{:?}", finished.findings, finished.curve);
}

/// Keys in an order that is not theirs.
fn keys(n: usize) -> impl Iterator<Item = usize> {
    (0..64).map(move |key| (key * 7919) % n)
}

#[test]
fn a_hash_map_is_constant() {
    let finished = Run::new(&CONSTANT).growth(|n| {
        let map: HashMap<usize, usize> = (0..n).map(|key| (key, key)).collect();
        measure(|| keys(n).for_each(|key| _ = black_box(map.get(&key))));
    });
    expect(true, &finished);
}

#[test]
fn a_tree_map_is_logarithmic() {
    let finished = Run::new(&LOGARITHMIC).growth(|n| {
        let map: BTreeMap<usize, usize> = (0..n).map(|key| (key, key)).collect();
        measure(|| keys(n).for_each(|key| _ = black_box(map.get(&key))));
    });
    expect(true, &finished);
}

#[test]
fn sorting_is_linearithmic() {
    let finished = Run::new(&LINEARITHMIC).growth(|n| {
        let mut values: Vec<usize> = (0..n).map(|key| key.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        measure(|| values.sort_unstable());
        black_box(values);
    });
    expect(true, &finished);
}

fn sum(n: usize) {
    black_box((0..n).map(black_box).sum::<usize>());
}

#[test]
fn a_linear_sum_is_linear() {
    expect(true, &Run::new(&LINEAR).growth(sum));
}

#[test]
fn a_linear_sum_is_not_constant() {
    expect(false, &Run::new(&CONSTANT).growth(sum));
}

#[test]
fn calls_tell_before_time_does() {
    static STEP: Probe = Probe::new("growth::step");
    let finished = Run::new(&LINEAR).growth(|n| {
        for _ in 0..n * n / 64 {
            let _step = STEP.start();
        }
    });
    if perf_core::is_enabled() {
        let outcome = finished.findings.outcome();
        assert_eq!(outcome.breaches[0].metric, "growth of calls of growth::step");
        assert!(finished.curve.is_empty(), "nothing was timed");
    }
}

#[test]
fn allocations_tell_too() {
    let finished = Run::new(&CONSTANT).growth(|n| {
        for _ in 0..n {
            black_box(Box::new(0_u8));
        }
    });
    if perf_core::is_enabled() {
        let metrics: Vec<_> = finished.findings.outcome().breaches.iter().map(|breach| breach.metric.clone()).collect();
        assert_eq!(metrics, ["growth of alloc_bytes", "growth of allocs"]);
    }
}

#[test]
fn calls_that_begin_at_the_largest_size_are_not_called_constant() {
    static STEP: Probe = Probe::new("growth::rare");
    static QUICKLY: BudgetSpec =
        BudgetSpec { max_time: Some(Duration::from_millis(40)), ..claims(GrowthClass::Constant) };
    let finished = Run::new(&QUICKLY).growth(|n| {
        for _ in 0..=4 * (n / 16_384) {
            let _step = STEP.start();
        }
    });
    if perf_core::is_enabled() {
        let row = finished.findings.rows.iter().find(|row| row.metric == "growth of calls of growth::rare");
        assert!(row.is_some_and(|row| row.verdict == Verdict::Inconclusive(Reason::Bends)), "{:?}", finished.findings);
        assert!(!finished.findings.verdict().is_pass());
    }
}

type Body = (&'static str, fn(usize));
type Claimed = (&'static str, &'static BudgetSpec, fn(usize));

/// Six ladders of sizes each, of which some let tables double, or numbers gain a digit, where it looks worst.
const LADDERS: [&[usize]; 6] = [
    &[16, 64, 256, 1_024, 4_096, 16_384],
    &[10, 100, 1_000, 3_000, 10_000, 30_000],
    &[7, 33, 150, 700, 3_300, 15_000],
    &[1, 10, 50, 200, 1_000, 5_000],
    &[12, 48, 190, 770, 3_070, 12_300],
    &[20, 80, 300, 1_300, 5_100, 20_500],
];

#[test]
fn linear_code_whose_tables_double_and_whose_numbers_gain_digits_is_linear() {
    let bodies: [Body; 4] = [
        ("format!", |n| drop(black_box((0..n).map(|i| format!("user{i}")).collect::<Vec<_>>()))),
        ("rows joined", |n| {
            let mut text = String::new();
            for i in 0..n {
                writeln!(text, "{i},{}", i * 7).unwrap();
            }
            black_box(text);
        }),
        ("joined at once", |n| _ = black_box((0..n).map(|i| i.to_string()).collect::<Vec<_>>().join("\n"))),
        ("HashMap inserts", |n| {
            let mut map = HashMap::new();
            for i in 0..n {
                map.insert(i, i);
            }
            black_box(map);
        }),
    ];
    for sizes in LADDERS {
        let spec = BudgetSpec {
            growth: Some(Growth { class: GrowthClass::Linear, sizes, by: Figure::Time }),
            max_time: Some(Duration::from_millis(40)),
            ..BudgetSpec::EMPTY
        };
        let spec: &'static BudgetSpec = Box::leak(Box::new(spec));
        for (what, body) in bodies {
            let finished = Run::new(spec).growth(body);
            let broken: Vec<_> = finished.findings.rows.iter().filter(|row| row.verdict.is_fail()).collect();
            assert!(broken.is_empty(), "{what}, {sizes:?}: {broken:?}");
        }
    }
}

#[test]
fn allocations_that_grow_too_fast_fail() {
    let finished = Run::new(&LINEAR).growth(|n| {
        let steps = order::floor((n as f64).powf(1.4));
        (0..steps).for_each(|_| drop(black_box(Box::new(0_u8))));
    });
    assert!(!perf_core::is_enabled() || finished.findings.verdict().is_fail(), "{:?}", finished.findings);
}

fn work(steps: usize) {
    black_box((0..black_box(steps)).fold(1_u64, |state, step| state.rotate_left(7) ^ step as u64));
}

/// By the clock: what is proven must not be called kept. Whether it is proven on a busy machine is another matter.
#[test]
fn time_that_grows_too_fast_is_not_called_linear_or_constant() {
    let slower: [Claimed; 4] = [
        ("n^1.5", &LINEAR, |n| work(order::floor((n as f64).powf(1.5)))),
        ("n + n²/1000", &LINEAR, |n| work(n + n * n / 1_000)),
        ("n^0.5", &CONSTANT, |n| work(20 * n.isqrt())),
        ("1,000 + 0.1 n", &CONSTANT, |n| work(1_000 + n / 10)),
    ];
    for (what, spec, body) in slower {
        let finished = Run::new(spec).growth(body);
        let passed = finished.findings.verdict().is_pass();
        assert!(!passed || !perf_core::is_enabled(), "{what}: {:?}", finished.curve);
    }
}
