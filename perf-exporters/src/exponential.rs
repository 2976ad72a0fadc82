//! The distribution as Prometheus and OpenTelemetry count it: seconds, in buckets that grow by 2^(1/32).
//!
//! Prometheus calls this layout *native histogram, schema 5*, OpenTelemetry *exponential histogram, scale 5*. Both have
//! boundaries at `2^(i/32)` seconds, and both count a value on a boundary below it. [`Exponential`] is made from the
//! log-linear [`Histogram`] of nanoseconds once, and never made into anything else: errors do not add up.
//!
//! # Error
//!
//! A source bucket is at most 1/64 of its lower edge wide, so it holds at most one boundary. What lies on the boundary is
//! split there, in proportion to the nanoseconds on either side. Where the split would put values so far from where they
//! were that reading them back could be off by more than 2 %, the whole bucket goes to the side that holds most of it
//! instead. Hence, for all data: a quantile read as the geometric middle of its bucket, as [`Exponential::quantile`]
//! does, is within 2 % of the exact order statistic. No count is lost.
//!
//! A reader that interpolates inside a bucket, as Prometheus does, stays within the same 2 % where several values lie
//! around the quantile. Of a few, or of many that are all the same, it knows the bucket but not the place in it: then it
//! may be off by 3.1 % at the very worst.

use std::sync::LazyLock;

use perf_core::Bucket;

use crate::report::Histogram;

/// Buckets for each power of two, as a power of two: Prometheus' schema, OpenTelemetry's scale.
pub const SCALE: i32 = 5;
/// Buckets for each power of two.
const STEPS: i32 = 1 << SCALE;
/// A middle may be off by this share of the value it stands for.
const ERROR: f64 = 0.02;
const NANOS: f64 = 1e9;

/// Counts of durations in base-2 exponential buckets of seconds.
///
/// Bucket `i` holds the durations in `2^((i-1)/32) < t <= 2^(i/32)` seconds. This is how Prometheus numbers them;
/// OpenTelemetry numbers a bucket by its lower boundary, one less.
///
/// ```
/// use perf_exporters::exponential::Exponential;
/// use perf_exporters::report::Histogram;
///
/// let times: Histogram = [0, 700_000_000, 1_200_000_000, 1_200_000_001].into_iter().collect();
/// let buckets = Exponential::from(&times);
/// assert_eq!(buckets.zero(), 1);
/// assert_eq!(buckets.buckets(), [(-16, 1), (9, 2)]);
/// assert_eq!(buckets.count(), 4);
/// assert!((buckets.quantile(0.5).unwrap() - 0.7).abs() <= 0.7 * 0.02);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exponential {
    zero: u64,
    buckets: Vec<(i32, u64)>,
}

impl Exponential {
    /// Durations of zero, which have no place among powers.
    #[must_use]
    pub fn zero(&self) -> u64 {
        self.zero
    }

    /// Number and count of every bucket that is not empty, ascending.
    #[must_use]
    pub fn buckets(&self) -> &[(i32, u64)] {
        &self.buckets
    }

    /// Durations in all.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(self.zero, |sum, &(_, count)| sum.saturating_add(count))
    }

    /// Seconds at rank `⌈q·n⌉` of `n`, as the geometric middle of the bucket. `None` if empty.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank in 1..=n")]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = ((q.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total);
        let mut seen = self.zero;
        if seen >= rank {
            return Some(0.0);
        }
        let holder = self.buckets.iter().find(|&&(_, count)| {
            seen = seen.saturating_add(count);
            seen >= rank
        })?;
        Some(upper(holder.0) * middle_of_upper())
    }

    fn add(&mut self, index: i32, count: u64) {
        match self.buckets.last_mut() {
            _ if count == 0 => {}
            Some(last) if last.0 == index => last.1 = last.1.saturating_add(count),
            _ => self.buckets.push((index, count)),
        }
    }
}

impl From<&Histogram> for Exponential {
    fn from(histogram: &Histogram) -> Self {
        let mut made = Self::default();
        let mut at = None;
        for bucket in histogram.buckets() {
            if bucket.high == 0 {
                made.zero = bucket.count;
                continue;
            }
            // Bucket 0 holds the value 0 only, so `low` is at least 1 here. Buckets ascend, and so do their places.
            let first = at.map_or_else(|| index(bucket.low), |at| index_from(at, bucket.low));
            let last = index_from(first, bucket.high);
            at = Some(last);
            let below = if first == last { bucket.count } else { below(bucket, upper_nanos(first)) };
            made.add(first, below);
            made.add(last, bucket.count - below);
        }
        made
    }
}

/// How many values of a bucket that holds `edge` count below it.
fn below(bucket: Bucket, edge: f64) -> u64 {
    let low_misread = bucket.high as f64 * (1.0 - ERROR) > edge * middle_of_upper();
    let high_misread = bucket.low as f64 * (1.0 + ERROR) < edge / middle_of_upper();
    match (low_misread, high_misread) {
        (true, _) => 0,
        (false, true) => bucket.count,
        (false, false) => part_up_to(bucket, edge),
    }
}

/// How many values of a bucket are at most `edge`, if they are spread evenly over the whole numbers in it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an edge inside the bucket; saturates")]
pub(crate) fn part_up_to(bucket: Bucket, edge: f64) -> u64 {
    let last_below = edge as u64;
    if last_below >= bucket.high {
        return bucket.count;
    }
    if last_below < bucket.low {
        return 0;
    }
    let width = u128::from(bucket.high - bucket.low) + 1;
    let inside = u128::from(last_below - bucket.low) + 1;
    let part = (u128::from(bucket.count) * inside + width / 2) / width;
    u64::try_from(part).map_or(bucket.count, |part| part.min(bucket.count))
}

/// The bucket of so many nanoseconds, at least one.
fn index(nanos: u64) -> i32 {
    let value = nanos as f64;
    #[allow(clippy::cast_possible_truncation, reason = "between -957 and 1093")]
    let mut index = ((value / NANOS).log2() * f64::from(STEPS)).ceil() as i32;
    // The logarithm is rounded; the boundaries decide.
    while upper_nanos(index - 1) >= value {
        index -= 1;
    }
    index_from(index, nanos)
}

/// The same where the bucket is known not to lie below this one: boundaries cost less than a logarithm.
fn index_from(mut index: i32, nanos: u64) -> i32 {
    while upper_nanos(index) < nanos as f64 {
        index += 1;
    }
    index
}

/// Upper boundary of a bucket in seconds.
///
/// ```
/// # use perf_exporters::exponential::upper;
/// assert_eq!((upper(0), upper(32), upper(-64)), (1.0, 2.0, 0.25));
/// ```
#[must_use]
#[allow(clippy::cast_sign_loss, reason = "a remainder")]
pub fn upper(index: i32) -> f64 {
    /// Boundaries between one second and two.
    static FIRST: LazyLock<[f64; STEPS as usize]> =
        LazyLock::new(|| std::array::from_fn(|step| (step as f64 / f64::from(STEPS)).exp2()));
    FIRST[index.rem_euclid(STEPS) as usize] * power_of_two(index.div_euclid(STEPS))
}

/// `2^power`; of ordinary size it is written down, since this is asked for every bucket.
fn power_of_two(power: i32) -> f64 {
    match u64::try_from(power + 1023) {
        Ok(exponent @ 1..=2046) => f64::from_bits(exponent << 52),
        _ => 2_f64.powi(power),
    }
}

fn upper_nanos(index: i32) -> f64 {
    upper(index) * NANOS
}

/// The geometric middle of a bucket as a share of its upper boundary: `2^(-1/64)`.
fn middle_of_upper() -> f64 {
    (-1.0 / f64::from(2 * STEPS)).exp2()
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ranks and times are positive and in range")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(sorted: &[u64], q: f64) -> f64 {
        let n = sorted.len();
        let rank = ((q * n as f64).ceil() as usize).clamp(1, n);
        sorted[rank - 1] as f64 / NANOS
    }

    fn check(values: &[u64]) {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let buckets = Exponential::from(&values.iter().copied().collect::<Histogram>());
        assert_eq!(buckets.count(), values.len() as u64);
        assert!(buckets.buckets().is_sorted_by(|a, b| a.0 < b.0));
        assert!(buckets.buckets().iter().all(|bucket| bucket.1 > 0));
        for q in [0.0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0] {
            let (found, right) = (buckets.quantile(q).unwrap(), exact(&sorted, q));
            assert!((found - right).abs() <= right * ERROR + 1e-18, "q {q}: {found} for {right} of {values:?}");
        }
    }

    #[test]
    fn powers_are_exact() {
        for power in -1_100..1_100 {
            assert_eq!(power_of_two(power).to_bits(), 2_f64.powi(power).to_bits(), "{power}");
        }
    }

    #[test]
    fn boundaries_belong_below() {
        for power in -9_i32..34 {
            let nanos = (NANOS * 2_f64.powi(power)) as u64;
            assert_eq!(index(nanos), power * STEPS, "2^{power} s");
            assert!(index(nanos + nanos / 40) > power * STEPS);
        }
        assert!(index(1) > -958 && index(u64::MAX) < 1093);
        assert_eq!(Exponential::default().quantile(0.5), None);
    }

    /// Every bucket a duration can fall into, with all of its values at either end: nothing is worse.
    #[test]
    fn no_bucket_at_all_is_misread() {
        for bucket in 1..3776 {
            let histogram = Histogram::from_pairs([(bucket, 1000)]).unwrap();
            let held = histogram.buckets().next().unwrap();
            let made = Exponential::from(&histogram);
            assert_eq!(made.count(), 1000);
            assert!(made.buckets().len() <= 2);
            for &(index, _) in made.buckets() {
                let read = upper(index) * middle_of_upper() * NANOS;
                for value in [held.low as f64, held.high as f64] {
                    assert!((read - value).abs() <= value * ERROR, "bucket {bucket}: {read} for {value}");
                }
            }
        }
    }

    #[test]
    fn a_bucket_on_a_boundary_is_split_in_proportion() {
        let bucket = Bucket { low: 100, high: 199, count: 1000 };
        assert_eq!(part_up_to(bucket, 124.0), 250);
        assert_eq!(part_up_to(bucket, 124.9), 250);
        assert_eq!((part_up_to(bucket, 99.0), part_up_to(bucket, 199.0)), (0, 1000));
        let odd = Bucket { low: 0, high: 2, count: u64::MAX };
        assert_eq!(part_up_to(odd, 1.0) + (u64::MAX - part_up_to(odd, 1.0)), u64::MAX);
        let split = (128..3776).filter(|&at| {
            let made = Exponential::from(&Histogram::from_pairs([(at, 1000)]).unwrap());
            made.buckets().len() == 2
        });
        assert!(split.count() > 800);
    }

    proptest! {
        #[test]
        fn quantiles_are_within_two_per_cent(values in prop::collection::vec((any::<u64>(), 0..64_u32), 1..300)) {
            check(&values.into_iter().map(|(bits, shift)| bits >> shift).collect::<Vec<_>>());
        }

        #[test]
        fn also_where_all_values_are_close(base in 1..10_000_000_000_u64, spread in 0..2000_u64, n in 1..400_u64) {
            check(&(0..n).map(|i| base + spread * i % 997).collect::<Vec<_>>());
        }

        #[test]
        fn also_where_all_values_are_the_same(bits: u64, shift in 0..64_u32, n in 1..100_usize) {
            check(&vec![bits >> shift; n]);
        }
    }
}
