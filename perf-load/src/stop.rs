//! A way to end a drive before its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends drives before their time, from any thread: operations in flight are awaited, no more are started, and the outcome
/// has the measurements so far. Clones are the same handle.
///
/// The library installs no signal handler; a program does that for Ctrl-C:
///
/// ```no_run
/// # use perf_load::{Load, Stop};
/// let stop = Stop::new();
/// let handle = stop.clone();
/// ctrlc::set_handler(move || {
///     if handle.is_stopped() {
///         std::process::exit(130); // the second one ends at once
///     }
///     handle.stop();
/// })?;
/// let load = Load::new("checkout").rate(100.0).stop(stop);
/// # Ok::<(), ctrlc::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A handle that has stopped no drive yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every drive that has this handle.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the handle was stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
