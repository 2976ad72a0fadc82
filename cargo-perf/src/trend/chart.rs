//! A history as a chart of Braille dots: two by four of them in a character.

use anstyle::{AnsiColor, Style};
use perf_exporters::baseline::Metric;
use perf_exporters::judge::Unit;

use super::Trend;
use crate::out::{DIM, painted};

pub(super) const WORSE: Style = AnsiColor::Red.on_default().bold();
pub(super) const BETTER: Style = AnsiColor::Green.on_default().bold();
const DOTS: Style = AnsiColor::Cyan.on_default();

/// Lines of a chart.
const HEIGHT: usize = 8;
/// Columns for the numbers at the side.
const SIDE: usize = 12;

/// A value for people; of counts, whole ones.
pub(super) fn value(metric: Metric, value: f64) -> String {
    match metric.unit() {
        // The foot of an axis of milliseconds.
        Unit::Nanoseconds if value < 0.05 => "0".to_owned(),
        Unit::Nanoseconds | Unit::Bytes | Unit::PerSecond => metric.figure(value),
        _ => metric.figure(value.round_ties_even()),
    }
}

/// The range of values that a chart shows: that of the data, with a little room, and never empty.
pub(super) fn range(trend: &Trend) -> (f64, f64) {
    let values = trend.points.iter().map(|point| point.value);
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    // Noise of a per cent shall not look like a mountain range.
    let room = ((high - low) * 0.1).max(high * 0.02).max(1e-9);
    ((low - room).max(0.0), high + room)
}

/// The chart, one string with line ends.
pub(super) fn draw(trend: &Trend, width: usize, color: bool) -> String {
    let columns = width.saturating_sub(SIDE + 4).clamp(20, 160);
    let points = trend.points.len();
    // A narrow history is not stretched over the whole terminal.
    let columns = columns.min((points * 2).max(20));
    let (low, high) = range(trend);
    let (dots_wide, dots_high) = (columns * 2, HEIGHT * 4);
    let mut cells = vec![vec![0_u8; columns]; HEIGHT];
    let mut marks = vec![None; columns];
    let x_of = |index: usize| if points < 2 { 0 } else { index * (dots_wide - 1) / (points - 1) };
    let y_of = |value: f64| {
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        // Within 0 ..= dots_high − 1.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let up = (share * (dots_high - 1) as f64).round() as usize;
        dots_high - 1 - up
    };
    for (index, point) in trend.points.iter().enumerate() {
        set(&mut cells, x_of(index), y_of(point.value));
        let Some(next) = trend.points.get(index + 1) else { break };
        // A line to the next point, but none across a change.
        if trend.changes.iter().all(|change| change.index != index + 1) {
            let (from, to) = (x_of(index), x_of(index + 1));
            for x in from..to {
                let share = (x - from) as f64 / (to - from) as f64;
                set(&mut cells, x, y_of(point.value + share * (next.value - point.value)));
            }
        }
    }
    for change in &trend.changes {
        marks[(x_of(change.index) / 2).min(columns - 1)] = Some(change.worse);
    }
    let mut out = String::new();
    for (row, line) in cells.iter().enumerate() {
        let label = match row {
            0 => value(trend.metric, high),
            row if row == HEIGHT - 1 => value(trend.metric, low),
            _ => String::new(),
        };
        out.push_str(&painted(&format!("{label:>SIDE$} ┤"), DIM, color));
        for (column, dots) in line.iter().enumerate() {
            let cell = char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ');
            match marks[column] {
                Some(worse) if *dots == 0 => out.push_str(&painted("│", if worse { WORSE } else { BETTER }, color)),
                _ if *dots == 0 => out.push(' '),
                _ => out.push_str(&painted(&cell.to_string(), DOTS, color)),
            }
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out
}

/// Sets the dot of that column and row.
fn set(cells: &mut [Vec<u8>], x: usize, y: usize) {
    /// Bits of the dots: left column from top to bottom, then right.
    const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    cells[y / 4][x / 2] |= BITS[x % 2][y % 4];
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::super::{Machine, Point};
    use super::*;

    fn trend(values: &[f64]) -> Trend {
        let points = values.iter().map(|value| Point { time: SystemTime::UNIX_EPOCH, value: *value }).collect();
        Trend::of("p", Metric::MeanNs, points, &vec![Machine::default(); values.len()], 0.05)
    }

    #[test]
    fn the_foot_of_an_axis_has_no_unit() {
        assert_eq!((value(Metric::MeanNs, 1e-9), value(Metric::MeanNs, 250.0)), ("0".to_owned(), "250 ns".to_owned()));
    }

    #[test]
    fn a_rise_goes_up_and_is_marked() {
        let values: Vec<f64> = (0..40).map(|i| if i < 20 { 1000.0 } else { 2000.0 } + f64::from(i % 3)).collect();
        let trend = trend(&values);
        assert_eq!(trend.changes.len(), 1);
        assert!(trend.changes[0].worse && trend.changes[0].index == 20);
        let chart = draw(&trend, 80, false);
        let lines: Vec<&str> = chart.lines().collect();
        assert_eq!(lines.len(), HEIGHT);
        let dots = |line: &str| line.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count();
        // The first half lies low, the second high.
        assert!(dots(lines[0]) + dots(lines[1]) > 10, "{chart}");
        assert!(dots(lines[HEIGHT - 1]) + dots(lines[HEIGHT - 2]) > 10, "{chart}");
        assert!(chart.contains('│'));
    }

    #[test]
    fn one_value_or_equal_values_are_drawn_too() {
        for values in [&[5.0][..], &[0.0, 0.0], &[7.0; 500]] {
            let chart = draw(&trend(values), 40, true);
            assert_eq!(chart.lines().count(), HEIGHT);
        }
    }
}
