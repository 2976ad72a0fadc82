//! The `commerce` program.
//!
//! ```text
//! cargo run --release -p commerce -- quick        # measures everything in brief; table, report and page
//! cargo run --release -p commerce -- --help
//! ```

#![forbid(unsafe_code)]

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use commerce::inject::{self, Injection};
use commerce::measure::Extent;

/// Counts allocations for the probes. Without the feature `profiling` it only forwards.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

/// A multi-tenant shop service in small, and its measurements.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Switches on a mistake; may be repeated
    #[arg(long, value_name = "NAME", value_enum, global = true)]
    inject: Vec<Injection>,
    /// Where reports and pages go
    #[arg(long, value_name = "PATH", default_value = "target/commerce", global = true)]
    folder: PathBuf,
    /// Ends with 1 where a limit is broken; a busy machine breaks limits of time
    #[arg(long, global = true)]
    strict: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures everything in under two minutes
    Quick,
    /// The same with loads of 20 seconds each
    Default,
    /// The same on a large database with loads of 4 minutes each, then the breaking point of the query API, its recovery, and an hour
    Full {
        /// How long each load lasts, instead of 4 minutes
        #[arg(long, value_name = "TIME", value_parser = |text: &str| humantime::parse_duration(text))]
        each: Option<Duration>,
        /// How long the last run lasts, instead of an hour
        #[arg(long, value_name = "TIME", value_parser = |text: &str| humantime::parse_duration(text), default_value = "1h")]
        endure: Duration,
    },
    /// Serves until Ctrl-C, for `cargo perf load examples/commerce/load.toml`
    Serve {
        /// The port
        #[arg(long, default_value_t = 3_000)]
        port: u16,
    },
    /// Makes the faults of real life, and says what became of them
    Faults,
    /// Compares the code before and after an optimisation, in turn
    Pair {
        /// Which
        #[arg(value_enum)]
        pair: commands::Pair,
    },
    /// Measures nine versions of the code, and draws how it went
    History,
    /// One fault, in a process of its own
    #[command(hide = true)]
    DiskFullInThisProcess,
}

fn main() -> ExitCode {
    let args = Args::parse();
    inject::set(args.inject);
    let (folder, strict) = (&args.folder, args.strict);
    let done = match args.command {
        Command::Quick => commands::measure(Extent::QUICK, folder, strict),
        Command::Default => commands::measure(Extent::DEFAULT, folder, strict),
        Command::Full { each, endure } => {
            let each = each.unwrap_or(Extent::FULL.each);
            commands::full(Extent { each, ..Extent::FULL }, endure, folder, strict)
        }
        Command::Serve { port } => commands::serve(port),
        Command::Faults => commands::faults(),
        Command::Pair { pair } => commands::pair(pair),
        Command::History => commands::history(folder),
        Command::DiskFullInThisProcess => commands::disk_full(),
    };
    done.unwrap_or_else(|failure| {
        eprintln!("commerce: {failure}");
        ExitCode::from(2)
    })
}
