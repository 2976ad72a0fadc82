//! The report as a page for the browser: one file, with everything in it.
//!
//! Summary first: what costs most, the observer effect, budgets that were broken, what changed since an earlier report.
//! Below, memory and processor time where the process was watched, how figures went over a history, and the table of all
//! probes, to sort and to filter; each opens to its distribution, its percentile curve and its slowest calls. The call
//! tree is a flame graph, by time, allocations or bytes.
//!
//! ```text
//! PERF_REPORT=html=perf.html ./program
//! ```
//!
//! # What the page may do
//!
//! Nothing but run its own script, which its content security policy names by hash: no network, no images, no forms, no
//! frames. Everything that a name could contain is data to it: embedded as JSON in which no `<` stands, and shown as
//! text. The live page of the endpoint is the same page with a few lines more, and may ask the endpoint that it came from.

mod data;
mod document;
mod figure;
mod options;
mod prune;

use crate::Report;
use data::Data;
pub use document::escaped;
pub use figure::Figure;
pub use options::Options;

/// The page.
///
/// ```
/// use perf_exporters::html::{Options, render};
/// use perf_exporters::report::{ProbeReport, Report};
///
/// let mut report = Report::default();
/// report.probes.push(ProbeReport::new("</script><script>alert(1)</script>"));
/// let page = render(&report, &Options::default());
/// assert!(!page.contains("<script>alert"));
/// assert!(page.contains("default-src 'none'"));
/// ```
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let figures: String = options.figures.iter().enumerate().map(|(at, figure)| figure.section(at)).collect();
    document::filled(&report.meta.program, &figures, &json(&Data::kept(report, options)), document::KEPT)
}

/// The page that shows what is going on, and asks for [`live_data`] again and again. What was counted in so much time
/// lately stands beside the totals.
#[cfg(feature = "serve")]
pub(crate) fn live(report: &Report, recent: (std::time::Duration, &Report)) -> String {
    document::filled(&report.meta.program, "", &json(&Data::live(report, recent)), document::LIVE)
}

/// The next data of the live page, as JSON.
#[cfg(feature = "serve")]
pub(crate) fn live_data(report: &Report, recent: (std::time::Duration, &Report)) -> String {
    json(&Data::live(report, recent))
}

/// The policy of the live page, for its head.
#[cfg(feature = "serve")]
pub(crate) fn live_policy() -> String {
    document::LIVE.policy()
}

fn json(data: &Data<'_>) -> String {
    // What can fail is a writer, and keys of maps that are no strings; there are neither.
    serde_json::to_string(data).unwrap_or_default()
}
