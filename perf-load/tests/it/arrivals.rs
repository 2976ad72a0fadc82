//! Arrivals against a naive computation: the rate is summed up in small steps, and every arrival must come at the time that
//! the sum gives.

use std::time::Duration;

use perf_load::{Arrivals, Error};
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn ms(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

/// Any shape, at most a few thousand arrivals of it.
fn shapes() -> impl Strategy<Value = Arrivals> {
    let rate = || prop_oneof![Just(0.0), 0.1..20.0, 20.0..400.0];
    prop_oneof![
        (0.1..400.0, ms(1..8_000)).prop_map(|(rate, duration)| Arrivals::constant(rate, duration).unwrap()),
        (rate(), 0.1..400.0, ms(1..8_000)).prop_map(|(from, to, duration)| Arrivals::ramp(from, to, duration).unwrap()),
        (0.1..400.0, rate(), ms(1..8_000)).prop_map(|(from, to, duration)| Arrivals::ramp(from, to, duration).unwrap()),
        (prop::collection::vec((rate(), ms(1..2_000)), 0..4), 0.1..400.0).prop_map(|(mut stages, last)| {
            stages.push((last, SECOND));
            Arrivals::stages(&stages).unwrap()
        }),
        (rate(), 0.1..400.0, ms(2..900), ms(1..8_000)).prop_map(|(low, peak, length, duration)| {
            Arrivals::burst(low, peak, SECOND, length, duration).unwrap()
        }),
        (rate(), 0.1..400.0, ms(1..4_000), ms(1..4_000), ms(1..4_000)).prop_map(|(low, peak, at, length, rest)| {
            Arrivals::spike(low, peak, at, length, at + length + rest).unwrap()
        }),
        (0.0..50.0, 0.0..300.0, ms(100..5_000), ms(1..8_000)).prop_map(|(low, more, period, duration)| {
            Arrivals::day(low, low + more + 0.1, period, duration).unwrap()
        }),
    ]
}

/// Arrivals before each of so many equal steps and after the last, by summing up the rate in the middle of 16 parts of each.
fn summed(arrivals: &Arrivals, steps: usize) -> Vec<f64> {
    let step = arrivals.duration().as_secs_f64() / steps as f64;
    let mut sums = vec![0.0];
    for at in 0..steps {
        let parts = (0..16).map(|part| {
            let middle = (at as f64 + (f64::from(part) + 0.5) / 16.0) * step;
            arrivals.rate_at(Duration::from_secs_f64(middle)) * step / 16.0
        });
        sums.push(sums[at] + parts.sum::<f64>());
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn evenly_spaced_arrivals_follow_the_integral_of_the_rate(arrivals in shapes()) {
        const STEPS: usize = 500;
        let sums = summed(&arrivals, STEPS);
        let whole = sums[STEPS];
        // Where the rate jumps inside a part, the sum is off by no more than that part's share.
        let slack = 0.01 * whole.max(1.0) + 1.0;
        prop_assert!((arrivals.expected() - whole).abs() < slack, "{} or {whole}", arrivals.expected());
        let mut times: Vec<Duration> = arrivals.times().collect();
        prop_assert!((times.len() as f64 - arrivals.expected()).abs() <= 1.0, "{} of {}", times.len(), arrivals.expected());
        prop_assert!(times.is_sorted());
        prop_assert!(times.last().is_none_or(|last| *last < arrivals.duration()));
        for (step, sum) in sums.iter().enumerate() {
            let until = arrivals.duration().mul_f64(step as f64 / STEPS as f64);
            let before = times.partition_point(|time| *time < until);
            prop_assert!((before as f64 - sum).abs() < slack + 1.0, "{before} or {sum} before {until:?}");
        }
        times.dedup();
        prop_assert!(times.len() as f64 >= arrivals.expected() - 1.0, "no two at one time");
    }

    #[test]
    fn random_arrivals_are_the_same_for_equal_seeds(arrivals in shapes(), seed: u64) {
        let random = arrivals.clone().poisson(seed);
        let times: Vec<Duration> = random.times().collect();
        prop_assert!(times.is_sorted());
        prop_assert!(times.iter().all(|time| *time < arrivals.duration()));
        prop_assert!(random.times().eq(times.iter().copied()));
        if random.expected() > 20.0 {
            prop_assert!(!arrivals.poisson(seed ^ 1).times().eq(times));
        }
    }
}

/// Mean and variance over many seeds, of all arrivals and of those in each fifth of the duration.
#[test]
fn counts_of_random_arrivals_are_poisson() {
    let shapes = [
        Arrivals::constant(40.0, SECOND * 5),
        Arrivals::ramp(0.0, 80.0, SECOND * 5),
        Arrivals::day(5.0, 75.0, SECOND * 5, SECOND * 5),
        Arrivals::burst(10.0, 160.0, SECOND, SECOND / 5, SECOND * 5),
    ];
    const SEEDS: u64 = 2_000;
    for shape in shapes.map(Result::unwrap) {
        let sums: Vec<f64> = summed(&shape, 1_000).into_iter().step_by(200).collect();
        let counts: Vec<[f64; 6]> = (0..SEEDS)
            .map(|seed| {
                let mut counts = [0.0; 6];
                for time in shape.clone().poisson(seed).times() {
                    counts[usize::try_from(time.as_secs()).unwrap()] += 1.0;
                    counts[5] += 1.0;
                }
                counts
            })
            .collect();
        for part in 0..6 {
            let expected = if part == 5 { sums[5] } else { sums[part + 1] - sums[part] };
            let n = SEEDS as f64;
            let mean = counts.iter().map(|counts| counts[part]).sum::<f64>() / n;
            let variance = counts.iter().map(|counts| (counts[part] - mean).powi(2)).sum::<f64>() / (n - 1.0);
            // Five standard errors of each.
            assert!(
                (mean - expected).abs() < 5.0 * (expected / n).sqrt() + 0.005 * expected,
                "{mean} of {expected}: {shape:?}"
            );
            let error = expected * (2.0 / n + 1.0 / (n * expected)).sqrt();
            assert!((variance - expected).abs() < 5.0 * error + 0.01 * expected, "{variance} of {expected}: {shape:?}");
        }
    }
}

/// Kolmogorov and Smirnov's distance of the gaps from the exponential distribution, in units of the integral of the rate.
#[test]
fn gaps_of_random_arrivals_are_exponential() {
    for seed in 0..20 {
        let rate = 250.0;
        let arrivals = Arrivals::constant(rate, SECOND * 40).unwrap().poisson(seed);
        let mut last = 0.0;
        let mut gaps: Vec<f64> = arrivals
            .times()
            .map(|time| {
                let gap = (time.as_secs_f64() - last) * rate;
                last = time.as_secs_f64();
                gap
            })
            .collect();
        gaps.sort_by(f64::total_cmp);
        let n = gaps.len() as f64;
        let distance = gaps.iter().enumerate().fold(0.0_f64, |most, (at, gap)| {
            let share = 1.0 - (-gap).exp();
            most.max((share - at as f64 / n).abs()).max((share - (at + 1) as f64 / n).abs())
        });
        // By chance it would be above 1.95 once in a thousand times; the seeds are fixed.
        assert!(distance * n.sqrt() < 1.95, "seed {seed}: {}", distance * n.sqrt());
    }
}

#[test]
fn durations_from_milliseconds_to_days_take_the_same_memory() {
    let day = Duration::from_hours(24);
    let whole_year = Arrivals::day(0.0, 0.02, day, day * 365).unwrap();
    let mut times = whole_year.times();
    let size = size_of_val(&times);
    let (mut count, mut last) = (0_u32, Duration::ZERO);
    for time in times.by_ref() {
        assert!(time >= last);
        (count, last) = (count + 1, time);
    }
    assert!((f64::from(count) - whole_year.expected()).abs() <= 1.0, "{count} of {}", whole_year.expected());
    assert!((whole_year.expected() - 0.01 * 86_400.0 * 365.0).abs() < 1e-3);
    assert!(last > day * 364 && times.next().is_none());
    let short = Arrivals::constant(10_000.0, Duration::from_millis(1)).unwrap();
    assert_eq!((short.times().count(), size_of_val(&short.times())), (10, size));
    // The last of a long even schedule is as exact as the first.
    let long = Arrivals::constant(3.0, day * 10).unwrap();
    let (at, last) = long.times().enumerate().last().unwrap();
    assert_eq!(last.as_nanos(), (at as u128 * 1_000_000_000 + 1) / 3);
}

#[test]
fn what_cannot_be_a_schedule_is_named_by_its_key() {
    let key = |made: Result<Arrivals, Error>| made.unwrap_err().key().map(str::to_owned).unwrap();
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(key(Arrivals::constant(rate, SECOND)), "rate");
    }
    assert_eq!(key(Arrivals::constant(1.0, Duration::ZERO)), "duration");
    assert_eq!(key(Arrivals::constant(1.0, Duration::MAX)), "duration");
    assert_eq!(key(Arrivals::constant(f64::MAX, SECOND * 2)), "rate");
    assert_eq!(key(Arrivals::constant(1e12, SECOND * 86_400)), "rate");
    assert_eq!(key(Arrivals::ramp(-1.0, 5.0, SECOND)), "from");
    assert_eq!(key(Arrivals::ramp(1.0, f64::NAN, SECOND)), "to");
    assert_eq!(key(Arrivals::ramp(0.0, 0.0, SECOND)), "to");
    assert_eq!(key(Arrivals::stages(&[])), "stages");
    assert_eq!(key(Arrivals::stages(&[(0.0, SECOND)])), "stages");
    assert_eq!(key(Arrivals::stages(&[(1.0, SECOND), (f64::NAN, SECOND)])), "stages[1].rate");
    assert_eq!(key(Arrivals::stages(&[(1.0, Duration::ZERO)])), "stages[0].duration");
    let long = Duration::from_secs(10_000_000_000);
    assert_eq!(key(Arrivals::stages(&[(1e-6, long), (1e-6, long)])), "stages");
    assert_eq!(key(Arrivals::burst(1.0, 2.0, SECOND, SECOND, SECOND)), "length");
    assert_eq!(key(Arrivals::burst(1.0, 2.0, Duration::ZERO, SECOND, SECOND)), "every");
    assert_eq!(key(Arrivals::spike(1.0, 2.0, SECOND, SECOND, SECOND)), "at");
    assert_eq!(key(Arrivals::spike(1.0, 2.0, Duration::MAX, SECOND, SECOND)), "at");
    assert_eq!(key(Arrivals::day(2.0, 1.0, SECOND, SECOND)), "low");
    assert_eq!(key(Arrivals::day(1.0, 2.0, Duration::ZERO, SECOND)), "period");
    assert_eq!(key(Arrivals::replay(Vec::new())), "replay");
    assert_eq!(key(Arrivals::replay(vec![Duration::MAX])), "replay");
}
