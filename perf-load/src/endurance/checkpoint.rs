//! Checkpoints: the record of a stretch of time.

use std::fmt;
use std::time::{Duration, SystemTime};

use perf_core::Histogram;
use perf_exporters::report::{Moment, ProbeReport, Track};
use perf_exporters::{Report, human};

use crate::Outcome;
use crate::live::whole;

/// Checkpoints in memory, at most.
const MOST: usize = 480;

/// One checkpoint: the counts since the one before, and the state of the system at its end.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// Its end, since the beginning of the run.
    pub at: Duration,
    /// Its length.
    pub lasted: Duration,
    /// Operations that ended.
    pub completed: u64,
    /// Operations that failed.
    pub failed: u64,
    /// Arrivals that were dropped.
    pub dropped: u64,
    /// Response times, nanoseconds.
    pub response: Histogram,
    /// Service times, nanoseconds.
    pub service: Histogram,
    /// Processors kept busy.
    pub processors: Option<f64>,
    /// Bytes of memory at its end: live ones where they are known, or resident ones.
    pub memory: Option<u64>,
}

/// One line, for the progress of a run that takes hours.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.completed as f64 / self.lasted.as_secs_f64().max(f64::MIN_POSITIVE);
        let p99 = self.response.quantile(0.99).map_or_else(|| "–".to_owned(), |ns| human::duration(ns).to_string());
        let memory = self.memory.map_or_else(|| "unknown".to_owned(), |bytes| human::bytes(bytes).to_string());
        write!(
            f,
            "{}  {rate:.0}/s  p99 {p99}  errors {}  dropped {}  memory {memory}",
            whole(self.at),
            self.failed,
            self.dropped
        )
    }
}

/// The report of a checkpoint: that of its drive, with the dropped arrivals, and the resources of this process where the
/// drive does not report those of the system under load.
pub(super) fn report(outcome: Outcome, before: Option<Moment>, after: Option<Moment>) -> Report {
    let dropped = outcome.counts.dropped;
    let mut report = outcome.report;
    if report.meta.time == SystemTime::UNIX_EPOCH {
        report.meta.time = SystemTime::now();
    }
    if dropped > 0 {
        let mut probe = ProbeReport::new(format!("{}::dropped", outcome.name));
        (probe.calls, probe.errors) = (dropped, dropped);
        let place = report.probes.partition_point(|other| other.name < probe.name);
        report.probes.insert(place, probe);
    }
    if report.monitor.is_empty()
        && let (Some(before), Some(after)) = (before, after)
    {
        let mut track = Track::default();
        track.pid = std::process::id();
        track.start = report.meta.time - Duration::from_nanos(after.at_ns.min(report.meta.duration_ns));
        track.moments = vec![before, after];
        report.monitor.push(track);
    }
    report
}

/// Bytes of a bucket of a histogram.
const BUCKET: u64 = 16;

pub(super) fn bytes_of(histogram: &Histogram) -> u64 {
    BUCKET * histogram.buckets().count() as u64
}

/// The memory of the process without what the run itself keeps: a run that is watched from inside must not see itself grow.
pub(super) fn without(mut moment: Moment, own: u64) -> Moment {
    moment.live_bytes = moment.live_bytes.map(|bytes| bytes.saturating_sub_unsigned(own));
    moment.rss_bytes = moment.rss_bytes.map(|bytes| bytes.saturating_sub(own));
    moment
}

impl Checkpoint {
    fn bytes(&self) -> u64 {
        size_of::<Self>() as u64 + bytes_of(&self.response) + bytes_of(&self.service)
    }

    /// A checkpoint from its report, in a run that began at `begin`; nothing where the report has no load.
    pub(super) fn of(report: &Report, begin: SystemTime) -> Option<(String, Self)> {
        let ends = |probe: &&ProbeReport| probe.name.ends_with("::response");
        let by_calls = |a: &&ProbeReport, b: &&ProbeReport| a.calls.cmp(&b.calls).then(b.name.len().cmp(&a.name.len()));
        // Operations of a mix have probes, too: the probe of the load counts all of them.
        let response = report.probes.iter().filter(ends).max_by(by_calls)?;
        let name = response.name.strip_suffix("::response")?.to_owned();
        let other = |part: &str| report.probe(&format!("{name}::{part}"));
        let lasted = Duration::from_nanos(report.meta.duration_ns);
        let used = crate::resources::of_report(report);
        let checkpoint = Self {
            at: report.meta.time.duration_since(begin).unwrap_or_default(),
            lasted,
            completed: response.calls,
            failed: response.errors + response.panics,
            dropped: other("dropped").map_or(0, |probe| probe.calls),
            response: response.histogram.clone(),
            service: other("service").map(|probe| probe.histogram.clone()).unwrap_or_default(),
            processors: used.processors,
            memory: used.memory(),
        };
        Some((name, checkpoint))
    }

    /// Adds the counts of a later checkpoint.
    fn join(&mut self, later: &Self) {
        let time = |checkpoint: &Self| checkpoint.lasted.as_secs_f64();
        let (mine, others) = (time(self), time(later));
        self.processors = match (self.processors, later.processors) {
            (Some(one), Some(other)) => Some((one * mine + other * others) / (mine + others)),
            (one, other) => one.or(other),
        };
        self.at = later.at;
        self.lasted += later.lasted;
        self.completed += later.completed;
        self.failed += later.failed;
        self.dropped += later.dropped;
        self.response.merge(&later.response);
        self.service.merge(&later.service);
        self.memory = later.memory.or(self.memory);
    }
}

/// The checkpoints of a run of any length, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    kept: Vec<Checkpoint>,
    /// Checkpoints that are merged into one of these.
    stride: usize,
    /// Checkpoints since the last one that is kept.
    gathered: Option<(usize, Checkpoint)>,
}

impl Course {
    /// Bytes that it keeps.
    pub(super) fn bytes(&self) -> u64 {
        let gathered = self.gathered.iter().map(|(_, checkpoint)| checkpoint);
        self.kept.iter().chain(gathered).map(Checkpoint::bytes).sum()
    }

    pub(super) fn add(&mut self, checkpoint: Checkpoint) {
        let (count, gathered) = match self.gathered.take() {
            None => (1, checkpoint),
            Some((count, mut gathered)) => {
                gathered.join(&checkpoint);
                (count + 1, gathered)
            }
        };
        if count < self.stride.max(1) {
            self.gathered = Some((count, gathered));
            return;
        }
        self.kept.push(gathered);
        if self.kept.len() == MOST {
            self.stride = self.stride.max(1) * 2;
            self.kept = self
                .kept
                .chunks(2)
                .map(|pair| {
                    let mut joined = pair[0].clone();
                    pair[1..].iter().for_each(|later| joined.join(later));
                    joined
                })
                .collect();
        }
    }

    /// The kept checkpoints, all of equal length: gathered ones are withheld until they are as long.
    pub(super) fn kept(&self) -> &[Checkpoint] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_fits_and_nothing_is_lost() {
        for count in [1, 479, 480, 481, 5000, 10_000] {
            let mut course = Course::default();
            for at in 1..=count {
                let response = [at].into_iter().collect();
                let (at, lasted) = (Duration::from_secs(at), Duration::from_secs(1));
                course.add(Checkpoint { at, lasted, completed: 1, memory: Some(7), response, ..Checkpoint::default() });
            }
            let kept = course.kept();
            assert!(kept.len() <= MOST && kept.len() as u64 >= count.min(200));
            assert!(kept.iter().all(|checkpoint| checkpoint.lasted == kept[0].lasted));
            let waiting = course.gathered.as_ref().map_or(0, |gathered| gathered.1.completed);
            assert_eq!(kept.iter().map(|checkpoint| checkpoint.completed).sum::<u64>() + waiting, count);
            assert!(kept.iter().all(|checkpoint| checkpoint.response.count() == checkpoint.completed));
        }
    }

    #[test]
    fn a_checkpoint_is_told_in_a_line() {
        let mut checkpoint =
            Checkpoint { at: Duration::from_mins(2), lasted: Duration::from_mins(1), ..Checkpoint::default() };
        assert_eq!(checkpoint.to_string(), "2 min 00 s  0/s  p99 –  errors 0  dropped 0  memory unknown");
        (checkpoint.completed, checkpoint.failed, checkpoint.memory) = (30_000, 7, Some(5 << 20));
        checkpoint.response = [1_000_000; 10].into_iter().collect();
        assert_eq!(checkpoint.to_string(), "2 min 00 s  500/s  p99 1.00 ms  errors 7  dropped 0  memory 5.00 MiB");
    }
}
