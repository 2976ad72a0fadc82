//! When operations are due: values that give intended start times, seeded and reproducible.
//!
//! The module has the rate curves, their integrals and inverses, and the iterator over them. It does not wait, and does not
//! know which operations are started.

mod curve;
mod shapes;
mod times;

use std::time::Duration;

use crate::Error;
use curve::Curve;
pub use times::Times;

/// When operations are due: a curve of rates over time, evenly spaced or as a Poisson process, or a recorded list.
///
/// It is a value: [`times`](Self::times) gives the intended starts since the beginning, ascending, in constant memory, and
/// the same ones each time.
///
/// ```
/// use perf_load::Arrivals;
/// use std::time::Duration;
///
/// let even = Arrivals::constant(4.0, Duration::from_secs(1))?;
/// let times: Vec<u128> = even.times().map(|time| time.as_millis()).collect();
/// assert_eq!(times, [0, 250, 500, 750]);
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    source: Source,
    duration: Duration,
    seed: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Source {
    Curve(Curve),
    /// Ascending nanoseconds.
    Replay(std::sync::Arc<[u64]>),
}

impl Arrivals {
    /// The same rate curve as a Poisson process: gaps are exponential, and counts of separate stretches independent. Equal
    /// seeds give equal times. A recorded list stays as it is.
    ///
    /// ```
    /// # use perf_load::Arrivals;
    /// # use std::time::Duration;
    /// let random = Arrivals::constant(1000.0, Duration::from_secs(10))?.poisson(7);
    /// assert!(random.times().eq(random.clone().times()));
    /// let count = random.times().count() as f64;
    /// assert!((count - random.expected()).abs() < 5.0 * random.expected().sqrt());
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    #[must_use]
    pub fn poisson(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The seed of [`poisson`](Self::poisson); `None` where arrivals are evenly spaced.
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// How long arrivals come. All times are below it; of a recorded list, it is the last time.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Arrivals a second at a time; 0 from [`duration`](Self::duration) on. For a recorded list, it is the mean rate.
    #[must_use]
    pub fn rate_at(&self, at: Duration) -> f64 {
        if at >= self.duration {
            return 0.0;
        }
        match &self.source {
            Source::Curve(curve) => curve.rate_at(at.as_secs_f64()),
            Source::Replay(times) => times.len() as f64 / self.duration.as_secs_f64(),
        }
    }

    /// Arrivals in all, on average: the integral of the rate. Evenly spaced ones are within one of it.
    #[must_use]
    pub fn expected(&self) -> f64 {
        match &self.source {
            Source::Curve(curve) => curve.integral(self.duration.as_secs_f64()),
            Source::Replay(times) => times.len() as f64,
        }
    }

    /// The mean rate, per second.
    #[must_use]
    pub fn mean_rate(&self) -> f64 {
        self.expected() / self.duration.as_secs_f64()
    }

    /// The intended starts since the beginning, ascending.
    #[must_use]
    pub fn times(&self) -> Times {
        Times::new(self)
    }
}

/// A duration that arrivals can last: above zero, and its nanoseconds in 64 bits.
fn usable(key: &str, duration: Duration) -> Result<Duration, Error> {
    if duration.is_zero() {
        return Err(Error::invalid(key, "must be above zero, such as \"10s\""));
    }
    match u64::try_from(duration.as_nanos()) {
        Ok(_) => Ok(duration),
        Err(_) => Err(Error::invalid(key, "too long: at most 584 years can be counted in nanoseconds")),
    }
}
