//! Measures a workload with more and more workers.

use perf_exporters::stats::order::median;
use perf_exporters::stats::theil_sen::TheilSen;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use serde::Serialize;

use super::bottleneck::{Diagnosis, diagnose};
use super::step::{Step, Used};
use super::{Estimate, Noise, Point, Usl};
use crate::resources::Resources;
use crate::{Error, Outcome, Validity};

/// The numbers of workers that are measured, how often, and in which order.
///
/// Every number is measured once a round, in an order that is drawn for each round, so that a machine that becomes slower
/// during the measurement bends no curve.
///
/// ```
/// use perf_load::Load;
/// use perf_load::scale::Scaling;
/// use std::time::Duration;
///
/// let found = Scaling::new("hash").workers([1, 2, 3]).rounds(2).seed(1).measure(|workers| {
///     Load::new("hash")
///         .workers(workers as usize)
///         .duration(Duration::from_millis(5))
///         .run(|_| assert_ne!(std::hint::black_box((0..500).sum::<u64>()), 7))
/// })?;
/// assert_eq!(found.steps.len(), 6);
/// # Ok::<(), perf_load::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    name: String,
    workers: Vec<u32>,
    rounds: usize,
    seed: u64,
}

impl Scaling {
    /// 1, 2, 4, 8 and 16 workers, in three rounds.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), workers: vec![1, 2, 4, 8, 16], rounds: 3, seed: 0 }
    }

    /// Numbers of workers. A curve takes three, better six, from 1 to beyond where throughput stops growing.
    #[must_use]
    pub fn workers(mut self, workers: impl IntoIterator<Item = u32>) -> Self {
        self.workers = workers.into_iter().collect();
        self
    }

    /// How often each number is measured.
    #[must_use]
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// Seed of the order; it is part of every output.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Measures each step by a closed loop of so many workers.
    ///
    /// # Errors
    /// Where there are no workers or rounds, or a step could not be carried out, or completed nothing.
    pub fn measure(&self, mut step: impl FnMut(u32) -> Result<Outcome, Error>) -> Result<Scalability, Error> {
        if self.workers.is_empty() || self.workers.contains(&0) {
            return Err(Error::invalid("workers", "name the numbers of workers to measure, each at least 1"));
        }
        if self.rounds == 0 {
            return Err(Error::invalid("rounds", "0 rounds measure nothing; give at least 1"));
        }
        let resources = Resources::start_closely();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let (mut steps, mut interrupted) = (Vec::new(), false);
        'rounds: for _ in 0..self.rounds {
            let mut order = self.workers.clone();
            order.shuffle(&mut random);
            for workers in order {
                let before = resources.now();
                let outcome = step(workers)?;
                if outcome.interrupted {
                    interrupted = true;
                    break 'rounds;
                }
                if let Validity::Invalid { reason } = &outcome.validity {
                    return Err(Error::failed(format!("{workers} workers: the step is not to be relied on: {reason}")));
                }
                let used = Used::since(&before, &resources.track(), outcome.elapsed);
                steps.push(Step::of(workers, &outcome, used));
            }
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let mut found = Scalability::of(&self.name, steps, processors as f64);
        found.seed = self.seed;
        found.interrupted = interrupted;
        Ok(found)
    }
}

/// How a workload scales.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Scalability {
    /// The form of this value as JSON.
    pub schema: &'static str,
    /// The workload.
    pub name: String,
    /// Seed of the order of the steps.
    pub seed: u64,
    /// Processors that the process may use.
    pub processors: f64,
    /// The measured steps, in the order of measurement.
    pub steps: Vec<Step>,
    /// The curve, where the steps determine one.
    pub usl: Option<Usl>,
    /// Why there is none.
    pub no_curve: Option<String>,
    /// Memory that a worker more takes, in bytes: live bytes where allocations are tracked, or else resident ones.
    pub memory: Option<Estimate>,
    /// The bottleneck of throughput.
    pub diagnosis: Diagnosis,
    /// Whether it ended before its time.
    pub interrupted: bool,
}

impl Scalability {
    /// The result of these steps, measured on so many processors.
    #[must_use]
    pub fn of(name: &str, mut steps: Vec<Step>, processors: f64) -> Self {
        steps.retain(|step| step.completed > step.failed);
        let points: Vec<Point> = steps.iter().map(Step::point).collect();
        let (usl, no_curve) = match Usl::fit(&points, Noise::Relative) {
            Ok(usl) => (Some(usl), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            schema: "perf.load.scale/1",
            name: name.to_owned(),
            seed: 0,
            processors,
            memory: memory(&steps),
            diagnosis: diagnose(&steps, usl.as_ref(), processors),
            usl,
            no_curve,
            steps,
            interrupted: false,
        }
    }

    /// The numbers of workers that were measured, ascending.
    #[must_use]
    pub fn counts(&self) -> Vec<u32> {
        let mut counts: Vec<u32> = self.steps.iter().map(|step| step.workers).collect();
        counts.sort_unstable();
        counts.dedup();
        counts
    }

    /// The median over the rounds of a figure with so many workers.
    #[must_use]
    pub fn median(&self, workers: u32, figure: impl Fn(&Step) -> Option<f64>) -> Option<f64> {
        median_of(&self.steps, workers, figure)
    }
}

fn median_of(steps: &[Step], workers: u32, figure: impl Fn(&Step) -> Option<f64>) -> Option<f64> {
    median(&steps.iter().filter(|step| step.workers == workers).filter_map(figure).collect::<Vec<f64>>())
}

/// The Theil–Sen slope of memory over workers.
fn memory(steps: &[Step]) -> Option<Estimate> {
    let mut counts: Vec<u32> = steps.iter().map(|step| step.workers).collect();
    counts.sort_unstable();
    counts.dedup();
    let bytes = |step: &Step| step.used.live.or(step.used.resident).map(|bytes| bytes as f64);
    let of: Option<Vec<f64>> = counts.iter().map(|&workers| median_of(steps, workers, bytes)).collect();
    let line = TheilSen::fit(&counts.iter().map(|&n| f64::from(n)).collect::<Vec<f64>>(), &of?)?;
    Some(Estimate { value: line.slope(), low: line.lower(0.025), high: line.upper(0.025) })
}
