//! The statistics of one probe.

use std::time::Duration;

use crate::budget::BudgetSpec;
use crate::exemplar::{self, Exemplar};
use crate::histogram::Histogram;
use crate::ticks::{Scale, TickHistogram};

/// Exact sums of one probe, which stop at the greatest number; times in ticks.
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
    /// Self time, less the time that an empty probe measures for each call and poll; negative where that is more.
    pub(crate) own: i64,
    /// The part of `own` on no processor.
    pub(crate) waiting: u64,
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
            waiting: both(self.waiting, other.waiting),
            extremes: self.extremes,
        }
    }
}

/// The statistics of one probe: exact counts and times, and the distribution of its calls.
///
/// For a synchronous probe a call lasts from entry to exit. For a future it lasts from the first poll to the end (*wall*
/// time), of which [`busy`](Self::busy) was spent inside polls.
#[derive(Clone, Debug)]
pub struct ProbeStats {
    name: &'static str,
    /// Source file and line of each callsite, the first one's first.
    places: Vec<(&'static str, u32)>,
    budgets: Vec<&'static BudgetSpec>,
    scale: Scale,
    counts: Counts,
    histogram: TickHistogram,
    exemplars: Vec<Exemplar>,
    errors_unseen: bool,
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
        name: &'static str,
        places: impl Iterator<Item = (&'static str, u32)>,
        budgets: Vec<&'static BudgetSpec>,
        scale: Scale,
        counts: Counts,
        histogram: TickHistogram,
        exemplars: Vec<Exemplar>,
    ) -> Self {
        let mut new =
            Self { name, places: Vec::new(), budgets, scale, counts, histogram, exemplars, errors_unseen: false };
        new.add_places(places);
        new
    }

    #[cfg_attr(not(feature = "enabled"), allow(dead_code))]
    pub(crate) fn with_errors_unseen(self, errors_unseen: bool) -> Self {
        Self { errors_unseen, ..self }
    }

    /// The probe's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
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

    /// Source file and line of every callsite of this name that was called, the first one first. One name may count
    /// several functions: methods of one name in two traits, functions of one path in two crates, probes named alike.
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
        self.places.iter().copied()
    }

    fn add_places(&mut self, more: impl Iterator<Item = (&'static str, u32)>) {
        for place in more {
            if !self.places.contains(&place) {
                self.places.push(place);
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
        /// Calls that returned `Err`, or were marked with [`Guard::fail`](crate::Guard::fail). Where
        /// [`errors_unseen`](Self::errors_unseen), there may have been more.
        errors: u64;
        /// Calls that ended by unwinding.
        panics: u64;
        /// Futures that were dropped between their first poll and their end.
        cancelled: u64;
        /// Polls of futures.
        polls: u64;
        /// Sum of the values of `items = …`.
        items: u64;
        /// Sum of the values of `bytes = …`.
        bytes: u64;
        /// Allocations and reallocations during calls, callees included; the outermost call of a recursion counts.
        allocs: u64;
        /// Bytes of these; a reallocation adds what it grows by.
        alloc_bytes: u64;
        /// Greatest growth of the thread's live bytes above their level at entry, over all calls.
        peak_bytes: u64;
        /// Bytes allocated less bytes freed during calls; negative where they freed more.
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

    /// Whether calls may have returned errors that were not counted: the function returns a `Result` under a name that
    /// does not end in `Result`, which the attribute does not check unless `errors` is among its options.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// type Checked<T> = Result<T, String>;
    ///
    /// #[perf_probe(name = "unseen")]
    /// fn unseen() -> Checked<u8> {
    ///     Err("no".to_owned())
    /// }
    ///
    /// #[perf_probe(name = "seen", errors)]
    /// fn seen() -> Checked<u8> {
    ///     Err("no".to_owned())
    /// }
    ///
    /// let session = Session::new();
    /// session.run(|| (unseen(), seen()));
    /// let snapshot = session.snapshot();
    /// let errors = |name| snapshot.get(name).map(|probe| (probe.errors(), probe.errors_unseen()));
    /// if perf_core::is_enabled() {
    ///     assert_eq!(errors("unseen"), Some((0, true)));
    ///     assert_eq!(errors("seen"), Some((1, false)));
    /// }
    /// ```
    #[must_use]
    pub fn errors_unseen(&self) -> bool {
        self.errors_unseen
    }

    /// Calls that were timed: all that have ended, but of a sampled probe some.
    ///
    /// ```
    /// use perf_core::{Probe, Session};
    ///
    /// static GET: Probe = Probe::new("get").sample(10);
    ///
    /// let session = Session::new();
    /// session.run(|| (0..1_000).for_each(|_| drop(GET.start())));
    /// if let Some(get) = session.snapshot().get("get") {
    ///     assert!(get.timed_calls() < get.calls());
    /// }
    /// ```
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

    /// Busy time less that of instrumented callees and less the probes' own cost, which is the time that they take of
    /// their callers and that an empty probe measures
    /// ([`SnapshotMeta::probe_resolution`](crate::SnapshotMeta::probe_resolution)). Never below zero.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "inner")]
    /// fn inner() {
    ///     std::thread::sleep(std::time::Duration::from_millis(2));
    /// }
    ///
    /// #[perf_probe(name = "outer")]
    /// fn outer() {
    ///     inner();
    /// }
    ///
    /// let session = Session::new();
    /// session.run(outer);
    /// let snapshot = session.snapshot();
    /// if let (Some(outer), Some(inner)) = (snapshot.get("outer"), snapshot.get("inner")) {
    ///     assert!(outer.total() >= inner.total());
    ///     assert!(outer.self_time() < outer.total());
    /// }
    /// ```
    #[must_use]
    pub fn self_time(&self) -> Duration {
        self.scale.duration(self.own())
    }

    /// The part of the [`self_time`](Self::self_time) that the thread spent on no processor: blocked, or waiting for
    /// one. It is measured where the system has a clock for it
    /// ([`SnapshotMeta::waiting_is_told`](crate::SnapshotMeta::waiting_is_told)), for probes whose calls or polls last
    /// some ten microseconds on average; of others it stays in the self time. The waiting of shorter probes' calls
    /// counts for their caller, up to its own self time. It is an estimate where one call in several is measured, as
    /// below some hundred microseconds.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "nap")]
    /// fn nap() {
    ///     std::thread::sleep(std::time::Duration::from_millis(5));
    /// }
    ///
    /// let session = Session::new();
    /// session.run(nap);
    /// let snapshot = session.snapshot();
    /// if let Some(nap) = snapshot.get("nap").filter(|_| snapshot.meta().waiting_is_told) {
    ///     assert!(nap.waiting() * 2 > nap.self_time()); // most of it slept
    /// }
    /// ```
    #[must_use]
    pub fn waiting(&self) -> Duration {
        self.scale.duration(self.counts.waiting.min(self.own()))
    }

    fn own(&self) -> u64 {
        u64::try_from(self.counts.own).unwrap_or(0)
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
    ///
    /// ```
    /// use perf_core::Session;
    /// # use perf_core::Probe;
    /// # use std::time::Duration;
    /// # static PARSE: Probe = Probe::new("parse");
    ///
    /// let session = Session::new();
    /// session.run(|| {
    ///     for millis in 1..=100 {
    ///         PARSE.record(Duration::from_millis(millis));
    ///     }
    /// });
    /// if let Some(parse) = session.snapshot().get("parse") {
    ///     assert!((parse.mean().as_secs_f64() - 0.0505).abs() < 1e-6);
    /// }
    /// ```
    #[must_use]
    pub fn mean(&self) -> Duration {
        let timed = self.histogram.count();
        if timed == 0 {
            return Duration::ZERO;
        }
        self.scale.duration(self.counts.sum).div_f64(timed as f64)
    }

    /// The duration that the share `q` of all calls does not exceed, within 0.79 %; zero if there were none.
    ///
    /// ```
    /// use perf_core::Session;
    /// # use perf_core::Probe;
    /// # use std::time::Duration;
    /// # static PARSE: Probe = Probe::new("parse");
    ///
    /// let session = Session::new();
    /// session.run(|| {
    ///     for millis in 1..=100 {
    ///         PARSE.record(Duration::from_millis(millis));
    ///     }
    /// });
    /// if let Some(parse) = session.snapshot().get("parse") {
    ///     let p95 = parse.quantile(0.95).as_secs_f64();
    ///     assert!((p95 - 0.095).abs() < 0.0079 * 0.095);
    /// }
    /// ```
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
    /// proportion, and the count is unchanged.
    ///
    /// ```
    /// use perf_core::Session;
    /// # use perf_core::Probe;
    /// # use std::time::Duration;
    /// # static PARSE: Probe = Probe::new("parse");
    ///
    /// let session = Session::new();
    /// session.run(|| {
    ///     for millis in 1..=100 {
    ///         PARSE.record(Duration::from_millis(millis));
    ///     }
    /// });
    /// if let Some(parse) = session.snapshot().get("parse") {
    ///     assert_eq!(parse.histogram().count(), 100);
    /// }
    /// ```
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
        self.add_places(other.places.iter().copied());
        self.errors_unseen |= other.errors_unseen;
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
        for time in [&mut counts.total, &mut counts.busy, &mut counts.sum, &mut counts.waiting] {
            *time = scale.nanos(*time);
        }
        let own = i64::try_from(scale.nanos(counts.own.unsigned_abs())).unwrap_or(i64::MAX);
        counts.own = own.saturating_mul(counts.own.signum());
        counts.extremes = counts.extremes.map(|(least, greatest)| (scale.nanos(least), scale.nanos(greatest)));
        let pairs = self.histogram.rescale(scale).to_pairs();
        self.histogram = TickHistogram::from_sorted(pairs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A probe whose sums are all `sum`, and whose signed sums are all `signed`.
    fn stats(sum: u64, signed: i64, scale: Scale) -> ProbeStats {
        let histogram = TickHistogram::from_sorted(vec![(7, sum.max(1))]);
        let counts = Counts {
            calls: sum,
            skipped: sum,
            errors: sum,
            panics: sum,
            cancelled: sum,
            polls: sum,
            items: sum,
            bytes: sum,
            allocs: sum,
            alloc_bytes: sum,
            self_allocs: signed,
            self_alloc_bytes: signed,
            net_bytes: signed,
            total: sum,
            busy: sum,
            waiting: sum,
            sum,
            own: signed,
            peak_bytes: sum,
            extremes: Some((7, 7)),
        };
        ProbeStats::new("probe", [("file", 1)].into_iter(), Vec::new(), scale, counts, histogram, Vec::new())
    }

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![any::<u64>(), Just(u64::MAX), 1..100u64]
    }

    fn signed() -> impl Strategy<Value = i64> {
        prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), -100..100i64]
    }

    proptest! {
        /// Snapshots of equal clocks and of different ones, against sums in twice as many bits.
        #[test]
        fn merges_stop_at_the_greatest_number(
            parts in prop::collection::vec((number(), signed()), 1..6),
            faster in any::<bool>(),
        ) {
            let mut all = stats(parts[0].0, parts[0].1, Scale::NANOS);
            let (mut sum, mut signed) = (u128::from(parts[0].0), i128::from(parts[0].1));
            for &(more, signed_more) in &parts[1..] {
                let scale = if faster { Scale::ticks(5e8) } else { Scale::NANOS };
                let before = all.clone();
                all.merge(&stats(more, signed_more, scale));
                sum += u128::from(more);
                signed = (signed + i128::from(signed_more)).clamp(i64::MIN.into(), i64::MAX.into());
                let wanted = u64::try_from(sum).unwrap_or(u64::MAX);
                let counts = &all.counts;
                prop_assert_eq!([counts.calls, counts.items, counts.bytes, counts.allocs, counts.alloc_bytes], [wanted; 5]);
                prop_assert_eq!(i128::from(counts.net_bytes), signed);
                prop_assert!(counts.total >= before.counts.total && counts.sum >= before.counts.sum);
                if !faster {
                    prop_assert_eq!([counts.total, counts.busy, counts.sum], [wanted; 3]);
                    prop_assert_eq!(i128::from(counts.own), signed);
                }
                let since = all.since(&before);
                prop_assert!(since.is_none_or(|since| since.counts.items == wanted - before.counts.items));
            }
            let _ = (all.mean(), all.total(), all.self_time(), all.quantile(0.5), all.histogram().count());
        }
    }
}
