//! The plot of a scalability run.

use perf_exporters::human;
use perf_exporters::label::shown;

use super::plot::{Axis, Line, Mark, Panel, Plot, Tone};
use crate::scale::{Scalability, Step, Usl};

/// Points of the fitted curve.
const SMOOTH: u32 = 100;
/// How far the drawing goes beyond the greatest measured number of workers and throughput.
const BEYOND: f64 = 1.1;

/// Throughput, service times and memory by the number of workers: the measured steps, the fitted law, the throughput of workers that do
/// not hinder each other, the peak and the ceiling where they are within reach.
#[must_use]
pub fn scaled(found: &Scalability) -> Plot {
    let points = |figure: fn(&Step) -> Option<f64>| {
        found.steps.iter().filter_map(move |step| Some((f64::from(step.workers), figure(step)?)))
    };
    let dots = |name: &str, tone: Tone, figure: fn(&Step) -> Option<f64>| Line::new(name, tone, points(figure)).apart();
    let mut throughput = vec![dots("measured", Tone::Second, |step| Some(step.throughput))];
    let most = throughput[0].points.iter().fold((0.0, 0.0), |(x, y), point| (point.0.max(x), point.1.max(y)));
    throughput.extend(found.usl.iter().flat_map(|usl| law(usl, most)));
    let mut throughput = Panel::new(Axis::Rate, throughput);
    if let Some(ceiling) = found.usl.as_ref().map(|usl| usl.ceiling.value).filter(|ceiling| *ceiling < 1.6 * most.1) {
        throughput = throughput.mark(Mark::level(ceiling, format!("ceiling {}/s", human::rate(ceiling)), Tone::Good));
    }
    let times =
        [("service p50", Tone::Second, Step::p50 as fn(&Step) -> Option<f64>), ("service p99", Tone::Main, Step::p99)];
    let times = times.map(|(name, tone, figure)| dots(name, tone, figure)).into();
    let mut panels = vec![throughput, Panel::new(Axis::Latency, times)];
    let memory = dots("at most", Tone::Second, |step| step.used.live.or(step.used.resident).map(|bytes| bytes as f64));
    if !memory.points.is_empty() {
        panels.push(Panel::new(Axis::Bytes, vec![memory]));
    }
    Plot::new(format!("{} by workers", shown(&found.name)), caption(found), Axis::Count("workers".into()), panels)
}

/// The fitted curve, what it would be without contention, and its peak.
fn law(usl: &Usl, (workers, throughput): (f64, f64)) -> Vec<Line> {
    let (right, top) = (workers * BEYOND, throughput * BEYOND);
    let straight = (top / usl.lambda.value).min(right);
    // The law applies to whole workers: the curve begins with one.
    let step = (right - 1.0) / f64::from(SMOOTH);
    let curve = (0..=SMOOTH).map(|at| 1.0 + f64::from(at) * step).map(|x| (x, usl.throughput(x).clamp(0.0, top)));
    let mut lines = vec![
        Line::new("λ·N", Tone::Soft, [(0.0, 0.0), (straight, straight * usl.lambda.value)]),
        Line::new("fitted", Tone::Main, curve),
    ];
    let peak = usl.peak.value;
    if peak <= right {
        lines.push(Line::new(format!("peak {peak:.1} workers"), Tone::Bad, [(peak, usl.throughput(peak))]).apart());
    }
    lines
}

fn caption(found: &Scalability) -> String {
    let fit = match &found.usl {
        Some(usl) => format!("σ = {:.3}, κ = {}", usl.sigma.value, crate::scale::cost(usl.kappa.value)),
        None => "No curve could be fitted".to_owned(),
    };
    format!("{fit}; limited by: {}.", found.diagnosis.bottleneck)
}
