//! `cargo perf report`: shows reports.

use std::process::ExitCode;

use perf_exporters::{Report, markdown, table};

use crate::cli::{Format, ReportArgs};
use crate::failure::Result;
use crate::{input, out};

pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode> {
    let reports = input::reports(&args.files)?;
    show(&merged(reports), args.format, args.top)?;
    Ok(ExitCode::SUCCESS)
}

/// Several runs as one; one stays as it is.
pub(crate) fn merged(mut reports: Vec<Report>) -> Report {
    if reports.len() == 1 { reports.remove(0) } else { reports.into_iter().collect() }
}

/// Writes a report to standard output.
pub(crate) fn show(report: &Report, format: Format, top: usize) -> Result<()> {
    match format {
        Format::Table => {
            let mut options = table::Options::default();
            options.width = out::width();
            options.color = out::color();
            options.top = (top > 0).then_some(top);
            out::print(&table::render(report, &options))
        }
        Format::Json => out::print(&report.to_json()),
        Format::Markdown => {
            let mut options = markdown::Options::default();
            options.top = if top == 0 { usize::MAX } else { top };
            out::print(&markdown::render(report, &options))
        }
    }
}
