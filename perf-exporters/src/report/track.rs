//! The figures of a process over the time it was watched.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{Reading, time};

/// The figures of one process over the time it was watched. Made by the module `monitor`.
///
/// ```
/// use perf_exporters::report::{Moment, Track};
///
/// let mut track = Track::default();
/// for (at_ns, cpu_ns) in [(0, 5_000_000), (100_000_000, 55_000_000)] {
///     let mut moment = Moment::default();
///     (moment.at_ns, moment.cpu_ns) = (at_ns, Some(cpu_ns));
///     track.moments.push(moment);
/// }
/// let kept_busy = (track.moments[1].cpu_ns.unwrap() - track.moments[0].cpu_ns.unwrap()) as f64 / 100e6;
/// assert_eq!(kept_busy, 0.5, "processors");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Track {
    /// The process.
    pub pid: u32,
    /// When watching began, UTC.
    #[serde(with = "time")]
    pub start: SystemTime,
    /// Memory and processor time, in the order of time.
    pub moments: Vec<Moment>,
    /// All other figures of the system, in the order of time, less often.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
    /// Processor time by thread, most first. Threads that ended, and those beyond the first [`Track::MOST_THREADS`], are one
    /// entry each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<ThreadTime>,
    /// The limits of the process.
    #[serde(skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Sources that could not be read, and why. Their figures are missing from the readings, not zero.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Absent>,
    /// The source of the pressure in the readings: the process's control group, or the whole machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pressure_of: Option<PressureOf>,
    /// Processor time that the monitor's own thread took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_ns: Option<u64>,
}

/// The processor time of one thread, or of several in one entry, while the process was watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ThreadTime {
    /// The name that the system knows, cut to 15 bytes on Linux.
    pub name: String,
    /// The system's number of the thread; none for an entry of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// The number of threads in the entry.
    pub threads: u64,
    /// Time over which it was watched, summed where there are several.
    pub watched_ns: u64,
    /// Of that, time on a processor.
    pub cpu_ns: u64,
    /// Of that, time in which it was ready to run and had no processor.
    pub ready_ns: u64,
}

/// The limits of a process, as of the time of the report. Limits that are not set, or not known, are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// Processors that its threads may run on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processors: Option<u64>,
    /// Processor time that its cgroup may use in each [`quota_period_ns`](Self::quota_period_ns): the least over the
    /// cgroup and those above that can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_ns: Option<u64>,
    /// The period of the quota.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_period_ns: Option<u64>,
    /// Memory that its cgroup may use: the least over the cgroup and those above that can be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// File descriptors that it may have open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub descriptors: Option<u64>,
}

impl Limits {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The quota as a number of processors; none where there is no quota.
    ///
    /// ```
    /// # use perf_exporters::report::Limits;
    /// let mut limits = Limits::default();
    /// (limits.quota_ns, limits.quota_period_ns) = (Some(150_000_000), Some(100_000_000));
    /// assert_eq!(limits.quota(), Some(1.5));
    /// ```
    #[must_use]
    pub fn quota(&self) -> Option<f64> {
        let (quota, period) = (self.quota_ns?, self.quota_period_ns.filter(|period| *period > 0)?);
        Some(quota as f64 / period as f64)
    }
}

/// The tasks whose pressure was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PressureOf {
    /// All tasks in the process's control group.
    Cgroup,
    /// All tasks of the machine.
    Machine,
}

/// A source that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Absent {
    /// The source, as [`Figure::source`](super::Figure::source) names it.
    pub source: String,
    /// Why its figures are missing.
    pub reason: String,
}

impl Track {
    /// Threads that have an entry of their own.
    pub const MOST_THREADS: usize = 64;

    /// Why a figure is missing; none where it is there, or where no reason was recorded.
    ///
    /// ```
    /// use perf_exporters::report::{Absent, Track};
    ///
    /// let mut net = Absent::default();
    /// (net.source, net.reason) = ("net".to_owned(), "/proc/net/dev: permission denied".to_owned());
    /// let mut track = Track::default();
    /// track.absent.push(net);
    /// assert_eq!(track.why_absent("net_sent_bytes"), Some("/proc/net/dev: permission denied"));
    /// assert_eq!(track.why_absent("threads"), None);
    /// ```
    #[must_use]
    pub fn why_absent(&self, figure: &str) -> Option<&str> {
        // Memory and processor time have sources of their own name.
        let known = Reading::FIGURES.iter().find(|known| known.name == figure);
        if known.is_some_and(|known| self.readings.last().is_some_and(|last| (known.of)(last).is_some())) {
            return None;
        }
        let source = known.map_or(figure, |known| known.source);
        self.absent.iter().find(|absent| absent.source == source).map(|absent| absent.reason.as_str())
    }
}

/// Memory and processor time of a process at one moment. Figures that are not known are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Moment {
    /// Nanoseconds since the track's start.
    pub at_ns: u64,
    /// Live bytes of the heap, where allocations are tracked: the most that was seen since the moment before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_bytes: Option<i64>,
    /// Memory that the process occupies (*resident set*): the most that was seen since the moment before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// Processor time that all threads of the process had taken by then, since it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ns: Option<u64>,
}

impl Default for Track {
    fn default() -> Self {
        Self {
            pid: 0,
            start: SystemTime::UNIX_EPOCH,
            moments: Vec::new(),
            readings: Vec::new(),
            threads: Vec::new(),
            limits: Limits::default(),
            absent: Vec::new(),
            pressure_of: None,
            own_ns: None,
        }
    }
}

/// Joins the tracks of several reports. Processes are not added up, since their moments are not the same ones: each keeps
/// its own track, in the order in which watching began.
pub(super) fn merge(mine: &mut Vec<Track>, others: &[Track]) {
    mine.extend_from_slice(others);
    mine.sort_by_key(|track| (track.start, track.pid));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Report;
    use super::*;

    fn report(pid: u32, start: u64) -> Report {
        let moments = (0..3).map(|at| Moment { at_ns: at * 1_000, rss_bytes: Some(4_096), ..Moment::default() });
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(start);
        let track = Track { pid, start, moments: moments.collect(), ..Track::default() };
        Report { monitor: vec![track], ..Report::default() }
    }

    #[test]
    fn every_process_keeps_its_own_whoever_comes_first() {
        let (a, b, c) = (report(7, 30), report(9, 10), report(7, 20));
        let orders = [[&a, &b, &c], [&c, &a, &b], [&b, &c, &a]];
        let merged = orders.map(|order| order.into_iter().cloned().collect::<Report>());
        let starts: Vec<_> = merged[0].monitor.iter().map(|track| track.start).collect();
        assert!(starts.len() == 3 && starts.is_sorted());
        assert!(merged.iter().all(|one| one.monitor == merged[0].monitor));
    }

    #[test]
    fn a_track_of_an_earlier_version_is_read() {
        let json = r#"{"schema":"perf.report/1","monitor":[{"pid":7,"start":"2026-01-02T03:04:05Z",
            "moments":[{"at_ns":0,"rss_bytes":4096},{"at_ns":1000,"live_bytes":-8,"cpu_ns":77}]}]}"#;
        let report = Report::from_json(json).unwrap();
        let [track] = &report.monitor[..] else { panic!("{:?}", report.monitor) };
        assert_eq!((track.moments[0].rss_bytes, track.moments[1].cpu_ns), (Some(4_096), Some(77)));
        assert_eq!((track.readings.len(), track.threads.len(), track.limits.quota(), track.own_ns), (0, 0, None, None));
        assert_eq!(track.why_absent("net_sent_bytes"), None, "nobody looked");
    }

    #[test]
    fn all_of_a_track_survives_json() {
        let mut track = Track { pid: 3, own_ns: Some(9), pressure_of: Some(PressureOf::Cgroup), ..Track::default() };
        track.readings.push(Reading { at_ns: 5, io_calls: Some(u64::MAX), ..Reading::default() });
        track.threads.push(ThreadTime {
            name: "worker".to_owned(),
            id: Some(12),
            threads: 1,
            cpu_ns: 4,
            ..ThreadTime::default()
        });
        track.limits.quota_ns = Some(150_000_000);
        track.absent.push(Absent { source: "net".to_owned(), reason: "denied".to_owned() });
        let report = Report { monitor: vec![track], ..Report::default() };
        assert_eq!(Report::from_json(report.to_json()).unwrap(), report);
        assert!(report.to_json().contains(r#""pressure_of":"cgroup""#));
    }

    #[test]
    fn they_survive_json_and_what_is_not_known_is_left_out() {
        let whole = report(7, 30);
        let json = whole.to_json();
        assert!(json.contains("rss_bytes") && !json.contains("cpu_ns"), "{json}");
        let rest = ["readings", "threads\":[", "limits", "absent", "own_ns"];
        assert!(rest.iter().all(|key| !json.contains(key)), "{json}");
        assert_eq!(Report::from_json(json).unwrap(), whole);
        assert!(!Report::default().to_json().contains("monitor"));
    }
}
