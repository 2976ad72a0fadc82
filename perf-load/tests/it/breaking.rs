//! The search for the breaking point, on simulated queues whose breaking point is known from theory.

use crate::theory;

use std::time::Duration;

use perf_core::budget::Metric;
use perf_load::breaking::{Breaking, Cause, Ended, Purpose, Search, Step, Verdict};
use perf_load::simulate::{Memory, Queue, Service};
use perf_load::{Arrivals, Drive, Error, Limit, Limits, Outcome, Validity, page};

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

/// A drive whose generator is late as is told by the rate and the number of the drive.
struct Late<F> {
    queue: Queue,
    when: F,
    drives: usize,
}

impl<F: Fn(f64, usize) -> bool> Late<F> {
    fn new(when: F) -> Self {
        Self { queue: fixed(1), when, drives: 0 }
    }
}

impl<F: Fn(f64, usize) -> bool> Drive for Late<F> {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let mut outcome = self.queue.drive(arrivals)?;
        if (self.when)(arrivals.mean_rate(), self.drives) {
            outcome.validity = Validity::invalid("p99 of lateness is 9 ms");
        }
        self.drives += 1;
        Ok(outcome)
    }
}

fn silent(found: &Breaking) -> Vec<&Step> {
    found.steps.iter().filter(|step| matches!(step.verdict, Verdict::Invalid(_))).collect()
}

#[test]
fn a_step_whose_generator_is_late_is_driven_again() {
    // Never three times in turn.
    let found = Search::from(100.0).unwrap().run(&mut Late::new(|_, drive| drive % 3 > 0)).unwrap();
    assert!(found.confirmed && !found.is_generator(), "{found}");
    near(found.good.unwrap(), 1000.0);
    near(found.bad.unwrap(), 1000.0);
    assert!(found.limited.iter().all(|cause| !matches!(cause, Cause::Generator { .. })), "{:?}", found.limited);
    let again =
        |pair: &[Step]| pair[0].offered.total_cmp(&pair[1].offered).is_eq() && pair[0].duration == pair[1].duration;
    let mut after = found.steps.windows(2).filter(|pair| matches!(pair[0].verdict, Verdict::Invalid(_)));
    assert!(silent(&found).len() > 10 && after.all(again), "{found}");
    // A rate is drawn by a step that says something.
    assert!(found.curve().iter().all(|step| !matches!(step.verdict, Verdict::Invalid(_))), "{found}");
}

#[test]
fn a_generator_that_was_late_for_some_time_is_no_break_below_it() {
    // At 125 a second, in all three attempts; and at the rate that is tried next.
    let found = Search::from(100.0).unwrap().run(&mut Late::new(|_, drive| (1..7).contains(&drive))).unwrap();
    assert!(found.confirmed, "{found}");
    near(found.good.unwrap(), 1000.0);
    assert_eq!(silent(&found).len(), 6);
    // It lasts no longer than the search that never was late, but for what was confirmed in between.
    let usual = Search::from(100.0).unwrap().run(&mut fixed(1)).unwrap();
    assert!(found.steps.len() <= usual.steps.len() + 20, "{} {}", found.steps.len(), usual.steps.len());
}

#[test]
fn a_generator_that_stays_late_is_the_limit() {
    let found = Search::from(100.0).unwrap().run(&mut Late::new(|rate, _| rate > 300.0)).unwrap();
    assert_eq!((found.ended, found.bad, found.confirmed), (Ended::Generator, None, false), "{found}");
    near(found.good.unwrap(), 300.0);
    near(found.late.unwrap(), 300.0);
    let text = found.to_string();
    assert!(text.contains("the generator is the limit: at least ") && text.contains("says nothing"), "{text}");
    assert!(matches!(found.limited[..], [Cause::Generator { .. }]), "{:?}", found.limited);
    let held = found.steps.last().unwrap();
    assert_eq!((held.purpose, &held.verdict), (Purpose::Hold, &Verdict::Holds));
    let drawn = page::curve(&found).svg(page::Ground::Light).unwrap();
    assert!(drawn.contains("the generator was late") && !drawn.contains(">breaks<"), "{drawn}");
    // Down from a rate that the system fails at.
    let found = Search::from(1200.0).unwrap().run(&mut Late::new(|rate, _| (900.0..1100.0).contains(&rate))).unwrap();
    assert_eq!((found.ended, found.bad), (Ended::Generator, Some(1200.0)), "{found}");
    assert!(found.good < found.late && found.late < found.bad, "{found}");
    let text = found.to_string();
    assert!(text.contains("no more is known, since the generator was late at "), "{text}");
    assert!(
        matches!(found.limited[..], [.., Cause::Generator { .. }]) && found.limited.len() > 1,
        "{:?}",
        found.limited
    );
}

#[test]
fn where_the_generator_is_always_late_the_search_ends_soon() {
    let found = Search::from(100.0).unwrap().run(&mut Late::new(|_, _| true)).unwrap();
    assert_eq!((found.ended, found.good, found.bad), (Ended::Generator, None, None), "{found}");
    assert!(found.to_string().contains(": nothing is known of it: at "), "{found}");
    assert_eq!(found.steps.len(), 12);
    assert!(found.steps.iter().all(|step| step.duration <= 8 * found.steps[0].duration), "{found}");
    // Below a rate that failed.
    let found = Search::from(1500.0).unwrap().run(&mut Late::new(|rate, _| rate < 1000.0)).unwrap();
    assert_eq!((found.ended, found.good, found.bad), (Ended::Generator, None, Some(1500.0)), "{found}");
    assert!(found.to_string().contains("nothing is known below"), "{found}");
}

#[test]
fn an_end_that_the_generator_cannot_show_again_is_not_confirmed() {
    let usual = Search::from(100.0).unwrap().run(&mut fixed(1)).unwrap();
    let first = usual.steps.iter().position(|step| step.purpose == Purpose::Confirm).unwrap();
    for known in [first, first + 1] {
        let found = Search::from(100.0).unwrap().run(&mut Late::new(|_, drive| drive >= known)).unwrap();
        assert_eq!((found.ended, found.confirmed), (Ended::Generator, false), "{found}");
        near(found.good.unwrap(), 1000.0);
        near(found.bad.unwrap(), 1000.0);
        assert_eq!(silent(&found).len(), 3);
    }
}

#[test]
fn a_rate_that_held_is_not_named_as_where_the_generator_was_late() {
    let above = |rate: f64, _| rate > 300.0;
    let usual = Search::from(100.0).unwrap().run(&mut Late::new(above)).unwrap();
    let first = usual.steps.iter().position(|step| step.purpose == Purpose::Confirm).unwrap();
    let found =
        Search::from(100.0).unwrap().run(&mut Late::new(|rate, drive| above(rate, 0) || drive > first)).unwrap();
    assert_eq!((found.good, found.late, found.ended), (usual.good, usual.late, Ended::Generator), "{found}");
}

#[test]
fn errors_are_the_systems_own_however_late_the_generator_is() {
    let mut late = Late::new(|_, _| true);
    late.queue = fixed(1).errors(0.5).unwrap();
    let found = Search::from(100.0).unwrap().run(&mut late).unwrap();
    assert_eq!(found.ended, Ended::NeverHeld, "{found}");
    assert!(matches!(found.limited[..], [Cause::Limit { limit: Limit::Errors { .. }, .. }]), "{:?}", found.limited);
}

/// A drive that is stopped beyond some rate.
struct Stopped(Queue, f64);

impl Drive for Stopped {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let mut outcome = self.0.drive(arrivals)?;
        outcome.interrupted = arrivals.mean_rate() > self.1;
        Ok(outcome)
    }
}

#[test]
fn an_interruption_keeps_what_was_measured() {
    let found = Search::from(100.0).unwrap().run(&mut Stopped(fixed(1), 300.0)).unwrap();
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

/// A system that answers at once and does what it accepted afterwards, a thousand a second.
struct Accepting(Queue);

impl Drive for Accepting {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let outcome = self.0.drive(arrivals)?;
        let work = MEAN * u32::try_from(outcome.counts.completed).unwrap();
        let left = work.saturating_sub(outcome.scheduled);
        Ok(outcome.drained_in(left))
    }
}

fn accepting() -> Accepting {
    let at_once = Service::deterministic(Duration::from_micros(1)).unwrap();
    Accepting(Queue::new("accepting", 1, at_once).unwrap())
}

/// The backlog that a step leaves is 100 ms of work: within a second no response time shows it.
#[test]
fn a_second_does_not_hold_a_tenth_too_much() {
    let shortest = |rate: f64| {
        let search = Search::from(rate).unwrap().step(1000, Duration::from_secs(1)).unwrap().limits(p99(0.5));
        search.patience(1).hold(Duration::from_secs(1))
    };
    let systems = || [Box::new(fixed(1)) as Box<dyn Drive>, Box::new(accepting())];
    for (system, mut drive) in systems().into_iter().enumerate() {
        let found = shortest(1100.0).run(&mut drive).unwrap();
        let first = &found.steps[0];
        assert!(first.duration < Duration::from_millis(1001) && first.response.p99 < 500_000_000, "{found}");
        assert!(matches!(first.verdict, Verdict::Fails(_)), "{system}: {first}");
        let held = found.steps.iter().filter(|step| step.verdict.holds());
        assert!(held.clone().count() > 2 && held.map(|step| step.offered).fold(0.0, f64::max) < 1025.0, "{found}");
        near(found.good.unwrap(), 1000.0);
    }
    for mut drive in systems() {
        let found = shortest(900.0).run(&mut drive).unwrap();
        assert!(found.steps[0].verdict.holds(), "{found}");
    }
    let left = shortest(1100.0).run(&mut accepting()).unwrap();
    assert!(left.steps[0].to_string().contains(", 100.0ms to finish what was accepted; "), "{}", left.steps[0]);
    assert!(matches!(left.limited[..], [Cause::Throughput { .. }]), "{:?}", left.limited);
}
