//! Results of queueing theory: the oracle of the simulated queue and of the searches on it. Rates per second, times in seconds.
#![allow(dead_code, reason = "each test file takes what it needs")]

/// The time that the share `q` of the requests of an M/M/1 queue is done in: the sojourn time is exponential with the rate
/// μ − λ (Kleinrock, *Queueing Systems* I, 5.119).
pub(crate) fn mm1_quantile(arrivals: f64, capacity: f64, q: f64) -> f64 {
    -(1.0 - q).ln() / (capacity - arrivals)
}

/// The share of the requests of an M/D/1 queue that wait at most `time` (Erlang 1909): (1 − ρ) Σ (λ(kD − t))ᵏ ÷ k! · e^(−λ(kD − t)),
/// k from 0 to ⌊t ÷ D⌋. The terms alternate: exact to six digits up to λt = 25.
pub(crate) fn md1_waits_at_most(arrivals: f64, service: f64, time: f64) -> f64 {
    let rho = arrivals * service;
    let mut sum = 0.0;
    let mut k = 0_i32;
    while f64::from(k) * service <= time {
        let x = arrivals * (f64::from(k) * service - time);
        let factorial: f64 = (1..=k).map(f64::from).product();
        sum += x.powi(k) / factorial * (-x).exp();
        k += 1;
    }
    (1.0 - rho) * sum
}

/// The time that the share `q` of the requests of an M/D/1 queue is done in: waiting, by Erlang's formula, and the service.
pub(crate) fn md1_quantile(arrivals: f64, service: f64, q: f64) -> f64 {
    service + least(0.0, 25.0 / arrivals, |time| md1_waits_at_most(arrivals, service, time) >= q)
}

/// The share that finds no place in an M/M/1 queue with so many places, the server's among them.
pub(crate) fn mm1k_lost(arrivals: f64, capacity: f64, places: i32) -> f64 {
    let rho = arrivals / capacity;
    (1.0 - rho) * rho.powi(places) / (1.0 - rho.powi(places + 1))
}

/// Mean time in an M/G/1 queue (Pollaczek 1930, Khinchine 1932), where `squares` is E[S²] ÷ E[S]².
pub(crate) fn mg1_mean(arrivals: f64, service: f64, squares: f64) -> f64 {
    let rho = arrivals * service;
    service + rho * service * squares / (2.0 * (1.0 - rho))
}

/// The rate at which that quantile of an M/M/1 queue is `limit`.
pub(crate) fn mm1_breaks(capacity: f64, q: f64, limit: f64) -> f64 {
    capacity + (1.0 - q).ln() / limit
}

/// The rate at which that quantile of an M/D/1 queue is `limit`.
pub(crate) fn md1_breaks(service: f64, q: f64, limit: f64) -> f64 {
    least(0.01 / service, 0.999 / service, |arrivals| md1_quantile(arrivals, service, q) >= limit)
}

/// The least number in the range that holds, found by halving.
fn least(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
