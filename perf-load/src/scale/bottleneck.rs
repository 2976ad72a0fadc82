//! The bottleneck that keeps throughput from growing with workers: a class where there is evidence for it, and the evidence.
//!
//! The curve alone cannot distinguish them: a lock and a full processor both flatten it. So each class also needs an
//! observation of how the process spent its time, and where that is missing, or contradicts it, the class is *unknown*.

use std::fmt;

use perf_exporters::stats::order::median;
use serde::Serialize;

use super::{Step, Usl};

/// The bottleneck of throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Bottleneck {
    /// Workers keep processors busy, and an operation takes as much processor time as with one worker: more processors would
    /// help.
    CpuBound,
    /// Part of the work is done by one worker at a time, and the others wait in locks for it.
    Serialised,
    /// Workers make each other's operations dearer: an operation takes more processor time the more workers there are.
    Coherency,
    /// The process waits for memory.
    Memory,
    /// Workers wait for something outside: more of them would do more, or the other side is full.
    Waiting,
    /// No observation speaks for one of the others.
    Unknown,
}

impl fmt::Display for Bottleneck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CpuBound => "CPU-bound",
            Self::Serialised => "serialised",
            Self::Coherency => "coherency",
            Self::Memory => "memory",
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
        })
    }
}

/// A class, and its evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The bottleneck.
    pub bottleneck: Bottleneck,
    /// The observations, with figures; for [`Bottleneck::Unknown`], those for each class.
    pub evidence: Vec<String>,
}

/// Share of its time above which a worker does mostly one thing.
const MOSTLY: f64 = 0.5;
/// Share of the processors, or of the workers' time, that counts as all of it.
const NEARLY_ALL: f64 = 0.9;
/// An operation takes so much more processor time only if it does more.
const DEARER: f64 = 1.25;
/// Part of the time that the process waits for memory, from which on that matters.
const STALLED: f64 = 0.1;
/// Contention from which on it limits what a handful of workers can do.
const CONTENTION: f64 = 0.1;

/// Share of the workers' time for which samples have to account, to show where they were blocked.
const SAMPLED: f64 = 0.02;

/// The observations with one number of workers: medians over its steps.
struct Seen {
    workers: f64,
    throughput: f64,
    processors: Option<f64>,
    ready: Option<f64>,
    locks: Option<f64>,
    blocked: Option<f64>,
    memory_stalled: Option<f64>,
    processor_time: Option<f64>,
}

impl Seen {
    fn of(steps: &[Step], workers: u32) -> Self {
        let own = || steps.iter().filter(|step| step.workers == workers);
        let middle = |of: &dyn Fn(&Step) -> Option<f64>| median(&own().filter_map(of).collect::<Vec<f64>>());
        Self {
            workers: workers.into(),
            throughput: middle(&|step| Some(step.throughput)).unwrap_or(0.0),
            processors: middle(&|step| step.used.processors),
            ready: middle(&|step| step.used.ready),
            locks: middle(&|step| step.used.locks),
            blocked: middle(&|step| step.used.blocked),
            memory_stalled: middle(&|step| step.used.memory_stalled),
            processor_time: middle(&Step::processor_time),
        }
    }
}

/// The class of the steps measured on a machine with so many usable `processors`.
pub(super) fn diagnose(steps: &[Step], usl: Option<&Usl>, processors: f64) -> Diagnosis {
    let counts = || steps.iter().map(|step| step.workers);
    let (Some(fewest), Some(most)) = (counts().min(), counts().max()) else {
        return unknown(vec!["nothing was measured".to_owned()]);
    };
    let (first, last) = (Seen::of(steps, fewest), Seen::of(steps, most));
    let speedup = last.throughput / first.throughput;
    let grown = format!(
        "{} workers did {speedup:.2} × the work of {}{}",
        last.workers,
        first.workers,
        if fewest == 1 { " alone" } else { "" }
    );
    if let Some(stalled) = last.memory_stalled.filter(|stalled| *stalled >= STALLED) {
        let evidence = format!("some task waited for memory in {:.0} % of the time", 100.0 * stalled);
        return found(Bottleneck::Memory, vec![evidence, grown]);
    }
    let Some(busy) = last.processors else {
        return unknown(vec!["the processor time of the steps is not known".to_owned(), grown]);
    };
    let dearer = last.processor_time.zip(first.processor_time).map(|(last, first)| last / first);
    let full = busy >= NEARLY_ALL * processors;
    let own = busy >= NEARLY_ALL * last.workers;
    let queued =
        last.ready.is_some_and(|ready| busy + ready >= NEARLY_ALL * last.workers && ready >= 0.2 * last.workers);
    let kept = if full || own {
        format!("{busy:.2} of {processors} processors were kept busy by {} workers", last.workers)
    } else {
        format!(
            "{:.1} of {} workers were ready and had no processor, {busy:.2} of {processors} being theirs",
            last.ready.unwrap_or(0.0),
            last.workers
        )
    };
    if full || own || queued {
        return match dearer {
            Some(times) if times <= DEARER => {
                let time =
                    format!("an operation took {times:.2} × the processor time that it takes with {}", first.workers);
                found(Bottleneck::CpuBound, vec![kept, time, grown])
            }
            Some(times) => {
                let time =
                    format!("an operation took {times:.2} × the processor time that it takes with {}", first.workers);
                match usl.filter(|usl| usl.kappa.low > 0.0) {
                    Some(usl) => {
                        let pairs = format!("κ is {:.2e} (95 % interval {:.2e}–{:.2e})", usl.kappa.value, usl.kappa.low, usl.kappa.high);
                        found(Bottleneck::Coherency, vec![time, pairs, kept, grown])
                    }
                    None => unknown(vec![
                        time,
                        "the curve does not tell κ from zero, so that more work, shared caches and other programs on the same \
                         processors are all possible"
                            .to_owned(),
                        kept,
                        grown,
                    ]),
                }
            }
            None => unknown(vec![kept, "nothing was completed".to_owned(), grown]),
        };
    }
    let share = |share: f64| format!("{:.0} %", 100.0 * share);
    // The time that workers were blocked is what remains of their other times; the place is known from samples, which are
    // few.
    let idle = last.ready.map(|ready| (1.0 - (busy + ready) / last.workers).max(0.0));
    let in_locks = match (last.locks, last.blocked) {
        (Some(locks), Some(blocked)) if locks + blocked >= SAMPLED * last.workers => Some(locks / (locks + blocked)),
        _ => None,
    };
    if let Some((idle, in_locks)) = idle.zip(in_locks) {
        let time = |part: f64, what: &str| {
            let seen = format!("when they were looked at, {} of them were in {what}", share(part));
            format!("workers were neither running nor ready in {} of their time; {seen}", share(idle))
        };
        if let Some(usl) = usl.filter(|usl| usl.sigma.low > CONTENTION && idle * in_locks >= MOSTLY) {
            let curve =
                format!("σ is {:.3} (95 % interval {:.3}–{:.3})", usl.sigma.value, usl.sigma.low, usl.sigma.high);
            return found(Bottleneck::Serialised, vec![curve, time(in_locks, "locks or channels"), grown]);
        }
        if idle * (1.0 - in_locks) >= MOSTLY {
            let time = time(1.0 - in_locks, "system calls other than locks");
            return found(
                Bottleneck::Waiting,
                vec![time, format!("{busy:.2} of {processors} processors were busy"), grown],
            );
        }
    }
    // All threads of the process: where a server runs in it, they are more than the workers.
    let said = |what: &str, threads: Option<f64>| threads.map(|threads| format!("{what}: {threads:.1} threads"));
    let mut evidence = vec![format!("{busy:.2} of {processors} processors were busy"), grown];
    evidence.extend(said("blocked in locks", last.locks));
    evidence.extend(said("blocked elsewhere", last.blocked));
    evidence.extend(said("ready without a processor", last.ready));
    if let Some(usl) = usl {
        evidence.push(format!(
            "σ {:.3}–{:.3}, κ {:.1e}–{:.1e}",
            usl.sigma.low, usl.sigma.high, usl.kappa.low, usl.kappa.high
        ));
    }
    unknown(evidence)
}

fn found(bottleneck: Bottleneck, evidence: Vec<String>) -> Diagnosis {
    Diagnosis { bottleneck, evidence }
}

fn unknown(evidence: Vec<String>) -> Diagnosis {
    found(Bottleneck::Unknown, evidence)
}

#[cfg(test)]
#[path = "bottleneck_tests.rs"]
mod tests;
