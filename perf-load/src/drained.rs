//! Drives of systems that go on after their last answer.

use std::time::Instant;

use crate::{Arrivals, Drive, Error, Outcome};

/// A drive that ends when the system has done all that it accepted.
///
/// Some systems answer first and work afterwards: a log acknowledges a message that its consumers store later, a server takes a
/// job into a queue. Response times say nothing of that work, and a short drive ends before the work that is left becomes too
/// much. So the drive waits for it, and the wait counts: it is in [`Outcome::drained`], [`Outcome::elapsed`] and
/// [`Outcome::achieved`]. A [search](crate::breaking::Search) judges the throughput with it, and each of its steps begins without
/// the work that an earlier one left.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use std::time::Duration;
/// use std::thread;
/// use perf_load::{Arrivals, Drained, Drive, Load};
///
/// let (accepted, done) = (AtomicU64::new(0), AtomicU64::new(0));
/// thread::scope(|scope| {
///     // Does 1,000 a second at most.
///     scope.spawn(|| {
///         while done.load(Ordering::Relaxed) < 40 {
///             thread::sleep(Duration::from_millis(1));
///             if done.load(Ordering::Relaxed) < accepted.load(Ordering::Relaxed) {
///                 done.fetch_add(1, Ordering::Relaxed);
///             }
///         }
///     });
///     let accept = Load::new("jobs").driver(|_| drop(accepted.fetch_add(1, Ordering::Relaxed)));
///     let mut jobs = Drained::new(accept, || {
///         while done.load(Ordering::Relaxed) < accepted.load(Ordering::Relaxed) {
///             thread::sleep(Duration::from_millis(1));
///         }
///         Ok(())
///     });
///     let outcome = jobs.drive(&Arrivals::constant(2000.0, Duration::from_millis(20))?)?;
///     assert!(outcome.achieved() < 1500.0, "40 jobs take 40 ms, though all came within 20");
///     Ok::<(), perf_load::Error>(())
/// })?;
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Drained<D, W> {
    drive: D,
    wait: W,
}

impl<D: Drive, W: FnMut() -> Result<(), Error>> Drained<D, W> {
    /// This drive, and a function that returns when the system has done all that it accepted. The function decides how long that
    /// may take at most, and returns an error beyond it.
    #[must_use]
    pub const fn new(drive: D, wait: W) -> Self {
        Self { drive, wait }
    }
}

impl<D: Drive, W: FnMut() -> Result<(), Error>> Drive for Drained<D, W> {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let outcome = self.drive.drive(arrivals)?;
        let begun = Instant::now();
        (self.wait)()?;
        Ok(outcome.drained_in(begun.elapsed()))
    }
}
