//! Plots of the measurements.

use perf_core::Histogram;
use perf_exporters::label::shown;

use super::plot::{Axis, Line, Mark, Panel, Plot, Tone};
use crate::breaking::{Breaking, Cause, Step, Verdict};
use crate::endurance::Endured;
use crate::recovery::{Recovery, Took};
use crate::{Limit, Outcome};

/// Quantiles that are drawn, with their tones.
const QUANTILES: [(&str, f64, Tone); 3] =
    [("response p50", 0.5, Tone::Second), ("response p90", 0.9, Tone::Warn), ("response p99", 0.99, Tone::Main)];

/// A step's figure.
type Figure = fn(&Step) -> f64;

/// Offered rate against the achieved rate, response times, errors, processors and memory: the steps of a search.
#[must_use]
pub fn curve(breaking: &Breaking) -> Plot {
    let curve = breaking.curve();
    let line = |name: &str, tone: Tone, figure: Figure| {
        Line::new(name, tone, curve.iter().map(|step| (step.offered, figure(step)))).dots()
    };
    let failing = |figure: Figure| {
        let fails = curve.iter().filter_map(|step| match step.verdict {
            Verdict::Fails(_) => Some((step, Tone::Bad)),
            Verdict::Invalid(_) => Some((step, Tone::Soft)),
            _ => None,
        });
        fails.map(|(step, tone)| Line::new("", tone, [(step.offered, figure(step))]).dots()).collect::<Vec<_>>()
    };
    let mut achieved = vec![
        Line::new("offered", Tone::Soft, curve.iter().map(|step| (step.offered, step.offered))),
        line("achieved", Tone::Second, |step| step.achieved),
    ];
    achieved.extend(failing(|step| step.achieved));
    let response: [(&str, Tone, Figure); 3] = [
        ("response p50", Tone::Second, |step| step.response.p50 as f64),
        ("response p90", Tone::Warn, |step| step.response.p90 as f64),
        ("response p99", Tone::Main, |step| step.response.p99 as f64),
    ];
    let mut times: Vec<Line> = response.map(|(name, tone, figure)| line(name, tone, figure)).into();
    times.extend(failing(|step| step.response.p99 as f64));
    let mut panels = vec![Panel::new(Axis::Rate, achieved), Panel::new(Axis::Latency, times)];
    for cause in &breaking.limited {
        if let Cause::Limit { limit: limit @ Limit::Time { most, .. }, .. } = cause {
            panels[1].marks.push(Mark::level(most.as_secs_f64() * 1e9, limit.to_string(), Tone::Bad));
        }
    }
    let optional = |name: &str, tone: Tone, figure: fn(&Step) -> Option<f64>| {
        let points = curve.iter().filter_map(|step| Some((step.offered, figure(step)?)));
        let line = Line::new(name, tone, points).dots();
        (!line.points.is_empty()).then_some(line)
    };
    if let Some(busy) = optional("kept busy", Tone::Second, |step| step.processors) {
        panels.push(Panel::new(Axis::Count("processors".into()), vec![busy]));
    }
    if let Some(memory) = optional("at the end of the step", Tone::Second, |step| step.memory.map(|bytes| bytes as f64))
    {
        panels.push(Panel::new(Axis::Bytes, vec![memory]));
    }
    if curve.iter().any(|step| step.errors > 0.0) {
        let errors = line("failed", Tone::Bad, |step| 100.0 * step.errors);
        panels.push(Panel::new(Axis::Count("per cent".into()), vec![errors]));
    }
    let span = match (breaking.good, breaking.bad, breaking.late) {
        (Some(good), None, Some(late)) => Some((good, late, "the generator was late", Tone::Soft)),
        (Some(good), Some(bad), _) => Some((good, bad, "breaks", Tone::Bad)),
        _ => None,
    };
    if let Some((good, beyond, label, tone)) = span {
        for (place, panel) in panels.iter_mut().enumerate() {
            panel.marks.push(Mark::span(good, beyond, if place == 0 { label } else { "" }, tone));
        }
    }
    let headline = breaking.to_string();
    let headline: Vec<&str> = headline.lines().take(1 + breaking.limited.len()).map(str::trim).collect();
    Plot::new(format!("{} until it breaks", shown(&breaking.name)), headline.join("; "), Axis::Rate, panels)
}

/// Response times and backlog of a drive over its time.
#[must_use]
pub fn course(outcome: &Outcome) -> Plot {
    let middle = |window: &crate::Window| (window.at + window.width / 2).as_secs_f64();
    let response = outcome.course.iter().map(|window| (middle(window), &window.response));
    let backlog = outcome.course.iter().map(|window| (middle(window), window.backlog as f64));
    let panels = vec![
        Panel::new(Axis::Latency, over_time(&response)),
        Panel::new(Axis::Count("waiting".into()), vec![Line::new("due and not done", Tone::Second, backlog)]),
    ];
    let caption = "Response times of what was completed meanwhile, from the intended start, and what waited.";
    Plot::new(format!("{} over time", shown(&outcome.name)), caption, Axis::Elapsed, panels)
}

/// Response times and backlog around a disturbance, with the band and the time to recovery.
#[must_use]
pub fn recovery(recovery: &Recovery) -> Plot {
    let half = recovery.resolution.as_secs_f64() / 2.0;
    let line = |name: &str, tone: Tone, figure: fn(&crate::recovery::Look) -> Option<u64>| {
        let points =
            recovery.looks.iter().filter_map(|look| Some((look.at.as_secs_f64() + half, figure(look)? as f64)));
        Line::new(name, tone, points)
    };
    let times =
        vec![line("response p50", Tone::Second, |look| look.p50), line("response p99", Tone::Main, |look| look.p99)];
    let backlog = vec![line("due and not done", Tone::Second, |look| Some(look.backlog))];
    let panels = [
        Panel::new(Axis::Latency, times).mark(Mark::level(recovery.band.p99 as f64, "p99 of the band", Tone::Soft)),
        Panel::new(Axis::Count("waiting".into()), backlog),
    ];
    let (from, to) = (recovery.disturbed.0.as_secs_f64(), recovery.disturbed.1.as_secs_f64());
    let panels = panels.map(|panel| {
        let panel = panel.mark(Mark::span(from, to, "disturbed", Tone::Bad));
        match recovery.took {
            Took::Time(took) => panel.mark(Mark::span(to, to + took.as_secs_f64(), "recovers", Tone::Warn)),
            _ => panel,
        }
    });
    let caption = format!("{}.", recovery.headline());
    Plot::new(format!("{} and its recovery", shown(&recovery.name)), caption, Axis::Elapsed, panels.into())
}

/// Response times, memory and processors over an endurance run.
#[must_use]
pub fn endured(endured: &Endured) -> Plot {
    let at = |checkpoint: &crate::endurance::Checkpoint| checkpoint.at.as_secs_f64();
    let response = endured.checkpoints.iter().map(|checkpoint| (at(checkpoint), &checkpoint.response));
    let mut panels = vec![Panel::new(Axis::Latency, over_time(&response))];
    let memory = endured.checkpoints.iter().filter_map(|point| Some((at(point), point.memory? as f64)));
    let busy = endured.checkpoints.iter().filter_map(|point| Some((at(point), point.processors?)));
    let lines = [
        (Axis::Bytes, Line::new("at each checkpoint", Tone::Second, memory)),
        (Axis::Count("processors".into()), Line::new("kept busy", Tone::Second, busy)),
    ];
    panels.extend(
        lines.into_iter().filter(|(_, line)| !line.points.is_empty()).map(|(axis, line)| Panel::new(axis, vec![line])),
    );
    let headline = endured.to_string();
    let headline = headline.lines().next().unwrap_or_default().to_owned();
    Plot::new(format!("{}: endurance", shown(&endured.name)), headline, Axis::Elapsed, panels)
}

fn over_time<'a>(course: &(impl Iterator<Item = (f64, &'a Histogram)> + Clone)) -> Vec<Line> {
    let line = |(name, q, tone): (&str, f64, Tone)| {
        let points = course.clone().filter_map(|(at, times)| Some((at, times.quantile(q)? as f64)));
        Line::new(name, tone, points)
    };
    QUANTILES.map(line).into()
}
