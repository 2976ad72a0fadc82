//! The simulated queue against queueing theory.

use crate::theory;

use std::time::Duration;

use perf_load::simulate::{Memory, Queue, Service};
use perf_load::{Arrivals, Drive, Outcome};

const MEAN: Duration = Duration::from_millis(1);

fn poisson(rate: f64, seconds: u64, seed: u64) -> Arrivals {
    Arrivals::constant(rate, Duration::from_secs(seconds)).unwrap().poisson(seed)
}

fn queue(service: Service) -> Queue {
    Queue::new("queue", 1, service).unwrap().seed(1)
}

fn seconds(outcome: &Outcome, q: f64) -> f64 {
    outcome.response.quantile(q).unwrap() as f64 / 1e9
}

fn near(what: &str, found: f64, expected: f64, share: f64) {
    assert!((found / expected - 1.0).abs() < share, "{what}: {found}, theory {expected}");
}

#[test]
fn mm1_and_md1_have_the_quantiles_of_theory() {
    for (rho, run) in [(0.5, 20), (0.8, 60), (0.9, 700)] {
        let rate = 1000.0 * rho;
        // The seed is the queue's: the arrivals must still be independent of the services.
        let arrivals = poisson(rate, run, 1);
        let random = queue(Service::exponential(MEAN).unwrap()).drive(&arrivals).unwrap();
        let fixed = queue(Service::deterministic(MEAN).unwrap()).drive(&arrivals).unwrap();
        for q in [0.5, 0.9, 0.99] {
            near(&format!("M/M/1 at {rho}, {q}"), seconds(&random, q), theory::mm1_quantile(rate, 1000.0, q), 0.1);
            near(&format!("M/D/1 at {rho}, {q}"), seconds(&fixed, q), theory::md1_quantile(rate, 0.001, q), 0.1);
        }
    }
}

#[test]
fn erlangs_formula_is_right_where_it_can_be_seen() {
    // The chance of no wait is 1 − ρ; and the mean is that of Pollaczek and Khinchine.
    assert!((theory::md1_waits_at_most(0.7, 1.0, 0.0) - 0.3).abs() < 1e-12);
    let waits: f64 = (0..2500).map(|at| 0.01 * (1.0 - theory::md1_waits_at_most(0.7, 1.0, 0.01 * f64::from(at)))).sum();
    near("mean wait", waits, theory::mg1_mean(0.7, 1.0, 1.0) - 1.0, 0.01);
    assert!((theory::md1_breaks(0.001, 0.99, theory::md1_quantile(800.0, 0.001, 0.99)) - 800.0).abs() < 0.1);
}

#[test]
fn long_tails_wait_as_pollaczek_and_khinchine_say() {
    let sigma = 1.0_f64;
    let outcome = queue(Service::lognormal(MEAN, sigma).unwrap()).drive(&poisson(600.0, 200, 3)).unwrap();
    let mean = outcome.report.probe("queue::response").unwrap().mean_ns as f64 / 1e9;
    near("mean of M/G/1", mean, theory::mg1_mean(600.0, 0.001, (sigma * sigma).exp()), 0.1);
    let service = outcome.report.probe("queue::service").unwrap().mean_ns as f64 / 1e6;
    near("mean service", service, 1.0, 0.03);
}

#[test]
fn a_full_waiting_room_drops_what_theory_says_and_nothing_is_lost() {
    let mut small = queue(Service::exponential(MEAN).unwrap()).room(4);
    let outcome = small.drive(&poisson(1200.0, 100, 5)).unwrap();
    let counts = outcome.counts;
    assert_eq!(counts.due, counts.started + counts.dropped);
    assert_eq!((counts.started, counts.completed), (counts.completed, outcome.response.count()));
    near("dropped", counts.dropped as f64 / counts.due as f64, theory::mm1k_lost(1200.0, 1000.0, 5), 0.05);
    let summed = outcome.course.iter().fold([0; 3], |[due, completed, dropped], window| {
        let part = window.counts;
        assert_eq!(part.completed, window.response.count());
        [due + part.due, completed + part.completed, dropped + part.dropped]
    });
    assert_eq!(summed, [counts.due, counts.completed, counts.dropped]);
    assert_eq!(outcome.course.last().unwrap().backlog, 0);
}

#[test]
fn the_same_seed_is_the_same_run_and_time_goes_on_between_drives() {
    let arrivals = poisson(900.0, 5, 9);
    let drive = |queue: &mut Queue| queue.drive(&arrivals).unwrap();
    let (mut one, mut two) = (queue(Service::exponential(MEAN).unwrap()), queue(Service::exponential(MEAN).unwrap()));
    let (first, again) = (drive(&mut one), drive(&mut two));
    // Not `assert_eq`: its message would print whole histograms.
    assert!(first.response == again.response && first.course == again.course);
    assert_eq!(one.age(), first.elapsed);
    let second = drive(&mut one);
    assert!(second.response != first.response, "the queue's own randomness goes on");
    assert_eq!(one.age(), first.elapsed + second.elapsed);
    assert!(drive(&mut two.clone().seed(2)).response != drive(&mut two).response);
}

#[test]
fn a_stall_shows_in_the_response_times_alone_by_theory() {
    // For 100 ms in every second no server works. A request that comes in such a stall waits for its end, and then for
    // earlier requests.
    let mut stalls = queue(Service::deterministic(Duration::from_micros(10)).unwrap())
        .stall_every(Duration::from_secs(1), Duration::from_millis(100))
        .unwrap();
    let outcome = stalls.drive(&Arrivals::constant(1000.0, Duration::from_secs(101)).unwrap()).unwrap();
    // A tenth of the requests waits evenly between nothing and 100 ms.
    for (q, expected) in [(0.95, 0.05), (0.99, 0.09)] {
        near(&format!("response {q}"), seconds(&outcome, q), expected, 0.05);
    }
    // The stall lengthened only the service of the request that was being served when it began.
    assert!(outcome.service.quantile(0.995).unwrap() < 100_000, "{:?}", outcome.service.quantile(0.995));
}

#[test]
fn retries_keep_an_overload_alive_that_a_plain_queue_forgets() {
    let stages = [(700.0, 20), (2000.0, 10), (700.0, 60)].map(|(rate, time)| (rate, Duration::from_secs(time)));
    let arrivals = Arrivals::stages(&stages).unwrap().poisson(3);
    let plain = queue(Service::exponential(MEAN).unwrap()).drive(&arrivals).unwrap();
    let storm =
        queue(Service::exponential(MEAN).unwrap()).retries(Duration::from_millis(100), 3).drive(&arrivals).unwrap();
    let failed = |outcome: &Outcome, from: u64, to: u64| {
        let inside = |at: Duration| at >= Duration::from_secs(from) && at < Duration::from_secs(to);
        let windows = || outcome.course.iter().filter(|window| inside(window.at));
        let sum = |part: fn(&perf_load::Window) -> u64| windows().map(part).sum::<u64>() as f64;
        sum(|window| window.counts.failed) / sum(|window| window.counts.completed)
    };
    assert!(failed(&storm, 0, 18) < 0.01, "calm before: {}", failed(&storm, 0, 18));
    assert!(failed(&storm, 70, 90) > 0.5, "long after the overload: {}", failed(&storm, 70, 90));
    let late = plain.course.iter().filter(|window| (80..90).contains(&window.at.as_secs()));
    assert!(late.clone().count() > 5 && late.map(|window| window.backlog).max().unwrap() < 100);
}

#[test]
fn what_drifts_drifts_and_memory_is_told() {
    let memory = Memory::at_first(100 << 20).leak_per_minute(1 << 20).cache(50 << 20, Duration::from_mins(1));
    let mut queue =
        queue(Service::deterministic(MEAN).unwrap()).slows(1.0).unwrap().memory(memory).errors(0.25).unwrap();
    let arrivals = Arrivals::constant(10.0, Duration::from_mins(10)).unwrap();
    let outcomes: Vec<Outcome> = (0..6).map(|_| queue.drive(&arrivals).unwrap()).collect();
    let service = |outcome: &Outcome| outcome.report.probe("queue::service").unwrap().mean_ns as f64 / 1e6;
    near("first ten minutes", service(&outcomes[0]), 1.0 + 1.0 / 12.0, 0.01);
    near("last ten minutes", service(&outcomes[5]), 2.0 - 1.0 / 12.0, 0.01);
    let mib = |outcome: &Outcome| outcome.report.meta.live_bytes as f64 / f64::from(1 << 20);
    near("after ten minutes", mib(&outcomes[0]), 160.0, 0.01);
    near("after an hour", mib(&outcomes[5]), 210.0, 0.01);
    let failed: u64 = outcomes.iter().map(|outcome| outcome.counts.failed).sum();
    near("failed", failed as f64 / 36_000.0, 0.25, 0.05);
    let track = &outcomes[5].report.monitor[0].moments;
    let busy = (track[1].cpu_ns.unwrap() - track[0].cpu_ns.unwrap()) as f64 / (track[1].at_ns - track[0].at_ns) as f64;
    near("busy", busy, 0.01 * service(&outcomes[5]), 0.01);
}

#[test]
fn weather_wanders_around_the_same_mean() {
    let mut wanders = queue(Service::deterministic(MEAN).unwrap()).weather(0.2, Duration::from_secs(20)).unwrap();
    let outcome = wanders.drive(&Arrivals::constant(20.0, Duration::from_secs(4000)).unwrap()).unwrap();
    let middle = outcome.service.quantile(0.5).unwrap() as f64 / 1e6;
    assert!((0.85..1.18).contains(&middle), "{middle}");
    let wide = outcome.service.quantile(0.977).unwrap() as f64 / 1e6;
    assert!((1.3..1.75).contains(&wide), "two deviations up: {wide}");
}

#[test]
fn what_makes_no_queue_is_named() {
    let service = Service::exponential(MEAN).unwrap();
    let refused = [
        (Queue::new("q", 0, service).unwrap_err(), "servers"),
        (queue(service).errors(f64::NAN).unwrap_err(), "errors"),
        (queue(service).slows(-1.0).unwrap_err(), "slows"),
        (queue(service).weather(0.1, Duration::ZERO).unwrap_err(), "weather"),
        (queue(service).stall_every(MEAN, MEAN).unwrap_err(), "stall"),
        (Service::lognormal(MEAN, f64::INFINITY).unwrap_err(), "sigma"),
        (Service::deterministic(Duration::ZERO).unwrap_err(), "service"),
    ];
    for (error, key) in refused {
        assert_eq!(error.key(), Some(key), "{error}");
    }
}
