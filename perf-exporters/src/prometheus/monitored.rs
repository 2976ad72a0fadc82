//! What the monitor saw last, of the one process that is watched.

use super::families::Family;
use crate::Report;
use crate::metrics::{Kind, Value};
use crate::report::{self, Figure, Reading, Track, Unit};

/// A family for each figure that is known. Threads have none: their counters would go back when they end.
pub(super) fn families(report: &Report) -> Vec<Family<'_>> {
    let [track] = &report.monitor[..] else { return Vec::new() };
    let of_readings = track
        .readings
        .last()
        .into_iter()
        .flat_map(|last| Reading::FIGURES.iter().filter_map(|figure| Some(of_figure(figure, (figure.of)(last)?))));
    let last = track.moments.last().copied().unwrap_or_default();
    let counted = [
        (last.cpu_ns, "cpu", Some("seconds"), Kind::Counter, "Processor time of all threads."),
        (track.own_ns, "own", Some("seconds"), Kind::Counter, "Processor time that the monitor took."),
        (last.rss_bytes, "rss", Some("bytes"), Kind::Gauge, "Resident set."),
        (track.limits.memory_bytes, "limit_memory", Some("bytes"), Kind::Gauge, "Memory limit of the control group."),
        (track.limits.descriptors, "limit_descriptors", None, Kind::Gauge, "File descriptors that may be open."),
    ];
    let counted = counted.into_iter().filter_map(|(value, stem, unit, kind, help)| {
        let value = if unit == Some("seconds") { Value::Nanos(value?) } else { Value::Count(value?) };
        Some(Family::monitored(stem, unit, kind, help, value))
    });
    let help = "Processors that may be kept busy.";
    let processors = processors(track)
        .map(|value| Family::monitored("limit_processors", None, Kind::Gauge, help, Value::Real(value)));
    counted.chain(processors).chain(of_readings).collect()
}

fn of_figure(figure: &'static Figure, value: u64) -> Family<'static> {
    let (unit, ending, value) = match figure.unit {
        Unit::Nanos => (Some("seconds"), "_ns", Value::Nanos(value)),
        Unit::Bytes => (Some("bytes"), "_bytes", Value::Count(value)),
        Unit::Count => (None, "", Value::Count(value)),
    };
    let kind = if figure.kind == report::Kind::Grows { Kind::Counter } else { Kind::Gauge };
    let stem = figure.name.strip_suffix(ending).unwrap_or(figure.name);
    Family::monitored(stem, unit, kind, figure.label, value)
}

/// What the quota allows, or what there is.
fn processors(track: &Track) -> Option<f64> {
    let there = track.limits.processors.map(|number| number as f64);
    match (track.limits.quota(), there) {
        (Some(quota), Some(there)) => Some(quota.min(there)),
        (quota, there) => quota.or(there),
    }
}
