//! The report as a page for the browser: one file, with everything in it.
//!
//! Summary first: what costs most, the observer effect, budgets that were broken, what changed since an earlier report.
//! Below, the table of all probes, to sort and to filter; each opens to its distribution and percentile curve. The call
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
//! text.

mod data;
mod options;
mod prune;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::Report;
use data::Data;
pub use options::Options;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = concat!(
    include_str!("page/base.css"),
    include_str!("page/overview.css"),
    include_str!("page/table.css"),
    include_str!("page/charts.css"),
);
/// One script, so that its parts see each other and nothing else sees them.
const SCRIPT: &str = concat!(
    "\"use strict\";(() => {\n",
    include_str!("page/dom.js"),
    include_str!("page/format.js"),
    include_str!("page/model.js"),
    include_str!("page/charts.js"),
    include_str!("page/detail.js"),
    include_str!("page/table.js"),
    include_str!("page/flame.js"),
    include_str!("page/overview.js"),
    include_str!("page/main.js"),
    "})();\n",
);

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
    let data = Data::new(report, options.compare);
    // What can fail is a writer, and keys of maps that are no strings; there are neither.
    let json = serde_json::to_string(&data).unwrap_or_default();
    let title = match report.meta.program.as_str() {
        "" => "perf report".to_owned(),
        program => format!("{} · perf report", escaped(&crate::label::escaped(program))),
    };
    filled(&[
        ("{{policy}}", &policy()),
        ("{{title}}", &title),
        ("{{style}}", STYLE),
        ("{{data}}", &embedded(&json)),
        ("{{script}}", SCRIPT),
    ])
}

/// The page with each mark replaced, in the order in which they stand there: what was put in is not looked at again.
fn filled(parts: &[(&str, &str)]) -> String {
    let mut page = String::with_capacity(PAGE.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = PAGE;
    for (mark, text) in parts {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    page + rest
}

fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// JSON in which nothing ends a script or begins a comment.
fn embedded(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Text in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_end_nothing_too_early() {
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.contains("</style"));
        for mark in ["{{policy}}", "{{title}}", "{{style}}", "{{data}}", "{{script}}"] {
            assert_eq!(PAGE.matches(mark).count(), 1, "{mark}");
            assert!(!STYLE.contains(mark) && !SCRIPT.contains(mark));
        }
    }

    #[test]
    fn nothing_is_fetched_from_anywhere() {
        for text in [PAGE, STYLE, SCRIPT] {
            for way in ["https:", "src=", "href=\"http", "@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
                assert!(!text.contains(way), "{way}");
            }
        }
    }

    #[test]
    fn names_never_become_markup() {
        for part in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
            assert!(!SCRIPT.contains(part), "{part}");
        }
        assert_eq!(embedded("</script><!--\u{2028}"), "\\u003c/script>\\u003c!--\\u2028");
    }
}
