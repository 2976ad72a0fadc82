//! What the reader must know of the measurement itself.

use unicode_width::UnicodeWidthStr;

use super::text::{Text, style, wrapped};
use super::{counted, name};
use crate::human;
use crate::report::{ProbeReport, Report};

/// Names listed before the rest is only counted.
const NAMED: usize = 3;

/// Observer effect, in per cent, from which on it is coloured.
const WARN_FROM: f64 = 5.0;

/// The notes, each on its own line, after a blank one.
pub(super) fn section(report: &Report, width: usize) -> Vec<Text> {
    let notes = [
        clockless(report),
        observer(report),
        unresolved(report, width),
        sampled(report, width),
        alike(report, width),
        memory(report),
        losses(report),
    ];
    let mut lines = Vec::new();
    for (note, style) in notes.into_iter().flatten() {
        lines.extend(wrapped(&note, style, width));
    }
    if !lines.is_empty() {
        lines.insert(0, Text::default());
    }
    lines
}

type Note = Option<(String, anstyle::Style)>;

fn clockless(report: &Report) -> Note {
    let note = "no clock on this platform: calls are counted, all times are zero";
    (report.meta.clock == "none").then(|| (note.to_owned(), style::WARM))
}

fn observer(report: &Report) -> Note {
    let meta = &report.meta;
    if report.measured_ns() == 0 || meta.probe_cost_ns == 0 {
        return None;
    }
    let effect = meta.observer_effect_pct;
    let note = format!(
        "observer effect: about {} of the measured time ({} for {} calls and polls, {} each)",
        human::percent(effect),
        human::duration(meta.observer_ns),
        human::count(report.entries()),
        human::duration(meta.probe_cost_ns),
    );
    let style = if effect >= WARN_FROM { style::WARM } else { style::DIM };
    Some((note, style))
}

/// Whether half of the calls are shorter than what an empty probe reads.
pub(super) fn below_resolution(probe: &ProbeReport, report: &Report) -> bool {
    probe.timed() > 0 && probe.quantiles.p50 < report.meta.probe_resolution_ns
}

fn unresolved(report: &Report, width: usize) -> Note {
    let below: Vec<_> = super::ranked(report).into_iter().filter(|probe| below_resolution(probe, report)).collect();
    let names = some_names(below.iter().map(|probe| shown(probe, width)), below.len())?;
    let note = format!(
        "below the probe's own resolution of {} (trust their calls, not their times): {names}",
        human::duration(report.meta.probe_resolution_ns),
    );
    Some((note, style::DIM))
}

/// Whether some of the calls stand for all of them.
fn is_sampled(probe: &ProbeReport) -> bool {
    probe.timed_calls > 0 && probe.timed_calls < probe.calls
}

fn sampled(report: &Report, width: usize) -> Note {
    let sampled: Vec<_> = super::ranked(report).into_iter().filter(|probe| is_sampled(probe)).collect();
    let told = sampled.iter().map(|probe| {
        let (timed, all) = (human::count(probe.timed_calls), human::count(probe.calls));
        format!("{} (timed {timed} of {all})", shown(probe, width)).replace(' ', "\u{a0}")
    });
    let names = some_names(told, sampled.len())?;
    Some((format!("sampled, so that times and allocations are estimates: {names}"), style::DIM))
}

/// Several functions in one row look like one.
fn alike(report: &Report, width: usize) -> Note {
    let alike: Vec<_> = super::ranked(report).into_iter().filter(|probe| !probe.places.is_empty()).collect();
    let told = alike
        .iter()
        .filter_map(|probe| Some(format!("{} ({})", shown(probe, width), name::escaped(&probe.told_places()?))));
    let names = some_names(told, alike.len())?;
    Some((format!("one name at several places, which count together: {names}"), style::DIM))
}

/// A name on one line.
fn shown(probe: &ProbeReport, width: usize) -> String {
    let name = name::fitted(&name::escaped(&probe.name).replace(' ', "\u{a0}"), 48.min(width - 4));
    debug_assert!(name.width() < width);
    name
}

/// The first few, and how many more there are; none of none.
fn some_names(names: impl Iterator<Item = String>, all: usize) -> Option<String> {
    let mut few: Vec<String> = names.take(NAMED).collect();
    if all > few.len() {
        few.push(format!("{} more", all - few.len()));
    }
    (!few.is_empty()).then(|| few.join(", "))
}

fn memory(report: &Report) -> Note {
    let meta = &report.meta;
    meta.alloc_tracking.then(|| (format!("live heap at the end: {}", human::signed_bytes(meta.live_bytes)), style::DIM))
}

fn losses(report: &Report) -> Note {
    let meta = &report.meta;
    let told = [
        (meta.lost, "call", "not attributed to a probe"),
        (meta.backward_steps, "backward step", "of the clock"),
        (meta.dropped_nodes, "node", "that the call tree had no room for"),
    ];
    let told: Vec<_> = told
        .into_iter()
        .filter(|(number, _, _)| *number > 0)
        .map(|(number, noun, what)| match usize::try_from(number) {
            Ok(few) if few < 1000 => format!("{} {what}", counted(few, noun)),
            _ => format!("{} {noun}s {what}", human::count(number)),
        })
        .collect();
    (!told.is_empty()).then(|| (format!("incomplete: {}", told.join(", ")), style::BAD))
}
