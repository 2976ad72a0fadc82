//! Counters under `#[perf_budget]`: exact, whatever else runs in the process.
//!
//! 64 tests with exact budgets run beside 64 that allocate as fast as they can, all in this one binary.
#![cfg(feature = "gate")]
#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

use std::hint::black_box;

use perf_core::budget::{Bound, BudgetSpec, CallLimit, Limit, Metric};
use perf_core::{PerfAlloc, perf_budget, perf_probe};
use perf_exporters::gate::{self, Run};

#[global_allocator]
static ALLOC: PerfAlloc = PerfAlloc::new(std::alloc::System);

#[perf_probe(name = "counts::query")]
fn query(id: usize) -> String {
    black_box(format!("row {id}"))
}

macro_rules! many {
    ($($name:ident = $allocs:literal,)*) => {
        mod exact {
            use super::*;
            $(
                #[perf_budget(allocs = $allocs, peak_bytes = "64KiB", net_bytes = 0, calls("counts::query" = 2))]
                #[test]
                fn $name() {
                    for size in 0..$allocs - 2 {
                        black_box(vec![0_u8; 100 + size]);
                    }
                    query(1);
                    query(2);
                }
            )*
        }
        mod noisy {
            $(
                #[test]
                fn $name() {
                    let mut kept = Vec::new();
                    for size in 0..20_000 {
                        kept.push(vec![0_u8; size % 500]);
                        if kept.len() > 50 {
                            kept.clear();
                        }
                    }
                }
            )*
        }
    };
}

many! {
    t00 = 3, t01 = 4, t02 = 5, t03 = 6, t04 = 7, t05 = 8, t06 = 9, t07 = 10, t08 = 11, t09 = 12, t10 = 13, t11 = 14,
    t12 = 15, t13 = 16, t14 = 17, t15 = 18, t16 = 19, t17 = 20, t18 = 21, t19 = 22, t20 = 23, t21 = 24, t22 = 25,
    t23 = 26, t24 = 27, t25 = 28, t26 = 29, t27 = 30, t28 = 31, t29 = 32, t30 = 33, t31 = 34, t32 = 35, t33 = 36,
    t34 = 37, t35 = 38, t36 = 39, t37 = 40, t38 = 41, t39 = 42, t40 = 43, t41 = 44, t42 = 45, t43 = 46, t44 = 47,
    t45 = 48, t46 = 49, t47 = 50, t48 = 51, t49 = 52, t50 = 53, t51 = 54, t52 = 55, t53 = 56, t54 = 57, t55 = 58,
    t56 = 59, t57 = 60, t58 = 61, t59 = 62, t60 = 63, t61 = 64, t62 = 65, t63 = 66,
}

#[perf_budget(allocs = 1, alloc_bytes = 10)]
#[test]
fn only_the_measured_part_counts() {
    let table: Vec<Vec<u8>> = (0..100).map(|size| vec![0; size]).collect();
    let copy = gate::measure(|| table[10].clone());
    assert_eq!(copy.len(), 10);
}

#[perf_budget(allocs = 3)]
#[test]
fn parts_add_up() {
    gate::measure(|| black_box(vec![1]));
    black_box(vec![2]);
    gate::measure(|| black_box((vec![3], vec![4])));
}

/// Allocations and calls of `counts::query` per call of `body`, as its budget sees them.
fn counted(body: impl FnMut()) -> (f64, f64) {
    const SPEC: BudgetSpec = BudgetSpec {
        limits: &[Limit { metric: Metric::Allocs, bound: Bound::Count(1_000) }],
        calls: &[CallLimit { probe: "counts::query", calls: 1_000 }],
        ..BudgetSpec::EMPTY
    };
    let findings = Run::new(&SPEC).test(body).findings;
    (findings.rows[0].actual, findings.rows[1].actual)
}

#[test]
fn a_thread_that_carries_the_session_counts() {
    if !perf_core::is_enabled() {
        return;
    }
    let on_a_thread = |carries: bool| {
        move || {
            let carrier = gate::current_session();
            let work = move || {
                let _counted = carries.then(|| carrier.enter());
                black_box(vec![query(7), query(8)]);
            };
            std::thread::spawn(work).join().unwrap();
        }
    };
    let (own_allocs, own_calls) = counted(on_a_thread(false));
    let (all_allocs, all_calls) = counted(on_a_thread(true));
    assert_eq!((own_calls, all_calls), (0.0, 2.0));
    assert_eq!(all_allocs - own_allocs, 3.0, "two strings and a vector");
}

#[test]
fn in_a_measured_part_the_carrier_carries_the_part() {
    if !perf_core::is_enabled() {
        return;
    }
    let (_, calls) = counted(|| {
        query(1);
        gate::measure(|| {
            let carrier = gate::current_session();
            let work = move || {
                let _counted = carrier.enter();
                query(2);
            };
            std::thread::spawn(work).join().unwrap();
        });
    });
    assert_eq!(calls, 1.0);
}
