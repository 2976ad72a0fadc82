#![expect(clippy::float_cmp, reason = "these values are exact")]

use super::*;
use crate::stats::noise::normal;
use fastrand::Rng;

const MIB: f64 = 1_048_576.0;

#[test]
fn mann_kendall_agrees_with_counting_pairs() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..100 {
        let values: Vec<f64> = (0..rng.usize(2..20)).map(|_| f64::from(rng.u8(0..6))).collect();
        let n = values.len();
        let pairs = || (0..n).flat_map(|i| (0..i).map(move |j| (j, i)));
        let up = pairs().filter(|&(j, i)| values[i] > values[j]).count();
        let down = pairs().filter(|&(j, i)| values[i] < values[j]).count();
        let test = mann_kendall(&values);
        assert_eq!(i128::from(test.s), up as i128 - down as i128);
        // Var S over all orders of the same values equals the mean of S² over many shuffles.
        if n == 8 {
            let mut shuffled = values.clone();
            let mean: f64 = (0..4000)
                .map(|_| {
                    rng.shuffle(&mut shuffled);
                    (mann_kendall(&shuffled).s as f64).powi(2)
                })
                .sum::<f64>()
                / 4000.0;
            assert!((mean / test.variance - 1.0).abs() < 0.15);
        }
    }
    assert_eq!(mann_kendall(&[3.0; 9]).z, 0.0);
    assert_eq!(mann_kendall(&[]).z, 0.0);
}

#[test]
fn a_leak_of_three_per_cent_is_caught() {
    let mut rng = Rng::with_seed(2);
    let caught = (0..200)
        .filter(|_| {
            // 3 % over the run of 20 batches, noise of 0.5 % at each checkpoint.
            let live: Vec<f64> =
                (0..20).map(|i| 50.0 * MIB * (1.0 + 0.03 * f64::from(i) / 19.0 + 0.005 * normal(&mut rng))).collect();
            // With such noise the halves' slopes may by chance look like a convergence: that asks for a longer run.
            !judge(&live).verdict.is_pass()
        })
        .count();
    assert!(caught >= 198, "{caught} of 200");
    let quiet = (0..200)
        .filter(|_| {
            let live: Vec<f64> =
                (0..20).map(|i| 50.0 * MIB * (1.0 + 0.03 * f64::from(i) / 19.0 + 0.001 * normal(&mut rng))).collect();
            judge(&live).verdict.is_fail()
        })
        .count();
    assert!(quiet >= 198, "{quiet} of 200");
}

#[test]
fn noise_and_wandering_are_no_leak() {
    let mut rng = Rng::with_seed(3);
    let (mut noise, mut walk) = (0, 0);
    for _ in 0..1000 {
        let level: Vec<f64> = (0..20).map(|_| 50.0 * MIB * (1.0 + 0.01 * normal(&mut rng))).collect();
        noise += u32::from(judge(&level).verdict.is_fail());
        let mut state = 0.0;
        let red: Vec<f64> = (0..20)
            .map(|_| {
                state = 0.6 * state + normal(&mut rng);
                50.0 * MIB * (1.0 + 0.002 * state)
            })
            .collect();
        walk += u32::from(judge(&red).verdict.is_fail());
    }
    assert_eq!(noise, 0);
    assert!(walk <= 8, "{walk} of 1000");
}

#[test]
fn small_rises_are_let_pass() {
    // 60 KiB in all, perfectly regular.
    let small: Vec<f64> = (0..31).map(|i| MIB + 2048.0 * f64::from(i)).collect();
    let judged = judge(&small);
    assert!(judged.z > RISES && judged.verdict.is_pass());
    // 0.4 % of 100 MiB.
    let share: Vec<f64> = (0..21).map(|i| 100.0 * MIB * (1.0 + 0.0002 * f64::from(i))).collect();
    assert!(judge(&share).verdict.is_pass());
    let twice: Vec<f64> = (0..21).map(|i| 100.0 * MIB * (1.0 + 0.0005 * f64::from(i))).collect();
    assert!(judge(&twice).verdict.is_fail());
}

#[test]
fn a_warm_up_converges_and_then_passes() {
    let cache = |i: i32| 8.0 * MIB * (1.0 - 0.8_f64.powi(i));
    let early: Vec<f64> = (0..16).map(cache).collect();
    assert_eq!(judge(&early).verdict, Verdict::Inconclusive(Reason::Converging));
    let late: Vec<f64> = (40..60).map(cache).collect();
    assert!(judge(&late).verdict.is_pass());
}

#[test]
fn few_and_useless_checkpoints_are_said() {
    let few = Reason::TooFewSamples { have: 9, need: 10 };
    assert_eq!(judge(&[1.0; 9]).verdict, Verdict::Inconclusive(few));
    assert!(matches!(judge(&[f64::NAN; 12]).verdict, Verdict::Inconclusive(Reason::Invalid(_))));
}
