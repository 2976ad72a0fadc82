//! The search: which rate comes next.

use std::time::Duration;

use super::found::{Breaking, Ended};
use super::step::{Cause, Purpose, Step, Verdict};
use crate::resources::Resources;
use crate::{Arrivals, Drive, Error, Limits};

/// A rate this much below the first one is the last that is tried.
const LOWEST: f64 = 0.01;
/// Times that an end may fail to be confirmed. Each time, steps become twice as long, as far as patience allows.
const ROUNDS: u32 = 8;
/// Times that each end is confirmed.
const CONFIRMATIONS: usize = 2;
/// An unsure step is repeated so many times as long.
const LONGER: u64 = 4;
/// A step in which the generator was late is driven so often, as long each time, before the generator is taken for the limit.
const ATTEMPTS: usize = 3;
/// Where the generator is late and no rate held yet, the rate is halved so often: each step of it may take twice as long.
const HALVINGS: usize = 3;

/// A search for the rate at which a system breaks: see the [module](super).
#[derive(Clone, Debug)]
#[must_use = "nothing is driven before `run`"]
pub struct Search {
    from: f64,
    most: f64,
    factor: f64,
    requests: u64,
    least: Duration,
    patience: u64,
    width: f64,
    hold: Duration,
    limits: Limits,
    seed: Option<u64>,
}

impl Search {
    /// Begins at this rate, operations a second. Where it fails at once, lower ones are tried.
    ///
    /// # Errors
    /// A rate that is not above zero and finite.
    pub fn from(rate: f64) -> Result<Self, Error> {
        Ok(Self {
            from: usable("from", rate)?,
            most: f64::INFINITY,
            factor: 1.25,
            requests: 1000,
            least: Duration::from_secs(1),
            patience: 64,
            width: 0.05,
            hold: Duration::from_secs(30),
            limits: Limits::default(),
            seed: None,
        })
    }

    /// Tries no rate above this one.
    ///
    /// # Errors
    /// A rate that is not above zero and finite, or below the first one.
    pub fn most(self, rate: f64) -> Result<Self, Error> {
        if usable("most", rate)? < self.from {
            return Err(Error::invalid("most", format!("{rate}/s is below the first rate, {}/s", self.from)));
        }
        Ok(Self { most: rate, ..self })
    }

    /// Operations of a step at least, and how long it lasts at least; by default 1,000 and a second.
    ///
    /// # Errors
    /// Fewer than 1,000 operations: their quantiles say little.
    pub fn step(self, requests: u64, least: Duration) -> Result<Self, Error> {
        if requests < 1000 {
            return Err(Error::invalid("step", format!("{requests} operations say little: take 1000 at least")));
        }
        Ok(Self { requests, least, ..self })
    }

    /// How many times as long as usual a step may become that proves neither side: 64 by default. Steps of the ramp begin with the
    /// usual length, those of the bisection with 4 times, confirmations with 16 times, as far as this allows.
    pub fn patience(self, times: u64) -> Self {
        Self { patience: times.max(1), ..self }
    }

    /// How wide the interval may be, as a share of its lower end: 0.05 by default.
    ///
    /// # Errors
    /// A share that is not between 0.005 and 0.5.
    pub fn width(self, share: f64) -> Result<Self, Error> {
        if !(0.005..=0.5).contains(&share) {
            return Err(Error::invalid("width", format!("{share}: take 0.005 to 0.5")));
        }
        Ok(Self { width: share, ..self })
    }

    /// How long the good end is driven at the end: 30 s by default.
    pub fn hold(self, time: Duration) -> Self {
        Self { hold: time, ..self }
    }

    /// The limits that the system must keep at any rate.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Arrivals are a Poisson process, each step's another one of this seed; otherwise they are evenly spaced.
    pub fn poisson(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Searches.
    ///
    /// # Errors
    /// Those of the drive.
    pub fn run(&self, drive: &mut dyn Drive) -> Result<Breaking, Error> {
        self.run_and_tell(drive, |_| ())
    }

    /// [`run`](Self::run), with every step handed to `tell` as soon as it is known: a search takes minutes.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_and_tell(&self, drive: &mut dyn Drive, mut tell: impl FnMut(&Step)) -> Result<Breaking, Error> {
        let mut run = Run {
            search: self,
            drive,
            tell: &mut tell,
            resources: Resources::start(),
            name: String::new(),
            steps: Vec::new(),
            good: Vec::new(),
            bad: Vec::new(),
            late: Vec::new(),
            doublings: 0,
        };
        let ended = run.search()?;
        Ok(run.found(ended))
    }
}

fn usable(key: &str, rate: f64) -> Result<f64, Error> {
    if rate.is_finite() && rate > 0.0 {
        Ok(rate)
    } else {
        Err(Error::invalid(key, format!("{rate} is no rate: take operations a second, above zero")))
    }
}

struct Run<'a> {
    search: &'a Search,
    drive: &'a mut dyn Drive,
    tell: &'a mut dyn FnMut(&Step),
    resources: Resources,
    name: String,
    steps: Vec<Step>,
    /// Rates that held, ascending; all are below those that failed.
    good: Vec<f64>,
    /// Rates that failed, descending.
    bad: Vec<f64>,
    /// Rates at which the generator stayed late, descending; all are between those that held and those that failed, and bound the
    /// generator.
    late: Vec<f64>,
    /// Times that an end was not confirmed since the system said something else.
    doublings: u32,
}

/// The answer of a rate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Holds,
    Fails,
    /// The generator stayed late: nothing is known of the system.
    Late,
    /// The caller ended it.
    Interrupted,
}

/// How many times as long as usual a step begins: the ramp may err, since its rates are driven again.
const fn length(purpose: Purpose) -> u64 {
    match purpose {
        Purpose::Ramp => 1,
        Purpose::Bisect => 4,
        Purpose::Confirm | Purpose::Hold => 16,
    }
}

/// The next action of the search.
enum Next {
    Rate(f64),
    /// The interval is narrow: a rate that held, one that did not, and whether that failed or was beyond the generator.
    Narrow(f64, f64, Answer),
    Ended(Ended),
}

impl Run<'_> {
    fn search(&mut self) -> Result<Ended, Error> {
        for _ in 0..ROUNDS {
            let (good, beyond, expected) = loop {
                match self.next() {
                    Next::Rate(rate) => {
                        let ramp = self.good.is_empty() || self.bad.is_empty() && self.late.is_empty();
                        let purpose = if ramp { Purpose::Ramp } else { Purpose::Bisect };
                        match self.step(rate, purpose, ATTEMPTS)? {
                            Answer::Interrupted => return Ok(Ended::Interrupted),
                            answer => self.note(rate, answer),
                        }
                    }
                    Next::Narrow(good, beyond, answer) => break (good, beyond, answer),
                    Next::Ended(ended) => return Ok(ended),
                }
            };
            if let Some(ended) = self.confirm(good, beyond, expected)? {
                return Ok(ended);
            }
        }
        Ok(Ended::Unsteady)
    }

    fn next(&self) -> Next {
        let Search { from, most, factor, width, .. } = *self.search;
        let late = self.late.last().map(|late| (*late, Answer::Late));
        match (self.good.last().copied(), late.or(self.bad.last().map(|bad| (*bad, Answer::Fails)))) {
            (None, None) => Next::Rate(from),
            (Some(good), None) if good >= most => Next::Ended(Ended::Unbroken),
            (Some(good), None) => Next::Rate((good * factor).min(most)),
            (None, Some((beyond, Answer::Late))) if self.late.len() > HALVINGS || beyond <= from * LOWEST => {
                Next::Ended(Ended::Generator)
            }
            (None, Some((beyond, _))) if beyond <= from * LOWEST => Next::Ended(Ended::NeverHeld),
            (None, Some((beyond, _))) => Next::Rate(beyond / 2.0),
            (Some(good), Some((beyond, answer))) if beyond <= good * (1.0 + width) => {
                Next::Narrow(good, beyond, answer)
            }
            (Some(good), Some((beyond, _))) => Next::Rate((good * beyond).sqrt()),
        }
    }

    /// The last answer of a rate replaces those that contradict it. A late generator contradicts nothing.
    fn note(&mut self, rate: f64, answer: Answer) {
        match answer {
            Answer::Holds => {
                self.bad.retain(|bad| *bad > rate);
                self.late.retain(|late| *late > rate);
                self.good.retain(|good| *good < rate);
                self.good.push(rate);
            }
            Answer::Fails => {
                self.good.retain(|good| *good < rate);
                self.late.retain(|late| *late < rate);
                self.bad.retain(|bad| *bad > rate);
                self.bad.push(rate);
            }
            Answer::Late => {
                self.late.retain(|late| *late > rate);
                self.late.push(rate);
            }
            Answer::Interrupted => {}
        }
    }

    /// Drives both ends again, and the good one also for longer. The end of the search; nothing where an end gave another
    /// answer, so that the search goes on from there.
    fn confirm(&mut self, good: f64, beyond: f64, expected: Answer) -> Result<Option<Ended>, Error> {
        let turns = [(beyond, expected), (good, Answer::Holds)].into_iter().cycle().take(2 * CONFIRMATIONS);
        let turns = turns.map(|(rate, expected)| (rate, expected, Purpose::Confirm));
        for (rate, expected, purpose) in turns.chain([(good, Answer::Holds, Purpose::Hold)]) {
            // A generator that is late once more confirms that it is.
            let attempts = if expected == Answer::Late { 1 } else { ATTEMPTS };
            match self.step(rate, purpose, attempts)? {
                answer if answer == expected => {}
                Answer::Interrupted => return Ok(Some(Ended::Interrupted)),
                // What the system answered before stands, and cannot be seen again.
                Answer::Late => {
                    if self.late.is_empty() {
                        self.note(rate, Answer::Late);
                    }
                    return Ok(Some(Ended::Generator));
                }
                answer => {
                    self.note(rate, answer);
                    // A longer step would not have kept the generator from being late.
                    self.doublings += u32::from(expected != Answer::Late);
                    return Ok(None);
                }
            }
        }
        Ok(Some(if expected == Answer::Late { Ended::Generator } else { Ended::Found }))
    }

    /// Drives a rate until it is known whether it holds, or the generator was late in so many attempts in turn.
    fn step(&mut self, rate: f64, purpose: Purpose, attempts: usize) -> Result<Answer, Error> {
        let Search { requests, least, patience, hold, .. } = *self.search;
        let usual = least.max(Duration::from_secs_f64(requests as f64 / rate));
        let most = patience.max(1);
        let mut longer = (length(purpose) << self.doublings).min(most);
        let mut left = attempts;
        loop {
            let mut time = usual * u32::try_from(longer).unwrap_or(u32::MAX);
            if purpose == Purpose::Hold {
                time = time.max(hold);
            }
            let mut plan = Arrivals::constant(rate, time)?;
            if let Some(seed) = self.search.seed {
                plan = plan.poisson(seed.wrapping_add(self.steps.len() as u64));
            }
            let before = self.resources.now();
            let outcome = self.drive.drive(&plan)?;
            self.name.clone_from(&outcome.name);
            if outcome.interrupted {
                return Ok(Answer::Interrupted);
            }
            let used = self.resources.used(&before, &outcome);
            let last = longer * LONGER > most;
            let step = Step::of(purpose, rate, &plan, &outcome, used, &self.search.limits, last);
            let verdict = step.verdict.clone();
            (self.tell)(&step);
            self.steps.push(step);
            match verdict {
                Verdict::Holds => return Ok(Answer::Holds),
                Verdict::Fails(_) => return Ok(Answer::Fails),
                Verdict::Unsure(_) => (longer, left) = (longer * LONGER, attempts),
                Verdict::Invalid(_) if left <= 1 => return Ok(Answer::Late),
                Verdict::Invalid(_) => left -= 1,
            }
        }
    }

    /// The ends beyond which no step contradicts another: the highest rate that held below all that failed, and the lowest that
    /// failed above all that held. The ramp contradicts nothing, since it errs.
    fn sure(&self) -> (Option<f64>, Option<f64>) {
        let rates = |steps: &[&Step]| steps.iter().map(|step| step.offered).collect::<Vec<f64>>();
        let (held, failed): (Vec<&Step>, Vec<&Step>) = {
            let sure = self.steps.iter().filter(|step| matches!(step.verdict, Verdict::Holds | Verdict::Fails(_)));
            sure.partition(|step| step.verdict.holds())
        };
        let seen_well = |steps: &[&Step]| {
            let well = steps.iter().copied().filter(|step| step.purpose != Purpose::Ramp);
            rates(&well.collect::<Vec<_>>())
        };
        let lowest_failed = seen_well(&failed).into_iter().fold(f64::INFINITY, f64::min);
        let highest_held = seen_well(&held).into_iter().fold(0.0, f64::max);
        let good = rates(&held).into_iter().filter(|rate| *rate < lowest_failed).reduce(f64::max);
        let bad = rates(&failed).into_iter().filter(|rate| *rate > highest_held).reduce(f64::min);
        (good, bad)
    }

    fn found(self, ended: Ended) -> Breaking {
        let (good, bad) = match ended {
            Ended::Unsteady => self.sure(),
            _ => (self.good.last().copied(), self.bad.last().copied()),
        };
        let late = match ended {
            Ended::Generator => self.late.last().copied(),
            _ => None,
        };
        let last = |rate: Option<f64>, causes: fn(&Verdict) -> Option<&Vec<Cause>>| {
            let at = |step: &Step| rate.is_some_and(|rate| step.offered.total_cmp(&rate).is_eq());
            let found = self.steps.iter().rev().filter(|step| at(step)).find_map(|step| causes(&step.verdict));
            found.cloned().unwrap_or_default()
        };
        let mut limited = last(bad, |verdict| if let Verdict::Fails(causes) = verdict { Some(causes) } else { None });
        limited.extend(last(late, |verdict| if let Verdict::Invalid(causes) = verdict { Some(causes) } else { None }));
        Breaking {
            name: self.name,
            good,
            bad,
            late,
            limited,
            confirmed: ended == Ended::Found,
            ended,
            steps: self.steps,
            seed: self.search.seed,
        }
    }
}
