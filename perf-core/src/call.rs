//! The open call of a function whose body has no way out but its end and a panic.

use std::marker::PhantomData;

use crate::Probe;
#[cfg(feature = "enabled")]
use crate::live::{
    callsite::Callsite,
    lane::{self, Open},
};

/// As [`Guard`](crate::Guard), of a call that says when it returns: dropped before, it has panicked. So nobody asks whether
/// the thread unwinds, neither at the start nor at the end.
#[must_use]
pub struct Call {
    #[cfg(feature = "enabled")]
    open: Open,
    /// For calls without a frame, on rare ways only: a constant of the function, of which there is no trace on the usual way.
    #[cfg(feature = "enabled")]
    site: &'static Callsite,
    not_send: PhantomData<*const ()>,
}

#[cfg_attr(not(feature = "enabled"), allow(unused_variables, clippy::unused_self))]
impl Call {
    /// Begins a call.
    // A hint, as for `Probe::start`.
    #[inline]
    pub fn start(probe: &'static Probe) -> Self {
        Self {
            #[cfg(feature = "enabled")]
            open: Open::begin(&probe.site),
            #[cfg(feature = "enabled")]
            site: &probe.site,
            not_send: PhantomData,
        }
    }

    /// Adds to the items that the probe has worked on.
    #[inline]
    pub fn items(&self, items: u64) {
        #[cfg(feature = "enabled")]
        if self.open.is_counted() {
            lane::count_units_of(self.open, self.site, items, 0);
        }
    }

    /// Adds to the bytes that the probe has worked on.
    #[inline]
    pub fn bytes(&self, bytes: u64) {
        #[cfg(feature = "enabled")]
        if self.open.is_counted() {
            lane::count_units_of(self.open, self.site, 0, bytes);
        }
    }

    /// Ends the call, which returns.
    #[inline]
    pub fn end(self) {
        #[cfg(feature = "enabled")]
        {
            let open = self.open;
            std::mem::forget(self);
            drop(Returned(open));
        }
    }

    /// Ends the call, which returns, perhaps an error.
    #[inline]
    pub fn end_as(self, failed: bool) {
        #[cfg(feature = "enabled")]
        if failed && self.open.is_counted() {
            lane::fail(self.open, self.site);
        }
        self.end();
    }
}

/// A call that has returned; it ends where this is dropped. With the end called in place, compilers specialize a small body
/// for a call that is not counted, and keep its value over the end.
#[cfg(feature = "enabled")]
struct Returned(Open);

#[cfg(feature = "enabled")]
impl Drop for Returned {
    #[inline]
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(feature = "enabled")]
impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if self.open.is_counted() {
            lane::unwind(self.open, self.site);
        }
    }
}

#[cfg(not(feature = "enabled"))]
impl Drop for Call {
    /// Does nothing: see the same of [`Guard`](crate::Guard).
    #[inline(always)]
    fn drop(&mut self) {}
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}
