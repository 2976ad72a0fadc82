//! What is known of one probe.

use std::time::Duration;

use crate::budget::BudgetSpec;
use crate::exemplar::{self, Exemplar};
use crate::histogram::Histogram;
use crate::ticks::{Scale, TickHistogram};

/// Exact sums of one probe; times in ticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    /// Of the calls in the histogram, those that another one was timed for.
    pub(crate) skipped: u64,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    pub(crate) cancelled: u64,
    pub(crate) polls: u64,
    pub(crate) items: u64,
    pub(crate) bytes: u64,
    pub(crate) allocs: u64,
    pub(crate) alloc_bytes: u64,
    pub(crate) self_allocs: i64,
    pub(crate) self_alloc_bytes: i64,
    pub(crate) peak_bytes: u64,
    pub(crate) net_bytes: i64,
    pub(crate) total: u64,
    pub(crate) busy: u64,
    pub(crate) sum: u64,
    pub(crate) own: i64,
    /// Least and greatest, where anything was timed.
    pub(crate) extremes: Option<(u64, u64)>,
}

impl Counts {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn widen(&mut self, least: u64, greatest: u64) {
        self.extremes = Some(match self.extremes {
            Some((low, high)) => (low.min(least), high.max(greatest)),
            None => (least, greatest),
        });
    }

    /// Applies `both` to every figure that simply adds up.
    fn zip(&self, other: &Self, both: fn(u64, u64) -> u64, signed: fn(i64, i64) -> i64) -> Self {
        Self {
            calls: both(self.calls, other.calls),
            skipped: both(self.skipped, other.skipped),
            errors: both(self.errors, other.errors),
            panics: both(self.panics, other.panics),
            cancelled: both(self.cancelled, other.cancelled),
            polls: both(self.polls, other.polls),
            items: both(self.items, other.items),
            bytes: both(self.bytes, other.bytes),
            allocs: both(self.allocs, other.allocs),
            alloc_bytes: both(self.alloc_bytes, other.alloc_bytes),
            self_allocs: signed(self.self_allocs, other.self_allocs),
            self_alloc_bytes: signed(self.self_alloc_bytes, other.self_alloc_bytes),
            peak_bytes: self.peak_bytes,
            net_bytes: signed(self.net_bytes, other.net_bytes),
            total: both(self.total, other.total),
            busy: both(self.busy, other.busy),
            sum: both(self.sum, other.sum),
            own: signed(self.own, other.own),
            extremes: self.extremes,
        }
    }
}

/// What is known of one probe: exact counts and times, and the distribution of its calls.
///
/// For a synchronous probe a call lasts from entry to exit. For a future it lasts from the first poll to the end (*wall*
/// time), of which [`busy`](Self::busy) was spent inside polls.
#[derive(Clone, Debug)]
pub struct ProbeStats {
    name: String,
    /// Source file and line of each callsite, the first one's first.
    places: Vec<(String, u32)>,
    budgets: Vec<&'static BudgetSpec>,
    scale: Scale,
    counts: Counts,
    histogram: TickHistogram,
    exemplars: Vec<Exemplar>,
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> $type {
            self.counts.$name
        }
    )*};
}

macro_rules! times {
    ($($(#[$doc:meta])* $name:ident => $field:ident;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> Duration {
            self.scale.duration(self.counts.$field)
        }
    )*};
}

impl ProbeStats {
    pub(crate) fn new(
        name: &str,
        places: impl Iterator<Item = (&'static str, u32)>,
        budgets: Vec<&'static BudgetSpec>,
        scale: Scale,
        counts: Counts,
        histogram: TickHistogram,
        exemplars: Vec<Exemplar>,
    ) -> Self {
        let mut new = Self { name: name.to_owned(), places: Vec::new(), budgets, scale, counts, histogram, exemplars };
        new.add_places(places);
        new
    }

    /// The probe's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The source file of the callsite; the first one's where several share the name.
    #[must_use]
    pub fn file(&self) -> &str {
        self.places.first().map_or("", |(file, _)| file)
    }

    /// The line in [`file`](Self::file), from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.places.first().map_or(0, |(_, line)| *line)
    }

    /// Source file and line of every callsite of this name that was called, the first one first. What one name counts may
    /// be several functions: methods of one name in two traits, functions of one path in two crates, probes named alike.
    ///
    /// ```
    /// use perf_core::{Probe, Session};
    ///
    /// static HERE: Probe = Probe::new("alike");
    /// static THERE: Probe = Probe::new("alike");
    ///
    /// let session = Session::new();
    /// session.run(|| (HERE.record(Default::default()), THERE.record(Default::default())));
    /// if let Some(alike) = session.snapshot().get("alike") {
    ///     assert_eq!((alike.calls(), alike.places().count()), (2, 2));
    /// }
    /// ```
    pub fn places(&self) -> impl Iterator<Item = (&str, u32)> {
        self.places.iter().map(|(file, line)| (file.as_str(), *line))
    }

    fn add_places<'a>(&mut self, more: impl Iterator<Item = (&'a str, u32)>) {
        for (file, line) in more {
            if !self.places().any(|known| known == (file, line)) {
                self.places.push((file.to_owned(), line));
            }
        }
    }

    /// Budgets declared with `#[perf_budget]` on functions of this name.
    #[must_use]
    pub fn budgets(&self) -> &[&'static BudgetSpec] {
        &self.budgets
    }

    counts! {
        /// Calls that have ended. Exact, also for sampled probes.
        calls: u64;
        /// Calls that returned `Err`, or were marked with [`Guard::fail`](crate::Guard::fail).
        errors: u64;
        /// Calls that ended by unwinding.
        panics: u64;
        /// Futures that were dropped between their first poll and their end.
        cancelled: u64;
        /// Polls of futures.
        polls: u64;
        /// Sum of what `items = …` said.
        items: u64;
        /// Sum of what `bytes = …` said.
        bytes: u64;
        /// Allocations and reallocations during calls, callees included; the outermost call of a recursion counts.
        allocs: u64;
        /// Bytes of these; a reallocation adds what it grows by.
        alloc_bytes: u64;
        /// Greatest growth of the thread's live bytes above their level at entry, over all calls.
        peak_bytes: u64;
        /// Bytes allocated less bytes freed during calls: what they left behind, or took away if negative.
        net_bytes: i64;
    }

    times! {
        /// Time from entry to exit; of a recursion, the outermost call's. Of a future, wall time.
        total => total;
        /// The durations of all calls added up, recursive ones included.
        sum => sum;
        /// As [`total`](Self::total), but of a future only the time inside polls.
        busy => busy;
    }

    /// Calls that were timed: all that have ended, but of a sampled probe some.
    #[must_use]
    pub fn timed_calls(&self) -> u64 {
        self.histogram.count().saturating_sub(self.counts.skipped)
    }

    /// The slowest calls since the probe's first one, slowest first; of an interval, those of them that ended in it. A
    /// sampled probe keeps the slowest of those it timed.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "square")]
    /// fn square(x: u64) -> u64 {
    ///     x * x
    /// }
    ///
    /// let session = Session::new();
    /// session.run(|| square(3));
    /// for call in session.snapshot().get("square").iter().flat_map(|square| square.exemplars()) {
    ///     println!("{:?}, {:?} of it in itself", call.duration(), call.self_time());
    /// }
    /// ```
    #[must_use]
    pub fn exemplars(&self) -> &[Exemplar] {
        &self.exemplars
    }

    /// Allocations during calls, without those of instrumented callees.
    #[must_use]
    pub fn self_allocs(&self) -> u64 {
        u64::try_from(self.counts.self_allocs).unwrap_or(0)
    }

    /// Bytes of these.
    #[must_use]
    pub fn self_alloc_bytes(&self) -> u64 {
        u64::try_from(self.counts.self_alloc_bytes).unwrap_or(0)
    }

    /// Busy time less that of instrumented callees and less the probes' own cost. Never below zero.
    #[must_use]
    pub fn self_time(&self) -> Duration {
        let own = u64::try_from(self.counts.own).unwrap_or(0);
        self.scale.duration(own)
    }

    /// Shortest call. After [`since`](crate::Snapshot::since), known to a bucket only.
    #[must_use]
    pub fn min(&self) -> Duration {
        let least = self.counts.extremes.map_or(0, |(least, _)| least);
        self.scale.duration(least)
    }

    /// Longest call. After [`since`](crate::Snapshot::since), known to a bucket only.
    #[must_use]
    pub fn max(&self) -> Duration {
        let greatest = self.counts.extremes.map_or(0, |(_, greatest)| greatest);
        self.scale.duration(greatest)
    }

    /// Average duration of a call, recursive ones included: an exact sum over an exact count.
    #[must_use]
    pub fn mean(&self) -> Duration {
        let timed = self.histogram.count();
        if timed == 0 {
            return Duration::ZERO;
        }
        self.scale.duration(self.counts.sum).div_f64(timed as f64)
    }

    /// The duration that the share `q` of all calls does not exceed, within 0.79 %; zero if there were none.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Duration {
        let (Some(ticks), Some((least, greatest))) = (self.histogram.quantile(q), self.counts.extremes) else {
            return Duration::ZERO;
        };
        self.scale.duration(ticks.clamp(least, greatest.max(least)))
    }

    /// The distribution of call durations in nanoseconds.
    ///
    /// Calls are counted in ticks; where ticks are not nanoseconds, a bucket that straddles an edge is split in
    /// proportion, and the count stays what it was.
    #[must_use]
    pub fn histogram(&self) -> Histogram {
        self.histogram.rescale(self.scale)
    }

    pub(crate) fn since(&self, earlier: &Self) -> Option<Self> {
        let mut counts = self.counts.zip(&earlier.counts, u64::saturating_sub, i64::saturating_sub);
        let histogram = self.histogram.since(&earlier.histogram);
        counts.extremes = histogram
            .span()
            .zip(self.counts.extremes)
            .map(|((low, high), (least, greatest))| (low.max(least), high.min(greatest)));
        if counts.calls == 0 && counts.polls == 0 && histogram.count() == 0 {
            return None;
        }
        let known = |call: &Exemplar| earlier.exemplars.iter().any(|before| before.identity == call.identity);
        let exemplars = self.exemplars.iter().filter(|call| !known(call)).cloned().collect();
        Some(Self { counts, histogram, exemplars, ..self.clone() })
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.scale != other.scale {
            let mut other = other.clone();
            self.convert_to_nanos();
            other.convert_to_nanos();
            return self.merge(&other);
        }
        self.add_places(other.places());
        let peak = self.counts.peak_bytes.max(other.counts.peak_bytes);
        let extremes = other.counts.extremes;
        self.counts = self.counts.zip(&other.counts, u64::saturating_add, i64::saturating_add);
        self.counts.peak_bytes = peak;
        if let Some((least, greatest)) = extremes {
            self.counts.widen(least, greatest);
        }
        self.histogram.merge(&other.histogram);
        exemplar::merge(&mut self.exemplars, &other.exemplars);
    }

    /// Ticks of another clock cannot be added up; nanoseconds can.
    fn convert_to_nanos(&mut self) {
        let scale = std::mem::replace(&mut self.scale, Scale::NANOS);
        let counts = &mut self.counts;
        for time in [&mut counts.total, &mut counts.busy, &mut counts.sum] {
            *time = scale.nanos(*time);
        }
        let own = i64::try_from(scale.nanos(counts.own.unsigned_abs())).unwrap_or(i64::MAX);
        counts.own = own * counts.own.signum();
        counts.extremes = counts.extremes.map(|(least, greatest)| (scale.nanos(least), scale.nanos(greatest)));
        let pairs = self.histogram.rescale(scale).to_pairs();
        self.histogram = TickHistogram::from_sorted(pairs);
    }
}
