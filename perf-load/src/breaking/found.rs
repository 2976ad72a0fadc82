//! The result of a search.

use std::fmt;

use perf_exporters::human;

use super::step::{Cause, Step, Verdict};

/// The result of a [`Search`](super::Search).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[must_use = "look at the interval and what limited it"]
pub struct Breaking {
    /// The load's name.
    pub name: String,
    /// The highest rate that the system held, per second; none where it held no rate.
    pub good: Option<f64>,
    /// The lowest rate that the system failed at; none where it failed at no rate.
    pub bad: Option<f64>,
    /// The lowest rate at which the generator stayed late, where it limited the search: nothing is known of the system there.
    pub late: Option<f64>,
    /// Why the system failed at `bad`, and why the generator was late at `late`.
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
    /// The generator is the limit: it stayed late at [`Breaking::late`], however often that was driven again. The system held
    /// the good end at least.
    Generator,
    /// The caller ended it.
    Interrupted,
}

impl Breaking {
    /// The steps by their rates, the longest of each: the points to draw.
    #[must_use]
    pub fn curve(&self) -> Vec<&Step> {
        // Of steps alike the last one, and any before one that says nothing about the system.
        let mut points: Vec<&Step> = self.steps.iter().rev().collect();
        let silent = |step: &Step| matches!(step.verdict, Verdict::Invalid(_));
        points.sort_by(|a, b| {
            let alike = silent(a).cmp(&silent(b)).then(b.duration.cmp(&a.duration));
            a.offered.total_cmp(&b.offered).then(alike)
        });
        points.dedup_by(|later, kept| later.offered.total_cmp(&kept.offered).is_eq());
        points
    }

    /// Whether the generator is the limit, not the system: the system holds the good end at least.
    #[must_use]
    pub fn is_generator(&self) -> bool {
        self.ended == Ended::Generator
    }
}

impl fmt::Display for Breaking {
    /// A headline, the causes of failure, and a row per rate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: f64| format!("{}/s", human::rate(rate));
        let name = &self.name;
        if let (Some(late), Ended::Generator) = (self.late, self.ended) {
            let late = rate(late);
            match (self.good, self.bad) {
                (Some(good), None) => {
                    writeln!(
                        f,
                        "{name}: the generator is the limit: at least {} held; at {late}, it was late",
                        rate(good)
                    )
                }
                (Some(good), Some(bad)) => writeln!(
                    f,
                    "{name}: at least {} held and {} failed; no more is known, since the generator was late at {late}",
                    rate(good),
                    rate(bad)
                ),
                (None, Some(bad)) => {
                    writeln!(
                        f,
                        "{name}: fails at {}; nothing is known below: the generator was late at {late}",
                        rate(bad)
                    )
                }
                (None, None) => writeln!(f, "{name}: nothing is known of it: at {late}, the generator was late"),
            }
        } else {
            match (self.good, self.bad, self.ended) {
                (Some(good), Some(bad), Ended::Found) => {
                    writeln!(f, "{name}: breaks between {} and {}, confirmed", rate(good), rate(bad))
                }
                (Some(good), Some(bad), ended) => {
                    let why =
                        if ended == Ended::Interrupted { "interrupted" } else { "the ends did not say the same again" };
                    writeln!(f, "{name}: breaks between {} and {}, not confirmed: {why}", rate(good), rate(bad))
                }
                (Some(good), None, _) => {
                    writeln!(f, "{name}: holds {}, the highest rate that was tried", rate(good))
                }
                (None, Some(bad), _) => writeln!(f, "{name}: fails at {}, the lowest rate that was tried", rate(bad)),
                (None, None, _) => writeln!(f, "{name}: nothing was driven to its end"),
            }
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
                    &format!("{}/s", human::signed(step.growth.slope, 1)),
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
