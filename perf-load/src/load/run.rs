//! Driving a load.

use super::Load;
use crate::mix::{Choice, Mix, Single, Work};
use crate::operation::{Ctx, Ends};
use crate::settings::Settings;
use crate::{Arrivals, Drive, Error, Outcome, closed, open};

impl Load {
    /// Drives a function, on threads. It returns nothing, or a result whose error gives its [`Class`](crate::Class); an
    /// operation that panics has failed.
    ///
    /// # Errors
    /// Where the load cannot be driven: no rate, a value that cannot be used, a thread that cannot be started.
    pub fn run<R: Ends>(&self, operation: impl Fn(&Ctx) -> R + Sync) -> Result<Outcome, Error> {
        self.run_work(&Single(operation), &Choice::single())
    }

    /// Drives several functions, by weight.
    ///
    /// # Errors
    /// As [`run`](Self::run), and where the mix is empty, or a value of it cannot be used.
    pub fn run_mix(&self, mix: &Mix<'_>) -> Result<Outcome, Error> {
        self.run_work(mix, &mix.choice()?)
    }

    fn run_work(&self, work: &impl Work, choice: &Choice) -> Result<Outcome, Error> {
        let settings = self.settings(false)?;
        if self.is_closed() {
            return closed::drive(&settings, self.working()?, work, choice);
        }
        open::drive(&settings, &self.schedule()?, work, choice)
    }

    /// The same function under many drives, each by a schedule of its own: for searches, comparisons and budgets.
    ///
    /// ```
    /// use perf_load::{Arrivals, Drive, Load};
    /// use std::time::Duration;
    ///
    /// let mut driver = Load::new("noop").driver(|_| ());
    /// for rate in [1000.0, 2000.0] {
    ///     let outcome = driver.drive(&Arrivals::constant(rate, Duration::from_millis(20))?)?;
    ///     assert_eq!(outcome.counts.due as f64, rate / 50.0);
    /// }
    /// # Ok::<(), perf_load::Error>(())
    /// ```
    #[must_use]
    pub fn driver<R: Ends, O: Fn(&Ctx) -> R + Sync>(&self, operation: O) -> impl Drive + use<R, O> {
        Driver { load: self.clone(), work: Single(operation), choice: |_: &_| Ok(Choice::single()) }
    }

    /// The same mix under many drives.
    #[must_use]
    pub fn mix_driver<'a>(&self, mix: Mix<'a>) -> impl Drive + use<'a> {
        Driver { load: self.clone(), work: mix, choice: |mix: &Mix<'a>| mix.choice() }
    }

    pub(super) fn open_settings(&self, tasks: bool) -> Result<Settings, Error> {
        if self.is_closed() {
            let remedy = "a closed loop follows no schedule: leave workers out where arrivals are given";
            return Err(Error::invalid("workers", remedy));
        }
        self.settings(tasks)
    }
}

struct Driver<W, C> {
    load: Load,
    work: W,
    choice: C,
}

impl<W: Work, C: Fn(&W) -> Result<Choice, Error>> Drive for Driver<W, C> {
    fn drive(&mut self, arrivals: &Arrivals) -> Result<Outcome, Error> {
        let settings = self.load.open_settings(false)?;
        open::drive(&settings, arrivals, &self.work, &(self.choice)(&self.work)?)
    }
}
