//! Recovery, on simulated queues whose backlog drains at a rate known from arithmetic.

use std::time::Duration;

use perf_load::breaking::Search;
use perf_load::recovery::{Took, Trial};
use perf_load::simulate::{Queue, Service};
use perf_load::{Arrivals, Drive, Error, Outcome, Validity};

const MEAN: Duration = Duration::from_millis(1);

fn fixed() -> Queue {
    Queue::new("fixed", 1, Service::deterministic(MEAN).unwrap()).unwrap()
}

fn random() -> Queue {
    Queue::new("random", 1, Service::exponential(MEAN).unwrap()).unwrap().seed(5)
}

fn seconds(time: u64) -> Duration {
    Duration::from_secs(time)
}

fn time(took: &Took) -> f64 {
    let Took::Time(time) = took else { panic!("{took}") };
    time.as_secs_f64()
}

#[test]
fn a_backlog_drains_in_the_time_that_arithmetic_says() {
    // Twice the capacity for `lasts` leaves as many thousand waiting; at `rate` there is room for the rest of a thousand.
    for (rate, lasts) in [(500.0, 5), (700.0, 10), (800.0, 4)] {
        let expected = 1000.0 * f64::from(lasts) / (1000.0 - rate);
        let trial =
            Trial::at(rate).unwrap().overload(2000.0, seconds(lasts.try_into().unwrap())).unwrap().watch(seconds(100));
        let even = trial.run(&mut fixed()).unwrap();
        let off = time(&even.took) - expected;
        assert!(off.abs() <= 1.1 * even.resolution.as_secs_f64(), "{even}{expected}");
        let noisy = trial.poisson(3).run(&mut random()).unwrap();
        assert!((time(&noisy.took) / expected - 1.0).abs() < 0.2, "{noisy}{expected}");
        assert!(noisy.to_string().contains("recovered after"), "{noisy}");
    }
}

#[test]
fn a_stall_leaves_what_came_meanwhile_to_be_done() {
    // Three seconds of 700 requests each, and room for 300 a second: seven seconds.
    let mut stalled = fixed().stall(seconds(30), seconds(3));
    let found = Trial::at(700.0).unwrap().injected(seconds(3)).unwrap().run(&mut stalled).unwrap();
    assert!((time(&found.took) - 7.0).abs() <= 1.1 * found.resolution.as_secs_f64(), "{found}");
    // The backlog is seen at the ends of looks, which are windows of the course put together: up to two of them late, in
    // which 300 a second of it are gone.
    let (p99, backlog) = found.worst();
    let late = 300.0 * 2.0 * found.resolution.as_secs_f64();
    assert!((2_100.0 - late..2_200.0).contains(&(backlog as f64)), "{backlog}, {found}");
    assert!((3e9 - 1e6 * late..3.1e9).contains(&(p99 as f64)), "{p99}, {found}");
}

#[test]
fn a_disturbance_that_does_not_disturb_is_no_recovery() {
    let found = Trial::at(300.0).unwrap().overload(400.0, seconds(5)).unwrap().run(&mut fixed()).unwrap();
    assert_eq!(found.took, Took::Undisturbed, "{found}");
    let text = found.to_string();
    assert!(text.starts_with("fixed: never degraded under 400/s for 5.00 s: there was nothing"), "{text}");
    // Degraded while it lasted, and inside the band as soon as it was over.
    let mut stalled = fixed().stall(seconds(70), seconds(1));
    let trial = Trial::at(50.0).unwrap().injected(seconds(40)).unwrap().calm(seconds(60)).watch(seconds(60));
    let found = trial.run(&mut stalled).unwrap();
    assert_eq!(found.took, Took::Time(Duration::ZERO), "{found}");
    assert!(found.to_string().contains("recovered within the first look of a disturbance"), "{found}");
}

#[test]
fn what_does_not_come_back_is_censored_at_the_last_look_outside() {
    let mut storm = random().retries(Duration::from_millis(100), 3);
    let trial = Trial::at(700.0).unwrap().overload(2000.0, seconds(10)).unwrap().watch(seconds(90)).poisson(2);
    let found = trial.run(&mut storm).unwrap();
    let Took::Longer(longer) = found.took else { panic!("{found}") };
    assert!(longer >= seconds(85) && found.to_string().contains("not recovered after"), "{found}");
    // The same queue, observed for less than the 33 s that it needs.
    let short = Trial::at(700.0).unwrap().overload(2000.0, seconds(10)).unwrap().watch(seconds(20));
    let Took::Longer(longer) = short.run(&mut fixed()).unwrap().took else { panic!() };
    assert!((19..=20).contains(&longer.as_secs()), "{longer:?}");
    // The system is inside the band again, but not for long enough.
    let unsettled = Trial::at(700.0).unwrap().overload(2000.0, seconds(10)).unwrap().watch(seconds(38));
    let Took::Longer(longer) = unsettled.run(&mut fixed()).unwrap().took else { panic!() };
    assert!((32..=35).contains(&longer.as_secs()), "{longer:?}");
}

#[test]
fn the_plan_follows_from_the_breaking_point() {
    let found = Search::from(400.0).unwrap().patience(4).run(&mut fixed()).unwrap();
    let good = found.good.unwrap();
    let arrivals = Trial::beyond(&found).unwrap().schedule().unwrap();
    let near = |rate: f64, expected: f64| (rate / expected - 1.0).abs() < 1e-9;
    assert!(near(arrivals.rate_at(seconds(5)), 0.7 * good) && near(arrivals.rate_at(seconds(35)), 2.0 * good));
    // Where the break is not confirmed, a rate far beyond it is an overload all the same; near it, none is known.
    let mut unsteady = found.clone();
    unsteady.confirmed = false;
    assert_eq!(Trial::beyond(&unsteady).unwrap().schedule().unwrap(), arrivals);
    unsteady.steps.retain(|step| !step.is_far_beyond());
    assert!(unsteady.steps.iter().any(|step| !step.verdict.holds()) && Trial::beyond(&unsteady).is_err());
    // A rate was held, and no break is confirmed.
    let unbroken = Search::from(100.0).unwrap().most(400.0).unwrap().run(&mut fixed()).unwrap();
    assert!(unbroken.good.is_some());
    let error = Trial::beyond(&unbroken).unwrap_err();
    assert!(error.key() == Some("rate") && error.to_string().contains("no break is confirmed"), "{error}");
}

struct Changed(Queue, fn(&mut Outcome));

impl Drive for Changed {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let mut outcome = self.0.drive(arrivals)?;
        self.1(&mut outcome);
        Ok(outcome)
    }
}

#[test]
fn a_late_generator_and_an_early_end_are_unknown() {
    let trial = Trial::at(500.0).unwrap();
    let late = |outcome: &mut Outcome| outcome.validity = Validity::invalid("late by 9 ms");
    let early = |outcome: &mut Outcome| {
        outcome.interrupted = true;
        outcome.elapsed = Duration::from_secs(35);
    };
    for (change, why) in [(late as fn(&mut Outcome), "late by 9 ms"), (early, "before the disturbance was over")] {
        let found = trial.run(&mut Changed(fixed(), change)).unwrap();
        assert!(matches!(found.took, Took::Unknown { .. }) && found.to_string().contains(why), "{found}");
    }
}

#[test]
fn plans_that_show_nothing_are_named() {
    let trial = || Trial::at(100.0).unwrap();
    for (error, key) in [
        (Trial::at(f64::INFINITY).unwrap_err(), "rate"),
        (trial().overload(50.0, seconds(1)).unwrap_err(), "overload"),
        (trial().injected(Duration::ZERO).unwrap_err(), "injected"),
        (trial().calm(seconds(1)).schedule().unwrap_err(), "calm"),
        (trial().watch(seconds(5)).schedule().unwrap_err(), "watch"),
    ] {
        assert_eq!(error.key(), Some(key), "{error}");
    }
}

#[test]
fn a_plan_that_is_too_short_says_what_would_do() {
    let trial = |rate, calm| Trial::at(rate).unwrap().calm(calm);
    let short = trial(250.0, seconds(8)).schedule().unwrap_err().to_string();
    let remedy = "calm: 8.00 s are too short: 10 looks of 200 requests take 8.00 s at 250/s; take more than that, or a \
                  higher usual rate";
    assert_eq!(short, remedy);
    // Either remedy does.
    assert!(trial(250.0, Duration::from_millis(8_001)).schedule().is_ok());
    assert!(trial(251.0, seconds(8)).schedule().is_ok());
    let watched = |watch, settled| trial(100.0, seconds(30)).watch(seconds(watch)).settled(seconds(settled)).schedule();
    let remedy = "watch: 5.00 s are too short to see the system settled for 10.0 s; watch it for longer, or let a shorter \
                  `settled` do";
    assert_eq!(watched(5, 10).unwrap_err().to_string(), remedy);
    assert!(watched(11, 10).is_ok() && watched(5, 4).is_ok());
}
