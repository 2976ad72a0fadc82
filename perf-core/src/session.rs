//! Sessions: measuring one piece of work while others run.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Snapshot;
#[cfg(feature = "enabled")]
use crate::live::{collect, sessions};

/// Counts exactly the calls inside it: on this thread between entering and leaving, and on the threads and in the
/// futures that carry it there. Any number may be active, side by side or nested; the process totals include them all.
/// An outer session includes the counts of its inner ones.
///
/// ```
/// use perf_core::{Session, perf_probe};
///
/// #[perf_probe(name = "step")]
/// fn step() {}
///
/// let session = Session::new();
/// session.run(step);
/// step(); // outside
/// let handle = session.handle();
/// std::thread::spawn(move || {
///     let _inside = handle.enter();
///     step();
/// })
/// .join()
/// .unwrap();
/// let calls = session.snapshot().get("step").map_or(0, |step| step.calls());
/// assert_eq!(calls, if perf_core::is_enabled() { 2 } else { 0 });
/// ```
#[derive(Debug)]
pub struct Session {
    handle: SessionHandle,
}

/// Carries a [`Session`] to other threads.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    #[cfg(feature = "enabled")]
    core: sessions::Shared,
}

impl Session {
    /// A session that has counted nothing yet.
    ///
    /// ```
    /// use perf_core::Session;
    ///
    /// assert_eq!(Session::new().snapshot().probes().count(), 0);
    /// ```
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a session is not a neutral value")]
    pub fn new() -> Self {
        Self {
            handle: SessionHandle {
                #[cfg(feature = "enabled")]
                core: sessions::Shared::new(),
            },
        }
    }

    /// Counts the calls of this thread into the session until the guard is dropped.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "step")]
    /// fn step() {}
    ///
    /// let session = Session::new();
    /// {
    ///     let _inside = session.enter();
    ///     step();
    /// }
    /// step(); // not seen
    /// let calls = session.snapshot().get("step").map_or(0, |step| step.calls());
    /// assert_eq!(calls, u64::from(perf_core::is_enabled()));
    /// ```
    pub fn enter(&self) -> SessionGuard {
        self.handle.enter()
    }

    /// Counts the calls of `work` into the session.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "step")]
    /// fn step() {}
    ///
    /// let session = Session::new();
    /// session.run(step);
    /// let calls = session.snapshot().get("step").map_or(0, |step| step.calls());
    /// assert_eq!(calls, u64::from(perf_core::is_enabled()));
    /// ```
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _inside = self.enter();
        work()
    }

    /// Counts the calls of a future into the session, on any thread that polls it.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "step")]
    /// async fn step() {}
    ///
    /// let session = Session::new();
    /// pollster::block_on(session.wrap(step()));
    /// let calls = session.snapshot().get("step").map_or(0, |step| step.calls());
    /// assert_eq!(calls, u64::from(perf_core::is_enabled()));
    /// ```
    pub fn wrap<F: Future>(&self, future: F) -> InSession<F> {
        self.handle.wrap(future)
    }

    /// A handle that can go to another thread.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "step")]
    /// fn step() {}
    ///
    /// let session = Session::new();
    /// let handle = session.handle();
    /// std::thread::spawn(move || {
    ///     let _inside = handle.enter();
    ///     step();
    /// })
    /// .join()
    /// .unwrap();
    /// let calls = session.snapshot().get("step").map_or(0, |step| step.calls());
    /// assert_eq!(calls, u64::from(perf_core::is_enabled()));
    /// ```
    #[must_use]
    pub fn handle(&self) -> SessionHandle {
        self.handle.clone()
    }

    /// The counts of the session so far. Least and greatest values are exact.
    ///
    /// ```
    /// use perf_core::{Session, perf_probe};
    ///
    /// #[perf_probe(name = "step")]
    /// fn step() {}
    ///
    /// let session = Session::new();
    /// session.run(step);
    /// let before = session.snapshot();
    /// session.run(step);
    /// assert_eq!(session.snapshot().since(&before).probes().count(), usize::from(perf_core::is_enabled()));
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        #[cfg(feature = "enabled")]
        let snapshot = collect::session(&self.handle.core);
        #[cfg(not(feature = "enabled"))]
        let snapshot = Snapshot::default();
        snapshot
    }
}

impl SessionHandle {
    /// Counts the calls of this thread into the session until the guard is dropped.
    pub fn enter(&self) -> SessionGuard {
        SessionGuard {
            #[cfg(feature = "enabled")]
            entry: sessions::enter(&self.core),
            not_send: PhantomData,
        }
    }

    /// Counts the calls of a future into the session, on any thread that polls it.
    pub fn wrap<F: Future>(&self, future: F) -> InSession<F> {
        InSession { handle: self.clone(), future }
    }
}

/// Keeps its thread inside a [`Session`]. Guards may be dropped in any order.
#[must_use = "the session is left where the guard is dropped: bind it to a name, `let _inside = …`"]
pub struct SessionGuard {
    #[cfg(feature = "enabled")]
    entry: Option<*mut sessions::Entry>,
    not_send: PhantomData<*const ()>,
}

#[cfg(feature = "enabled")]
impl Drop for SessionGuard {
    fn drop(&mut self) {
        if let Some(entry) = self.entry {
            sessions::leave(entry);
        }
    }
}

#[cfg(not(feature = "enabled"))]
impl Drop for SessionGuard {
    /// Does nothing; it is there so that a guard behaves the same to the borrow checker, on and off.
    fn drop(&mut self) {}
}

impl fmt::Debug for SessionGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionGuard").finish_non_exhaustive()
    }
}

/// A future that runs inside a [`Session`]; made by [`Session::wrap`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct InSession<F> {
    handle: SessionHandle,
    future: F,
}

impl<F: Future> Future for InSession<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned with `self` and never moved out; there is no `Drop` and no manual `Unpin`.
        let this = unsafe { self.get_unchecked_mut() };
        let _inside = this.handle.enter();
        // SAFETY: as above.
        unsafe { Pin::new_unchecked(&mut this.future) }.poll(context)
    }
}
