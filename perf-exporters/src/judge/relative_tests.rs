use super::*;
use crate::stats::noise::{Calls, MACHINES};
use fastrand::Rng;

/// The d of `blocks` blocks on a machine: four slots of `per_slot` calls each, one after the other in one stream of noise.
fn blocks(machine: &Calls, ratio: f64, blocks: usize, per_slot: usize, rng: &mut Rng) -> Vec<f64> {
    let times = machine.take(4 * blocks * per_slot, rng);
    let slots: Vec<f64> = times.chunks(per_slot).map(|c| slot(c).unwrap()).collect();
    slots
        .chunks(4)
        .enumerate()
        .map(|(index, four)| {
            let order = Order::drawn(7, index);
            let b = |i| if order.runs_b(i) { ratio } else { 1.0 };
            block(order, [0, 1, 2, 3].map(|i| four[i] * b(i))).unwrap()
        })
        .collect()
}

#[test]
fn a_linear_drift_cancels() {
    for order in [Order::Abba, Order::Baab] {
        let slots = [0, 1, 2, 3].map(|i: u8| {
            let code = if order.runs_b(usize::from(i)) { 1.2_f64 } else { 1.0 };
            code * (0.3 * f64::from(i)).exp()
        });
        assert!((block(order, slots).unwrap() - 1.2_f64.ln()).abs() < 1e-12);
    }
    assert_eq!(block(Order::Abba, [1.0, 0.0, 1.0, 1.0]), None);
    assert_eq!(block(Order::Abba, [1.0, f64::NAN, 1.0, 1.0]), None);
    let drawn: Vec<Order> = (0..1_000).map(|block| Order::drawn(1, block)).collect();
    let first = drawn.iter().filter(|order| **order == Order::Abba).count();
    let again = drawn.windows(2).filter(|two| two[0] == two[1]).count();
    assert!((430..570).contains(&first) && (430..570).contains(&again), "{first} {again}");
}

#[test]
fn looks_wait_for_their_blocks_and_stay() {
    let close: Vec<f64> = (0..30).map(|i| 1.10_f64.ln() + if i % 2 == 0 { 0.010 } else { -0.004 }).collect();
    let wait = |have, need| Verdict::Inconclusive(Reason::TooFewSamples { have, need });
    for (n, verdict) in [
        (0, wait(0, 14)),
        (13, wait(13, 14)),
        (14, wait(14, 20)),
        (19, wait(19, 20)),
        (20, wait(20, 30)),
        (30, Verdict::Inconclusive(Reason::Undecided)),
    ] {
        assert_eq!(judge(&close[..n], 1.10).verdict, verdict);
    }
    // Once decided at 14, later blocks change nothing.
    let mut steady = vec![0.0; 14];
    let passed = judge(&steady, 1.10);
    steady.extend([1.0; 16]);
    assert_eq!(judge(&steady, 1.10), passed);
    assert!(matches!(judge(&steady, 0.0).verdict, Verdict::Inconclusive(Reason::Invalid(_))));
    assert!(matches!(judge(&[f64::NAN; 14], 1.1).verdict, Verdict::Inconclusive(Reason::Invalid(_))));
}

#[test]
fn a_proven_but_small_excess_does_not_fail() {
    let d: Vec<f64> = (0..30).map(|i| 1.10_f64.ln() + 0.03 + f64::from(i % 3) * 1e-3).collect();
    let judged = judge(&d, 1.10);
    assert!(judged.fail_p < 1e-8);
    assert_eq!(judged.verdict, Verdict::Inconclusive(Reason::Undecided));
}

#[test]
fn unchanged_code_passes_at_one_tenth() {
    let mut rng = Rng::with_seed(1);
    for (index, machine) in MACHINES.iter().enumerate() {
        let verdicts: Vec<Verdict> =
            (0..60).map(|_| judge(&blocks(machine, 1.0, 30, 15, &mut rng), 1.10).verdict).collect();
        assert_eq!(verdicts.iter().filter(|v| v.is_fail()).count(), 0);
        let passed = verdicts.iter().filter(|v| v.is_pass()).count();
        assert!(passed >= 57 || index >= 2, "machine {index}: {passed} of 60");
    }
}

#[test]
fn ten_per_cent_is_caught_against_an_equal_claim() {
    let mut rng = Rng::with_seed(2);
    for (index, machine) in MACHINES.iter().enumerate().take(2) {
        let caught =
            (0..40).filter(|_| judge(&blocks(machine, 1.10, 30, 101, &mut rng), 1.0).verdict.is_fail()).count();
        assert!(caught >= 39, "machine {index}: {caught} of 40");
    }
}

/// At the limit itself, without the margin, the looks together err at most once in a thousand.
#[test]
fn the_looks_spend_what_they_may() {
    let mut rng = Rng::with_seed(3);
    let rejected = (0..3000)
        .filter(|_| {
            let d: Vec<f64> = (0..30).map(|_| rng.f64() - 0.5).collect();
            STAGES.iter().any(|s| p_greater(&d[..s.blocks]) <= LEVEL * s.spends)
        })
        .count();
    assert!(rejected <= 9, "{rejected} of 3000, 3 expected");
}

fn together(series: &[Vec<f64>], lengths: &[usize], level: f64) -> Vec<Judgement> {
    let look = |at: usize, stage: &Stage| Look::at(&series[at][..stage.blocks], 1.0, stage);
    judge_together(lengths, &Rule { level, ..Rule::of(1.0) }, look)
}

#[test]
fn a_comparison_of_many_probes_errs_as_often_as_one() {
    let mut rng = Rng::with_seed(8);
    let level = 0.05;
    let mut wrong = 0;
    for _ in 0..150 {
        let series: Vec<Vec<f64>> = (0..10).map(|_| (0..30).map(|_| rng.f64() - 0.5).collect()).collect();
        let lengths = [30; 10];
        let judged = together(&series, &lengths, level);
        wrong += usize::from(judged.iter().any(|judgement| judgement.verdict.is_fail()));
    }
    assert!(wrong <= 17, "{wrong} of 150, at most 7.5 expected");
    // A slower series is found among them.
    let slower: Vec<Vec<f64>> = (0..40)
        .map(|at| (0..30).map(|_| 0.1 * (rng.f64() - 0.5) + if at == 3 { 0.2 } else { 0.0 }).collect())
        .collect();
    let judged = together(&slower, &[30; 40], 1e-4);
    let failed: Vec<usize> = (0..40).filter(|at| judged[*at].verdict.is_fail()).collect();
    assert_eq!(failed, [3]);
}
