//! `cargo perf report`: shows reports, in any form there is.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use perf_exporters::{Report, Weight, write};

use crate::cli::{Form, Rendering, ReportArgs};
use crate::failure::{Failure, Result};
use crate::{input, out};

pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode> {
    let plan = Plan::new(&args.rendering, Form::Table)?;
    plan.write(&merged(input::reports(&args.files)?))?;
    Ok(ExitCode::SUCCESS)
}

/// Several runs as one; one stays as it is.
pub(crate) fn merged(mut reports: Vec<Report>) -> Report {
    if reports.len() == 1 { reports.remove(0) } else { reports.into_iter().collect() }
}

/// The outputs, checked: each can be written, with the options that it needs.
pub(crate) struct Plan<'a> {
    form: Form,
    to: Option<&'a Path>,
    top: Option<usize>,
    weight: Weight,
    earlier: Option<Report>,
    history: Vec<Report>,
}

impl<'a> Plan<'a> {
    /// Refuses what does not go together, before there is any work.
    pub(crate) fn new(asked: &'a Rendering, usual: Form) -> Result<Self> {
        let form = if asked.html.is_some() { Form::Html } else { asked.format.unwrap_or(usual) };
        if !form.is_built() {
            return Err(crate::missing::feature(&format!("--format {}", form.keyword()), "exports"));
        }
        let to = asked.html.as_deref().or(asked.output.as_deref());
        if asked.weight.is_some() && !form.is_weighted() {
            return Err(Failure::new("--weight is for a flame graph: add --format svg or --format folded"));
        }
        if asked.compare.is_some() && !form.compares() {
            return Err(Failure::new(
                "--compare is for --html or --format markdown; `cargo perf diff OLD NEW` is a table",
            ));
        }
        if !asked.history.is_empty() && !form.shows_history() {
            return Err(Failure::new("--history is for --html; `cargo perf trend HISTORY` draws one in the terminal"));
        }
        if form.is_binary() && to.is_none() && io::stdout().is_terminal() {
            return Err(Failure::new(format!(
                "{} is binary: name a file with -o, or send standard output to one",
                form.keyword()
            )));
        }
        let earlier = asked.compare.as_ref().map(|path| input::reports(std::slice::from_ref(path))).transpose()?;
        Ok(Self {
            form,
            to,
            top: (asked.top > 0).then_some(asked.top),
            weight: asked.weight.unwrap_or_default(),
            earlier: earlier.map(merged),
            history: input::reports(&asked.history)?,
        })
    }

    /// The file, where it is not standard output.
    pub(crate) fn target(&self) -> Option<&Path> {
        self.to
    }

    /// Whether standard output will be read by a program, and must have nothing else in it.
    pub(crate) fn owns_stdout(&self) -> bool {
        self.to.is_none() && self.form.needs_path()
    }

    /// Writes the report to the file, or to standard output.
    pub(crate) fn write(&self, report: &Report) -> Result<()> {
        let bytes = self.form.render(report, &self.rendering())?;
        let Some(path) = self.to else { return out::bytes(&bytes) };
        write::atomically(path, &bytes)?;
        out::progress(&format!("written to {}", path.display()));
        Ok(())
    }

    fn rendering(&self) -> perf_exporters::Rendering<'_> {
        let mut how = perf_exporters::Rendering::default();
        (how.table.top, how.table.all) = (self.top, "--top 0");
        (how.table.width, how.table.color) = match self.to {
            Some(_) => (out::USUAL_WIDTH, false),
            None => (out::width(), out::color()),
        };
        how.markdown_top = Some(self.top.unwrap_or(usize::MAX));
        (how.weight, how.compare, how.history) = (self.weight, self.earlier.as_ref(), &self.history);
        how
    }
}
