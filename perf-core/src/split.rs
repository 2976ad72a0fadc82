//! A call in several stretches.

use std::fmt;

use crate::Probe;
#[cfg(feature = "enabled")]
use crate::live::{
    clock, entry,
    future_state::FutureState,
    local::Local,
    poll::{End, Visit},
};

/// A call that is made of several stretches, on one thread after the other or on several at a time, as a span of a
/// tracing system is. Like a future, it lasts from the first stretch to the end (*wall* time), and is *busy* in its
/// stretches; stretches count as polls.
///
/// ```
/// use perf_core::Probe;
///
/// static REQUEST: Probe = Probe::new("request");
///
/// let mut request = REQUEST.split();
/// request.enter();
/// request.exit();
/// let mut request = std::thread::spawn(move || {
///     request.enter();
///     request.exit();
///     request
/// })
/// .join()
/// .unwrap();
/// drop(request); // the call ends
/// # if let Some(request) = perf_core::snapshot().get("request") {
/// #     assert_eq!((request.calls(), request.polls()), (1, 2));
/// # }
/// ```
#[cfg_attr(not(feature = "enabled"), allow(clippy::needless_pass_by_ref_mut))]
pub struct SplitCall {
    #[cfg(feature = "enabled")]
    probe: &'static Probe,
    #[cfg(feature = "enabled")]
    future_state: FutureState,
    /// The open stretch, and the number of its thread.
    #[cfg(feature = "enabled")]
    open: Option<(u32, Visit)>,
    /// Stretches that began while there was one.
    #[cfg(feature = "enabled")]
    more: Vec<(u32, Visit)>,
    #[cfg(feature = "enabled")]
    failed: bool,
}

impl Probe {
    /// A call that is made of several stretches, on any threads: see [`SplitCall`].
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static SPAN: Probe = Probe::new("span");
    ///
    /// let mut call = SPAN.split();
    /// call.enter();
    /// call.exit();
    /// drop(call); // the call ends
    /// ```
    #[must_use]
    pub const fn split(&'static self) -> SplitCall {
        SplitCall::new(self)
    }
}

#[cfg_attr(not(feature = "enabled"), allow(unused_variables, clippy::unused_self))]
impl SplitCall {
    const fn new(probe: &'static Probe) -> Self {
        Self {
            #[cfg(feature = "enabled")]
            probe,
            #[cfg(feature = "enabled")]
            future_state: FutureState::new(),
            #[cfg(feature = "enabled")]
            open: None,
            #[cfg(feature = "enabled")]
            more: Vec::new(),
            #[cfg(feature = "enabled")]
            failed: false,
        }
    }

    /// A stretch begins on this thread.
    pub fn enter(&mut self) {
        #[cfg(feature = "enabled")]
        {
            let local = Local::here();
            let found = entry::find(local, &self.probe.site);
            if let Some(visit) = Visit::begin_where(&self.future_state, &found) {
                let stretch = (local.number(), visit);
                if self.open.is_none() {
                    self.open = Some(stretch);
                } else {
                    local.in_library_uncounted(|_| self.more.reserve(1));
                    self.more.push(stretch);
                }
            }
        }
    }

    /// The latest stretch of this thread ends; nothing happens where there is none.
    pub fn exit(&mut self) {
        #[cfg(feature = "enabled")]
        {
            let now = clock::now();
            if let Some(visit) = self.take(Local::here().number()) {
                visit.end(&self.future_state, now, None);
            }
        }
    }

    /// Marks the call as one that failed.
    ///
    /// ```
    /// use perf_core::Probe;
    ///
    /// static SPAN: Probe = Probe::new("span");
    ///
    /// let mut call = SPAN.split();
    /// call.enter();
    /// call.fail();
    /// drop(call);
    /// if let Some(span) = perf_core::snapshot().get("span") {
    ///     assert_eq!(span.errors(), 1);
    /// }
    /// ```
    pub fn fail(&mut self) {
        #[cfg(feature = "enabled")]
        {
            self.failed = true;
        }
    }
}

#[cfg(feature = "enabled")]
impl SplitCall {
    /// The latest stretch of a thread.
    fn take(&mut self, thread: u32) -> Option<Visit> {
        let later = self.more.iter().rposition(|stretch| stretch.0 == thread);
        let stretch = match later {
            Some(place) => self.more.remove(place),
            None => self.open.take_if(|stretch| stretch.0 == thread)?,
        };
        Some(stretch.1)
    }
}

#[cfg(feature = "enabled")]
impl Drop for SplitCall {
    fn drop(&mut self) {
        // Stretches that were not ended on this thread.
        let local = Local::here();
        while self.open.iter().chain(&self.more).any(|stretch| stretch.0 == local.number()) {
            self.exit();
        }
        let end = if self.failed { End::Failed } else { End::Ready };
        self.future_state.end(&self.probe.site, end);
        if self.more.capacity() > 0 {
            let more = std::mem::take(&mut self.more);
            local.in_library_uncounted(|_| drop(more));
        }
    }
}

#[cfg(not(feature = "enabled"))]
impl Drop for SplitCall {
    /// Does nothing; it is there so that a call behaves the same to the borrow checker, on and off.
    fn drop(&mut self) {}
}

impl fmt::Debug for SplitCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SplitCall").finish_non_exhaustive()
    }
}
