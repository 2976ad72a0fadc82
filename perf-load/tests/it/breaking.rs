//! The search for the breaking point, on simulated queues whose breaking point is known from theory.

use crate::theory;

use std::time::Duration;

use perf_core::budget::Metric;
use perf_load::breaking::{Cause, Ended, Purpose, Search, Verdict};
use perf_load::simulate::{Memory, Queue, Service};
use perf_load::{Arrivals, Drive, Error, Limits, Outcome, Validity};

const MEAN: Duration = Duration::from_millis(1);

fn p99(seconds: f64) -> Limits {
    Limits::default().time(Metric::P99, Duration::from_secs_f64(seconds)).unwrap()
}

fn random(seed: u64) -> Queue {
    Queue::new("random", 1, Service::exponential(MEAN).unwrap()).unwrap().seed(seed)
}

fn fixed(seed: u64) -> Queue {
    Queue::new("fixed", 1, Service::deterministic(MEAN).unwrap()).unwrap().seed(seed)
}

fn near(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 0.05, "{found}, theory {expected}");
}

#[test]
fn a_limit_breaks_where_theory_says() {
    let limit = theory::md1_quantile(800.0, 0.001, 0.99);
    let search = Search::from(100.0).unwrap().limits(p99(limit)).poisson(3);
    let mut told = Vec::new();
    let found = search.run_and_tell(&mut fixed(1), |step| told.push(step.to_string())).unwrap();
    assert!(found.confirmed, "{found}");
    assert_eq!(told.len(), found.steps.len());
    assert!(told[0].starts_with("100/s for ") && told[0].contains(": holds (achieved "), "{told:?}");
    assert!(told.last().unwrap().contains(": held for longer ("), "{told:?}");
    let fails = told.iter().find(|line| line.contains(": fails (")).unwrap();
    assert!(fails.contains("0 % errors; p99 "), "{fails}");
    let (good, bad) = (found.good.unwrap(), found.bad.unwrap());
    near(good, 800.0);
    near(bad, 800.0);
    assert!(good < bad && bad <= good * 1.05);
    assert!(matches!(found.limited[..], [Cause::Limit { .. }, ..]), "{:?}", found.limited);
    // Both ends were confirmed twice, and the good one was driven for half a minute.
    let again = |rate: f64| {
        found
            .steps
            .iter()
            .filter(|step| step.purpose == Purpose::Confirm && step.offered.total_cmp(&rate).is_eq())
            .count()
    };
    assert!(again(good) >= 2 && again(bad) >= 2);
    let held = found.steps.last().unwrap();
    assert_eq!((held.purpose, &held.verdict), (Purpose::Hold, &Verdict::Holds));
    assert!(held.duration >= Duration::from_secs(30) && found.steps.iter().all(|step| step.due > 900));
    let curve = found.curve();
    assert!(curve.windows(2).all(|pair| pair[0].offered < pair[1].offered));
    assert!(curve[0].response.p99 * 3 < curve[curve.len() - 1].response.p99);
    let text = found.to_string();
    assert!(text.contains("breaks between") && text.contains("seed 3") && text.contains("p99 ≤"), "{text}");
}

#[test]
fn without_a_limit_it_breaks_at_its_capacity() {
    let search = Search::from(200.0).unwrap().patience(32).poisson(4);
    for queue in [&mut random(2), &mut fixed(2).room(50)] {
        let found = search.run(queue).unwrap();
        assert!(found.confirmed, "{found}");
        near(found.good.unwrap(), 1000.0);
        let throughput = |cause: &Cause| matches!(cause, Cause::Throughput { .. } | Cause::Backlog { .. });
        assert!(found.limited.iter().all(throughput), "{:?}", found.limited);
    }
}

#[test]
fn a_first_rate_that_fails_is_gone_below_and_a_highest_one_ends_it() {
    let found = Search::from(5000.0).unwrap().run(&mut fixed(1)).unwrap();
    near(found.good.unwrap(), 1000.0);
    let found = Search::from(100.0).unwrap().most(400.0).unwrap().run(&mut fixed(1)).unwrap();
    assert_eq!((found.ended, found.good, found.bad), (Ended::Unbroken, Some(400.0), None));
    assert!(found.to_string().contains("holds 400/s"), "{found}");
    let impossible = Search::from(100.0).unwrap().limits(p99(0.0001));
    let found = impossible.run(&mut fixed(1)).unwrap();
    assert_eq!((found.ended, found.good), (Ended::NeverHeld, None));
    assert!(found.bad.unwrap() <= 1.0);
}

#[test]
fn errors_and_resources_belong_to_the_curve() {
    let memory = Memory::at_first(7 << 20);
    let mut failing = fixed(1).memory(memory).errors(0.05).unwrap();
    let found = Search::from(100.0).unwrap().limits(Limits::default().errors(0.1).unwrap()).run(&mut failing).unwrap();
    near(found.good.unwrap(), 1000.0);
    let step = found.steps.iter().find(|step| step.offered > 600.0 && step.verdict.holds()).unwrap();
    near(step.processors.unwrap(), step.offered / 1000.0);
    assert_eq!(step.memory, Some(7 << 20));
    assert!((step.errors - 0.05).abs() < 0.02);
    let found = Search::from(100.0).unwrap().run(&mut failing).unwrap();
    assert_eq!(found.ended, Ended::NeverHeld, "one per cent may fail, five do");
}

/// A drive whose generator is late from some rate on, or that is stopped.
struct Late {
    queue: Queue,
    from_rate: f64,
    until_rate: f64,
}

impl Drive for Late {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let mut outcome = self.queue.drive(arrivals)?;
        if arrivals.mean_rate() > self.from_rate {
            outcome.validity = Validity::invalid("p99 of lateness is 9 ms");
        }
        outcome.interrupted = arrivals.mean_rate() > self.until_rate;
        Ok(outcome)
    }
}

#[test]
fn a_late_generator_is_named_as_what_broke_and_an_interruption_keeps_what_was_measured() {
    let mut late = Late { queue: fixed(1), from_rate: 300.0, until_rate: f64::INFINITY };
    let found = Search::from(100.0).unwrap().run(&mut late).unwrap();
    assert!(found.is_generator() && found.to_string().contains("the generator was late"), "{found}");
    near(found.bad.unwrap(), 300.0);
    let mut always = Late { queue: fixed(1), from_rate: 0.1, until_rate: f64::INFINITY };
    let found = Search::from(100.0).unwrap().run(&mut always).unwrap();
    assert!(found.good.is_none() && found.to_string().contains(": nothing is known of it: at "), "{found}");
    let mut ended = Late { queue: fixed(1), from_rate: f64::INFINITY, until_rate: 300.0 };
    let found = Search::from(100.0).unwrap().run(&mut ended).unwrap();
    assert_eq!((found.ended, found.bad, found.confirmed), (Ended::Interrupted, None, false));
    assert!(found.good.unwrap() > 200.0 && found.steps.len() >= 4);
}

/// A server that becomes slower with every drive.
struct Tiring(f64);

impl Drive for Tiring {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        self.0 *= 0.97;
        let service = Service::deterministic(Duration::from_secs_f64(1.0 / self.0))?;
        Queue::new("tiring", 1, service)?.drive(arrivals)
    }
}

#[test]
fn ends_that_do_not_say_the_same_again_are_no_result() {
    let found = Search::from(100.0).unwrap().run(&mut Tiring(2000.0)).unwrap();
    assert!(!found.confirmed && matches!(found.ended, Ended::Unsteady | Ended::NeverHeld), "{found}");
    assert!(found.steps.len() < 400);
}

#[test]
fn plans_that_cannot_be_searched_are_named() {
    let search = || Search::from(100.0).unwrap();
    for (error, key) in [
        (Search::from(f64::NAN).unwrap_err(), "from"),
        (Search::from(-1.0).unwrap_err(), "from"),
        (search().most(50.0).unwrap_err(), "most"),
        (search().step(10, MEAN).unwrap_err(), "step"),
        (search().width(2.0).unwrap_err(), "width"),
        (Limits::default().errors(2.0).unwrap_err(), "limit.errors"),
        (Limits::default().time(Metric::Allocs, MEAN).unwrap_err(), "limit.allocs"),
    ] {
        assert_eq!(error.key(), Some(key), "{error}");
    }
}
