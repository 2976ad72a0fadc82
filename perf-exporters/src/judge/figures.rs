//! The counts of a probe, in the form in which bounds are checked against them.

use perf_core::{Histogram, ProbeStats};

use crate::nanos::nanos;

/// Sums and the distribution of one probe, of a snapshot or of a report alike.
///
/// ```
/// use perf_exporters::judge::Figures;
///
/// let mut figures = Figures::default();
/// (figures.calls, figures.timed, figures.sum_ns) = (3, 3, 60);
/// figures.histogram = [10, 20, 30].into_iter().collect();
/// assert_eq!(figures.mean_ns(), 20.0);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// Calls that ended.
    pub calls: u64,
    /// Of these, how many were timed; the histogram of a sampled probe counts each by its weight.
    pub timed: u64,
    /// Calls that returned an error.
    pub errors: u64,
    /// Whether more may have returned one, since nothing looks at what some of the functions return.
    pub errors_unseen: bool,
    /// Items that the calls said they processed.
    pub items: u64,
    /// Bytes that the calls said they processed.
    pub bytes: u64,
    /// Sum of the durations in the histogram, nanoseconds.
    pub sum_ns: u64,
    /// Shortest call, nanoseconds.
    pub min_ns: u64,
    /// Longest call, nanoseconds.
    pub max_ns: u64,
    /// Durations, nanoseconds.
    pub histogram: Histogram,
    /// Allocations of all calls.
    pub allocs: u64,
    /// Bytes of these.
    pub alloc_bytes: u64,
    /// The most that live memory grew in any call, bytes.
    pub peak_bytes: u64,
    /// Bytes that all calls left behind.
    pub net_bytes: i64,
    /// Whether allocations are counted at all.
    pub alloc_tracking: bool,
    /// Of a load's probe: how long the drive lasted that made the calls, nanoseconds.
    pub drive_ns: Option<u64>,
    /// Why that drive's times and its rate cannot be relied on; empty where they can.
    pub invalid: String,
}

impl Figures {
    /// The figures of a probe in a snapshot, whose `meta().alloc_tracking` says whether allocations were counted.
    #[must_use]
    pub fn of(probe: &ProbeStats, alloc_tracking: bool) -> Self {
        Self {
            calls: probe.calls(),
            timed: probe.timed_calls(),
            errors: probe.errors(),
            errors_unseen: probe.errors_unseen(),
            items: probe.items(),
            bytes: probe.bytes(),
            sum_ns: nanos(probe.sum()),
            min_ns: nanos(probe.min()),
            max_ns: nanos(probe.max()),
            histogram: probe.histogram(),
            allocs: probe.allocs(),
            alloc_bytes: probe.alloc_bytes(),
            peak_bytes: probe.peak_bytes(),
            net_bytes: probe.net_bytes(),
            alloc_tracking,
            drive_ns: None,
            invalid: String::new(),
        }
    }

    /// Mean duration of a call that was timed, nanoseconds; 0 without any.
    #[must_use]
    pub fn mean_ns(&self) -> f64 {
        self.sum_ns as f64 / self.histogram.count().max(1) as f64
    }

    /// The duration that the share `q` of the calls does not exceed, nanoseconds, known to a bucket; NaN without any.
    #[must_use]
    pub fn quantile_ns(&self, q: f64) -> f64 {
        let within = |ns: u64| ns.clamp(self.min_ns.min(self.max_ns), self.max_ns) as f64;
        self.histogram.quantile(q).map_or(f64::NAN, within)
    }

    /// Timed calls that took longer than a limit in nanoseconds: those for certain, and the most that may have.
    ///
    /// The program counted in buckets of ticks, which were then split into buckets of nanoseconds: a value may lie a bucket's
    /// width, a 64th, away from where it stands. Nothing is above the greatest, which is known exactly. Where a probe is
    /// sampled each timed call stands for several in the histogram, and counts once here.
    pub(super) fn over(&self, limit: u64) -> (u64, u64) {
        let wider = |value: u64| value.saturating_add(value.div_ceil(64));
        let (least, most) = self.histogram.buckets().fold((0, 0), |(least, most), bucket| {
            let surely = if bucket.low > wider(limit) { bucket.count } else { 0 };
            let perhaps = if wider(bucket.high).min(self.max_ns) > limit { bucket.count } else { 0 };
            (least + surely, most + perhaps)
        });
        let (timed, stood_for) = (u128::from(self.timed), u128::from(self.histogram.count().max(1)));
        let count = |scaled: u128| u64::try_from(scaled).unwrap_or(u64::MAX);
        (count(u128::from(least) * timed / stood_for), count((u128::from(most) * timed).div_ceil(stood_for)))
    }
}
