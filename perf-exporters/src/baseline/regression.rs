//! The changes between a baseline and now, as a value.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Difference, Metric};
use crate::judge::{Reason, Side, Verdict};

/// The changes between a baseline and now.
///
/// It is data (serde); [`Display`](fmt::Display) and [`markdown`](super::markdown) show it to people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegressionReport {
    /// Every figure that both sides have, in the order of probes and metrics.
    pub changes: Vec<Change>,
    /// Probes that have no baseline yet.
    pub new: Vec<String>,
    /// Probes of the baseline that were not seen now.
    pub gone: Vec<String>,
    /// Differences between the machines, compilers and builds; times are then advisory.
    pub differences: Vec<Difference>,
    /// Where times are advisory: by which factor the old ones were brought to the scale of this machine.
    pub scale: Option<f64>,
    /// Where machines are of one class: how much longer the kernels take now than they took for the baseline.
    pub kernels: Option<f64>,
    /// Whether that is so much longer that slower times prove nothing.
    pub disturbed: bool,
}

/// A figure before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// The budget or probe.
    pub probe: String,
    /// The figure.
    pub metric: Metric,
    /// Its median over the old runs.
    pub old: f64,
    /// Its median over the new runs.
    pub new: f64,
    /// new ÷ old; none from zero.
    pub ratio: Option<f64>,
    /// The quotient is surely above this; none where nothing is known.
    pub low: Option<f64>,
    /// The quotient is surely below this; none where nothing is known.
    pub high: Option<f64>,
    /// Its rating.
    pub level: Level,
    /// How that is known.
    pub proof: Proof,
    /// Old runs.
    pub old_runs: u64,
    /// New runs.
    pub new_runs: u64,
    /// Whether it decides; else it is advisory.
    pub gates: bool,
    /// A remark about it.
    pub note: Option<String>,
}

/// The rating of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// Worse, real, and beyond the fail threshold.
    Fail,
    /// Worse, real, and beyond the warn threshold.
    Warn,
    /// Beyond a threshold, and perhaps by chance.
    Unproven,
    /// Better, real, and beyond the warn threshold.
    Improved,
    /// Within the warn threshold.
    Same,
}

/// How a change is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Proof {
    /// Counts without doubt.
    Exact,
    /// The ranks of several runs.
    Runs,
    /// The ranges of the two sides.
    Ranges,
}

impl Change {
    /// Whether the new value is on the bad side of the old one.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        match self.metric.as_diff().side() {
            Side::AtMost => self.new > self.old,
            Side::AtLeast => self.new < self.old,
        }
    }

    /// Whether it moved at all, by the thresholds: anything but [`Level::Same`].
    #[must_use]
    pub fn moved(&self) -> bool {
        self.level != Level::Same
    }

    /// PASS, FAIL, or INCONCLUSIVE where it looks worse and is not proven. A change that does not gate passes.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.level {
            Level::Fail if self.gates => Verdict::Fail,
            Level::Unproven if self.gates && self.is_worse() => {
                let why = self.note.as_ref().map_or(Reason::Undecided, |note| Reason::Invalid(note.clone().into()));
                Verdict::Inconclusive(why)
            }
            _ => Verdict::Pass,
        }
    }
}

impl RegressionReport {
    /// FAIL where a figure that gates is worse beyond its limit; INCONCLUSIVE where one may be, where a probe of the
    /// baseline is gone, or where nothing could be compared; else PASS.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let all = self.changes.iter().map(Change::verdict).fold(Verdict::Pass, Verdict::and);
        let doubt = |what: String| Verdict::Inconclusive(Reason::Invalid(what.into()));
        if let Some(gone) = self.gone.first() {
            let more = match self.gone.len() {
                1 => String::new(),
                n => format!(" and {} more", n - 1),
            };
            return all.and(doubt(format!("of the baseline, {gone}{more} was not seen")));
        }
        if !self.changes.iter().any(|change| change.gates) {
            return all.and(doubt("the two sides have nothing in common that could gate".to_owned()));
        }
        all
    }

    /// Whether no figure that gates is worse, not even perhaps, and not even enough for a warning. Only then is it safe to
    /// take the new figures for the baseline without asking.
    #[must_use]
    pub fn nothing_regressed(&self) -> bool {
        let worse = |change: &&Change| change.gates && change.moved() && change.is_worse();
        self.verdict().is_pass() && !self.changes.iter().any(|change| worse(&change))
    }

    /// The changes worth a look: failures first, then warnings, unproven changes, and improvements; the greatest
    /// first; and in the end those that are advisory.
    #[must_use]
    pub fn moved(&self) -> Vec<&Change> {
        let worth = |change: &&Change| match change.level {
            Level::Same => false,
            // A change that decides nothing need not be proven.
            Level::Unproven => change.gates,
            _ => true,
        };
        let mut moved: Vec<&Change> = self.changes.iter().filter(worth).collect();
        let size = |change: &Change| change.ratio.map_or(f64::INFINITY, |ratio| ratio.ln().abs());
        moved.sort_by(|a, b| {
            let by_level = (!a.gates, a.level).cmp(&(!b.gates, b.level));
            by_level.then_with(|| size(b).total_cmp(&size(a)))
        });
        moved
    }

    /// How many changes came to this level, among those that gate.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.changes.iter().filter(|change| change.gates && change.level == level).count()
    }

    /// The change of one figure.
    #[must_use]
    pub fn change(&self, probe: &str, metric: Metric) -> Option<&Change> {
        self.changes.iter().find(|change| change.probe == probe && change.metric == metric)
    }
}

impl fmt::Display for RegressionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text::render(self, &super::text::Options::default()))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fail => "FAIL",
            Self::Warn => "warn",
            Self::Unproven => "unproven",
            Self::Improved => "better",
            Self::Same => "same",
        })
    }
}
