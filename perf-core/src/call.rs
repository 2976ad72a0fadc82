//! The open call of a function whose body has no way out but its end and a panic.

use std::marker::PhantomData;

use crate::Probe;
#[cfg(feature = "enabled")]
use crate::live::{callsite::OFF, frame::Frame, lane};

/// As [`Guard`](crate::Guard), of a call that says when it returns: dropped before, it has panicked. So nobody asks whether
/// the thread unwinds, neither at the start nor at the end.
#[must_use]
pub struct Call {
    /// None where the call is not counted.
    #[cfg(feature = "enabled")]
    frame: Option<&'static Frame>,
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
            frame: {
                let word = probe.site.word();
                if word & OFF == 0 { lane::start_closed(&probe.site, word as usize) } else { None }
            },
            not_send: PhantomData,
        }
    }

    /// Adds to the items that the probe has worked on.
    #[inline]
    pub fn items(&self, items: u64) {
        #[cfg(feature = "enabled")]
        if let Some(frame) = self.frame {
            lane::count_units(frame, items, 0);
        }
    }

    /// Adds to the bytes that the probe has worked on.
    #[inline]
    pub fn bytes(&self, bytes: u64) {
        #[cfg(feature = "enabled")]
        if let Some(frame) = self.frame {
            lane::count_units(frame, 0, bytes);
        }
    }

    /// Ends the call, which returns.
    #[inline]
    pub fn end(self) {
        #[cfg(feature = "enabled")]
        {
            let frame = self.frame;
            std::mem::forget(self);
            drop(Returned(frame));
        }
    }

    /// Ends the call, which returns, perhaps an error.
    #[inline]
    pub fn end_as(self, failed: bool) {
        #[cfg(feature = "enabled")]
        if let Some(frame) = self.frame.filter(|_| failed) {
            frame.fail();
        }
        self.end();
    }
}

/// A call that has returned; it ends where this is dropped. With the end called in place, compilers specialize a small body
/// for a call that is not counted, and keep its value over the end.
#[cfg(feature = "enabled")]
struct Returned(Option<&'static Frame>);

#[cfg(feature = "enabled")]
impl Drop for Returned {
    #[inline]
    fn drop(&mut self) {
        if let Some(frame) = self.0 {
            lane::end(frame);
        }
    }
}

#[cfg(feature = "enabled")]
impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if let Some(frame) = self.frame {
            lane::unwind(frame);
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
