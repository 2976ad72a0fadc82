//! Slow changes of speed without a cause in the load: neighbours on the machine, its clock rate, the time of day.

use rand::SeedableRng as _;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution as _, StandardNormal};

use super::Queue;

/// A stationary first-order autoregression of the logarithm of the service time (Ornstein–Uhlenbeck), one step a second.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    rng: Xoshiro256PlusPlus,
    /// Second of the last step; none before the first.
    second: Option<u64>,
    state: f64,
}

impl Weather {
    pub(super) fn new(seed: u64) -> Self {
        // Independent of the services, which use the seed itself: weather must not change which services are drawn.
        Self { rng: Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x9e37_79b9_7f4a_7c15), second: None, state: 0.0 }
    }

    /// The factor of all service times at that moment.
    pub(super) fn at(&mut self, queue: &Queue, at: u64) -> f64 {
        let Some((sigma, memory)) = queue.weather else { return 1.0 };
        let second = at / 1_000_000_000;
        let mut normal = || -> f64 { StandardNormal.sample(&mut self.rng) };
        match self.second {
            None => self.state = sigma * normal(),
            Some(before) if second > before => {
                let kept = (-((second - before) as f64) / memory.as_secs_f64()).exp();
                self.state = kept * self.state + sigma * (1.0 - kept * kept).sqrt() * normal();
            }
            Some(_) => return self.state.exp(),
        }
        self.second = Some(second);
        self.state.exp()
    }
}
