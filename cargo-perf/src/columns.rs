//! Rows of cells as text: each column is as wide as its widest cell, and two blanks apart from the next.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::out::painted;

/// The side of its column that a cell stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}
pub(crate) use Side::{Left, Right};

/// Text in a style.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::styled(text, Style::new())
    }
}

/// The cells of a row, all in one style.
pub(crate) fn row<const N: usize>(cells: [impl Into<String>; N], style: Style) -> [Cell; N] {
    cells.map(|cell| Cell::styled(cell, style))
}

/// The rows, a line each.
pub(crate) fn aligned<const N: usize>(rows: &[[Cell; N]], sides: [Side; N], color: bool) -> String {
    let widths: [usize; N] = std::array::from_fn(|at| rows.iter().map(|row| row[at].text.width()).max().unwrap_or(0));
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for ((Cell { text, style }, width), side) in row.iter().zip(widths).zip(sides) {
            let fill = " ".repeat(width - text.width());
            let cell = painted(text, *style, color);
            line.extend(if side == Left { [cell, fill] } else { [fill, cell] });
            line.push_str("  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::out::BOLD;

    #[test]
    fn columns_are_as_wide_as_what_is_seen_of_their_widest_cell() {
        let rows = [
            row(["probe", "calls", ""], BOLD),
            row(["größe", "1,000", "why"], Style::new()),
            row(["日本", "7", ""], BOLD),
        ];
        let text = aligned(&rows, [Left, Right, Left], false);
        assert_eq!(text, "probe  calls\ngröße  1,000  why\n日本       7\n");
        let painted = aligned(&rows, [Left, Right, Left], true);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), text, "a style takes no room");
        assert!(painted.lines().all(|line| !line.ends_with(' ')));
    }
}
