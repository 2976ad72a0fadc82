use std::time::Duration;

use super::super::{Noise, Point, Used};
use super::*;

/// Steps on `PROCESSORS` processors: throughput, and what a worker does with its time (on a processor, ready, in locks,
/// blocked), all as functions of the number of workers.
fn steps(counts: &[u32], throughput: impl Fn(f64) -> f64, share: impl Fn(f64) -> [f64; 4]) -> Vec<Step> {
    let step = |&workers: &u32| {
        let n = f64::from(workers);
        let [processors, ready, locks, blocked] = share(n).map(|part| Some(part * n));
        // A deterministic scatter of a per cent, so that intervals are not points.
        let scatter = 1.0 + 0.01 * (n * 12.9898).sin();
        let throughput = throughput(n) * scatter;
        Step {
            workers,
            throughput,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive count")]
            completed: throughput as u64,
            elapsed: Duration::from_secs(1),
            used: Used { processors, ready, locks, blocked, memory_stalled: Some(0.0), ..Used::default() },
            ..Step::default()
        }
    };
    counts.iter().map(step).collect()
}

const PROCESSORS: f64 = 4.0;
const COUNTS: [u32; 7] = [1, 2, 3, 4, 6, 8, 12];

fn of(steps: &[Step]) -> Diagnosis {
    let points: Vec<Point> = steps.iter().map(Step::point).collect();
    diagnose(steps, Usl::fit(&points, Noise::Relative).ok().as_ref(), PROCESSORS)
}

fn usl(n: f64, sigma: f64, kappa: f64) -> f64 {
    10_000.0 * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
}

#[test]
fn full_processors_and_constant_cost_are_cpu_bound() {
    let cpu = |n: f64| [(PROCESSORS / n).min(1.0), (1.0 - PROCESSORS / n).max(0.0), 0.0, 0.0];
    let found = of(&steps(&COUNTS, |n| 10_000.0 * n.min(PROCESSORS), cpu));
    assert_eq!(found.bottleneck, Bottleneck::CpuBound, "{found:?}");
    assert!(found.evidence[0].contains("4.00 of 4 processors"), "{found:?}");
    // Two workers on two of four processors: they scale, and more of them would need more processors.
    let few = of(&steps(&[1, 2], |n| 10_000.0 * n, |_| [1.0, 0.0, 0.0, 0.0]));
    assert_eq!(few.bottleneck, Bottleneck::CpuBound, "{few:?}");
}

#[test]
fn processors_that_others_use_are_missing_to_workers_that_are_ready() {
    // Other programs leave one processor.
    let cpu = |n: f64| [1.0 / n, 1.0 - 1.0 / n, 0.0, 0.0];
    let found = of(&steps(&COUNTS, |_| 10_000.0, cpu));
    assert_eq!(found.bottleneck, Bottleneck::CpuBound, "{found:?}");
    assert!(found.evidence[0].contains("11.0 of 12 workers were ready and had no processor"), "{found:?}");
}

#[test]
fn workers_that_wait_in_locks_are_serialised() {
    let lock = |n: f64| [1.0 / n, 0.0, 1.0 - 1.0 / n, 0.0];
    let found = of(&steps(&COUNTS, |n| usl(n, 0.95, 0.0), lock));
    assert_eq!(found.bottleneck, Bottleneck::Serialised, "{found:?}");
    assert!(
        found.evidence[0].starts_with("σ is 0.9")
            && found.evidence[1]
                .contains("in 92 % of their time; when they were looked at, 100 % of them were in locks"),
        "{found:?}"
    );
}

/// Threads that ended between two samples were seen blocked for a part of their time only; it is still known that they ran
/// for almost none of it.
#[test]
fn few_samples_say_in_what_workers_were_blocked_but_not_for_how_long() {
    let found = of(&steps(&COUNTS, |n| usl(n, 0.95, 0.0), |_| [0.004, 0.0, 0.17, 0.01]));
    assert_eq!(found.bottleneck, Bottleneck::Serialised, "{found:?}");
    let found = of(&steps(&COUNTS, |n| 450.0 * n, |_| [0.003, 0.0, 0.0, 0.07]));
    assert_eq!(found.bottleneck, Bottleneck::Waiting, "{found:?}");
    let found = of(&steps(&COUNTS, |n| 450.0 * n, |_| [0.003, 0.0, 0.0, 0.0]));
    assert_eq!(found.bottleneck, Bottleneck::Unknown, "{found:?}");
}

#[test]
fn dearer_operations_with_a_cost_of_pairs_are_coherency() {
    // All processors are busy, and an operation costs more the more workers there are.
    let found = of(&steps(&[1, 2, 3, 4], |n| usl(n, 0.02, 0.15), |_| [1.0, 0.0, 0.0, 0.0]));
    assert_eq!(found.bottleneck, Bottleneck::Coherency, "{found:?}");
    assert!(found.evidence[0].contains("× the processor time") && found.evidence[1].starts_with("κ is"), "{found:?}");
}

#[test]
fn workers_blocked_outside_are_waiting_whether_or_not_that_scales() {
    for scales in [true, false] {
        let throughput = |n: f64| if scales { 100.0 * n } else { 300.0 };
        let found = of(&steps(&COUNTS, throughput, |_| [0.01, 0.0, 0.0, 0.99]));
        assert_eq!(found.bottleneck, Bottleneck::Waiting, "{found:?}");
    }
}

#[test]
fn a_process_that_stalls_for_memory_is_limited_by_it() {
    let mut all = steps(&COUNTS, |n| usl(n, 0.3, 0.01), |_| [0.3, 0.0, 0.0, 0.6]);
    for step in &mut all {
        step.used.memory_stalled = Some(0.4);
    }
    let found = of(&all);
    assert_eq!(found.bottleneck, Bottleneck::Memory, "{found:?}");
    assert!(found.evidence[0].contains("40 %"), "{found:?}");
}

#[test]
fn without_evidence_nothing_is_claimed() {
    // The curve of a lock, without observations of the workers.
    let mut blind = steps(&COUNTS, |n| usl(n, 0.95, 0.0), |_| [0.0; 4]);
    for step in &mut blind {
        step.used = Used::default();
    }
    let found = of(&blind);
    assert_eq!(found.bottleneck, Bottleneck::Unknown, "{found:?}");
    // A flat curve, and workers that are mostly in no single place.
    let found = of(&steps(&COUNTS, |n| usl(n, 0.95, 0.0), |_| [0.1, 0.05, 0.2, 0.2]));
    assert_eq!(found.bottleneck, Bottleneck::Unknown, "{found:?}");
    assert!(found.evidence.iter().any(|line| line == "blocked in locks: 2.4 threads"), "{found:?}");
    assert_eq!(of(&[]).bottleneck, Bottleneck::Unknown);
}
