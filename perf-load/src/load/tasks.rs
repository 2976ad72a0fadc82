//! Driving a load of async functions.

use std::future::Future;
use std::sync::Arc;

use super::Load;
use crate::mix::{AsyncMix, Choice, SingleTask, TaskWork};
use crate::operation::{Ctx, Ends};
use crate::{Arrivals, Drive, Error, Outcome, closed, open};

impl Load {
    /// Drives an async function, as tasks of a tokio runtime that is made for it. It blocks the calling thread until the drive is
    /// over; inside another runtime, call it in `tokio::task::spawn_blocking`.
    ///
    /// ```
    /// use perf_load::Load;
    /// use std::time::Duration;
    ///
    /// let outcome = Load::new("sleep").rate(500.0).duration(Duration::from_millis(100)).run_async(|_| async {
    ///     tokio::time::sleep(Duration::from_millis(5)).await;
    /// })?;
    /// assert_eq!(outcome.counts.completed, 50);
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_async<R, F>(&self, operation: impl Fn(Ctx) -> F + Send + Sync + 'static) -> Result<Outcome, Error>
    where
        R: Ends,
        F: Future<Output = R> + Send + 'static,
    {
        self.run_tasks(&Arc::new(SingleTask(operation)), &Choice::single())
    }

    /// Drives several async functions, by weight.
    ///
    /// # Errors
    /// As [`run_async`](Self::run_async), and where the mix is empty, or a value of it cannot be used.
    pub fn run_async_mix(&self, mix: AsyncMix) -> Result<Outcome, Error> {
        let choice = mix.choice()?;
        self.run_tasks(&Arc::new(mix), &choice)
    }

    fn run_tasks(&self, work: &Arc<impl TaskWork>, choice: &Choice) -> Result<Outcome, Error> {
        let settings = self.settings(true)?;
        if self.is_closed() {
            return closed::tasks::drive(&settings, self.working()?, work, choice);
        }
        open::tasks::drive(&settings, &self.schedule()?, work, choice)
    }

    /// The same async function under many drives, each by a schedule of its own.
    pub fn async_driver<R, F, O>(&self, operation: O) -> impl Drive + use<R, F, O>
    where
        R: Ends,
        O: Fn(Ctx) -> F + Send + Sync + 'static,
        F: Future<Output = R> + Send + 'static,
    {
        AsyncDriver { load: self.clone(), work: Arc::new(SingleTask(operation)), choice: Choice::single() }
    }

    /// The same async mix under many drives.
    ///
    /// # Errors
    /// Where the mix is empty, or a value of it cannot be used.
    pub fn async_mix_driver(&self, mix: AsyncMix) -> Result<impl Drive + use<>, Error> {
        let choice = mix.choice()?;
        Ok(AsyncDriver { load: self.clone(), work: Arc::new(mix), choice })
    }
}

struct AsyncDriver<W> {
    load: Load,
    work: Arc<W>,
    choice: Choice,
}

impl<W: TaskWork> Drive for AsyncDriver<W> {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        open::tasks::drive(&self.load.open_settings(true)?, arrivals, &self.work, &self.choice)
    }
}
