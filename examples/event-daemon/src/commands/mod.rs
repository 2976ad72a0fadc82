//! The commands of the program.

mod fault;
mod measure;
mod pair;
mod serve;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::measure::Effort;

/// Anything that ends a command.
pub(crate) type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// An event coordinator in two architectures, compared under load.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything in brief, print the comparison and the targets, write both with a page.
    Quick(measure::Arguments),
    /// The same with blocks and runs that are long enough for a machine that is not quiet.
    Default(measure::Arguments),
    /// The same, for half an hour.
    Full(measure::Arguments),
    /// Put both architectures through a fault, and tell what became of the events.
    Fault(fault::Arguments),
    /// Compare an optimisation before and after.
    Pair(pair::Arguments),
    /// Serve as the central daemon until the process is ended.
    Serve(serve::Arguments),
}

/// Runs the command that the arguments name: 0 is well, 1 is a failure that was measured, 2 an error with its remedy.
pub(crate) fn run() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Quick(arguments) => measure::run(&arguments, Effort::QUICK),
        Command::Default(arguments) => measure::run(&arguments, Effort::DEFAULT),
        Command::Full(arguments) => measure::run(&arguments, Effort::FULL),
        Command::Fault(arguments) => fault::run(&arguments),
        Command::Pair(arguments) => pair::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("event-daemon: {error}");
        ExitCode::from(2)
    })
}
