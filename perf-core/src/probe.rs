//! A place in the program that is measured, and a call of it.

use std::marker::PhantomData;
use std::time::Duration;

use crate::budget::BudgetSpec;

#[cfg(feature = "enabled")]
use crate::live::{
    callsite::{Callsite, Name, OFF, Sampling},
    clock, entry,
    frame::Frame,
    lane,
};

/// A place in the program that is measured: made by `#[perf_probe]`, or written by hand.
///
/// It is a static, built at compile time. The first call registers it; nothing runs before `main`. Probes of one name,
/// at any place, count together.
///
/// ```
/// use perf_core::Probe;
///
/// static PARSE: Probe = Probe::new("parse");
///
/// fn parse(text: &str) -> usize {
///     let call = PARSE.start();
///     call.bytes(text.len() as u64);
///     text.split_whitespace().count()
/// } // the call ends here, on every way out
///
/// assert_eq!(parse("a b c"), 3);
/// ```
#[derive(Debug)]
pub struct Probe {
    #[cfg(feature = "enabled")]
    pub(crate) site: Callsite,
}

#[cfg(feature = "enabled")]
macro_rules! site {
    ($name:expr) => {
        Probe { site: Callsite::new($name) }
    };
}
#[cfg(not(feature = "enabled"))]
macro_rules! site {
    ($name:expr) => {
        Probe {}
    };
}

impl Probe {
    /// A probe with this name, at the place of the caller.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static PARSE: Probe = Probe::new("parse");
    ///
    /// PARSE.start(); // a call that ends at once
    /// assert_eq!(perf_core::snapshot().get("parse").map(|parse| parse.calls()), perf_core::is_enabled().then_some(1));
    /// ```
    #[must_use]
    #[track_caller]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub const fn new(name: &'static str) -> Self {
        site!(Name::Given(name))
    }

    /// A probe at a place that is given: `line` of source file `file`.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static RULE: Probe = Probe::at("rule", "rules/prices.toml", 12);
    ///
    /// drop(RULE.start());
    /// if let Some(rule) = perf_core::snapshot().get("rule") {
    ///     assert_eq!((rule.file(), rule.line()), ("rules/prices.toml", 12));
    /// }
    /// ```
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub const fn at(name: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            #[cfg(feature = "enabled")]
            site: Callsite::at(Name::Given(name), file, line),
        }
    }

    /// A probe named by the function it is in: `here` returns the compiler's name of a type nested in it.
    #[track_caller]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub(crate) const fn around(module: &'static str, here: fn() -> &'static str) -> Self {
        site!(Name::Around { module, here })
    }

    /// The same probe under another name.
    #[cfg(feature = "enabled")]
    pub(crate) const fn named(&self, name: &'static str) -> Self {
        Self { site: self.site.named(name) }
    }

    /// Times one call in `calls` on average, at random. Calls, errors, items and bytes stay exact; times and
    /// allocations are weighted, so that they are right on average. After a gap of some hundreds of calls the two
    /// before the timed one only warm its way up, at the cost of timed ones. 0 and 1 time every call, also under the cap of a
    /// whole program ([`set_overhead`](crate::set_overhead)).
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static GET: Probe = Probe::new("get").sample(100);
    ///
    /// for _ in 0..10_000 {
    ///     drop(GET.start());
    /// }
    /// if let Some(get) = perf_core::snapshot().get("get") {
    ///     assert_eq!(get.calls(), 10_000);
    ///     assert!(get.timed_calls() < 1_000); // one in a hundred, on average
    /// }
    /// ```
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables, unused_mut))]
    pub const fn sample(mut self, calls: u32) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.site.sampling = match std::num::NonZeroU32::new(calls) {
                Some(calls) if calls.get() > 1 => Sampling::OneIn(calls),
                _ => Sampling::Every,
            };
        }
        self
    }

    /// Times as many calls as keep the probe's cost under so many millionths of the measured time: 10,000 is 1 %.
    /// Every thread finds its own rate. Otherwise as [`sample`](Self::sample); 0 times every call. The cap of a whole
    /// program is [`set_overhead`](crate::set_overhead).
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static GET: Probe = Probe::new("get").overhead(10_000); // 1 %
    ///
    /// drop(GET.start());
    /// ```
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables, unused_mut))]
    pub const fn overhead(mut self, ppm: u32) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.site.sampling = match std::num::NonZeroU32::new(ppm) {
                Some(ppm) => Sampling::Cap { ppm },
                None => Sampling::Every,
            };
        }
        self
    }

    /// Declares limits on the cost of calls. The probe itself never checks them; readers of snapshots do.
    ///
    /// ```
    /// use perf_core::Probe;
    /// use perf_core::budget::{Bound, BudgetSpec, Limit, Metric};
    ///
    /// static BUDGET: BudgetSpec =
    ///     BudgetSpec { limits: &[Limit { metric: Metric::Allocs, bound: Bound::Count(0) }], ..BudgetSpec::EMPTY };
    /// static GET: Probe = Probe::new("get").budget(&BUDGET);
    ///
    /// drop(GET.start());
    /// if let Some(get) = perf_core::snapshot().get("get") {
    ///     assert_eq!(get.budgets(), [&BUDGET]);
    /// }
    /// ```
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables, unused_mut))]
    pub const fn budget(mut self, budget: &'static BudgetSpec) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.site.budget = Some(budget);
        }
        self
    }

    /// The same probe, of a function whose errors nothing looks at.
    #[cfg_attr(not(feature = "enabled"), allow(unused_mut))]
    pub(crate) const fn with_errors_unseen(mut self) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.site.errors_unseen = true;
        }
        self
    }

    /// Begins a call, which ends when the guard is dropped.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static STEP: Probe = Probe::new("step");
    ///
    /// fn step() {
    ///     let _call = STEP.start(); // bound to a name: it ends with the function
    ///     // …
    /// }
    ///
    /// step();
    /// ```
    // A hint is enough, and better than `always`: then this is simplified once, before it is copied to all functions.
    #[inline]
    pub fn start(&'static self) -> Guard {
        Guard {
            #[cfg(feature = "enabled")]
            frame: {
                let word = self.site.word();
                if word & OFF == 0 { lane::start(&self.site, word as usize) } else { None }
            },
            not_send: PhantomData,
        }
    }

    /// Counts a call that was timed elsewhere. It has no callees and no allocations.
    ///
    /// ```
    /// use perf_core::Probe;
    /// use std::time::Duration;
    ///
    /// static QUEUED: Probe = Probe::new("queued");
    ///
    /// QUEUED.record(Duration::from_millis(3)); // what another system says
    /// if let Some(queued) = perf_core::snapshot().get("queued") {
    ///     assert_eq!(queued.calls(), 1);
    /// }
    /// ```
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn record(&'static self, time: Duration) {
        #[cfg(feature = "enabled")]
        entry::record(&self.site, clock::to_ticks(time));
    }
}

/// The guard of an open call; dropping it ends the call.
///
/// It belongs to the thread it began on. Do not hold one across an `.await`: use [`Probe::wrap`] there. Guards are
/// meant to be dropped in the reverse of the order they began in. Where they are not, or where one is leaked, nothing
/// breaks: a leaked call is not counted, and time that overlaps may be attributed to the wrong one of two calls. A leaked
/// guard keeps some 200 bytes of its thread, and as many for each call that was open around it. A signal handler ends the
/// calls that it begins.
#[must_use = "the call ends where the guard is dropped: bind it to a name, `let _guard = …`"]
pub struct Guard {
    /// None where the call is not counted.
    #[cfg(feature = "enabled")]
    frame: Option<&'static Frame>,
    not_send: PhantomData<*const ()>,
}

impl Guard {
    /// Adds to the items that the probe has worked on.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static LOAD: Probe = Probe::new("load");
    ///
    /// let call = LOAD.start();
    /// call.items(3);
    /// drop(call);
    /// if let Some(load) = perf_core::snapshot().get("load") {
    ///     assert_eq!(load.items(), 3);
    /// }
    /// ```
    #[inline]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn items(&self, items: u64) {
        #[cfg(feature = "enabled")]
        if let Some(frame) = self.frame {
            lane::count_units(frame, items, 0);
        }
    }

    /// Adds to the bytes that the probe has worked on.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static LOAD: Probe = Probe::new("load");
    ///
    /// let call = LOAD.start();
    /// call.bytes(4096);
    /// drop(call);
    /// if let Some(load) = perf_core::snapshot().get("load") {
    ///     assert_eq!(load.bytes(), 4096);
    /// }
    /// ```
    #[inline]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn bytes(&self, bytes: u64) {
        #[cfg(feature = "enabled")]
        if let Some(frame) = self.frame {
            lane::count_units(frame, 0, bytes);
        }
    }

    /// Marks this call as one that failed.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static LOAD: Probe = Probe::new("load");
    ///
    /// let call = LOAD.start();
    /// call.fail();
    /// drop(call);
    /// if let Some(load) = perf_core::snapshot().get("load") {
    ///     assert_eq!((load.calls(), load.errors()), (1, 1));
    /// }
    /// ```
    #[inline]
    pub fn fail(&self) {
        #[cfg(feature = "enabled")]
        if let Some(frame) = self.frame {
            frame.fail();
        }
    }

    /// Marks this call, which is being left, as one that failed, unless a panic of its own leaves it.
    #[inline(never)]
    #[cfg_attr(not(feature = "enabled"), allow(clippy::unused_self))]
    pub(crate) extern "C" fn fail_unless_panicked(&self) {
        #[cfg(feature = "enabled")]
        if let Some(frame) = self.frame.filter(|frame| !frame.panics()) {
            frame.fail();
        }
    }
}

#[cfg(feature = "enabled")]
impl Drop for Guard {
    // As `start`; where a function unwinds, it may stay a call.
    #[inline]
    fn drop(&mut self) {
        if let Some(frame) = self.frame {
            lane::finish(frame);
        }
    }
}

#[cfg(not(feature = "enabled"))]
impl Drop for Guard {
    /// Does nothing; it is there so that a guard behaves the same to the borrow checker, on and off.
    #[inline(always)]
    fn drop(&mut self) {}
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}
