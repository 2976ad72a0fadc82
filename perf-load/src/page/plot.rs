//! A plot as a value.

use perf_exporters::html::Figure;
use perf_exporters::human;

use super::draw;
use crate::Error;

/// Panels, one below the other, over one axis.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Plot {
    /// Its name.
    pub title: String,
    /// Its description, in a sentence.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// At least one, from top to bottom.
    pub panels: Vec<Panel>,
}

/// Lines over the same range of values.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Panel {
    /// The vertical axis; times and sizes are drawn by their logarithm.
    pub y: Axis,
    /// The lines.
    pub lines: Vec<Line>,
    /// Marks besides the lines.
    pub marks: Vec<Mark>,
}

/// The unit of an axis, which determines how its figures are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Axis {
    /// A plain number of these units.
    Count(String),
    /// Events a second.
    #[default]
    Rate,
    /// Nanoseconds, by their logarithm.
    Latency,
    /// Seconds since the beginning.
    Elapsed,
    /// Bytes.
    Bytes,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// Points in the order of x; values that are not finite are left out.
    pub points: Vec<(f64, f64)>,
    /// Whether each point has a dot.
    pub dots: bool,
    /// Whether the points are left unjoined: measurements of which no one follows from the one before.
    pub apart: bool,
}

/// Colours with a meaning on a light and on a dark ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tone {
    /// Text and plain lines.
    Ink,
    /// Secondary text and lines.
    Soft,
    /// The grid.
    Faint,
    /// The main figure.
    #[default]
    Main,
    /// The figure beside it.
    Second,
    /// Good.
    Good,
    /// Something to look at.
    Warn,
    /// Bad.
    Bad,
}

/// A mark beside the lines.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Mark {
    /// A stretch of x.
    #[non_exhaustive]
    Span {
        /// Its beginning.
        from: f64,
        /// Its end.
        to: f64,
        /// Its name.
        name: String,
        /// Its colour.
        tone: Tone,
    },
    /// A value of y.
    #[non_exhaustive]
    Level {
        /// The value.
        at: f64,
        /// Its name.
        name: String,
        /// Its colour.
        tone: Tone,
    },
}

/// The background of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ground {
    /// White.
    Light,
    /// Nearly black.
    Dark,
}

impl Plot {
    /// A plot of these panels.
    #[must_use]
    pub fn new(title: impl Into<String>, caption: impl Into<String>, x: Axis, panels: Vec<Panel>) -> Self {
        Self { title: title.into(), caption: caption.into(), x, panels }
    }

    /// The drawing as a file of its own.
    ///
    /// # Errors
    /// Where nothing can be drawn: no panel, no finite point.
    pub fn svg(&self, ground: Ground) -> Result<String, Error> {
        draw::file(self, ground)
    }

    /// The drawing for the page, whose colours it takes.
    ///
    /// # Errors
    /// As [`svg`](Self::svg).
    pub fn figure(&self) -> Result<Figure, Error> {
        Ok(Figure::new(self.title.as_str(), self.caption.as_str(), draw::inline(self)?))
    }
}

impl Panel {
    /// A panel of these lines.
    #[must_use]
    pub fn new(y: Axis, lines: Vec<Line>) -> Self {
        Self { y, lines, marks: Vec::new() }
    }

    /// With something marked.
    #[must_use]
    pub fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }
}

impl Line {
    /// A line through these points.
    #[must_use]
    pub fn new(name: impl Into<String>, tone: Tone, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        Self { name: name.into(), tone, points, dots: false, apart: false }
    }

    /// With a dot at each point.
    #[must_use]
    pub fn dots(self) -> Self {
        Self { dots: true, ..self }
    }

    /// As dots alone, not joined by a line.
    #[must_use]
    pub fn apart(self) -> Self {
        Self { dots: true, apart: true, ..self }
    }
}

impl Mark {
    /// A stretch of x.
    #[must_use]
    pub fn span(from: f64, to: f64, name: impl Into<String>, tone: Tone) -> Self {
        Self::Span { from, to, name: name.into(), tone }
    }

    /// A value of y.
    #[must_use]
    pub fn level(at: f64, name: impl Into<String>, tone: Tone) -> Self {
        Self::Level { at, name: name.into(), tone }
    }
}

impl Axis {
    pub(super) fn is_logarithmic(&self) -> bool {
        matches!(self, Self::Latency)
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Count(what) => what,
            Self::Rate => "a second",
            Self::Latency => "time",
            Self::Elapsed => "since the beginning",
            Self::Bytes => "memory",
        }
    }

    /// The unit that its figures are round multiples of, for this greatest value.
    pub(super) fn unit(&self, greatest: f64) -> f64 {
        let units: &[f64] = match self {
            Self::Elapsed => &[3600.0, 60.0],
            Self::Bytes => &[1_099_511_627_776.0, 1_073_741_824.0, 1_048_576.0, 1024.0],
            _ => &[],
        };
        units.iter().copied().find(|unit| greatest >= 2.0 * unit).unwrap_or(1.0)
    }

    /// A figure on it.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; nothing is negative")]
    pub(super) fn label(&self, value: f64, unit: f64) -> String {
        let plain = |value: f64| {
            let text = if value < 1.0 { format!("{value:.3}") } else { format!("{value:.2}") };
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        // "1.00 ms" is "1 ms" on an axis.
        let short = |text: String| match text.split_once(' ') {
            Some((digits, unit)) if digits.contains('.') => {
                format!("{} {unit}", digits.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => text,
        };
        match self {
            Self::Count(_) if value < 10.0 => plain(value),
            Self::Count(_) => short(human::count(value as u64).to_string()),
            Self::Rate if value < 10.0 => format!("{}/s", plain(value)),
            Self::Rate => format!("{}/s", short(human::rate(value).to_string())),
            Self::Latency => short(human::duration(value as u64).to_string()),
            Self::Elapsed | Self::Bytes if value <= 0.0 => "0".to_owned(),
            Self::Elapsed => {
                let name = if unit >= 3600.0 { "h" } else { ["s", "min"][usize::from(unit >= 60.0)] };
                format!("{} {name}", plain(value / unit))
            }
            Self::Bytes => short(human::bytes(value as u64).to_string()),
        }
    }
}
