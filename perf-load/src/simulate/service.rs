//! How long a server works on one request.

use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution as _, Exp1, StandardNormal};

use crate::Error;

/// The distribution of the time that a server works on one request, without waiting.
///
/// ```
/// use std::time::Duration;
/// use perf_load::simulate::Service;
///
/// let service = Service::lognormal(Duration::from_millis(2), 0.5)?;
/// assert_eq!(service.mean(), Duration::from_millis(2));
/// assert_eq!(service.capacity(4), 2000.0, "requests a second that four servers hold");
/// assert!(Service::exponential(Duration::ZERO).is_err());
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Service {
    mean: Duration,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Exponential,
    Deterministic,
    /// Standard deviation of the logarithm.
    Lognormal(f64),
}

impl Service {
    /// Exponential with this mean: the M of M/M/1.
    ///
    /// # Errors
    /// A mean of zero.
    pub fn exponential(mean: Duration) -> Result<Self, Error> {
        Self::new(mean, Shape::Exponential)
    }

    /// Always the same: the D of M/D/1.
    ///
    /// # Errors
    /// A time of zero.
    pub fn deterministic(time: Duration) -> Result<Self, Error> {
        Self::new(time, Shape::Deterministic)
    }

    /// Lognormal with this mean; `sigma` is the standard deviation of the logarithm: 0.5 is usual for services, 1.5 has a
    /// long tail.
    ///
    /// # Errors
    /// A mean of zero; a `sigma` that is negative or not finite, or above 5.
    pub fn lognormal(mean: Duration, sigma: f64) -> Result<Self, Error> {
        if !(0.0..=5.0).contains(&sigma) {
            return Err(Error::invalid("sigma", format!("{sigma} is no deviation of a logarithm: take 0 to 5")));
        }
        Self::new(mean, Shape::Lognormal(sigma))
    }

    fn new(mean: Duration, shape: Shape) -> Result<Self, Error> {
        if mean.is_zero() {
            return Err(Error::invalid("service", "a request takes some time: give a mean above zero"));
        }
        Ok(Self { mean, shape })
    }

    /// Mean of the distribution.
    #[must_use]
    pub fn mean(&self) -> Duration {
        self.mean
    }

    /// Requests a second that so many servers hold without disturbances.
    #[must_use]
    pub fn capacity(&self, servers: usize) -> f64 {
        servers as f64 / self.mean.as_secs_f64()
    }

    /// A time in seconds.
    pub(super) fn sample(&self, rng: &mut Xoshiro256PlusPlus) -> f64 {
        let mean = self.mean.as_secs_f64();
        match self.shape {
            Shape::Exponential => mean * rng.sample::<f64, _>(Exp1),
            Shape::Deterministic => mean,
            Shape::Lognormal(sigma) => {
                let normal: f64 = StandardNormal.sample(rng);
                mean * (sigma * normal - sigma * sigma / 2.0).exp()
            }
        }
    }
}
