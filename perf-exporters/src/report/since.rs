//! The counts of a process between two of its reports.
//!
//! Counters only grow, so an interval is a difference. Three figures are not: the shortest and longest call of an interval,
//! which are known to a bucket of the histogram; the peak, which stays that of the whole time; and the slowest calls kept,
//! which are left out. So are the call tree, the budgets and the tracks of memory.

use std::collections::HashMap;

use super::{Histogram, ProbeReport, Quantiles, Report};

impl Report {
    /// The counts since an earlier report of the same process: probes that counted anything, and the counts of
    /// [`meta`](Self::meta), whose [`duration_ns`](super::Meta::duration_ns) becomes the time between the two.
    ///
    /// `None` where the earlier report is of another process, or of the same before a restart: something that only grows
    /// went back. The same report twice is an interval without length and without probes.
    ///
    /// ```
    /// use perf_exporters::report::{ProbeReport, Report};
    ///
    /// let mut earlier = Report::default();
    /// earlier.probes.push(ProbeReport::new("parse"));
    /// earlier.probes[0].calls = 40;
    /// let mut now = earlier.clone();
    /// now.probes[0].calls = 42;
    /// assert_eq!(now.since(&earlier).unwrap().probe("parse").unwrap().calls, 2);
    /// assert!(earlier.since(&now).is_none());
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Option<Self> {
        if is_other_process(earlier, self) {
            return None;
        }
        let known = by_name(earlier);
        let mut interval = Self { meta: self.meta.clone(), ..Self::default() };
        for (sum, less) in [
            (&mut interval.meta.duration_ns, earlier.meta.duration_ns),
            (&mut interval.meta.lost, earlier.meta.lost),
            (&mut interval.meta.backward_steps, earlier.meta.backward_steps),
            (&mut interval.meta.dropped_nodes, earlier.meta.dropped_nodes),
            (&mut interval.meta.observer_ns, earlier.meta.observer_ns),
            (&mut interval.meta.observer_longer_ns, earlier.meta.observer_longer_ns),
        ] {
            *sum = sum.saturating_sub(less);
        }
        interval.meta.processor_ns =
            interval.meta.processor_ns.zip(earlier.meta.processor_ns).map(|(now, before)| now.saturating_sub(before));
        let nothing = ProbeReport::default();
        interval.probes = self
            .probes
            .iter()
            .map(|probe| since(probe, known.get(probe.name.as_str()).copied().unwrap_or(&nothing)))
            .filter(|probe| probe.calls + probe.polls > 0 || probe.timed() > 0)
            .collect();
        interval.compute_observer_effect();
        Some(interval)
    }
}

fn by_name(report: &Report) -> HashMap<&str, &ProbeReport> {
    report.probes.iter().map(|probe| (probe.name.as_str(), probe)).collect()
}

/// Whether a counter has gone back: it is another process.
fn is_other_process(earlier: &Report, now: &Report) -> bool {
    let known = by_name(now);
    earlier.meta.pid != now.meta.pid
        || other_identity(earlier, now)
        || now.meta.duration_ns < earlier.meta.duration_ns
        || earlier
            .probes
            .iter()
            .any(|before| known.get(before.name.as_str()).is_none_or(|now| now.calls < before.calls))
}

/// Whether both are known to be of different processes. Process ids repeat: that of a container's first is always 1.
fn other_identity(earlier: &Report, now: &Report) -> bool {
    let (before, after) = (&earlier.meta.identities, &now.meta.identities);
    !before.is_empty() && !after.is_empty() && before != after
}

/// The counts of a probe after an earlier report.
fn since(now: &ProbeReport, before: &ProbeReport) -> ProbeReport {
    let mut probe = now.clone();
    // Self figures of a probe are differences themselves, and may go back a little.
    for (sum, less) in [
        (&mut probe.calls, before.calls),
        (&mut probe.timed_calls, before.timed_calls),
        (&mut probe.errors, before.errors),
        (&mut probe.panics, before.panics),
        (&mut probe.cancelled, before.cancelled),
        (&mut probe.polls, before.polls),
        (&mut probe.items, before.items),
        (&mut probe.bytes, before.bytes),
        (&mut probe.total_ns, before.total_ns),
        (&mut probe.self_ns, before.self_ns),
        (&mut probe.waiting_ns, before.waiting_ns),
        (&mut probe.busy_ns, before.busy_ns),
        (&mut probe.sum_ns, before.sum_ns),
        (&mut probe.allocs, before.allocs),
        (&mut probe.alloc_bytes, before.alloc_bytes),
        (&mut probe.self_allocs, before.self_allocs),
        (&mut probe.self_alloc_bytes, before.self_alloc_bytes),
    ] {
        *sum = sum.saturating_sub(less);
    }
    probe.net_bytes = probe.net_bytes.saturating_sub(before.net_bytes);
    probe.exemplars.clear();
    if let (Some(now), Some(before)) = (&mut probe.driven, &before.driven) {
        now.elapsed_ns = now.elapsed_ns.saturating_sub(before.elapsed_ns);
    }
    probe.histogram = difference(&now.histogram, &before.histogram);
    probe.mean_ns = probe.sum_ns.checked_div(probe.timed()).unwrap_or(0);
    (probe.min_ns, probe.max_ns) = extremes(&probe.histogram, now, before);
    let (least, greatest) = (probe.min_ns.min(probe.max_ns), probe.max_ns);
    probe.quantiles = Quantiles::from_fn(|q| probe.histogram.quantile(q).map_or(0, |ns| ns.clamp(least, greatest)));
    probe
}

/// A new extreme is exact; otherwise the interval's extreme lies somewhere in its outermost bucket.
fn extremes(histogram: &Histogram, now: &ProbeReport, before: &ProbeReport) -> (u64, u64) {
    let (Some(shortest), Some(longest)) = (histogram.buckets().next(), histogram.buckets().last()) else {
        return (0, 0);
    };
    let is_first_call = before.timed() == 0;
    let least = if is_first_call || now.min_ns < before.min_ns { now.min_ns } else { shortest.low.max(now.min_ns) };
    let greatest = if is_first_call || now.max_ns > before.max_ns { now.max_ns } else { longest.high.min(now.max_ns) };
    (least, greatest)
}

/// The values that were added since.
///
/// A program counts in ticks, and where it turns them into nanoseconds, a bucket that lies across an edge is shared out
/// anew each time: of two neighbours one may lose a call that the other gains. Calls below a value never get fewer, though,
/// so what one bucket lacks is taken from those below it.
fn difference(now: &Histogram, before: &Histogram) -> Histogram {
    let (now, before) = (now.to_pairs(), before.to_pairs());
    let count = |pairs: &[(u16, u64)], bucket: u16| {
        pairs.binary_search_by_key(&bucket, |pair| pair.0).map_or(0, |at| i128::from(pairs[at].1))
    };
    let mut buckets: Vec<u16> = now.iter().chain(&before).map(|pair| pair.0).collect();
    buckets.sort_unstable();
    buckets.dedup();
    let mut missing = 0_i128;
    let mut pairs = Vec::new();
    for bucket in buckets.into_iter().rev() {
        let more = count(&now, bucket) - count(&before, bucket) + missing;
        missing = more.min(0);
        // A difference of numbers of 64 bits, not below zero.
        if let Some(more) = u64::try_from(more).ok().filter(|more| *more > 0) {
            pairs.push((bucket, more));
        }
    }
    pairs.reverse();
    // Ascending, each bucket once and none empty, as they came from histograms.
    Histogram::from_pairs(pairs).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Exemplar;
    use super::*;

    /// A report after these calls of two probes: durations in nanoseconds, and whether the call failed.
    fn after(calls: &[(bool, u64, bool)], seconds: u64) -> Report {
        let mut report = Report::default();
        (report.meta.pid, report.meta.duration_ns) = (Some(7), seconds * 1_000_000_000);
        for (name, which) in [("a", false), ("b", true)] {
            let of: Vec<_> = calls.iter().filter(|call| call.0 == which).collect();
            if of.is_empty() {
                continue;
            }
            let mut probe = ProbeReport::new(name);
            probe.calls = of.len() as u64;
            probe.errors = of.iter().filter(|call| call.2).count() as u64;
            probe.sum_ns = of.iter().map(|call| call.1).sum();
            (probe.total_ns, probe.self_ns) = (probe.sum_ns, probe.sum_ns / 2);
            probe.allocs = probe.calls * 3;
            probe.net_bytes = -8 * i64::try_from(probe.calls).unwrap();
            probe.histogram = of.iter().map(|call| call.1).collect();
            probe.mean_ns = probe.sum_ns / probe.calls;
            probe.min_ns = of.iter().map(|call| call.1).min().unwrap();
            probe.max_ns = of.iter().map(|call| call.1).max().unwrap();
            probe.exemplars.push(Exemplar::default());
            let within = |q| probe.histogram.quantile(q).unwrap().clamp(probe.min_ns, probe.max_ns);
            probe.quantiles = Quantiles::from_fn(within);
            report.probes.push(probe);
        }
        report
    }

    /// Calls of all sizes, and some that share a bucket.
    fn calls() -> impl Strategy<Value = Vec<(bool, u64, bool)>> {
        let any_size = (0..1_u64 << 40, 0..40_u32).prop_map(|(ns, shift)| ns >> shift);
        prop::collection::vec(
            (any::<bool>(), prop_oneof![1 => any_size, 4 => 10_000..10_400_u64], any::<bool>()),
            0..40,
        )
    }

    proptest! {
        /// The interval is compared with a report of the calls in between alone.
        #[test]
        fn an_interval_is_what_came_in_it(first in calls(), second in calls()) {
            let all: Vec<_> = first.iter().chain(&second).copied().collect();
            let now = after(&all, 12);
            let interval = now.since(&after(&first, 10)).unwrap();
            let alone = after(&second, 2);
            prop_assert_eq!(interval.probes.len(), alone.probes.len());
            for (probe, exact) in interval.probes.iter().zip(&alone.probes) {
                prop_assert_eq!(&probe.histogram, &exact.histogram);
                prop_assert_eq!((&probe.name, probe.calls, probe.errors), (&exact.name, exact.calls, exact.errors));
                prop_assert_eq!((probe.sum_ns, probe.mean_ns), (exact.sum_ns, exact.mean_ns));
                prop_assert_eq!((probe.allocs, probe.net_bytes), (exact.allocs, exact.net_bytes));
                prop_assert!(probe.exemplars.is_empty());
                let whole = now.probe(&probe.name).unwrap();
                prop_assert!(whole.min_ns <= probe.min_ns && probe.max_ns <= whole.max_ns);
                prop_assert!(probe.min_ns <= exact.min_ns && exact.min_ns <= probe.min_ns + probe.min_ns / 64 + 1);
                prop_assert!(probe.max_ns >= exact.max_ns && probe.max_ns <= exact.max_ns + exact.max_ns / 64 + 1);
                for q in [probe.quantiles.p50, probe.quantiles.p99] {
                    prop_assert!(probe.min_ns <= q && q <= probe.max_ns);
                }
            }
        }

        /// Ticks become nanoseconds by shares that are rounded, each time anew.
        #[test]
        fn shares_that_are_rounded_anew_lose_no_call(counts in prop::collection::vec((0..9_u64, 0..9_u64), 1..12)) {
            // A bucket of ticks covers three of nanoseconds, the last one together with the next.
            let shared = |counts: &[u64]| -> Histogram {
                let mut sums = std::collections::BTreeMap::new();
                for (at, count) in (200_u16..).step_by(2).zip(counts) {
                    let below = [0, (3 * count + 5) / 10, (6 * count + 5) / 10, *count];
                    for (part, pair) in (at..).zip(below.windows(2)) {
                        *sums.entry(part).or_insert(0) += pair[1] - pair[0];
                    }
                }
                Histogram::from_pairs(sums.into_iter().filter(|pair| pair.1 > 0)).unwrap()
            };
            let first: Vec<u64> = counts.iter().map(|pair| pair.0).collect();
            let all: Vec<u64> = counts.iter().map(|pair| pair.0 + pair.1).collect();
            let more = difference(&shared(&all), &shared(&first));
            prop_assert_eq!(more.count(), counts.iter().map(|pair| pair.1).sum::<u64>());
        }
    }

    #[test]
    fn what_a_bucket_lacks_is_taken_from_below() {
        let of = |pairs: &[(u16, u64)]| Histogram::from_pairs(pairs.iter().copied()).unwrap();
        let before = of(&[(100, 1), (101, 2), (102, 1)]);
        assert_eq!(difference(&of(&[(100, 3), (101, 1), (102, 4)]), &before).to_pairs(), [(100, 1), (102, 3)]);
        assert_eq!(difference(&of(&[(100, 2), (101, 2)]), &before).to_pairs(), []);
        // This only happens with another process: no value is invented.
        assert_eq!(difference(&Histogram::default(), &before), Histogram::default());
    }

    #[test]
    fn a_restart_is_no_interval_and_the_same_is_one_without_length() {
        let calls = [(false, 100, false), (true, 200, true)];
        let report = after(&calls, 10);
        let same = report.since(&report).unwrap();
        assert!(same.probes.is_empty() && same.meta.duration_ns == 0);
        let mut other = after(&calls, 20);
        other.meta.pid = Some(8);
        assert_eq!(other.since(&report), None);
        assert_eq!(after(&calls, 9).since(&report), None);
        // The first process of a container has the same number every time.
        assert_eq!(after(&calls[..1], 20).since(&report), None);
        let of = |word: &str, seconds| {
            let mut report = after(&calls, seconds);
            report.meta.identities = [word.to_owned()].into();
            report
        };
        assert_eq!(of("1-b", 20).since(&of("1-a", 10)), None, "and has done as much");
        assert!(of("1-a", 20).since(&of("1-a", 10)).is_some() && of("1-a", 20).since(&report).is_some());
        let idle = after(&calls, 12).since(&report).unwrap();
        assert!(idle.probes.is_empty() && idle.meta.duration_ns == 2_000_000_000);
    }
}
