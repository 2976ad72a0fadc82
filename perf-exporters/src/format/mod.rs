//! Every form that a report can be written in, declared once: for `PERF_REPORT`, for [`Output`], and for `cargo perf report`.
//!
//! A new one is a module that renders it, and a row in `format/rows.rs`. Not here: where the bytes go ([`Reporter`](crate::Reporter)),
//! and the pages of the endpoint.

mod parse;
mod rows;

use crate::{Error, Report, Weight, table};

pub(crate) use parse::{accepted, parse_one};
pub use rows::{Format, Output};

/// How a report is rendered, where there is a choice. A form passes over what does not concern it.
///
/// ```
/// use perf_exporters::{Format, Rendering, Report};
///
/// let mut rendering = Rendering::default();
/// rendering.table.width = 120;
/// let table = Format::Table.render(&Report::default(), &rendering)?;
/// assert!(!table.is_empty());
/// # Ok::<(), perf_exporters::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Rendering<'a> {
    /// The table.
    pub table: table::Options,
    /// Probes in the first table of Markdown; where nothing is said, ten.
    pub markdown_top: Option<usize>,
    /// The quantity that widths in a flame graph stand for.
    pub weight: Weight,
    /// An earlier report, to show what changed since.
    pub compare: Option<&'a Report>,
    /// Earlier reports, to show how figures went.
    pub history: &'a [Report],
}

/// A property that some forms have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trait {
    /// [`Rendering::weight`] matters.
    Weighted,
    /// [`Rendering::compare`] matters.
    Compares,
    /// [`Rendering::history`] matters.
    ShowsHistory,
    /// It is not text.
    Binary,
    /// It shows what the program of the moment did, and not what a report holds.
    Live,
    /// Without a path it goes to the terminal.
    NeedsNoPath,
}

type Render = fn(&Report, &Rendering<'_>) -> Vec<u8>;

/// A row of the table: the declaration of a form.
struct Row {
    keyword: &'static str,
    extension: &'static str,
    summary: &'static str,
    feature: Option<&'static str>,
    traits: &'static [Trait],
    /// None where its feature is off.
    render: Option<Render>,
}

impl Format {
    /// Its keyword in `PERF_REPORT` and `--format`.
    ///
    /// ```
    /// use perf_exporters::Format;
    ///
    /// assert_eq!(Format::Json.keyword(), "json");
    /// assert_eq!(Format::from_keyword("json"), Some(Format::Json));
    /// ```
    #[must_use]
    pub fn keyword(self) -> &'static str {
        self.row().keyword
    }

    /// The form of that name.
    #[must_use]
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.keyword() == keyword)
    }

    /// How names of its files end, without the first dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.row().extension
    }

    /// Its description, in a line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.row().summary.trim()
    }

    /// The feature of this crate that it needs.
    #[must_use]
    pub fn feature(self) -> Option<&'static str> {
        self.row().feature
    }

    /// Whether that feature is on.
    #[must_use]
    pub fn is_built(self) -> bool {
        self.row().render.is_some()
    }

    /// Whether [`Rendering::weight`] matters.
    #[must_use]
    pub fn is_weighted(self) -> bool {
        self.has(Trait::Weighted)
    }

    /// Whether [`Rendering::compare`] matters.
    #[must_use]
    pub fn compares(self) -> bool {
        self.has(Trait::Compares)
    }

    /// Whether [`Rendering::history`] matters.
    #[must_use]
    pub fn shows_history(self) -> bool {
        self.has(Trait::ShowsHistory)
    }

    /// Whether it is not text.
    #[must_use]
    pub fn is_binary(self) -> bool {
        self.has(Trait::Binary)
    }

    /// Whether it shows what this process did last, and not what a report holds.
    #[must_use]
    pub fn is_live(self) -> bool {
        self.has(Trait::Live)
    }

    /// Whether it goes to a file; else to the terminal.
    #[must_use]
    pub fn needs_path(self) -> bool {
        !self.has(Trait::NeedsNoPath)
    }

    /// The report in this form.
    ///
    /// # Errors
    /// A form whose feature is off ([`Error::is_setting`]).
    pub fn render(self, report: &Report, rendering: &Rendering<'_>) -> Result<Vec<u8>, Error> {
        match self.row().render {
            Some(render) => Ok(render(report, rendering)),
            None => Err(Error::setting("format", self.keyword(), parse::not_built(self), accepted())),
        }
    }

    fn has(self, wanted: Trait) -> bool {
        self.row().traits.contains(&wanted)
    }
}
