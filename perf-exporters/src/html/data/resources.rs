//! What the system told of a process: a row for each figure, with its course; threads; what is missing and why.

use serde::Serialize;

use crate::label;
use crate::report::{Kind, Reading, Summary, ThreadTime, Track, Unit};

/// Threads of a page.
const MOST_THREADS: usize = 16;

/// Of one process; empty where nothing but memory and processor time is known.
#[derive(Default, Serialize)]
pub(super) struct Resources {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    figures: Vec<Row>,
    /// Figures that were zero all the time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zero: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    threads: Vec<Thread>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    limits: Vec<(&'static str, f64, &'static str)>,
    /// Labels of figures, and why they are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent: Vec<(String, String)>,
    /// The part of one processor that the monitor took.
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<f64>,
}

/// Mean, 95th percentile, greatest and growth, in the unit that the page formats; and the values over time.
#[derive(Serialize)]
struct Row {
    label: &'static str,
    unit: &'static str,
    numbers: [f64; 4],
    course: Vec<Option<f64>>,
}

/// Name, threads, and the parts of its time that it was on a processor, and ready without one.
#[derive(Serialize)]
struct Thread(String, u64, f64, f64);

impl Resources {
    pub(super) fn new(track: &Track) -> Self {
        if track.readings.is_empty() {
            return Self::default();
        }
        let is_reading = |summary: &Summary| Reading::FIGURES.iter().any(|figure| figure.name == summary.name);
        let (zero, told): (Vec<Summary>, Vec<Summary>) = track
            .summary()
            .into_iter()
            .filter(is_reading)
            .partition(|figure| figure.max == 0.0 && figure.growth == 0.0);
        let watched = track.watched_ns();
        Self {
            figures: told.iter().map(|summary| Row::new(track, summary)).collect(),
            zero: zero.iter().map(|summary| summary.label).collect(),
            threads: track.threads.iter().take(MOST_THREADS).map(Thread::new).collect(),
            limits: limits(track),
            absent: absent(track),
            own: track.own_ns.filter(|_| watched > 0).map(|own| own as f64 / watched as f64),
        }
    }
}

impl Row {
    fn new(track: &Track, summary: &Summary) -> Self {
        let unit = match (summary.kind, summary.unit) {
            (Kind::Grows, Unit::Nanos) => "share",
            (Kind::Grows, Unit::Bytes) => "bytes/s",
            (Kind::Grows, _) => "count/s",
            (_, Unit::Bytes) => "bytes",
            (_, Unit::Nanos) => "time",
            _ => "count",
        };
        let numbers = [summary.mean, summary.p95, summary.max, summary.growth];
        Self { label: summary.label, unit, numbers, course: course(track, summary) }
    }
}

/// A value for every reading after the first.
fn course(track: &Track, summary: &Summary) -> Vec<Option<f64>> {
    let Some(figure) = Reading::FIGURES.iter().find(|figure| figure.name == summary.name) else { return Vec::new() };
    let value = |pair: &[Reading]| {
        let after = (figure.of)(&pair[1])? as f64;
        if summary.kind == Kind::Level {
            return Some(after);
        }
        let passed = pair[1].at_ns.checked_sub(pair[0].at_ns).filter(|passed| *passed > 0)? as f64;
        let scale = if summary.unit == Unit::Nanos { 1.0 } else { 1e9 };
        Some((after - (figure.of)(&pair[0])? as f64).max(0.0) * scale / passed)
    };
    track.readings.windows(2).map(value).collect()
}

fn limits(track: &Track) -> Vec<(&'static str, f64, &'static str)> {
    let limits = &track.limits;
    let known = [
        ("processors", limits.processors.map(|number| number as f64), "count"),
        ("processor quota", limits.quota(), "count"),
        ("memory", limits.memory_bytes.map(|bytes| bytes as f64), "bytes"),
        ("file descriptors", limits.descriptors.map(|number| number as f64), "count"),
    ];
    known.into_iter().filter_map(|(what, value, unit)| Some((what, value?, unit))).collect()
}

fn absent(track: &Track) -> Vec<(String, String)> {
    let missing = track.absent.iter().map(|absent| {
        let of =
            |figure: &&crate::report::Figure| figure.source == absent.source && track.why_absent(figure.name).is_some();
        let labels: Vec<&str> = Reading::FIGURES.iter().filter(of).map(|figure| figure.label).collect();
        let what = if labels.is_empty() { label::escaped(&absent.source) } else { labels.join(", ") };
        (what, label::escaped(&absent.reason))
    });
    missing.collect()
}

impl Thread {
    fn new(thread: &ThreadTime) -> Self {
        let part = |ns: u64| if thread.watched_ns == 0 { 0.0 } else { ns as f64 / thread.watched_ns as f64 };
        Self(label::shown(&thread.name), thread.threads, part(thread.cpu_ns), part(thread.ready_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Absent;

    #[test]
    fn figures_have_a_row_or_are_named_as_zero_or_as_missing() {
        let reading = |second: u64, faults, kills| Reading {
            at_ns: second * 2_000_000_000,
            minor_faults: Some(faults),
            oom_kills: Some(kills),
            ready_ns: Some(second * 500_000_000),
            ..Reading::default()
        };
        let net = Absent { source: "net".to_owned(), reason: "denied\n".to_owned() };
        let readings = vec![reading(0, 10, 3), reading(1, 30, 3), reading(2, 30, 3)];
        let resources = Resources::new(&Track { readings, absent: vec![net], ..Track::default() });
        let row = |label: &str| resources.figures.iter().find(|row| row.label == label).unwrap();
        assert_eq!(
            (row("minor page faults").unit, row("minor page faults").numbers),
            ("count/s", [5.0, 10.0, 10.0, 20.0])
        );
        assert_eq!(row("minor page faults").course, [Some(10.0), Some(0.0)]);
        assert_eq!((row("waiting for a processor").unit, row("waiting for a processor").numbers[0]), ("share", 0.25));
        assert_eq!(resources.zero, ["killed for want of memory"]);
        let (what, why) = &resources.absent[0];
        assert!(what.starts_with("received by the network namespace, sent by") && why == r"denied\n", "{what}: {why}");
    }

    #[test]
    fn an_old_report_has_no_such_table() {
        let json = serde_json::to_string(&Resources::new(&Track::default())).unwrap();
        assert_eq!(json, "{}");
    }
}
