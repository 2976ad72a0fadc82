//! Plots of a load: curves for the HTML page, or as SVG files.
//!
//! [`Plot`] is a value: panels of lines over one axis. [`curve`], [`recovery`], [`endured`], [`scaled`] and [`course`] make one
//! of the measurements; [`Plot::svg`] draws it in colours for a light or a dark ground, [`Plot::figure`] in those of the page.
//! [`render`] is the page of a report with such figures on top.
//!
//! ```
//! use std::time::Duration;
//! use perf_load::page::{self, Ground};
//! use perf_load::simulate::{Queue, Service};
//! use perf_load::{Arrivals, Drive};
//!
//! let mut queue = Queue::new("shop", 1, Service::exponential(Duration::from_millis(1))?)?;
//! let outcome = queue.drive(&Arrivals::constant(700.0, Duration::from_secs(20))?.poisson(1))?;
//! let plot = page::course(&outcome);
//! assert!(plot.svg(Ground::Dark)?.starts_with("<svg"));
//! let html = page::render(&outcome.report, &[plot])?;
//! assert!(html.contains("<svg") && html.contains("shop::response"));
//! # Ok::<(), perf_load::Error>(())
//! ```

mod draw;
mod of;
mod plot;
mod scale;
mod scaled;

use perf_exporters::Report;
use perf_exporters::html::{self, Figure, Options};

use crate::Error;
pub use of::{course, curve, endured, recovery};
pub use plot::{Axis, Ground, Line, Mark, Panel, Plot, Tone};
pub use scaled::scaled;

/// The HTML page of a report, with these plots above its table.
///
/// # Errors
/// A plot that cannot be drawn.
pub fn render(report: &Report, plots: &[Plot]) -> Result<String, Error> {
    let figures = plots.iter().map(Plot::figure).collect::<Result<Vec<Figure>, Error>>()?;
    let mut options = Options::default();
    options.figures = &figures;
    Ok(html::render(report, &options))
}
