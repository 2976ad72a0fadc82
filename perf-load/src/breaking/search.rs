//! The search: which rate comes next.

use std::time::Duration;

use super::found::{Breaking, Ended};
use super::step::{Purpose, Step, Verdict};
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
            round: 0,
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
    /// Times that an end was not confirmed.
    round: u32,
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
    Narrow(f64, f64),
    Ended(Ended),
}

impl Run<'_> {
    fn search(&mut self) -> Result<Ended, Error> {
        while self.round < ROUNDS {
            let (good, bad) = loop {
                match self.next() {
                    Next::Rate(rate) => {
                        let purpose =
                            if self.good.is_empty() || self.bad.is_empty() { Purpose::Ramp } else { Purpose::Bisect };
                        let Some(holds) = self.step(rate, purpose)? else { return Ok(Ended::Interrupted) };
                        self.note(rate, holds);
                    }
                    Next::Narrow(good, bad) => break (good, bad),
                    Next::Ended(ended) => return Ok(ended),
                }
            };
            match self.confirm(good, bad)? {
                Some(true) => return Ok(Ended::Found),
                Some(false) => self.round += 1,
                None => return Ok(Ended::Interrupted),
            }
        }
        Ok(Ended::Unsteady)
    }

    fn next(&self) -> Next {
        let Search { from, most, factor, width, .. } = *self.search;
        match (self.good.last().copied(), self.bad.last().copied()) {
            (None, None) => Next::Rate(from),
            (Some(good), None) if good >= most => Next::Ended(Ended::Unbroken),
            (Some(good), None) => Next::Rate((good * factor).min(most)),
            (None, Some(bad)) if bad <= from * LOWEST => Next::Ended(Ended::NeverHeld),
            (None, Some(bad)) => Next::Rate(bad / 2.0),
            (Some(good), Some(bad)) if bad <= good * (1.0 + width) => Next::Narrow(good, bad),
            (Some(good), Some(bad)) => Next::Rate((good * bad).sqrt()),
        }
    }

    /// The last result of a rate replaces those that contradict it.
    fn note(&mut self, rate: f64, holds: bool) {
        if holds {
            self.bad.retain(|bad| *bad > rate);
            self.good.retain(|good| *good < rate);
            self.good.push(rate);
        } else {
            self.good.retain(|good| *good < rate);
            self.bad.retain(|bad| *bad > rate);
            self.bad.push(rate);
        }
    }

    /// Whether both ends are confirmed, and the good one also by a longer step.
    fn confirm(&mut self, good: f64, bad: f64) -> Result<Option<bool>, Error> {
        let turns = [(bad, false), (good, true)].into_iter().cycle().take(2 * CONFIRMATIONS);
        let turns = turns.map(|(rate, expected)| (rate, expected, Purpose::Confirm));
        for (rate, expected, purpose) in turns.chain([(good, true, Purpose::Hold)]) {
            let Some(holds) = self.step(rate, purpose)? else { return Ok(None) };
            if holds != expected {
                self.note(rate, holds);
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    /// Drives a rate until it is known whether it holds; nothing where the caller ended it.
    fn step(&mut self, rate: f64, purpose: Purpose) -> Result<Option<bool>, Error> {
        let Search { requests, least, patience, hold, .. } = *self.search;
        let usual = least.max(Duration::from_secs_f64(requests as f64 / rate));
        let most = patience.max(1);
        let mut longer = (length(purpose) << self.round).min(most);
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
                return Ok(None);
            }
            let used = self.resources.used(&before, &outcome);
            let last = longer * LONGER > most;
            let step = Step::of(purpose, rate, &plan, &outcome, used, &self.search.limits, last);
            let verdict = step.verdict.clone();
            (self.tell)(&step);
            self.steps.push(step);
            match verdict {
                Verdict::Holds => return Ok(Some(true)),
                Verdict::Fails(_) => return Ok(Some(false)),
                Verdict::Unsure(_) => longer *= LONGER,
            }
        }
    }

    /// The ends beyond which no step contradicts another: the highest rate that held below all that failed, and the lowest that
    /// failed above all that held. The ramp contradicts nothing, since it errs.
    fn sure(&self) -> (Option<f64>, Option<f64>) {
        let rates = |steps: &[&Step]| steps.iter().map(|step| step.offered).collect::<Vec<f64>>();
        let (held, failed): (Vec<&Step>, Vec<&Step>) = {
            let sure = self.steps.iter().filter(|step| !matches!(step.verdict, Verdict::Unsure(_)));
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
        let at_bad = |step: &&Step| bad.is_some_and(|bad| step.offered.total_cmp(&bad).is_eq());
        let causes = |step: &Step| match &step.verdict {
            Verdict::Fails(causes) => Some(causes.clone()),
            _ => None,
        };
        let limited = self.steps.iter().rev().filter(at_bad).find_map(causes).unwrap_or_default();
        Breaking {
            name: self.name,
            good,
            bad,
            limited,
            confirmed: ended == Ended::Found,
            ended,
            steps: self.steps,
            seed: self.search.seed,
        }
    }
}
