//! Plots drawn by plotters.

use std::fmt::Write as _;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::prelude::{
    ChartBuilder, Circle, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea, IntoFont, LineSeries,
    PathElement, RGBColor, Rectangle, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, TextStyle};

use super::plot::{Axis, Ground, Line, Mark, Panel, Plot, Tone};
use super::scale::Scale;
use crate::Error;

const WIDTH: u32 = 1000;
const HEIGHT: u32 = 250;
/// Room left of the drawing for the figures of y.
const SIDE: u32 = 76;
/// Room above it for the legend.
const TOP: i32 = 30;

/// Every tone as a placeholder colour until the ground is known.
const TONES: [Tone; 8] =
    [Tone::Ink, Tone::Soft, Tone::Faint, Tone::Main, Tone::Second, Tone::Good, Tone::Warn, Tone::Bad];
/// Colours of the tones on a light and on a dark ground, as those of the page.
const LIGHT: [&str; 8] = ["#1c1b19", "#67625a", "#e0dbd0", "#c2410c", "#0f766e", "#15803d", "#a16207", "#be123c"];
const DARK: [&str; 8] = ["#e9e6df", "#a09b91", "#2c2f35", "#ff8a4c", "#4fd1c0", "#6fcf8a", "#e8b84a", "#ff7a90"];

fn place(tone: Tone) -> u8 {
    TONES.iter().position(|other| *other == tone).and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
}

/// The placeholder colour of a tone: drawings use no other colours.
fn color(tone: Tone) -> RGBColor {
    RGBColor(1, 2, place(tone))
}

fn standing_for(place: usize) -> String {
    format!("\"#0102{place:02X}\"")
}

/// A plot as a file of its own, with the ground under it and the title above.
pub(super) fn file(plot: &Plot, ground: Ground) -> Result<String, Error> {
    let (colors, ground) = match ground {
        Ground::Light => (LIGHT, "#fffefb"),
        Ground::Dark => (DARK, "#1b1d21"),
    };
    let mut svg = drawn(plot, true)?;
    for (place, color) in colors.iter().enumerate() {
        svg = svg.replace(&standing_for(place), &format!("\"{color}\""));
    }
    let begin = svg.find('>').map_or(0, |at| at + 1);
    svg.insert_str(begin, &format!("\n<rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>"));
    Ok(svg)
}

/// A plot for the page, whose classes give the colours, and which has the title.
pub(super) fn inline(plot: &Plot) -> Result<String, Error> {
    let mut svg = drawn(plot, false)?;
    for place in 0..TONES.len() {
        let standing = standing_for(place);
        svg = svg.replace(&format!("fill={standing}"), &format!("class=\"f{place}\""));
        svg = svg.replace(&format!("stroke={standing}"), &format!("class=\"s{place}\""));
    }
    // The page's own letters, and its own width.
    svg = svg.replace(" font-family=\"sans-serif\"", "");
    if let Some((open, rest)) = svg.split_once('>') {
        let open = open.replace(&format!("width=\"{WIDTH}\""), "role=\"img\"");
        let open: Vec<&str> = open.split(' ').filter(|part| !part.starts_with("height=")).collect();
        svg = format!("{}>{rest}", open.join(" "));
    }
    Ok(svg)
}

fn drawn(plot: &Plot, titled: bool) -> Result<String, Error> {
    let x = range(plot.panels.iter().flat_map(|panel| &panel.lines), |point| point.0, &plot.x);
    let (Some(x), false) = (x, plot.panels.is_empty()) else {
        return Err(Error::failed(format!("{}: there is nothing to draw", plot.title)));
    };
    let title = if titled { 34 } else { 0 };
    let panels = u32::try_from(plot.panels.len()).unwrap_or(1);
    let mut svg = String::new();
    let result = {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, title + HEIGHT * panels)).into_drawing_area();
        draw_all(&root, plot, title, &x)
    };
    result.map_err(|error| Error::failed(format!("{}: cannot be drawn: {error}", plot.title)))?;
    Ok(svg)
}

type Area<B> = DrawingArea<B, Shift>;
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn draw_all<B: DrawingBackend>(root: &Area<B>, plot: &Plot, title: u32, x: &Range<f64>) -> Drawn<B> {
    let (head, body) = root.split_vertically(title);
    if title > 0 {
        head.draw_text(&plot.title, &letters(18, Tone::Ink, HPos::Left), (14, 24))?;
    }
    for (area, panel) in body.split_evenly((plot.panels.len(), 1)).iter().zip(&plot.panels) {
        let Some(y) = range(panel.lines.iter(), |point| point.1, &panel.y) else { continue };
        draw_panel(area, panel, plot, x, &with_levels(y, panel))?;
    }
    root.present()
}

fn draw_panel<B: DrawingBackend>(
    area: &Area<B>,
    panel: &Panel,
    plot: &Plot,
    x: &Range<f64>,
    y: &Range<f64>,
) -> Drawn<B> {
    let (x_unit, y_unit) = (plot.x.unit(x.end), panel.y.unit(y.end));
    let scale = |range: &Range<f64>, axis: &Axis, unit: f64| Scale::new(range.clone(), axis.is_logarithmic(), unit);
    let mut chart = ChartBuilder::on(area);
    chart
        .margin_left(6)
        .margin_right(22)
        .margin_bottom(4)
        .margin_top(TOP)
        .x_label_area_size(34)
        .y_label_area_size(SIDE);
    let mut chart = chart.build_cartesian_2d(scale(x, &plot.x, x_unit), scale(y, &panel.y, y_unit))?;
    let (bottom, top) = (y.start, y.end);
    for mark in &panel.marks {
        if let Mark::Span { from, to, tone, .. } = mark {
            let (from, to) = (from.max(x.start), to.min(x.end));
            chart.draw_series([Rectangle::new([(from, bottom), (to, top)], color(*tone).mix(0.14).filled())])?;
        }
    }
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(color(Tone::Faint).mix(0.0))
        .bold_line_style(color(Tone::Faint))
        .axis_style(color(Tone::Faint))
        .x_labels(10)
        .y_labels(5)
        .x_label_formatter(&|x| plot.x.label(*x, x_unit))
        .y_label_formatter(&|y| panel.y.label(*y, y_unit))
        .label_style(letters(14, Tone::Soft, HPos::Center))
        .draw()?;
    for mark in &panel.marks {
        match mark {
            Mark::Level { at, name, tone } => {
                let line = [(x.start, *at), (x.end, *at)];
                chart.draw_series([PathElement::new(line, color(*tone).stroke_width(1))])?;
                let style = letters(13, *tone, HPos::Left);
                chart.draw_series([Text::new(format!(" {name}"), (x.start, *at), style)])?;
            }
            Mark::Span { from, name, tone, .. } => {
                let style = letters(13, *tone, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top));
                chart.draw_series([Text::new(format!(" {name}"), (from.max(x.start), top), style)])?;
            }
        }
    }
    for line in &panel.lines {
        if !line.apart {
            chart.draw_series(LineSeries::new(line.points.iter().copied(), color(line.tone).stroke_width(2)))?;
        }
        if line.dots {
            let dot = |point: &(f64, f64)| Circle::new(*point, 3, color(line.tone).filled());
            chart.draw_series(line.points.iter().map(dot))?;
        }
    }
    legend(area, panel)
}

/// The names of the lines in their colours, above them.
fn legend<B: DrawingBackend>(area: &Area<B>, panel: &Panel) -> Drawn<B> {
    let mut x = i32::try_from(SIDE).unwrap_or(0) + 6;
    let mut name = String::new();
    let _ = write!(name, "{}:", panel.y.name());
    for (word, tone) in
        std::iter::once((&name, Tone::Soft)).chain(panel.lines.iter().map(|line| (&line.name, line.tone)))
    {
        area.draw_text(word, &letters(15, tone, HPos::Left), (x, TOP - 9))?;
        // Letters are about half as wide as they are high.
        x += 12 + 7 * i32::try_from(word.chars().count()).unwrap_or(0);
    }
    Ok(())
}

fn letters(size: i32, tone: Tone, anchor: HPos) -> TextStyle<'static> {
    let style: TextStyle<'static> = ("sans-serif", size).into_font().color(&color(tone));
    style.pos(Pos::new(anchor, VPos::Bottom))
}

/// From the least to the greatest of the lines' points, with a little room.
fn range<'a>(lines: impl Iterator<Item = &'a Line>, part: fn(&(f64, f64)) -> f64, axis: &Axis) -> Option<Range<f64>> {
    let values =
        lines.flat_map(|line| line.points.iter().map(part)).filter(|value| !axis.is_logarithmic() || *value > 0.0);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return None;
    }
    Some(match axis {
        Axis::Latency => low / 1.3..high * 1.5,
        Axis::Bytes => {
            let room = (high - low).max(high * 0.5) * 0.1;
            (low - room).max(0.0)..high + room
        }
        Axis::Elapsed => 0.0..high.max(1e-9),
        _ => 0.0..(high * 1.08).max(1e-9),
    })
}

/// The range extended to the levels, where they are not far from it.
fn with_levels(range: Range<f64>, panel: &Panel) -> Range<f64> {
    panel.marks.iter().fold(range, |range, mark| match mark {
        Mark::Level { at, .. } if *at > range.end && *at < range.end * 3.0 => range.start..at * 1.1,
        _ => range,
    })
}
