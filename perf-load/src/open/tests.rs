//! Drives in virtual time: one worker, and operations that turn the clock.

use std::time::Duration;

use crate::clock::{Clock, Virtual};
use crate::mix::{Choice, Single};
use crate::settings::Settings;
use crate::{Arrivals, Ctx, Ends, Histogram, Model, Outcome, Stop, Window, closed};

const MS: Duration = Duration::from_millis(1);

fn settings(model: Model) -> Settings {
    Settings {
        name: "test".to_owned(),
        model,
        backlog: 1 << 16,
        limit: None,
        seed: 1,
        stop: Stop::new(),
        stop_on_panic: false,
        watch: None,
    }
}

fn open<R: Ends>(settings: &Settings, arrivals: &Arrivals, operation: impl Fn(&Virtual, &Ctx) -> R + Sync) -> Outcome {
    let clock = Virtual::default();
    let work = Single(|ctx: &Ctx| operation(&clock, ctx));
    super::drive_by(|| clock.clone(), settings, arrivals, &work, &Choice::single()).unwrap()
}

/// A server that works half a millisecond on a request, and does nothing in the first 100 ms of every second.
fn stalling(clock: &Virtual) {
    const STALL: Duration = Duration::from_millis(100);
    let since = Duration::from_nanos(clock.now() % 1_000_000_000);
    clock.pass(STALL.saturating_sub(since) + MS / 2);
}

fn quantile(histogram: &Histogram, q: f64) -> f64 {
    histogram.quantile(q).unwrap() as f64 / 1e6
}

/// The backlog of a stall is worked off at twice the rate of new arrivals, so arrivals of 200 ms wait, the first one 100 ms: a
/// share of `(100 − x) / 500` waits longer than x ms.
#[test]
fn an_open_loop_has_the_response_times_of_a_server_that_stalls() {
    let arrivals = Arrivals::constant(1000.0, Duration::from_secs(20)).unwrap();
    let outcome = open(&settings(Model::open(1)), &arrivals, |clock, _| stalling(clock));
    assert_eq!((outcome.counts.due, outcome.counts.completed), (20_000, 20_000));
    for (q, expected) in [(0.9, 50.5), (0.95, 75.5), (0.99, 95.5), (0.999, 100.0)] {
        let measured = quantile(&outcome.response, q);
        assert!((measured / expected - 1.0).abs() < 0.05, "p{q} is {measured}, not {expected}");
    }
    assert!((quantile(&outcome.service, 0.99) / 0.5 - 1.0).abs() < 0.05);
    assert!(outcome.validity.is_valid(), "{:?}", outcome.validity);
    assert_eq!(outcome.lateness.quantile(1.0), Some(0), "the server's stalls are not the generator's");
    let probe = outcome.report.probe("test::response").unwrap();
    assert_eq!((probe.calls, probe.histogram.clone()), (20_000, outcome.response.clone()));
    assert!((probe.max_ns as f64 / 100.5e6 - 1.0).abs() < 0.01);

    let clock = Virtual::default();
    let work = Single(|_: &Ctx| stalling(&clock));
    let workers = settings(Model::closed(1, Duration::ZERO));
    let closed =
        closed::drive_by(|| clock.clone(), &workers, Duration::from_secs(20), &work, &Choice::single()).unwrap();
    assert!(closed.counts.completed > 30_000, "it is asked as often as it answers");
    for q in [0.9, 0.99] {
        assert!(quantile(&closed.response, q) < 0.51, "a closed loop meets the stall once a second");
    }
    assert!(closed.report.probe("test::lateness").is_none());
}

#[test]
fn the_course_adds_up_to_the_whole() {
    let arrivals = Arrivals::ramp(50.0, 2000.0, Duration::from_secs(10)).unwrap().poisson(3);
    let outcome = open(&settings(Model::open(1)), &arrivals, |clock, ctx| {
        clock.pass(MS);
        if ctx.number() % 10 == 0 { Err("tenth") } else { Ok(()) }
    });
    let (mut sum, mut response, mut service) = Default::default();
    let sums: (&mut crate::Counts, &mut Histogram, &mut Histogram) = (&mut sum, &mut response, &mut service);
    let mut at = Duration::ZERO;
    let mut open = 0;
    for Window { at: begins, width, counts, backlog, response, service, .. } in &outcome.course {
        assert_eq!(*begins, at);
        at += *width;
        sums.0.add(counts);
        sums.1.merge(response);
        sums.2.merge(service);
        assert_eq!(counts.completed, response.count());
        open = open + counts.due - counts.completed - counts.dropped;
        assert_eq!(*backlog, open);
    }
    assert_eq!(open, 0);
    assert_eq!((*sums.0, &*sums.1, &*sums.2), (outcome.counts, &outcome.response, &outcome.service));
    assert_eq!(outcome.counts.due, arrivals.times().count() as u64);
    assert_eq!(outcome.counts.failed, outcome.counts.due.div_ceil(10));
    assert_eq!(outcome.classes, [("tenth".to_owned(), outcome.counts.failed)]);
    let most = outcome.course.iter().map(|window| window.backlog).max().unwrap();
    assert!(most > 1_000, "twice the capacity at the end: {most}");
    // The windows show the time: while the ramp was below capacity no arrival waited long.
    assert!(
        outcome.course[20].response.quantile(0.5).unwrap() < outcome.course[90].response.quantile(0.5).unwrap() / 10
    );
}

#[test]
fn what_finds_the_backlog_full_is_dropped_and_never_sent_later() {
    let arrivals = Arrivals::constant(1000.0, Duration::from_secs(10)).unwrap();
    let bounded = Settings { backlog: 50, ..settings(Model::open(1)) };
    let outcome = open(&bounded, &arrivals, |clock, _| clock.pass(MS * 4));
    let counts = outcome.counts;
    assert_eq!(counts.due, 10_000);
    assert_eq!(counts.started + counts.dropped, counts.due);
    assert_eq!(counts.completed, counts.started);
    // A quarter of them can be served, and those that wait at the end.
    assert!(counts.started.abs_diff(2_550) <= 2, "{counts:?}");
    let most = outcome.response.quantile(1.0).unwrap() as f64 / 1e6;
    assert!((most / 204.0 - 1.0).abs() < 0.02, "{most} ms: fifty waited before it");
    assert!(outcome.course.iter().all(|window| window.backlog <= 52), "{:?}", outcome.course);
}

/// The clock jumps while the worker waits for an arrival: the worker was not scheduled.
#[test]
fn a_generator_that_was_late_says_so() {
    let late = |every: u64, limit: Option<Duration>| {
        let arrivals = Arrivals::constant(100.0, Duration::from_secs(10)).unwrap();
        let settings = Settings { limit, ..settings(Model::open(1)) };
        let clock = Jumpy { clock: Virtual::default(), every };
        let inner = clock.clock.clone();
        let work = Single(|_: &Ctx| inner.pass(MS));
        super::drive_by(|| clock, &settings, &arrivals, &work, &Choice::single()).unwrap()
    };
    assert!(late(1_000_000, None).validity.is_valid());
    let outcome = late(20, None);
    let crate::Validity::Invalid { reason } = &outcome.validity else { panic!("{outcome:?}") };
    assert!(reason.contains("late") && reason.contains("4.0ms") && reason.contains("1.0ms"), "{reason}");
    // Its probes say so to whom judges reports.
    for part in ["response", "service", "lateness"] {
        let driven = outcome.report.probe(&format!("{}::{part}", outcome.name)).unwrap().driven.clone().unwrap();
        assert_eq!((&driven.invalid, u128::from(driven.elapsed_ns)), (reason, outcome.elapsed.as_nanos()), "{part}");
    }
    assert!(late(20, Some(MS * 50)).validity.is_valid());
    assert!(!late(20, Some(MS * 30)).validity.is_valid());
    assert!(late(500, None).validity.is_valid(), "in less than 1 %");
}

struct Jumpy {
    clock: Virtual,
    every: u64,
}

impl Clock for Jumpy {
    fn now(&self) -> u64 {
        self.clock.now()
    }

    fn wait(&self, until: u64, give_up: &dyn Fn() -> bool) -> u64 {
        self.clock.wait(until, give_up);
        if (until / 10_000_000) % self.every == 5 {
            self.clock.pass(MS * 4);
        }
        self.now()
    }
}

#[test]
fn a_drive_that_is_stopped_keeps_what_it_measured() {
    let arrivals = Arrivals::constant(100.0, Duration::from_secs(10)).unwrap();
    let settings = settings(Model::open(1));
    let outcome = open(&settings, &arrivals, |clock, ctx| {
        clock.pass(MS * 20);
        if ctx.number() == 99 {
            settings.stop.stop();
        }
    });
    // After 100 operations of 20 ms it is the second second; 200 arrivals have been due, and that one.
    assert!(outcome.interrupted);
    assert_eq!((outcome.counts.due, outcome.counts.started, outcome.counts.completed), (201, 100, 100));
    assert_eq!((outcome.response.count(), outcome.elapsed), (100, MS * 2_000));
    assert_eq!(outcome.course.last().unwrap().backlog, 101);

    let outcome = open(&self::settings(Model::open(1)), &arrivals, |clock, _| clock.pass(MS));
    assert!(!outcome.interrupted);
}

#[test]
fn panics_are_counted_and_end_the_drive_where_that_is_wanted() {
    let arrivals = Arrivals::constant(100.0, Duration::from_secs(1)).unwrap();
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let panicky = |settings: &Settings| {
        open(settings, &arrivals, |clock, ctx| {
            clock.pass(MS);
            assert_ne!(ctx.number() % 10, 3, "on purpose");
        })
    };
    let goes_on = panicky(&settings(Model::open(1)));
    let stops = panicky(&Settings { stop_on_panic: true, ..settings(Model::open(1)) });
    std::panic::set_hook(quiet);
    assert_eq!((goes_on.counts.completed, goes_on.counts.failed, goes_on.interrupted), (100, 10, false));
    assert_eq!(goes_on.classes, [("panic".to_owned(), 10)]);
    let probe = goes_on.report.probe("test::service").unwrap();
    assert_eq!((probe.calls, probe.errors, probe.panics), (100, 0, 10));
    assert_eq!((stops.counts.completed, stops.counts.failed, stops.interrupted), (4, 1, true));
}
