//! The callers of work that is handed to another thread.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

#[cfg(feature = "enabled")]
use crate::live::context::{Callers, Entered};

/// The calls around a place, to be taken along to another thread: there the call tree goes on below them.
///
/// A thread knows the callers on its own stack only. Work for `spawn_blocking`, a pool or a channel begins with an empty
/// stack, so it would stand beside its caller in the call tree, not below it. One line takes the callers along:
///
/// ```
/// use perf_core::{CallContext, perf_probe};
///
/// #[perf_probe(name = "query")]
/// fn query() {}
///
/// #[perf_probe(name = "list_orders")]
/// fn list_orders() {
///     let caller = CallContext::current();
///     std::thread::spawn(move || caller.run(query)).join().unwrap(); // with tokio: spawn_blocking(move || caller.run(query))
/// }
///
/// perf_core::set_call_tree(true);
/// list_orders();
/// # perf_core::set_call_tree(false);
/// let snapshot = perf_core::snapshot();
/// let nodes = snapshot.tree().nodes();
/// if let Some(query) = nodes.iter().find(|node| node.name == "query") {
///     assert_eq!(nodes[query.parent].name, "list_orders");
/// }
/// ```
///
/// It costs nothing where no call tree is recorded. It changes the tree alone: a [`Session`](crate::Session) counts work on
/// other threads where its [`handle`](crate::Session::handle) goes along.
#[derive(Clone)]
pub struct CallContext {
    #[cfg(feature = "enabled")]
    callers: Callers,
}

impl CallContext {
    /// The calls that are open on this thread now; inside a measured future, the future and the calls that poll it.
    ///
    /// ```
    /// use perf_core::CallContext;
    ///
    /// let caller = CallContext::current();
    /// std::thread::spawn(move || caller.run(|| { /* below those that called here */ })).join().unwrap();
    /// ```
    #[must_use]
    pub fn current() -> Self {
        Self {
            #[cfg(feature = "enabled")]
            callers: Callers::current(),
        }
    }

    /// Calls of this thread have these callers until the guard is dropped.
    ///
    /// ```
    /// use perf_core::{CallContext, perf_probe};
    ///
    /// #[perf_probe(name = "query")]
    /// fn query() {}
    ///
    /// let caller = CallContext::current();
    /// std::thread::spawn(move || {
    ///     let _inside = caller.enter();
    ///     query();
    /// })
    /// .join()
    /// .unwrap();
    /// ```
    pub fn enter(&self) -> CallContextGuard {
        CallContextGuard {
            #[cfg(feature = "enabled")]
            _entered: self.callers.enter(),
            not_send: PhantomData,
        }
    }

    /// Runs `work` with these callers.
    ///
    /// ```
    /// use perf_core::{CallContext, perf_probe};
    ///
    /// #[perf_probe(name = "query")]
    /// fn query() {}
    ///
    /// let caller = CallContext::current();
    /// std::thread::spawn(move || caller.run(query)).join().unwrap();
    /// ```
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _inside = self.enter();
        work()
    }

    /// Calls of a future have these callers, on any thread that polls it: for `tokio::spawn`.
    ///
    /// ```
    /// use perf_core::{CallContext, perf_probe};
    ///
    /// #[perf_probe(name = "query")]
    /// async fn query() {}
    ///
    /// let caller = CallContext::current();
    /// std::thread::spawn(move || pollster::block_on(caller.wrap(query()))).join().unwrap();
    /// ```
    pub fn wrap<F: Future>(&self, future: F) -> InCallContext<F> {
        InCallContext { context: self.clone(), future }
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext").finish_non_exhaustive()
    }
}

/// Keeps its thread below the callers of a [`CallContext`]. Guards are to be dropped in the reverse of the order of
/// entering.
#[must_use = "the callers are left where the guard is dropped: bind it to a name, `let _inside = …`"]
pub struct CallContextGuard {
    #[cfg(feature = "enabled")]
    _entered: Option<Entered>,
    not_send: PhantomData<*const ()>,
}

#[cfg(not(feature = "enabled"))]
impl Drop for CallContextGuard {
    /// Does nothing; it is there so that a guard behaves the same to the borrow checker, on and off.
    fn drop(&mut self) {}
}

impl fmt::Debug for CallContextGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContextGuard").finish_non_exhaustive()
    }
}

/// A future that runs below the callers of a [`CallContext`]; made by [`CallContext::wrap`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct InCallContext<F> {
    context: CallContext,
    future: F,
}

impl<F: Future> Future for InCallContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned with `self` and never moved out; there is no `Drop` and no manual `Unpin`.
        let this = unsafe { self.get_unchecked_mut() };
        let _inside = this.context.enter();
        // SAFETY: as above.
        unsafe { Pin::new_unchecked(&mut this.future) }.poll(context)
    }
}
