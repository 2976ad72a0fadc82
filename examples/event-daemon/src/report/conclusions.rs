//! The sentences: which follow from the figures, by rules.

use event_daemon::Architecture;
use perf_exporters::diagnose::{Confidence, Finding, diagnose};
use perf_exporters::judge::Verdict;
use perf_load::compare::{Comparison, Metric, Winner};
use perf_load::recovery::Took;

use super::Results;
use super::tables::{failed, figure, per_second, percent, time, unplanned};
use crate::measure::scaling::{best, busiest, factor};
use crate::words::{Figure, word};

/// Of so much less memory is said that it is less.
const MATTERS: f64 = 0.2;
/// Shares of failed events that differ by less are alike.
const POINT: f64 = 0.001;

/// What the comparison at one level showed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shown {
    Better(Architecture),
    Neither,
    Invalid,
}

fn shown(comparison: &Comparison) -> Shown {
    match comparison.winner() {
        _ if comparison.invalid.is_some() => Shown::Invalid,
        Winner::A => Shown::Better(Architecture::Services),
        Winner::B => Shown::Better(Architecture::Daemon),
        Winner::Neither => Shown::Neither,
    }
}

/// A sentence for each kind of result; every level is in one of them.
fn verdicts(levels: &[(&'static str, Shown)]) -> Vec<String> {
    let with = |verdict: Shown| {
        let names = levels.iter().filter(|(_, of)| *of == verdict).map(|(name, _)| *name);
        Some(names.collect::<Vec<&str>>().join(", ")).filter(|names| !names.is_empty())
    };
    let better = Architecture::BOTH.map(|architecture| {
        let names = with(Shown::Better(architecture))?;
        Some(format!("{} is better under load level: {names}.", architecture.name()))
    });
    let neither = with(Shown::Neither).map(|names| format!("Neither is shown to be the better one at level: {names}."));
    let invalid = with(Shown::Invalid)
        .map(|names| format!("No comparison on this machine at level: {names}; the reason is below."));
    better.into_iter().chain([neither, invalid]).flatten().collect()
}

/// A metric of one architecture beside that of the other.
fn against(metric: Metric, level: &str, own: f64, other: f64) -> String {
    format!("{metric} at level {level}, {} against {}", figure(metric, own), figure(metric, other))
}

impl Results {
    /// The most important first.
    pub(super) fn summary(&self) -> Vec<String> {
        let mut told = Vec::new();
        let levels: Vec<_> = self.levels.iter().map(|found| (found.level.name, shown(&found.comparison))).collect();
        told.extend(verdicts(&levels));
        for architecture in Architecture::BOTH {
            let found = &self.scaling[architecture as usize];
            let best = best(found);
            let errors = unplanned(self.outcomes(architecture));
            told.push(format!(
                "{}: {} at most ({}), {} of the events failed without being made to ({}).",
                architecture.name(),
                per_second(best),
                word(Figure::Throughput, best),
                percent(errors),
                word(Figure::Errors, errors),
            ));
        }
        let lost: u64 = self.faults.iter().map(|after| after.lost).sum();
        let runs = self.faults.len();
        told.push(format!("{lost} acknowledged events were lost in {runs} runs with faults."));
        told
    }

    /// What each is better and worse at, where that was shown.
    pub(super) fn strengths(&self) -> Vec<String> {
        let mut told = Vec::new();
        for architecture in Architecture::BOTH {
            let (own, other) = match architecture {
                Architecture::Services => (Winner::A, Winner::B),
                Architecture::Daemon => (Winner::B, Winner::A),
            };
            let of = |winner: Winner| {
                let each = self.levels.iter().flat_map(|found| {
                    let won = found.comparison.findings.iter().filter(move |finding| finding.winner == winner);
                    won.map(|finding| {
                        let [own, other] = match own {
                            Winner::A => [finding.a, finding.b],
                            _ => [finding.b, finding.a],
                        };
                        against(finding.metric, found.level.name, own, other)
                    })
                });
                each.collect::<Vec<String>>()
            };
            let (mut good, mut bad) = (of(own), of(other));
            let at = architecture as usize;
            for found in &self.levels {
                let (own, other) = (found.live[at].max(1) as f64, found.live[1 - at].max(1) as f64);
                let text = format!("heap at level {} ({:.1} × the other's)", found.level.name, own / other);
                if own < other * (1.0 - MATTERS) {
                    good.push(text);
                } else if other < own * (1.0 - MATTERS) {
                    bad.push(text);
                }
            }
            let [own, other] = [at, 1 - at].map(|at| failed(&self.recoveries[at].outcome));
            let text = format!(
                "{} of the events failed while a coordinator was stopped, against {}",
                percent(own),
                percent(other)
            );
            if own + POINT < other {
                good.push(text);
            } else if other + POINT < own {
                bad.push(text);
            }
            let name = architecture.name();
            let joined = |parts: &[String]| if parts.is_empty() { "none shown".into() } else { parts.join("; ") };
            told.push(format!("{name}, strengths: {}", joined(&good)));
            told.push(format!("{name}, weaknesses: {}", joined(&bad)));
        }
        told
    }

    /// What the library says of the most heavily loaded runs.
    fn findings(&self) -> Vec<(Architecture, Finding)> {
        let heavy = self.levels.last();
        let of = |architecture: Architecture| {
            let outcome = heavy.map(|found| &found.outcomes[architecture as usize]);
            let findings = outcome.map(|outcome| diagnose(&outcome.report)).unwrap_or_default();
            findings.into_iter().map(move |finding| (architecture, finding))
        };
        Architecture::BOTH.into_iter().flat_map(of).collect()
    }

    /// Those findings, and what keeps more callers from doing more.
    pub(super) fn bottlenecks(&self) -> Vec<String> {
        let findings =
            self.findings().into_iter().map(|(architecture, finding)| format!("{}: {finding}", architecture.name()));
        let scaling = Architecture::BOTH.into_iter().zip(&self.scaling).map(|(architecture, found)| {
            format!("{}, more callers: {}", architecture.name(), found.diagnosis.bottleneck)
        });
        findings.chain(scaling).collect()
    }

    /// What follows, by rules.
    pub(super) fn recommendations(&self) -> Vec<String> {
        let mut told: Vec<String> = Vec::new();
        for (winner, architecture) in [(Winner::A, Architecture::Services), (Winner::B, Architecture::Daemon)] {
            let levels = self.levels.iter().filter(|found| found.comparison.winner() == winner);
            let levels: Vec<&str> = levels.map(|found| found.level.name).collect();
            if !levels.is_empty() {
                told.push(format!("Choose {} where the load is {}.", architecture.name(), levels.join(" or ")));
            }
        }
        let shares = Architecture::BOTH.map(|architecture| failed(&self.recoveries[architecture as usize].outcome));
        if shares[0] + POINT < shares[1] {
            told.push(format!(
                "Where one service's outage must not stop the others, choose services: {} of the events failed against {}.",
                percent(shares[0]),
                percent(shares[1])
            ));
        }
        for (architecture, finding) in self.findings() {
            if finding.confidence > Confidence::Low {
                let subject =
                    if finding.subject.is_empty() { String::new() } else { format!(" ({})", finding.subject) };
                told.push(format!("{}{subject}: {}", architecture.name(), finding.remedy));
            }
        }
        for (architecture, found) in Architecture::BOTH.into_iter().zip(&self.scaling) {
            if let Some(factor) = factor(found).filter(|factor| word(Figure::Scalability, *factor) == "limited") {
                told.push(format!(
                    "{}: more callers bring little (factor {factor:.2}); {} of them did the most, {}.",
                    architecture.name(),
                    busiest(found),
                    per_second(best(found))
                ));
            }
        }
        for (architecture, endured) in Architecture::BOTH.into_iter().zip(&self.endured) {
            if endured.leak.verdict == Verdict::Fail {
                told.push(format!(
                    "{}: memory rises by {:.0} bytes a checkpoint; look at the probes whose net bytes rise.",
                    architecture.name(),
                    endured.leak.slope
                ));
            }
        }
        for found in &self.recoveries {
            if let Took::Longer(time_) = &found.recovery.took {
                let nanos = time_.as_nanos() as f64;
                told.push(format!(
                    "{}: not recovered after {}; watch it for longer.",
                    found.architecture.name(),
                    time(nanos)
                ));
            }
        }
        if told.is_empty() {
            told.push("Nothing that was measured asks for a change.".into());
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_in_one_sentence() {
        let told = |levels: &[(&'static str, Shown)]| verdicts(levels).join(" ");
        let [services, daemon] = Architecture::BOTH.map(Shown::Better);
        assert_eq!(
            told(&[("light", Shown::Invalid), ("medium", Shown::Neither), ("heavy", daemon)]),
            "daemon is better under load level: heavy. Neither is shown to be the better one at level: medium. \
             No comparison on this machine at level: light; the reason is below."
        );
        assert_eq!(
            told(&[("light", services), ("medium", daemon), ("heavy", services)]),
            "services is better under load level: light, heavy. daemon is better under load level: medium."
        );
    }

    #[test]
    fn a_difference_is_told_by_both_values() {
        let told = against(Metric::P95, "light", 287e3, 175e3);
        assert_eq!(told, "response p95 at level light, 287µs against 175µs");
        let told = against(Metric::Errors, "heavy", 0.0, 0.01);
        assert_eq!(told, "error rate at level heavy, 0 % against 1.0 %");
    }
}
