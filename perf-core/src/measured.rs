//! A future that is measured.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Probe;
#[cfg(feature = "enabled")]
use crate::live::poll::{End, FutureCall, OpenPoll};

/// A future that is measured; made by [`Probe::wrap`].
///
/// A call lasts from the first poll to the end: its *wall* time. The time inside polls is its *busy* time. A future
/// that is dropped after its first poll and before its end counts as cancelled. It may move between threads from poll
/// to poll.
#[must_use = "futures do nothing unless polled"]
pub struct Measured<F: Future> {
    future: F,
    #[cfg(feature = "enabled")]
    state: Call<F::Output>,
}

#[cfg(feature = "enabled")]
struct Call<T> {
    counted: FutureCall,
    failed: Option<fn(&T) -> bool>,
}

#[cfg(feature = "enabled")]
impl<T> Call<T> {
    /// How the future has ended, if it has.
    #[inline]
    fn end(&self, outcome: &Poll<T>) -> Option<End> {
        match (outcome, self.failed) {
            (Poll::Pending, _) => None,
            (Poll::Ready(output), Some(failed)) if failed(output) => Some(End::Failed),
            (Poll::Ready(_), _) => Some(End::Ready),
        }
    }
}

impl Probe {
    /// Measures a future: wall time from its first poll to its end, busy time and allocations poll by poll on the
    /// thread that polls. Nothing is boxed, and nothing is allocated by the program's allocator: the state of the call lies
    /// in the library's own memory from the first poll until the future is dropped.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static FETCH: Probe = Probe::new("fetch");
    ///
    /// assert_eq!(pollster::block_on(FETCH.wrap(async { 7 })), 7);
    /// if let Some(fetch) = perf_core::snapshot().get("fetch") {
    ///     assert_eq!((fetch.calls(), fetch.polls()), (1, 1));
    /// }
    /// ```
    pub const fn wrap<F>(&'static self, future: F) -> Measured<F>
    where
        F: Future,
    {
        Measured::new(self, future)
    }
}

#[cfg_attr(not(feature = "enabled"), allow(unused_variables, unused_mut))]
impl<F: Future> Measured<F> {
    const fn new(probe: &'static Probe, future: F) -> Self {
        Self {
            future,
            #[cfg(feature = "enabled")]
            state: Call { counted: FutureCall::new(&probe.site), failed: None },
        }
    }

    /// Adds to the items that the probe has worked on, when the future is first polled.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static FETCH: Probe = Probe::new("fetch");
    ///
    /// pollster::block_on(FETCH.wrap(async {}).items(20));
    /// if let Some(fetch) = perf_core::snapshot().get("fetch") {
    ///     assert_eq!(fetch.items(), 20);
    /// }
    /// ```
    pub const fn items(mut self, items: u64) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.state.counted.items = items;
        }
        self
    }

    /// Adds to the bytes that the probe has worked on, when the future is first polled.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static FETCH: Probe = Probe::new("fetch");
    ///
    /// pollster::block_on(FETCH.wrap(async {}).bytes(512));
    /// if let Some(fetch) = perf_core::snapshot().get("fetch") {
    ///     assert_eq!(fetch.bytes(), 512);
    /// }
    /// ```
    pub const fn bytes(mut self, bytes: u64) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.state.counted.bytes = bytes;
        }
        self
    }

    /// Says which outputs are errors.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static FETCH: Probe = Probe::new("fetch");
    ///
    /// let status = pollster::block_on(FETCH.wrap(async { 503 }).errors_when(|status| *status >= 500));
    /// assert_eq!(status, 503);
    /// if let Some(fetch) = perf_core::snapshot().get("fetch") {
    ///     assert_eq!(fetch.errors(), 1);
    /// }
    /// ```
    pub const fn errors_when(mut self, failed: fn(&F::Output) -> bool) -> Self {
        #[cfg(feature = "enabled")]
        {
            self.state.failed = Some(failed);
        }
        self
    }
}

impl<F: Future> Future for Measured<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned with `self`: it is never moved out, and `Measured` is `Unpin` only if it is (there
        // is no other impl; the other fields are never pinned), and `Drop` below does not touch it.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        #[cfg(feature = "enabled")]
        {
            let open = OpenPoll::begin(&mut this.state.counted);
            let outcome = future.poll(context);
            if open.is_counted() {
                open.end(this.state.end(&outcome));
            }
            outcome
        }
        #[cfg(not(feature = "enabled"))]
        future.poll(context)
    }
}

impl<F: Future> fmt::Debug for Measured<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").finish_non_exhaustive()
    }
}
