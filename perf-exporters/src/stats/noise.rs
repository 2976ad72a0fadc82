//! Seeded noise for the tests of this folder.

use fastrand::Rng;

/// A standard normal value (Box and Muller).
pub(crate) fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// Call times with the median 1: log-normal with standard deviation `sigma` of the logarithm, first-order autoregressive with
/// correlation `rho`, and a share `stolen` of calls in bursts of `burst` calls on average, four times slower.
pub(crate) struct Calls {
    pub(crate) sigma: f64,
    pub(crate) rho: f64,
    pub(crate) stolen: f64,
    pub(crate) burst: f64,
}

impl Calls {
    pub(crate) fn take(&self, n: usize, rng: &mut Rng) -> Vec<f64> {
        let leave = 1.0 / self.burst;
        let enter = leave * self.stolen / (1.0 - self.stolen);
        let mut slow = rng.f64() < self.stolen;
        let mut state = normal(rng);
        let fresh = (1.0 - self.rho * self.rho).sqrt();
        (0..n)
            .map(|_| {
                let turn = rng.f64();
                slow = if slow { turn >= leave } else { turn < enter };
                state = self.rho * state + fresh * normal(rng);
                (self.sigma * state).exp() * if slow { 4.0 } else { 1.0 }
            })
            .collect()
    }
}

/// Kinds of noise that a shared machine shows, from calm to bad.
pub(crate) const MACHINES: [Calls; 4] = [
    Calls { sigma: 0.1, rho: 0.0, stolen: 0.0, burst: 1.0 },
    Calls { sigma: 0.3, rho: 0.5, stolen: 0.005, burst: 5.0 },
    Calls { sigma: 0.2, rho: 0.95, stolen: 0.02, burst: 20.0 },
    Calls { sigma: 0.4, rho: 0.9, stolen: 0.05, burst: 50.0 },
];
