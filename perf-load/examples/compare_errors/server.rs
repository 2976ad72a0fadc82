//! A server in virtual time, on a machine whose speed wanders.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use perf_load::{Arrivals, Drive, Error, Histogram, Model, Outcome, Validity};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Exp1, StandardNormal};

/// The machine that two implementations share: blocks near each other see nearly the same speed.
#[derive(Clone)]
pub(crate) struct Machine(Rc<RefCell<State>>);

struct State {
    random: Xoshiro256PlusPlus,
    log_speed: f64,
    wander: f64,
    drift: f64,
}

impl Machine {
    /// The logarithm of its speed is autoregressive with correlation 0.9 and steps of `wander`, and falls by `drift` a block.
    pub(crate) fn new(seed: u64, wander: f64, drift: f64) -> Self {
        Self(Rc::new(RefCell::new(State {
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            log_speed: 0.0,
            wander,
            drift,
        })))
    }
}

/// One server with exponential service times.
pub(crate) struct Server {
    /// The machine on whose speed its times depend.
    pub(crate) machine: Machine,
    /// Mean service time in seconds on a machine of speed 1.
    pub(crate) mean: f64,
    /// Share of operations that fail.
    pub(crate) fails: f64,
    /// Whether its generator is late.
    pub(crate) late: bool,
}

impl Server {
    /// A server that never fails, and is in time.
    pub(crate) fn new(machine: &Machine, mean: f64) -> Self {
        Self { machine: machine.clone(), mean, fails: 0.0, late: false }
    }
}

impl Drive for Server {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "response times are not negative")]
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let State { random, log_speed, wander, drift } = &mut *self.machine.0.borrow_mut();
        let step: f64 = StandardNormal.sample(random);
        *log_speed = 0.9 * *log_speed + *wander * step - *drift;
        let mean = self.mean / log_speed.exp();
        let mut outcome = Outcome::new("simulated", Model::open(usize::MAX));
        let (mut free, mut times) = (0.0_f64, Vec::new());
        for at in arrivals.times() {
            let at = at.as_secs_f64();
            let service: f64 = Exp1.sample(random);
            free = free.max(at) + mean * service;
            times.push(((free - at) * 1e9) as u64);
            outcome.counts.failed += u64::from(random.random::<f64>() < self.fails);
        }
        let count = times.len() as u64;
        outcome.counts.due = count;
        outcome.counts.started = count;
        outcome.counts.completed = count;
        outcome.response = times.into_iter().collect::<Histogram>();
        outcome.elapsed = Duration::from_secs_f64(free.max(arrivals.duration().as_secs_f64()));
        if self.late {
            outcome.validity = Validity::invalid("the generator was late: 3 ms at p99");
        }
        Ok(outcome)
    }
}
