//! The plan of an endurance run, and the run.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use perf_exporters::human;

use super::checkpoint::{Checkpoint, Course, bytes_of, report, without};
use super::drift::Rules;
use super::found::{Ended, Endured};
use super::journal::{self, Journal};
use super::leak;
use crate::limits::Part;
use crate::resources::Resources;
use crate::{Arrivals, Drive, Error, Histogram, Limits};

/// Checkpoints in a row with nothing but failures after which the system counts as dead.
const DEAD: u32 = 3;
/// Checks for a leak over the whole run; two in a row decide.
const LOOKS: u64 = 16;
/// More arrivals than planned that a Poisson process may bring.
const SPARE: f64 = 1.05;

/// A plan of an endurance run: see the [module](super).
#[derive(Clone, Debug)]
#[must_use = "nothing is driven before `run`"]
pub struct Soak {
    rate: f64,
    duration: Duration,
    every: Duration,
    limits: Limits,
    rules: Rules,
    file: Option<PathBuf>,
    seed: Option<u64>,
}

impl Soak {
    /// A run at this rate, operations a second; for an hour, with a checkpoint a minute, unless set otherwise.
    ///
    /// # Errors
    /// A rate that is not above zero and finite.
    pub fn at(rate: f64) -> Result<Self, Error> {
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::invalid("rate", format!("{rate} is no rate: take operations a second, above zero")));
        }
        Ok(Self {
            rate,
            duration: Duration::from_hours(1),
            every: Duration::from_mins(1),
            limits: Limits::default(),
            rules: Rules::default(),
            file: None,
            seed: None,
        })
    }

    /// How long it lasts: in whole checkpoints, rounded up.
    pub fn duration(self, time: Duration) -> Self {
        Self { duration: time, ..self }
    }

    /// The time from one checkpoint to the next.
    pub fn every(self, time: Duration) -> Self {
        Self { every: time, ..self }
    }

    /// The limits that the system must keep over the whole run.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The rules by which a rise counts as a drift.
    pub fn drift(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Appends each checkpoint to this file, which must be new or empty.
    pub fn file(self, path: impl Into<PathBuf>) -> Self {
        Self { file: Some(path.into()), ..self }
    }

    /// Arrivals are a Poisson process, each checkpoint's another one of this seed; otherwise they are evenly spaced.
    pub fn poisson(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Drives it to its end, or until the answer is certain.
    ///
    /// # Errors
    /// Those of the plan and of the drive; a file that cannot be written to at the beginning. Later failures to write are
    /// reported by [`Endured::unwritten`].
    pub fn run(&self, drive: &mut dyn Drive) -> Result<Endured, Error> {
        self.run_and_tell(drive, |_| ())
    }

    /// [`run`](Self::run), and passes each checkpoint to `tell`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_and_tell(&self, drive: &mut dyn Drive, mut tell: impl FnMut(&Checkpoint)) -> Result<Endured, Error> {
        let planned = self.checkpoints()?;
        let mut journal = Journal::begin(self.file.as_deref())?;
        let resources = Resources::start();
        let mut run = Run::new(self);
        let mut begin = None;
        for number in 0..planned {
            let mut plan = Arrivals::constant(self.rate, self.every)?;
            if let Some(seed) = self.seed {
                plan = plan.poisson(seed.wrapping_add(number));
            }
            let before = resources.now().moment;
            let mut outcome = drive.drive(&plan)?;
            let (interrupted, valid) = (outcome.interrupted, outcome.validity.is_valid());
            // Not part of a checkpoint, and large.
            outcome.course = Vec::new();
            let after = resources.now().moment.map(|moment| without(moment, run.bytes()));
            let report = report(outcome, before, after);
            journal.add(&report);
            let lasted = Duration::from_nanos(report.meta.duration_ns);
            let start = *begin.get_or_insert(report.meta.time.checked_sub(lasted).unwrap_or(SystemTime::UNIX_EPOCH));
            let Some((name, checkpoint)) = Checkpoint::of(&report, start) else {
                return Err(Error::failed("the drive's report has no response times: nothing can be judged"));
            };
            run.name = name;
            run.invalid += u64::from(!valid);
            tell(&checkpoint);
            run.add(checkpoint, interrupted);
            if interrupted {
                run.ended = Ended::Interrupted;
            } else if let Some(why) = run.certain(number + 1, planned) {
                run.ended = Ended::Certain(why);
            } else if number + 1 == planned {
                run.ended = Ended::Completed;
            }
            if run.ended != Ended::Unfinished {
                break;
            }
        }
        Ok(run.endured(journal.missing(), 0))
    }

    /// Judges the file of a run as if the run had ended there: for a run that was killed, all that it had measured.
    ///
    /// # Errors
    /// A file that cannot be read, or that has no checkpoint.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Endured, Error> {
        let planned = self.checkpoints()?;
        let mut run = Run::new(self);
        let mut count = 0;
        let (name, broken) = journal::read(path.as_ref(), |checkpoint| {
            count += 1;
            run.add(checkpoint, false);
            if let Some(why) = run.certain(count, planned) {
                run.ended = Ended::Certain(why);
            }
        })?;
        run.name = name;
        if count >= planned && run.ended == Ended::Unfinished {
            run.ended = Ended::Completed;
        }
        Ok(run.endured(None, broken))
    }

    fn checkpoints(&self) -> Result<u64, Error> {
        if self.every.is_zero() || self.duration < self.every {
            let problem = format!("must be above zero, and at most the run's {:?}", self.duration);
            return Err(Error::invalid("every", problem));
        }
        Ok(crate::simulate::whole(self.duration.div_duration_f64(self.every).ceil()))
    }
}

/// The state of a run.
pub(super) struct Run<'a> {
    pub(super) soak: &'a Soak,
    pub(super) name: String,
    pub(super) course: Course,
    pub(super) response: Histogram,
    pub(super) completed: u64,
    pub(super) failed: u64,
    pub(super) dropped: u64,
    pub(super) lasted: Duration,
    pub(super) invalid: u64,
    pub(super) ended: Ended,
    /// Operations over each limit.
    over: Vec<u64>,
    dead: u32,
    leaks: u32,
}

impl<'a> Run<'a> {
    fn new(soak: &'a Soak) -> Self {
        Self {
            soak,
            name: String::new(),
            course: Course::default(),
            response: Histogram::default(),
            completed: 0,
            failed: 0,
            dropped: 0,
            lasted: Duration::ZERO,
            invalid: 0,
            ended: Ended::Unfinished,
            over: vec![0; soak.limits.iter().count()],
            dead: 0,
            leaks: 0,
        }
    }

    /// Bytes that the run itself keeps, which are more with each checkpoint.
    fn bytes(&self) -> u64 {
        self.course.bytes() + bytes_of(&self.response)
    }

    /// A checkpoint that was cut short counts for the sums, but is not kept with the others.
    fn add(&mut self, checkpoint: Checkpoint, cut_short: bool) {
        let Checkpoint { completed, failed, ref response, .. } = checkpoint;
        for (over, limit) in self.over.iter_mut().zip(self.soak.limits.iter()) {
            *over += limit.over(&Part { completed, failed, response });
        }
        self.completed += completed;
        self.failed += failed;
        self.dropped += checkpoint.dropped;
        self.lasted += checkpoint.lasted;
        self.response.merge(response);
        self.dead = if completed == failed { self.dead + 1 } else { 0 };
        if !cut_short {
            self.course.add(checkpoint);
        }
    }

    /// Why there is no need to go on, after so many checkpoints of those that are planned.
    fn certain(&mut self, done: u64, planned: u64) -> Option<String> {
        if self.dead >= DEAD {
            return Some(format!("nothing succeeded in {DEAD} checkpoints in a row"));
        }
        let all = self.soak.rate * self.soak.every.as_secs_f64() * planned as f64 * SPARE;
        for (over, limit) in self.over.iter().zip(self.soak.limits.iter()) {
            if *over as f64 > limit.allowed() * all {
                let over = human::count(*over);
                return Some(format!(
                    "{limit} is broken: {over} operations are over it, more than the whole run may have"
                ));
            }
        }
        let look = (planned / LOOKS).max(1);
        if done * 2 >= planned && done.is_multiple_of(look) {
            let leaks = leak::steady(&super::found::memory(self.course.kept()), leak::CERTAIN).verdict.is_fail();
            self.leaks = if leaks { self.leaks + 1 } else { 0 };
            if self.leaks >= 2 {
                return Some("memory leaks: it has grown steadily over more than half of the run".into());
            }
        }
        None
    }

    fn endured(self, unwritten: Option<(u64, String)>, broken: u64) -> Endured {
        let Soak { rate, limits, rules, seed, .. } = self.soak;
        super::found::endured(&self, *rate, limits, *rules, *seed, unwritten, broken)
    }
}
