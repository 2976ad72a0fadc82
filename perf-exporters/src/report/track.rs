//! Memory and processor time of a process, over the time it was watched.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::time;

/// Memory and processor time of one process, over the time it was watched. Made by the module `monitor`.
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
    /// The moments, in the order of time.
    pub moments: Vec<Moment>,
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
        Self { pid: 0, start: SystemTime::UNIX_EPOCH, moments: Vec::new() }
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
        Report { monitor: vec![Track { pid, start, moments: moments.collect() }], ..Report::default() }
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
    fn they_survive_json_and_what_is_not_known_is_left_out() {
        let whole = report(7, 30);
        let json = whole.to_json();
        assert!(json.contains("rss_bytes") && !json.contains("cpu_ns"), "{json}");
        assert_eq!(Report::from_json(json).unwrap(), whole);
        assert!(!Report::default().to_json().contains("monitor"));
    }
}
