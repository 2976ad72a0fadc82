//! A queue in virtual time: a model of a system under load, without the waiting.
//!
//! A plan for a search, a recovery or an endurance run can be tried on a [`Queue`] before it goes to a machine: hours pass in
//! a moment, the same seed gives the same run, and theory says what must come out. This crate's own tests and experiments check
//! its verdicts against theory.
//!
//! ```
//! use std::time::Duration;
//! use perf_load::simulate::{Queue, Service};
//! use perf_load::{Arrivals, Drive};
//!
//! // M/M/1 at 80 % of its capacity of 1,000 requests a second, for ten minutes.
//! let mut queue = Queue::new("mm1", 1, Service::exponential(Duration::from_millis(1))?)?.seed(7);
//! let arrivals = Arrivals::constant(800.0, Duration::from_mins(10))?.poisson(1);
//! let outcome = queue.drive(&arrivals)?;
//!
//! let p99 = outcome.response.quantile(0.99).unwrap() as f64 / 1e9;
//! let theory = -0.01_f64.ln() / (1000.0 - 800.0);
//! assert!((p99 / theory - 1.0).abs() < 0.1, "{p99} s, {theory} s");
//! # Ok::<(), perf_load::Error>(())
//! ```
//!
//! # The model
//!
//! | part | how |
//! |---|---|
//! | servers | [`Queue::new`]: so many work at once, on one request each, first come first served |
//! | service | [`Service`]: exponential, deterministic, lognormal |
//! | waiting | [`Queue::room`]: so many wait at most, others are dropped; without it all wait |
//! | stalls | [`Queue::stall`], [`Queue::stall_every`]: no server works for a time; work that was begun goes on afterwards |
//! | overload that stays | [`Queue::retries`]: clients that wait too long retry, and the servers do the work of every try |
//! | failures | [`Queue::errors`]: a share of the requests |
//! | drift | [`Queue::slows`]: all services take longer, linearly with time |
//! | weather | [`Queue::weather`]: service times wander, as on a shared machine |
//! | memory | [`Memory`]: a leak, a cache that warms, noise; shown in the report's track and live bytes |
//!
//! The queue has a time of its own, which starts at zero and goes on from drive to drive: [`Queue::age`]. A drive ends when all
//! that it started is done, so the next one finds an empty queue, at that age. Response time is from the due time to the end.
//! Service time is from when a server took it, stalls included; with retries, whose queue is inside the service, it is the
//! response time.

mod drive;
mod engine;
mod memory;
mod service;
mod stalls;
mod weather;

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;

use crate::Error;
use engine::Engine;
pub use memory::Memory;
pub use service::Service;
use stalls::Stalls;

/// A queue in virtual time, to be put under load as any other [`Drive`](crate::Drive): see the [module](self).
#[derive(Clone, Debug)]
pub struct Queue {
    name: String,
    servers: usize,
    room: usize,
    service: Service,
    stalls: Stalls,
    retries: Option<Retries>,
    errors: f64,
    /// Share of the service time that is added in a second.
    slows: f64,
    /// Standard deviation of the logarithm of the service time, and how long it remembers.
    weather: Option<(f64, Duration)>,
    memory: Option<Memory>,
    seed: u64,
    now: u64,
    /// Made with the first drive, when the queue is fully configured.
    engine: Option<Engine>,
    readings: Xoshiro256PlusPlus,
}

/// The behaviour of clients that do not wait for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Retries {
    after: u64,
    tries: u32,
}

impl Queue {
    /// A queue of so many servers, each on one request at a time.
    ///
    /// # Errors
    /// No servers.
    pub fn new(name: impl Into<String>, servers: usize, service: Service) -> Result<Self, Error> {
        if servers == 0 {
            return Err(Error::invalid("servers", "a queue without servers ends no request"));
        }
        Ok(Self {
            name: name.into(),
            servers,
            room: usize::MAX,
            service,
            stalls: Stalls::default(),
            retries: None,
            errors: 0.0,
            slows: 0.0,
            weather: None,
            memory: None,
            seed: 0,
            now: 0,
            engine: None,
            readings: Xoshiro256PlusPlus::seed_from_u64(0),
        })
    }

    /// Everything that is random in it follows from this.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, engine: None, readings: Xoshiro256PlusPlus::seed_from_u64(!seed), ..self }
    }

    /// So many requests may wait; one that comes when they do is dropped.
    #[must_use]
    pub fn room(self, waiting: usize) -> Self {
        Self { room: waiting, ..self }
    }

    /// No server works from this age on, for so long. Several stalls are possible.
    #[must_use]
    pub fn stall(mut self, at: Duration, lasts: Duration) -> Self {
        self.stalls.add(nanos(at), nanos(lasts));
        self
    }

    /// No server works for `lasts` at the end of every period.
    ///
    /// # Errors
    /// A stall as long as its period.
    pub fn stall_every(mut self, period: Duration, lasts: Duration) -> Result<Self, Error> {
        self.stalls.every(period, lasts)?;
        Ok(self)
    }

    /// Clients wait for `after` and retry, so many `times` at most; then the request has failed. The servers do not know that a
    /// client stopped waiting, and work on requests without a client. This is how an overload outlasts its cause.
    #[must_use]
    pub fn retries(self, after: Duration, times: u32) -> Self {
        Self { retries: Some(Retries { after: nanos(after), tries: times }), ..self }
    }

    /// This share of the requests fails, after as much work as others need.
    ///
    /// # Errors
    /// A share that is not between 0 and 1.
    pub fn errors(self, share: f64) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::invalid("errors", format!("{share} is no share: take 0 to 1")));
        }
        Ok(Self { errors: share, ..self })
    }

    /// All services take longer with time: by this share of their time more for each hour of age.
    ///
    /// # Errors
    /// A share that is negative or not finite.
    pub fn slows(self, share_per_hour: f64) -> Result<Self, Error> {
        if !(share_per_hour.is_finite() && share_per_hour >= 0.0) {
            return Err(Error::invalid("slows", format!("{share_per_hour} is no share of a service time")));
        }
        Ok(Self { slows: share_per_hour / 3600.0, ..self })
    }

    /// Service times wander: their logarithm by a standard deviation of `sigma`, with an autocorrelation that falls to 37 % in
    /// the time `memory`.
    ///
    /// # Errors
    /// A `sigma` that is not between 0 and 2, a memory of zero.
    pub fn weather(self, sigma: f64, memory: Duration) -> Result<Self, Error> {
        if !(0.0..=2.0).contains(&sigma) || memory.is_zero() {
            return Err(Error::invalid("weather", "sigma lies between 0 and 2, and its memory is longer than nothing"));
        }
        Ok(Self { weather: Some((sigma, memory)), ..self })
    }

    /// The memory of the process; without it, its reports have no memory figures.
    #[must_use]
    pub fn memory(self, memory: Memory) -> Self {
        Self { memory: Some(memory), ..self }
    }

    /// How much of its own time has passed.
    #[must_use]
    pub fn age(&self) -> Duration {
        Duration::from_nanos(self.now)
    }

    /// Requests a second that it holds without disturbances.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        self.service.capacity(self.servers)
    }

    /// By what factor services are slower at that time.
    fn slowing(&self, at: u64) -> f64 {
        1.0 + self.slows * at as f64 / 1e9
    }
}

/// 584 years at most.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The nearest whole number that is not negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and maps NaN to 0")]
pub(crate) fn whole(value: f64) -> u64 {
    value.round() as u64
}
