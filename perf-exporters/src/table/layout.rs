//! Which columns fit, and the lines of the table.

use unicode_width::UnicodeWidthStr;

use super::columns::{self, Column, Kind};
use super::text::{self, Text, style};
use super::{name, share};
use crate::report::{ProbeReport, Report};

/// Blanks between columns.
const GAP: &str = "  ";
/// Below this width the columns that are left out are named.
const NARROW: usize = 100;
/// Widths of the sketch: what it has at least, and what it grows to where there is room.
const SHAPE: std::ops::RangeInclusive<usize> = 9..=24;

/// A column that was admitted, with its cells.
struct Shown {
    column: &'static Column,
    width: usize,
}

/// Head, rule and one line per probe; none when there are no probes.
pub(super) fn table(report: &Report, probes: &[&ProbeReport], width: usize) -> Vec<Text> {
    if probes.is_empty() {
        return vec![Text::new("no probe was called", style::DIM)];
    }
    let longest = probes.iter().map(|probe| name::escaped(&probe.name).width()).max().unwrap_or(0).max("probe".len());
    let (mut shown, taken, left_out) = admitted(report, probes, width, longest);
    let name_width = longest.min(width - taken);
    let spare = width - taken - name_width;
    if let Some(shape) = shown.iter_mut().find(|shown| matches!(shown.column.kind, Kind::Shape)) {
        shape.width = (shape.width + spare).min(*SHAPE.end());
    }
    let used = name_width + shown.iter().map(|shown| GAP.len() + shown.width).sum::<usize>();

    let mut lines = vec![head(&shown, name_width), Text::new("─".repeat(used), style::DIM)];
    lines.extend(probes.iter().map(|probe| row(probe, report, &shown, name_width)));
    if width < NARROW && !left_out.is_empty() {
        let note = format!("no room for {}: a wider terminal shows more", left_out.join(", "));
        lines.extend(text::wrapped(&note, style::DIM, width));
    }
    lines
}

/// The columns there is room for, in the order in which they stand, the width they take, and the titles of the others, the
/// most important first.
fn admitted(
    report: &Report,
    probes: &[&ProbeReport],
    width: usize,
    longest: usize,
) -> (Vec<Shown>, usize, Vec<&'static str>) {
    let mut candidates: Vec<_> = columns::of(report).enumerate().collect();
    candidates.sort_by_key(|(_, column)| column.rank);
    let mut taken = 0;
    let (mut shown, mut left_out) = (Vec::new(), Vec::new());
    for (at, column) in candidates {
        let cells = probes.iter().map(|probe| column.cell(probe, report, *SHAPE.start()).width());
        let needed = cells.chain([column.title.width()]).max().unwrap_or(0);
        let with_it = taken + GAP.len() + needed;
        if with_it + longest.min(column.leave) <= width {
            taken = with_it;
            shown.push((at, Shown { column, width: needed }));
        } else {
            left_out.push(column.title);
        }
    }
    shown.sort_by_key(|(at, _)| *at);
    (shown.into_iter().map(|(_, shown)| shown).collect(), taken, left_out)
}

fn head(shown: &[Shown], name_width: usize) -> Text {
    let mut line = Text::new("probe", style::HEAD).padded(name_width, false);
    for Shown { column, width } in shown {
        let title = match column.kind {
            Kind::Shape => format!("min{:>1$}", "max", width - "min".len()),
            _ => column.title.to_owned(),
        };
        line.push(GAP, style::PLAIN);
        line.append(Text::new(title, style::HEAD).padded(*width, column.right_aligned()));
    }
    line
}

fn row(probe: &ProbeReport, report: &Report, shown: &[Shown], name_width: usize) -> Text {
    let mut line = name::styled(&probe.name, name_width).padded(name_width, false);
    for Shown { column, width } in shown {
        line.push(GAP, style::PLAIN);
        line.append(column.cell(probe, report, *width).padded(*width, column.right_aligned()));
    }
    line
}

/// A bar of `width` characters for a share of 100 %, in eighths.
pub(super) fn bar(part: u64, whole: u64, width: usize) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    // A share is 0 to 100 %, and a width a few characters.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let eighths = (share(part, whole).min(100.0) / 100.0 * width as f64 * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_the_share() {
        assert_eq!(bar(1, 2, 4), "██");
        assert_eq!(bar(1, 16, 4), "▎");
        assert_eq!(bar(9, 2, 4), "████");
        assert_eq!(bar(0, 0, 4), "");
    }
}
