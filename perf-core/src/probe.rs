//! A place in the program that is measured, and a call of it.

use std::marker::PhantomData;
use std::time::Duration;

use crate::budget::BudgetSpec;
use crate::measured::Measured;
use crate::split::SplitCall;

#[cfg(feature = "enabled")]
use crate::live::{
    callsite::{Callsite, Name, OFF, Sampling},
    clock, entry, general, lane,
    open::{Class, Open},
};

/// A place in the program that is measured: what `#[perf_probe]` expands to, and what can be written by hand.
///
/// It is a constant-built static. The first call registers it; nothing runs before `main`. Probes of one name, wherever
/// they stand, count together.
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
    #[must_use]
    #[track_caller]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub const fn new(name: &'static str) -> Self {
        site!(Name::Given(name))
    }

    /// A probe at a place that somebody else knows: `line` of source file `file`.
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub const fn at(name: &'static str, file: &'static str, line: u32) -> Self {
        Self {
            #[cfg(feature = "enabled")]
            site: Callsite::at(Name::Given(name), file, line),
        }
    }

    /// A probe named by the function it is in: `here` returns what the compiler calls a function nested in it.
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
    /// allocations are weighted, so that they are right on average. 0 and 1 time every call.
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables, unused_mut))]
    pub const fn sample(mut self, calls: u32) -> Self {
        #[cfg(feature = "enabled")]
        if calls > 1
            && let Some(calls) = std::num::NonZeroU32::new(calls)
        {
            self.site.sampling = Sampling::OneIn(calls);
        }
        self
    }

    /// Times as many calls as keep the probe's cost under so many millionths of the measured time: 10,000 is 1 %.
    /// Every thread finds its own rate. Otherwise as [`sample`](Self::sample); 0 times every call.
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables, unused_mut))]
    pub const fn overhead(mut self, ppm: u32) -> Self {
        #[cfg(feature = "enabled")]
        if let Some(ppm) = std::num::NonZeroU32::new(ppm) {
            self.site.sampling = Sampling::Cap { ppm };
        }
        self
    }

    /// Declares what calls may cost. The probe itself never looks at it; whoever reads snapshots does.
    #[must_use]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables, unused_mut))]
    pub const fn budget(mut self, budget: &'static BudgetSpec) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.site.budget = Some(budget);
        }
        self
    }

    /// Begins a call, which ends when the guard is dropped.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    pub fn start(&'static self) -> Guard {
        #[cfg(feature = "enabled")]
        {
            if self.site.word() & OFF == 0 { lane::start(&self.site) } else { Guard::new(Open::off()) }
        }
        #[cfg(not(feature = "enabled"))]
        Guard { not_send: PhantomData }
    }

    /// Counts a call that somebody else has timed. It has no callees and no allocations.
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn record(&'static self, time: Duration) {
        #[cfg(feature = "enabled")]
        entry::record(&self.site, clock::to_ticks(time));
    }

    /// A call that is made of several stretches, on any threads: see [`SplitCall`].
    #[must_use]
    pub const fn split(&'static self) -> SplitCall {
        SplitCall::new(self)
    }

    /// Measures a future: wall time from its first poll to its end, busy time and allocations poll by poll on
    /// whichever thread polls. Nothing is boxed or allocated.
    pub const fn wrap<F>(&'static self, future: F) -> Measured<F>
    where
        F: Future,
    {
        Measured::new(self, future)
    }
}

/// A call under way; dropping it ends the call.
///
/// It belongs to the thread it began on. Do not hold one across an `.await`: use [`Probe::wrap`] there. Guards are
/// meant to be dropped in the reverse of the order they began in. Where they are not, or where one is leaked, nothing
/// breaks: a leaked call is not counted, and time that overlaps may be attributed to the wrong one of two calls.
#[must_use = "the call ends where the guard is dropped: bind it to a name, `let _guard = …`"]
pub struct Guard {
    #[cfg(feature = "enabled")]
    open: Open,
    not_send: PhantomData<*const ()>,
}

impl Guard {
    #[cfg(feature = "enabled")]
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn new(open: Open) -> Self {
        Self { open, not_send: PhantomData }
    }

    /// The call, if it is counted.
    #[cfg(feature = "enabled")]
    #[inline(always)]
    fn counted(&self) -> Option<&Open> {
        (self.open.class() != Class::Off).then_some(&self.open)
    }

    /// Adds to the items that the probe has worked on.
    #[inline]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn items(&self, items: u64) {
        #[cfg(feature = "enabled")]
        if let Some(open) = self.counted() {
            lane::count_units(open, items, 0);
        }
    }

    /// Adds to the bytes that the probe has worked on.
    #[inline]
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn bytes(&self, bytes: u64) {
        #[cfg(feature = "enabled")]
        if let Some(open) = self.counted() {
            lane::count_units(open, 0, bytes);
        }
    }

    /// Marks this call as one that failed.
    #[inline]
    pub fn fail(&self) {
        #[cfg(feature = "enabled")]
        if let Some(open) = self.counted() {
            open.fail();
        }
    }

    /// Marks this call, which is being left, as one that failed, if it is not a panic of its own that leaves it.
    #[inline(never)]
    pub(crate) fn fail_unless_panicked(&self) {
        #[cfg(feature = "enabled")]
        if let Some(open) = self.counted()
            && !open.panics()
        {
            open.fail();
        }
    }
}

#[cfg(feature = "enabled")]
impl Drop for Guard {
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    fn drop(&mut self) {
        if self.open.is_timed() {
            lane::finish(&self.open);
        } else if self.open.class() == Class::Untimed {
            general::finish_untimed(&self.open);
        }
    }
}

#[cfg(not(feature = "enabled"))]
impl Drop for Guard {
    /// Nothing; it is there so that a guard behaves the same to the borrow checker, on and off.
    #[inline(always)]
    fn drop(&mut self) {}
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}
