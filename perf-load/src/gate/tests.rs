//! Verdicts of drives in virtual time: a server of one worker, and a clock that it turns.

use std::time::Duration;

use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
use perf_exporters::gate::confirm::Rules;
use perf_exporters::gate::driven::Driven;
use perf_exporters::judge::Verdict;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Exp1};

use super::epochs::Capacity;
use crate::clock::Virtual;
use crate::mix::{Choice, Single};
use crate::settings::Settings;
use crate::{Arrivals, Ctx, Error, Model, Outcome, Stop, Validity, open};

const fn p99(limit: Duration) -> [Limit; 1] {
    [Limit { metric: Metric::P99, bound: Bound::Time(limit) }]
}

/// Services are exponential with a mean of 1 ms, arrivals 500 a second: of such a queue the p99 of the response times is
/// ln 100 ÷ (1000 − 500) s = 9.21 ms.
const KEPT: BudgetSpec = BudgetSpec { limits: &p99(Duration::from_micros(18_400)), ..BudgetSpec::EMPTY };
const BROKEN: BudgetSpec = BudgetSpec { limits: &p99(Duration::from_micros(3_070)), ..BudgetSpec::EMPTY };

fn capacity(spec: &'static BudgetSpec) -> Capacity {
    Capacity { rules: Rules { pause: Duration::ZERO, ..Rules::default() }, ..Capacity::new(spec, 500_000, false) }
}

/// One drive of the queue.
fn queue(arrivals: &Arrivals, limit: Option<Duration>, mean: Duration, seed: u64) -> Result<Outcome, Error> {
    let settings = Settings {
        name: "queue".to_owned(),
        model: Model::open(1),
        backlog: 1 << 23,
        limit,
        seed,
        stop: Stop::new(),
        stop_on_panic: false,
        watch: None,
    };
    let clock = Virtual::default();
    let work = Single(|ctx: &Ctx| {
        let time: f64 = Exp1.sample(&mut Xoshiro256PlusPlus::seed_from_u64(ctx.seed()));
        clock.pass(mean.mul_f64(time));
    });
    open::drive_by(|| clock.clone(), &settings, arrivals, &work, &Choice::single())
}

fn decide(capacity: Capacity, mut drive: impl FnMut(&Arrivals) -> Result<Outcome, Error>) -> Driven {
    let mut now = Duration::ZERO;
    let clock = move || {
        now += Duration::from_secs(5);
        now
    };
    capacity.decide(&mut drive, clock, |_| {}).unwrap()
}

fn verdict(spec: &'static BudgetSpec, mean: Duration, seed: u64) -> Driven {
    let capacity = capacity(spec);
    let mut epoch = 1_000 * seed;
    decide(capacity, |arrivals| {
        epoch += 1;
        queue(&arrivals.clone().poisson(epoch), capacity.limit(), mean, epoch)
    })
}

#[test]
fn a_queue_that_keeps_its_limit_passes_and_one_that_breaks_it_fails() {
    let kept = verdict(&KEPT, Duration::from_millis(1), 1);
    assert_eq!((kept.findings.verdict(), kept.epochs), (Verdict::Pass, 1), "{kept:?}");
    let broken = verdict(&BROKEN, Duration::from_millis(1), 1);
    assert_eq!((broken.findings.verdict(), broken.epochs), (Verdict::Fail, 3), "confirmed in two later epochs");
    assert!(broken.times.len() > 800);
    assert!(broken.findings.rows[0].actual > 3e6);
}

#[test]
fn a_queue_that_cannot_keep_up_fails() {
    let broken = verdict(&KEPT, Duration::from_millis(3), 1);
    assert!(broken.findings.verdict().is_fail(), "{:?}", broken.findings);
}

#[test]
fn arrivals_that_were_never_served_count_as_slow() {
    let limit = capacity(&KEPT).limit();
    let driven = decide(capacity(&KEPT), |arrivals| {
        let mut outcome = queue(arrivals, limit, Duration::from_micros(10), 3)?;
        outcome.counts.due += 200; // as if it had been given up
        Ok(outcome)
    });
    // Slow calls that all come at the end are one run of them, which is no proof either.
    assert!(matches!(driven.findings.verdict(), Verdict::Inconclusive(_)), "{:?}", driven.findings);
    let row = &driven.findings.rows[0];
    assert!(row.reason.starts_with("200 of 1231 calls took longer"), "{}", row.reason);
    assert!((row.actual - 2e9).abs() < 1.0, "all the time that there was");
}

#[test]
fn a_generator_that_was_late_proves_nothing() {
    let limit = capacity(&BROKEN).limit();
    let driven = decide(capacity(&BROKEN), |arrivals| {
        let mut outcome = queue(arrivals, limit, Duration::from_millis(1), 3)?;
        outcome.validity = Validity::invalid("the generator was late");
        Ok(outcome)
    });
    let verdict = driven.findings.verdict().to_string();
    assert_eq!(verdict, "INCONCLUSIVE (the generator was late)");
    assert_eq!(driven.epochs, 3);
}

#[test]
fn too_few_arrivals_say_how_long_it_takes() {
    const SHORT: BudgetSpec = BudgetSpec {
        limits: &p99(Duration::from_micros(18_400)),
        max_time: Some(Duration::from_millis(100)),
        ..BudgetSpec::EMPTY
    };
    let short = verdict(&SHORT, Duration::from_micros(10), 1);
    assert!(short.findings.verdict().to_string().starts_with("INCONCLUSIVE ("), "{:?}", short.findings);
    assert_eq!(short.advice.as_deref(), Some("p99 needs about 299 calls: `max_time = \"1s\"`"));
}

/// How often each verdict occurs in this many tests, with different arrivals and services in each epoch.
fn verdicts(spec: &'static BudgetSpec, tests: u64) -> [u64; 3] {
    let mut counts = [0; 3];
    for seed in 0..tests {
        let place = match verdict(spec, Duration::from_millis(1), seed + 10).findings.verdict() {
            Verdict::Pass => 0,
            Verdict::Inconclusive(_) => 1,
            Verdict::Fail => 2,
        };
        counts[place] += 1;
    }
    counts
}

const AT: BudgetSpec = BudgetSpec { limits: &p99(Duration::from_micros(9_210)), ..BudgetSpec::EMPTY };
const HALF: BudgetSpec = BudgetSpec { limits: &p99(Duration::from_micros(4_605)), ..BudgetSpec::EMPTY };

/// The table of docs/load/capacity.md: at the limit itself nothing fails, a limit of a third of the true time counts as
/// broken. Arrivals wait for each other here, so slow ones come together.
#[test]
#[ignore = "a thousand tests of each kind take minutes: `cargo test --release -p perf-load --lib -- --ignored --nocapture thousand`"]
fn a_thousand_tests_of_each_kind() {
    for (name, spec) in [("twice the true time", &KEPT), ("the true time", &AT), ("half", &HALF), ("a third", &BROKEN)]
    {
        let [pass, inconclusive, fail] = verdicts(spec, 1_000);
        println!("limit is {name}: PASS {pass}, INCONCLUSIVE {inconclusive}, FAIL {fail}");
        assert!(if spec == &KEPT || spec == &AT { fail == 0 } else { pass == 0 });
    }
}
