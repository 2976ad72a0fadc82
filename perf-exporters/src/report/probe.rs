//! The measurement of one probe.

use serde::{Deserialize, Serialize};

use super::{Driven, Exemplar, Histogram, Place, pairs};

/// The measurement of one probe.
///
/// Counts are exact. Times are in nanoseconds, and allocation figures are 0 unless `meta.alloc_tracking`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProbeReport {
    /// `module::function`, or the name that was given.
    pub name: String,
    /// Source file of the probe.
    pub file: String,
    /// Line in it.
    pub line: u32,
    /// All places that count together under this name, by file and line, up to sixteen. Examples are methods of one
    /// name in two traits, functions of one path in two crates, and the same function in two builds whose reports
    /// were merged. Left out where there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Calls that ended, however they ended.
    pub calls: u64,
    /// Of these, how many were timed: a sampled probe counts every call and times some. 0 where it is not known.
    pub timed_calls: u64,
    /// Of these, how many returned an error that was seen: [`known_errors`](Self::known_errors) separates none from unknown.
    pub errors: u64,
    /// Whether there may have been more, since nothing looks at the results of some of the functions. Left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub errors_unseen: bool,
    /// Of these, how many ended by a panic.
    pub panics: u64,
    /// Futures that were dropped before they were ready.
    pub cancelled: u64,
    /// Polls of futures.
    pub polls: u64,
    /// Items that the calls said they processed.
    pub items: u64,
    /// Bytes that the calls said they processed.
    pub bytes: u64,
    /// Time in calls, with what they called; of a recursion the outermost call only. Of futures it is the time that passed
    /// from the first poll to the end, which is less than [`busy_ns`](Self::busy_ns) where several threads are in one
    /// call at once.
    pub total_ns: u64,
    /// Time of threads in calls, without the probes they called and without what an empty probe reads; of futures in polls.
    pub self_ns: u64,
    /// Of the self time, the part that threads spent on no processor: blocked, or ready and waiting for one. 0 where that is not
    /// reported: `meta.waiting_told` says whether the system does, and calls of under some ten microseconds are not
    /// looked at.
    pub waiting_ns: u64,
    /// Of futures: time in polls. Of others the same as the total.
    pub busy_ns: u64,
    /// Sum of all durations in the histogram, recursive calls included.
    pub sum_ns: u64,
    /// Mean of these durations.
    pub mean_ns: u64,
    /// Shortest call.
    pub min_ns: u64,
    /// Longest call.
    pub max_ns: u64,
    /// Durations that 50 % … 99.9 % of the calls stayed within, to within a bucket of the histogram.
    pub quantiles: Quantiles,
    /// Allocations during calls.
    pub allocs: u64,
    /// Bytes allocated during calls.
    pub alloc_bytes: u64,
    /// Allocations without those of the probes called.
    pub self_allocs: u64,
    /// Bytes allocated, without those of the probes called.
    pub self_alloc_bytes: u64,
    /// The most that live memory grew above its value at entry, in any call.
    pub peak_bytes: u64,
    /// Bytes that were allocated and not freed, over all calls; negative where more was freed.
    pub net_bytes: i64,
    /// Distribution of the durations.
    #[serde(with = "pairs")]
    pub histogram: Histogram,
    /// The slowest calls, slowest first; left out where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exemplars: Vec<Exemplar>,
    /// Of a load's probe: the drive that made the calls. Left out of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driven: Option<Driven>,
}

impl ProbeReport {
    /// A probe of this name that measured nothing yet.
    ///
    /// ```
    /// # use perf_exporters::report::ProbeReport;
    /// assert_eq!(ProbeReport::new("parse").calls, 0);
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The self time without known waiting time: the value of which shares are taken.
    ///
    /// ```
    /// # use perf_exporters::report::ProbeReport;
    /// let mut probe = ProbeReport::new("join");
    /// (probe.self_ns, probe.waiting_ns) = (1_000, 900);
    /// assert_eq!(probe.working_ns(), 100);
    /// ```
    #[must_use]
    pub fn working_ns(&self) -> u64 {
        self.self_ns.saturating_sub(self.waiting_ns)
    }

    /// Calls that returned an error; `None` where none was seen and some may have gone unseen.
    ///
    /// ```
    /// # use perf_exporters::report::ProbeReport;
    /// let mut probe = ProbeReport::new("parse");
    /// assert_eq!(probe.known_errors(), Some(0));
    /// probe.errors_unseen = true;
    /// assert_eq!(probe.known_errors(), None);
    /// ```
    #[must_use]
    pub fn known_errors(&self) -> Option<u64> {
        (self.errors > 0 || !self.errors_unseen).then_some(self.errors)
    }

    /// Times that the probe was timed: once a call, or once a poll.
    #[must_use]
    pub fn entries(&self) -> u64 {
        let timed = if self.timed_calls == 0 { self.calls } else { self.timed_calls };
        timed.max(self.polls)
    }

    /// Whether the self time of a call or poll is on average less than what an empty probe reads, so that it shows little:
    /// the number of calls is right, their self time may be any value near to zero.
    ///
    /// ```
    /// # use perf_exporters::report::ProbeReport;
    /// let mut probe = ProbeReport::new("is_letter");
    /// (probe.calls, probe.self_ns) = (1_000, 3_000);
    /// assert!(probe.is_below(12) && !probe.is_below(3));
    /// ```
    #[must_use]
    pub fn is_below(&self, resolution_ns: u64) -> bool {
        let entries = self.calls.max(self.polls);
        u128::from(self.self_ns) < u128::from(entries) * u128::from(resolution_ns)
    }

    /// Calls whose duration is in the histogram, weighted: a call that a sampled probe timed counts as all those that it stands
    /// for. How many were really timed is [`timed_calls`](Self::timed_calls).
    #[must_use]
    pub fn timed(&self) -> u64 {
        self.histogram.count()
    }

    /// Calls on which all knowledge of times rests: those that were really timed; where that is not known, all in
    /// the histogram.
    ///
    /// ```
    /// # use perf_exporters::report::ProbeReport;
    /// let mut sampled = ProbeReport::new("parse");
    /// sampled.histogram = [5; 640].into_iter().collect();
    /// assert_eq!(sampled.evidence(), 640);
    /// sampled.timed_calls = 10; // of which each stands for 64
    /// assert_eq!((sampled.evidence(), sampled.timed()), (10, 640));
    /// ```
    #[must_use]
    pub fn evidence(&self) -> u64 {
        match self.timed_calls {
            0 => self.timed(),
            timed => timed.min(self.timed()),
        }
    }
}

/// Durations in nanoseconds that a share of the calls stayed within.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Quantiles {
    /// Half of the calls.
    pub p50: u64,
    /// 90 % of the calls.
    pub p90: u64,
    /// 95 % of the calls.
    pub p95: u64,
    /// 99 % of the calls.
    pub p99: u64,
    /// 99.9 % of the calls.
    pub p999: u64,
}

impl Quantiles {
    /// All of them from a function that gives any.
    ///
    /// ```
    /// # use perf_exporters::report::Quantiles;
    /// # #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    /// let quantiles = Quantiles::from_fn(|q| (q * 1000.0).round() as u64);
    /// assert_eq!((quantiles.p50, quantiles.p999), (500, 999));
    /// ```
    #[must_use]
    pub fn from_fn(quantile: impl Fn(f64) -> u64) -> Self {
        Self { p50: quantile(0.5), p90: quantile(0.9), p95: quantile(0.95), p99: quantile(0.99), p999: quantile(0.999) }
    }
}
