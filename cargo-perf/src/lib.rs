//! `cargo perf`: what instrumented programs measured, run, shown, watched, compared and gated.
//!
//! Each command is a module: it reads its inputs to values, has `perf_exporters` judge them, and prints. What is judged
//! how is decided there; what lives here is files, processes, and the terminal.
//!
//! Exit codes: 0 passed, 1 failed, 2 bad input, 3 inconclusive with `--strict`.
//!
//! A library beside its program, for one reason: its tests depend on it with every feature on, while `cargo install` builds
//! the light default.

#![forbid(unsafe_code)]

mod budgets;
mod build;
mod cli;
mod columns;
mod compare;
mod criterion;
mod diff;
#[cfg(feature = "top")]
mod endpoint;
mod failure;
mod gate;
mod input;
#[cfg(feature = "load")]
mod load;
mod machine;
mod merge;
mod missing;
mod out;
mod program;
mod report;
mod run;
mod scratch;
#[cfg(feature = "top")]
mod screen;
mod status;
#[cfg(feature = "top")]
mod top;
mod trend;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use cli::{Cargo, Command};
use failure::Failure;

/// Runs the command that the program's arguments name; the exit code is the verdict.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

/// Runs the command that these arguments name, the program's name first, and prints as the program does: for a program that shows
/// its own success table, or gates its own reports. Arguments that are no command end the process with 2, as they do there.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Cargo::Perf(args) = Cargo::parse_from(cli::with_subcommand(args.into_iter()));
    let done = match args.command {
        Command::Run(args) => run::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Merge(args) => merge::run(&args),
        #[cfg(feature = "top")]
        Command::Top(args) => top::run(&args),
        #[cfg(not(feature = "top"))]
        Command::Top(_) => Err(missing::feature("cargo perf top", "top")),
        Command::Diff(args) => diff::run(&args),
        Command::Gate(args) => gate::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Trend(args) => trend::run(&args),
        #[cfg(feature = "load")]
        Command::Load(args) => load::run(&args),
        #[cfg(not(feature = "load"))]
        Command::Load(_) => Err(missing::feature("cargo perf load", "load")),
    };
    match done {
        Ok(code) => code,
        // `cargo perf report … | head`: the reader has seen enough.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            out::complain(&failure);
            ExitCode::from(Failure::CODE)
        }
    }
}
