//! From ticks to time. Inside a snapshot all times are still in ticks, so that differences and sums of snapshots are
//! exact; here they become nanoseconds, when a reader asks for them.

use std::time::Duration;

use crate::buckets;
use crate::histogram::Histogram;

/// How long a tick is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    nanos_per_tick: f64,
}

impl Scale {
    /// Ticks that are nanoseconds.
    pub(crate) const NANOS: Self = Self { nanos_per_tick: 1.0 };

    /// Ticks of a counter.
    pub(crate) fn ticks(per_second: f64) -> Self {
        Self { nanos_per_tick: 1e9 / per_second }
    }

    /// Nanoseconds, rounded. Exact to 53 bits: 104 days in nanoseconds.
    pub(crate) fn nanos(self, ticks: u64) -> u64 {
        if ticks == 0 || self == Self::NANOS {
            return ticks;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let nanos = (ticks as f64 * self.nanos_per_tick).round() as u64;
        nanos
    }

    pub(crate) fn duration(self, ticks: u64) -> Duration {
        Duration::from_nanos(self.nanos(ticks))
    }
}

/// Buckets of ticks, ascending, none empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TickHistogram(Vec<(u16, u64)>);

impl TickHistogram {
    pub(crate) fn from_sorted(pairs: Vec<(u16, u64)>) -> Self {
        debug_assert!(pairs.is_sorted_by(|a, b| a.0 < b.0));
        Self(pairs)
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, &(_, count)| sum.saturating_add(count))
    }

    /// Bounds of the lowest and of the highest bucket.
    pub(crate) fn span(&self) -> Option<(u64, u64)> {
        let (first, last) = (self.0.first()?, self.0.last()?);
        Some((buckets::bounds(first.0.into()).0, buckets::bounds(last.0.into()).1))
    }

    /// Ticks at rank `⌈q·n⌉`: the middle of the bucket that holds that value.
    pub(crate) fn quantile(&self, q: f64) -> Option<u64> {
        buckets::quantile(&self.0, q)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.0 = buckets::join(&self.0, &other.0, u64::saturating_add);
    }

    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let mut pairs = buckets::join(&self.0, &earlier.0, u64::saturating_sub);
        pairs.retain(|&(bucket, count)| count > 0 && self.0.binary_search_by_key(&bucket, |pair| pair.0).is_ok());
        Self(pairs)
    }

    /// The same values in nanoseconds. A bucket that straddles an edge is split in proportion; nothing is lost.
    pub(crate) fn rescale(&self, scale: Scale) -> Histogram {
        if scale == Scale::NANOS {
            return Histogram::from_sorted(self.0.clone());
        }
        let mut pairs: Vec<(u16, u64)> = Vec::with_capacity(self.0.len());
        for &(bucket, count) in &self.0 {
            let (low, high) = buckets::bounds(bucket.into());
            let start = low as f64 * scale.nanos_per_tick;
            let end = (high as f64 + 1.0) * scale.nanos_per_tick;
            split(start, end, count, &mut pairs);
        }
        pairs.sort_unstable_by_key(|pair| pair.0);
        pairs.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(later.1);
            }
            same
        });
        Histogram::from_sorted(pairs)
    }
}

/// Spreads `count` values evenly over `start..end`. Rounding is cumulative, so the parts add up.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are positive and saturate, bucket numbers are below 3776"
)]
fn split(start: f64, end: f64, count: u64, into: &mut Vec<(u16, u64)>) {
    let mut bucket = buckets::bucket_of(start as u64);
    let mut given = 0;
    while given < count {
        let edge = buckets::bounds(bucket).1 as f64 + 1.0;
        let upto = if edge >= end || bucket + 1 == buckets::BUCKETS {
            count
        } else {
            let part = (edge - start) / (end - start);
            ((count as f64 * part).round() as u64).clamp(given, count)
        };
        if upto > given {
            into.push((bucket as u16, upto - given));
        }
        given = upto;
        bucket += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram() -> impl Strategy<Value = TickHistogram> {
        let pair = (0..3000u16, prop_oneof![1..5u64, 1..1_000_000u64]);
        prop::collection::btree_map(0..3000u16, pair, 1..50)
            .prop_map(|pairs| TickHistogram::from_sorted(pairs.into_iter().map(|(at, (_, n))| (at, n)).collect()))
    }

    proptest! {
        /// From ticks to nanoseconds nothing is lost, and a quantile moves by no more than both bucket widths.
        #[test]
        fn rescaling_keeps_counts_and_quantiles(ticks in histogram(), per_second in 1e7..6e9f64, q in 0.0..=1.0f64) {
            let scale = Scale::ticks(per_second);
            let nanos = ticks.rescale(scale);
            prop_assert_eq!(nanos.count(), ticks.count());
            let exact = ticks.quantile(q).unwrap() as f64 * scale.nanos_per_tick;
            let seen = nanos.quantile(q).unwrap() as f64;
            prop_assert!((seen - exact).abs() <= exact * 0.032 + 1.0 + scale.nanos_per_tick, "{} for {}", seen, exact);
        }

        #[test]
        fn a_difference_is_the_inverse_of_a_sum(early in histogram(), later in histogram()) {
            let mut both = early.clone();
            both.merge(&later);
            prop_assert_eq!(both.since(&early), later);
        }
    }

    #[test]
    fn nanoseconds_stay_as_they_are() {
        let ticks = TickHistogram::from_sorted(vec![(5, 2), (700, 1)]);
        assert_eq!(ticks.rescale(Scale::NANOS).to_pairs(), [(5, 2), (700, 1)]);
        assert_eq!(Scale::ticks(2e9).nanos(3_000_000_001), 1_500_000_001);
    }
}
