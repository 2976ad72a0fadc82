//! The plan of a trial, and its judgement.

use std::fmt;
use std::time::Duration;

use perf_exporters::human;

use super::band::{Band, Look, REQUESTS, looks, windows_of_a_look};
use super::found::{Recovery, Took, shown};
use crate::breaking::Breaking;
use crate::{Arrivals, Drive, Error, Outcome, Validity};

/// Looks that a band is computed from, at least.
const CALM_LOOKS: usize = 8;
/// Looks that the calm has to have room for: its first fifth is ignored.
const LOOKS: u32 = 10;
/// The share of the time before the disturbance that is ignored: a queue that fills looks better than it is.
const WARM_UP: f64 = 0.2;
/// The usual rate, as a share of the highest that the system holds.
const USUAL: f64 = 0.7;
/// One look in so many may be outside the band by chance.
const SELDOM: usize = 10;
/// The default overload, as a multiple of the stated rate.
const OVERLOAD: f64 = 2.0;

/// The disturbance of the system.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Disturbance {
    /// More requests than usual.
    #[non_exhaustive]
    Overload {
        /// A second.
        rate: f64,
        /// For so long.
        lasts: Duration,
    },
    /// Something that the caller does: a stall, a lost connection, a neighbour.
    #[non_exhaustive]
    Injected {
        /// For so long.
        lasts: Duration,
    },
}

/// A plan: the usual rate, a disturbance, and the usual rate again. See the [module](super).
#[derive(Clone, Debug, PartialEq)]
#[must_use = "nothing is driven before `run`"]
pub struct Trial {
    rate: f64,
    disturbance: Disturbance,
    calm: Duration,
    watch: Duration,
    settled: Duration,
    seed: Option<u64>,
}

impl Trial {
    /// A trial at this usual rate; the disturbance is ten seconds of twice as much, unless another one is set.
    ///
    /// # Errors
    /// A rate that is not above zero and finite.
    pub fn at(rate: f64) -> Result<Self, Error> {
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Error::invalid("rate", format!("{rate} is no rate: take operations a second, above zero")));
        }
        Ok(Self {
            rate,
            disturbance: Disturbance::Overload { rate: OVERLOAD * rate, lasts: Duration::from_secs(10) },
            calm: Duration::from_secs(30),
            watch: Duration::from_mins(2),
            settled: Duration::from_secs(10),
            seed: None,
        })
    }

    /// A trial at 70 % of the highest rate that the system held, with an overload of twice that rate.
    ///
    /// # Errors
    /// Where it is not known that twice that rate is too much: neither is the break [confirmed](Breaking::confirmed), nor was a rate up to
    /// there [far beyond](crate::breaking::Step::is_far_beyond) what the system does.
    pub fn beyond(breaking: &Breaking) -> Result<Self, Error> {
        let overloads = |rate: f64| breaking.steps.iter().any(|step| step.offered <= rate && step.is_far_beyond());
        let Some(good) = breaking.good.filter(|good| breaking.confirmed || overloads(OVERLOAD * good)) else {
            return Err(Error::invalid("rate", "no break is confirmed: no overload is known to recover from"));
        };
        Self::at(USUAL * good)?.overload(OVERLOAD * good, Duration::from_secs(10))
    }

    /// The disturbance is this rate, for so long.
    ///
    /// # Errors
    /// A rate that is not above the usual one; no time at all.
    pub fn overload(self, rate: f64, lasts: Duration) -> Result<Self, Error> {
        if !(rate.is_finite() && rate > self.rate) {
            return Err(Error::invalid("overload", format!("{rate}/s is not above the usual {}/s", self.rate)));
        }
        let disturbance = Disturbance::Overload { rate, lasts: lasting("overload", lasts)? };
        Ok(Self { disturbance, ..self })
    }

    /// The disturbance is the caller's: it happens after [`calm`](Self::calm), and is over after `lasts`. An operation can bring
    /// it about, since it knows when it was due ([`Ctx`](crate::Ctx)); so can another thread, and a simulated
    /// [stall](crate::simulate::Queue::stall).
    ///
    /// # Errors
    /// No time at all.
    pub fn injected(self, lasts: Duration) -> Result<Self, Error> {
        let disturbance = Disturbance::Injected { lasts: lasting("injected", lasts)? };
        Ok(Self { disturbance, ..self })
    }

    /// How long the usual rate is driven before the disturbance: 30 s by default.
    pub fn calm(self, time: Duration) -> Self {
        Self { calm: time, ..self }
    }

    /// How long the system is observed after the disturbance: 120 s by default.
    pub fn watch(self, time: Duration) -> Self {
        Self { watch: time, ..self }
    }

    /// For how long it must stay inside the band to have recovered: 10 s by default.
    pub fn settled(self, time: Duration) -> Self {
        Self { settled: time, ..self }
    }

    /// Arrivals are a Poisson process of this seed; otherwise they are evenly spaced.
    pub fn poisson(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// The schedule of all parts in one drive, without a pause between them.
    ///
    /// # Errors
    /// Times that are too short for it.
    pub fn schedule(&self) -> Result<Arrivals, Error> {
        let rate = human::rate(self.rate);
        let least = Duration::from_secs_f64(REQUESTS / self.rate) * LOOKS;
        if self.calm <= least {
            let problem = format!(
                "{} are too short: {LOOKS} looks of {REQUESTS} requests take {} at {rate}/s; take more than that, or a higher \
                 usual rate",
                shown(self.calm),
                shown(least)
            );
            return Err(Error::invalid("calm", problem));
        }
        if self.watch <= self.settled {
            let problem = format!(
                "{} are too short to see the system settled for {}; watch it for longer, or let a shorter `settled` do",
                shown(self.watch),
                shown(self.settled)
            );
            return Err(Error::invalid("watch", problem));
        }
        let (rate, lasts) = match self.disturbance {
            Disturbance::Overload { rate, lasts } => (rate, lasts),
            Disturbance::Injected { lasts } => (self.rate, lasts),
        };
        let stages = [(self.rate, self.calm), (rate, lasts), (self.rate, self.watch)];
        let arrivals = Arrivals::stages(&stages)?;
        Ok(match self.seed {
            Some(seed) => arrivals.poisson(seed),
            None => arrivals,
        })
    }

    /// Drives the trial, and judges the outcome.
    ///
    /// # Errors
    /// Those of the plan and of the drive.
    pub fn run(&self, drive: &mut dyn Drive) -> Result<Recovery, Error> {
        let outcome = drive.drive(&self.schedule()?)?;
        Ok(self.judge(&outcome))
    }

    /// Judges the outcome of this [schedule](Self::schedule).
    pub fn judge(&self, outcome: &Outcome) -> Recovery {
        let begin = self.calm;
        let end = begin + self.disturbance.lasts();
        let last = end + self.watch;
        let width = outcome.course.first().map_or(self.settled, |window| window.width);
        let each = windows_of_a_look(width, self.rate);
        let resolution = width * u32::try_from(each).unwrap_or(u32::MAX);
        let calm = looks(&outcome.course, each, begin.mul_f64(WARM_UP), begin);
        let during = looks(&outcome.course, each, begin, end);
        let after = looks(&outcome.course, each, end, last);
        let band = Band::of(&calm);
        let took = match &outcome.validity {
            Validity::Invalid { reason } => Took::Unknown { reason: reason.clone() },
            Validity::Valid if outcome.interrupted && outcome.elapsed < end => {
                Took::Unknown { reason: "it was ended before the disturbance was over".into() }
            }
            Validity::Valid if calm.len() < CALM_LOOKS => {
                let reason =
                    format!("{} looks of {} before it: {CALM_LOOKS} are needed", calm.len(), shown(resolution));
                Took::Unknown { reason }
            }
            Validity::Valid => took(&during, &after, &band, end, resolution, self.settled),
        };
        let mut all = calm;
        all.extend(during);
        all.extend(after);
        Recovery {
            name: outcome.name.clone(),
            rate: self.rate,
            disturbance: self.disturbance,
            took,
            resolution,
            settled: self.settled,
            band,
            looks: all,
            disturbed: (begin, end),
            seed: self.seed,
        }
    }
}

/// The beginning of the first stretch of looks that is long enough, begins inside the band, and leaves it seldom.
fn took(during: &[Look], after: &[Look], band: &Band, end: Duration, resolution: Duration, settled: Duration) -> Took {
    let needed = crate::simulate::whole(settled.div_duration_f64(resolution).ceil());
    let needed = usize::try_from(needed).unwrap_or(usize::MAX).max(1);
    let begins = |look: &Look| look.at.saturating_sub(end);
    let stays = |at: usize| {
        let stretch = &after[at..after.len().min(at.saturating_add(needed))];
        band.holds(&after[at]) && stretch.iter().filter(|look| !band.holds(look)).count() <= needed / SELDOM
    };
    match (0..after.len()).find(|at| stays(*at)) {
        // The looks that were seen are inside, but they are too few.
        Some(at) if after.len() - at < needed => Took::Longer(begins(&after[at])),
        // Only looks that lie whole in the disturbance show that it disturbed nothing.
        Some(0) if !during.is_empty() && during.iter().chain(&after[..needed]).all(|look| band.holds(look)) => {
            Took::Undisturbed
        }
        // The system may have been inside as soon as the disturbance was over: windows do not begin exactly then.
        Some(0) => Took::Time(Duration::ZERO),
        Some(at) => Took::Time(begins(&after[at])),
        None => Took::Longer(after.last().map_or(Duration::ZERO, |last| begins(last) + resolution)),
    }
}

fn lasting(key: &str, lasts: Duration) -> Result<Duration, Error> {
    if lasts.is_zero() { Err(Error::invalid(key, "must last some time, such as \"10s\"")) } else { Ok(lasts) }
}

impl Disturbance {
    /// How long it lasts.
    #[must_use]
    pub const fn lasts(&self) -> Duration {
        match *self {
            Self::Overload { lasts, .. } | Self::Injected { lasts } => lasts,
        }
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overload { rate, lasts } => write!(f, "{}/s for {}", human::rate(*rate), shown(*lasts)),
            Self::Injected { lasts } => write!(f, "a disturbance of {}", shown(*lasts)),
        }
    }
}
