//! Parts of a page beside the report.

use super::Figure;
use crate::Report;

/// Parts of a page beside the report.
///
/// ```
/// use perf_exporters::Report;
/// use perf_exporters::html::{Options, render};
///
/// let (earlier, now) = (Report::default(), Report::default());
/// let mut options = Options::default();
/// options.compare = Some(&earlier);
/// assert!(render(&now, &options).contains("\"before\":"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Options<'a> {
    /// An earlier report: what changed since, beside every figure and curve.
    pub compare: Option<&'a Report>,
    /// Earlier reports in any order: how the main figures went from one to the next, up to the report that the page is
    /// of, and where they changed (see [`changepoint`](crate::stats::changepoint)). Of more than 150 the latest are drawn.
    pub history: &'a [Report],
    /// Drawings that stand first: what the program that writes the page found out by itself.
    pub figures: &'a [Figure],
}
