//! A history as SVG, by plotters.

use std::path::Path;

use perf_exporters::label::shown;
use perf_exporters::write;
use plotters::prelude::{
    BLACK, ChartBuilder, Circle, DrawingAreaErrorKind, IntoDrawingArea, IntoFont, LineSeries, PathElement, RGBColor,
    SVGBackend, Text, WHITE,
};
use plotters::style::Color;

use super::{LEAST, Trend, chart, percent};
use crate::failure::{Failure, Result};

const WIDTH: u32 = 960;
const HEIGHT: u32 = 260;
const BLUE: RGBColor = RGBColor(0x2b, 0x6c, 0xb0);
const RED: RGBColor = RGBColor(0xc5, 0x30, 0x30);
const GREEN: RGBColor = RGBColor(0x2f, 0x85, 0x5a);

/// Draws one panel below the other into a file.
pub(super) fn draw(path: &Path, trends: &[&Trend]) -> Result<()> {
    let mut text = String::new();
    let panels = u32::try_from(trends.len()).unwrap_or(1).max(1);
    let drawn = {
        let backend = SVGBackend::with_string(&mut text, (WIDTH, HEIGHT * panels));
        draw_all(backend, trends)
    };
    drawn.map_err(|error| Failure::new(format!("{}: cannot draw: {error}", path.display())))?;
    Ok(write::atomically(path, text.as_bytes())?)
}

type Drawn<'a> =
    std::result::Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as plotters::prelude::DrawingBackend>::ErrorType>>;

fn draw_all<'a>(backend: SVGBackend<'a>, trends: &[&Trend]) -> Drawn<'a> {
    let root = backend.into_drawing_area();
    root.fill(&WHITE)?;
    for (area, trend) in root.split_evenly((trends.len(), 1)).iter().zip(trends) {
        let (low, high) = chart::range(trend);
        let last = trend.points.len().saturating_sub(1).max(1) as f64;
        let mut panel = ChartBuilder::on(area)
            .caption(format!("{} · {}", shown(&trend.probe), trend.metric), ("sans-serif", 16).into_font())
            .margin(12)
            .x_label_area_size(28)
            .y_label_area_size(80)
            .build_cartesian_2d(-0.5..last + 0.5, low..high)?;
        panel
            .configure_mesh()
            .light_line_style(WHITE)
            .bold_line_style(BLACK.mix(0.1))
            .x_labels(10)
            .y_labels(5)
            .x_label_formatter(&|x| format!("{:.0}", x + 1.0))
            .y_label_formatter(&|y| chart::value(trend.metric, *y))
            .x_desc("report")
            .draw()?;
        let points = || trend.points.iter().enumerate().map(|(at, point)| (at as f64, point.value));
        panel.draw_series(LineSeries::new(points(), BLUE.mix(0.35)))?;
        panel.draw_series(points().map(|point| Circle::new(point, 2, BLUE.filled())))?;
        for (from, to, level) in segments(trend) {
            panel.draw_series([PathElement::new([(from, level), (to, level)], BLACK.stroke_width(2))])?;
        }
        for change in &trend.changes {
            let color = match (change.kind, change.worse) {
                ("spread", _) => BLACK,
                (_, true) => RED,
                (_, false) => GREEN,
            };
            let x = change.index as f64 - 0.5;
            panel.draw_series([PathElement::new([(x, low), (x, high)], color.stroke_width(1))])?;
            let label = ("sans-serif", 13).into_font().color(&color);
            panel.draw_series([Text::new(percent(change), (x + 0.2, high), label)])?;
        }
    }
    root.present()
}

/// The levels, each as its beginning, its end and its value. Of too few values none: a line through all of them would say that
/// nothing changed.
fn segments(trend: &Trend) -> Vec<(f64, f64, f64)> {
    if trend.points.len() < LEAST {
        return Vec::new();
    }
    let ends = trend.changes.iter().map(|change| change.index).chain([trend.points.len()]);
    let mut from = 0;
    let mut segments = Vec::new();
    for to in ends {
        let values: Vec<f64> = trend.points[from..to].iter().map(|point| point.value).collect();
        if let Some(level) = perf_exporters::stats::order::median(&values) {
            segments.push((from as f64, to as f64 - 1.0, level));
        }
        from = to;
    }
    segments
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use perf_exporters::baseline::Metric;

    use super::super::{Machine, Point};
    use super::*;

    #[test]
    fn a_level_is_drawn_where_a_change_could_have_been_found() {
        let levels = |reports: usize| {
            let points = (0..reports).map(|_| Point { time: SystemTime::UNIX_EPOCH, value: 7.0 }).collect();
            segments(&Trend::of("p", Metric::MeanNs, points, &vec![Machine::default(); reports], 0.05))
        };
        assert_eq!(levels(LEAST - 1), []);
        assert_eq!(levels(LEAST), [(0.0, LEAST as f64 - 1.0, 7.0)]);
    }
}
