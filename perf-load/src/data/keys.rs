//! Accesses to a key-value store.

use rand::RngExt;
use rand_distr::{Distribution, LogNormal, Zipf};

use super::write::{filler, padded};
use super::{MOST_BYTES, Random, Record, random, sizes, zipf};
use crate::Error;

/// Reads, writes and deletions of keys, where few keys have most of the accesses.
///
/// Ranks follow Zipf's law; each rank belongs to one key, by a bijection, so that keys that are often used are not neighbours.
///
/// ```
/// use perf_load::data::{AccessKind, KeyValue};
///
/// let accesses = KeyValue::new(5).keys(1_000).exponent(1.0).reads(0.9).accesses()?;
/// let reads = accesses.take(1_000).filter(|access| access.kind == AccessKind::Get).count();
/// assert!((860..940).contains(&reads));
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct KeyValue {
    seed: u64,
    keys: u64,
    exponent: f64,
    reads: f64,
    deletions: f64,
    median: f64,
    spread: f64,
}

impl KeyValue {
    /// A million keys with the exponent 0.99 of YCSB, 95 % reads, values of 100 bytes in the median.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, keys: 1_000_000, exponent: 0.99, reads: 0.95, deletions: 0.0, median: 100.0, spread: 0.5 }
    }

    /// How many keys there are; they take no memory.
    #[must_use]
    pub const fn keys(mut self, keys: u64) -> Self {
        self.keys = keys;
        self
    }

    /// Zipf's exponent: 0 draws all keys alike, 1 draws the second half as often as the first.
    #[must_use]
    pub const fn exponent(mut self, exponent: f64) -> Self {
        self.exponent = exponent;
        self
    }

    /// Share of reads, 0 … 1.
    #[must_use]
    pub const fn reads(mut self, share: f64) -> Self {
        self.reads = share;
        self
    }

    /// Share of deletions, 0 … 1 less the share of reads; the rest are writes.
    #[must_use]
    pub const fn deletions(mut self, share: f64) -> Self {
        self.deletions = share;
        self
    }

    /// Median size of a value in bytes, and the standard deviation of the sizes' logarithm.
    #[must_use]
    pub const fn values(mut self, median: f64, spread: f64) -> Self {
        self.median = median;
        self.spread = spread;
        self
    }

    /// The stream.
    ///
    /// # Errors
    /// Where a setting makes no stream: the error names it.
    pub fn accesses(&self) -> Result<AccessStream, Error> {
        let share = |share: f64| (0.0..=1.0).contains(&share);
        if !(share(self.reads) && share(self.deletions) && self.reads + self.deletions <= 1.0 + 1e-12) {
            let why = format!("shares of {} reads and {} deletions are not parts of 1", self.reads, self.deletions);
            return Err(Error::invalid("reads", why));
        }
        if self.keys > MOST_KEYS {
            return Err(Error::invalid("keys", format!("{} keys; give at most {MOST_KEYS}", self.keys)));
        }
        Ok(AccessStream {
            random: random(self.seed),
            ranks: zipf("keys", self.keys, self.exponent)?,
            sizes: sizes("values", self.median, self.spread)?,
            scatter: Scatter::new(self.keys),
            reads: self.reads,
            gone: self.reads + self.deletions,
        })
    }
}

/// Ranks are drawn as floats, which are exact up to here.
const MOST_KEYS: u64 = 1 << 52;

/// The affine bijection rank → rank · factor + shift, modulo the number of keys.
#[derive(Clone, Copy, Debug)]
struct Scatter {
    keys: u64,
    factor: u64,
}

impl Scatter {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the number of keys")]
    fn new(keys: u64) -> Self {
        let greatest_divisor = |mut a: u64, mut b: u64| {
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        // The golden section spreads neighbours widest; the next number without a common divisor keeps it a bijection.
        let mut factor = ((keys as f64 * 0.618_033_988_749_895) as u64).max(1);
        while greatest_divisor(factor, keys) != 1 {
            factor += 1;
        }
        Self { keys, factor }
    }

    fn key(self, rank: u64) -> u64 {
        let product = u128::from(rank - 1) * u128::from(self.factor) + u128::from(self.keys / 3);
        u64::try_from(product % u128::from(self.keys)).unwrap_or(0)
    }
}

/// The stream of [`KeyValue`].
#[derive(Clone, Debug)]
pub struct AccessStream {
    random: Random,
    ranks: Zipf<f64>,
    sizes: LogNormal<f64>,
    scatter: Scatter,
    reads: f64,
    gone: f64,
}

impl Iterator for AccessStream {
    type Item = Access;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ranks and sizes within checked bounds")]
    fn next(&mut self) -> Option<Access> {
        let rank = (self.ranks.sample(&mut self.random) as u64).clamp(1, self.scatter.keys);
        let turn = self.random.random::<f64>();
        let kind = if turn < self.reads {
            AccessKind::Get
        } else if turn < self.gone {
            AccessKind::Delete
        } else {
            let bytes = self.sizes.sample(&mut self.random).clamp(1.0, MOST_BYTES) as u32;
            AccessKind::Put { bytes, seed: self.random.random() }
        };
        Some(Access { rank, key: self.scatter.key(rank), kind })
    }
}

/// One access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The key's rank: 1 is the one that is used most.
    pub rank: u64,
    /// The key, from 0.
    pub key: u64,
    /// The operation.
    pub kind: AccessKind,
}

/// An operation on a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Read.
    Get,
    /// Written, with a value of so many bytes that follows from the seed: [`Access::value`].
    Put {
        /// Length of the value.
        bytes: u32,
        /// Seed of the value.
        seed: u64,
    },
    /// Removed.
    Delete,
}

impl Access {
    /// Appends the value that is written: letters and digits. Reads and deletions append nothing.
    pub fn value(&self, out: &mut Vec<u8>) {
        if let AccessKind::Put { bytes, seed } = self.kind {
            filler(out, seed, bytes as usize);
        }
    }
}

/// `GET key`, `PUT key value` or `DEL key`.
impl Record for Access {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(match self.kind {
            AccessKind::Get => b"GET key",
            AccessKind::Put { .. } => b"PUT key",
            AccessKind::Delete => b"DEL key",
        });
        padded(out, self.key, 12);
        if matches!(self.kind, AccessKind::Put { .. }) {
            out.push(b' ');
            self.value(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_has_a_key_of_its_own() {
        for keys in [1, 2, 3, 10, 97, 360, 1024] {
            let scatter = Scatter::new(keys);
            let mut seen: Vec<u64> = (1..=keys).map(|rank| scatter.key(rank)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..keys).collect::<Vec<_>>(), "{keys} keys");
        }
    }
}
