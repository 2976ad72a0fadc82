//! The result of a run.

use std::fmt;
use std::time::Duration;

use perf_core::Histogram;
use perf_exporters::human;
use perf_exporters::judge::trend::Judgement;
use perf_exporters::judge::{Reason, Verdict};

use super::checkpoint::Checkpoint;
use super::drift::{self, Drift, Rules};
use super::leak;
use super::soak::Run;
use crate::limits::Part;
use crate::{Limit, Limits};

/// One checkpoint in so many, at the beginning, is warm-up for drift and leak.
const WARM_UP: usize = 20;
/// Checkpoints of a hundred that may be invalid.
const INVALID: u64 = 10;

/// The result of an endurance run.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "look at the verdict"]
pub struct Endured {
    /// The load's name.
    pub name: String,
    /// Operations offered a second.
    pub rate: f64,
    /// How long it was driven.
    pub lasted: Duration,
    /// Operations that ended.
    pub completed: u64,
    /// Operations that failed.
    pub failed: u64,
    /// Arrivals that were dropped.
    pub dropped: u64,
    /// Response times of all, nanoseconds.
    pub response: Histogram,
    /// The checkpoints, in the order of time; of a long run, each is several merged into one.
    pub checkpoints: Vec<Checkpoint>,
    /// Each limit over the whole run.
    pub limits: Vec<LimitKept>,
    /// Whether response times, and the processors kept busy, went up.
    pub drifts: Vec<FigureDrift>,
    /// Whether memory leaks; without any reading, [`Reason::TooFewSamples`].
    pub leak: Judgement,
    /// Why it ended.
    pub ended: Ended,
    /// Checkpoints whose generator was late.
    pub invalid: u64,
    /// Checkpoints that are not in the file, and why.
    pub unwritten: Option<(u64, String)>,
    /// Lines of the file that could not be read.
    pub broken: u64,
    /// Seed of the arrivals; none where they were evenly spaced.
    pub seed: Option<u64>,
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// Its time has passed.
    Completed,
    /// The rest of it could not have changed the answer.
    Certain(String),
    /// The caller ended it.
    Interrupted,
    /// Its file ends early: it was killed, or is still running.
    Unfinished,
}

/// One limit over the whole run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LimitKept {
    /// The limit.
    pub limit: Limit,
    /// Share of the operations over it.
    pub over: f64,
    /// The verdict, by the gate's levels.
    pub verdict: Verdict,
}

/// A figure that may drift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Figure {
    /// Median response time.
    P50,
    /// Response time that 99 % stay within.
    P99,
    /// Processors kept busy; shown, but no part of the verdict.
    Processors,
}

/// One figure over the run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FigureDrift {
    /// Which.
    pub figure: Figure,
    /// The verdict on its values.
    pub judged: Drift,
}

impl Endured {
    /// The verdict of all together: limits, response times, and memory where it is known. Too few checkpoints are INCONCLUSIVE,
    /// and so is a run of which a tenth was driven by a late generator.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let limits = self.limits.iter().map(|kept| kept.verdict.clone());
        let drifts = self.drifts.iter().filter(|drift| drift.figure != Figure::Processors);
        let memory = self.checkpoints.iter().any(|checkpoint| checkpoint.memory.is_some());
        let leak = if memory { self.leak.verdict.clone() } else { Verdict::Pass };
        let judged = limits.chain(drifts.map(|drift| drift.judged.verdict.clone())).chain([leak]);
        let joined = judged.fold(Verdict::Pass, Verdict::and);
        if self.invalid * 100 > INVALID * self.checkpoints.len() as u64 {
            let reason = format!("the generator was late in {} checkpoints", self.invalid);
            return Verdict::Inconclusive(Reason::Invalid(reason.into()));
        }
        match &self.ended {
            Ended::Certain(_) => Verdict::Fail,
            _ => joined,
        }
    }
}

/// The memory readings after the warm-up, where there are any.
pub(super) fn memory(checkpoints: &[Checkpoint]) -> Vec<f64> {
    let warm = &checkpoints[checkpoints.len() / WARM_UP..];
    warm.iter().filter_map(|checkpoint| checkpoint.memory).map(|bytes| bytes as f64).collect()
}

pub(super) fn endured(
    run: &Run<'_>,
    rate: f64,
    limits: &Limits,
    rules: Rules,
    seed: Option<u64>,
    unwritten: Option<(u64, String)>,
    broken: u64,
) -> Endured {
    let checkpoints = run.course.kept();
    let parts: Vec<Part<'_>> = checkpoints
        .iter()
        .map(|Checkpoint { completed, failed, response, .. }| Part { completed: *completed, failed: *failed, response })
        .collect();
    let kept = limits.hold(&parts).into_iter().map(|held| LimitKept {
        limit: held.limit,
        over: held.judged.seen.k as f64 / held.judged.seen.n.max(1) as f64,
        verdict: held.judged.verdict,
    });
    let warm = &checkpoints[checkpoints.len() / WARM_UP..];
    let quantile = |q: f64| -> Vec<f64> {
        warm.iter().filter_map(|checkpoint| checkpoint.response.quantile(q)).map(|nanos| nanos.max(1) as f64).collect()
    };
    let processors: Vec<f64> = warm.iter().filter_map(|checkpoint| checkpoint.processors).collect();
    let figures = [(Figure::P50, quantile(0.5)), (Figure::P99, quantile(0.99)), (Figure::Processors, processors)];
    let drifts = figures.into_iter().filter(|(figure, values)| *figure != Figure::Processors || !values.is_empty());
    Endured {
        name: run.name.clone(),
        rate,
        lasted: run.lasted,
        completed: run.completed,
        failed: run.failed,
        dropped: run.dropped,
        response: run.response.clone(),
        limits: kept.collect(),
        drifts: drifts.map(|(figure, values)| FigureDrift { figure, judged: drift::judge(&values, &rules) }).collect(),
        leak: leak::judge(&memory(checkpoints)),
        checkpoints: checkpoints.to_vec(),
        ended: run.ended.clone(),
        invalid: run.invalid,
        unwritten,
        broken,
        seed,
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::Processors => "processors",
        })
    }
}

impl fmt::Display for Endured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = human::duration(u64::try_from(self.lasted.as_nanos()).unwrap_or(u64::MAX));
        let ended = match &self.ended {
            Ended::Completed => String::new(),
            Ended::Certain(why) => format!(", ended early: {why}"),
            Ended::Interrupted => ", interrupted".into(),
            Ended::Unfinished => ", unfinished".into(),
        };
        writeln!(f, "{}: {} after {time} at {}/s{ended}", self.name, self.verdict(), human::rate(self.rate))?;
        let count = human::count;
        writeln!(
            f,
            "  {} completed, {} failed, {} dropped",
            count(self.completed),
            count(self.failed),
            count(self.dropped)
        )?;
        for LimitKept { limit, over, verdict } in &self.limits {
            writeln!(f, "  {limit}: {verdict}, {} over it", human::percent(over * 100.0))?;
        }
        for FigureDrift { figure, judged } in &self.drifts {
            let Drift { verdict, rise, lower, z, .. } = judged;
            let shown = |share: f64| format!("{} %", human::signed(share * 100.0, 1));
            writeln!(
                f,
                "  {figure} over the run: {verdict}, {} (at least {}), z = {z:.1}",
                shown(*rise),
                shown(*lower)
            )?;
        }
        let per_hour = self.leak.slope * (self.checkpoints.len() as f64) / self.lasted.as_secs_f64().max(1e-9) * 3600.0;
        let bytes = |bytes: f64| human::signed_bytes(saturated(bytes));
        if per_hour.is_finite() {
            writeln!(f, "  memory: {}, {} an hour, z = {:.1}", self.leak.verdict, bytes(per_hour), self.leak.z)?;
        } else {
            writeln!(f, "  memory: {}", self.leak.verdict)?;
        }
        if let Some((missing, why)) = &self.unwritten {
            writeln!(f, "  {missing} checkpoints are not in the file: {why}")?;
        }
        if self.broken > 0 {
            writeln!(f, "  {} lines of the file could not be read", self.broken)?;
        }
        match self.seed {
            Some(seed) => writeln!(f, "  arrivals: Poisson, seed {seed}"),
            None => Ok(()),
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "saturates, and maps NaN to 0")]
fn saturated(bytes: f64) -> i64 {
    bytes.round() as i64
}
