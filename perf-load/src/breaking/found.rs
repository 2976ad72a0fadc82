//! The result of a search.

use std::fmt;

use perf_exporters::human;

use super::step::{Cause, Step};

/// The result of a [`Search`](super::Search).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[must_use = "look at the interval and what limited it"]
pub struct Breaking {
    /// The load's name.
    pub name: String,
    /// The highest rate that the system held, per second; none where it held no rate.
    pub good: Option<f64>,
    /// The lowest rate that failed; none where no rate failed.
    pub bad: Option<f64>,
    /// Why it failed there.
    pub limited: Vec<Cause>,
    /// Whether both ends were confirmed twice, and the good one also by a longer step.
    pub confirmed: bool,
    /// Why the search ended.
    pub ended: Ended,
    /// All steps, in the order in which they were driven: the curve.
    pub steps: Vec<Step>,
    /// Seed of the arrivals; none where they were evenly spaced.
    pub seed: Option<u64>,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The interval is as narrow as was asked for.
    Found,
    /// The system held the highest rate that may be tried.
    Unbroken,
    /// The system did not hold even a hundredth of the first rate.
    NeverHeld,
    /// The ends could not be confirmed: the system changes, or its limit is not sharp.
    Unsteady,
    /// The caller ended it.
    Interrupted,
}

impl Breaking {
    /// The steps by their rates, the longest of each: the points to draw.
    #[must_use]
    pub fn curve(&self) -> Vec<&Step> {
        let mut points: Vec<&Step> = self.steps.iter().collect();
        points.sort_by(|a, b| a.offered.total_cmp(&b.offered).then(b.duration.cmp(&a.duration)));
        points.dedup_by(|later, kept| later.offered.total_cmp(&kept.offered).is_eq());
        points
    }

    /// Whether the generator broke, not the system: the system holds the good end at least, and nothing is known
    /// beyond it.
    #[must_use]
    pub fn is_generator(&self) -> bool {
        self.limited.iter().any(|cause| matches!(cause, Cause::Generator { .. }))
    }
}

impl fmt::Display for Breaking {
    /// A headline, the causes of failure, and a row per rate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: f64| format!("{}/s", human::rate(rate));
        match (self.good, self.bad, self.ended) {
            (Some(good), Some(bad), Ended::Found) if self.is_generator() => {
                writeln!(
                    f,
                    "{}: holds {} at least; beyond {}, the generator was late",
                    self.name,
                    rate(good),
                    rate(bad)
                )
            }
            (Some(good), Some(bad), Ended::Found) => {
                writeln!(f, "{}: breaks between {} and {}, confirmed", self.name, rate(good), rate(bad))
            }
            (Some(good), Some(bad), ended) => {
                let why =
                    if ended == Ended::Interrupted { "interrupted" } else { "the ends did not say the same again" };
                writeln!(f, "{}: breaks between {} and {}, not confirmed: {why}", self.name, rate(good), rate(bad))
            }
            (Some(good), None, _) => {
                writeln!(f, "{}: holds {}, the highest rate that was tried", self.name, rate(good))
            }
            (None, Some(bad), _) if self.is_generator() => writeln!(
                f,
                "{}: nothing is known of it: at {}, the lowest rate that was tried, the generator was late",
                self.name,
                rate(bad)
            ),
            (None, Some(bad), _) => {
                writeln!(f, "{}: fails at {}, the lowest rate that was tried", self.name, rate(bad))
            }
            (None, None, _) => writeln!(f, "{}: nothing was driven to its end", self.name),
        }?;
        for cause in &self.limited {
            writeln!(f, "  {cause}")?;
        }
        if let Some(seed) = self.seed {
            writeln!(f, "  arrivals: Poisson, seed {seed}")?;
        }
        row(f, ["offered", "achieved", "p50", "p90", "p99", "errors", "backlog", "processors", "memory", ""])?;
        for step in self.curve() {
            let time = |nanos: u64| human::duration(nanos).to_string();
            row(
                f,
                [
                    &rate(step.offered),
                    &rate(step.achieved),
                    &time(step.response.p50),
                    &time(step.response.p90),
                    &time(step.response.p99),
                    &human::percent(step.errors * 100.0).to_string(),
                    &format!("{:+.1}/s", step.growth.slope),
                    &step.processors.map_or_else(|| "–".into(), |busy| format!("{busy:.2}")),
                    &step.memory.map_or_else(|| "–".into(), |bytes| human::bytes(bytes).to_string()),
                    step.word(),
                ],
            )?;
        }
        Ok(())
    }
}

fn row(f: &mut fmt::Formatter<'_>, cells: [&str; 10]) -> fmt::Result {
    f.write_str(" ")?;
    for cell in &cells[..9] {
        write!(f, " {cell:>10}")?;
    }
    writeln!(f, "  {}", cells[9])
}
