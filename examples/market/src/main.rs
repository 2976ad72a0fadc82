//! The `market` program: drives the platform, and says whether it meets its targets.
//!
//! ```text
//! cargo run --release -p market -- quick        # all of it in brief, in under two minutes
//! cargo run --release -p market -- --help
//! ```
//!
//! Exit codes: 0 done, 1 a regression (with `--strict` also a broken limit), 2 something that could not be done.

#![forbid(unsafe_code)]

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use market::Inject;

use commands::Command;
use commands::engine::Engine;
use commands::scale::Mode;
use commands::world::Place;

/// Counts allocations for the probes, and live bytes for the monitor.
#[global_allocator]
static ALLOC: perf_core::PerfAlloc = perf_core::PerfAlloc::new(std::alloc::System);

/// A market-data platform in small, measured.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Args {
    /// A regression on purpose: extra-allocation, slower-codec, n-plus-one, leak or linear-lookup.
    #[arg(long, global = true, value_name = "NAME")]
    inject: Option<Inject>,
    /// How long phases last.
    #[arg(long, global = true, value_enum, default_value_t = Mode::Default)]
    mode: Mode,
    /// Where the report, the page and the data go.
    #[arg(long, global = true, value_name = "PATH", default_value = "target/market")]
    folder: PathBuf,
    /// A Kafka broker that takes the messages, in place of the embedded log (feature `kafka`).
    #[arg(long, global = true, value_name = "HOST:PORT")]
    brokers: Option<String>,
    /// What answers the queries of `throughput` and `production`; the API stays on `SQLite` (feature `datafusion`).
    #[arg(long, global = true, value_enum, default_value_t = Engine::Sqlite)]
    engine: Engine,
    /// End with 1 where a limit is broken.
    #[arg(long, global = true)]
    strict: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(inject) = args.inject {
        inject.activate();
    }
    let place = Place { folder: &args.folder, brokers: args.brokers.as_deref(), engine: args.engine };
    commands::run(&args.command, place, args.mode, args.strict).unwrap_or_else(|error| {
        eprintln!("market: {error}");
        ExitCode::from(2)
    })
}
