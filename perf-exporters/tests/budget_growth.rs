//! What grows how, by this library's own statistics: the right verdict or none, never the wrong one.
#![cfg(feature = "gate")]

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::Duration;

use perf_core::budget::{BudgetSpec, Growth, GrowthClass};
use perf_core::{PerfAlloc, Probe};
use perf_exporters::gate::{Finished, Run, Verdict, measure};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

const SIZES: &[usize] = &[16, 64, 256, 1_024, 4_096, 16_384];

const fn claims(class: GrowthClass) -> BudgetSpec {
    BudgetSpec {
        growth: Some(Growth { class, sizes: SIZES }),
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
