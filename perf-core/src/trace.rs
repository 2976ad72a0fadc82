//! The trace that work belongs to.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "enabled")]
use crate::live::local::Local;

/// The trace that work belongs to, as a tracing system numbers it: the record of a slow call then leads there. It is
/// read only where a call is among the slowest of its probe, so it costs other calls nothing.
///
/// ```
/// use perf_core::{Session, Trace, perf_probe};
///
/// #[perf_probe(name = "handle")]
/// fn handle() {}
///
/// let session = Session::new();
/// session.run(|| {
///     let _request = Trace::new(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736).enter();
///     handle();
/// });
/// if let Some(handle) = session.snapshot().get("handle") {
///     assert_eq!(handle.exemplars()[0].trace(), Some(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "enabled"), allow(dead_code))]
pub struct Trace(u128);

impl Trace {
    /// The trace of this number; 0 is none.
    #[must_use]
    pub const fn new(id: u128) -> Self {
        Self(id)
    }

    /// The calls of this thread belong to the trace until the guard is dropped.
    pub fn enter(self) -> TraceGuard {
        TraceGuard {
            #[cfg(feature = "enabled")]
            before: Local::here().trace.replace(self.0),
            not_send: PhantomData,
        }
    }

    /// The calls of a future belong to the trace, on any thread that polls it.
    pub const fn wrap<F: Future>(self, future: F) -> InTrace<F> {
        InTrace { trace: self, future }
    }
}

/// Keeps its thread in a [`Trace`]. Guards are to be dropped in the reverse of the order of entering.
#[must_use = "the trace is left where the guard is dropped: bind it to a name, `let _trace = …`"]
pub struct TraceGuard {
    #[cfg(feature = "enabled")]
    before: u128,
    not_send: PhantomData<*const ()>,
}

impl Drop for TraceGuard {
    fn drop(&mut self) {
        #[cfg(feature = "enabled")]
        Local::here().trace.set(self.before);
    }
}

impl fmt::Debug for TraceGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceGuard").finish_non_exhaustive()
    }
}

/// A future in a [`Trace`]; made by [`Trace::wrap`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct InTrace<F> {
    trace: Trace,
    future: F,
}

impl<F: Future> Future for InTrace<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let _inside = self.trace.enter();
        // SAFETY: `future` is pinned with `self` and never moved out; there is no `Drop` and no manual `Unpin`.
        unsafe { self.map_unchecked_mut(|this| &mut this.future) }.poll(context)
    }
}
