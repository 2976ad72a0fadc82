//! A clock that a test moves.

use std::time::Duration;

/// Stands in for the process's clock, so that a test can set how long a call takes. One tick is a nanosecond.
///
/// The clock of a process is chosen once; a test that uses this has a process of its own (a file of its own in
/// `tests/`) and installs it first.
///
/// ```
/// use perf_core::{MockClock, Probe, snapshot};
/// use std::time::Duration;
///
/// let clock = MockClock::install().expect("no probe was called yet");
/// static STEP: Probe = Probe::new("step");
/// let call = STEP.start();
/// clock.advance(Duration::from_micros(3));
/// drop(call);
/// if perf_core::is_enabled() {
///     assert_eq!(snapshot().get("step").unwrap().total(), Duration::from_micros(3));
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MockClock(());

impl MockClock {
    /// Makes time stand still; `None` where a probe has already chosen a real clock.
    #[must_use]
    pub fn install() -> Option<Self> {
        #[cfg(feature = "enabled")]
        let installed = crate::live::clock::mock();
        #[cfg(not(feature = "enabled"))]
        let installed = true;
        installed.then_some(Self(()))
    }

    /// Moves time on.
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn advance(&self, time: Duration) {
        #[cfg(feature = "enabled")]
        crate::live::clock::move_mock(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
    }

    /// Moves time on while the calling thread waits: no processor works for it.
    ///
    /// ```
    /// use perf_core::{MockClock, Probe};
    /// use std::time::Duration;
    ///
    /// static LOCK: Probe = Probe::new("lock");
    ///
    /// let clock = MockClock::install().expect("no probe was called yet");
    /// let call = LOCK.start();
    /// clock.wait(Duration::from_millis(3));
    /// drop(call);
    /// if let Some(lock) = perf_core::snapshot().get("lock") {
    ///     assert_eq!(lock.waiting(), Duration::from_millis(3));
    /// }
    /// ```
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn wait(&self, time: Duration) {
        #[cfg(feature = "enabled")]
        crate::live::clock::wait_mock(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX >> 1));
    }

    /// Moves time back, as a broken counter would.
    #[cfg_attr(not(feature = "enabled"), allow(unused_variables))]
    pub fn step_back(&self, time: Duration) {
        #[cfg(feature = "enabled")]
        crate::live::clock::move_mock(i64::try_from(time.as_nanos()).map_or(i64::MIN, |nanos| -nanos));
    }
}
