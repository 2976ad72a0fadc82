//! Drives in real time: the tests check counts only, since times depend on the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use perf_load::{Arrivals, Counts, Ctx, Drive, Load, Mix, Model, Operation, Outcome, Sizes, Stop};

const MS: Duration = Duration::from_millis(1);

/// Sums that hold for every drive that was not interrupted.
fn adds_up(outcome: &Outcome) {
    let Counts { due, started, completed, failed, dropped, .. } = outcome.counts;
    assert!(!outcome.interrupted);
    assert_eq!(due, started + dropped);
    assert_eq!(started, completed);
    assert!(failed <= completed);
    assert_eq!((outcome.response.count(), outcome.service.count()), (completed, completed));
    let mut sum = Counts::default();
    outcome.course.iter().for_each(|window| sum.add(&window.counts));
    assert_eq!(sum, outcome.counts);
    assert_eq!(outcome.course.last().map_or(0, |window| window.backlog), 0);
    assert_eq!(outcome.classes.iter().map(|class| class.1).sum::<u64>(), failed);
    assert!(outcome.elapsed >= outcome.scheduled);
    for part in ["response", "service"] {
        let probe = outcome.report.probe(&format!("{}::{part}", outcome.name)).unwrap();
        assert_eq!((probe.calls, probe.errors + probe.panics), (completed, failed));
    }
}

#[test]
fn every_arrival_is_one_call_on_threads() {
    let calls = AtomicU64::new(0);
    let load = Load::new("threads").rate(20_000.0).poisson().seed(5).duration(MS * 200).max_in_flight(8);
    let outcome = load
        .run(|ctx| {
            calls.fetch_add(1, Ordering::Relaxed);
            if ctx.number() % 7 == 0 { Err("seventh") } else { Ok(()) }
        })
        .unwrap();
    adds_up(&outcome);
    assert_eq!(outcome.counts.due, load.schedule().unwrap().times().count() as u64);
    assert_eq!(outcome.counts.completed, calls.load(Ordering::Relaxed));
    assert_eq!(outcome.classes, [("seventh".to_owned(), outcome.counts.completed.div_ceil(7))]);
    assert_eq!(outcome.lateness.count(), outcome.counts.completed);
    assert_eq!((outcome.model, outcome.seed), (Model::open(8), Some(5)));
}

#[test]
fn operations_at_one_time_are_bounded_on_threads() {
    let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let load = Load::new("bounded").rate(5_000.0).duration(MS * 100).max_in_flight(3).backlog(20);
    let outcome = load
        .run(|_| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(MS * 3);
            now.fetch_sub(1, Ordering::SeqCst);
        })
        .unwrap();
    adds_up(&outcome);
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert!(outcome.counts.dropped > 250, "three by three milliseconds are a thousand a second: {:?}", outcome.counts);
}

#[test]
fn a_mix_has_probes_of_each_operation_and_does_not_depend_on_threads() {
    let counts = |threads: usize| {
        let sizes = AtomicU64::new(0);
        let mix = Mix::new()
            .add(Operation::new("read").weight(8.0).failures(0.25), |_: &Ctx| ())
            .add(Operation::new("write").weight(2.0).sizes(Sizes::log_normal(1_000.0, 1.0, 100_000)), |ctx: &Ctx| {
                sizes.fetch_add(ctx.size(), Ordering::Relaxed);
            })
            .add(Operation::new("never").weight(0.0), |_: &Ctx| -> () { panic!("its weight is zero") });
        let load = Load::new("mix").rate(20_000.0).duration(MS * 250).max_in_flight(threads);
        let outcome = load.run_mix(&mix).unwrap();
        adds_up(&outcome);
        let probe = |name: &str| outcome.report.probe(&format!("mix::{name}::response")).unwrap();
        let (read, write) = (probe("read"), probe("write"));
        assert_eq!(read.calls + write.calls, 5_000);
        assert_eq!((read.histogram.count(), write.errors), (read.calls, 0));
        assert_eq!(outcome.classes, [("injected".to_owned(), read.errors)]);
        assert_eq!(probe("never").calls, 0);
        assert_eq!(outcome.seed, Some(1));
        (read.calls, read.errors, sizes.load(Ordering::Relaxed))
    };
    let (reads, injected, bytes) = counts(1);
    assert!(reads.abs_diff(4_000) < 150 && injected.abs_diff(reads / 4) < 150, "{reads} {injected}");
    // The mean of a log-normal distribution is exp(σ²/2) times its median.
    let mean = bytes as f64 / (5_000 - reads) as f64;
    assert!((1_400.0..1_950.0).contains(&mean), "{mean}");
    assert_eq!(counts(5), (reads, injected, bytes));
}

#[test]
fn a_driver_drives_again_and_again() {
    let mut driver = Load::new("again").max_in_flight(2).driver(|_| ());
    for rate in [100_u32, 1_000] {
        let outcome = driver.drive(&Arrivals::constant(f64::from(rate), MS * 100).unwrap()).unwrap();
        adds_up(&outcome);
        assert_eq!(outcome.counts.due, u64::from(rate) / 10);
    }
}

#[test]
fn a_closed_loop_is_named_so() {
    let calls = AtomicU64::new(0);
    let outcome = Load::new("closed").workers(3).think(MS).duration(MS * 60).run(|_| {
        calls.fetch_add(1, Ordering::Relaxed);
    });
    let outcome = outcome.unwrap();
    adds_up(&outcome);
    assert_eq!(outcome.model, Model::closed(3, MS));
    assert_eq!(outcome.counts.completed, calls.load(Ordering::Relaxed));
    assert!(outcome.counts.completed <= 3 * 61, "each waits a millisecond between two: {:?}", outcome.counts);
    assert_eq!((outcome.lateness.count(), &outcome.response), (0, &outcome.service));
    assert!(outcome.report.probe("closed::lateness").is_none());
}

#[test]
fn a_stop_handle_ends_it_from_outside() {
    let stop = Stop::new();
    let handle = stop.clone();
    let load = Load::new("stopped").rate(1_000.0).duration(Duration::from_hours(1)).stop(stop);
    let outcome = load
        .run(move |ctx| {
            if ctx.number() == 50 {
                handle.stop();
            }
        })
        .unwrap();
    assert!(outcome.interrupted);
    assert!((51..60_000).contains(&outcome.counts.completed), "{:?}", outcome.counts);
    assert_eq!(outcome.counts.completed, outcome.counts.started);
    assert!(outcome.elapsed < Duration::from_mins(50));
}

#[test]
fn plans_that_cannot_be_driven_name_the_key() {
    let key = |load: Load| load.run(|_| ()).unwrap_err().key().map(str::to_owned).unwrap();
    let load = || Load::new("bad").duration(MS);
    assert_eq!(key(load()), "rate");
    assert_eq!(key(load().rate(f64::NAN)), "rate");
    assert_eq!(key(load().ramp(0.0, -1.0)), "to");
    assert_eq!(key(load().rate(1.0).duration(Duration::ZERO)), "duration");
    assert_eq!(key(load().rate(1.0).duration(Duration::MAX)), "duration");
    assert_eq!(key(load().rate(1.0).max_in_flight(0)), "max-in-flight");
    assert_eq!(key(load().rate(1.0).max_in_flight(1_000_000)), "max-in-flight");
    assert_eq!(key(load().rate(1.0).backlog(usize::MAX)), "backlog");
    assert_eq!(key(load().rate(1.0).limit(Duration::ZERO)), "limit");
    assert_eq!(key(load().workers(0)), "workers");
    assert_eq!(key(load().workers(1).rate(1.0)), "workers");
    assert_eq!(key(load().workers(1).duration(Duration::ZERO)), "duration");
    let mix = |mix: &Mix<'_>| load().rate(1.0).run_mix(mix).unwrap_err().key().map(str::to_owned).unwrap();
    let operation = |operation: Operation| mix(&Mix::new().add(operation, |_: &Ctx| ()));
    assert_eq!(mix(&Mix::new()), "operation");
    assert_eq!(operation(Operation::new("a").weight(-1.0)), "operation.a.weight");
    assert_eq!(operation(Operation::new("a").weight(0.0)), "operation");
    assert_eq!(operation(Operation::new("a").failures(1.5)), "operation.a.failures");
    assert_eq!(operation(Operation::new("a").sizes(Sizes::uniform(2, 1))), "operation.a.sizes");
    assert_eq!(operation(Operation::new("a").sizes(Sizes::exponential(f64::NAN))), "operation.a.sizes");
    let twice = Mix::new().add(Operation::new("a"), |_: &Ctx| ()).add(Operation::new("a"), |_: &Ctx| ());
    assert_eq!(mix(&twice), "operation.a");
    let closed = Load::new("closed").workers(1).driver(|_| ()).drive(&Arrivals::constant(1.0, MS).unwrap());
    assert_eq!(closed.unwrap_err().key(), Some("workers"));
}

#[test]
fn who_watches_is_told() {
    let seen = Arc::new(AtomicU64::new(0));
    let told = seen.clone();
    let load = Load::new("watched").rate(1_000.0).duration(MS * 600).watch(move |live| {
        let line = live.to_string();
        assert!(line.starts_with("watched  ") && line.contains("/s  p99 ") && !line.contains('\n'), "{line}");
        assert!(live.counts.completed <= live.counts.started);
        told.store(live.counts.completed, Ordering::Relaxed);
    });
    load.run(|_| ()).unwrap();
    assert_eq!(seen.load(Ordering::Relaxed), 600, "the last time when all is over");
}

#[cfg(feature = "tokio")]
mod tasks {
    use perf_load::AsyncMix;

    use super::*;

    #[test]
    fn every_arrival_is_one_call_as_tasks() {
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        let load = Load::new("tasks").rate(10_000.0).poisson().duration(MS * 200).max_in_flight(16);
        let outcome = load.run_async(move |ctx| {
            let calls = counted.clone();
            async move {
                if ctx.number() % 3 == 0 {
                    tokio::time::sleep(MS).await;
                }
                calls.fetch_add(1, Ordering::Relaxed);
                if ctx.number() % 7 == 0 { Err("seventh") } else { Ok(()) }
            }
        });
        let outcome = outcome.unwrap();
        adds_up(&outcome);
        assert_eq!(outcome.counts.due, load.schedule().unwrap().times().count() as u64);
        assert_eq!((outcome.counts.completed, outcome.counts.dropped), (calls.load(Ordering::Relaxed), 0));
        assert_eq!(outcome.lateness.count(), outcome.counts.completed);
    }

    #[test]
    fn tasks_at_one_time_are_bounded() {
        let at = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let shared = at.clone();
        let load = Load::new("bounded").rate(5_000.0).duration(MS * 100).max_in_flight(3).backlog(20);
        let outcome = load.run_async(move |_| {
            let at = shared.clone();
            async move {
                at.1.fetch_max(at.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(MS * 3).await;
                at.0.fetch_sub(1, Ordering::SeqCst);
            }
        });
        let outcome = outcome.unwrap();
        adds_up(&outcome);
        assert_eq!(at.1.load(Ordering::SeqCst), 3);
        assert!(outcome.counts.dropped > 250, "{:?}", outcome.counts);
    }

    #[test]
    fn panics_of_tasks_are_counted() {
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let mix = AsyncMix::new()
            .add(Operation::new("before"), |ctx: Ctx| {
                assert_ne!(ctx.number() % 2, 0, "before there is a future");
                async {}
            })
            .add(Operation::new("inside"), |ctx: Ctx| async move {
                tokio::task::yield_now().await;
                assert_ne!(ctx.number() % 2, 0, "at the second poll");
            });
        let outcome = Load::new("panics").rate(2_000.0).duration(MS * 100).run_async_mix(mix);
        let one = Load::new("one").rate(100.0).duration(Duration::from_mins(1)).stop_on_panic();
        let stopped = one.run_async(|ctx| async move { assert_ne!(ctx.number(), 7) });
        std::panic::set_hook(quiet);
        let outcome = outcome.unwrap();
        adds_up(&outcome);
        assert_eq!((outcome.counts.completed, outcome.counts.failed), (200, 100));
        let panics = |name| outcome.report.probe(&format!("panics::{name}::service")).unwrap().panics;
        assert_eq!(panics("before") + panics("inside"), 100);
        let stopped = stopped.unwrap();
        assert!(stopped.interrupted && stopped.counts.completed >= 8 && stopped.counts.failed == 1);
    }

    #[test]
    fn a_closed_loop_of_tasks() {
        let outcome = Load::new("closed").workers(4).think(MS).duration(MS * 60).run_async(|_| async {
            tokio::time::sleep(MS).await;
        });
        let outcome = outcome.unwrap();
        adds_up(&outcome);
        assert_eq!(outcome.model, Model::closed(4, MS));
        assert!((4..=4 * 31).contains(&outcome.counts.completed), "{:?}", outcome.counts);
    }
}
