//! The histogram against a sorted vector.

use perf_core::{Histogram, HistogramError};
use proptest::prelude::*;

fn values() -> impl Strategy<Value = Vec<u64>> {
    // Values of every magnitude, and the edges of powers of two and of buckets, off by one at most.
    let magnitudes = (0..64u32, any::<u64>()).prop_map(|(bits, value)| value >> bits);
    let edges = (0..64u32, 0..64u64, -1..=1i64).prop_map(|(power, step, off)| {
        let edge = (1u64 << power).wrapping_add(step << power.saturating_sub(6));
        edge.wrapping_add_signed(off)
    });
    prop::collection::vec(prop_oneof![magnitudes, edges], 1..300)
}

fn ranks() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(0.5), Just(0.9), Just(0.99), Just(0.999), Just(1.0), 0.0..=1.0]
}

/// The definition: the value at rank `⌈q·n⌉`.
fn order_statistic(sorted: &[u64], q: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

proptest! {
    #[test]
    fn quantiles_are_in_the_bucket_of_the_order_statistic(mut values in values(), q in ranks()) {
        let histogram: Histogram = values.iter().copied().collect();
        values.sort_unstable();
        let exact = order_statistic(&values, q);
        let seen = histogram.quantile(q).unwrap();
        let bucket = histogram.buckets().find(|bucket| (bucket.low..=bucket.high).contains(&seen)).unwrap();
        prop_assert!((bucket.low..=bucket.high).contains(&exact), "{exact} is not in {bucket:?}");
        prop_assert!(seen.abs_diff(exact) as f64 <= exact as f64 / 127.0, "{seen} for {exact}");
        if exact < 128 {
            prop_assert_eq!(seen, exact);
        }
    }

    #[test]
    fn buckets_hold_what_is_in_their_bounds(values in values()) {
        let histogram: Histogram = values.iter().copied().collect();
        let mut last = None;
        for bucket in histogram.buckets() {
            prop_assert!(last.is_none_or(|last| last < bucket.low));
            last = Some(bucket.high);
            let inside = values.iter().filter(|value| (bucket.low..=bucket.high).contains(*value)).count();
            prop_assert_eq!(bucket.count, inside as u64);
        }
        prop_assert_eq!(histogram.count(), values.len() as u64);
        prop_assert_eq!(Histogram::from_pairs(histogram.to_pairs()).unwrap(), histogram);
    }

    #[test]
    fn merging_is_counting_together(a in values(), b in values(), c in values()) {
        let [x, y, z] = [&a, &b, &c].map(|values| values.iter().copied().collect::<Histogram>());
        let merged = |parts: [&Histogram; 2]| {
            let mut sum = parts[0].clone();
            sum.merge(parts[1]);
            sum
        };
        prop_assert_eq!(merged([&x, &y]), merged([&y, &x]));
        prop_assert_eq!(merged([&merged([&x, &y]), &z]), merged([&x, &merged([&y, &z])]));
        let together: Histogram = a.iter().chain(&b).copied().collect();
        prop_assert_eq!(merged([&x, &y]), together);
    }

    #[test]
    fn pairs_from_anywhere(pairs in prop::collection::vec((any::<u16>(), any::<u64>()), 0..20)) {
        if let Ok(histogram) = Histogram::from_pairs(pairs.clone()) {
            prop_assert_eq!(histogram.to_pairs(), pairs);
            let _ = (histogram.count(), histogram.quantile(0.5));
        }
    }
}

#[test]
fn what_is_no_histogram() {
    for (pairs, reason) in [
        (vec![(3776, 1)], "histogram bucket 3776: there are 3776 buckets"),
        (vec![(5, 1), (5, 1)], "histogram bucket 5: not in ascending order"),
        (vec![(5, 0)], "histogram bucket 5: an empty bucket is left out"),
    ] {
        let error: HistogramError = Histogram::from_pairs(pairs).unwrap_err();
        assert_eq!(error.to_string(), reason);
    }
    assert_eq!(Histogram::default().quantile(0.5), None);
}
