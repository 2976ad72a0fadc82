//! The result of a trial.

use std::fmt;
use std::time::Duration;

use perf_exporters::human;

use super::band::{Band, Look};
use super::trial::Disturbance;

/// How long the system took to recover, and from which disturbance.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[must_use = "look at how long it took"]
pub struct Recovery {
    /// The load's name.
    pub name: String,
    /// The usual rate, per second.
    pub rate: f64,
    /// The disturbance of the system.
    pub disturbance: Disturbance,
    /// How long it took.
    pub took: Took,
    /// Length of a look: the recovery took at most this much longer.
    pub resolution: Duration,
    /// For how long the system had to stay inside the band.
    pub settled: Duration,
    /// The band that it had to be inside.
    pub band: Band,
    /// All looks, before, during and after.
    pub looks: Vec<Look>,
    /// When the disturbance began and ended, since the beginning of the drive.
    pub disturbed: (Duration, Duration),
    /// Seed of the arrivals; none where they were evenly spaced.
    pub seed: Option<u64>,
}

/// How long a recovery took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Took {
    /// From the end of the disturbance until it was inside the band, to stay; zero where the first look after it was inside.
    Time(Duration),
    /// There was nothing to recover from: every look was inside the band, during the disturbance and after it.
    Undisturbed,
    /// Longer than this: the system was not inside the band for long enough while it was observed
    /// (right-censored).
    Longer(Duration),
    /// The figures say nothing: the generator was late, or the drive ended before the disturbance was over.
    #[non_exhaustive]
    Unknown {
        /// Why, with figures.
        reason: String,
    },
}

impl Recovery {
    /// The result in a line: how long it took, and from which disturbance.
    pub(crate) fn headline(&self) -> String {
        let Self { name, took, disturbance, .. } = self;
        match took {
            Took::Undisturbed => format!("{name}: {took} under {disturbance}: there was nothing to recover from"),
            _ => format!("{name}: {took} of {disturbance}"),
        }
    }

    /// The longest p99 and the greatest backlog of any look from the disturbance on.
    #[must_use]
    pub fn worst(&self) -> (u64, u64) {
        let after = || self.looks.iter().filter(|look| look.at >= self.disturbed.0);
        (after().filter_map(|look| look.p99).max().unwrap_or(0), after().map(|look| look.backlog).max().unwrap_or(0))
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(Duration::ZERO) => f.write_str("recovered within the first look"),
            Self::Time(time) => write!(f, "recovered after {}", shown(*time)),
            Self::Undisturbed => f.write_str("never degraded"),
            Self::Longer(time) => write!(f, "not recovered after {}", shown(*time)),
            Self::Unknown { reason } => write!(f, "unknown: {reason}"),
        }
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: f64| format!("{}/s", human::rate(rate));
        let (p99, backlog) = self.worst();
        writeln!(f, "{}", self.headline())?;
        writeln!(
            f,
            "  at {}, in looks of {}, settled for {}",
            rate(self.rate),
            shown(self.resolution),
            shown(self.settled)
        )?;
        let band = &self.band;
        writeln!(
            f,
            "  band: p50 ≤ {}, p99 ≤ {}, errors ≤ {}, backlog ≤ {}",
            human::duration(band.p50),
            human::duration(band.p99),
            human::percent(band.errors * 100.0),
            human::count(band.backlog),
        )?;
        writeln!(f, "  worst: p99 {}, backlog {}", human::duration(p99), human::count(backlog))?;
        match self.seed {
            Some(seed) => writeln!(f, "  arrivals: Poisson, seed {seed}"),
            None => Ok(()),
        }
    }
}

pub(super) fn shown(time: Duration) -> String {
    human::duration(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)).to_string()
}
