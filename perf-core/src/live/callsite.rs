//! The callsite that an annotation leaves in the program: a static, built at compile time, with its description and one
//! word that the hot path reads. The first call registers it; nothing runs before `main`.

use std::num::NonZeroU32;
use std::panic::Location;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::site::Site;
use super::sync::{AtomicBool, AtomicPtr, AtomicU32, const_unless_loom};
use crate::budget::BudgetSpec;

/// Bits of the word that are the probe's id; the others make it greater than every table of slots.
pub(crate) const ID: u32 = 0x00ff_ffff;
/// Recording is off: the call ends right there.
pub(crate) const OFF: u32 = 1 << 31;
/// Calls are counted by the general lane.
pub(crate) const GENERAL: u32 = 1 << 30;
/// Calls are recorded in the thread's ring.
pub(crate) const RECORDED: u32 = 1 << 29;
/// Calls are counted by the general lane, since they are long enough for their thread's processor time to be read. Not where not every
/// call is timed: the general lane counts those that are, and it makes no difference to the others.
pub(crate) const WATCHED: u32 = 1 << 28;
/// Not every call is timed.
pub(crate) const SAMPLED: u32 = 1 << 27;
/// Calls have a place in the call tree.
pub(crate) const TREE: u32 = 1 << 26;
/// The word before the first call.
pub(crate) const UNREGISTERED: u32 = !(OFF | GENERAL | RECORDED | WATCHED | SAMPLED | TREE);

/// Which calls are timed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sampling {
    /// The program decides, by [`crate::set_overhead`]: all of them where it says nothing.
    Program,
    /// All of them.
    Every,
    /// One in so many, on average.
    OneIn(NonZeroU32),
    /// As many as keep the probe's cost below so many millionths of the measured time.
    Cap {
        /// Parts per million.
        ppm: NonZeroU32,
    },
}

/// The name of a callsite.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name {
    /// As written.
    Given(&'static str),
    /// The name of the function around it: the module, and the compiler's name of a type nested in it.
    Around { module: &'static str, here: fn() -> &'static str },
}

#[derive(Debug)]
pub(crate) struct Callsite {
    word: AtomicU32,
    name: Name,
    /// Source file, and line in it.
    pub(crate) place: (&'static str, u32),
    pub(crate) sampling: Sampling,
    pub(crate) budget: Option<&'static BudgetSpec>,
    /// Whether calls may return an error that nothing looks at.
    pub(crate) errors_unseen: bool,
    /// Whether calls that are timed are watched: [`WATCHED`], whichever calls are timed.
    is_watched: AtomicBool,
    /// The registry's copy of its description, once it is registered.
    site: AtomicPtr<Site>,
}

impl Callsite {
    const_unless_loom! {
        #[track_caller]
        pub(crate) fn new(name: Name) -> Self {
            let place = Location::caller();
            Self::with(name, (place.file(), place.line()), Sampling::Program, None)
        }
    }

    const_unless_loom! {
        /// A callsite at a place that the caller names.
        pub(crate) fn at(name: Name, file: &'static str, line: u32) -> Self {
            Self::with(name, (file, line), Sampling::Program, None)
        }
    }

    const_unless_loom! {
        /// The same place with the same options, under another name.
        pub(crate) fn named(&self, name: &'static str) -> Self {
            let renamed = Self::with(Name::Given(name), self.place, self.sampling, self.budget);
            Self { errors_unseen: self.errors_unseen, ..renamed }
        }
    }

    const_unless_loom! {
        fn with(
            name: Name,
            place: (&'static str, u32),
            sampling: Sampling,
            budget: Option<&'static BudgetSpec>,
        ) -> Self {
            Self {
                word: AtomicU32::new(UNREGISTERED),
                name,
                place,
                sampling,
                budget,
                errors_unseen: false,
                is_watched: AtomicBool::new(false),
                site: AtomicPtr::new(std::ptr::null_mut()),
            }
        }
    }

    #[inline(always)]
    pub(crate) fn word(&self) -> u32 {
        self.word.load(Relaxed)
    }

    /// The registry only, under its lock. A thread that still sees the old word finds the new one on its slow path.
    pub(super) fn set_word(&self, word: u32) {
        let _ = self.word.fetch_update(Relaxed, Relaxed, |_| Some(self.with_watched(word)));
    }

    /// Whether its calls are watched from now on. Any thread, without a lock: ends of calls come here.
    pub(crate) fn set_watched(&self, watched: bool) {
        if self.is_watched.load(Relaxed) != watched {
            self.is_watched.store(watched, Relaxed);
            let _ = self.word.fetch_update(Relaxed, Relaxed, |now| Some(self.with_watched(now)));
        }
    }

    /// A word with the flag as it is to be. Where another thread sets it at the same time, it is set anew at the next of its probe's
    /// slowest calls.
    fn with_watched(&self, word: u32) -> u32 {
        let is_watched = word & SAMPLED == 0 && self.is_watched.load(Relaxed);
        if is_watched { word | WATCHED } else { word & !WATCHED }
    }

    /// The registry's copy of its description, if it is registered.
    pub(crate) fn site(&self) -> Option<&'static Site> {
        // SAFETY: null or a site, and sites live for ever. Acquire pairs with the release in `set_site`.
        unsafe { self.site.load(Acquire).as_ref() }
    }

    /// The registry only, under its lock.
    pub(super) fn set_site(&self, site: &'static Site) {
        // Pairs with the acquire in `site`: a thread that sees the site sees its fields.
        self.site.store(std::ptr::from_ref(site).cast_mut(), Release);
    }

    /// Whether this is the callsite that the registry knows as `site`.
    pub(super) fn is(&self, site: &Site) -> bool {
        std::ptr::eq(self.site.load(Relaxed), site)
    }

    /// The name; for the registry, which keeps it.
    pub(super) fn resolve_name(&self) -> &'static str {
        match self.name {
            Name::Given(name) => name,
            Name::Around { module, here } => String::leak(crate::name::resolve_name(module, here())),
        }
    }
}
