//! The memory of a simulated process: a leak, a cache that warms, noise.

use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution as _, StandardNormal};

/// Live bytes of a simulated process over its time: those at the beginning, a leak, a cache that fills, and noise.
///
/// ```
/// use std::time::Duration;
/// use perf_load::simulate::Memory;
///
/// let memory = Memory::at_first(64 << 20).leak_per_minute(1 << 20);
/// assert_eq!(memory.expected(Duration::from_mins(10)), f64::from(74 << 20));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    first: f64,
    leak_per_minute: f64,
    cache: f64,
    warming: Duration,
    noise: f64,
}

impl Memory {
    /// A process with so many bytes at the beginning.
    #[must_use]
    pub fn at_first(bytes: u64) -> Self {
        Self { first: bytes as f64, ..Self::default() }
    }

    /// Loses so many bytes a minute.
    #[must_use]
    pub fn leak_per_minute(self, bytes: u64) -> Self {
        Self { leak_per_minute: bytes as f64, ..self }
    }

    /// A cache that ends at so many bytes and is 63 % full after `warming`, 95 % after three times that.
    #[must_use]
    pub fn cache(self, bytes: u64, warming: Duration) -> Self {
        Self { cache: bytes as f64, warming, ..self }
    }

    /// Every reading is off by a normal error of this standard deviation, each by its own.
    #[must_use]
    pub fn noise(self, bytes: u64) -> Self {
        Self { noise: bytes as f64, ..self }
    }

    /// Bytes at this age, without the noise.
    #[must_use]
    pub fn expected(&self, age: Duration) -> f64 {
        let filled = if self.warming.is_zero() { 1.0 } else { 1.0 - (-age.div_duration_f64(self.warming)).exp() };
        self.first + self.leak_per_minute * age.as_secs_f64() / 60.0 + self.cache * filled
    }

    pub(super) fn read(&self, age: Duration, rng: &mut Xoshiro256PlusPlus) -> u64 {
        let noise: f64 = StandardNormal.sample(rng);
        super::whole(self.expected(age) + self.noise * noise)
    }
}
