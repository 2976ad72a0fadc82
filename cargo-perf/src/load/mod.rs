//! `cargo perf load`: puts a server under load, and reports how long its callers wait.
//!
//! A thin skin over [`perf_load`]: [`file`] reads settings that the command line does not give, [`plan`] checks them, [`run`]
//! drives the load, [`limits`] judges it, [`mod@show`] prints. During the run, [`live`] shows a line on the terminal, or [`tui`]
//! a screen.

mod file;
mod limits;
mod live;
mod plan;
mod run;
mod server;
mod show;
mod tui;
mod written;

use std::process::ExitCode;

use perf_exporters::write;

use crate::cli::{Format, LoadArgs};
use crate::failure::{Failure, Result};
use crate::out;
use plan::Plan;
use written::Written;

pub(crate) fn run(args: &LoadArgs) -> Result<ExitCode> {
    let plan = Plan::new(args)?;
    if args.plan {
        out::print(&show::plan(&plan, out::color())?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let done = run::run(&plan, args)?;
    let written = Written::new(&done);
    if let Some(path) = &args.save {
        write::atomically(path, written.json()?.as_bytes())?;
        out::progress(&format!("written to {}", path.display()));
    }
    if let Some(path) = &args.html {
        let page = perf_load::page::render(written.report(), &[perf_load::page::course(&done.outcome)]);
        write::atomically(path, page.map_err(|error| Failure::new(error.to_string()))?.as_bytes())?;
        out::progress(&format!("written to {}", path.display()));
    }
    match args.format {
        Format::Json => out::print(&(written.json()? + "\n"))?,
        Format::Table => out::print(&show::table(&done, out::width(), out::color()))?,
        Format::Markdown => out::print(&show::markdown(&done))?,
    }
    Ok(out::code(&done.verdict, args.strict))
}
