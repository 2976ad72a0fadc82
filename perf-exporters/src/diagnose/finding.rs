//! Findings, and the figures that show them.

use std::fmt;

use serde::Serialize;

use crate::{human, label};

/// A cause of high latency or low throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Diagnosis {
    /// The load generator was itself late, so that the figures are not those of the program.
    GeneratorTooSlow,
    /// A quota of processor time stops the program in many of its periods.
    Throttled,
    /// Threads want more processors than there are; or one thread wants all of one.
    ProcessorSaturated,
    /// Threads wait for memory.
    MemoryPressure,
    /// Threads wait for a disk.
    DiskWait,
    /// Threads wait for each other.
    LockWaiting,
    /// Requests wait for their turn many times longer than they are served.
    QueueBackingUp,
    /// The fixed cost of each call is most of it, since the calls do little.
    BatchesTooSmall,
    /// The slow calls are slow in one probe.
    TailDominated,
    /// Calls are slow, and the report does not show why.
    Unknown,
}

impl Diagnosis {
    /// The name in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::GeneratorTooSlow => "load generator too slow",
            Self::Throttled => "throttled by a quota",
            Self::ProcessorSaturated => "processor saturated",
            Self::MemoryPressure => "memory pressure",
            Self::DiskWait => "waiting for a disk",
            Self::LockWaiting => "waiting for a lock or another thread",
            Self::QueueBackingUp => "queue backing up",
            Self::BatchesTooSmall => "batches too small",
            Self::TailDominated => "one probe dominates the tail",
            Self::Unknown => "slow for an unknown reason",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::GeneratorTooSlow => {
                "The latencies of this run are not the program's. Offer less, give the generator a processor of its own, or run it on another machine."
            }
            Self::Throttled => {
                "Raise the quota, or run fewer threads than it is worth: threads that use it up early in a period all stop until its end."
            }
            Self::ProcessorSaturated => {
                "Do less work (the probes with the greatest share come first), spread it over more threads where only one is busy, or add processors."
            }
            Self::MemoryPressure => {
                "Raise the memory limit, or hold less: smaller caches, smaller buffers, streams instead of whole files."
            }
            Self::DiskWait => {
                "Read and write less, in larger pieces, from other threads than those that answer; sync less often; use a faster disk."
            }
            Self::LockWaiting => {
                "Hold the lock for shorter, never over I/O; split it by key; read without it. If the probe receives from a channel, the sender is what is slow."
            }
            Self::QueueBackingUp => {
                "More is offered than is served. Add workers while processors are idle, make the service shorter, or refuse what cannot be served in time."
            }
            Self::BatchesTooSmall => {
                "Handle more items in each call: collect them, write through a buffer, use calls that take many at once."
            }
            Self::TailDominated => {
                "Look at this probe's slowest calls: what differs in them (size, a miss of a cache, a retry, a lock)?"
            }
            Self::Unknown => "Run again with what is missing.",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Confidence {
    /// It fits the figures, and so may something else.
    Low,
    /// The figures show it, and an independent figure is missing or weak.
    Medium,
    /// Independent figures agree.
    High,
}

impl Confidence {
    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A figure that a finding rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// What it is.
    pub what: String,
    /// The probe of the figure, where that is not the finding's subject; empty otherwise.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub of: String,
    /// The value, in `unit`.
    pub value: f64,
    /// The unit: `ns`, `bytes`, `per_second`, `ratio`, or `count`.
    pub unit: &'static str,
}

impl Evidence {
    /// The figure in words, with the probe's name written by `name`, as each output form needs it.
    fn words(&self, name: impl Fn(&str) -> String) -> String {
        let of = if self.of.is_empty() { String::new() } else { format!(" {}", name(&self.of)) };
        format!("{}{of} {}", self.what, human::figure(self.value, self.unit))
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(label::shown))
    }
}

/// Something that makes the program slow, with the evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub diagnosis: Diagnosis,
    /// Its subject: a probe, a thread, a process. Empty where that is the program.
    pub subject: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// The figures that show it.
    pub evidence: Vec<Evidence>,
    /// What to do about it.
    pub remedy: &'static str,
    /// Figures that the report lacks to know more; of [`Diagnosis::Unknown`] only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
}

impl Finding {
    pub(super) fn new(diagnosis: Diagnosis, subject: impl Into<String>, confidence: Confidence) -> Self {
        let (evidence, missing) = (Vec::new(), Vec::new());
        Self { diagnosis, subject: subject.into(), confidence, evidence, remedy: diagnosis.remedy(), missing }
    }

    /// Adds a figure.
    pub(super) fn with(mut self, what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        self.evidence.push(Evidence { what: what.into(), of: String::new(), value, unit });
        self
    }

    /// Adds a figure of another probe.
    pub(super) fn with_of(mut self, what: String, of: &str, value: f64, unit: &'static str) -> Self {
        self.evidence.push(Evidence { what, of: of.to_owned(), value, unit });
        self
    }

    /// Adds a figure where there is one.
    pub(super) fn with_known(self, what: &'static str, value: Option<f64>, unit: &'static str) -> Self {
        match value {
            Some(value) => self.with(what, value, unit),
            None => self,
        }
    }

    /// The finding in a sentence, with the subject written by `name`.
    pub(crate) fn sentence(&self, name: impl Fn(&str) -> String) -> String {
        let subject = if self.subject.is_empty() { Vec::new() } else { vec![name(&self.subject)] };
        let evidence = self.evidence.iter().map(|evidence| evidence.words(&name));
        let mut sentence = format!("{}: ", self.diagnosis.title());
        sentence += &subject.into_iter().chain(evidence).collect::<Vec<_>>().join(", ");
        if !self.missing.is_empty() {
            sentence += "; missing: ";
            sentence += &self.missing.join(", ");
        }
        sentence + &format!(" ({} confidence)", self.confidence.word())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(label::shown))
    }
}
