//! The builder.

use std::sync::Arc;
use std::time::Duration;

use crate::live::{self, Live};
use crate::settings::Settings;
use crate::settings::Watch;
use crate::{Arrivals, Error, Model, Stop};

/// The duration of a load that states none.
const DURATION: Duration = Duration::from_secs(10);
/// Operations at one time by default: each is a thread, or a task.
const THREADS: usize = 64;
const TASKS: usize = 1_000;
/// Threads or tasks, and arrivals that wait, at most.
const MOST_IN_FLIGHT: usize = 100_000;
const MOST_BACKLOG: usize = 1 << 24;
/// Arrivals that wait by default, at most.
const BACKLOG: usize = 1 << 16;

/// A load: the schedule of its operations, how many run at one time, and the limit to stay within.
///
/// It is an *open loop* unless workers are asked for: operations start by a schedule, whether or not earlier ones are done, as
/// callers do that know nothing of each other. *Response time* counts from the intended start.
///
/// ```
/// use perf_load::Load;
/// use std::time::Duration;
///
/// let outcome = Load::new("sum")
///     .rate(2000.0)
///     .poisson()
///     .duration(Duration::from_millis(100))
///     .run(|ctx| assert!((0..ctx.number()).sum::<u64>() < 1_000_000))?;
/// assert_eq!(outcome.counts.due, outcome.counts.started + outcome.counts.dropped);
/// assert_eq!(outcome.response.count(), outcome.counts.completed);
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone)]
pub struct Load {
    name: String,
    schedule: Schedule,
    duration: Option<Duration>,
    poisson: bool,
    seed: u64,
    max_in_flight: Option<usize>,
    backlog: usize,
    limit: Option<Duration>,
    workers: Option<usize>,
    think: Duration,
    stop: Stop,
    stop_on_panic: bool,
    watch: Option<Watch>,
}

#[derive(Clone, Debug)]
enum Schedule {
    Missing,
    Rate(f64),
    Ramp(f64, f64),
    Given(Arrivals),
}

impl Load {
    /// A load of that name, which its probes begin with. It needs a [`rate`](Self::rate) or another schedule, or
    /// [`workers`](Self::workers).
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            schedule: Schedule::Missing,
            duration: None,
            poisson: false,
            seed: 1,
            max_in_flight: None,
            backlog: BACKLOG,
            limit: None,
            workers: None,
            think: Duration::ZERO,
            stop: Stop::new(),
            stop_on_panic: false,
            watch: None,
        }
    }

    /// Arrivals at a steady rate, per second.
    #[must_use]
    pub fn rate(mut self, per_second: f64) -> Self {
        self.schedule = Schedule::Rate(per_second);
        self
    }

    /// Arrivals at a rate that changes steadily over the duration.
    #[must_use]
    pub fn ramp(mut self, from: f64, to: f64) -> Self {
        self.schedule = Schedule::Ramp(from, to);
        self
    }

    /// Any other arrivals; their own duration counts.
    #[must_use]
    pub fn arrivals(mut self, arrivals: Arrivals) -> Self {
        self.schedule = Schedule::Given(arrivals);
        self
    }

    /// How long arrivals come, or workers work; 10 seconds by default.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Arrivals at random, as of many independent callers, instead of evenly spaced: a Poisson process of the same rate.
    #[must_use]
    pub fn poisson(mut self) -> Self {
        self.poisson = true;
        self
    }

    /// Arrivals at equal gaps, as without [`poisson`](Self::poisson).
    #[must_use]
    pub fn evenly(mut self) -> Self {
        self.poisson = false;
        self
    }

    /// The seed of everything random: arrivals, the choice among operations, sizes; 1 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Operations at one time, at most: threads of [`run`](Self::run), 64 by default, or tasks of `run_async`, 1,000. Arrivals
    /// beyond it wait, and their waiting counts into their response time.
    #[must_use]
    pub fn max_in_flight(mut self, operations: usize) -> Self {
        self.max_in_flight = Some(operations);
        self
    }

    /// Arrivals that wait, at most; 65,536 by default. An arrival that comes when so many wait is dropped, and counted.
    #[must_use]
    pub fn backlog(mut self, arrivals: usize) -> Self {
        self.backlog = arrivals;
        self
    }

    /// The latency limit: a drive whose generator was late by more than a tenth of it is invalid.
    #[must_use]
    pub fn limit(mut self, latency: Duration) -> Self {
        self.limit = Some(latency);
        self
    }

    /// A *closed loop* of so many workers instead: each starts an operation when its last one is done. A system that is slow is
    /// asked less often, so the quantiles of a closed loop are not those of callers that come independently.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// How long a worker of a closed loop waits between two operations.
    #[must_use]
    pub fn think(mut self, time: Duration) -> Self {
        self.think = time;
        self
    }

    /// A handle to end the drive early.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Ends the drive when an operation panics, instead of counting that and going on. The measurements so far are kept.
    #[must_use]
    pub fn stop_on_panic(mut self) -> Self {
        self.stop_on_panic = true;
        self
    }

    /// Calls `watch` with the progress, a few times a second, from the thread that drives.
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(&Live) + Send + Sync + 'static) -> Self {
        self.watch = Some(Arc::new(watch));
        self
    }

    /// Calls `tell` with the progress once in so long, also in each of several drives: for lines that stay, where
    /// [`watch`](Self::watch) is for one that is written anew.
    ///
    /// ```
    /// use perf_load::Load;
    /// use std::time::Duration;
    ///
    /// let load = Load::new("orders").rate(50.0).tell(Duration::from_secs(10), |live| eprintln!("{live}"));
    /// # load.check().unwrap();
    /// ```
    #[must_use]
    pub fn tell(self, every: Duration, tell: impl Fn(&Live) + Send + Sync + 'static) -> Self {
        self.watch(live::each(every, tell))
    }

    /// Its schedule.
    ///
    /// # Errors
    /// Where it has none, or a value of it cannot be used; the error names the key.
    pub fn schedule(&self) -> Result<Arrivals, Error> {
        let duration = self.duration.unwrap_or(DURATION);
        let arrivals = match &self.schedule {
            Schedule::Rate(rate) => Arrivals::constant(*rate, duration)?,
            Schedule::Ramp(from, to) => Arrivals::ramp(*from, *to, duration)?,
            Schedule::Given(arrivals) => arrivals.clone(),
            Schedule::Missing => {
                let remedy = "no rate is stated: say how many operations begin per second, or ask for workers";
                return Err(Error::invalid("rate", remedy));
            }
        };
        Ok(if self.poisson { arrivals.poisson(self.seed) } else { arrivals })
    }

    /// Whether workers were asked for.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.workers.is_some()
    }

    /// How long its workers work, where it is a closed loop.
    pub(super) fn working(&self) -> Result<Duration, Error> {
        match &self.schedule {
            Schedule::Missing => {}
            _ => {
                return Err(Error::invalid(
                    "workers",
                    "a closed loop follows no rate: state workers or a rate, not both",
                ));
            }
        }
        match self.duration.unwrap_or(DURATION) {
            Duration::ZERO => Err(Error::invalid("duration", "must be above zero, such as \"10s\"")),
            duration => Ok(duration),
        }
    }

    /// Whether it can be driven: the check that [`run`](Self::run) makes before it begins.
    ///
    /// # Errors
    /// Where a value cannot be used; the error names the key.
    pub fn check(&self) -> Result<(), Error> {
        self.settings(false)?;
        if self.is_closed() { self.working().map(drop) } else { self.schedule().map(drop) }
    }

    /// Everything but the schedule, checked; `tasks` where operations are no threads.
    pub(super) fn settings(&self, tasks: bool) -> Result<Settings, Error> {
        let usual = if tasks { TASKS } else { THREADS };
        let model = match self.workers {
            Some(workers) => Model::closed(in_flight("workers", workers)?, self.think),
            None => Model::open(in_flight("max-in-flight", self.max_in_flight.unwrap_or(usual))?),
        };
        let backlog = u32::try_from(self.backlog).ok().filter(|_| self.backlog <= MOST_BACKLOG);
        let Some(backlog) = backlog else {
            return Err(Error::invalid("backlog", format!("{} is too much: at most {MOST_BACKLOG}", self.backlog)));
        };
        if self.limit == Some(Duration::ZERO) {
            return Err(Error::invalid("limit", "must be above zero, such as \"50ms\""));
        }
        Ok(Settings {
            name: self.name.clone(),
            model,
            backlog,
            limit: self.limit,
            seed: self.seed,
            stop: self.stop.clone(),
            stop_on_panic: self.stop_on_panic,
            watch: self.watch.clone(),
        })
    }
}

fn in_flight(key: &str, number: usize) -> Result<usize, Error> {
    match number {
        1..=MOST_IN_FLIGHT => Ok(number),
        _ => Err(Error::invalid(key, format!("{number} cannot be: from 1 to {MOST_IN_FLIGHT}"))),
    }
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Load").field("name", &self.name).field("schedule", &self.schedule).finish_non_exhaustive()
    }
}
