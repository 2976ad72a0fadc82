//! The curve of a scalability run as SVG, by plotters.

use perf_exporters::human;
use plotters::prelude::{
    ChartBuilder, Circle, DashedLineSeries, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea, IntoFont,
    LineSeries, RGBColor, SVGBackend, Text,
};
use plotters::style::{Color, ShapeStyle};

use super::Scalability;
use super::show::cost;
use crate::Error;

/// Colours for a light or a dark page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark lines on white.
    Light,
    /// Light lines on a dark ground.
    Dark,
}

struct Colours {
    ground: RGBColor,
    ink: RGBColor,
    points: RGBColor,
    curve: RGBColor,
    linear: RGBColor,
    ceiling: RGBColor,
}

impl Theme {
    fn colours(self) -> Colours {
        match self {
            Self::Light => Colours {
                ground: RGBColor(0xff, 0xff, 0xff),
                ink: RGBColor(0x1a, 0x20, 0x2c),
                points: RGBColor(0x2b, 0x6c, 0xb0),
                curve: RGBColor(0xc0, 0x56, 0x21),
                linear: RGBColor(0x71, 0x80, 0x96),
                ceiling: RGBColor(0x2f, 0x85, 0x5a),
            },
            Self::Dark => Colours {
                ground: RGBColor(0x16, 0x1b, 0x22),
                ink: RGBColor(0xe2, 0xe8, 0xf0),
                points: RGBColor(0x63, 0xb3, 0xed),
                curve: RGBColor(0xf6, 0xad, 0x55),
                linear: RGBColor(0xa0, 0xae, 0xc0),
                ceiling: RGBColor(0x68, 0xd3, 0x91),
            },
        }
    }
}

const SIZE: (u32, u32) = (800, 460);
/// Points of the curve.
const SMOOTH: u32 = 100;

/// Draws the measured points, the curve, the throughput of workers that do not hinder each other, and the ceiling with the peak
/// where they are within reach.
///
/// # Errors
/// Where nothing was measured, or plotters fails.
pub fn svg(found: &Scalability, theme: Theme) -> Result<String, Error> {
    if found.steps.is_empty() {
        return Err(Error::invalid("plot", "nothing was measured that could be drawn"));
    }
    let mut text = String::new();
    draw(SVGBackend::with_string(&mut text, SIZE), found, &theme.colours())
        .map_err(|error| Error::failed("the curve cannot be drawn").because(error.to_string()))?;
    Ok(text)
}

fn draw<B: DrawingBackend>(
    backend: B,
    found: &Scalability,
    colours: &Colours,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let measured = || found.steps.iter().map(|step| (f64::from(step.workers), step.throughput));
    let most = measured().map(|point| point.0).fold(1.0, f64::max);
    let highest = measured().map(|point| point.1).fold(0.0, f64::max);
    let ceiling = found.usl.as_ref().map(|usl| usl.ceiling.value).filter(|ceiling| *ceiling < 1.6 * highest);
    let (right, top) = (most * 1.1, ceiling.unwrap_or(0.0).max(highest) * 1.15);
    let root = backend.into_drawing_area();
    root.fill(&colours.ground)?;
    let font = |size: i32| ("sans-serif", size).into_font().color(&colours.ink);
    let mut chart = ChartBuilder::on(&root)
        .caption(title(found), font(17))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d(0.0..right, 0.0..top)?;
    chart
        .configure_mesh()
        .axis_style(colours.ink.mix(0.6))
        .bold_line_style(colours.ink.mix(0.12))
        .light_line_style(colours.ink.mix(0.0))
        .x_labels(12)
        .y_labels(7)
        .label_style(font(13))
        .x_desc("workers")
        .y_desc("operations a second")
        .axis_desc_style(font(14))
        .x_label_formatter(&whole)
        .y_label_formatter(&|y| human::rate(*y).to_string())
        .draw()?;
    let label = |colour: &RGBColor| ("sans-serif", 13).into_font().color(colour);
    if let Some(usl) = &found.usl {
        let end = (top / usl.lambda.value).min(right);
        let linear = [(0.0, 0.0), (end, end * usl.lambda.value)];
        let dashes = |colour: RGBColor| ShapeStyle::from(colour).stroke_width(1);
        chart.draw_series(DashedLineSeries::new(linear, 5, 4, dashes(colours.linear)))?;
        if let Some(ceiling) = ceiling {
            chart.draw_series(DashedLineSeries::new(
                [(0.0, ceiling), (right, ceiling)],
                2,
                3,
                dashes(colours.ceiling),
            ))?;
            let words = format!("ceiling {}/s", human::rate(ceiling));
            // The text is above all points.
            chart.draw_series([Text::new(words, (right * 0.78, top * 0.98), label(&colours.ceiling))])?;
        }
        // The law applies to whole workers: the curve begins with one.
        let step = (right - 1.0) / f64::from(SMOOTH);
        let curve = (0..=SMOOTH).map(|i| 1.0 + f64::from(i) * step).map(|x| (x, usl.throughput(x).clamp(0.0, top)));
        chart.draw_series(LineSeries::new(curve, colours.curve.stroke_width(2)))?;
        let peak = usl.peak.value;
        if peak <= right {
            chart.draw_series([Circle::new((peak, usl.throughput(peak)), 5, colours.curve.stroke_width(2))])?;
            let words = format!("peak {peak:.1} workers");
            chart.draw_series([Text::new(words, (peak, usl.throughput(peak) - top * 0.05), label(&colours.curve))])?;
        }
    }
    chart.draw_series(measured().map(|point| Circle::new(point, 4, colours.points.mix(0.8).filled())))?;
    root.present()
}

/// The label of a whole number of workers; none for fractions.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "as plotters calls it")]
fn whole(workers: &f64) -> String {
    if (workers - workers.round()).abs() < 1e-9 { format!("{workers:.0}") } else { String::new() }
}

fn title(found: &Scalability) -> String {
    match &found.usl {
        Some(usl) => format!(
            "{}: σ = {:.3}, κ = {} · limited by: {}",
            found.name,
            usl.sigma.value,
            cost(usl.kappa.value),
            found.diagnosis.bottleneck
        ),
        None => format!("{}: no curve · limited by: {}", found.name, found.diagnosis.bottleneck),
    }
}
